// SPDX-License-Identifier: BSD-2-Clause
/* A buffer of several segments is cut into them, for devices that don't do it. */
#include <skiff/protocol.h>

#include "tcp/output.h"

/* Its checksum as far as it is known without the data; @len: bytes from the header on. */
static __sum16 pseudo_sum(const struct sk_buff *skb, u32 len)
{
	const struct iphdr *iph = ip_hdr(skb);

	return (__force __sum16)(u16) ~(__force u16)csum_tcpudp_magic(iph->saddr, iph->daddr, len,
								      IPPROTO_TCP, 0);
}

/* @seg: its headers are copies of the first one's. */
static void finish_segment(const struct sk_buff *gso_skb, struct sk_buff *seg, u32 seq, bool first)
{
	struct tcphdr *th = tcp_hdr(seg);
	u32 len = seg->len - (u32)skb_transport_offset(seg);

	th->seq = htonl(seq);
	if (!first)
		th->cwr = 0;
	if (seg->next) {
		th->fin = 0;
		th->psh = 0;
	}
	th->check = pseudo_sum(gso_skb, len);
	if (seg->ip_summed == CHECKSUM_PARTIAL)
		gso_reset_checksum(seg, (__force __wsum)(u32)(u16) ~(__force u16)th->check);
	else
		th->check =
			gso_make_checksum(seg, (__force __wsum)(u32)(u16) ~(__force u16)th->check);
}

/*
 * A sender that counts what is below it counts the segments from now on; with the last one it gets
 * what it was told of the whole.
 */
static void move_charge(struct sk_buff *gso_skb, struct sk_buff *segs)
{
	struct sock *sk = gso_skb->sk;
	struct sk_buff *seg;
	s64 sum = 0;

	for (seg = segs; seg; seg = seg->next) {
		seg->sk = sk;
		seg->destructor = tcp_wfree;
		sum += seg->truesize;
	}
	gso_skb->sk = NULL;
	gso_skb->destructor = NULL;
	sum -= gso_skb->truesize;
	if (sum >= 0)
		refcount_add((int)sum, &sk->sk_wmem_alloc);
	else
		sock_wmem_put(sk, (unsigned int)-sum);
}

/* What is checked before anything is changed. Return: bytes of the header, or -errno. */
static int check(struct sk_buff *skb)
{
	unsigned int thlen;

	if (!(__skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4) ||
	    !pskb_may_pull(skb, sizeof(struct tcphdr)))
		return -EINVAL;
	thlen = tcp_hdrlen(skb);
	if (thlen < sizeof(struct tcphdr) || !pskb_may_pull(skb, thlen) ||
	    skb->len - thlen <= __skb_shinfo(skb)->gso_size)
		return -EINVAL;
	return (int)thlen;
}

static struct sk_buff *tcp4_gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	unsigned int mss = __skb_shinfo(skb)->gso_size;
	bool ooo_okay = skb->ooo_okay, first = true;
	struct sk_buff *segs, *seg;
	int thlen = check(skb);
	u32 seq;

	if (unlikely(thlen < 0))
		return (struct sk_buff *)ERR_PTR(thlen);
	if (unlikely(skb->ip_summed != CHECKSUM_PARTIAL)) {
		tcp_hdr(skb)->check = 0;
		skb->ip_summed = CHECKSUM_PARTIAL;
		__tcp_v4_send_check(skb, ip_hdr(skb)->saddr, ip_hdr(skb)->daddr);
	}
	/* The device would do it, but the count is from who must not be trusted. */
	if (skb_gso_ok(skb, features | NETIF_F_GSO_ROBUST)) {
		skb_shinfo(skb)->gso_segs =
			(unsigned short)DIV_ROUND_UP(skb->len - (unsigned int)thlen, mss);
		return NULL;
	}
	seq = ntohl(tcp_hdr(skb)->seq);
	__skb_pull(skb, (unsigned int)thlen);
	skb->ooo_okay = 0;
	segs = skb_segment(skb, features);
	if (IS_ERR(segs))
		return segs;
	segs->ooo_okay = ooo_okay;
	if (skb_is_gso(segs))
		mss *= __skb_shinfo(segs)->gso_segs;
	for (seg = segs; seg; seg = seg->next, seq += mss, first = false)
		finish_segment(skb, seg, seq, first);
	if (skb->destructor == tcp_wfree)
		move_charge(skb, segs);
	return segs;
}

static const struct net_offload tcp_offload = {
	.callbacks.gso_segment = tcp4_gso_segment,
};

void tcp_offload_init(void)
{
	inet_add_offload(&tcp_offload, IPPROTO_TCP);
}
