/* SPDX-License-Identifier: BSD-2-Clause */
/* TAP and TUN devices: how their parts share them. */
#ifndef SKIFF_DRIVERS_TAP_H
#define SKIFF_DRIVERS_TAP_H

#include "drivers/fdev.h"
#include "drivers/uring.h"
#include "ethernet/virtio_net.h"

#define TAP_MAX_MTU 65521
#define TUN_MAX_MTU 65535

/**
 * struct tap - one device, netdev_priv() of its net_device
 * @f: what it is as one behind a descriptor, which is an open file of /dev/net/tun
 * @vnet_hdr: each frame is preceded by a virtio header
 * @rx_uring: for the thread that reads; NULL: each frame is a system call of its own
 * @tx_uring: for the thread that writes, likewise
 * @overflow: where the ends of frames go that are larger than expected
 */
struct tap {
	struct fdev f;
	bool vnet_hdr;
	struct uring *rx_uring;
	struct uring *tx_uring;
	u8 *overflow;
};

static inline struct tap *tap_of(const struct net_device *dev)
{
	return (struct tap *)netdev_priv(dev);
}

/* tap_io.c */
extern const struct fdev_ops tap_ops;
extern const struct fdev_ops tun_ops;

#endif /* SKIFF_DRIVERS_TAP_H */
