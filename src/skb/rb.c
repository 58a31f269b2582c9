// SPDX-License-Identifier: BSD-2-Clause
/* sk_buffs in red-black trees. */
#include <skiff/skbuff.h>

unsigned int skb_rbtree_purge(struct rb_root *root)
{
	struct sk_buff *skb, *next;
	unsigned int sum = 0;

	for (skb = skb_rb_first(root); skb; skb = next) {
		next = skb_rb_next(skb);
		skb_rb_erase(skb, root);
		sum += skb->truesize;
		kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
	}
	return sum;
}
