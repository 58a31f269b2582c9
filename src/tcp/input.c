// SPDX-License-Identifier: BSD-2-Clause
/*
 * Segments of a connection that is established (RFC 9293 section 3.10.7.4).
 *
 * Nearly all are what is expected next: those take the short way in tcp_rcv_established(), which checks
 * that nothing is special and does what is left. All others go through validate() and the steps of
 * the RFC.
 */
#include "tcp/tcp.h"

/* Challenges and limits */

/*
 * A segment that has to be answered may be part of a loop, or an attack: one answer in
 * tcp_invalid_ratelimit milliseconds and connection.
 */
bool tcp_oow_rate_limited(struct net *net, const struct sk_buff *skb, int mib_idx,
			  u32 *last_oow_ack_time)
{
	s32 elapsed;

	/* Data without SYN is worth an answer: the peer may have missed ours. */
	if (TCP_SKB_CB(skb)->seq != TCP_SKB_CB(skb)->end_seq && !tcp_hdr(skb)->syn)
		return false;
	if (*last_oow_ack_time) {
		elapsed = (s32)(tcp_jiffies32 - *last_oow_ack_time);
		if (elapsed >= 0 && elapsed < tcp_net(net)->sysctl_tcp_invalid_ratelimit) {
			NET_INC_STATS(net, mib_idx);
			return true;
		}
	}
	*last_oow_ack_time = tcp_jiffies32;
	return false;
}

/*
 * RFC 5961 section 10: so many in a second, of each connection, and a number that an attacker can't
 * guess (CVE-2016-5696).
 */
static bool challenge_allowed(struct tcp_sock *tp, u32 limit)
{
	u32 now = tcp_jiffies32 / HZ, half = (limit + 1) >> 1;

	if (limit == INT32_MAX)
		return true;
	if (now != tp->challenge_timestamp) {
		tp->challenge_timestamp = now;
		tp->challenge_count = half + (limit ? get_random_u32_below(limit) : 0);
	}
	if (!tp->challenge_count)
		return false;
	tp->challenge_count--;
	return true;
}

void tcp_send_challenge_ack(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct net *net = sock_net(sk);
	s32 elapsed = (s32)(tcp_jiffies32 - tp->last_oow_ack_time);

	if (tp->last_oow_ack_time && elapsed >= 0 &&
	    elapsed < tcp_net(net)->sysctl_tcp_invalid_ratelimit) {
		NET_INC_STATS(net, LINUX_MIB_TCPACKSKIPPEDCHALLENGE);
		return;
	}
	tp->last_oow_ack_time = tcp_jiffies32;
	if (!challenge_allowed(tp, (u32)tcp_net(net)->sysctl_tcp_challenge_ack_limit))
		return;
	NET_INC_STATS(net, LINUX_MIB_TCPCHALLENGEACK);
	tcp_send_ack(sk);
}

/* The peer is gone: say why, and end. */
void tcp_reset(struct sock *sk)
{
	switch (sk->sk_state) {
	case TCP_SYN_SENT:
		WRITE_ONCE(sk->sk_err, ECONNREFUSED);
		break;
	case TCP_CLOSE_WAIT:
		WRITE_ONCE(sk->sk_err, EPIPE);
		break;
	case TCP_CLOSE:
		return;
	default:
		WRITE_ONCE(sk->sk_err, ECONNRESET);
	}
	tcp_write_queue_purge(sk);
	tcp_done(sk);
	if (!sock_flag(sk, SOCK_DEAD))
		sk_error_report(sk);
}

/* Validity */

/*
 * A duplicate acknowledgment that is only late: its timestamp is older than the last one, by less than
 * a round trip or so. It may carry SACK blocks that are news.
 */
