// SPDX-License-Identifier: BSD-2-Clause
/* Segments in all states but ESTABLISHED and TIME-WAIT (RFC 9293 section 3.10.7). */
#include "tcp/tcp.h"

void tcp_finish_connect(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tcp_set_state(sk, TCP_ESTABLISHED);
	inet_csk(sk)->icsk_ack.lrcvtime = tcp_jiffies32;
	tcp_init_transfer(sk, 0, skb);
	/* However long the handshake took, the path was not idle. */
	tp->lsndtime = tcp_jiffies32;
	if (sock_flag(sk, SOCK_KEEPOPEN))
		inet_csk_reset_keepalive_timer(sk, keepalive_time_when(tp));
}

/* The first SYN was only late, as the echo of its timestamp shows: its loss is forgotten. */
static void try_undo_spurious_syn(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (tp->undo_marker && tp->retrans_stamp && tp->rx_opt.saw_tstamp &&
	    tp->retrans_stamp == tp->rx_opt.rcv_tsecr)
		tp->undo_marker = 0;
}

/* Length of the header of all that follows, now that it is known whether it has timestamps. */
static void set_header_len(struct tcp_sock *tp)
{
	tp->tcp_header_len = sizeof(struct tcphdr);
	if (!tp->rx_opt.saw_tstamp)
		return;
	tp->rx_opt.tstamp_ok = 1;
	tp->tcp_header_len += TCPOLEN_TSTAMP_ALIGNED;
	tcp_store_ts_recent(tp);
}

/* SYN-SENT */

/* What becomes of a segment in SYN-SENT. */
enum synsent {
	SYNSENT_TAKEN,	   /* consumed */
	SYNSENT_CONNECTED, /* go on with its data */
	SYNSENT_DISCARD,   /* forget its options and drop it */
	SYNSENT_RESET,	   /* the same, and answer with a reset */
};

/* The acknowledgment, RFC 9293 section 3.10.7.3 first step. */
static enum synsent check_synack(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th,
				 enum skb_drop_reason *reason)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 ack = TCP_SKB_CB(skb)->ack_seq;

	if (!after(ack, tp->snd_una) || after(ack, tp->snd_nxt)) {
		/* The peer has an old connection of these ports: ours comes soon after the reset. */
		if (!inet_csk(sk)->icsk_retransmits)
			inet_csk_reset_xmit_timer(sk, ICSK_TIME_RETRANS, TCP_TIMEOUT_MIN,
						  tcp_rto_max(sk));
		*reason = SKB_DROP_REASON_TCP_INVALID_SEQUENCE;
		return SYNSENT_RESET;
	}
	if (tp->rx_opt.saw_tstamp && tp->rx_opt.rcv_tsecr &&
	    !between(tp->rx_opt.rcv_tsecr, tp->retrans_stamp, tcp_time_stamp_ts(tp))) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_PAWSACTIVEREJECTED);
		*reason = SKB_DROP_REASON_TCP_RFC7323_PAWS;
		return SYNSENT_RESET;
	}
	if (th->rst) {
		tcp_reset(sk);
		consume_skb(skb);
		return SYNSENT_TAKEN;
	}
	if (!th->syn) {
		*reason = SKB_DROP_REASON_TCP_FLAGS;
		return SYNSENT_DISCARD;
	}
	return SYNSENT_CONNECTED;
}

static void take_synack(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tcp_ecn_rcv_synack(tp, th);
	tp->snd_wl1 = TCP_SKB_CB(skb)->seq;
	try_undo_spurious_syn(sk);
	tcp_ack(sk, skb, FLAG_SLOWPATH);
	WRITE_ONCE(tp->rcv_nxt, TCP_SKB_CB(skb)->seq + 1);
	tp->rcv_wup = tp->rcv_nxt;
	/* Not scaled, RFC 7323 section 2.2. */
	tp->snd_wnd = ntohs(th->window);
	if (!tp->rx_opt.wscale_ok) {
		tp->rx_opt.snd_wscale = tp->rx_opt.rcv_wscale = 0;
		tp->window_clamp = min(tp->window_clamp, 65535U);
	}
	set_header_len(tp);
	if (tp->rx_opt.tstamp_ok)
		tp->advmss -= TCPOLEN_TSTAMP_ALIGNED;
	tcp_sync_mss(sk, inet_csk(sk)->icsk_pmtu_cookie);
	tcp_initialize_rcv_mss(sk);
	WRITE_ONCE(tp->copied_seq, tp->rcv_nxt);
}

