// SPDX-License-Identifier: BSD-2-Clause
/* TAP: reading and writing frames. System calls, so never under the stack lock. */
#include <sys/uio.h>

#include <skiff/printk.h>

#include "drivers/tap.h"

/* The virtio header, linear data, fragments. */
#define TAP_MAX_IOV (2 + MAX_SKB_FRAGS)

/* The kernel removed its interface: nothing will ever pass again. */
static bool is_gone(int error)
{
	return error == EBADFD || error == ENODEV || error == EBADF || error == ENXIO;
}

/* Out. */

static struct sk_buff *take_frame(struct tap *tap)
{
	struct sk_buff *skb = NULL;
	struct netdev_queue *txq = netdev_get_tx_queue(tap->dev, 0);

	spin_lock(&tap->lock);
	if (tap->running && !tap->gone && !tap->tx_blocked)
		skb = __skb_dequeue(&tap->tx);
	if (!skb)
		tap->flushing = false;
	/* In the lock, so that it is not done for a device that is closed. */
	else if (netif_tx_queue_stopped(txq) && skb_queue_len(&tap->tx) < TAP_TX_RING / 2)
		netif_tx_wake_queue(txq);
	spin_unlock(&tap->lock);
	return skb;
}

/*
 * It could not be written now: it goes first when the kernel is ready. The thread that finds out
 * that the kernel is ready has to find, in the same moment, that nobody is flushing.
 */
static void put_back(struct tap *tap, struct sk_buff *skb)
{
	spin_lock(&tap->lock);
	tap->flushing = false;
	if (tap->running) {
		__skb_queue_head(&tap->tx, skb);
		tap->tx_blocked = true;
		tap_rewatch(tap);
		skb = NULL;
	}
	spin_unlock(&tap->lock);
	kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
}

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

