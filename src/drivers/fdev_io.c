// SPDX-License-Identifier: BSD-2-Clause
/* Devices behind a descriptor: reading and writing. System calls, so never under the stack lock. */
#include <skiff/printk.h>

#include "drivers/fdev.h"

/* The other end was removed: nothing will ever pass again. */
static bool is_gone(int error)
{
	return error == EBADFD || error == ENODEV || error == EBADF || error == ENXIO;
}

/* Out. */

/* Return: how many of up to tx_batch frames. */
static int take_frames(struct fdev *f, struct sk_buff **skbs)
{
	struct netdev_queue *txq = netdev_get_tx_queue(f->dev, 0);
	int n = 0;

	spin_lock(&f->lock);
	if (f->running && !f->gone && !f->tx_blocked)
		while (n < f->tx_batch && (skbs[n] = __skb_dequeue(&f->tx)) != NULL)
			n++;
	if (!n)
		f->flushing = false;
	/* In the lock, so that it is not done for a device that is closed. */
	else if (netif_tx_queue_stopped(txq) && skb_queue_len(&f->tx) < FDEV_TX_RING / 2)
		netif_tx_wake_queue(txq);
	spin_unlock(&f->lock);
	return n;
}

/*
 * They could not be written now: they go first when the descriptor is ready, if @blocked, or next.
 * The thread that finds out that it is ready has to find, in the same moment, that nobody is
 * flushing.
 */
static void put_back(struct fdev *f, struct sk_buff **skbs, int n, bool blocked)
{
	struct sk_buff_head old;

	__skb_queue_head_init(&old);
	spin_lock(&f->lock);
	while (n--)
		__skb_queue_head(f->running ? &f->tx : &old, skbs[n]);
	if (blocked)
		f->flushing = false;
	if (f->running && blocked) {
		f->tx_blocked = true;
		fdev_rewatch(f);
	}
	spin_unlock(&f->lock);
	__skb_queue_purge(&old);
}

static void count_error(struct fdev *f, int err)
{
	spin_lock(&f->lock);
	f->stats.tx_errors++;
	/* The other end exists, but is down. */
	if (err == -EIO || err == -ENETDOWN)
		f->stats.tx_carrier_errors++;
	spin_unlock(&f->lock);
}

static enum skb_drop_reason write_error_reason(int err)
{
	if (is_gone(-err))
		return SKB_DROP_REASON_DEV_GONE;
	return err == -EIO || err == -ENETDOWN ? SKB_DROP_REASON_DEV_READY :
						 SKB_DROP_REASON_DEV_XMIT;
}

static void frames_sent(struct fdev *f, struct sk_buff **skbs, int n)
{
	u64 bytes = 0;
	int i;

	for (i = 0; i < n; i++) {
		bytes += skbs[i]->len;
		consume_skb(skbs[i]);
	}
	spin_lock(&f->lock);
	f->stats.tx_packets += (u64)n;
	f->stats.tx_bytes += bytes;
	spin_unlock(&f->lock);
}

static bool would_block(int err)
{
	return err == -EAGAIN || err == -ENOBUFS;
}

/* Return: false when the descriptor takes nothing for the moment. */
static bool write_frames(struct fdev *f, struct sk_buff **skbs, int n)
{
	int done = f->ops->write(f, skbs, n);

	if (would_block(done)) {
		put_back(f, skbs, n, true);
		return false;
	}
	if (done > 0) {
		frames_sent(f, skbs, done);
	} else {
		count_error(f, done);
		kfree_skb_reason(skbs[0], write_error_reason(done));
		if (is_gone(-done))
			fdev_lost(f);
		done = 1;
	}
	if (done < n)
		put_back(f, skbs + done, n - done, false);
	return true;
}

/* What earlier frames have left. Return: as write_frames(). */
static bool drain(struct fdev *f)
{
	int err = f->ops->drain ? f->ops->drain(f) : 0;

	if (would_block(err)) {
		put_back(f, NULL, 0, true);
		return false;
	}
	if (err) {
		count_error(f, err);
		if (is_gone(-err))
			fdev_lost(f);
	}
	return true;
}