static bool disordered_ack(const struct sock *sk, const struct sk_buff *skb)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	const struct tcphdr *th = tcp_hdr(skb);
	u32 seq = TCP_SKB_CB(skb)->seq, ack = TCP_SKB_CB(skb)->ack_seq;

	return th->ack && seq == TCP_SKB_CB(skb)->end_seq && seq == tp->rcv_nxt &&
	       ack == tp->snd_una &&
	       !tcp_may_update_window(tp, ack, seq,
				      (u32)ntohs(th->window) << tp->rx_opt.snd_wscale) &&
	       (s32)(tp->rx_opt.ts_recent - tp->rx_opt.rcv_tsval) <=
		       (s32)(inet_csk(sk)->icsk_rto * 1200 / HZ);
}

static bool paws_discard(const struct sock *sk, const struct sk_buff *skb)
{
	return !tcp_paws_check(sock_net(sk), &tcp_sk(sk)->rx_opt, TCP_PAWS_WINDOW) &&
	       !disordered_ack(sk, skb);
}

/*
 * Is it in the window? Its left edge is what was acknowledged last. What ends beyond the right one is only
 * for a program that has nothing else to read; but a FIN takes no room.
 */
static enum skb_drop_reason check_sequence(const struct sock *sk, const struct sk_buff *skb,
					   const struct tcphdr *th)
{
	u32 seq = TCP_SKB_CB(skb)->seq, end_seq = TCP_SKB_CB(skb)->end_seq, limit;
	const struct tcp_sock *tp = tcp_sk(sk);

	if (before(end_seq, tp->rcv_wup))
		return SKB_DROP_REASON_TCP_OLD_DATA;
	limit = tp->rcv_nxt + tcp_receive_window(tp);
	if (likely(!after(end_seq - th->fin, limit)))
		return SKB_NOT_DROPPED_YET;
	if (after(seq, limit) || !skb_queue_empty(&sk->sk_receive_queue))
		return SKB_DROP_REASON_TCP_OVERWINDOW;
	return SKB_NOT_DROPPED_YET;
}

/* RFC 5961 section 3.2, or the end of one of the holes that SACK told the peer of. */
static bool reset_matches_sack(const struct tcp_sock *tp, u32 seq)
{
	const struct tcp_sack_block *sp;
	u32 max_sack;

	if (!tcp_is_sack(tp) || !tp->rx_opt.num_sacks)
		return false;
	sp = tp->sacks->selective_acks;
	max_sack = sp[0].end_seq;
	for (int i = 1; i < tp->rx_opt.num_sacks; i++)
		if (after(sp[i].end_seq, max_sack))
			max_sack = sp[i].end_seq;
	return seq == max_sack;
}

/* A RST of a FIN that we have acknowledged: some peers send it with the number of the FIN. */
static bool reset_check(const struct sock *sk, const struct sk_buff *skb)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return TCP_SKB_CB(skb)->seq == tp->rcv_nxt - 1 &&
	       ((1 << sk->sk_state) & (TCPF_CLOSE_WAIT | TCPF_LAST_ACK | TCPF_CLOSING));
}

static void handle_rst(struct sock *sk, const struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (TCP_SKB_CB(skb)->seq == tp->rcv_nxt || reset_check(sk, skb) ||
	    reset_matches_sack(tp, TCP_SKB_CB(skb)->seq)) {
		tcp_reset(sk);
		return;
	}
	/* In the window, but not where a peer that is alive would say it: ask. */
	if (tp->syn_fastopen && !tp->data_segs_in && sk->sk_state == TCP_ESTABLISHED)
		tcp_fastopen_active_disable(sk);
	tcp_send_challenge_ack(sk);
}

/* Not acceptable. Return: false. */
static bool refuse(struct sock *sk, struct sk_buff *skb, enum skb_drop_reason reason)
{
	tcp_drop_reason(sk, skb, reason);
	return false;
}

static bool bad_sequence(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th,
			 enum skb_drop_reason reason)
{
	if (th->rst) {
		if (!reset_check(sk, skb))
			return refuse(sk, skb, reason);
		tcp_reset(sk);
		return refuse(sk, skb, SKB_DROP_REASON_TCP_RESET);
	}
	if (th->syn) {
		/* RFC 5961 section 4.2. */
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPSYNCHALLENGE);
		tcp_send_challenge_ack(sk);
		return refuse(sk, skb, SKB_DROP_REASON_TCP_INVALID_SYN);
	}
	if (!tcp_oow_rate_limited(sock_net(sk), skb, LINUX_MIB_TCPACKSKIPPEDSEQ,
				  &tcp_sk(sk)->last_oow_ack_time))
		tcp_send_dupack(sk, skb);
	return refuse(sk, skb, reason);
}

