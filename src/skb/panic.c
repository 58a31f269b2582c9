// SPDX-License-Identifier: BSD-2-Clause
/* The last words about a buffer whose bounds somebody violated. */
#include <skiff/skbuff.h>

#include "skb/alloc.h"
#include "skb/track.h"

static void __attribute__((__noreturn__, __cold__))
bounds_panic(const struct sk_buff *skb, const char *what, const char *op, long long value,
	     const void *caller)
{
	char where[SKB_SITE_TEXT];

	skb_site_text(where, sizeof(where), caller);
	if (!skb)
		skiff_panic("%s: %s(%lld) without an sk_buff by %s", what, op, value, where);
	skiff_panic(
		"%s: %s(%lld) on sk_buff %p by %s: len %u data_len %u headroom %ld tailroom %ld "
		"head %p data %p tail %#x end %#x dev %p",
		what, op, value, (const void *)skb, where, skb->len, skb->data_len,
		(long)(skb->data - skb->head), (long)skb->end - (long)skb->tail, (void *)skb->head,
		(void *)skb->data, skb->tail, skb->end, (void *)skb->dev);
}

/* Called from inline functions: the return address lies in the function that broke the rule. */

void skb_over_panic(const struct sk_buff *skb, unsigned int len)
{
	bounds_panic(skb, "skb_over_panic", "skb_put", len, __builtin_return_address(0));
}

void skb_under_panic(const struct sk_buff *skb, unsigned int len)
{
	bounds_panic(skb, "skb_under_panic", "skb_push", len, __builtin_return_address(0));
}

void skb_bounds_panic(const struct sk_buff *skb, const char *what, long long value)
{
	bounds_panic(skb, "skb_bounds_panic", what, value, __builtin_return_address(0));
}

void skb_list_panic(const struct sk_buff *skb, const struct sk_buff_head *list, const char *what)
{
	char where[SKB_SITE_TEXT], alloced[SKB_SITE_TEXT] = "?", last[SKB_SITE_TEXT] = "?";

	skb_site_text(where, sizeof(where), __builtin_return_address(0));
#ifdef SKIFF_SKB_TRACK
	skb_site_text(alloced, sizeof(alloced), skb->alloc_site);
	skb_site_text(last, sizeof(last), skb->last_site);
#endif
	skiff_panic("sk_buff %p %s by %s: list %p of %u, allocated by %s, last had by %s",
		    (const void *)skb, what, where, (const void *)list, list->qlen, alloced, last);
}

void skb_missing_panic(const struct sk_buff *skb, const char *what, const void *caller)
{
	bounds_panic(skb, skb ? "no data block" : "no buffer", what, 0, caller);
}
