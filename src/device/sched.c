// SPDX-License-Identifier: BSD-2-Clause
/* Transmit queues: which packet is offered to the driver when, and what becomes of refused ones. */
#include <skiff/slab.h>

#include "device/device.h"

/*
 * A transmit queue has a discipline while its device is up and has carrier; txq->qdisc is NULL
 * otherwise, and packets are dropped. txq->qdisc_sleeping is the same discipline, kept while the
 * device is down.
 *
 * A discipline runs when a packet is put into it, and in the bottom half when the driver has woken
 * its queue, which it may do from any thread: so txq->qdisc and the list of scheduled disciplines
 * are guarded by the host's softnet_data.lock. All else is under the stack lock.
 *
 * A packet that the driver refuses goes to the front of the discipline (gso_skb). A driver that
 * stopped its queue wakes it later; for one that just said NETDEV_TX_BUSY a timer offers the
 * packet again a little later. Asking again at once, as Linux does, would keep a host on a virtual
 * clock busy at one instant for ever.
 *
 * A driver may take its device down inside of ndo_start_xmit, but not unregister it.
 */

/* Packets of one run, and packets handed to the driver with netdev_xmit_more(). */
#define DEV_TX_WEIGHT 64
#define BULK 8
#define BUSY_RETRY_NS 1000000

/* The bands for the sixteen values of TC_PRIO_*, 0 first: interactive, best effort, bulk. */
static const u8 prio2band[TC_PRIO_MAX + 1] = { 1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1 };

struct pfifo_fast_priv {
	struct sk_buff_head band[PFIFO_FAST_BANDS];
};

static struct sk_buff_head *pfifo_fast_band(struct Qdisc *sch, int band)
{
	return &((struct pfifo_fast_priv *)qdisc_priv(sch))->band[band];
}

static int pfifo_fast_init(struct Qdisc *sch)
{
	int i;

	for (i = 0; i < PFIFO_FAST_BANDS; i++)
		__skb_queue_head_init(pfifo_fast_band(sch, i));
	sch->flags |= TCQ_F_CAN_BYPASS;
	return 0;
}

static int pfifo_fast_enqueue(struct sk_buff *skb, struct Qdisc *sch, struct sk_buff **to_free)
{
	struct sk_buff_head *band = pfifo_fast_band(sch, prio2band[skb->priority & TC_PRIO_MAX]);

	/* Each band has all of the length, so that bulk data does not lock out the rest. */
	if (skb_queue_len(band) >= qdisc_dev(sch)->tx_queue_len || unlikely(qdisc_host_full(sch)))
		return qdisc_drop(skb, sch, to_free);
	__skb_queue_tail(band, skb);
	qdisc_qstats_add(sch, skb);
	return NET_XMIT_SUCCESS;
}

static struct sk_buff *pfifo_fast_dequeue(struct Qdisc *sch)
{
	struct sk_buff *skb;
	int i;

	for (i = 0; i < PFIFO_FAST_BANDS; i++) {
		skb = __skb_dequeue(pfifo_fast_band(sch, i));
		if (skb) {
			qdisc_qstats_sub(sch, skb);
			return skb;
		}
	}
	return NULL;
}

static void purge(struct sk_buff_head *list, enum skb_drop_reason reason)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(list)) != NULL)
		kfree_skb_reason(skb, reason);
}

static void pfifo_fast_reset(struct Qdisc *sch)
{
	int i;

	for (i = 0; i < PFIFO_FAST_BANDS; i++)
		purge(pfifo_fast_band(sch, i), SKB_DROP_REASON_QUEUE_PURGE);
}

const struct Qdisc_ops pfifo_fast_ops = {
	.id = "pfifo_fast",
	.priv_size = sizeof(struct pfifo_fast_priv),
	.enqueue = pfifo_fast_enqueue,
	.dequeue = pfifo_fast_dequeue,
	.init = pfifo_fast_init,
	.reset = pfifo_fast_reset,
};

/* For devices where nothing waits (IFF_NO_QUEUE): no enqueue. */
static void noqueue_reset(struct Qdisc *sch)
{
}

static const struct Qdisc_ops noqueue_ops = {
	.id = "noqueue",
	.reset = noqueue_reset,
};

/* Scheduling: any thread. */

static struct softnet_data *txq_softnet(const struct netdev_queue *txq)
{
	return &dev_net_of(dev_net(txq->dev))->sd;
}

/* With the lock of @sd. Return: whether the bottom half has to be asked for. */
static bool output_queue_add(struct softnet_data *sd, struct Qdisc *sch)
{
	if (test_and_set_bit(__QDISC_STATE_SCHED, &sch->state))
		return false;
	sch->next_sched = NULL;
	*sd->output_last = sch;
	sd->output_last = &sch->next_sched;
	return true;
}

static void output_queue_del(struct softnet_data *sd, struct Qdisc *sch)
{
	struct Qdisc **at = &sd->output_queue;

	if (!test_and_clear_bit(__QDISC_STATE_SCHED, &sch->state))
		return;
	while (*at != sch)
		at = &(*at)->next_sched;
	*at = sch->next_sched;
	if (sd->output_last == &sch->next_sched)
		sd->output_last = at;
}