/*
 * First, second and fourth step of RFC 9293 section 3.10.7.4, with RFC 7323 and RFC 5961.
 * @syn_inerr: a SYN is an error. Return: whether to go on; if not, @skb is consumed.
 */
bool tcp_validate_incoming(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th,
			   int syn_inerr)
{
	struct tcp_sock *tp = tcp_sk(sk);
	enum skb_drop_reason reason;

	if (tcp_fast_parse_options(sock_net(sk), skb, th, tp) && tp->rx_opt.saw_tstamp &&
	    paws_discard(sk, skb) && !th->rst) {
		/* A SYN with a newer number: the peer has restarted, and is to be asked. */
		if (!unlikely(th->syn)) {
			NET_INC_STATS(sock_net(sk), LINUX_MIB_PAWSESTABREJECTED);
			if (!tcp_oow_rate_limited(sock_net(sk), skb, LINUX_MIB_TCPACKSKIPPEDPAWS,
						  &tp->last_oow_ack_time))
				tcp_send_dupack(sk, skb);
			return refuse(sk, skb, SKB_DROP_REASON_TCP_RFC7323_PAWS);
		}
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPSYNCHALLENGE);
		tcp_send_challenge_ack(sk);
		return refuse(sk, skb, SKB_DROP_REASON_TCP_INVALID_SYN);
	}
	reason = check_sequence(sk, skb, th);
	if (reason)
		return bad_sequence(sk, skb, th, reason);
	if (th->rst) {
		handle_rst(sk, skb);
		return refuse(sk, skb, SKB_DROP_REASON_TCP_RESET);
	}
	if (th->syn) {
		/* The peer of a simultaneous open, whose SYN-ACK repeats its SYN. */
		if (sk->sk_state == TCP_SYN_RECV && sk->sk_socket && th->ack &&
		    TCP_SKB_CB(skb)->seq + 1 == TCP_SKB_CB(skb)->end_seq &&
		    TCP_SKB_CB(skb)->seq + 1 == tp->rcv_nxt &&
		    TCP_SKB_CB(skb)->ack_seq == tp->snd_nxt)
			return true;
		if (syn_inerr)
			TCP_INC_STATS(sock_net(sk), TCP_MIB_INERRS);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPSYNCHALLENGE);
		tcp_send_challenge_ack(sk);
		return refuse(sk, skb, SKB_DROP_REASON_TCP_INVALID_SYN);
	}
	return true;
}

/* Data */

void tcp_rcv_nxt_update(struct tcp_sock *tp, u32 seq)
{
	tp->bytes_received += seq - tp->rcv_nxt;
	WRITE_ONCE(tp->rcv_nxt, seq);
}

/* Append to the receive queue. Return: whether it was merged and is the caller's to release. */
int tcp_queue_rcv(struct sock *sk, struct sk_buff *skb, bool *fragstolen)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	bool eaten = tail && tcp_try_coalesce(sk, tail, skb, fragstolen);

	tcp_rcv_nxt_update(tcp_sk(sk), TCP_SKB_CB(skb)->end_seq);
	if (!eaten) {
		skb->dev = NULL;
		__skb_queue_tail(&sk->sk_receive_queue, skb);
		skb_set_owner_r(skb, sk);
	}
	return eaten;
}

/* Whether there is enough to read for SO_RCVLOWAT, or as much as can come. */
static bool enough_to_read(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	int avail = (int)(tp->rcv_nxt - tp->copied_seq);

	if (avail <= 0)
		return false;
	return avail >= sk->sk_rcvlowat || sk_rmem_alloc_get(sk) > sk->sk_rcvbuf ||
	       (avail && tcp_receive_window(tp) <= inet_csk(sk)->icsk_ack.rcv_mss);
}