/* Our SYN was answered. */
static enum synsent connected(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th,
			      struct tcp_fastopen_cookie *foc)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool fastopen_fail;

	take_synack(sk, skb, th);
	tcp_finish_connect(sk, skb);
	fastopen_fail = (tp->syn_fastopen || tp->syn_data) && tcp_rcv_fastopen_synack(sk, skb, foc);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_state_change(sk);
	/* The data of the SYN is sent again, which acknowledges. */
	if (fastopen_fail)
		return SYNSENT_CONNECTED;
	if (READ_ONCE(sk->sk_write_pending) || inet_csk_defer_accept(sk) ||
	    inet_csk_in_pingpong_mode(sk)) {
		/* The program will send at once: the acknowledgment waits for that. */
		inet_csk_schedule_ack(sk);
		tcp_enter_quickack_mode(sk, TCP_MAX_QUICKACKS);
		inet_csk_reset_xmit_timer(sk, ICSK_TIME_DACK, TCP_DELACK_MAX, tcp_rto_max(sk));
		consume_skb(skb);
		return SYNSENT_TAKEN;
	}
	tcp_send_ack(sk);
	return SYNSENT_CONNECTED;
}

/* Both sides connect at once, RFC 9293 section 3.5. */
static void simultaneous_open(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tcp_set_state(sk, TCP_SYN_RECV);
	set_header_len(tp);
	WRITE_ONCE(tp->rcv_nxt, TCP_SKB_CB(skb)->seq + 1);
	WRITE_ONCE(tp->copied_seq, tp->rcv_nxt);
	tp->rcv_wup = tp->rcv_nxt;
	tp->snd_wnd = ntohs(th->window);
	tp->snd_wl1 = TCP_SKB_CB(skb)->seq;
	tp->max_window = tp->snd_wnd;
	tcp_ecn_rcv_syn(tp, th);
	tcp_mtup_init(sk);
	tcp_sync_mss(sk, inet_csk(sk)->icsk_pmtu_cookie);
	tcp_initialize_rcv_mss(sk);
	tcp_send_synack(sk);
	consume_skb(skb);
}

static enum synsent without_ack(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th,
				enum skb_drop_reason *reason)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (th->rst) {
		*reason = SKB_DROP_REASON_TCP_RESET;
		return SYNSENT_DISCARD;
	}
	if (tp->rx_opt.ts_recent_stamp && tp->rx_opt.saw_tstamp &&
	    tcp_paws_reject(sock_net(sk), &tp->rx_opt, 0)) {
		*reason = SKB_DROP_REASON_TCP_RFC7323_PAWS;
		return SYNSENT_DISCARD;
	}
	if (!th->syn) {
		*reason = SKB_DROP_REASON_TCP_FLAGS;
		return SYNSENT_DISCARD;
	}
	simultaneous_open(sk, skb, th);
	return SYNSENT_TAKEN;
}

static enum skb_drop_reason rcv_synsent(struct sock *sk, struct sk_buff *skb,
					const struct tcphdr *th)
{
	struct tcp_fastopen_cookie foc = { .len = -1 };
	enum skb_drop_reason reason = SKB_DROP_REASON_TCP_FLAGS;
	struct tcp_sock *tp = tcp_sk(sk);
	u16 saved_clamp = tp->rx_opt.mss_clamp;
	enum synsent what;

	tcp_parse_options(sock_net(sk), skb, &tp->rx_opt, 0, &foc);
	if (tp->rx_opt.saw_tstamp && tp->rx_opt.rcv_tsecr)
		tp->rx_opt.rcv_tsecr -= tp->tsoffset;
	what = th->ack ? check_synack(sk, skb, th, &reason) : without_ack(sk, skb, th, &reason);
	if (what == SYNSENT_CONNECTED) {
		what = connected(sk, skb, th, &foc);
		if (what == SYNSENT_CONNECTED) {
			tcp_urg(sk, skb, th);
			consume_skb(skb);
			tcp_after_segment(sk);
		}
		return SKB_NOT_DROPPED_YET;
	}
	if (what == SYNSENT_TAKEN)
		return SKB_NOT_DROPPED_YET;
	/* As if it had never come. */
	tcp_clear_options(&tp->rx_opt);
	tp->rx_opt.mss_clamp = saved_clamp;
	if (what == SYNSENT_RESET)
		return reason;
	tcp_drop_reason(sk, skb, reason);
	return SKB_NOT_DROPPED_YET;
}

/* LISTEN */

static enum skb_drop_reason rcv_listen(struct sock *sk, struct sk_buff *skb,
				       const struct tcphdr *th)
{
	if (th->ack)
		return SKB_DROP_REASON_TCP_FLAGS;
	if (th->rst) {
		tcp_drop_reason(sk, skb, SKB_DROP_REASON_TCP_RESET);
		return SKB_NOT_DROPPED_YET;
	}
	if (!th->syn || th->fin) {
		tcp_drop_reason(sk, skb, SKB_DROP_REASON_TCP_FLAGS);
		return SKB_NOT_DROPPED_YET;
	}
	tcp_conn_request(sk, skb);
	consume_skb(skb);
	return SKB_NOT_DROPPED_YET;
}

