/* SPDX-License-Identifier: BSD-2-Clause */
/* Queueing disciplines: how packets wait for their device, and which goes next. */
#ifndef SKIFF_SCH_GENERIC_H
#define SKIFF_SCH_GENERIC_H

#include <skiff/netdevice.h>
#include <skiff/timer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Values of skb->priority, whose lower four bits choose the band. */
#define TC_PRIO_BESTEFFORT 0
#define TC_PRIO_FILLER 1
#define TC_PRIO_BULK 2
#define TC_PRIO_INTERACTIVE_BULK 4
#define TC_PRIO_INTERACTIVE 6
#define TC_PRIO_CONTROL 7
#define TC_PRIO_MAX 15

#define PFIFO_FAST_BANDS 3

#define TCQ_F_BUILTIN 1	   /* static, shared by all devices */
#define TCQ_F_CAN_BYPASS 4 /* a packet that finds nobody waiting may go at once */

/* Qdisc.state */
enum {
	__QDISC_STATE_SCHED,   /* the bottom half will run it */
	__QDISC_STATE_RUNNING, /* it is being run */
};

/**
 * struct qdisc_stats - what a discipline has seen
 * @bytes: sent
 * @packets: sent
 * @qlen: packets waiting, those that the driver refused included
 * @backlog: bytes of them
 * @drops: packets dropped
 * @requeues: packets that the driver refused
 */
struct qdisc_stats {
	u64 bytes;
	u64 packets;
	u32 qlen;
	u32 backlog;
	u32 drops;
	u32 requeues;
};

/**
 * struct Qdisc_ops - a kind of discipline; all run locked
 * @id: "pfifo_fast"
 * @priv_size: bytes of its own, zeroed
 * @enqueue: take @skb, or put it on the chain *to_free, which the caller drops. Counts into
 *           sch->qstats. Return: NET_XMIT_SUCCESS, NET_XMIT_DROP, or NET_XMIT_CN when another packet was
 *           dropped for it
 * @dequeue: give the packet that goes next, NULL when none may go now
 * @init: prepare. Return: 0 or a negative errno
 * @reset: drop all that waits
 * @destroy: give back what init took; may be NULL
 */
struct Qdisc_ops {
	const char *id;
	int priv_size;
	int (*enqueue)(struct sk_buff *skb, struct Qdisc *sch, struct sk_buff **to_free);
	struct sk_buff *(*dequeue)(struct Qdisc *sch);
	int (*init)(struct Qdisc *sch);
	void (*reset)(struct Qdisc *sch);
	void (*destroy)(struct Qdisc *sch);
};

/**
 * struct Qdisc - the packets that wait for one transmit queue
 * @ops: its kind
 * @flags: TCQ_F_*
 * @state: __QDISC_STATE_*
 * @dev_queue: the queue it feeds
 * @gso_skb: packets that the driver refused, to be offered first
 * @seen: the first of those was shown to the taps already
 * @qstats: counters
 * @charged: bytes that the host's account has for packets that no socket pays for
 * @retry: offers again what a driver refused without stopping its queue
 * @next_sched: on the bottom half's list
 */
struct Qdisc {
	const struct Qdisc_ops *ops;
	unsigned int flags;
	unsigned long state;
	struct netdev_queue *dev_queue;
	struct sk_buff_head gso_skb;
	bool seen;
	struct qdisc_stats qstats;
	long charged;
	struct timer_list retry;
	struct Qdisc *next_sched;
};

static inline void *qdisc_priv(struct Qdisc *sch)
{
	return (char *)sch + ALIGN(sizeof(struct Qdisc), SMP_CACHE_BYTES);
}

static inline struct net_device *qdisc_dev(const struct Qdisc *sch)
{
	return sch->dev_queue->dev;
}

static inline void __qdisc_charge(struct Qdisc *sch, long bytes)
{
	if (unlikely(dev_net(qdisc_dev(sch))->mem->limit)) {
		sch->charged += bytes;
		net_mem_held(dev_net(qdisc_dev(sch)), bytes);
	}
}

/*
 * For each packet that begins to wait, and that no longer does. With a socket it is the socket that
 * pays; netem has let go of it before.
 */
static inline void qdisc_qstats_add(struct Qdisc *sch, const struct sk_buff *skb)
{
	sch->qstats.qlen++;
	sch->qstats.backlog += skb->len;
	if (!skb->sk)
		__qdisc_charge(sch, (long)skb->truesize);
}

static inline void qdisc_qstats_sub(struct Qdisc *sch, const struct sk_buff *skb)
{
	sch->qstats.qlen--;
	sch->qstats.backlog -= skb->len;
	if (!skb->sk)
		__qdisc_charge(sch, -(long)skb->truesize);
}

/* Whether a packet has to be refused for want of the host's memory. */
static inline bool qdisc_host_full(const struct Qdisc *sch)
{
	return net_mem_full(dev_net(qdisc_dev(sch)));
}

/* Refuse a packet in enqueue. */
static inline int qdisc_drop(struct sk_buff *skb, struct Qdisc *sch, struct sk_buff **to_free)
{
	sch->qstats.drops++;
	skb->next = *to_free;
	*to_free = skb;
	return NET_XMIT_DROP;
}

/* The default: three bands by skb->priority, each a queue of net_device.tx_queue_len packets. */
SKIFF_API extern const struct Qdisc_ops pfifo_fast_ops;

/*
 * One queue of a limited number of packets, or of bytes; the third drops the oldest packet to make room.
 * Limits are those of the device's queue, tx_queue_len packets, when the discipline is made.
 */
SKIFF_API extern const struct Qdisc_ops pfifo_ops;
SKIFF_API extern const struct Qdisc_ops bfifo_ops;
SKIFF_API extern const struct Qdisc_ops pfifo_head_drop_ops;

/**
 * dev_set_qdisc() - let packets wait by another discipline in all queues of a device
 * @dev: the device, registered
 * @kind: "pfifo_fast", "pfifo", "bfifo" or "pfifo_head_drop"
 * @limit: packets, bytes for bfifo; 0 for what the device's queue has
 *
 * What waits is dropped. Locked. Return: 0; -ENOENT for another kind, -EINVAL for a limit of pfifo_fast,
 * -ENOMEM and nothing has changed.
 */
SKIFF_API int dev_set_qdisc(struct net_device *dev, const char *kind, u32 limit);

/**
 * qdisc_create() - make a discipline for a transmit queue
 * @txq: the queue
 * @ops: its kind
 *
 * Locked, or while the device is not registered yet. Return: the discipline, whose owner the
 * caller is until qdisc_replace(); NULL without memory or when init refused.
 */
SKIFF_API struct Qdisc *qdisc_create(struct netdev_queue *txq, const struct Qdisc_ops *ops);

/* Drop all that waits and free it; not while it is in use. */
SKIFF_API void qdisc_destroy(struct Qdisc *sch);

/**
 * qdisc_replace() - let packets wait by another discipline from now on
 * @txq: the queue
 * @sch: from qdisc_create() for this queue; belongs to the queue afterwards
 *
 * What waits in the old one is dropped with it. Locked.
 */
SKIFF_API void qdisc_replace(struct netdev_queue *txq, struct Qdisc *sch);

/* Send what may go, within the bottom half's budget. Locked. */
SKIFF_API void qdisc_run(struct Qdisc *sch);

/* Have the bottom half run it. Any thread. */
SKIFF_API void __netif_schedule(struct Qdisc *sch);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SCH_GENERIC_H */