void tcp_data_ready(struct sock *sk)
{
	if (enough_to_read(sk) || sock_flag(sk, SOCK_DONE))
		sk->sk_data_ready(sk);
}

/* The peer has no more to say (RFC 9293 section 3.10.7.4, eighth step). */
void tcp_fin(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	inet_csk_schedule_ack(sk);
	sk->sk_shutdown |= RCV_SHUTDOWN;
	sock_set_flag(sk, SOCK_DONE);
	switch (sk->sk_state) {
	case TCP_SYN_RECV:
	case TCP_ESTABLISHED:
		tcp_set_state(sk, TCP_CLOSE_WAIT);
		inet_csk_enter_pingpong_mode(sk);
		break;
	case TCP_FIN_WAIT1:
		/* Both at once: ours is not acknowledged yet. */
		tcp_send_ack(sk);
		tcp_set_state(sk, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT2:
		tcp_send_ack(sk);
		tcp_time_wait(sk, TCP_TIME_WAIT, 0);
		break;
	default:
		/* The other states have seen it. */
		break;
	}
	/* Nothing comes behind it. */
	if (!RB_EMPTY_ROOT(&tp->out_of_order_queue)) {
		skb_rbtree_purge(&tp->out_of_order_queue);
		tp->ooo_last_skb = NULL;
	}
	if (tcp_is_sack(tp))
		tp->rx_opt.dsack = tp->rx_opt.num_sacks = 0;
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_state_change(sk);
}

/* A FIN that nobody will read: nothing is queued of what is about to end. */
static void take_fin(struct sock *sk, struct sk_buff *skb)
{
	tcp_rcv_nxt_update(tcp_sk(sk), TCP_SKB_CB(skb)->end_seq);
	tcp_fin(sk);
	consume_skb(skb);
}

/* What is next in the stream. */
static void queue_in_order(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool fragstolen = false, eaten;

	eaten = tcp_queue_rcv(sk, skb, &fragstolen);
	if (skb->len)
		tcp_event_data_recv(sk, skb);
	if (TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN)
		tcp_fin(sk);
	if (!RB_EMPTY_ROOT(&tp->out_of_order_queue)) {
		tcp_ofo_queue(sk);
		/* RFC 5681 section 4.2: what fills a hole is acknowledged at once. */
		if (RB_EMPTY_ROOT(&tp->out_of_order_queue))
			inet_csk(sk)->icsk_ack.pending |= ICSK_ACK_NOW;
	}
	if (tp->rx_opt.num_sacks)
		tcp_sack_remove(tp);
	if (eaten)
		kfree_skb_partial(skb, fragstolen);
	if (!sock_flag(sk, SOCK_DEAD))
		tcp_data_ready(sk);
}

static void out_of_window(struct sock *sk, struct sk_buff *skb, enum skb_drop_reason reason)
{
	tcp_enter_quickack_mode(sk, TCP_MAX_QUICKACKS);
	inet_csk_schedule_ack(sk);
	tcp_drop_reason(sk, skb, reason);
}

/* What is next, but there is no room for it. Return: whether it was taken all the same. */
static bool make_room(struct sock *sk, struct sk_buff *skb)
{
	enum skb_drop_reason reason = SKB_DROP_REASON_PROTO_MEM;

	if (!tcp_try_rmem_schedule(sk, skb, skb->truesize))
		return true;
	/* An empty queue takes one: else nothing would ever move. */
	if (!skb_queue_len(&sk->sk_receive_queue) && !sk_host_full(sk) &&
	    sk_rmem_alloc_get(sk) <= sk->sk_rcvbuf)
		return true;
	/* The window that was offered can't be kept: a zero window says so. */
	inet_csk(sk)->icsk_ack.pending |= ICSK_ACK_NOMEM | ICSK_ACK_NOW;
	inet_csk_schedule_ack(sk);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPRCVQDROP);
	sk->sk_data_ready(sk);
	tcp_drop_reason(sk, skb, reason);
	return false;
}

