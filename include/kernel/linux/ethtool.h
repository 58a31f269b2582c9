/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/ethtool.h> for kernel-style sources: requests, and ethtool_ops. */
#include_next <linux/ethtool.h>
#ifndef SKIFF_SYSTEM_HEADERS_ONLY /* see <skiff/if.h> */
#include <skiff/ethtool.h>
#endif
