// SPDX-License-Identifier: BSD-2-Clause
/* TAP and TUN: reading and writing a frame. System calls, so never under the stack lock. */
#include <sys/uio.h>

#include "drivers/tap.h"

/* The virtio header, linear data, fragments. */
#define TAP_MAX_IOV (2 + MAX_SKB_FRAGS)

/* Out. */

static int fill_iov(const struct tap *tap, const struct sk_buff *skb, struct virtio_net_hdr *hdr,
		    struct iovec *iov)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(skb);
	int n = 0, i;

	if (tap->vnet_hdr)
		iov[n++] = (struct iovec){ hdr, sizeof(*hdr) };
	iov[n++] = (struct iovec){ skb->data, skb_headlen(skb) };
	for (i = 0; skb_is_nonlinear(skb) && i < shinfo->nr_frags; i++)
		iov[n++] = (struct iovec){ skb_frag_address(&shinfo->frags[i]),
					   skb_frag_size(&shinfo->frags[i]) };
	return n;
}

static int tap_write(struct fdev *f, struct sk_buff **skbs, int n)
{
	struct tap *tap = tap_of(f->dev);
	const struct sk_buff *skb = skbs[0];
	struct iovec iov[TAP_MAX_IOV];
	struct virtio_net_hdr hdr;
	ssize_t written;
	int err = tap->vnet_hdr ? virtio_net_hdr_from_skb(skb, &hdr) : 0;

	if (err)
		return err;
	do {
		written = writev(f->fd, iov, fill_iov(tap, skb, &hdr, iov));
	} while (written < 0 && errno == EINTR);
	return written < 0 ? -errno : 1;
}

/* In. */

/* With the IP header, behind Ethernet's or by itself, where words begin. */
static struct sk_buff *alloc_frame(struct fdev *f, unsigned int len)
{
	return f->ops->type ? netdev_alloc_skb(f->dev, len) :
			      netdev_alloc_skb_ip_align(f->dev, len);
}

static void get_pages(struct tap *tap)
{
	for (size_t i = 0; i < TAP_PAGES; i++)
		if (unlikely(!tap->pages[i]))
			tap->pages[i] = alloc_pages(GFP_KERNEL, TAP_PAGE_ORDER);
}

static bool have_pages(const struct tap *tap)
{
	for (size_t i = 0; i < TAP_PAGES; i++)
		if (!tap->pages[i])
			return false;
	return true;
}

/* Where the rest of a frame is read to: @iov has room for TAP_PAGES. Return: how many it takes. */
static int rest_iov(struct tap *tap, bool paged, struct iovec *iov)
{
	if (!paged) {
		iov[0] = (struct iovec){ tap->overflow, sizeof(tap->overflow) };
		return 1;
	}
	for (size_t i = 0; i < TAP_PAGES; i++)
		iov[i] = (struct iovec){ page_address(tap->pages[i]), TAP_PAGE_SIZE };
	return TAP_PAGES;
}

/* Pages with @rest bytes of frame become its fragments. */
static void add_pages(struct tap *tap, struct sk_buff *skb, unsigned int rest)
{
	for (int i = 0; rest; i++) {
		unsigned int n = min_t(unsigned int, rest, TAP_PAGE_SIZE);

		skb_add_rx_frag(skb, i, tap->pages[i], 0, (int)n, TAP_PAGE_SIZE);
		tap->pages[i] = NULL;
		rest -= n;
	}
}

/* The frame did not fit its buffer of @room bytes: by pages, or a larger one with all of it. */
static struct sk_buff *enlarge(struct tap *tap, struct sk_buff *skb, unsigned int room,
			       unsigned int len, bool paged)
{
	const void *rest = paged ? page_address(tap->pages[0]) : tap->overflow;
	struct sk_buff *large;

	if (paged && len - room > TAP_COPY_MAX) {
		__skb_put(skb, room);
		add_pages(tap, skb, len - room);
		return skb;
	}
	large = alloc_frame(&tap->f, len);
	if (!large) {
		fdev_refuse(&tap->f, skb, true);
		return NULL;
	}
	__skb_put_data(large, skb->data, room);
	__skb_put_data(large, rest, len - room);
	consume_skb(skb);
	return large;
}

/* Return: 1 and *@frame (NULL when it was no good), 0 when there is none, or a negative errno. */
static int tap_read(struct fdev *f, struct sk_buff **frame)
{
	struct tap *tap = tap_of(f->dev);
	unsigned int room = READ_ONCE(f->dev->mtu) + ETH_HLEN + VLAN_HLEN, len;
	struct virtio_net_hdr hdr = { .flags = 0 };
	unsigned int hdr_len = tap->vnet_hdr ? sizeof(hdr) : 0;
	struct sk_buff *skb = alloc_frame(f, room);
	struct iovec iov[2 + TAP_PAGES];
	bool paged = false;
	ssize_t n;
	int parts;

	*frame = NULL;
	if (tap->vnet_hdr) {
		get_pages(tap);
		paged = have_pages(tap);
	}
	/* Without memory it is still read, or it would be found readable for ever. */
	iov[0] = (struct iovec){ &hdr, hdr_len };
	iov[1] = (struct iovec){ skb ? skb->data : tap->overflow, skb ? room : 0 };
	parts = 2 + rest_iov(tap, paged, &iov[2]);
	do {
		n = readv(f->fd, iov, parts);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		int error = errno;

		consume_skb(skb);
		return error == EAGAIN ? 0 : -error;
	}
	if (!skb || (size_t)n <= hdr_len) {
		fdev_refuse(&tap->f, skb, !skb);
		return 1;
	}
	len = (unsigned int)n - hdr_len;
	if (len > room) {
		skb = enlarge(tap, skb, room, len, paged);
		if (!skb)
			return 1;
	} else {
		__skb_put(skb, len);
	}
	if (hdr_len && virtio_net_hdr_to_skb(skb, &hdr))
		fdev_refuse(&tap->f, skb, false);
	else if (f->ops->type && (skb->data[0] >> 4 != 4 && skb->data[0] >> 4 != 6))
		fdev_refuse(f, skb, false);
	else
		*frame = skb;
	return 1;
}

static void tap_free(struct fdev *f)
{
	struct tap *tap = tap_of(f->dev);

	for (size_t i = 0; i < TAP_PAGES; i++)
		if (tap->pages[i])
			put_page(tap->pages[i]);
}

const struct fdev_ops tap_ops = {
	.other_end = "the kernel's end of the TAP device",
	.tx_batch = 1,
	.read = tap_read,
	.write = tap_write,
	.free = tap_free,
};

const struct fdev_ops tun_ops = {
	.other_end = "the kernel's end of the TUN device",
	.tx_batch = 1,
	.read = tap_read,
	.write = tap_write,
	.free = tap_free,
	.type = fdev_ip_type,
};