/* Return: 0 or a negative errno. */
static int write_frame(struct tap *tap, const struct sk_buff *skb)
{
	struct iovec iov[TAP_MAX_IOV];
	struct virtio_net_hdr hdr;
	ssize_t n;
	int err = tap->vnet_hdr ? virtio_net_hdr_from_skb(skb, &hdr) : 0;

	if (err)
		return err;
	do {
		n = writev(tap->fd, iov, fill_iov(tap, skb, &hdr, iov));
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static void count_sent(struct tap *tap, const struct sk_buff *skb, int err)
{
	spin_lock(&tap->lock);
	if (!err) {
		tap->stats.tx_packets++;
		tap->stats.tx_bytes += skb->len;
	} else {
		tap->stats.tx_errors++;
		/* The kernel's interface exists, but is down. */
		if (err == -EIO)
			tap->stats.tx_carrier_errors++;
	}
	spin_unlock(&tap->lock);
}

static enum skb_drop_reason write_error_reason(int err)
{
	if (is_gone(-err))
		return SKB_DROP_REASON_DEV_GONE;
	return err == -EIO ? SKB_DROP_REASON_DEV_READY : SKB_DROP_REASON_DEV_XMIT;
}

/* Only one thread writes: the others' frames are in the ring already. */
static bool flush_begin(struct tap *tap)
{
	bool ours;

	spin_lock(&tap->lock);
	ours = !tap->flushing;
	tap->flushing = true;
	spin_unlock(&tap->lock);
	return ours;
}

void tap_flush(struct net_device *dev)
{
	struct tap *tap = tap_of(dev);
	struct sk_buff *skb;

	if (!flush_begin(tap))
		return;
	while ((skb = take_frame(tap)) != NULL) {
		int err = write_frame(tap, skb);

		if (err == -EAGAIN || err == -ENOBUFS) {
			put_back(tap, skb);
			return;
		}
		count_sent(tap, skb, err);
		if (!err) {
			consume_skb(skb);
			continue;
		}
		kfree_skb_reason(skb, write_error_reason(err));
		if (is_gone(-err))
			tap_lost(tap);
	}
}

/* In. */

static void count_refused(struct tap *tap, struct sk_buff *skb, bool no_memory)
{
	spin_lock(&tap->lock);
	if (no_memory) {
		tap->stats.rx_dropped++;
	} else {
		tap->stats.rx_errors++;
		tap->stats.rx_frame_errors++;
	}
	spin_unlock(&tap->lock);
	kfree_skb_reason(skb, no_memory ? SKB_DROP_REASON_NOMEM : SKB_DROP_REASON_DEV_HDR);
}

/* The frame did not fit its buffer: a larger one, with all of it. */
static struct sk_buff *enlarge(struct tap *tap, struct sk_buff *skb, unsigned int room,
			       unsigned int len)
{
	struct sk_buff *large = netdev_alloc_skb_ip_align(tap->dev, len);

	if (!large) {
		count_refused(tap, skb, true);
		return NULL;
	}
	__skb_put_data(large, skb->data, room);
	__skb_put_data(large, tap->overflow, len - room);
	consume_skb(skb);
	return large;
}

/* Return: 1 and *@frame (NULL when it was no good), 0 when there is none, or a negative errno. */
static int read_frame(struct tap *tap, struct sk_buff **frame)
{
	unsigned int room = READ_ONCE(tap->dev->mtu) + ETH_HLEN + VLAN_HLEN, len;
	struct virtio_net_hdr hdr = { .flags = 0 };
	unsigned int hdr_len = tap->vnet_hdr ? sizeof(hdr) : 0;
	struct sk_buff *skb = netdev_alloc_skb_ip_align(tap->dev, room);
	struct iovec iov[3];
	ssize_t n;

	*frame = NULL;
	/* Without memory it is still read, or it would be found readable for ever. */
	iov[0] = (struct iovec){ &hdr, hdr_len };
	iov[1] = (struct iovec){ skb ? skb->data : tap->overflow, skb ? room : 0 };
	iov[2] = (struct iovec){ tap->overflow, sizeof(tap->overflow) };
	do {
		n = readv(tap->fd, iov, 3);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		int error = errno;

		consume_skb(skb);
		return error == EAGAIN ? 0 : -error;
	}
	if (!skb || (size_t)n <= hdr_len) {
		count_refused(tap, skb, !skb);
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
		count_refused(tap, skb, false);
	else
		*frame = skb;
	return 1;
}

/* Return: whether there is room for another one. */
static bool put_received(struct tap *tap, struct sk_buff *skb)
{
	bool room = false;

	spin_lock(&tap->lock);
	if (tap->running) {
		__skb_queue_tail(&tap->rx, skb);
		room = skb_queue_len(&tap->rx) < TAP_RX_RING;
		if (!room) {
			tap->rx_paused = true;
			tap_rewatch(tap);
		}
		skb = NULL;
	}
	spin_unlock(&tap->lock);
	kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY);
	return room;
}

/*
 * The loop calls one top half per descriptor at a time; but a device that is closed and opened
 * again has a new watch, while the old one's call may not have ended.
 */
static bool read_begin(struct tap *tap)
{
	bool ours;

	spin_lock(&tap->lock);
	ours = tap->running && !tap->reading;
	if (ours)
		tap->reading = true;
	spin_unlock(&tap->lock);
	return ours;
}

static void read_end(struct tap *tap)
{
	spin_lock(&tap->lock);
	tap->reading = false;
	if (tap->running && !skb_queue_empty(&tap->rx))
		napi_schedule(&tap->napi);
	spin_unlock(&tap->lock);
}

void tap_read_batch(struct tap *tap)
{
	struct sk_buff *skb;
	int i, ret = 1;

	if (!read_begin(tap))
		return;
	for (i = 0; i < TAP_RX_BATCH && ret > 0; i++) {
		ret = read_frame(tap, &skb);
		if (ret > 0 && skb && !put_received(tap, skb))
			break;
	}
	read_end(tap);
	if (ret < 0) {
		if (!is_gone(-ret))
			pr_warn_ratelimited("%s: can't read: %s\n", tap->dev->name, strerror(-ret));
		else
			tap_lost(tap);
	}
}
