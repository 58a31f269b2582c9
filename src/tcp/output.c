// SPDX-License-Identifier: BSD-2-Clause
/*
 * A segment gets its header and leaves.
 *
 * What waits in a queue is sent as a clone: the payload is shared, the header is written into the
 * headroom that both have in common, which the original never looks at. While an earlier clone is
 * still on its way that headroom is taken, and a copy of it is made.
 *
 * A buffer of several segments is one here: it counts for as many (tcp_skb_pcount()), and is cut by
 * the device or in front of it.
 */
#include "tcp/output.h"

void tcp_init_nondata_skb(struct sk_buff *skb, u32 seq, u8 flags)
{
	struct tcp_skb_cb *tcb = TCP_SKB_CB(skb);

	skb->ip_summed = CHECKSUM_PARTIAL;
	memset(tcb, 0, sizeof(*tcb));
	tcb->tcp_flags = flags;
	tcp_skb_pcount_set(skb, 1);
	tcb->seq = seq;
	tcb->end_seq = flags & (TCPHDR_SYN | TCPHDR_FIN) ? seq + 1 : seq;
}

u32 tcp_acceptable_seq(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 end = tcp_wnd_end(tp);

	if (!before(end, tp->snd_nxt))
		return tp->snd_nxt;
	/* A scaled window is rounded down: that is no shrinking. */
	if (tp->rx_opt.wscale_ok && tp->snd_nxt - end < 1U << tp->rx_opt.snd_wscale)
		return tp->snd_nxt;
	return end;
}

void tcp_wmem_charge_skb(struct sock *sk, struct sk_buff *skb)
{
	sk_wmem_queued_add(sk, (int)skb->truesize);
	sk_mem_charge(sk, (int)skb->truesize);
}

void tcp_sent_now(struct tcp_sock *tp, struct sk_buff *skb)
{
	list_move_tail(&skb->tcp_tsorted_anchor, &tp->tsorted_sent_queue);
}

/* The acknowledgment that was due has gone with this segment. */
static void event_ack_sent(struct sock *sk, u32 rcv_nxt)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (unlikely(tp->compressed_ack)) {
		NET_ADD_STATS(sock_net(sk), LINUX_MIB_TCPACKCOMPRESSED, tp->compressed_ack);
		tp->compressed_ack = 0;
		tcp_timer_stop(sk, ICSK_TIMER_COMPRESSED_ACK);
	}
	/* An older acknowledgment, which DCTCP sends when the congestion mark changes. */
	if (unlikely(rcv_nxt != tp->rcv_nxt))
		return;
	tcp_dec_quickack_mode(sk);
	inet_csk_clear_xmit_timer(sk, ICSK_TIME_DACK);
}

static void event_data_sent(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	u32 now = tcp_jiffies32;

	if (!tcp_packets_in_flight(tp))
		tcp_ca_event(sk, CA_EVENT_TX_START);
	tp->lsndtime = now;
	/* So soon after what came, it is the answer to it: data goes both ways in turns. */
	if (now - icsk->icsk_ack.lrcvtime < icsk->icsk_ack.ato)
		inet_csk_inc_pingpong_cnt(sk);
}

/* What goes down: a clone of what stays in a queue. NULL without memory. */
static struct sk_buff *clone_to_send(struct sk_buff *oskb, gfp_t gfp)
{
	struct rb_node saved = skb_rb_save(oskb);
	struct sk_buff *skb;

	if (unlikely(skb_cloned(oskb))) {
		skb = __pskb_copy_fclone(oskb, (int)skb_headroom(oskb), gfp, true);
	} else {
		/* The headers are the clone's to write. */
		if (!oskb->nohdr)
			__skb_header_release(oskb);
		skb = skb_clone(oskb, gfp);
	}
	skb_rb_restore(oskb, saved);
	return skb;
}

/* RFC 9293 section 3.8.5. */
static void put_urgent(const struct tcp_sock *tp, const struct tcp_skb_cb *tcb, struct tcphdr *th)
{
	if (before(tp->snd_up, tcb->seq + 0x10000)) {
		th->urg_ptr = htons((u16)(tp->snd_up - tcb->seq));
		th->urg = 1;
	} else if (after(tcb->seq + 0xFFFF, tp->snd_nxt)) {
		th->urg_ptr = htons(0xFFFF);
		th->urg = 1;
	}
}

