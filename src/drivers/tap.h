/* SPDX-License-Identifier: BSD-2-Clause */
/* A TAP device: how its parts share it. */
#ifndef SKIFF_DRIVERS_TAP_H
#define SKIFF_DRIVERS_TAP_H

#include "drivers/drivers.h"
#include "ethernet/virtio_net.h"

/* Frames that wait for the kernel, and frames that wait for the bottom half. */
#define TAP_TX_RING 512
#define TAP_RX_RING 1024
/* Frames of one call of the top half. */
#define TAP_RX_BATCH 64
/* What a frame can be at most: 64 KB of packet, its header, a tag. */
#define TAP_MAX_FRAME (65536 + 64)
#define TAP_MAX_MTU 65521

/**
 * struct tap - one TAP device, netdev_priv() of its net_device
 * @dev: the device
 * @fd: open file of /dev/net/tun, until the device's memory goes
 * @id: number by which a top half finds the device
 * @list: among all of the process
 * @vnet_hdr: each frame is preceded by a virtio header
 * @napi: takes frames from @rx
 * @gone_work: takes the device down when the kernel's side is gone
 * @lock: guards what follows
 * @running: between open and stop
 * @gone: the kernel's side was removed
 * @flushing: a thread is writing
 * @reading: a thread is reading
 * @tx_blocked: the kernel takes nothing for the moment
 * @rx_paused: the bottom half is behind
 * @tx: frames to be written
 * @rx: frames that were read
 * @stats: counters
 * @overflow: where the end of a frame goes that is larger than expected
 */
struct tap {
	struct net_device *dev;
	int fd;
	u32 id;
	struct list_head list;
	bool vnet_hdr;
	struct napi_struct napi;
	struct net_work gone_work;

	spinlock_t lock;
	bool running;
	bool gone;
	bool flushing;
	bool reading;
	bool tx_blocked;
	bool rx_paused;
	struct sk_buff_head tx;
	struct sk_buff_head rx;
	struct rtnl_link_stats64 stats;

	unsigned char overflow[TAP_MAX_FRAME];
};

static inline struct tap *tap_of(const struct net_device *dev)
{
	return (struct tap *)netdev_priv(dev);
}

/* tap.c */
extern const struct net_device_ops tap_ops;
/* The kernel's side is gone: say so, and take the device down soon. Any thread, unlocked. */
void tap_lost(struct tap *tap);
/* Tell the loop which events matter now. With tap->lock. */
void tap_rewatch(struct tap *tap);

/* tap_io.c: system calls, never under the stack lock */
void tap_flush(struct net_device *dev);
void tap_read_batch(struct tap *tap);

#endif /* SKIFF_DRIVERS_TAP_H */
