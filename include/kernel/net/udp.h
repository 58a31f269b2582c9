/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/udp.h> for kernel-style sources: UDP sockets. */
#include <skiff/udp.h>
