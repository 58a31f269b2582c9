// SPDX-License-Identifier: BSD-2-Clause
/* A cable between two devices of this process, usually of two hosts. */
#include <skiff/clock.h>
#include <skiff/slab.h>

#include "device/device.h"
#include "drivers/drivers.h"
#include "ethernet/forward.h"
#include "host/host.h"
#include "skb/track.h"

/*
 * The two ends may live under two stack locks, of which a thread holds one at most. So what they
 * share is in a structure of its own with a lock of its own. An end that is up stands in
 * veth_pair.end; while the lock is held it stays there, and its device can't be closed. What an end
 * wants from the other one's host (carrier, removal) is left there as deferred work.
 *
 * Frames are put into the other end's queue one by one and made known there once: when the sender
 * has dropped its stack lock. Then its thread tries to take the other host's lock, and runs that
 * host itself instead of waking somebody else for it; then it looks at what came back from there, and
 * runs its own host in the same way, by turns. Only when the lock is taken, or after many such turns, the other host
 * is left to whoever runs it. On a virtual clock hosts run in their order and never by way of each
 * other, so there a frame is made known at once.
 */

#define VETH_MAX_MTU 65535
/* Hosts that run inside of each other on one thread's stack, and turns back and forth. */
#define VETH_MAX_DEPTH 4
#define VETH_MAX_TURNS 64

/**
 * struct veth_end - what the pair keeps for each end
 * @dev: the device while it is registered
 * @up: whether it is up
 * @flushing: it has sent something that is not yet made known to the other end
 * @rx: frames that it has received and not delivered, linked by next
 * @rx_last: where the next one is linked
 * @rx_len: how many they are
 * @stats: counters, as seen from here
 */
struct veth_end {
	struct net_device *dev;
	bool up;
	bool flushing;
	struct sk_buff *rx;
	struct sk_buff **rx_last;
	u32 rx_len;
	struct rtnl_link_stats64 stats;
};

/**
 * struct veth_pair - what both ends share
 * @lock: guards all of it; taken with at most one stack lock held. A stack lock is only tried
 *        under it.
 * @users: devices that refer to it
 * @simulated: one of the hosts is on a virtual clock
 * @end: the ends
 */
struct veth_pair {
	spinlock_t lock;
	int users;
	bool simulated;
	struct veth_end end[2];
};

/**
 * struct veth_priv - one end
 * @pair: the cable
 * @dev: the device
 * @side: index in the pair
 * @end: what the pair keeps for this end
 * @peer_end: and for the other one
 * @napi: takes frames from the pair
 * @process: frames that were taken, linked by next
 * @carrier_work: look at the carrier again
 * @remove_work: the other end is gone
 */
struct veth_priv {
	struct veth_pair *pair;
	struct net_device *dev;
	int side;
	struct veth_end *end;
	struct veth_end *peer_end;
	struct napi_struct napi;
	struct sk_buff *process;
	struct net_work carrier_work;
	struct net_work remove_work;
};

static struct veth_priv *veth_priv(const struct net_device *dev)
{
	return (struct veth_priv *)netdev_priv(dev);
}

/* What an end has received, with the pair's lock. */

static void rx_init(struct veth_end *end)
{
	WRITE_ONCE(end->rx, NULL);
	end->rx_last = &end->rx;
	end->rx_len = 0;
}

static void rx_add(struct veth_end *end, struct sk_buff *skb)
{
	skb->next = NULL;
	WRITE_ONCE(*end->rx_last, skb);
	end->rx_last = &skb->next;
	end->rx_len++;
}

static struct sk_buff *rx_take(struct veth_end *end)
{
	struct sk_buff *first = end->rx;

	rx_init(end);
	return first;
}

static u32 rx_limit(const struct net_device *dev)
{
	return (u32)READ_ONCE(dev_net_of(dev_net(dev))->sysctl[NETDEV_SYSCTL_MAX_BACKLOG]);
}

/* With the pair's lock, what nobody waits for. Return: 0, or the reason why @skb was not taken. */
static enum skb_drop_reason put_frame(struct veth_end *from, struct veth_end *to,
				      struct sk_buff *skb)
{
	unsigned int len = skb->len;