/* Only one thread writes: the others' frames are in the ring already. */
static bool flush_begin(struct fdev *f)
{
	bool ours;

	spin_lock(&f->lock);
	ours = !f->flushing;
	f->flushing = true;
	spin_unlock(&f->lock);
	return ours;
}

void fdev_flush(struct net_device *dev)
{
	struct fdev *f = fdev_of(dev);
	struct sk_buff *skbs[FDEV_TX_BATCH];
	int n;

	if (!flush_begin(f))
		return;
	do {
		if (!drain(f))
			return;
		n = take_frames(f, skbs);
		if (n && !write_frames(f, skbs, n))
			return;
	} while (n);
}

/* In. */

void fdev_refuse(struct fdev *f, struct sk_buff *skb, bool no_memory)
{
	spin_lock(&f->lock);
	if (no_memory) {
		f->stats.rx_dropped++;
	} else {
		f->stats.rx_errors++;
		f->stats.rx_frame_errors++;
	}
	spin_unlock(&f->lock);
	kfree_skb_reason(skb, no_memory ? SKB_DROP_REASON_NOMEM : SKB_DROP_REASON_DEV_HDR);
}

/* Return: whether there is room for another one. */
static bool put_received(struct fdev *f, struct sk_buff **frames, int n)
{
	struct sk_buff_head got;
	struct sk_buff *skb;
	bool room = false;

	__skb_queue_head_init(&got);
	for (int i = 0; i < n; i++)
		if (frames[i])
			__skb_queue_tail(&got, frames[i]);
	spin_lock(&f->lock);
	if (f->running) {
		skb_queue_splice_tail_init(&got, &f->rx);
		room = skb_queue_len(&f->rx) < FDEV_RX_RING;
		if (!room) {
			f->rx_paused = true;
			fdev_rewatch(f);
		}
	}
	spin_unlock(&f->lock);
	while ((skb = __skb_dequeue(&got)) != NULL)
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY);
	return room;
}

/*
 * The loop calls one top half per descriptor at a time; but a device that is closed and opened
 * again has a new watch, while the old one's call may not have ended.
 */
static bool read_begin(struct fdev *f)
{
	bool ours;

	spin_lock(&f->lock);
	ours = f->running && !f->reading;
	if (ours)
		f->reading = true;
	spin_unlock(&f->lock);
	return ours;
}

static void read_end(struct fdev *f)
{
	spin_lock(&f->lock);
	f->reading = false;
	if (f->running && !skb_queue_empty(&f->rx))
		napi_schedule(&f->napi);
	spin_unlock(&f->lock);
}

/*
 * To ask for many frames where there are few costs a buffer and a turn of the kernel for each. So it
 * is one at first, and twice as many while all of them come. When it was one, whether there are more is
 * left to the next look: to ask at once costs as much as that, and mostly there are none.
 */
static bool worth_asking(const struct fdev *f, int want)
{
	return want > 1 || f->rx_batch == 1;
}

static int next_want(const struct fdev *f, int want, int got)
{
	if (got == want)
		return min(max(f->rx_want, 2 * want), f->rx_batch);
	return max(want / 2, 1);
}

void fdev_read_batch(struct fdev *f)
{
	struct sk_buff *frames[FDEV_RX_BATCH];
	int left = FDEV_RX_BATCH, want, got;
	bool room = true;

	if (!read_begin(f))
		return;
	do {
		want = f->rx_more ? f->rx_want : max(1, min(f->rx_want, left));
		got = f->ops->read(f, frames, want);
		if (got > 0)
			room = put_received(f, frames, got);
		f->rx_want = next_want(f, want, got);
		left -= got;
	} while ((got > 0 && f->rx_more) ||
		 (got == want && left > 0 && room && worth_asking(f, want)));
	read_end(f);
	if (got < 0) {
		if (!is_gone(-got))
			pr_warn_ratelimited("%s: can't read: %s\n", f->dev->name, strerror(-got));
		else
			fdev_lost(f);
	}
}