/* The fixed part of the header but for window and checksum. */
static void put_header(const struct sock *sk, const struct tcp_skb_cb *tcb, struct tcphdr *th,
		       unsigned int hdrlen, u32 rcv_nxt)
{
	const struct inet_sock *inet = inet_sk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	memset(th, 0, sizeof(*th));
	th->source = inet->inet_sport;
	th->dest = inet->inet_dport;
	th->seq = htonl(tcb->seq);
	th->ack_seq = htonl(rcv_nxt);
	/* Its length in words is the upper half of a byte, and the flags are one. */
	((u8 *)th)[12] = (u8)(hdrlen / 4 << 4);
	((u8 *)th)[13] = tcb->tcp_flags;
	/* The check for urgent data is for the probe below snd_una, too. */
	if (unlikely(tcp_urg_mode(tp) && before(tcb->seq, tp->snd_up)))
		put_urgent(tp, tcb, th);
}

/* Which key signs segments to the peer; none usually. */
static const struct tcp_md5sig_key *signing_key(const struct sock *sk)
{
	if (likely(!tcp_sk(sk)->md5sig_info))
		return NULL;
	return tcp_md5_lookup(sk, sk->sk_daddr, 0);
}

/* Header and options in front of @skb's data. Return: bytes of both. */
static unsigned int build_header(struct sock *sk, struct sk_buff *skb, u32 rcv_nxt)
{
	const struct tcp_md5sig_key *md5 = signing_key(sk);
	struct tcp_skb_cb *tcb = TCP_SKB_CB(skb);
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_out_options opts;
	unsigned int hdrlen = sizeof(struct tcphdr);
	struct tcphdr *th;

	memset(&opts, 0, sizeof(opts));
	if (unlikely(tcb->tcp_flags & TCPHDR_SYN)) {
		hdrlen += tcp_syn_options(sk, skb, &opts, md5);
	} else {
		hdrlen += tcp_established_options(sk, skb, &opts, md5);
		/* A receiver that merges segments hands a burst over when it ends with PSH. */
		if (tcp_skb_pcount(skb) > 1)
			tcb->tcp_flags |= TCPHDR_PSH;
	}
	th = (struct tcphdr *)skb_push(skb, hdrlen);
	skb_reset_transport_header(skb);
	put_header(sk, tcb, th, hdrlen, rcv_nxt);
	if (tcp_skb_mss(skb))
		skb_shinfo(skb)->gso_type = (unsigned int)sk->sk_gso_type;
	if (likely(!(tcb->tcp_flags & TCPHDR_SYN))) {
		th->window = htons(tcp_select_window(sk));
		tcp_ecn_send(sk, skb, th, hdrlen);
	} else {
		/* RFC 7323 section 2.2: never scaled in a SYN. */
		th->window = htons((u16)min(tp->rcv_wnd, 65535U));
	}
	tcp_options_write(th, tp, &opts);
	if (unlikely(md5))
		tcp_md5_hash_skb((char *)opts.hash_location, md5, inet_sk(sk)->inet_saddr,
				 sk->sk_daddr, skb);
	return hdrlen;
}

static void count_sent(struct sock *sk, const struct sk_buff *skb, unsigned int hdrlen, u32 rcv_nxt)
{
	const struct tcp_skb_cb *tcb = TCP_SKB_CB(skb);
	struct tcp_sock *tp = tcp_sk(sk);
	u32 segs = (u32)tcp_skb_pcount(skb);

	if (likely(tcb->tcp_flags & TCPHDR_ACK))
		event_ack_sent(sk, rcv_nxt);
	if (skb->len != hdrlen) {
		event_data_sent(sk);
		tp->data_segs_out += segs;
		tp->bytes_sent += skb->len - hdrlen;
	}
	if (after(tcb->end_seq, tp->snd_nxt) || tcb->seq == tcb->end_seq)
		TCP_ADD_STATS(sock_net(sk), TCP_MIB_OUTSEGS, segs);
	tp->segs_out += segs;
}

