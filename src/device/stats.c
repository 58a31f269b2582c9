// SPDX-License-Identifier: BSD-2-Clause
/* A device's counters: the driver's and the core's in one. */
#include "device/device.h"

void netdev_stats_to_stats64(struct rtnl_link_stats64 *stats64,
			     const struct net_device_stats *netdev_stats)
{
	memset(stats64, 0, sizeof(*stats64));
#define COPY(name) stats64->name = READ_ONCE(netdev_stats->name)
	COPY(rx_packets);
	COPY(tx_packets);
	COPY(rx_bytes);
	COPY(tx_bytes);
	COPY(rx_errors);
	COPY(tx_errors);
	COPY(rx_dropped);
	COPY(tx_dropped);
	COPY(multicast);
	COPY(collisions);
	COPY(rx_length_errors);
	COPY(rx_over_errors);
	COPY(rx_crc_errors);
	COPY(rx_frame_errors);
	COPY(rx_fifo_errors);
	COPY(rx_missed_errors);
	COPY(tx_aborted_errors);
	COPY(tx_carrier_errors);
	COPY(tx_fifo_errors);
	COPY(tx_heartbeat_errors);
	COPY(tx_window_errors);
	COPY(rx_compressed);
	COPY(tx_compressed);
#undef COPY
}

struct rtnl_link_stats64 *dev_get_stats(struct net_device *dev, struct rtnl_link_stats64 *storage)
{
	const struct net_device_ops *ops = dev->netdev_ops;

	ASSERT_NET_LOCKED(dev_net(dev));
	if (ops->ndo_get_stats64) {
		memset(storage, 0, sizeof(*storage));
		ops->ndo_get_stats64(dev, storage);
	} else {
		netdev_stats_to_stats64(storage,
					ops->ndo_get_stats ? ops->ndo_get_stats(dev) : &dev->stats);
	}
	storage->rx_dropped += (u64)atomic_long_read(&dev->rx_dropped);
	storage->tx_dropped += (u64)atomic_long_read(&dev->tx_dropped);
	storage->rx_nohandler += (u64)atomic_long_read(&dev->rx_nohandler);
	return storage;
}
