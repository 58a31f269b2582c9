/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/ip.h> for kernel-style sources: IPv4 sending and receiving. */
#include <skiff/ip.h>
