// SPDX-License-Identifier: BSD-2-Clause
/* TAP and TUN: reading and writing a frame. System calls, so never under the stack lock. */
#include <sys/uio.h>

#include "drivers/tap.h"

/* The virtio header, linear data, fragments. */
#define TAP_MAX_IOV (2 + MAX_SKB_FRAGS)

/* One direction. */
struct direction {
	int (*many)(struct uring *u, int fd, struct uring_io *io, int n);
	ssize_t (*one)(int fd, const struct iovec *iov, int n);
};

static void call_one(int fd, const struct direction *dir, struct uring_io *io)
{
	ssize_t ret;

	do {
		ret = dir->one(fd, io->iov, io->iovlen);
	} while (ret < 0 && errno == EINTR);
	io->res = ret < 0 ? -errno : (int)ret;
}

/*
 * All of @io by @ring, or the first without it: then the others are -ECANCELED. A ring that can't do
 * that at all is given up, and @batch frames are one. Return: how many were tried.
 */
static int call(int fd, const struct direction *dir, struct uring **ring, int *batch,
		struct uring_io *io, int n)
{
	int err = n > 1 ? dir->many(*ring, fd, io, n) : -ECANCELED;

	if (!err)
		return n;
	if (err == -EOPNOTSUPP) {
		uring_close(*ring);
		*ring = NULL;
		*batch = 1;
	}
	call_one(fd, dir, &io[0]);
	for (int i = 1; i < n; i++)
		io[i].res = -ECANCELED;
	return 1;
}

/* Out. */

static const struct direction out_by = { .many = uring_writev, .one = writev };
/* None overtakes another. */
static const struct direction out_in_order_by = { .many = uring_writev_linked, .one = writev };

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

struct out {
	struct virtio_net_hdr hdr;
	struct iovec iov[TAP_MAX_IOV];
};

/* Return: how many of the frames can be told; @err: why the one behind them can not, or 0. */
static int fill(const struct tap *tap, struct sk_buff **skbs, struct out *out, struct uring_io *io,
		int n, int *err)
{
	int i;

	for (i = 0; i < n; i++) {
		*err = tap->vnet_hdr ? virtio_net_hdr_from_skb(skbs[i], &out[i].hdr) : 0;
		if (*err)
			break;
		io[i].iov = out[i].iov;
		io[i].iovlen = fill_iov(tap, skbs[i], &out[i].hdr, out[i].iov);
	}
	return i;
}

/*
 * A frame that is longer than any without segments takes large pieces of the kernel's memory. When it has none it
 * won't have them soon either: then such a frame is lost, or it would be in the way of all others for ever.
 */
static void give_up_long(struct sk_buff **skbs, struct uring_io *io, int n)
{
	for (int i = 0; i < n; i++)
		if (unlikely(io[i].res == -ENOBUFS && skbs[i]->len > FDEV_MAX_FRAME))
			io[i].res = -EMSGSIZE;
}

/* The frames that were written to the front. Return: how many, or the error of the first one. */
static int sort_out(struct sk_buff **skbs, const struct uring_io *io, int n)
{
	struct sk_buff *left[FDEV_TX_BATCH];
	int sent = 0, kept = 0, err = 0;

	for (int i = 0; i < n; i++) {
		if (io[i].res >= 0) {
			skbs[sent++] = skbs[i];
		} else {
			err = kept ? err : io[i].res;
			left[kept++] = skbs[i];
		}
	}
	for (int i = 0; i < kept; i++)
		skbs[sent + i] = left[i];
	return sent ? sent : err;
}

static int tap_write(struct fdev *f, struct sk_buff **skbs, int n)
{
	struct tap *tap = tap_of(f->dev);
	struct uring_io io[FDEV_TX_BATCH];
	struct out out[FDEV_TX_BATCH];
	int err = 0;

	n = fill(tap, skbs, out, io, n, &err);
	if (!n)
		return err;
	n = call(f->fd, tap->limited ? &out_in_order_by : &out_by, &tap->tx_uring, &f->tx_batch, io,
		 n);
	give_up_long(skbs, io, n);
	return sort_out(skbs, io, n);
}

/* In. */

static const struct direction in_by = { .many = uring_readv, .one = readv };

/* With the IP header, behind Ethernet's or by itself, where words begin. */
static struct sk_buff *alloc_frame(struct fdev *f, unsigned int len)
{
	return f->ops->type ? netdev_alloc_skb(f->dev, len) :
			      netdev_alloc_skb_ip_align(f->dev, len);
}

/*
 * A frame that is read. What does not fit @skb goes into @pages, of which there are TAP_PAGES, or, when
 * they are NULL, to @overflow.
 */
struct in {
	struct virtio_net_hdr hdr;
	struct sk_buff *skb;
	unsigned int room;
	struct page **pages;
	u8 *overflow;
	struct iovec iov[2 + TAP_PAGES];
};

/* The pages of the frame at @index, complete; NULL: there are none. */
static struct page **get_pages(struct tap *tap, int index)
{
	struct page **pages;

	if (!tap->vnet_hdr || index >= TAP_PAGED)
		return NULL;
	pages = tap->pages[index];
	for (size_t i = 0; i < TAP_PAGES; i++) {
		if (unlikely(!pages[i]))
			pages[i] = alloc_pages(GFP_KERNEL, TAP_PAGE_ORDER);
		if (unlikely(!pages[i]))
			return NULL;
	}
	return pages;
}

