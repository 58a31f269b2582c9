/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that answer ethtool. */
#ifndef SKIFF_DEVICE_ETHTOOL_H
#define SKIFF_DEVICE_ETHTOOL_H

#include <skiff/ethtool.h>

#include "device/device.h"

/* Answers a request about features. -ENOSYS: it is none. */
int ethtool_features(struct net_device *dev, u32 cmd, void *useraddr);

#endif /* SKIFF_DEVICE_ETHTOOL_H */
