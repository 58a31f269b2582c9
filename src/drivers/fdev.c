// SPDX-License-Identifier: BSD-2-Clause
/* A device behind a descriptor: TAP, TUN, packet sockets, serial lines. */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <skiff/printk.h>

#include "base/fork.h"
#include "drivers/fdev.h"

/*
 * In: the loop finds the descriptor readable and calls fdev_ready(), the top half, without the
 * stack lock. It reads frames into fdev.rx and schedules fdev_poll(), which delivers them under the
 * stack lock. When the bottom half falls behind, the descriptor is not watched until it has caught
 * up: frames then wait in the kernel, which drops by its own rules.
 *
 * Out: fdev_xmit() appends to fdev.tx under the stack lock; fdev_flush() writes after it was dropped.
 * One thread writes at a time, the others leave their frames to it. When the kernel takes nothing
 * the descriptor is watched for writing; when the ring is full the queue is stopped.
 *
 * A top half may still run when its device is closed or even freed. It knows the device by a
 * number, finds it in a table, and holds a reference while it works; the file is closed with the
 * last reference.
 */

static LIST_HEAD(fdevs);
DEFINE_FORK_SAFE_SPINLOCK(fdevs_lock)
static u32 fdevs_last_id;

static void fdev_table_add(struct fdev *f)
{
	spin_lock(&fdevs_lock);
	f->id = ++fdevs_last_id;
	list_add(&f->list, &fdevs);
	spin_unlock(&fdevs_lock);
}

static void fdev_table_del(struct fdev *f)
{
	spin_lock(&fdevs_lock);
	list_del(&f->list);
	spin_unlock(&fdevs_lock);
}

struct fdev *fdev_get(u32 id)
{
	struct fdev *f, *found = NULL;

	spin_lock(&fdevs_lock);
	list_for_each_entry(f, &fdevs, list) {
		if (f->id == id) {
			dev_hold(f->dev);
			found = f;
			break;
		}
	}
	spin_unlock(&fdevs_lock);
	return found;
}

static u32 wanted_events(const struct fdev *f)
{
	return (f->rx_paused ? 0 : EPOLLIN) | (f->tx_blocked ? EPOLLOUT : 0);
}

void fdev_rewatch(struct fdev *f)
{
	if (f->running && !f->gone)
		net_rewatch_fd(dev_net(f->dev), f->fd, wanted_events(f));
}

static void fdev_ready(struct net *net, int fd, u32 events, void *arg)
{
	struct fdev *f = fdev_get((u32)(uintptr_t)arg);

	if (!f)
		return;
	if (events & EPOLLIN)
		fdev_read_batch(f);
	if (events & EPOLLOUT) {
		spin_lock(&f->lock);
		f->tx_blocked = false;
		fdev_rewatch(f);
		spin_unlock(&f->lock);
		fdev_flush(f->dev);
	}
	if (events & (EPOLLERR | EPOLLHUP)) {
		if (f->ops->error)
			f->ops->error(f);
		else
			fdev_lost(f);
	}
	dev_put(f->dev);
}

static bool has_received(struct fdev *f)
{
	bool has;

	spin_lock(&f->lock);
	has = f->running && !skb_queue_empty(&f->rx);
	spin_unlock(&f->lock);
	return has;
}

static void fdev_gone_work(struct net *net, struct net_work *work)
{
	struct fdev *f = container_of(work, struct fdev, gone_work);
	struct net_device *dev = f->dev;

	/* What came before is delivered before; then fdev_poll() asks for this again. */
	if (has_received(f)) {
		dev_put(dev);
		return;
	}
	if (f->ops->other_end) {
		netif_carrier_off(dev);
		dev_close(dev);
	} else {
		unregister_netdevice(dev);
	}
	dev_put(dev);
}

static void give_up(struct fdev *f)
{
	dev_hold(f->dev);
	if (!net_defer(dev_net(f->dev), &f->gone_work))
		dev_put(f->dev);
}

void fdev_lost(struct fdev *f)
{
	struct net *net = dev_net(f->dev);
	bool first;

	spin_lock(&f->lock);
	first = f->running && !f->gone;
	f->gone = true;
	spin_unlock(&f->lock);
	if (!first)
		return;
	/* Its error would be reported again and again. */
	net_unwatch_fd(net, f->fd);
	if (f->ops->other_end)
		pr_warn("%s: %s is gone; the device goes down\n", f->dev->name, f->ops->other_end);
	give_up(f);
}

/* With the lock. */
static int watch(struct fdev *f)
{
	int err = net_watch_fd(dev_net(f->dev), f->fd, wanted_events(f), fdev_ready,
			       (void *)(uintptr_t)f->id);

	if (!err)
		net_watch_eagerly(dev_net(f->dev), f->fd);
	return err;
}

int fdev_set_fd(struct fdev *f, int fd)
{
	bool watched;
	int err = 0;

	spin_lock(&f->lock);
	watched = f->running && !f->gone;
	/* It is the file that is watched, not the number. */
	if (watched)
		net_unwatch_fd(dev_net(f->dev), f->fd);
	f->tx_blocked = false;
	if (dup3(fd, f->fd, O_CLOEXEC) < 0)
		err = -errno;
	if (watched)
		err = watch(f) ?: err;
	spin_unlock(&f->lock);
	return err;
}