static struct Qdisc *output_queue_take(struct softnet_data *sd)
{
	struct Qdisc *sch;

	spin_lock(&sd->lock);
	sch = sd->output_queue;
	if (sch)
		output_queue_del(sd, sch);
	spin_unlock(&sd->lock);
	return sch;
}

void netif_tx_schedule_queue(struct netdev_queue *txq)
{
	struct softnet_data *sd = txq_softnet(txq);
	bool raise;

	spin_lock(&sd->lock);
	raise = txq->qdisc && output_queue_add(sd, txq->qdisc);
	spin_unlock(&sd->lock);
	if (raise)
		raise_softirq(sd->net, NET_TX_SOFTIRQ);
}

void __netif_schedule(struct Qdisc *sch)
{
	netif_tx_schedule_queue(sch->dev_queue);
}

/* Running: locked. */

static bool qdisc_run_begin(struct Qdisc *sch)
{
	if (test_bit(__QDISC_STATE_RUNNING, &sch->state))
		return false;
	set_bit(__QDISC_STATE_RUNNING, &sch->state);
	return true;
}

static void qdisc_run_end(struct Qdisc *sch)
{
	clear_bit(__QDISC_STATE_RUNNING, &sch->state);
}

static void busy_retry(struct timer_list *timer)
{
	struct Qdisc *sch = from_timer(sch, timer, retry);

	qdisc_run(sch);
}

/* The driver did not take all of @skb: its packets are the first ones next time. */
static void requeue_chain(struct Qdisc *sch, struct sk_buff *skb)
{
	struct sk_buff *after = (struct sk_buff *)&sch->gso_skb;

	while (skb) {
		struct sk_buff *next = skb->next;

		__skb_queue_after(&sch->gso_skb, after, skb);
		qdisc_qstats_add(sch, skb);
		sch->qstats.requeues++;
		after = skb;
		skb = next;
	}
	if (!netif_xmit_stopped(sch->dev_queue))
		mod_timer_ns(&sch->retry, skiff_net_now(dev_net(qdisc_dev(sch))) + BUSY_RETRY_NS);
}

/* Packets that were refused: these have been made to fit the device already. */
static struct sk_buff *take_requeued(struct Qdisc *sch, int *packets)
{
	struct sk_buff *skb = __skb_dequeue(&sch->gso_skb);

	if (skb) {
		qdisc_qstats_sub(sch, skb);
		*packets = 1;
	}
	return skb;
}

static struct sk_buff *take_fresh(struct Qdisc *sch, int *packets)
{
	struct sk_buff *first = NULL, **at = &first;

	while (*packets < BULK) {
		*at = sch->ops->dequeue(sch);
		if (!*at)
			break;
		at = &(*at)->next;
		*at = NULL;
		++*packets;
	}
	return first;
}

/* Offer a chain that fits the device. Return: whether the driver took all of it. */
static bool offer(struct Qdisc *sch, struct sk_buff *skb)
{
	struct netdev_queue *txq = sch->dev_queue;
	int ret = NETDEV_TX_BUSY;

	if (skb && !netif_xmit_stopped(txq))
		skb = dev_offer_chain(skb, txq->dev, txq, &sch->seen, &ret);
	if (!skb)
		return true;
	/* The driver may have taken its own device down. */
	if (txq->qdisc == sch)
		requeue_chain(sch, skb);
	else
		kfree_skb_list_reason(skb, SKB_DROP_REASON_DEV_READY);
	return false;
}

/* Return: packets that left the discipline for good, 0 when there is nothing to do now. */
static int qdisc_restart(struct Qdisc *sch)
{
	struct netdev_queue *txq = sch->dev_queue;
	struct sk_buff *skb;
	int packets = 0;

	if (netif_xmit_stopped(txq) || txq->qdisc != sch)
		return 0;
	skb = take_requeued(sch, &packets);
	if (!skb) {
		sch->seen = false;
		skb = take_fresh(sch, &packets);
		if (!skb)
			return 0;
		skb = validate_xmit_skb_list(skb, txq->dev, NULL);
	}
	return offer(sch, skb) ? packets : 0;
}

static int qdisc_run_packets(struct Qdisc *sch)
{
	int done = 0, packets;

	if (!qdisc_run_begin(sch))
		return 0;
	while ((packets = qdisc_restart(sch)) != 0) {
		done += packets;
		if (done >= DEV_TX_WEIGHT) {
			__netif_schedule(sch);
			break;
		}
	}
	qdisc_run_end(sch);
	return done;
}

void qdisc_run(struct Qdisc *sch)
{
	qdisc_run_packets(sch);
}

void qdisc_send_directly(struct Qdisc *sch, struct sk_buff *skb)
{
	if (!qdisc_run_begin(sch))
		BUG();
	sch->seen = false;
	skb = validate_xmit_skb_list(skb, qdisc_dev(sch), NULL);
	/* Refused, it waits for the driver; more may have come while it was being sent. */
	if (offer(sch, skb) && sch->qstats.qlen)
		__netif_schedule(sch);
	qdisc_run_end(sch);
}