	if (unlikely(!to->up)) {
		from->stats.tx_dropped++;
		return SKB_DROP_REASON_DEV_READY;
	}
	from->stats.tx_packets++;
	from->stats.tx_bytes += len;
	if (unlikely(to->rx_len >= rx_limit(to->dev))) {
		softnet_refuse(skb, to->dev, SKB_DROP_REASON_CPU_BACKLOG);
		return SKB_NOT_DROPPED_YET;
	}
	if (likely(forward_orphan(to->dev, skb) == NET_RX_SUCCESS)) {
		to->stats.rx_packets++;
		to->stats.rx_bytes += len;
		skb_track_owner(skb, dev_net(to->dev));
		rx_add(to, skb);
	}
	return SKB_NOT_DROPPED_YET;
}

/*
 * Of this thread: what the clock showed when it last sent, 0 if that was not now, the end whose host it runs and
 * will look what that has sent, how deep it is in hosts that run each other, how often there were frames to be
 * made known by others, how often it has turned back to a host that it came from, and whether such a host has
 * sent some.
 */
static __thread struct {
	ktime_t sent;
	struct veth_end *end;
	int depth;
	unsigned int requests;
	int turns;
	bool goes_on;
} running __attribute__((tls_model("initial-exec")));

static void veth_count_dropped(struct veth_priv *priv)
{
	spin_lock(&priv->pair->lock);
	priv->pair->end[priv->side].stats.tx_dropped++;
	spin_unlock(&priv->pair->lock);
}

static netdev_tx_t veth_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct veth_priv *priv = veth_priv(dev);
	struct veth_end *from = priv->end;
	struct veth_end *to = priv->peer_end;
	enum skb_drop_reason refused;

	skb_tx_timestamp(skb);
	/* Before the lock: the sender is called back, and may send again at once. */
	skb_orphan(skb);
	if (unlikely(skb_orphan_frags(skb, GFP_ATOMIC))) {
		veth_count_dropped(priv);
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return NETDEV_TX_OK;
	}
	spin_lock(&priv->pair->lock);
	refused = put_frame(from, to, skb);
	if (!from->flushing && to->rx) {
		if (priv->pair->simulated) {
			napi_schedule(&veth_priv(to->dev)->napi);
		} else if (from == running.end) {
			running.sent = skiff_env->seen;
		} else {
			from->flushing = true;
			running.sent = skiff_env->seen;
			running.requests++;
			netdev_flush_later(dev);
		}
	}
	spin_unlock(&priv->pair->lock);
	if (unlikely(refused))
		kfree_skb_reason(skb, refused);
	return NETDEV_TX_OK;
}

static bool may_run_peer(void)
{
	return running.depth < VETH_MAX_DEPTH && running.turns < VETH_MAX_TURNS;
}

/* Let the host of an end do its work, for which there are frames. With its stack lock, which is dropped. */
static void run_host(struct veth_end *end, struct net *net, struct napi_struct *napi, bool back)
{
	unsigned int requests = running.requests;
	struct veth_end *outer = running.end;

	running.end = end;
	running.depth++;
	running.turns += back;
	napi_poll_now(napi);
	net_unlock(net);
	running.depth--;
	running.end = outer;
	if (back && running.requests != requests)
		running.goes_on = true;
}

/* Make known what one end has sent. Return: whether the other one's host was run, and may have answered. */
static bool flush_end(struct veth_pair *pair, struct veth_end *from, struct veth_end *to, bool back)
{
	struct napi_struct *napi = NULL;
	struct net_section section;
	struct net *net = NULL;

	spin_lock(&pair->lock);
	from->flushing = false;
	if (to->dev && to->rx) {
		napi = &veth_priv(to->dev)->napi;
		/* While the lock is held, the device, and so the host, is there. */
		if (may_run_peer() && net_trylock(dev_net(to->dev))) {
			net = dev_net(to->dev);
			net_section_enter(net, &section);
			skiff_clock_lend(running.sent);
		} else {
			napi_schedule(napi);
		}
	}
	spin_unlock(&pair->lock);
	running.sent = 0;
	if (!net)
		return false;
	run_host(to, net, napi, back);
	net_section_leave(&section);
	return true;
}

/* What the outermost run of a host has left to do either begins an exchange or goes on with it. */
static void begin_flush(void)
{
	if (running.depth)
		return;
	if (!running.goes_on)
		running.turns = 0;
	running.goes_on = false;
}

