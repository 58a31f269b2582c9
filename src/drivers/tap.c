// SPDX-License-Identifier: BSD-2-Clause
/* TAP: an Ethernet device whose other end is a network interface of the Linux kernel. */
#include <sys/epoll.h>

#include <skiff/printk.h>

#include "base/fork.h"
#include "drivers/tap.h"

/*
 * In: the loop finds the descriptor readable and calls tap_ready(), the top half, without the
 * stack lock. It reads frames into tap.rx and schedules tap_poll(), which delivers them under the
 * stack lock. When the bottom half falls behind, the descriptor is not watched until it has caught
 * up: frames then wait in the kernel, which drops by its own rules.
 *
 * Out: tap_xmit() appends to tap.tx under the stack lock; tap_flush() writes after it was dropped.
 * One thread writes at a time, the others leave their frames to it. When the kernel takes nothing
 * the descriptor is watched for writing; when the ring is full the queue is stopped.
 *
 * A top half may still run when its device is closed or even freed. It knows the device by a
 * number, finds it in a table, and holds a reference while it works; the file is closed with the
 * last reference.
 */

static LIST_HEAD(taps);
DEFINE_FORK_SAFE_SPINLOCK(taps_lock)
static u32 taps_last_id;

static void tap_table_add(struct tap *tap)
{
	spin_lock(&taps_lock);
	tap->id = ++taps_last_id;
	list_add(&tap->list, &taps);
	spin_unlock(&taps_lock);
}

static void tap_table_del(struct tap *tap)
{
	spin_lock(&taps_lock);
	list_del(&tap->list);
	spin_unlock(&taps_lock);
}

/* Return: the device with a reference, NULL when it has gone. */
static struct tap *tap_get(u32 id)
{
	struct tap *tap, *found = NULL;

	spin_lock(&taps_lock);
	list_for_each_entry(tap, &taps, list) {
		if (tap->id == id) {
			dev_hold(tap->dev);
			found = tap;
			break;
		}
	}
	spin_unlock(&taps_lock);
	return found;
}

static u32 wanted_events(const struct tap *tap)
{
	return (tap->rx_paused ? 0 : EPOLLIN) | (tap->tx_blocked ? EPOLLOUT : 0);
}

void tap_rewatch(struct tap *tap)
{
	if (tap->running && !tap->gone)
		net_rewatch_fd(dev_net(tap->dev), tap->fd, wanted_events(tap));
}

static void tap_ready(struct net *net, int fd, u32 events, void *arg)
{
	struct tap *tap = tap_get((u32)(uintptr_t)arg);

	if (!tap)
		return;
	if (events & EPOLLIN)
		tap_read_batch(tap);
	if (events & EPOLLOUT) {
		spin_lock(&tap->lock);
		tap->tx_blocked = false;
		tap_rewatch(tap);
		spin_unlock(&tap->lock);
		tap_flush(tap->dev);
	}
	if (events & (EPOLLERR | EPOLLHUP))
		tap_lost(tap);
	dev_put(tap->dev);
}

static void tap_gone_work(struct net *net, struct net_work *work)
{
	struct net_device *dev = container_of(work, struct tap, gone_work)->dev;

	netif_carrier_off(dev);
	dev_close(dev);
	dev_put(dev);
}

void tap_lost(struct tap *tap)
{
	struct net *net = dev_net(tap->dev);
	bool first;

	spin_lock(&tap->lock);
	first = tap->running && !tap->gone;
	tap->gone = true;
	spin_unlock(&tap->lock);
	if (!first)
		return;
	/* Its error would be reported again and again. */
	net_unwatch_fd(net, tap->fd);
	pr_warn("%s: the kernel's end of the TAP device is gone; the device goes down\n",
		tap->dev->name);
	dev_hold(tap->dev);
	if (!net_defer(net, &tap->gone_work))
		dev_put(tap->dev);
}

/* The bottom half: locked. */

static struct sk_buff *take_received(struct tap *tap)
{
	struct sk_buff *skb;