/* The other states: what the acknowledgment completes (RFC 9293 section 3.10.7.4, fifth step) */

static void rcv_synrecv_fastopen(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	/* A timeout of the SYN-ACK alone is not one of the data. */
	if (inet_csk(sk)->icsk_ca_state == TCP_CA_Loss && !tp->packets_out)
		tcp_try_undo_recovery(sk);
	inet_csk(sk)->icsk_retransmits = 0;
	reqsk_fastopen_remove(sk, tp->fastopen_rsk, false);
	/* The timer was the SYN-ACK's. */
	tcp_rearm_rto(sk);
}

static void synrecv_acked(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct request_sock *req = tp->fastopen_rsk;

	tp->delivered++; /* SYN-ACK */
	if (!tp->srtt_us)
		tcp_synack_rtt_meas(sk, req);
	if (tp->rx_opt.tstamp_ok)
		tp->advmss -= TCPOLEN_TSTAMP_ALIGNED;
	if (req) {
		rcv_synrecv_fastopen(sk);
	} else {
		try_undo_spurious_syn(sk);
		tp->retrans_stamp = 0;
		tcp_init_transfer(sk, 1, skb);
		WRITE_ONCE(tp->copied_seq, tp->rcv_nxt);
	}
	tcp_set_state(sk, TCP_ESTABLISHED);
	sk->sk_state_change(sk);
	tp->snd_una = TCP_SKB_CB(skb)->ack_seq;
	tp->snd_wnd = (u32)ntohs(th->window) << tp->rx_opt.snd_wscale;
	tp->snd_wl1 = TCP_SKB_CB(skb)->seq;
	if (!inet_csk(sk)->icsk_ca_ops->cong_control)
		tcp_update_pacing_rate(sk);
	tp->lsndtime = tcp_jiffies32;
	tcp_initialize_rcv_mss(sk);
	/* It was shut down before. */
	if (sk->sk_shutdown & SEND_SHUTDOWN)
		tcp_shutdown(sk, SEND_SHUTDOWN);
}

/* Has a segment data behind what was received? Its FIN is none. */
static bool has_new_data(const struct tcp_sock *tp, const struct sk_buff *skb,
			 const struct tcphdr *th)
{
	return TCP_SKB_CB(skb)->end_seq != TCP_SKB_CB(skb)->seq &&
	       after(TCP_SKB_CB(skb)->end_seq - th->fin, tp->rcv_nxt);
}

/* Our FIN is acknowledged. Return: whether @skb is done with; *@reason: reset is to be sent. */
static bool finwait1_acked(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th,
			   enum skb_drop_reason *reason)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 tmo;

	if (tp->fastopen_rsk)
		rcv_synrecv_fastopen(sk);
	if (tp->snd_una != tp->write_seq)
		return false;
	tcp_set_state(sk, TCP_FIN_WAIT2);
	sk->sk_shutdown |= SEND_SHUTDOWN;
	sk_dst_confirm(sk);
	if (!sock_flag(sk, SOCK_DEAD)) {
		sk->sk_state_change(sk);
		return false;
	}
	/* Nobody is there to read it (RFC 1122 section 4.2.2.13), or to wait for a FIN. */
	if (tp->linger2 < 0 || has_new_data(tp, skb, th)) {
		if (tp->linger2 >= 0 && tp->syn_fastopen && th->fin)
			tcp_fastopen_active_disable(sk);
		tcp_done(sk);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPABORTONDATA);
		*reason = SKB_DROP_REASON_TCP_CLOSE;
		return true;
	}
	tmo = tcp_fin_time(sk);
	if (tmo > TCP_TIMEWAIT_LEN) {
		inet_csk_reset_keepalive_timer(sk, tmo - TCP_TIMEWAIT_LEN);
		return false;
	}
	if (th->fin) {
		/* It is handled below, and that needs the socket. */
		inet_csk_reset_keepalive_timer(sk, tmo);
		return false;
	}
	tcp_time_wait(sk, TCP_FIN_WAIT2, (int)tmo);
	consume_skb(skb);
	return true;
}

/* Return: whether @skb is done with; then *@reason as tcp_rcv_state_process() returns it. */
static bool acked(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th,
		  enum skb_drop_reason *reason)
{
	struct tcp_sock *tp = tcp_sk(sk);

	*reason = SKB_NOT_DROPPED_YET;
	switch (sk->sk_state) {
	case TCP_SYN_RECV:
		synrecv_acked(sk, skb, th);
		return false;
	case TCP_FIN_WAIT1:
		return finwait1_acked(sk, skb, th, reason);
	case TCP_CLOSING:
		if (tp->snd_una != tp->write_seq)
			return false;
		tcp_time_wait(sk, TCP_TIME_WAIT, 0);
		break;
	case TCP_LAST_ACK:
		if (tp->snd_una != tp->write_seq)
			return false;
		tcp_update_metrics(sk);
		tcp_done(sk);
		break;
	default:
		return false;
	}
	consume_skb(skb);
	return true;
}

