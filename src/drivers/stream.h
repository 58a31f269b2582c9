/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices whose other end is a stream socket: how their parts share them. */
#ifndef SKIFF_DRIVERS_STREAM_H
#define SKIFF_DRIVERS_STREAM_H

#include <sys/stat.h>
#include <sys/un.h>

#include <skiff/timer.h>

#include "drivers/fdev.h"
#include "ethernet/virtio_net.h"

/*
 * What arrives is read into a ring of blocks of pages. The longest frame has to fit it wherever it begins,
 * and several are to be read at once.
 */
#define STREAM_BLOCK_ORDER 3
#define STREAM_BLOCK_SIZE (PAGE_SIZE << STREAM_BLOCK_ORDER)
#define STREAM_BLOCKS 8
#define STREAM_RING_SIZE (STREAM_BLOCKS * STREAM_BLOCK_SIZE)

/* Frames up to so many bytes are copied; of longer ones the beginning, the rest stays where it is. */
#define STREAM_COPY_MAX 4096
#define STREAM_HEAD 256

/* Seconds. */
#define STREAM_RECONNECT 1
#define STREAM_RECONNECT_MAX 3600

/**
 * struct stream_head - what is before each frame
 * @len: how many bytes follow, without these four
 * @vnet: the virtio header, if both ends have agreed upon it; counted in @len
 */
struct stream_head {
	__be32 len;
	struct virtio_net_hdr vnet;
} __packed;

enum stream_kind {
	STREAM_FD,     /* the end of the connection is that of the link, and the device goes down */
	STREAM_CABLE,  /* it is the end of the device as well */
	STREAM_CLIENT, /* connects again */
	STREAM_SERVER, /* waits for the next one */
};

/**
 * struct stream - one device, netdev_priv() of its net_device
 * @f: what it is as one behind a descriptor: the connection, or @nobody
 * @kind: what there is to do when the connection ends; not changed later, like the next three
 * @vnet_hdr: each frame has a virtio header
 * @path: of the socket of a client or server, from /
 * @reconnect: nanoseconds from one try of a client to the next
 * @nobody: what @f has while there is no connection: nothing ever happens there; -1 for kinds that have no
 *          second one
 * @listener: of a server, or -1
 * @file: what a server's socket is in the file system, so that another one is not removed in its place
 * @link_work: lets the carrier follow the connection
 * @connect_work: lets a client try again
 * @retry: when
 * @lock: guards the next four; system calls that don't wait are made under it. Taken before fdev.lock
 * @connected: whether there is a connection
 * @rest: a frame of which a part was written, or NULL
 * @rest_head: what is before it
 * @rest_at: bytes of both that were written
 * @block: where bytes are read to; for the thread that reads, like what follows
 * @head: the next byte to be looked at, counted from the beginning of @block and never wrapped
 * @tail: behind the last one that was read
 * @broken: the other end has said what can't be
 */
struct stream {
	struct fdev f;
	enum stream_kind kind;
	bool vnet_hdr;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	ktime_t reconnect;
	int nobody;
	int listener;
	struct stat file;
	struct net_work link_work;
	struct net_work connect_work;
	struct timer_list retry;

	spinlock_t lock;
	bool connected;
	struct sk_buff *rest;
	struct stream_head rest_head;
	size_t rest_at;

	struct page *block[STREAM_BLOCKS];
	size_t head, tail;
	bool broken;
};

static inline struct stream *stream_of(const struct net_device *dev)
{
	return (struct stream *)netdev_priv(dev);
}

/* Bytes before each frame. */
static inline size_t stream_head_size(const struct stream *s)
{
	return s->vnet_hdr ? sizeof(struct stream_head) : sizeof(__be32);
}

/* stream.c */
extern const struct net_device_ops stream_netdev_ops;
/* Before registration: what the connection and its end take. */
void stream_prepare(struct stream *s);
/*
 * The connection has ended; by the thread that reads. Return: 0 when there may be another one, else what
 * tells that the other end is gone.
 */
int stream_ended(struct stream *s);
/* What a device has beside its descriptor is given back. */
void stream_free(struct fdev *f);

/* stream_in.c, stream_out.c: for fdev_ops */
void stream_error(struct fdev *f);
int stream_read(struct fdev *f, struct sk_buff **frames, int n);
int stream_write(struct fdev *f, struct sk_buff **skbs, int n);
int stream_drain(struct fdev *f);

/* stream_open.c */
/* Let more be under way in a connection than is usual, where the kernel does that; less is as right. */
void stream_tune(int fd);
/* Connect to the socket at @path. Return: the connection, or a negative errno. */
int stream_connect(const char *path);

#endif /* SKIFF_DRIVERS_STREAM_H */
