/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/inet_sock.h> for kernel-style sources: inet_sock. */
#include <skiff/inet_sock.h>