	spin_lock(&tap->lock);
	skb = __skb_dequeue(&tap->rx);
	if (tap->rx_paused && skb_queue_len(&tap->rx) < TAP_RX_RING / 2) {
		tap->rx_paused = false;
		tap_rewatch(tap);
	}
	if (skb) {
		tap->stats.rx_packets++;
		tap->stats.rx_bytes += skb->len;
	}
	spin_unlock(&tap->lock);
	return skb;
}

static int tap_poll(struct napi_struct *napi, int budget)
{
	struct tap *tap = container_of(napi, struct tap, napi);
	struct sk_buff *skb;
	int done = 0;

	while (done < budget) {
		skb = take_received(tap);
		if (!skb) {
			napi_complete_done(napi, done);
			break;
		}
		skb->protocol = eth_type_trans(skb, tap->dev);
		napi_gro_receive(napi, skb);
		done++;
	}
	return done;
}

static netdev_tx_t tap_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct tap *tap = tap_of(dev);

	/* It is freed without the stack lock, which guards its socket. */
	skb_orphan(skb);
	if (skb_orphan_frags(skb, GFP_ATOMIC)) {
		atomic_long_add(1, &dev->tx_dropped);
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return NETDEV_TX_OK;
	}
	spin_lock(&tap->lock);
	__skb_queue_tail(&tap->tx, skb);
	if (skb_queue_len(&tap->tx) >= TAP_TX_RING)
		netif_stop_queue(dev);
	spin_unlock(&tap->lock);
	netdev_flush_later(dev);
	return NETDEV_TX_OK;
}

static int tap_dev_init(struct net_device *dev)
{
	struct tap *tap = tap_of(dev);

	net_work_init(&tap->gone_work, tap_gone_work);
	netif_napi_add(dev, &tap->napi, tap_poll);
	tap_table_add(tap);
	return 0;
}

static void tap_dev_uninit(struct net_device *dev)
{
	tap_table_del(tap_of(dev));
	netif_napi_del(&tap_of(dev)->napi);
}

static int tap_open(struct net_device *dev)
{
	struct tap *tap = tap_of(dev);
	int err;

	if (tap->gone)
		return -ENODEV;
	napi_enable(&tap->napi);
	spin_lock(&tap->lock);
	tap->running = true;
	tap->rx_paused = false;
	tap->tx_blocked = false;
	spin_unlock(&tap->lock);
	err = net_watch_fd(dev_net(dev), tap->fd, EPOLLIN, tap_ready, (void *)(uintptr_t)tap->id);
	if (err) {
		spin_lock(&tap->lock);
		tap->running = false;
		spin_unlock(&tap->lock);
		napi_disable(&tap->napi);
		return err;
	}
	netif_start_queue(dev);
	return 0;
}

static int tap_stop(struct net_device *dev)
{
	struct tap *tap = tap_of(dev);
	struct sk_buff_head old;

	__skb_queue_head_init(&old);
	netif_stop_queue(dev);
	spin_lock(&tap->lock);
	tap->running = false;
	skb_queue_splice_tail_init(&tap->tx, &old);
	skb_queue_splice_tail_init(&tap->rx, &old);
	spin_unlock(&tap->lock);
	net_unwatch_fd(dev_net(dev), tap->fd);
	napi_disable(&tap->napi);
	__skb_queue_purge(&old);
	return 0;
}

static void tap_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *storage)
{
	struct tap *tap = tap_of(dev);

	spin_lock(&tap->lock);
	*storage = tap->stats;
	spin_unlock(&tap->lock);
}

const struct net_device_ops tap_ops = {
	.ndo_init = tap_dev_init,
	.ndo_uninit = tap_dev_uninit,
	.ndo_open = tap_open,
	.ndo_stop = tap_stop,
	.ndo_start_xmit = tap_xmit,
	.ndo_flush = tap_flush,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_get_stats64 = tap_get_stats64,
};
