/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/if_vlan.h> for kernel-style sources: VLAN headers and tags. */
#include_next <linux/if_vlan.h>
#include <skiff/if_vlan.h>
