// SPDX-License-Identifier: BSD-2-Clause
/* From the top half to the bottom half: the backlog of netif_rx() and the polling of NAPI. */
#include "device/device.h"
#include "host/host.h"
#include "skb/track.h"

/*
 * A source of packets (napi_struct) is scheduled by whoever finds that there are some: the bit
 * NAPI_STATE_SCHED decides who puts it on the host's poll list. The bottom half takes it off, polls
 * it, and puts it back if it used up its budget. A source that is done clears the bit; if it was
 * scheduled meanwhile (NAPI_STATE_MISSED), it stays scheduled.
 *
 * NAPI_STATE_DISABLE is set before the list's lock is taken to remove the source, and looked at
 * under that lock before it is put there: whoever comes later finds the bit, whoever came earlier
 * is removed. So a disabled source is on no list, without anybody having waited for the top half.
 *
 * A device is put off (NAPI_STATE_DEFERRED) by being ignored: its source is scheduled by a timer
 * only. What arrives meanwhile stays with the driver and is found then.
 *
 * The backlog is a source like others. Its packets come from any thread, so the end of polling is
 * decided under the queue's lock: a packet either is seen, or finds the source not scheduled.
 */

static unsigned int napi_last_id;

static struct softnet_data *napi_softnet(const struct napi_struct *napi)
{
	if (!napi->dev)
		return container_of(napi, struct softnet_data, backlog);
	return &dev_net_of(dev_net(napi->dev))->sd;
}

static bool napi_disabled(const struct napi_struct *napi)
{
	return READ_ONCE(napi->state) & BIT(NAPI_STATE_DISABLE);
}

static inline bool schedule_prep(struct napi_struct *napi)
{
	unsigned long old = READ_ONCE(napi->state), val;

	do {
		if (old & (BIT(NAPI_STATE_DISABLE) | BIT(NAPI_STATE_DEFERRED)))
			return false;
		val = old | BIT(NAPI_STATE_SCHED);
		if (old & BIT(NAPI_STATE_SCHED))
			val |= BIT(NAPI_STATE_MISSED);
	} while (!__skiff_compare_exchange(&napi->state, &old, val, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED));
	return !(old & BIT(NAPI_STATE_SCHED));
}

bool napi_schedule_prep(struct napi_struct *napi)
{
	return schedule_prep(napi);
}

void __napi_schedule(struct napi_struct *napi)
{
	struct softnet_data *sd = napi_softnet(napi);
	bool listed;

	/* A top half may get here after napi_disable(), which did not wait for it. */
	spin_lock(&sd->lock);
	listed = !napi_disabled(napi);
	if (listed && list_empty(&napi->poll_list))
		list_add_tail(&napi->poll_list, &sd->poll_list);
	spin_unlock(&sd->lock);
	if (listed)
		raise_softirq(sd->net, NET_RX_SOFTIRQ);
}

/* The device's settings about the time between polls, and held packets by them. */
static unsigned long end_of_poll(struct napi_struct *napi, int work_done, bool *defer)
{
	const struct net_device *dev = napi->dev;
	unsigned long timeout = 0;

	if (work_done) {
		if (napi->gro_bitmask)
			timeout = dev->gro_flush_timeout;
		napi->defer_hard_irqs_count = dev->napi_defer_hard_irqs;
	}
	if (napi->defer_hard_irqs_count > 0) {
		napi->defer_hard_irqs_count--;
		timeout = dev->gro_flush_timeout;
		*defer = timeout > 0;
	}
	/* Packets that come again and again must not keep the first of them here for ever. */
	if (napi->gro_bitmask)
		napi_gro_flush(napi, timeout > 0);
	return timeout;
}

static void napi_watchdog(struct timer_list *timer)
{
	struct napi_struct *napi = from_timer(napi, timer, timer);

	clear_bit(NAPI_STATE_DEFERRED, &napi->state);
	napi_schedule(napi);
}

