// SPDX-License-Identifier: BSD-2-Clause
/* netem: a discipline that delays, loses, doubles, reorders and corrupts packets. */
#include <skiff/ktime.h>
#include <skiff/random.h>
#include <skiff/slab.h>

#include "device/device.h"
#include "device/netem.h"

/*
 * A packet's fate is decided as it comes: whether it is lost, a copy goes with it, a bit is turned,
 * and when it arrives. Then it waits in a heap ordered by that instant, packets of one instant in
 * the order in which they came; a timer runs the discipline at exactly the first one's. Packets
 * that go past the others wait in a list of their own, in front of the heap.
 *
 * With a rate, packets leave one after the other: what is on its way has the line until the last
 * of it arrives, and only then the next one's bytes begin.
 */

/* The heap grows from this many packets to the limit. */
#define HEAP_MIN 64

/* Consecutive packets see related numbers: the last one again with a given probability. */
struct chance {
	u32 last;
};

struct waiting {
	ktime_t when;
	u64 order;
	struct sk_buff *skb;
};

/**
 * struct netem - one queue's network, the discipline's private part
 * @params: as configured
 * @stats: counters
 * @delay_chance: and the others: memory of correlated chance
 * @ge_bad: Gilbert and Elliott's state
 * @markov_state: 1 to 4
 * @counter: packets since the last one that went past others
 * @express: packets that go past others
 * @heap: packets on their way
 * @heap_len: how many
 * @heap_size: for how many there is room
 * @order: number of the next packet
 * @newest: when the last packet arrives
 * @slot: when packets may leave
 * @watchdog: fires when the first one does
 */
struct netem {
	struct netem_params params;
	struct netem_stats stats;
	struct chance delay_chance, loss_chance, duplicate_chance, reorder_chance, corrupt_chance;
	bool ge_bad;
	u8 markov_state;
	u32 counter;
	struct sk_buff_head express;
	struct waiting *heap;
	u32 heap_len, heap_size;
	u64 order;
	ktime_t newest;
	struct netem_slot slot;
	struct timer_list watchdog;
};

static struct netem *netem_of(struct Qdisc *sch)
{
	return (struct netem *)qdisc_priv(sch);
}

/* Chance. */

static bool happens(u32 probability)
{
	return probability && get_random_u32() <= probability;
}

static u32 related(struct chance *c, u32 correlation)
{
	if (!happens(correlation))
		c->last = get_random_u32();
	return c->last;
}

static bool strikes(struct chance *c, const struct netem_chance *what)
{
	return what->probability && related(c, what->correlation) <= what->probability;
}

static bool lose_gilbert_elliott(struct netem *q)
{
	const struct netem_params *p = &q->params;
	bool lost = happens(q->ge_bad ? p->ge.h1 : p->ge.k1);

	if (happens(q->ge_bad ? p->ge.r : p->ge.p))
		q->ge_bad = !q->ge_bad;
	return lost;
}

/* Where two transitions lead out of a state: @first's before @second's. 0 to stay. */
static int transition(u32 first, u32 second)
{
	u32 x = get_random_u32();

	if (first && x <= first)
		return 1;
	return second && x <= (u64)first + second ? 2 : 0;
}

static bool lose_markov(struct netem *q)
{
	static const u8 from1[] = { 1, 4, 3 }, from2[] = { 2, 3, 2 }, from3[] = { 3, 2, 1 };
	const struct netem_params *p = &q->params;

	switch (q->markov_state) {
	case 2:
		q->markov_state = from2[transition(p->markov.p23, 0)];
		break;
	case 3:
		q->markov_state = from3[transition(p->markov.p32, p->markov.p31)];
		break;
	case 4:
		q->markov_state = 1;
		break;
	default:
		q->markov_state = from1[transition(p->markov.p14, p->markov.p13)];
		break;
	}
	return q->markov_state >= 3;
}

static bool is_lost(struct netem *q)
{
	switch (q->params.loss_model) {
	case NETEM_LOSS_GILBERT_ELLIOTT:
		return lose_gilbert_elliott(q);
	case NETEM_LOSS_MARKOV:
		return lose_markov(q);
	case NETEM_LOSS_RANDOM:
	default:
		return strikes(&q->loss_chance, &q->params.loss);
	}
}

/* @a * @x / 2^32 without the product. */
static u64 share(u64 a, u32 x)
{
	return (a >> 32) * x + (((a & UINT32_MAX) * x) >> 32);
}

