/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/netdev_features.h> for kernel-style sources: device feature flags. */
#include <skiff/netdev_features.h>
