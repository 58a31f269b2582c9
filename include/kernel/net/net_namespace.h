/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/net_namespace.h> for kernel-style sources: struct net. */
#include <skiff/net_namespace.h>