/* A part of it was received: the rest is next. Return: whether it was taken. */
static bool overlaps_left(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tcp_dsack_set(sk, TCP_SKB_CB(skb)->seq, tp->rcv_nxt);
	if (!tcp_receive_window(tp)) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPZEROWINDOWDROP);
		out_of_window(sk, skb, SKB_DROP_REASON_TCP_ZEROWINDOW);
		return false;
	}
	return make_room(sk, skb);
}

/* Data of a segment that is acceptable; @skb: data at the header. Consumes it. */
void tcp_data_queue(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 seq = TCP_SKB_CB(skb)->seq, end_seq = TCP_SKB_CB(skb)->end_seq;

	if (seq == end_seq) {
		consume_skb(skb);
		return;
	}
	skb_dst_drop(skb);
	tcp_ecn_accept_cwr(sk, skb);
	__skb_pull(skb, tcp_hdr(skb)->doff * 4U);
	tp->rx_opt.dsack = 0;
	if (seq == tp->rcv_nxt) {
		bool fin_alone = !skb->len && (TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN);

		if (fin_alone && sock_flag(sk, SOCK_DEAD)) {
			take_fin(sk, skb);
			return;
		}
		if (!tcp_receive_window(tp)) {
			/* It takes no room. */
			if (fin_alone) {
				queue_in_order(sk, skb);
				return;
			}
			NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPZEROWINDOWDROP);
			out_of_window(sk, skb, SKB_DROP_REASON_TCP_ZEROWINDOW);
			return;
		}
		if (make_room(sk, skb))
			queue_in_order(sk, skb);
		return;
	}
	if (!after(end_seq, tp->rcv_nxt)) {
		/* Received before: our acknowledgment was lost. */
		NET_INC_STATS(sock_net(sk), LINUX_MIB_DELAYEDACKLOST);
		tcp_dsack_set(sk, seq, end_seq);
		out_of_window(sk, skb, SKB_DROP_REASON_TCP_OLD_DATA);
		return;
	}
	if (!before(seq, tp->rcv_nxt + tcp_receive_window(tp))) {
		out_of_window(sk, skb, SKB_DROP_REASON_TCP_OVERWINDOW);
		return;
	}
	if (before(seq, tp->rcv_nxt)) {
		if (overlaps_left(sk, skb))
			queue_in_order(sk, skb);
		return;
	}
	tcp_data_queue_ofo(sk, skb);
}

/* After a segment: send what may be sent now, and acknowledge. */

static void data_snd_check(struct sock *sk)
{
	if (tcp_send_head(sk))
		__tcp_push_pending_frames(sk, tcp_current_mss(sk), tcp_sk(sk)->nonagle);
	tcp_check_space(sk);
}

static void ack_snd_check(struct sock *sk)
{
	if (inet_csk_ack_scheduled(sk))
		__tcp_ack_snd_check(sk, 1);
}

void tcp_after_segment(struct sock *sk)
{
	data_snd_check(sk);
	ack_snd_check(sk);
}

/* The short way */

/* Is it what is expected: nothing but ACK and PSH, next in the stream, window unchanged? */
static bool is_expected(const struct tcp_sock *tp, const struct sk_buff *skb,
			const struct tcphdr *th)
{
	u8 flags = tcp_flag_byte(th) & (u8)~TCPHDR_PSH;

	return flags == TCPHDR_ACK && TCP_SKB_CB(skb)->seq == tp->rcv_nxt &&
	       !after(TCP_SKB_CB(skb)->ack_seq, tp->snd_nxt) &&
	       /* RFC 5961 section 5.2: an old one is looked at before the data is taken. */
	       !before(TCP_SKB_CB(skb)->ack_seq, tp->snd_una) &&
	       (u32)ntohs(th->window) << tp->rx_opt.snd_wscale == tp->snd_wnd &&
	       RB_EMPTY_ROOT(&tp->out_of_order_queue) && !tp->urg_data && tp->rcv_wnd;
}