/* The end of a poll; with @defer the device is put off. Return: whether it is done and not put off. */
static inline bool unschedule(struct napi_struct *napi, bool defer)
{
	unsigned long old = READ_ONCE(napi->state), val;

	/* Whoever got the last packets has closed the device. */
	if (unlikely(old & BIT(NAPI_STATE_DISABLE)))
		return false;
	do {
		val = old & ~(BIT(NAPI_STATE_SCHED) | BIT(NAPI_STATE_MISSED));
		if (old & BIT(NAPI_STATE_MISSED))
			val |= BIT(NAPI_STATE_SCHED);
		else if (defer)
			val |= BIT(NAPI_STATE_DEFERRED);
	} while (!__skiff_compare_exchange(&napi->state, &old, val, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED));
	if (likely(!(old & BIT(NAPI_STATE_MISSED))))
		return !defer;
	__napi_schedule(napi);
	return false;
}

/* The same for a device that holds packets back, or is to be put off. */
static noinline bool complete_later(struct napi_struct *napi, int work_done)
{
	bool defer = false;
	unsigned long timeout = end_of_poll(napi, work_done, &defer);

	gro_normal_list(napi);
	if (timeout && !napi_disabled(napi))
		mod_timer_ns(&napi->timer, skiff_net_now(dev_net(napi->dev)) + (ktime_t)timeout);
	return unschedule(napi, defer);
}

bool napi_complete_done(struct napi_struct *napi, int work_done)
{
	if (napi->gro_bitmask || unlikely(napi->dev->napi_defer_hard_irqs))
		return complete_later(napi, work_done);
	if (unlikely(napi->rx_count))
		gro_normal_list(napi);
	return unschedule(napi, false);
}

void netif_napi_add_weight(struct net_device *dev, struct napi_struct *napi,
			   int (*poll)(struct napi_struct *napi, int budget), int weight)
{
	BUG_ON(!poll || weight < 1);
	memset(napi, 0, sizeof(*napi));
	INIT_LIST_HEAD(&napi->poll_list);
	napi->poll = poll;
	napi->weight = weight;
	napi->dev = dev;
	napi->state = BIT(NAPI_STATE_DISABLE) | BIT(NAPI_STATE_LISTED);
	napi->napi_id = __atomic_add_fetch(&napi_last_id, 1, __ATOMIC_RELAXED);
	timer_setup(&napi->timer, napi_watchdog, 0);
	napi_gro_init(napi);
	list_add_tail(&napi->dev_list, &dev->napi_list);
}

/* Off the poll list; if it is being polled right now, it does not come back to it. */
static void napi_take_off(struct napi_struct *napi)
{
	struct softnet_data *sd = napi_softnet(napi);

	spin_lock(&sd->lock);
	if (!list_empty(&napi->poll_list))
		list_del_init(&napi->poll_list);
	if (sd->polling == napi)
		sd->polling = NULL;
	spin_unlock(&sd->lock);
}

/* Nothing waits with it any more. */
static void napi_empty(struct napi_struct *napi)
{
	if (timer_pending(&napi->timer))
		del_timer(&napi->timer);
	napi_gro_drop(napi);
}

void netif_napi_del(struct napi_struct *napi)
{
	if (!test_and_clear_bit(NAPI_STATE_LISTED, &napi->state))
		return;
	set_bit(NAPI_STATE_DISABLE, &napi->state);
	/* A device that never saw a host is on nobody's list. */
	if (dev_net(napi->dev))
		napi_take_off(napi);
	napi_empty(napi);
	list_del_init(&napi->dev_list);
}

void napi_enable(struct napi_struct *napi)
{
	WRITE_ONCE(napi->state, BIT(NAPI_STATE_LISTED));
}

void napi_disable(struct napi_struct *napi)
{
	ASSERT_NET_LOCKED(dev_net(napi->dev));
	set_bit(NAPI_STATE_DISABLE, &napi->state);
	napi_take_off(napi);
	clear_bit(NAPI_STATE_SCHED, &napi->state);
	clear_bit(NAPI_STATE_DEFERRED, &napi->state);
	napi_empty(napi);
}

/* The bottom half. */

static struct napi_struct *poll_list_take(struct softnet_data *sd)
{
	struct napi_struct *napi;

