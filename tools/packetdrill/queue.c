// SPDX-License-Identifier: BSD-2-Clause
/* The queue in front of tun0; one without room for any packet is a discipline of our own. */
#include <string.h>

#include <skiff/sch_generic.h>

#include "adapter.h"

static int full_init(struct Qdisc *sch)
{
	(void)sch;
	return 0;
}

static int full_enqueue(struct sk_buff *skb, struct Qdisc *sch, struct sk_buff **to_free)
{
	return qdisc_drop(skb, sch, to_free);
}

static struct sk_buff *full_dequeue(struct Qdisc *sch)
{
	(void)sch;
	return NULL;
}

static void full_reset(struct Qdisc *sch)
{
	(void)sch;
}

static const struct Qdisc_ops full_ops = {
	.id = "full",
	.enqueue = full_enqueue,
	.dequeue = full_dequeue,
	.init = full_init,
	.reset = full_reset,
};

void pd_queue(struct net_device *dev, unsigned int limit)
{
	struct netdev_queue *txq = netdev_get_tx_queue(dev, 0);
	struct Qdisc *sch;
	int err;

	if (limit) {
		err = dev_set_qdisc(dev, "pfifo", limit);
		if (err)
			pd_die("tun0 gets no queue: %s", strerror(-err));
		return;
	}
	sch = qdisc_create(txq, &full_ops);
	if (!sch)
		pd_die("no memory for a queue");
	qdisc_replace(txq, sch);
}