/* ndo_flush: no stack lock is held. */
static void veth_flush(struct net_device *dev)
{
	struct veth_priv *priv = veth_priv(dev);
	struct veth_end *from = priv->end, *to = priv->peer_end;
	bool back = running.depth > 0;

	begin_flush();
	/* Only what this thread has got back matters: others make known what they have sent. */
	while (flush_end(priv->pair, from, to, back) && READ_ONCE(from->rx)) {
		swap(from, to);
		back = running.depth > 0 || to == priv->end;
	}
}

static int veth_poll(struct napi_struct *napi, int budget)
{
	struct veth_priv *priv = container_of(napi, struct veth_priv, napi);
	struct sk_buff *skb;
	int done = 0;

	for (;;) {
		while ((skb = priv->process) != NULL) {
			priv->process = skb->next;
			skb_mark_not_on_list(skb);
			napi_gro_receive(napi, skb);
			if (++done == budget)
				return done;
		}
		/* Whoever adds one afterwards schedules us, and finds that we are at it. */
		if (!READ_ONCE(priv->end->rx))
			break;
		spin_lock(&priv->pair->lock);
		priv->process = rx_take(priv->end);
		spin_unlock(&priv->pair->lock);
	}
	napi_complete_done(napi, done);
	return done;
}

/* Leave work with the host of @dev, which stays until it is done. With the pair's lock. */
static void leave_work(struct net_device *dev, struct net_work *work)
{
	dev_hold(dev);
	if (!net_defer(dev_net(dev), work))
		dev_put(dev);
}

static void update_carrier(struct net_device *dev)
{
	struct veth_priv *priv = veth_priv(dev);
	bool on;

	if (dev->reg_state != NETREG_REGISTERED)
		return;
	spin_lock(&priv->pair->lock);
	on = priv->pair->end[!priv->side].up;
	spin_unlock(&priv->pair->lock);
	if (on)
		netif_carrier_on(dev);
	else
		netif_carrier_off(dev);
}

static void veth_carrier_work(struct net *net, struct net_work *work)
{
	struct net_device *dev = container_of(work, struct veth_priv, carrier_work)->dev;

	update_carrier(dev);
	dev_put(dev);
}

static void veth_remove_work(struct net *net, struct net_work *work)
{
	struct net_device *dev = container_of(work, struct veth_priv, remove_work)->dev;

	unregister_netdevice(dev);
	dev_put(dev);
}

static void set_up(struct net_device *dev, bool up)
{
	struct veth_priv *priv = veth_priv(dev);
	struct veth_pair *pair = priv->pair;
	struct net_device *peer;

	spin_lock(&pair->lock);
	pair->end[priv->side].up = up;
	peer = pair->end[!priv->side].dev;
	if (peer)
		leave_work(peer, &veth_priv(peer)->carrier_work);
	spin_unlock(&pair->lock);
}

static int veth_open(struct net_device *dev)
{
	napi_enable(&veth_priv(dev)->napi);
	set_up(dev, true);
	return 0;
}

static int veth_stop(struct net_device *dev)
{
	struct veth_priv *priv = veth_priv(dev);
	struct sk_buff *taken, *received;

	set_up(dev, false);
	napi_disable(&priv->napi);
	taken = priv->process;
	priv->process = NULL;
	spin_lock(&priv->pair->lock);
	received = rx_take(priv->end);
	spin_unlock(&priv->pair->lock);
	kfree_skb_list_reason(taken, SKB_DROP_REASON_DEV_GONE);
	kfree_skb_list_reason(received, SKB_DROP_REASON_DEV_GONE);
	return 0;
}

static int veth_init(struct net_device *dev)
{
	struct veth_priv *priv = veth_priv(dev);

	netif_napi_add(dev, &priv->napi, veth_poll);
	spin_lock(&priv->pair->lock);
	priv->pair->end[priv->side].dev = dev;
	spin_unlock(&priv->pair->lock);
	return 0;
}

static void veth_uninit(struct net_device *dev)
{
	struct veth_priv *priv = veth_priv(dev);
	struct net_device *peer;

	spin_lock(&priv->pair->lock);
	priv->pair->end[priv->side].dev = NULL;
	peer = priv->pair->end[!priv->side].dev;
	if (peer)
		leave_work(peer, &veth_priv(peer)->remove_work);
	spin_unlock(&priv->pair->lock);
	netif_napi_del(&priv->napi);
}