	spin_lock(&sd->lock);
	do {
		napi = list_first_entry_or_null(&sd->poll_list, struct napi_struct, poll_list);
		if (napi)
			list_del_init(&napi->poll_list);
	} while (napi && napi_disabled(napi));
	sd->polling = napi;
	spin_unlock(&sd->lock);
	return napi;
}

/* It used up its budget: it goes to the end of the list, unless it was taken away. */
static void poll_list_put_back(struct softnet_data *sd, struct napi_struct *napi)
{
	spin_lock(&sd->lock);
	if (sd->polling == napi && list_empty(&napi->poll_list))
		list_add_tail(&napi->poll_list, &sd->poll_list);
	spin_unlock(&sd->lock);
}

/* It has more. Until its turn comes again nothing old is held back. */
static void poll_again(struct softnet_data *sd, struct napi_struct *napi)
{
	if (sd->polling == napi && napi->gro_bitmask)
		napi_gro_flush(napi, HZ >= 1000);
	if (sd->polling == napi)
		gro_normal_list(napi);
	poll_list_put_back(sd, napi);
}

void napi_poll_now(struct napi_struct *napi)
{
	struct softnet_data *sd = napi_softnet(napi);
	int work;

	ASSERT_NET_LOCKED(sd->net);
	if (!schedule_prep(napi))
		return;
	if (unlikely(!net_bh_idle(sd->net))) {
		__napi_schedule(napi);
		return;
	}
	sd->polling = napi;
	work = napi->poll(napi, napi->weight);
	if (work >= napi->weight) {
		poll_again(sd, napi);
		raise_softirq(sd->net, NET_RX_SOFTIRQ);
	}
	sd->polling = NULL;
	sd->processed += (unsigned long)work;
}

/* The budget is used up. */
static void rx_stopped(struct softnet_data *sd)
{
	spin_lock(&sd->lock);
	sd->polling = NULL;
	if (!list_empty(&sd->poll_list)) {
		sd->time_squeeze++;
		raise_softirq(sd->net, NET_RX_SOFTIRQ);
	}
	spin_unlock(&sd->lock);
}

int net_rx_action(struct net *net, int budget)
{
	struct dev_net *dn = dev_net_of(net);
	struct softnet_data *sd = &dn->sd;
	struct napi_struct *napi;
	int done = 0;

	while ((napi = poll_list_take(sd)) != NULL) {
		int weight = napi->weight;
		int work;

		/* The backlog's can be set to anything. */
		if (napi == &sd->backlog)
			weight = min_t(int, READ_ONCE(dn->sysctl[NETDEV_SYSCTL_WEIGHT]),
				       budget - done);
		work = napi->poll(napi, weight);
		if (work >= weight)
			poll_again(sd, napi);
		done += work;
		if (done >= budget) {
			rx_stopped(sd);
			break;
		}
	}
	sd->processed += (unsigned long)done;
	return done;
}

/* The backlog. */

/* More packets into the bottom half's own queue. Return: false when there are none: done. */
static bool backlog_refill(struct softnet_data *sd)
{
	bool more;

	spin_lock(&sd->input_pkt_queue.lock);
	more = !skb_queue_empty(&sd->input_pkt_queue);
	if (more)
		skb_queue_splice_tail_init(&sd->input_pkt_queue, &sd->process_queue);
	else
		clear_bit(NAPI_STATE_SCHED, &sd->backlog.state);
	spin_unlock(&sd->input_pkt_queue.lock);
	return more;
}

static int process_backlog(struct napi_struct *napi, int quota)
{
	struct softnet_data *sd = container_of(napi, struct softnet_data, backlog);
	int work = 0;

	while (work < quota) {
		struct sk_buff *skb = __skb_dequeue(&sd->process_queue);

		if (skb) {
			netif_receive_skb(skb);
			work++;
		} else if (!backlog_refill(sd)) {
			break;
		}
	}
	return work;
}

/* The next drop of this thread is counted already. */
static __thread bool drop_counted;

/*
 * The packet's device may be gone when it is dropped: the host whose code runs counts. Only a top
 * half knows better, which runs in the name of no host or of the one that sent.
 */
