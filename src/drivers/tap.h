/* SPDX-License-Identifier: BSD-2-Clause */
/* TAP and TUN devices: how their parts share them. */
#ifndef SKIFF_DRIVERS_TAP_H
#define SKIFF_DRIVERS_TAP_H

#include "drivers/fdev.h"
#include "drivers/uring.h"
#include "ethernet/virtio_net.h"

#define TAP_MAX_MTU 65521
#define TUN_MAX_MTU 65535

/* The rest of a frame that is larger than the MTU is read into pages of this size, and so many. */
#define TAP_PAGE_ORDER 3
#define TAP_PAGE_SIZE (PAGE_SIZE << TAP_PAGE_ORDER)
#define TAP_PAGES ((FDEV_MAX_FRAME + TAP_PAGE_SIZE - 1) / TAP_PAGE_SIZE)
/* A rest of so many bytes is copied: it is not worth a page of that size. */
#define TAP_COPY_MAX 4096
/*
 * So many frames of one reading have pages. More are not read at once while large ones come: a system
 * call for each few of them is nothing beside their bytes.
 */
#define TAP_PAGED 4

/**
 * struct tap - one device, netdev_priv() of its net_device
 * @f: what it is as one behind a descriptor, which is an open file of /dev/net/tun
 * @vnet_hdr: each frame is preceded by a virtio header
 * @limited: the kernel takes only so many frames at a time, and the next one may fit when one did not
 * @cuts_udp: the kernel cuts UDP packets, and hands them over uncut (Linux 6.2)
 * @rx_uring: for the thread that reads; NULL: each frame is a system call of its own
 * @tx_uring: for the thread that writes, likewise
 * @pages: where the ends of frames go that are larger than the MTU; NULL when there was no memory
 * @overflow: where they go then, and those of later frames of a reading
 */
struct tap {
	struct fdev f;
	bool vnet_hdr;
	bool limited;
	bool cuts_udp;
	struct uring *rx_uring;
	struct uring *tx_uring;
	struct page *pages[TAP_PAGED][TAP_PAGES];
	u8 *overflow;
};

static inline struct tap *tap_of(const struct net_device *dev)
{
	return (struct tap *)netdev_priv(dev);
}

/*
 * tap_napi.c
 *
 * What is written to the interface @name, which has IFF_NAPI, is received by a thread of the kernel's, by many
 * frames at a time and merged. Return: 0 or a negative errno.
 */
int tap_napi_threaded(const char *name);

/* tap_io.c */
extern const struct fdev_ops tap_ops;
extern const struct fdev_ops tun_ops;

#endif /* SKIFF_DRIVERS_TAP_H */
