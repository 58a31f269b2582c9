/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/netns/generic.h> for kernel-style sources: net_generic. */
#include <skiff/net_namespace.h>
