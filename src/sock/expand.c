// SPDX-License-Identifier: BSD-2-Clause
/* More headroom for a buffer that may be shared and charged to a socket. */
#include <skiff/skbuff.h>
#include <skiff/sock.h>

struct sk_buff *skb_expand_head(struct sk_buff *skb, unsigned int headroom)
{
	unsigned int delta, osize;
	struct sk_buff *n = skb;
	struct sock *sk;

	if (headroom <= skb_headroom(skb))
		return skb;
	delta = SKB_DATA_ALIGN(headroom - skb_headroom(skb));
	if (skb_shared(skb)) {
		n = skb_clone(skb, GFP_ATOMIC);
		if (!n)
			goto drop;
		if (skb->sk)
			skb_set_owner_w(n, skb->sk);
		consume_skb(skb);
		skb = n;
	}
	osize = skb_end_offset(skb);
	if (delta > SKB_MAX_SIZE || pskb_expand_head(skb, (int)delta, 0, GFP_ATOMIC))
		goto drop;

	/* The larger block is charged to the socket that will be uncharged for it. */
	sk = skb->sk;
	if (sk && skb->destructor == sock_wfree) {
		delta = skb_end_offset(skb) - osize;
		sk_wmem_grown(sk, (int)delta);
		skb->truesize += delta;
	}
	return skb;
drop:
	kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
	return NULL;
}
