/* SPDX-License-Identifier: BSD-2-Clause */
/* What a device has counted. */
#ifndef TESTS_DRIVERS_DEVICE_STATS_H
#define TESTS_DRIVERS_DEVICE_STATS_H

#include <skiff/netdevice.h>

/* Without the stack lock. */
static inline struct rtnl_link_stats64 device_stats(struct net_device *dev)
{
	struct rtnl_link_stats64 s;

	net_lock(dev_net(dev));
	dev_get_stats(dev, &s);
	net_unlock(dev_net(dev));
	return s;
}

#endif /* TESTS_DRIVERS_DEVICE_STATS_H */
