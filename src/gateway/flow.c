// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of flows: found by their key, in lists by what they wait for, and no more than there may be.
 *
 * A flow that ends while events are being handled may be in one of those that are still to come, so its
 * memory is freed behind the last of them.
 */
#include <unistd.h>

#include <skiff/jhash.h>
#include <skiff/slab.h>

#include "gateway/gateway.h"

#define SWEEP_SOON (200 * NSEC_PER_MSEC)
#define SWEEP_LATER NSEC_PER_SEC

static struct hlist_head *bucket_of(const struct skiff_gateway *gw, const struct gw_key *key)
{
	u64 addrs = (u64)(__force u32)key->client << 32 | (__force u32)key->daddr;
	u64 rest = (u64)key->proto << 32 | (u64)(__force u16)key->cport << 16 |
		   (__force u16)key->dport;

	return &gw->buckets[__jhash_mix(__jhash_mix(addrs, gw->secret), rest) & gw->mask];
}

struct gw_flow *gw_flow_find(const struct skiff_gateway *gw, const struct gw_key *key)
{
	struct gw_flow *f;

	hlist_for_each_entry(f, bucket_of(gw, key), node)
		if (gw_same_key(&f->key, key))
			return f;
	return NULL;
}

bool gw_flow_room(struct skiff_gateway *gw)
{
	static const enum gw_stage idle[] = { GW_LOOSE, GW_DNS };

	if (likely(gw->nr_flows < gw->max_flows))
		return true;
	for (unsigned int i = 0; i < ARRAY_SIZE(idle); i++) {
		struct gw_flow *f =
			list_first_entry_or_null(&gw->stages[idle[i]], struct gw_flow, list);

		if (!f)
			continue;
		gw->stats.evicted++;
		f->kind->end(gw, f);
		return true;
	}
	gw->stats.full++;
	return false;
}

/* Stages whose flows wait for something that time decides. */
static s64 sweep_interval(const struct skiff_gateway *gw)
{
	if (!list_empty(&gw->stages[GW_ENDING]) || !list_empty(&gw->stages[GW_DNS]) || gw->resting)
		return SWEEP_SOON;
	if (!list_empty(&gw->stages[GW_HELD]) || !list_empty(&gw->stages[GW_ANSWERED]) ||
	    !list_empty(&gw->stages[GW_LOOSE]))
		return SWEEP_LATER;
	return 0;
}

void gw_arm_sweep(struct skiff_gateway *gw)
{
	ktime_t when = skiff_net_now(gw->net) + sweep_interval(gw);

	/* What is used all the time must not put it off. */
	if (!sweep_interval(gw) || (timer_pending(&gw->tick) && gw->next_sweep <= when))
		return;
	gw->next_sweep = when;
	mod_timer_ns(&gw->tick, when);
}

static void sweep(struct timer_list *t)
{
	struct skiff_gateway *gw = from_timer(gw, t, tick);
	ktime_t now = skiff_net_now(gw->net);
	struct gw_flow *f, *next;

	gw->busy++;
	for (int stage = 0; stage < GW_STAGES; stage++) {
		if (stage == GW_OPEN)
			continue;
		/* Each may end itself, or go to another stage, and touches no other one. */
		list_for_each_entry_safe(f, next, &gw->stages[stage], list)
			f->kind->sweep(gw, f, now - f->touched);
	}
	if (gw->resting)
		gw_publish_again(gw);
	gw->busy--;
	gw_flows_bury(gw);
	gw_arm_sweep(gw);
}

void gw_flow_touch(struct skiff_gateway *gw, struct gw_flow *f, enum gw_stage stage)
{
	f->touched = skiff_net_now(gw->net);
	f->stage = stage;
	list_move_tail(&f->list, &gw->stages[stage]);
	gw_arm_sweep(gw);
}

void gw_flow_add(struct skiff_gateway *gw, struct gw_flow *f, enum gw_stage stage)
{
	INIT_LIST_HEAD(&f->list);
	INIT_LIST_HEAD(&f->ready);
	hlist_add_head(&f->node, bucket_of(gw, &f->key));
	gw->nr_flows++;
	gw_flow_touch(gw, f, stage);
}

void gw_flow_ready(struct skiff_gateway *gw, struct gw_flow *f)
{
	if (list_empty(&f->ready))
		list_add_tail(&f->ready, &gw->ready);
	net_defer(gw->net, &gw->work);
}

void gw_flow_free(struct skiff_gateway *gw, struct gw_flow *f)
{
	if (f->watch.fd >= 0)
		close(f->watch.fd);
	f->watch.fd = -1;
	hlist_del_init(&f->node);
	list_del_init(&f->ready);
	gw->nr_flows--;
	list_move_tail(&f->list, &gw->dead);
	gw_flows_bury(gw);
}

void gw_flows_bury(struct skiff_gateway *gw)
{
	struct gw_flow *f, *next;

	if (gw->busy)
		return;
	list_for_each_entry_safe(f, next, &gw->dead, list) {
		list_del(&f->list);
		kfree(f);
	}
}

int gw_flows_init(struct skiff_gateway *gw)
{
	unsigned int size = 64;

	while (size < gw->max_flows)
		size *= 2;
	gw->buckets = (struct hlist_head *)kcalloc(size, sizeof(*gw->buckets), GFP_KERNEL);
	if (!gw->buckets)
		return -ENOMEM;
	gw->mask = size - 1;
	get_random_bytes(&gw->secret, sizeof(gw->secret));
	for (int i = 0; i < GW_STAGES; i++)
		INIT_LIST_HEAD(&gw->stages[i]);
	INIT_LIST_HEAD(&gw->dead);
	INIT_LIST_HEAD(&gw->ready);
	timer_setup_net(&gw->tick, gw->net, sweep, 0);
	return 0;
}

void gw_flows_exit(struct skiff_gateway *gw)
{
	struct gw_flow *f, *next;

	if (!gw->buckets)
		return;
	for (int i = 0; i < GW_STAGES; i++)
		list_for_each_entry_safe(f, next, &gw->stages[i], list)
			f->kind->end(gw, f);
	del_timer(&gw->tick);
	gw_flows_bury(gw);
	kfree(gw->buckets);
}
