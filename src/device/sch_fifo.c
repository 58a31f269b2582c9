// SPDX-License-Identifier: BSD-2-Clause
/* One queue, first in and first out, limited in packets or bytes: pfifo, bfifo, pfifo_head_drop. */
#include <string.h>

#include "device/device.h"

/**
 * struct fifo_priv - a queue
 * @list: what waits
 * @limit: most packets, or for bfifo bytes
 */
struct fifo_priv {
	struct sk_buff_head list;
	u32 limit;
};

static struct fifo_priv *fifo(struct Qdisc *sch)
{
	return (struct fifo_priv *)qdisc_priv(sch);
}

static int fifo_put(struct sk_buff *skb, struct Qdisc *sch)
{
	__skb_queue_tail(&fifo(sch)->list, skb);
	qdisc_qstats_add(sch, skb);
	return NET_XMIT_SUCCESS;
}

static int pfifo_enqueue(struct sk_buff *skb, struct Qdisc *sch, struct sk_buff **to_free)
{
	if (skb_queue_len(&fifo(sch)->list) >= fifo(sch)->limit || unlikely(qdisc_host_full(sch)))
		return qdisc_drop(skb, sch, to_free);
	return fifo_put(skb, sch);
}

static int bfifo_enqueue(struct sk_buff *skb, struct Qdisc *sch, struct sk_buff **to_free)
{
	if ((u64)sch->qstats.backlog + skb->len > fifo(sch)->limit ||
	    unlikely(qdisc_host_full(sch)))
		return qdisc_drop(skb, sch, to_free);
	return fifo_put(skb, sch);
}

/* The newest is worth more than the oldest: that one makes room, which its sender is not told. */
static int pfifo_head_drop_enqueue(struct sk_buff *skb, struct Qdisc *sch, struct sk_buff **to_free)
{
	struct sk_buff *oldest;

	if (unlikely(qdisc_host_full(sch)))
		return qdisc_drop(skb, sch, to_free);
	if (skb_queue_len(&fifo(sch)->list) < fifo(sch)->limit)
		return fifo_put(skb, sch);
	oldest = __skb_dequeue(&fifo(sch)->list);
	if (!oldest)
		return qdisc_drop(skb, sch, to_free);
	qdisc_qstats_sub(sch, oldest);
	qdisc_drop(oldest, sch, to_free);
	fifo_put(skb, sch);
	return NET_XMIT_CN;
}

static struct sk_buff *fifo_dequeue(struct Qdisc *sch)
{
	struct sk_buff *skb = __skb_dequeue(&fifo(sch)->list);

	if (skb)
		qdisc_qstats_sub(sch, skb);
	return skb;
}

static void fifo_reset(struct Qdisc *sch)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&fifo(sch)->list)) != NULL)
		kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
}

/* Bytes of the largest frame. */
static u32 frame_max(const struct net_device *dev)
{
	return dev->mtu + dev->hard_header_len;
}

/* A packet that finds nobody waiting may go at once where it could have waited. */
static void fifo_set_limit(struct Qdisc *sch, u32 limit)
{
	u32 one = sch->ops == &bfifo_ops ? frame_max(qdisc_dev(sch)) : 1;

	fifo(sch)->limit = limit;
	if (limit >= one)
		sch->flags |= TCQ_F_CAN_BYPASS;
	else
		sch->flags &= ~(unsigned int)TCQ_F_CAN_BYPASS;
}

/* As long as the device's queue is now: later changes of tx_queue_len change nothing, as on Linux. */
static int fifo_init(struct Qdisc *sch)
{
	const struct net_device *dev = qdisc_dev(sch);
	u64 limit = max(dev->tx_queue_len, 1u);

	if (sch->ops == &bfifo_ops)
		limit *= frame_max(dev);
	__skb_queue_head_init(&fifo(sch)->list);
	fifo_set_limit(sch, (u32)min_t(u64, limit, UINT32_MAX));
	return 0;
}

const struct Qdisc_ops pfifo_ops = {
	.id = "pfifo",
	.priv_size = sizeof(struct fifo_priv),
	.enqueue = pfifo_enqueue,
	.dequeue = fifo_dequeue,
	.init = fifo_init,
	.reset = fifo_reset,
};

const struct Qdisc_ops bfifo_ops = {
	.id = "bfifo",
	.priv_size = sizeof(struct fifo_priv),
	.enqueue = bfifo_enqueue,
	.dequeue = fifo_dequeue,
	.init = fifo_init,
	.reset = fifo_reset,
};

const struct Qdisc_ops pfifo_head_drop_ops = {
	.id = "pfifo_head_drop",
	.priv_size = sizeof(struct fifo_priv),
	.enqueue = pfifo_head_drop_enqueue,
	.dequeue = fifo_dequeue,
	.init = fifo_init,
	.reset = fifo_reset,
};

static const struct Qdisc_ops *const kinds[] = { &pfifo_fast_ops, &pfifo_ops, &bfifo_ops,
						 &pfifo_head_drop_ops };

static const struct Qdisc_ops *find_kind(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i]->id, kind))
			return kinds[i];
	return NULL;
}

int dev_set_qdisc(struct net_device *dev, const char *kind, u32 limit)
{
	struct Qdisc *made[NETDEV_MAX_QUEUES] = { NULL };
	const struct Qdisc_ops *ops = find_kind(kind);
	unsigned int i;

	ASSERT_NET_LOCKED(dev_net(dev));
	if (!ops)
		return -ENOENT;
	/* Its bands are as long as the device's queue always. */
	if (limit && ops == &pfifo_fast_ops)
		return -EINVAL;
	for (i = 0; i < dev->num_tx_queues; i++) {
		made[i] = qdisc_create(netdev_get_tx_queue(dev, i), ops);
		if (!made[i])
			goto err_destroy;
		if (limit)
			fifo_set_limit(made[i], limit);
	}
	for (i = 0; i < dev->num_tx_queues; i++)
		qdisc_replace(netdev_get_tx_queue(dev, i), made[i]);
	return 0;

err_destroy:
	while (i--)
		qdisc_destroy(made[i]);
	return -ENOMEM;
}