/* In standard deviations of 1/NETEM_TABLE_SCALE, between two points of @table. */
static s64 from_table(const s32 *table, u32 x)
{
	u32 i = x / (UINT32_MAX / NETEM_TABLE_STEPS + 1);
	u32 rest = x % (UINT32_MAX / NETEM_TABLE_STEPS + 1);

	return table[i] +
	       (s64)(table[i + 1] - table[i]) * rest / (UINT32_MAX / NETEM_TABLE_STEPS + 1);
}

static s64 draw_delay(struct netem *q)
{
	const struct netem_params *p = &q->params;
	s64 delay = p->delay;
	u32 x;

	if (!p->jitter)
		return delay;
	x = related(&q->delay_chance, p->delay_correlation);
	switch (p->dist) {
	case NETEM_NORMAL:
		delay += p->jitter * from_table(netem_normal, x) / NETEM_TABLE_SCALE;
		break;
	case NETEM_PARETO:
		delay += p->jitter * from_table(netem_pareto, x) / NETEM_TABLE_SCALE;
		break;
	case NETEM_UNIFORM:
	default:
		delay += (s64)share(2 * (u64)p->jitter + 1, x) - p->jitter;
		break;
	}
	return max(delay, (s64)0);
}

/* Nanoseconds that a packet of @len bytes takes from the line. */
static s64 line_time(const struct netem_params *p, unsigned int len)
{
	s64 bytes = (s64)len + p->overhead;

	if (p->cell_size) {
		s64 cells = DIV_ROUND_UP(max(bytes, (s64)0), (s64)p->cell_size);

		bytes = cells * ((s64)p->cell_size + p->cell_overhead);
	}
	return bytes > 0 ? (s64)((u64)bytes * NSEC_PER_SEC / p->rate) : 0;
}

/* What it is on the line: each segment that it will be cut into has the headers again. */
static unsigned int line_len(const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);

	if (!shinfo->gso_size || !shinfo->gso_segs)
		return skb->len;
	return skb->len + (shinfo->gso_segs - 1u) * (skb_gso_mac_seglen(skb) - shinfo->gso_size);
}

static ktime_t arrival(struct netem *q, unsigned int len, ktime_t now)
{
	s64 delay = draw_delay(q);

	if (!q->params.rate)
		return now + delay;
	if (q->newest > now) {
		delay = max(delay - (q->newest - now), (s64)0);
		now = q->newest;
	}
	return ktime_add_safe(ktime_add_safe(now, delay), line_time(&q->params, len));
}

/* The heap. */

static bool earlier(const struct waiting *a, const struct waiting *b)
{
	return a->when != b->when ? a->when < b->when : a->order < b->order;
}

static bool heap_grow(struct netem *q)
{
	u32 size = max_t(u32, q->heap_size * 2, HEAP_MIN);
	struct waiting *heap;

	if (q->heap_len < q->heap_size)
		return true;
	heap = (struct waiting *)krealloc_array(q->heap, size, sizeof(*heap), GFP_ATOMIC);
	if (!heap)
		return false;
	q->heap = heap;
	q->heap_size = size;
	return true;
}

