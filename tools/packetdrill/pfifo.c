// SPDX-License-Identifier: BSD-2-Clause
/* The discipline pfifo: one queue of so many packets and no more, with 0 as a device that is full. */
#include <skiff/sch_generic.h>
#include <skiff/skbuff.h>

#include "adapter.h"

struct pfifo {
	struct sk_buff_head queue;
	unsigned int limit;
};

static struct pfifo *pfifo_of(struct Qdisc *sch)
{
	return (struct pfifo *)qdisc_priv(sch);
}

static int pfifo_init(struct Qdisc *sch)
{
	__skb_queue_head_init(&pfifo_of(sch)->queue);
	return 0;
}

static int pfifo_enqueue(struct sk_buff *skb, struct Qdisc *sch, struct sk_buff **to_free)
{
	struct pfifo *q = pfifo_of(sch);

	if (skb_queue_len(&q->queue) >= q->limit)
		return qdisc_drop(skb, sch, to_free);
	__skb_queue_tail(&q->queue, skb);
	qdisc_qstats_add(sch, skb);
	return NET_XMIT_SUCCESS;
}

static struct sk_buff *pfifo_dequeue(struct Qdisc *sch)
{
	struct sk_buff *skb = __skb_dequeue(&pfifo_of(sch)->queue);

	if (skb)
		qdisc_qstats_sub(sch, skb);
	return skb;
}

static void pfifo_reset(struct Qdisc *sch)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&pfifo_of(sch)->queue)) != NULL)
		kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
}

static const struct Qdisc_ops pfifo_ops = {
	.id = "pfifo",
	.priv_size = sizeof(struct pfifo),
	.enqueue = pfifo_enqueue,
	.dequeue = pfifo_dequeue,
	.init = pfifo_init,
	.reset = pfifo_reset,
};

void pd_pfifo(struct net_device *dev, unsigned int limit)
{
	struct netdev_queue *txq = netdev_get_tx_queue(dev, 0);
	struct Qdisc *sch = qdisc_create(txq, &pfifo_ops);

	if (!sch)
		pd_die("no memory for a queue");
	pfifo_of(sch)->limit = limit;
	qdisc_replace(txq, sch);
}
