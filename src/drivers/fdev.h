/* SPDX-License-Identifier: BSD-2-Clause */
/* A device behind a descriptor: what its kinds share, and what each of them does by itself. */
#ifndef SKIFF_DRIVERS_FDEV_H
#define SKIFF_DRIVERS_FDEV_H

#include "drivers/drivers.h"

/* Frames that wait to be written, and frames that wait for the bottom half. */
#define FDEV_TX_RING 512
#define FDEV_RX_RING 1024
/* Frames of one call of the top half, and frames that are written at once. */
#define FDEV_RX_BATCH 64
#define FDEV_TX_BATCH 32
/* What a frame can be at most: 64 KB of packet, its header, a tag. */
#define FDEV_MAX_FRAME (65536 + 64)

struct fdev;

/**
 * struct fdev_ops - what a kind of device does by itself; never under the stack lock
 * @other_end: what is gone when the descriptor fails, for the message; NULL: the device goes with it, and
 *             nothing is to be said
 * @read: take up to @n frames, NULL for one that was no good and is counted. Return: how many; fewer
 *        than @n: there are no more; a negative errno
 * @write: send the first of @n frames, and more if it can. Return: how many, which are the first in
 *         @skbs then, or a negative errno of the first; -EAGAIN and -ENOBUFS: it is offered again when
 *         the descriptor is ready
 * @drain: write what is left of earlier frames. Return: 0 or a negative errno. NULL: nothing ever is
 * @type: the protocol of a received frame, its header taken off; NULL for Ethernet
 * @error: the descriptor reports an error; NULL: it is gone
 * @free: give back what belongs to the kind; NULL: nothing
 */
struct fdev_ops {
	const char *other_end;
	int (*read)(struct fdev *f, struct sk_buff **frames, int n);
	int (*write)(struct fdev *f, struct sk_buff **skbs, int n);
	int (*drain)(struct fdev *f);
	__be16 (*type)(struct sk_buff *skb);
	void (*error)(struct fdev *f);
	void (*free)(struct fdev *f);
};

/**
 * struct fdev - one device, at the beginning of netdev_priv() of its net_device
 * @dev: the device
 * @ops: its kind
 * @fd: the descriptor, non-blocking, open until the device's memory goes
 * @rx_batch: most frames that its kind reads at once, 1 unless it says so before it is registered
 * @tx_batch: most frames that its kind writes at once, likewise
 * @rx_want: for the thread that is reading: as many are read at once as there have been lately
 * @id: number by which a top half finds the device
 * @list: among all of the process
 * @napi: takes frames from @rx
 * @gone_work: takes the device down when the other end is gone
 * @lock: guards what follows
 * @running: between open and stop
 * @gone: the other end was removed
 * @flushing: a thread is writing
 * @reading: a thread is reading
 * @tx_blocked: nothing can be written for the moment
 * @rx_paused: the bottom half is behind
 * @rx_more: for the thread that is reading: it has taken bytes off the descriptor that it must
 *           look at, whether or not there is room; set with frames that were taken
 * @tx: frames to be written
 * @rx: frames that were read
 * @stats: counters
 */
struct fdev {
	struct net_device *dev;
	const struct fdev_ops *ops;
	int fd;
	int rx_batch;
	int tx_batch;
	int rx_want;
	u32 id;
	struct list_head list;
	struct napi_struct napi;
	struct net_work gone_work;

	spinlock_t lock;
	bool running;
	bool gone;
	bool flushing;
	bool reading;
	bool tx_blocked;
	bool rx_paused;
	bool rx_more;
	struct sk_buff_head tx;
	struct sk_buff_head rx;
	struct rtnl_link_stats64 stats;
};

static inline struct fdev *fdev_of(const struct net_device *dev)
{
	return (struct fdev *)netdev_priv(dev);
}

/* fdev.c */
/* Before registration: @fd is the device's from now on. */
void fdev_prepare(struct net_device *dev, struct net *net, int fd, const struct fdev_ops *ops);
/* The device of a number, with a reference; NULL when it has gone. Any thread. */
struct fdev *fdev_get(u32 id);
/*
 * Let the descriptor mean what @fd does, which stays the caller's. Any thread; what is being read or written in
 * another one is the caller's to think of.
 */
int fdev_set_fd(struct fdev *f, int fd);
/* The other end is gone: say so, and take the device down soon. Any thread, unlocked. */
void fdev_lost(struct fdev *f);
/* Tell the loop which events matter now. With fdev.lock. */
void fdev_rewatch(struct fdev *f);
/* fdev_ops.type of packets without a link-layer header, of at least one byte in the head. */
__be16 fdev_ip_type(struct sk_buff *skb);

/*
 * Room for the ends of @frames frames that are larger than expected, FDEV_MAX_FRAME each; it costs
 * memory only when there are such frames. NULL without.
 */
u8 *fdev_overflow_alloc(int frames);
void fdev_overflow_free(u8 *overflow, int frames);

/* For net_device_ops. */
int fdev_init(struct net_device *dev);
void fdev_uninit(struct net_device *dev);
int fdev_open(struct net_device *dev);
int fdev_stop(struct net_device *dev);
netdev_tx_t fdev_xmit(struct sk_buff *skb, struct net_device *dev);
void fdev_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *storage);

/* fdev_io.c: system calls, never under the stack lock */
void fdev_read_batch(struct fdev *f);
void fdev_flush(struct net_device *dev); /* ndo_flush */
/* A frame that was read is no good, or there was no memory for it: count and free it. */
void fdev_refuse(struct fdev *f, struct sk_buff *skb, bool no_memory);

#endif /* SKIFF_DRIVERS_FDEV_H */