void softnet_count_drop(struct sk_buff *skb, enum skb_drop_reason reason, const void *site)
{
	if (unlikely(drop_counted))
		drop_counted = false;
	else
		net_count_drop(NULL, reason);
}

int softnet_refuse(struct sk_buff *skb, struct net_device *dev, enum skb_drop_reason reason)
{
	atomic_long_add(1, &dev->rx_dropped);
	net_count_drop(dev_net(dev), reason);
	drop_counted = true;
	kfree_skb_reason(skb, reason);
	drop_counted = false;
	return NET_RX_DROP;
}

int netif_rx(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct dev_net *dn = dev_net_of(dev_net(dev));
	struct softnet_data *sd = &dn->sd;
	bool schedule;

	if (net_timestamp_enabled() && !skb->tstamp)
		__net_timestamp(skb);
	spin_lock(&sd->input_pkt_queue.lock);
	/* Under the lock, so that a device that goes finds all that it has received. */
	if (unlikely(!netif_running(dev))) {
		spin_unlock(&sd->input_pkt_queue.lock);
		return softnet_refuse(skb, dev, SKB_DROP_REASON_DEV_READY);
	}
	if (unlikely(skb_queue_len(&sd->input_pkt_queue) >=
		     (u32)READ_ONCE(dn->sysctl[NETDEV_SYSCTL_MAX_BACKLOG]))) {
		sd->dropped++;
		spin_unlock(&sd->input_pkt_queue.lock);
		atomic_long_add(1, &dev->rx_backlog_dropped);
		return softnet_refuse(skb, dev, SKB_DROP_REASON_CPU_BACKLOG);
	}
	skb_track_owner(skb, dn->sd.net);
	__skb_queue_tail(&sd->input_pkt_queue, skb);
	schedule = !test_and_set_bit(NAPI_STATE_SCHED, &sd->backlog.state);
	spin_unlock(&sd->input_pkt_queue.lock);
	if (schedule)
		__napi_schedule(&sd->backlog);
	return NET_RX_SUCCESS;
}

static void take_from(struct sk_buff_head *list, const struct net_device *dev,
		      struct sk_buff_head *taken)
{
	struct sk_buff *skb, *next;

	skb_queue_walk_safe(list, skb, next) {
		if (!dev || skb->dev == dev) {
			__skb_unlink(skb, list);
			__skb_queue_tail(taken, skb);
		}
	}
}

void softnet_flush_dev(struct softnet_data *sd, struct net_device *dev)
{
	struct sk_buff_head taken;
	struct sk_buff *skb;

	__skb_queue_head_init(&taken);
	take_from(&sd->process_queue, dev, &taken);
	spin_lock(&sd->input_pkt_queue.lock);
	take_from(&sd->input_pkt_queue, dev, &taken);
	spin_unlock(&sd->input_pkt_queue.lock);
	/* Whoever is told of the end of a packet may hand in another one. */
	while ((skb = __skb_dequeue(&taken)) != NULL)
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_GONE);
}

void softnet_init(struct softnet_data *sd, struct net *net)
{
	sd->net = net;
	spin_lock_init(&sd->lock);
	INIT_LIST_HEAD(&sd->poll_list);
	sd->output_last = &sd->output_queue;
	skb_queue_head_init(&sd->input_pkt_queue);
	__skb_queue_head_init(&sd->process_queue);
	INIT_LIST_HEAD(&sd->backlog.poll_list);
	sd->backlog.poll = process_backlog;
	sd->backlog.weight = NAPI_POLL_WEIGHT;
}

void softnet_exit(struct softnet_data *sd)
{
	softnet_flush_dev(sd, NULL);
}

void skiff_softnet_stats(struct net *net, struct softnet_stats *stats)
{
	struct softnet_data *sd = &dev_net_of(net)->sd;

	stats->processed = READ_ONCE(sd->processed);
	stats->time_squeeze = READ_ONCE(sd->time_squeeze);
	spin_lock(&sd->input_pkt_queue.lock);
	stats->dropped = sd->dropped;
	stats->backlog_len = skb_queue_len(&sd->input_pkt_queue);
	spin_unlock(&sd->input_pkt_queue.lock);
}
