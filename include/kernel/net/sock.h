/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/sock.h> for kernel-style sources: struct sock. */
#include <skiff/sock.h>