static void veth_destructor(struct net_device *dev)
{
	struct veth_pair *pair = veth_priv(dev)->pair;
	bool last;

	spin_lock(&pair->lock);
	last = --pair->users == 0;
	spin_unlock(&pair->lock);
	if (last)
		kfree(pair);
}

/* The other end's host looks at the MTU when it sends to us. */
static int veth_change_mtu(struct net_device *dev, int new_mtu)
{
	WRITE_ONCE(dev->mtu, (unsigned int)new_mtu);
	return 0;
}

static void veth_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *storage)
{
	struct veth_priv *priv = veth_priv(dev);

	spin_lock(&priv->pair->lock);
	*storage = priv->pair->end[priv->side].stats;
	spin_unlock(&priv->pair->lock);
}

static const struct net_device_ops veth_ops = {
	.ndo_init = veth_init,
	.ndo_uninit = veth_uninit,
	.ndo_open = veth_open,
	.ndo_stop = veth_stop,
	.ndo_start_xmit = veth_xmit,
	.ndo_flush = veth_flush,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_change_mtu = veth_change_mtu,
	.ndo_get_stats64 = veth_get_stats64,
};

static void veth_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &veth_ops;
	dev->ethtool_ops = &veth_ethtool_ops;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->max_mtu = VETH_MAX_MTU;
	/* The other end is told what is known about checksums: they need not be computed. */
	dev->features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | NETIF_F_RXCSUM |
			NETIF_F_HIGHDMA | NETIF_F_LLTX | NETIF_F_GSO_SOFTWARE;
	dev->hw_features = dev->features;
	dev->needs_free_netdev = true;
	dev->priv_destructor = veth_destructor;
}

static struct net_device *veth_alloc(struct veth_pair *pair, int side, struct net *net,
				     const char *name)
{
	struct net_device *dev;
	struct veth_priv *priv;

	dev = alloc_netdev(sizeof(*priv), name ? name : "veth%d",
			   name ? NET_NAME_USER : NET_NAME_ENUM, veth_setup);
	if (!dev)
		return NULL;
	dev_net_set(dev, net);
	priv = veth_priv(dev);
	priv->pair = pair;
	priv->dev = dev;
	priv->side = side;
	priv->end = &pair->end[side];
	priv->peer_end = &pair->end[!side];
	net_work_init(&priv->carrier_work, veth_carrier_work);
	net_work_init(&priv->remove_work, veth_remove_work);
	pair->users++;
	return dev;
}

static int veth_register(struct net_device *dev)
{
	int err = net_enter(dev_net(dev));

	if (err)
		return err;
	/* Under the lock, so that chance is the host's. */
	eth_hw_addr_random(dev);
	err = register_netdevice(dev);
	/* As on Linux: what comes by the cable is merged already, unless somebody knows better. */
	if (!err) {
		dev->wanted_features &= ~NETIF_F_GRO;
		netdev_update_features(dev);
	}
	net_unlock(dev_net(dev));
	return err;
}

int veth_create(struct net *net, const char *name, struct net *peer_net, const char *peer_name,
		struct net_device **dev, struct net_device **peer)
{
	struct net_device *end[2];
	struct veth_pair *pair;
	int err = -EINVAL;

	if ((name && !dev_valid_name(name)) || (peer_name && !dev_valid_name(peer_name)))
		return -EINVAL;
	pair = (struct veth_pair *)kzalloc(sizeof(*pair), GFP_KERNEL);
	if (!pair)
		return -ENOMEM;
	spin_lock_init(&pair->lock);
	rx_init(&pair->end[0]);
	rx_init(&pair->end[1]);
	pair->simulated = skiff_clock_is_virtual(net->clock) ||
			  skiff_clock_is_virtual(peer_net->clock);
	end[0] = veth_alloc(pair, 0, net, name);
	if (!end[0]) {
		kfree(pair);
		return -ENOMEM;
	}
	end[1] = veth_alloc(pair, 1, peer_net, peer_name);
	if (!end[1]) {
		free_netdev(end[0]);
		return -ENOMEM;
	}
	err = veth_register(end[0]);
	if (err)
		goto err_free_both;
	err = veth_register(end[1]);
	if (err)
		goto err_unregister;
	if (dev)
		*dev = end[0];
	if (peer)
		*peer = end[1];
	return 0;

err_unregister:
	unregister_netdev(end[0]);
	free_netdev(end[1]);
	return err;
err_free_both:
	free_netdev(end[1]);
	free_netdev(end[0]);
	return err;
}
