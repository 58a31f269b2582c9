/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/route.h> for kernel-style sources: IPv4 routes. */
#include_next <net/route.h>
#include <skiff/route.h>