static void heap_add(struct netem *q, struct waiting w)
{
	u32 i = q->heap_len++;

	while (i && earlier(&w, &q->heap[(i - 1) / 2])) {
		q->heap[i] = q->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	q->heap[i] = w;
}

static struct sk_buff *heap_take(struct netem *q)
{
	struct sk_buff *first = q->heap[0].skb;
	struct waiting w = q->heap[--q->heap_len];
	u32 i = 0, child;

	while ((child = 2 * i + 1) < q->heap_len) {
		if (child + 1 < q->heap_len && earlier(&q->heap[child + 1], &q->heap[child]))
			child++;
		if (!earlier(&q->heap[child], &w))
			break;
		q->heap[i] = q->heap[child];
		i = child;
	}
	q->heap[i] = w;
	return first;
}

/* In. */

static u32 limit_of(const struct netem *q)
{
	return q->params.limit ? q->params.limit : NETEM_LIMIT_DEFAULT;
}

static bool goes_past(struct netem *q)
{
	u32 gap = max_t(u32, q->params.gap, 1);

	/* The numbers are drawn only when it is some packet's turn, as by Linux. */
	if (!q->params.reorder.probability || ++q->counter < gap)
		return false;
	if (!strikes(&q->reorder_chance, &q->params.reorder))
		return false;
	q->counter = 0;
	return true;
}

static int send_on_its_way(struct netem *q, struct sk_buff *skb, struct Qdisc *sch,
			   struct sk_buff **to_free)
{
	struct waiting w = { .skb = skb };

	if (skb_queue_len(&q->express) + q->heap_len >= limit_of(q) || qdisc_host_full(sch) ||
	    !heap_grow(q)) {
		q->stats.overlimit++;
		return qdisc_drop(skb, sch, to_free);
	}
	/* Its sender may go on: the network has it now. */
	if (q->params.delay || q->params.jitter || q->params.rate || q->params.slot_min ||
	    q->params.slot_max)
		skb_orphan(skb);
	qdisc_qstats_add(sch, skb);
	if (goes_past(q)) {
		q->stats.reordered++;
		__skb_queue_tail(&q->express, skb);
		return NET_XMIT_SUCCESS;
	}
	w.when = arrival(q, line_len(skb), skiff_net_now(dev_net(qdisc_dev(sch))));
	w.order = q->order++;
	q->newest = max(q->newest, w.when);
	heap_add(q, w);
	return NET_XMIT_SUCCESS;
}

/* Turn a bit, in data that is this packet's alone. Return: NULL, and the packet is dropped. */
static struct sk_buff *turn_bit(struct netem *q, struct sk_buff *skb)
{
	skb = skb_unshare(skb, GFP_ATOMIC);
	if (!skb)
		return NULL;
	/* A checksum that is computed later would fit the wrong data. */
	if (skb_linearize(skb) || (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return NULL;
	}
	skb->ip_summed = CHECKSUM_NONE;
	skb->data[get_random_u32_below(skb->len)] ^= (u8)(1u << get_random_u32_below(8));
	q->stats.corrupted++;
	return skb;
}

/* A large packet to be cut is so many packets on the wire, of which one is hit. */
static struct sk_buff *cut(struct sk_buff *skb)
{
	struct sk_buff *segs;

	if (!skb_is_gso(skb))
		return skb;
	segs = skb_gso_segment(skb, netif_skb_features(skb) & ~NETIF_F_GSO_MASK);
	if (IS_ERR(segs)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_SKB_GSO_SEG);
		return NULL;
	}
	if (!segs)
		return skb;
	consume_skb(skb);
	return segs;
}

static int corrupt(struct netem *q, struct sk_buff *skb, struct Qdisc *sch,
		   struct sk_buff **to_free)
{
	struct sk_buff *next, *rest;
	int ret = NET_XMIT_SUCCESS;

	skb = cut(skb);
	rest = skb ? skb->next : NULL;
	if (skb) {
		skb_mark_not_on_list(skb);
		skb = turn_bit(q, skb);
	}
	if (!skb)
		q->stats.overlimit++;
	else
		ret = send_on_its_way(q, skb, sch, to_free);
	for (; rest; rest = next) {
		next = rest->next;
		skb_mark_not_on_list(rest);
		send_on_its_way(q, rest, sch, to_free);
	}
	return ret;
}

/* One packet meets loss and corruption. */
static int through_the_network(struct netem *q, struct sk_buff *skb, struct Qdisc *sch,
			       struct sk_buff **to_free)
{
	if (is_lost(q)) {
		q->stats.lost++;
		sch->qstats.drops++;
		/* It was sent, as far as its sender knows. */
		kfree_skb_reason(skb, SKB_DROP_REASON_QDISC_DROP);
		return NET_XMIT_SUCCESS;
	}
	if (strikes(&q->corrupt_chance, &q->params.corrupt))
		return corrupt(q, skb, sch, to_free);
	return send_on_its_way(q, skb, sch, to_free);
}

static int netem_enqueue(struct sk_buff *skb, struct Qdisc *sch, struct sk_buff **to_free)
{
	struct netem *q = netem_of(sch);
	struct sk_buff *copy = NULL;
	int ret;

	q->stats.packets++;
	if (strikes(&q->duplicate_chance, &q->params.duplicate))
		copy = skb_clone(skb, GFP_ATOMIC);
	ret = through_the_network(q, skb, sch, to_free);
	if (copy) {
		q->stats.duplicated++;
		through_the_network(q, copy, sch, to_free);
	}
	return ret;
}

/* Out. */

static struct sk_buff *netem_dequeue(struct Qdisc *sch)
{
	struct netem *q = netem_of(sch);
	struct sk_buff *skb = __skb_dequeue(&q->express);
	ktime_t now, when;

	if (!skb && q->heap_len) {
		now = skiff_net_now(dev_net(qdisc_dev(sch)));
		when = netem_slot_open(&q->slot, &q->params, q->heap[0].when);
		if (when > now) {
			mod_timer_ns(&q->watchdog, when);
			return NULL;
		}
		skb = heap_take(q);
		netem_slot_spend(&q->slot, &q->params, line_len(skb), now);
	}
	if (skb)
		qdisc_qstats_sub(sch, skb);
	return skb;
}

static void netem_watchdog(struct timer_list *timer)
{
	struct netem *q = from_timer(q, timer, watchdog);
	struct Qdisc *sch = (struct Qdisc *)((char *)q - ALIGN(sizeof(*sch), SMP_CACHE_BYTES));

	qdisc_run(sch);
}

static int netem_init(struct Qdisc *sch)
{
	struct netem *q = netem_of(sch);

	__skb_queue_head_init(&q->express);
	timer_setup_net(&q->watchdog, dev_net(qdisc_dev(sch)), netem_watchdog, 0);
	q->markov_state = 1;
	q->slot.next = -1;
	return 0;
}

static void netem_reset(struct Qdisc *sch)
{
	struct netem *q = netem_of(sch);
	struct sk_buff *skb;

	del_timer(&q->watchdog);
	while ((skb = __skb_dequeue(&q->express)) != NULL)
		kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
	while (q->heap_len)
		kfree_skb_reason(heap_take(q), SKB_DROP_REASON_QUEUE_PURGE);
	q->newest = 0;
	q->slot.next = -1; /* none yet */
}

static void netem_destroy(struct Qdisc *sch)
{
	kfree(netem_of(sch)->heap);
}

static const struct Qdisc_ops netem_ops = {
	.id = "netem",
	.priv_size = sizeof(struct netem),
	.enqueue = netem_enqueue,
	.dequeue = netem_dequeue,
	.init = netem_init,
	.reset = netem_reset,
	.destroy = netem_destroy,
};

/* Configuration: locked. */

static struct netem *queue_netem(const struct netdev_queue *txq)
{
	struct Qdisc *sch = txq->qdisc_sleeping;

	return sch && sch->ops == &netem_ops ? netem_of(sch) : NULL;
}

/* New disciplines for those queues where there are other ones. Return: 0 or -ENOMEM and none. */
static int make_all(struct net_device *dev, const struct Qdisc_ops *ops, struct Qdisc **made)
{
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++) {
		struct netdev_queue *txq = netdev_get_tx_queue(dev, i);

		if (ops && queue_netem(txq))
			continue;
		made[i] = ops ? qdisc_create(txq, ops) : qdisc_create_default(txq);
		if (!made[i])
			goto err_destroy;
	}
	return 0;

err_destroy:
	while (i--)
		qdisc_destroy(made[i]);
	return -ENOMEM;
}