/* And with no options but a timestamp that is not older than the last? */
static bool options_expected(struct tcp_sock *tp, const struct sk_buff *skb,
			     const struct tcphdr *th)
{
	unsigned int hlen = th->doff * 4U;

	tp->rx_opt.saw_tstamp = 0;
	if (hlen != tp->tcp_header_len)
		return false;
	if (hlen == sizeof(*th))
		return true;
	return tcp_fast_parse_options(sock_net((struct sock *)tp), skb, th, tp) &&
	       !TCP_SKB_CB(skb)->sacked && tp->rx_opt.saw_tstamp &&
	       (s32)(tp->rx_opt.rcv_tsval - tp->rx_opt.ts_recent) >= 0;
}

/* RFC 7323 section 4.3 for a segment on the short way: it starts at rcv_nxt. */
static void note_tstamp(struct tcp_sock *tp)
{
	if (tp->rx_opt.saw_tstamp && tp->rcv_nxt == tp->rcv_wup)
		tcp_store_ts_recent(tp);
}

static void short_ack(struct sock *sk, struct sk_buff *skb)
{
	note_tstamp(tcp_sk(sk));
	tcp_ack(sk, skb, 0);
	consume_skb(skb);
	data_snd_check(sk);
}

/* Return: whether it was taken; @skb is not consumed otherwise. */
static bool short_data(struct sock *sk, struct sk_buff *skb, unsigned int hlen)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool fragstolen = false, eaten;

	if ((int)skb->truesize > sk->sk_rcvbuf - sk_rmem_alloc_get(sk) || sk_host_full(sk) ||
	    !sk_wmem_schedule(sk, (int)skb->truesize) || skb->len - hlen > tcp_receive_window(tp))
		return false;
	note_tstamp(tp);
	tcp_rcv_rtt_measure_ts(sk, skb);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPHPHITS);
	skb_dst_drop(skb);
	__skb_pull(skb, hlen);
	eaten = tcp_queue_rcv(sk, skb, &fragstolen);
	tcp_event_data_recv(sk, skb);
	if (TCP_SKB_CB(skb)->ack_seq != tp->snd_una) {
		tcp_ack(sk, skb, FLAG_DATA);
		data_snd_check(sk);
		if (inet_csk_ack_scheduled(sk))
			__tcp_ack_snd_check(sk, 0);
	} else {
		/* The window's left edge moves with the data. */
		tp->snd_wl1 = TCP_SKB_CB(skb)->seq;
		__tcp_ack_snd_check(sk, 0);
	}
	if (eaten)
		kfree_skb_partial(skb, fragstolen);
	tcp_data_ready(sk);
	return true;
}

static bool short_way(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th)
{
	struct tcp_sock *tp = tcp_sk(sk);
	unsigned int hlen = th->doff * 4U;

	if (!is_expected(tp, skb, th) || !options_expected(tp, skb, th))
		return false;
	if (skb->len > hlen)
		return short_data(sk, skb, hlen);
	/* An acknowledgment of nothing new may be a duplicate. */
	if (!after(TCP_SKB_CB(skb)->ack_seq, tp->snd_una))
		return false;
	short_ack(sk, skb);
	return true;
}

/* A segment of an established connection; checksum right, data at the header. Consumes it. */
void tcp_rcv_established(struct sock *sk, struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);
	struct tcp_sock *tp = tcp_sk(sk);
	int ret;

	tcp_mstamp_arrived(tp);
	if (short_way(sk, skb, th))
		return;
	if (!th->ack && !th->rst && !th->syn) {
		tcp_drop_reason(sk, skb, SKB_DROP_REASON_TCP_FLAGS);
		return;
	}
	if (!tcp_validate_incoming(sk, skb, th, 1))
		return;
	ret = tcp_ack(sk, skb, FLAG_SLOWPATH | FLAG_UPDATE_TS_RECENT);
	if (ret < 0) {
		tcp_drop_reason(sk, skb, (enum skb_drop_reason) - ret);
		return;
	}
	tcp_rcv_rtt_measure_ts(sk, skb);
	tcp_urg(sk, skb, th);
	tcp_data_queue(sk, skb);
	tcp_after_segment(sk);
}