int net_tx_action(struct net *net, int budget)
{
	struct softnet_data *sd = &dev_net_of(net)->sd;
	struct Qdisc *sch;
	int done = 0;
	bool more;

	while (done < budget && (sch = output_queue_take(sd)) != NULL)
		done += qdisc_run_packets(sch);
	spin_lock(&sd->lock);
	more = sd->output_queue != NULL;
	spin_unlock(&sd->lock);
	if (more)
		raise_softirq(net, NET_TX_SOFTIRQ);
	return done;
}

/* Coming and going: locked. */

struct Qdisc *qdisc_create(struct netdev_queue *txq, const struct Qdisc_ops *ops)
{
	size_t size = ALIGN(sizeof(struct Qdisc), SMP_CACHE_BYTES) + (size_t)ops->priv_size;
	struct Qdisc *sch = (struct Qdisc *)kzalloc(size, GFP_KERNEL);

	if (!sch)
		return NULL;
	sch->ops = ops;
	sch->dev_queue = txq;
	__skb_queue_head_init(&sch->gso_skb);
	timer_setup_net(&sch->retry, dev_net(txq->dev), busy_retry, 0);
	if (ops->init && ops->init(sch)) {
		kfree(sch);
		return NULL;
	}
	return sch;
}

static void qdisc_reset(struct Qdisc *sch)
{
	del_timer(&sch->retry);
	purge(&sch->gso_skb, SKB_DROP_REASON_QUEUE_PURGE);
	sch->ops->reset(sch);
	sch->qstats.qlen = 0;
	sch->qstats.backlog = 0;
	__qdisc_charge(sch, -sch->charged);
	sch->seen = false;
}

void qdisc_destroy(struct Qdisc *sch)
{
	if (!sch)
		return;
	qdisc_reset(sch);
	if (sch->ops->destroy)
		sch->ops->destroy(sch);
	kfree(sch);
}

/* From now on packets go to @sch, or nowhere. */
static void txq_use(struct netdev_queue *txq, struct Qdisc *sch)
{
	struct softnet_data *sd = txq_softnet(txq);

	spin_lock(&sd->lock);
	if (txq->qdisc)
		output_queue_del(sd, txq->qdisc);
	txq->qdisc = sch;
	spin_unlock(&sd->lock);
}

void qdisc_replace(struct netdev_queue *txq, struct Qdisc *sch)
{
	struct Qdisc *old = txq->qdisc_sleeping;

	ASSERT_NET_LOCKED(dev_net(txq->dev));
	txq->qdisc_sleeping = sch;
	if (txq->qdisc)
		txq_use(txq, sch);
	qdisc_destroy(old);
}

struct Qdisc *qdisc_create_default(struct netdev_queue *txq)
{
	return qdisc_create(txq,
			    txq->dev->priv_flags & IFF_NO_QUEUE ? &noqueue_ops : &pfifo_fast_ops);
}

int dev_init_scheduler(struct net_device *dev)
{
	unsigned int i;

	dev_watchdog_init(dev);
	for (i = 0; i < dev->num_tx_queues; i++) {
		struct netdev_queue *txq = netdev_get_tx_queue(dev, i);

		txq->qdisc_sleeping = qdisc_create_default(txq);
		if (!txq->qdisc_sleeping) {
			dev_shutdown(dev);
			return -ENOMEM;
		}
	}
	return 0;
}

void dev_activate(struct net_device *dev)
{
	unsigned int i;

	if (!netif_carrier_ok(dev))
		return;
	for (i = 0; i < dev->num_tx_queues; i++) {
		struct netdev_queue *txq = netdev_get_tx_queue(dev, i);

		txq->trans_start = skiff_net_now(dev_net(dev));
		txq_use(txq, txq->qdisc_sleeping);
	}
	dev_watchdog_up(dev);
}

void dev_deactivate(struct net_device *dev)
{
	unsigned int i;

	dev_watchdog_down(dev);
	for (i = 0; i < dev->num_tx_queues; i++) {
		struct netdev_queue *txq = netdev_get_tx_queue(dev, i);

		txq_use(txq, NULL);
		if (txq->qdisc_sleeping)
			qdisc_reset(txq->qdisc_sleeping);
	}
}

void qdisc_reset_all_tx_gt(struct net_device *dev, unsigned int txq)
{
	for (; txq < dev->num_tx_queues; txq++)
		if (netdev_get_tx_queue(dev, txq)->qdisc_sleeping)
			qdisc_reset(netdev_get_tx_queue(dev, txq)->qdisc_sleeping);
}

void dev_shutdown(struct net_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++) {
		struct netdev_queue *txq = netdev_get_tx_queue(dev, i);

		txq_use(txq, NULL);
		qdisc_destroy(txq->qdisc_sleeping);
		txq->qdisc_sleeping = NULL;
	}
}