/* Seventh step. Return: SKB_NOT_DROPPED_YET, or why it is to be reset. */
static enum skb_drop_reason take_data(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th)
{
	struct tcp_sock *tp = tcp_sk(sk);

	switch (sk->sk_state) {
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		/* Behind a FIN there is nothing. */
		if (!before(TCP_SKB_CB(skb)->seq, tp->rcv_nxt)) {
			consume_skb(skb);
			break;
		}
		__attribute__((__fallthrough__));
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
		/* RFC 1122 section 4.2.2.13: data for nobody is answered with a reset. */
		if ((sk->sk_shutdown & RCV_SHUTDOWN) && has_new_data(tp, skb, th)) {
			NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPABORTONDATA);
			tcp_reset(sk);
			return SKB_DROP_REASON_TCP_CLOSE;
		}
		__attribute__((__fallthrough__));
	case TCP_ESTABLISHED:
		tcp_data_queue(sk, skb);
		break;
	default:
		consume_skb(skb);
	}
	return SKB_NOT_DROPPED_YET;
}

/* The acknowledgment is not acceptable. Return: SKB_NOT_DROPPED_YET, or why to reset. */
static enum skb_drop_reason bad_ack(struct sock *sk, struct sk_buff *skb, int ret)
{
	enum skb_drop_reason reason = ret ? (enum skb_drop_reason) - ret :
					    SKB_DROP_REASON_TCP_OLD_ACK;

	if (sk->sk_state == TCP_SYN_RECV)
		return reason;
	/* An old one says nothing, one of what was not sent is asked about. */
	if (ret < 0)
		tcp_send_challenge_ack(sk);
	tcp_drop_reason(sk, skb, reason);
	return SKB_NOT_DROPPED_YET;
}

static enum skb_drop_reason rcv_connection(struct sock *sk, struct sk_buff *skb,
					   const struct tcphdr *th)
{
	struct tcp_sock *tp = tcp_sk(sk);
	enum skb_drop_reason reason = SKB_DROP_REASON_TCP_FASTOPEN;
	int ret;

	if (tp->fastopen_rsk && !tcp_check_req(sk, skb, tp->fastopen_rsk, true, &reason)) {
		tcp_drop_reason(sk, skb, reason);
		return SKB_NOT_DROPPED_YET;
	}
	if (!th->ack && !th->rst && !th->syn) {
		tcp_drop_reason(sk, skb, SKB_DROP_REASON_TCP_FLAGS);
		return SKB_NOT_DROPPED_YET;
	}
	if (!tcp_validate_incoming(sk, skb, th, 0))
		return SKB_NOT_DROPPED_YET;
	ret = tcp_ack(sk, skb, FLAG_SLOWPATH | FLAG_UPDATE_TS_RECENT | FLAG_NO_CHALLENGE_ACK);
	/* An acknowledgment of the past may still bring the FIN. */
	if (ret < 0 || (!ret && sk->sk_state == TCP_SYN_RECV))
		return bad_ack(sk, skb, ret);
	if (acked(sk, skb, th, &reason))
		return reason;
	tcp_urg(sk, skb, th);
	reason = take_data(sk, skb, th);
	if (!reason && sk->sk_state != TCP_CLOSE)
		tcp_after_segment(sk);
	return reason;
}

enum skb_drop_reason tcp_rcv_state_process(struct sock *sk, struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);

	switch (sk->sk_state) {
	case TCP_CLOSE:
		tcp_drop_reason(sk, skb, SKB_DROP_REASON_TCP_CLOSE);
		return SKB_NOT_DROPPED_YET;
	case TCP_LISTEN:
		return rcv_listen(sk, skb, th);
	default:
		break;
	}
	tcp_mstamp_arrived(tcp_sk(sk));
	tcp_sk(sk)->rx_opt.saw_tstamp = 0;
	if (sk->sk_state == TCP_SYN_SENT)
		return rcv_synsent(sk, skb, th);
	return rcv_connection(sk, skb, th);
}

/* The first segment of a child. The caller keeps its reference. */
enum skb_drop_reason tcp_child_process(struct sock *parent, struct sock *child, struct sk_buff *skb)
{
	int state = child->sk_state;
	enum skb_drop_reason reason;

	tcp_segs_in(tcp_sk(child), skb);
	reason = tcp_rcv_state_process(child, skb);
	if (state == TCP_SYN_RECV && child->sk_state != state)
		parent->sk_data_ready(parent);
	return reason;
}
