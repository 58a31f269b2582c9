// SPDX-License-Identifier: BSD-2-Clause
/* Queued buffers: where they stand, what they cost; cutting and joining them. */
#include "tcp/output.h"

void tcp_rbtree_insert(struct rb_root *root, struct sk_buff *skb)
{
	struct rb_node **p = &root->rb_node, *parent = NULL;

	while (*p) {
		parent = *p;
		if (before(TCP_SKB_CB(skb)->seq, TCP_SKB_CB(rb_to_skb(parent))->seq))
			p = &parent->rb_left;
		else
			p = &parent->rb_right;
	}
	rb_link_node(&skb->rbnode, parent, p);
	rb_insert_color(&skb->rbnode, root);
}

struct sk_buff *tcp_rtx_queue_find(const struct sock *sk, u32 seq)
{
	struct rb_node *n = sk->tcp_rtx_queue.rb_node;
	struct sk_buff *found = NULL;

	while (n) {
		struct sk_buff *skb = rb_to_skb(n);

		if (after(TCP_SKB_CB(skb)->end_seq, seq)) {
			found = skb;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	return found;
}

void tcp_rtx_queue_unlink(struct sk_buff *skb, struct sock *sk)
{
	if (skb->next)
		list_del(&skb->tcp_tsorted_anchor);
	tcp_tsorted_init(skb);
	skb_rb_erase(skb, &sk->tcp_rtx_queue);
}

void tcp_rtx_queue_unlink_and_free(struct sk_buff *skb, struct sock *sk)
{
	tcp_rtx_queue_unlink(skb, sk);
	tcp_wmem_free_skb(sk, skb);
}

void tcp_wmem_free_skb(struct sock *sk, struct sk_buff *skb)
{
	sk_wmem_queued_add(sk, -(int)skb->truesize);
	sk_mem_uncharge(sk, (int)skb->truesize);
	consume_skb(skb);
}

/* How many segments of @mss_now a buffer is. Return: that. */
int tcp_set_skb_tso_segs(struct sk_buff *skb, unsigned int mss_now)
{
	int segs = 1;

	TCP_SKB_CB(skb)->tcp_gso_size = 0;
	if (unlikely(skb->len > mss_now)) {
		TCP_SKB_CB(skb)->tcp_gso_size = (u16)mss_now;
		segs = (int)DIV_ROUND_UP(skb->len, mss_now);
	}
	tcp_skb_pcount_set(skb, segs);
	return segs;
}

/* @decr segments less are in flight, of what @skb was marked as. */
void tcp_adjust_pcount(struct sock *sk, const struct sk_buff *skb, int decr)
{
	u8 sacked = TCP_SKB_CB(skb)->sacked;
	struct tcp_sock *tp = tcp_sk(sk);

	tp->packets_out -= (u32)decr;
	if (sacked & TCPCB_SACKED_ACKED)
		tp->sacked_out -= (u32)decr;
	if (sacked & TCPCB_SACKED_RETRANS)
		tp->retrans_out -= (u32)decr;
	if (sacked & TCPCB_LOST)
		tp->lost_out -= (u32)decr;
	/* Without SACK it is a guess which ones arrived. */
	if (tcp_is_reno(tp) && decr > 0)
		tp->sacked_out -= min_t(u32, tp->sacked_out, (u32)decr);
	tcp_verify_left_out(tp);
}

/* The timestamp that is wanted is that of a byte: it goes where the byte goes. */
void tcp_fragment_tstamp(struct sk_buff *skb, struct sk_buff *skb2)
{
	struct skb_shared_info *from, *to;
	u8 flags;

	if (likely(!tcp_has_tx_tstamp(skb)) ||
	    before(__skb_shinfo(skb)->tskey, TCP_SKB_CB(skb2)->seq))
		return;
	from = skb_shinfo(skb);
	to = skb_shinfo(skb2);
	flags = from->tx_flags & SKBTX_ANY_TSTAMP;
	from->tx_flags &= (u8)~flags;
	to->tx_flags |= flags;
	swap(from->tskey, to->tskey);
	TCP_SKB_CB(skb2)->txstamp_ack = TCP_SKB_CB(skb)->txstamp_ack;
	TCP_SKB_CB(skb)->txstamp_ack = 0;
}

/* The bytes of @next_skb are in @skb by now: so is the wish for their timestamp. */
void tcp_skb_collapse_tstamp(struct sk_buff *skb, const struct sk_buff *next_skb)
{
	struct skb_shared_info *to;

	if (likely(!tcp_has_tx_tstamp(next_skb)))
		return;
	to = skb_shinfo(skb);
	to->tx_flags |= __skb_shinfo(next_skb)->tx_flags & SKBTX_ANY_TSTAMP;
	to->tskey = __skb_shinfo(next_skb)->tskey;
	TCP_SKB_CB(skb)->txstamp_ack |= TCP_SKB_CB(next_skb)->txstamp_ack;
}

/*
 * A peer that SACKs every other byte makes one buffer of each. Beyond what the send buffer may
 * hold, with some room, only the ends of the queue are cut any more.
 */
static bool too_many_pieces(const struct sock *sk, enum tcp_queue queue, const struct sk_buff *skb)
{
	s64 limit = (s64)sk->sk_sndbuf + 2 * SKB_TRUESIZE(GSO_LEGACY_MAX_SIZE);

	return unlikely((sk->sk_wmem_queued >> 1) > limit) && queue != TCP_FRAG_IN_WRITE_QUEUE &&
	       skb != tcp_rtx_queue_head(sk) && skb != tcp_rtx_queue_tail(sk);
}

/* The second half's place: behind the first, in its queue and in the order of sending. */
static void link_after(struct sock *sk, enum tcp_queue queue, struct sk_buff *skb,
		       struct sk_buff *buff)
{
	if (queue == TCP_FRAG_IN_WRITE_QUEUE) {
		__skb_queue_after(&sk->sk_write_queue, skb, buff);
		return;
	}
	tcp_rtx_queue_insert(sk, buff);
	if (skb->next && !list_empty(&skb->tcp_tsorted_anchor))
		list_add(&buff->tcp_tsorted_anchor, &skb->tcp_tsorted_anchor);
}

/* Sequence numbers, flags and marks of both halves. */
static void split_cb(struct tcp_skb_cb *first, struct tcp_skb_cb *second, u32 len)
{
	second->seq = first->seq + len;
	second->end_seq = first->end_seq;
	first->end_seq = second->seq;
	/* What ends the data is in the second one. */
	second->tcp_flags = first->tcp_flags;
	first->tcp_flags &= (u8) ~(TCPHDR_FIN | TCPHDR_PSH);
	second->sacked = first->sacked;
	second->eor = first->eor;
	first->eor = 0;
	second->tx = first->tx;
}

/**
 * tcp_fragment() - cut a queued buffer in two
 * @sk: the socket
 * @tcp_queue: the queue that it is in
 * @skb: the buffer, which keeps @len bytes
 * @len: bytes, at most what it has
 * @mss_now: segment size that both are counted by
 * @gfp: for the second one
 *
 * No limit keeps the second one from being made, only the end of memory. Return: 0; -ENOMEM.
 */
int tcp_fragment(struct sock *sk, enum tcp_queue tcp_queue, struct sk_buff *skb, u32 len,
		 unsigned int mss_now, gfp_t gfp)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *buff;
	int before_segs, less;
	u32 nlen;

	if (WARN_ON(len > skb->len))
		return -EINVAL;
	if (too_many_pieces(sk, tcp_queue, skb)) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPWQUEUETOOBIG);
		return -ENOMEM;
	}
	if (skb_unclone_keeptruesize(skb, gfp))
		return -ENOMEM;
	buff = tcp_stream_alloc_skb(sk, gfp, true);
	if (!buff)
		return -ENOMEM;
	tcp_wmem_charge_skb(sk, buff);
	nlen = skb->len - len;
	buff->truesize += nlen;
	skb->truesize -= nlen;
	split_cb(TCP_SKB_CB(skb), TCP_SKB_CB(buff), len);
	skb_split(skb, buff, len);
	buff->skb_mstamp_ns = skb->skb_mstamp_ns;
	tcp_fragment_tstamp(skb, buff);

	before_segs = tcp_skb_pcount(skb);
	tcp_set_skb_tso_segs(skb, mss_now);
	tcp_set_skb_tso_segs(buff, mss_now);
	if (!before(tp->snd_nxt, TCP_SKB_CB(buff)->end_seq)) {
		less = before_segs - tcp_skb_pcount(skb) - tcp_skb_pcount(buff);
		if (less)
			tcp_adjust_pcount(sk, skb, less);
	}
	link_after(sk, tcp_queue, skb, buff);
	return 0;
}

