// SPDX-License-Identifier: BSD-2-Clause
/* Datagrams that several calls put together: UDP_CORK and MSG_MORE. Under the stack lock. */
#include "udp/udp.h"
#include "wire/udp.h"

bool udp_wants_cork(const struct sock *sk, unsigned int msg_flags)
{
	return udp_sk(sk)->corkflag || msg_flags & MSG_MORE;
}

int udp_cork_begin(struct sock *sk, struct sk_buff *skb, __be32 daddr, __be16 dport, bool connected,
		   const struct inet_cookie *ipc)
{
	struct udp_sock *up = udp_sk(sk);

	/* Another thread was faster: this is one more part of its datagram. */
	if (up->pending)
		return udp_cork_add(sk, skb, true);
	WRITE_ONCE(up->pending, 1);
	up->cork = (struct udp_cork){
		.skb = skb, .daddr = daddr, .dport = dport, .connected = connected, .ipc = *ipc
	};
	return 0;
}

void udp_flush_pending_frames(struct sock *sk)
{
	struct udp_sock *up = udp_sk(sk);

	if (!up->pending)
		return;
	WRITE_ONCE(up->pending, 0);
	kfree_skb_reason(up->cork.skb, SKB_DROP_REASON_QUEUE_PURGE);
	up->cork.skb = NULL;
}

/* Room for more at the end, twice what is there so that many small parts don't copy it each time. */
static int udp_cork_grow(struct sock *sk, unsigned int more)
{
	struct udp_cork *cork = &udp_sk(sk)->cork;
	struct sk_buff *skb;

	if (skb_tailroom(cork->skb) >= (int)more)
		return 0;
	skb = skb_copy_expand(cork->skb, (int)skb_headroom(cork->skb), (int)(more + cork->skb->len),
			      GFP_ATOMIC);
	if (!skb)
		return -ENOBUFS;
	skb_set_owner_w(skb, sk);
	consume_skb(cork->skb);
	cork->skb = skb;
	return 0;
}

int udp_cork_add(struct sock *sk, struct sk_buff *skb, bool more)
{
	struct udp_sock *up = udp_sk(sk);
	int err = 0;

	/* Sent by another thread since: there is nothing to add to, and nowhere to send it. */
	if (!up->pending)
		err = -EDESTADDRREQ;
	else if (up->cork.skb->len + skb->len > UDP_PAYLOAD_MAX)
		err = -EMSGSIZE;
	else
		err = udp_cork_grow(sk, skb->len);
	if (err) {
		kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_BIG);
		udp_flush_pending_frames(sk);
		return err;
	}
	skb_copy_bits(skb, 0, skb_put(up->cork.skb, skb->len), (int)skb->len);
	consume_skb(skb);
	return more ? 0 : udp_push_pending_frames(sk);
}

int udp_push_pending_frames(struct sock *sk)
{
	struct udp_sock *up = udp_sk(sk);
	struct udp_cork *cork = &up->cork;
	struct sk_buff *skb = cork->skb;
	struct flowi4 fl4 = {
		.daddr = cork->daddr,
		.saddr = cork->ipc.addr,
		.flowi4_oif = cork->ipc.oif,
		.flowi4_tos = cork->ipc.tos >= 0 ? (__u8)cork->ipc.tos : inet_sk(sk)->tos,
		.flowi4_proto = IPPROTO_UDP,
		.fl4_sport = inet_sk(sk)->inet_sport,
		.fl4_dport = cork->dport,
	};
	struct rtable *rt;
	int err;

	if (!up->pending)
		return 0;
	WRITE_ONCE(up->pending, 0);
	cork->skb = NULL;
	rt = inet_route_datagram(sk, &fl4, false);
	if (IS_ERR(rt)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_IP_OUTNOROUTES);
		return (int)PTR_ERR(rt);
	}
	err = udp_send_payload(sk, skb, &fl4, rt, &cork->ipc);
	ip_rt_put(rt);
	return err;
}
