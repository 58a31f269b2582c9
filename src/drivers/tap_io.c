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

/* The frame did not fit its buffer: a larger one, with all of it. */
static struct sk_buff *enlarge(struct tap *tap, struct sk_buff *skb, unsigned int room,
			       unsigned int len)
{
	struct sk_buff *large = alloc_frame(&tap->f, len);

	if (!large) {
		fdev_refuse(&tap->f, skb, true);
		return NULL;
	}
	__skb_put_data(large, skb->data, room);
	__skb_put_data(large, tap->overflow, len - room);
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
	struct iovec iov[3];
	ssize_t n;

	*frame = NULL;
	/* Without memory it is still read, or it would be found readable for ever. */
	iov[0] = (struct iovec){ &hdr, hdr_len };
	iov[1] = (struct iovec){ skb ? skb->data : tap->overflow, skb ? room : 0 };
	iov[2] = (struct iovec){ tap->overflow, sizeof(tap->overflow) };
	do {
		n = readv(f->fd, iov, 3);
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
		skb = enlarge(tap, skb, room, len);
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

const struct fdev_ops tap_ops = {
	.other_end = "the kernel's end of the TAP device",
	.tx_batch = 1,
	.read = tap_read,
	.write = tap_write,
};

const struct fdev_ops tun_ops = {
	.other_end = "the kernel's end of the TUN device",
	.tx_batch = 1,
	.read = tap_read,
	.write = tap_write,
	.type = fdev_ip_type,
};