/* Drop @len bytes from the front of the fragments, which is where all of a stream's data is. */
static void trim_frags(struct sk_buff *skb, u32 len)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int gone = 0, size;

	skb_len_add(skb, -(int)len);
	while (len && gone < shinfo->nr_frags) {
		size = skb_frag_size(&shinfo->frags[gone]);
		if (size > len) {
			skb_frag_off_add(&shinfo->frags[gone], (int)len);
			skb_frag_size_sub(&shinfo->frags[gone], (int)len);
			break;
		}
		skb_frag_unref(skb, (int)gone++);
		len -= size;
	}
	memmove(shinfo->frags, shinfo->frags + gone,
		(shinfo->nr_frags - gone) * sizeof(shinfo->frags[0]));
	shinfo->nr_frags = (u8)(shinfo->nr_frags - gone);
}

/* The first @len bytes were acknowledged. Return: 0 or -ENOMEM. */
int tcp_trim_head(struct sock *sk, struct sk_buff *skb, u32 len)
{
	if (skb_unclone_keeptruesize(skb, GFP_ATOMIC))
		return -ENOMEM;
	trim_frags(skb, len);
	TCP_SKB_CB(skb)->seq += len;
	sk_wmem_queued_add(sk, -(int)len);
	sk_mem_uncharge(sk, (int)len);
	if (tcp_skb_pcount(skb) > 1)
		tcp_set_skb_tso_segs(skb, (unsigned int)tcp_skb_mss(skb));
	return 0;
}

/* skb_shift() that does not make more segments of one buffer than can be counted. */
int tcp_skb_shift(struct sk_buff *to, struct sk_buff *from, int pcount, int shiftlen)
{
	if (unlikely(to->len + (u32)shiftlen >= 65535U * TCP_MIN_GSO_SIZE ||
		     tcp_skb_pcount(to) + pcount > 65535))
		return 0;
	return skb_shift(to, from, shiftlen);
}