/*
 * An acknowledgment counts for next to nothing, so that it holds no data back: what tcp_wfree() would
 * uncharge is two bytes.
 */
#define TCP_ACK_CHARGE 2

static void ack_wfree(struct sk_buff *skb)
{
	sock_wmem_put(skb->sk, TCP_ACK_CHARGE);
}

static void set_owner(struct sock *sk, struct sk_buff *skb, bool queued)
{
	bool ack = !queued && TCP_SKB_CB(skb)->seq == TCP_SKB_CB(skb)->end_seq;

	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = ack ? ack_wfree : tcp_wfree;
	refcount_add(ack ? TCP_ACK_CHARGE : (int)skb->truesize, &sk->sk_wmem_alloc);
}

/* To who cuts it. */
static void tell_segments(struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	shinfo->gso_segs = (unsigned short)tcp_skb_pcount(skb);
	shinfo->gso_size = (unsigned short)tcp_skb_mss(skb);
	if (!shinfo->gso_size)
		shinfo->gso_type = 0;
}

/* From here on it is a packet like any other. */
static void strip(struct sock *sk, struct sk_buff *skb)
{
	/*
	 * In a buffer of one segment that nobody has touched there is nothing else. A copy of one that was
	 * sent before, when the MSS was smaller, has what was told then.
	 */
	if (tcp_skb_mss(skb) || skb->cloned || skb->shinfo_touched)
		tell_segments(skb);
	if (sk->sk_txhash)
		skb_set_hash(skb, sk->sk_txhash, PKT_HASH_TYPE_L4);
	/* When it was sent is this layer's; a queue that paces gets to know when it may leave. */
	if (sk->sk_pacing_status == SK_PACING_FQ)
		skb->mono_delivery_time = 1;
	else
		skb->tstamp = 0;
	skb_set_dst_pending_confirm(skb, sk->sk_dst_pending_confirm);
	memset(skb->cb, 0, sizeof(skb->cb));
}

/**
 * __tcp_transmit_skb() - send a segment, or a buffer of several
 * @sk: the socket; tcp_mstamp_refresh() was called
 * @skb: with its sequence numbers, flags and segment count in TCP_SKB_CB()
 * @clone_it: it stays in a queue; otherwise it is consumed
 * @gfp_mask: for the clone
 * @rcv_nxt: what is acknowledged
 *
 * Stack lock. Return: 0; -ENOBUFS; or what the layer below said.
 */
int __tcp_transmit_skb(struct sock *sk, struct sk_buff *skb, int clone_it, gfp_t gfp_mask,
		       u32 rcv_nxt)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u64 prior_wstamp = tp->tcp_wstamp_ns;
	struct sk_buff *oskb = NULL;
	unsigned int hdrlen;
	int err;

	BUG_ON(!tcp_skb_pcount(skb));
	tp->tcp_wstamp_ns = max(tp->tcp_wstamp_ns, tp->tcp_clock_cache);
	skb->skb_mstamp_ns = tp->tcp_wstamp_ns;
	if (clone_it) {
		oskb = skb;
		skb = clone_to_send(oskb, gfp_mask);
		if (unlikely(!skb))
			return -ENOBUFS;
	}
	skb->ooo_okay = sk_wmem_alloc_get(sk) < (int)SKB_TRUESIZE(1) || tcp_rtx_queue_empty(sk);
	hdrlen = build_header(sk, skb, rcv_nxt);
	set_owner(sk, skb, clone_it);
	tcp_v4_send_check(sk, skb);
	count_sent(sk, skb, hdrlen, rcv_nxt);
	strip(sk, skb);
	err = ip_queue_xmit(sk, skb, NULL);
	if (unlikely(err > 0)) {
		tcp_enter_cwr(sk);
		err = net_xmit_eval(err);
	}
	if (!err && oskb) {
		tcp_update_skb_after_send(sk, oskb, prior_wstamp);
		tcp_rate_skb_sent(sk, oskb);
	}
	return err;
}

