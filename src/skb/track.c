// SPDX-License-Identifier: BSD-2-Clause
/* Who allocated a buffer, who had it last, who freed it: the ownership-tracking build. */
#include <skiff/skbuff.h>

#include "base/env.h"
#include "skb/alloc.h"
#include "skb/poison.h"
#include "skb/pool.h"
#include "skb/track.h"

#ifdef SKIFF_SKB_TRACK

void skb_track_alloc(struct sk_buff *skb, const void *site)
{
	skb->alloc_site = site;
	skb->last_site = site;
	skb->owner = skiff_env ? skiff_env->owner : NULL;
}

const void *(*skb_track_device_owner)(const struct net_device *dev);

void skb_track_for(struct sk_buff *skb, const struct net_device *dev)
{
	const void *owner = dev && skb_track_device_owner ? skb_track_device_owner(dev) : NULL;

	if (owner)
		skb->owner = owner;
}

void skb_track_at(struct sk_buff *skb, const void *site)
{
	skb->last_site = site;
}

void skb_track_owner(struct sk_buff *skb, const void *owner)
{
	skb->owner = owner;
}

void skb_track_free(struct sk_buff *skb, const void *site)
{
	skb->free_site = site;
}

/* Looks at a buffer that may be free, and so poisoned. */
SKB_NO_ASAN void skb_track_check_live(const struct sk_buff *skb, const void *site)
{
	char alloced[SKB_SITE_TEXT], freed[SKB_SITE_TEXT], now[SKB_SITE_TEXT];

	if (likely(__atomic_load_n(&skb->users.refs.counter, __ATOMIC_RELAXED) > 0))
		return;
	skb_site_text(alloced, sizeof(alloced), skb->alloc_site);
	skb_site_text(freed, sizeof(freed), skb->free_site);
	skb_site_text(now, sizeof(now), site);
	skiff_panic("double free of sk_buff %p by %s: allocated by %s, already freed by %s",
		    (const void *)skb, now, alloced, freed);
}

#endif /* SKIFF_SKB_TRACK */

struct report {
	FILE *out;
	size_t live;
};

SKB_NO_ASAN static void report_one(struct sk_buff *skb, void *arg)
{
	char alloced[SKB_SITE_TEXT], last[SKB_SITE_TEXT];
	struct report *report = arg;

	if (!skb->users.refs.counter)
		return;
	report->live++;
	if (!report->out)
		return;
	if (!skb->alloc_site) {
		fprintf(report->out, "sk_buff %p: len %u, %u references\n", (void *)skb, skb->len,
			(unsigned int)skb->users.refs.counter);
		return;
	}
	skb_site_text(alloced, sizeof(alloced), skb->alloc_site);
	skb_site_text(last, sizeof(last), skb->last_site);
	fprintf(report->out, "sk_buff %p: len %u, %u references, allocated by %s, last had by %s\n",
		(void *)skb, skb->len, (unsigned int)skb->users.refs.counter, alloced, last);
}

#ifdef SKIFF_SKB_TRACK

struct owned {
	const void *owner;
	void (*fn)(const struct sk_buff *skb, const char *alloced, const char *last);
	size_t live;
};

/* Other hosts' threads are at work on their buffers, of which only the owner is looked at. */
SKB_NO_ASAN __attribute__((no_sanitize("thread"))) static void report_owned(struct sk_buff *skb,
									    void *arg)
{
	char alloced[SKB_SITE_TEXT], last[SKB_SITE_TEXT];
	struct owned *owned = arg;

	if (!skb->users.refs.counter || skb->owner != owned->owner)
		return;
	owned->live++;
	skb_site_text(alloced, sizeof(alloced), skb->alloc_site);
	skb_site_text(last, sizeof(last), skb->last_site);
	owned->fn(skb, alloced, last);
}

size_t skb_track_owned(const void *owner,
		       void (*fn)(const struct sk_buff *skb, const char *alloced, const char *last))
{
	struct owned owned = { .owner = owner, .fn = fn };

	skb_ctl_foreach(report_owned, &owned);
	return owned.live;
}

#endif /* SKIFF_SKB_TRACK */

size_t skb_leak_report(FILE *out)
{
	struct report report = { .out = out };

	skb_ctl_foreach(report_one, &report);
	return report.live;
}
