// SPDX-License-Identifier: BSD-2-Clause
/* Settings of neighbours: each device's own, which follow the host's defaults until changed. */
#include <skiff/slab.h>

#include "neigh/neigh.h"

struct neigh_parms *neigh_parms_of(struct net *net, struct neigh_table *tbl)
{
	return &neigh_cache_of(net, tbl)->parms;
}

void neigh_draw_reachable_time(struct neigh_parms *p)
{
	u64 base = (u64)neigh_msecs(NEIGH_VAR(p, BASE_REACHABLE_TIME_MS));
	u64 draw = get_random_u32();

	p->reachable_time = (ktime_t)(base / 2 + (base >> 16) * (draw & 0xffff));
}

/* The defaults; their first reference is the host's and stays. */
void neigh_parms_init(struct neigh_cache *c)
{
	c->parms = c->tbl->parms;
	c->parms.cache = c;
	c->parms.dev = NULL;
	c->parms.set = 0;
	refcount_set(&c->parms.refcnt, 1);
	INIT_LIST_HEAD(&c->parms.list);
	INIT_LIST_HEAD(&c->parms_list);
	neigh_draw_reachable_time(&c->parms);
}

struct neigh_parms *neigh_parms_alloc(struct net_device *dev, struct neigh_table *tbl)
{
	struct neigh_cache *c = neigh_cache_of(dev_net(dev), tbl);
	struct neigh_parms *p;

	ASSERT_NET_LOCKED(c->net);
	p = (struct neigh_parms *)kmemdup(&c->parms, sizeof(*p), GFP_KERNEL);
	if (!p)
		return NULL;
	p->dev = dev;
	p->set = 0;
	p->sysctl = NULL;
	refcount_set(&p->refcnt, 1);
	list_add_tail(&p->list, &c->parms_list);
	neigh_draw_reachable_time(p);
	return p;
}

void neigh_parms_put(struct neigh_parms *parms)
{
	if (refcount_dec_and_test(&parms->refcnt))
		kfree(parms);
}

void neigh_parms_release(struct neigh_parms *parms)
{
	if (!parms)
		return;
	neigh_sysctl_unregister(parms);
	list_del_init(&parms->list);
	parms->dev = NULL;
	neigh_parms_put(parms);
}

void neigh_parms_use(struct neighbour *neigh, struct neigh_parms *parms)
{
	struct neigh_parms *old = neigh->parms;

	neigh->parms = neigh_parms_clone(parms);
	neigh_parms_put(old);
}

static void neigh_var_take(struct neigh_parms *p, int var, int value)
{
	WRITE_ONCE(p->data[var], value);
	/* Otherwise it would take effect with the next draw only. */
	if (var == NEIGH_VAR_BASE_REACHABLE_TIME_MS)
		neigh_draw_reachable_time(p);
}

void neigh_var_set(struct neigh_parms *parms, int var, int value)
{
	struct neigh_parms *p;

	ASSERT_NET_LOCKED(parms->cache->net);
	BUG_ON(var < 0 || var >= NEIGH_VAR_MAX);
	parms->set |= 1ul << var;
	neigh_var_take(parms, var, value);
	if (parms != &parms->cache->parms)
		return;
	list_for_each_entry(p, &parms->cache->parms_list, list)
		if (!(p->set & 1ul << var))
			neigh_var_take(p, var, value);
}