int tcp_transmit_skb(struct sock *sk, struct sk_buff *skb, int clone_it, gfp_t gfp_mask)
{
	return __tcp_transmit_skb(sk, skb, clone_it, gfp_mask, tcp_sk(sk)->rcv_nxt);
}

/* A buffer for a segment that waits in no queue. */
struct sk_buff *tcp_alloc_control(gfp_t gfp, u32 seq, u8 flags)
{
	struct sk_buff *skb = alloc_skb(MAX_TCP_HEADER, gfp);

	if (likely(skb)) {
		skb_reserve(skb, MAX_TCP_HEADER);
		tcp_init_nondata_skb(skb, seq, flags);
	}
	return skb;
}

/* Without memory: later, and with every failure later still. */
static void ack_later(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	unsigned long delay = (unsigned long)TCP_DELACK_MAX << icsk->icsk_ack.retry;

	if (delay < tcp_rto_max(sk))
		icsk->icsk_ack.retry++;
	inet_csk_schedule_ack(sk);
	icsk->icsk_ack.ato = TCP_ATO_MIN;
	tcp_reset_xmit_timer(sk, ICSK_TIME_DACK, delay, false);
}

/* The caller has called tcp_mstamp_refresh(). */
void __tcp_send_ack(struct sock *sk, u32 rcv_nxt)
{
	struct sk_buff *skb;

	/* After a reset nothing is said any more. */
	if (sk->sk_state == TCP_CLOSE)
		return;
	skb = tcp_alloc_control(GFP_ATOMIC, tcp_acceptable_seq(sk), TCPHDR_ACK);
	if (unlikely(!skb)) {
		ack_later(sk);
		return;
	}
	__tcp_transmit_skb(sk, skb, 0, 0, rcv_nxt);
}

void tcp_send_ack(struct sock *sk)
{
	__tcp_send_ack(sk, tcp_sk(sk)->rcv_nxt);
}

/* Least of what is left, so that an acknowledgment is not later than the peer's retransmission. */
static u32 delack_max(const struct sock *sk)
{
	return min(inet_csk(sk)->icsk_delack_max, max(tcp_rto_min(sk), 2U) - 1);
}

/* How long one may wait now, jiffies. */
static u32 delack_ato(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	u32 ato = icsk->icsk_ack.ato, most = HZ / 2, rtt;

	if (ato > TCP_DELACK_MIN) {
		if (inet_csk_in_pingpong_mode(sk) || (icsk->icsk_ack.pending & ICSK_ACK_PUSHED))
			most = TCP_DELACK_MAX;
		if (tcp_sk(sk)->srtt_us) {
			rtt = (u32)usecs_to_jiffies(tcp_sk(sk)->srtt_us >> 3);
			most = min(most, max(rtt, TCP_DELACK_MIN));
		}
		ato = min(ato, most);
	}
	return min(ato, delack_max(sk));
}

/* Send an acknowledgment unless something to ride on comes soon. */
void tcp_send_delayed_ack(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	u32 ato = delack_ato(sk);
	u32 now = tcp_jiffies32, timeout = now + ato;

	if (icsk->icsk_ack.pending & ICSK_ACK_TIMER) {
		/* It would be sent in a moment anyway. */
		if (!time_after32(icsk->icsk_ack.timeout, now + (ato >> 2))) {
			tcp_send_ack(sk);
			return;
		}
		if (!time_before32(timeout, icsk->icsk_ack.timeout))
			timeout = icsk->icsk_ack.timeout;
	}
	icsk->icsk_ack.pending |= ICSK_ACK_SCHED | ICSK_ACK_TIMER;
	icsk->icsk_ack.timeout = timeout;
	tcp_timer_set(sk, ICSK_TIMER_DELACK, (int)(timeout - now));
}

void tcp_send_active_reset(struct sock *sk, gfp_t priority)
{
	struct sk_buff *skb;

	TCP_INC_STATS(sock_net(sk), TCP_MIB_OUTRSTS);
	skb = tcp_alloc_control(priority, tcp_acceptable_seq(sk), TCPHDR_ACK | TCPHDR_RST);
	tcp_mstamp_refresh(tcp_sk(sk));
	if (!skb || tcp_transmit_skb(sk, skb, 0, priority))
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPABORTFAILED);
}