/* Where the rest of a frame is read to. Return: how many of @iov that takes. */
static int rest_iov(const struct in *in, struct iovec *iov)
{
	if (!in->pages) {
		iov[0] = (struct iovec){ in->overflow, FDEV_MAX_FRAME };
		return 1;
	}
	for (size_t i = 0; i < TAP_PAGES; i++)
		iov[i] = (struct iovec){ page_address(in->pages[i]), TAP_PAGE_SIZE };
	return TAP_PAGES;
}

static void prepare(struct tap *tap, struct in *in, struct uring_io *io, int index)
{
	int n = 0;

	in->room = READ_ONCE(tap->f.dev->mtu) + ETH_HLEN + VLAN_HLEN;
	in->skb = alloc_frame(&tap->f, in->room);
	in->pages = get_pages(tap, index);
	in->overflow = tap->overflow + (size_t)index * FDEV_MAX_FRAME;
	if (tap->vnet_hdr) {
		in->hdr = (struct virtio_net_hdr){ .flags = 0 };
		in->iov[n++] = (struct iovec){ &in->hdr, sizeof(in->hdr) };
	}
	/* Without memory it is still read, or it would be found readable for ever. */
	if (likely(in->skb))
		in->iov[n++] = (struct iovec){ in->skb->data, in->room };
	io->iov = in->iov;
	io->iovlen = n + rest_iov(in, &in->iov[n]);
}

/* Pages with @rest bytes of frame become its fragments. */
static void add_pages(const struct in *in, struct sk_buff *skb, unsigned int rest)
{
	for (int i = 0; rest; i++) {
		unsigned int n = min_t(unsigned int, rest, TAP_PAGE_SIZE);

		skb_add_rx_frag(skb, i, in->pages[i], 0, (int)n, TAP_PAGE_SIZE);
		in->pages[i] = NULL;
		rest -= n;
	}
}

/* The frame did not fit its buffer: by pages, or a larger one with all of it. */
static struct sk_buff *enlarge(struct tap *tap, const struct in *in, unsigned int len)
{
	struct sk_buff *large;

	if (in->pages && len - in->room > TAP_COPY_MAX) {
		__skb_put(in->skb, in->room);
		add_pages(in, in->skb, len - in->room);
		return in->skb;
	}
	large = alloc_frame(&tap->f, len);
	if (!large) {
		fdev_refuse(&tap->f, in->skb, true);
		return NULL;
	}
	__skb_put_data(large, in->skb->data, in->room);
	__skb_put_data(large, in->pages ? page_address(in->pages[0]) : in->overflow,
		       len - in->room);
	consume_skb(in->skb);
	return large;
}

/* Return: the frame, or NULL when it is no good and is counted. */
static struct sk_buff *take(struct tap *tap, const struct in *in, int n)
{
	unsigned int hdr_len = tap->vnet_hdr ? sizeof(in->hdr) : 0, len;
	struct sk_buff *skb = in->skb;

	if (!skb || (unsigned int)n <= hdr_len) {
		fdev_refuse(&tap->f, skb, !skb);
		return NULL;
	}
	len = (unsigned int)n - hdr_len;
	if (len > in->room) {
		skb = enlarge(tap, in, len);
		if (!skb)
			return NULL;
	} else {
		__skb_put(skb, len);
	}
	if ((hdr_len && virtio_net_hdr_to_skb(skb, &in->hdr)) ||
	    (tap->f.ops->type && skb->data[0] >> 4 != 4 && skb->data[0] >> 4 != 6)) {
		fdev_refuse(&tap->f, skb, false);
		return NULL;
	}
	return skb;
}

/* How many frames will be read at once: fewer while @large ones come. */
static void set_batch(struct tap *tap, bool large)
{
	if (tap->rx_uring)
		tap->f.rx_batch = large ? TAP_PAGED : FDEV_RX_BATCH;
}

static int tap_read(struct fdev *f, struct sk_buff **frames, int n)
{
	struct tap *tap = tap_of(f->dev);
	struct uring_io io[FDEV_RX_BATCH];
	struct in in[FDEV_RX_BATCH];
	int got = 0, err = 0, i;
	bool large = false;

	if (n <= 0)
		return 0;
	for (i = 0; i < n; i++)
		prepare(tap, &in[i], &io[i], i);
	call(f->fd, &in_by, &tap->rx_uring, &f->rx_batch, io, n);
	for (i = 0; i < n; i++) {
		if (io[i].res >= 0) {
			large |= io[i].res > (int)(in[i].room + TAP_COPY_MAX);
			frames[got++] = take(tap, &in[i], io[i].res);
			continue;
		}
		consume_skb(in[i].skb);
		if (io[i].res != -EAGAIN && io[i].res != -ECANCELED)
			err = io[i].res;
	}
	if (got)
		set_batch(tap, large);
	return got ? got : err;
}

static void tap_free(struct fdev *f)
{
	struct tap *tap = tap_of(f->dev);

	for (size_t i = 0; i < TAP_PAGED; i++)
		for (size_t j = 0; j < TAP_PAGES; j++)
			if (tap->pages[i][j])
				put_page(tap->pages[i][j]);
	uring_close(tap->rx_uring);
	uring_close(tap->tx_uring);
	fdev_overflow_free(tap->overflow, FDEV_RX_BATCH);
}

const struct fdev_ops tap_ops = {
	.other_end = "the kernel's end of the TAP device",
	.read = tap_read,
	.write = tap_write,
	.free = tap_free,
};

const struct fdev_ops tun_ops = {
	.other_end = "the kernel's end of the TUN device",
	.read = tap_read,
	.write = tap_write,
	.free = tap_free,
	.type = fdev_ip_type,
};