/* The bottom half: locked. */

static struct sk_buff *take_received(struct fdev *f)
{
	struct sk_buff *skb;

	spin_lock(&f->lock);
	skb = __skb_dequeue(&f->rx);
	if (f->rx_paused && skb_queue_len(&f->rx) < FDEV_RX_RING / 2) {
		f->rx_paused = false;
		fdev_rewatch(f);
	}
	if (skb) {
		f->stats.rx_packets++;
		f->stats.rx_bytes += skb->len;
	}
	spin_unlock(&f->lock);
	return skb;
}

static int fdev_poll(struct napi_struct *napi, int budget)
{
	struct fdev *f = container_of(napi, struct fdev, napi);
	struct sk_buff *skb;
	int done = 0;

	while (done < budget) {
		skb = take_received(f);
		if (!skb) {
			napi_complete_done(napi, done);
			if (unlikely(READ_ONCE(f->gone)))
				give_up(f);
			break;
		}
		if (f->ops->type)
			skb->protocol = f->ops->type(skb);
		else
			skb->protocol = eth_type_trans(skb, f->dev);
		napi_gro_receive(napi, skb);
		done++;
	}
	return done;
}

netdev_tx_t fdev_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct fdev *f = fdev_of(dev);

	/* It is freed without the stack lock, which guards its socket. */
	skb_orphan(skb);
	if (skb_orphan_frags(skb, GFP_ATOMIC)) {
		atomic_long_add(1, &dev->tx_dropped);
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return NETDEV_TX_OK;
	}
	spin_lock(&f->lock);
	__skb_queue_tail(&f->tx, skb);
	if (skb_queue_len(&f->tx) >= FDEV_TX_RING)
		netif_stop_queue(dev);
	spin_unlock(&f->lock);
	netdev_flush_later(dev);
	return NETDEV_TX_OK;
}

int fdev_init(struct net_device *dev)
{
	struct fdev *f = fdev_of(dev);

	net_work_init(&f->gone_work, fdev_gone_work);
	netif_napi_add(dev, &f->napi, fdev_poll);
	fdev_table_add(f);
	return 0;
}

void fdev_uninit(struct net_device *dev)
{
	fdev_table_del(fdev_of(dev));
	netif_napi_del(&fdev_of(dev)->napi);
}

int fdev_open(struct net_device *dev)
{
	struct fdev *f = fdev_of(dev);
	int err;

	if (f->gone)
		return -ENODEV;
	napi_enable(&f->napi);
	spin_lock(&f->lock);
	f->running = true;
	f->rx_paused = false;
	f->tx_blocked = false;
	err = watch(f);
	f->running = !err;
	spin_unlock(&f->lock);
	if (err) {
		napi_disable(&f->napi);
		return err;
	}
	netif_start_queue(dev);
	return 0;
}

int fdev_stop(struct net_device *dev)
{
	struct fdev *f = fdev_of(dev);
	struct sk_buff_head old;

	__skb_queue_head_init(&old);
	netif_stop_queue(dev);
	spin_lock(&f->lock);
	f->running = false;
	skb_queue_splice_tail_init(&f->tx, &old);
	skb_queue_splice_tail_init(&f->rx, &old);
	spin_unlock(&f->lock);
	net_unwatch_fd(dev_net(dev), f->fd);
	napi_disable(&f->napi);
	__skb_queue_purge(&old);
	return 0;
}

void fdev_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *storage)
{
	struct fdev *f = fdev_of(dev);

	spin_lock(&f->lock);
	*storage = f->stats;
	spin_unlock(&f->lock);
}

/* Creating and freeing. */

static void fdev_destructor(struct net_device *dev)
{
	struct fdev *f = fdev_of(dev);

	__skb_queue_purge(&f->tx);
	__skb_queue_purge(&f->rx);
	if (f->ops->free)
		f->ops->free(f);
	close(f->fd);
}

void fdev_prepare(struct net_device *dev, struct net *net, int fd, const struct fdev_ops *ops)
{
	struct fdev *f = fdev_of(dev);

	dev_net_set(dev, net);
	f->dev = dev;
	f->fd = fd;
	f->ops = ops;
	f->rx_batch = f->tx_batch = f->rx_want = 1;
	spin_lock_init(&f->lock);
	__skb_queue_head_init(&f->tx);
	__skb_queue_head_init(&f->rx);
	dev->priv_destructor = fdev_destructor;
	dev->needs_free_netdev = true;
}

u8 *fdev_overflow_alloc(int frames)
{
	void *room = mmap(NULL, (size_t)frames * FDEV_MAX_FRAME, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return room == MAP_FAILED ? NULL : (u8 *)room;
}

void fdev_overflow_free(u8 *overflow, int frames)
{
	if (overflow)
		munmap(overflow, (size_t)frames * FDEV_MAX_FRAME);
}

/* Packets without a link-layer header tell their protocol by their first four bits. */
__be16 fdev_ip_type(struct sk_buff *skb)
{
	skb_reset_mac_header(skb);
	skb->pkt_type = PACKET_HOST;
	switch (skb->data[0] >> 4) {
	case 4:
		return htons(ETH_P_IP);
	case 6:
		return htons(ETH_P_IPV6);
	default:
		return 0;
	}
}