int netem_configure(struct net_device *dev, const struct netem_params *params)
{
	struct Qdisc *made[NETDEV_MAX_QUEUES] = { NULL };
	struct netem *q;
	unsigned int i;
	int err;

	ASSERT_NET_LOCKED(dev_net(dev));
	if (params && netem_check(params, NULL, 0))
		return -EINVAL;
	if (!params && !queue_netem(netdev_get_tx_queue(dev, 0)))
		return 0;
	err = make_all(dev, params ? &netem_ops : NULL, made);
	if (err)
		return err;
	for (i = 0; i < dev->num_tx_queues; i++) {
		struct netdev_queue *txq = netdev_get_tx_queue(dev, i);

		if (made[i])
			qdisc_replace(txq, made[i]);
		q = queue_netem(txq);
		if (q && params)
			q->params = *params;
	}
	return 0;
}

int netem_get_stats(const struct net_device *dev, struct netem_stats *stats)
{
	unsigned int i;

	memset(stats, 0, sizeof(*stats));
	for (i = 0; i < dev->num_tx_queues; i++) {
		const struct netem *q = queue_netem(netdev_get_tx_queue(dev, i));

		if (!q)
			return -ENOENT;
		stats->packets += q->stats.packets;
		stats->lost += q->stats.lost;
		stats->duplicated += q->stats.duplicated;
		stats->reordered += q->stats.reordered;
		stats->corrupted += q->stats.corrupted;
		stats->overlimit += q->stats.overlimit;
	}
	return 0;
}
