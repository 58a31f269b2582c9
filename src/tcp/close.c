// SPDX-License-Identifier: BSD-2-Clause
/* The end of a connection: close, shutdown, disconnect, abort; and those that nobody owns any more. */
#include <skiff/slab.h>

#include "tcp/tcp.h"

/* In a new state, send a FIN. */
#define TCP_ACTION_FIN 0x80

/* RFC 9293 section 3.6: what the program's close() makes of a state. */
static const unsigned char close_states[16] = {
	[0] = TCP_CLOSE,
	[TCP_ESTABLISHED] = TCP_FIN_WAIT1 | TCP_ACTION_FIN,
	[TCP_SYN_SENT] = TCP_CLOSE,
	[TCP_SYN_RECV] = TCP_FIN_WAIT1 | TCP_ACTION_FIN,
	[TCP_FIN_WAIT1] = TCP_FIN_WAIT1,
	[TCP_FIN_WAIT2] = TCP_FIN_WAIT2,
	[TCP_TIME_WAIT] = TCP_CLOSE,
	[TCP_CLOSE] = TCP_CLOSE,
	[TCP_CLOSE_WAIT] = TCP_LAST_ACK | TCP_ACTION_FIN,
	[TCP_LAST_ACK] = TCP_LAST_ACK,
	[TCP_LISTEN] = TCP_CLOSE,
	[TCP_CLOSING] = TCP_CLOSING,
};

int tcp_close_state(struct sock *sk)
{
	int next = close_states[sk->sk_state];

	tcp_set_state(sk, next & ~TCP_ACTION_FIN);
	return next & TCP_ACTION_FIN;
}

void tcp_shutdown(struct sock *sk, int how)
{
	/* RFC 9293 section 3.6: half of it can be closed; what comes in goes on. */
	if (!(how & SEND_SHUTDOWN))
		return;
	if (!((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_SYN_SENT | TCPF_CLOSE_WAIT)))
		return;
	if (tcp_close_state(sk))
		tcp_send_fin(sk);
}

/* Queues */

void tcp_write_queue_purge(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;

	tcp_chrono_stop(sk, TCP_CHRONO_BUSY);
	while ((skb = __skb_dequeue(&sk->sk_write_queue)) != NULL)
		tcp_wmem_free_skb(sk, skb);
	while ((skb = tcp_rtx_queue_head(sk)) != NULL)
		tcp_rtx_queue_unlink_and_free(skb, sk);
	INIT_LIST_HEAD(&tp->tsorted_sent_queue);
	tcp_clear_all_retrans_hints(tp);
	tp->highest_sack = NULL;
	tp->packets_out = 0;
	inet_csk(sk)->icsk_backoff = 0;
	sk_mem_reclaim(sk);
}

/* Does a buffer of the receive queue have data that the program did not see? A FIN is none. */
static bool is_unread(const struct sock *sk, const struct sk_buff *skb)
{
	u32 end_seq = TCP_SKB_CB(skb)->end_seq;

	if (TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN)
		end_seq--;
	return after(end_seq, tcp_sk(sk)->copied_seq);
}

/* What was received and not read. Return: whether there was data that the program did not see. */
static bool purge_receive_queue(struct sock *sk)
{
	bool unread = false;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&sk->sk_receive_queue)) != NULL) {
		if (is_unread(sk, skb))
			unread = true;
		consume_skb(skb);
	}
	sk_mem_reclaim(sk);
	return unread;
}

/* What came after close(): a FIN, or data that had come before, is no loss. */
static void drop_unread(struct sock *sk)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&sk->sk_receive_queue)) != NULL) {
		if (is_unread(sk, skb))
			kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
		else
			consume_skb(skb);
	}
}

/* Orphans: sockets that nobody owns any more, and that are not at their end. */

void tcp_orphan_count_inc(struct sock *sk)
{
	tcp_net_sk(sk)->orphan_count++;
}

static bool too_many_orphans(const struct sock *sk, int shift)
{
	const struct tcp_net *tn = tcp_net_sk(sk);

	return (s64)tn->orphan_count << shift > tn->sysctl_tcp_max_orphans;
}

static bool out_of_memory(const struct sock *sk)
{
	return sk->sk_wmem_queued > (int)SOCK_MIN_SNDBUF &&
	       atomic_long_read(&tcp_memory_allocated) > READ_ONCE(sysctl_tcp_mem[2]);
}

bool tcp_check_oom(struct sock *sk, int shift)
{
	bool orphans = too_many_orphans(sk, shift), memory = out_of_memory(sk);

	if (orphans)
		net_info_ratelimited("%s: too many orphaned sockets\n",
				     skiff_net_name(sock_net(sk)));
	if (memory)
		net_info_ratelimited("%s: out of memory for TCP: see net.ipv4.tcp_mem\n",
				     skiff_net_name(sock_net(sk)));
	return orphans || memory;
}

/* Nobody owns it and nothing is to come: what exists of it but memory ends. */
void inet_csk_destroy_sock(struct sock *sk)
{
	ASSERT_NET_LOCKED(sock_net(sk));
	WARN_ON_ONCE(sk->sk_state != TCP_CLOSE);
	WARN_ON_ONCE(!sock_flag(sk, SOCK_DEAD));
	/* Once: whoever holds a reference may come by here again. */
	if (sock_flag(sk, SOCK_DESTROY))
		return;
	sock_set_flag(sk, SOCK_DESTROY);
	tcp_v4_destroy_sock(sk);
	/* Nearly always they are empty. Nobody adds to the first one without the lock that we have. */
	if (!skb_queue_empty(&sk->sk_receive_queue))
		drop_unread(sk);
	if (!skb_queue_empty_lockless(&sk->sk_error_queue))
		skb_queue_purge(&sk->sk_error_queue);
	sk_dst_reset(sk);
	sk_mem_reclaim(sk);
	tcp_net_sk(sk)->orphan_count--;
	sock_put(sk);
}

/* close() */

static void abort_with(struct sock *sk, int mib)
{
	tcp_set_state(sk, TCP_CLOSE);
	tcp_send_active_reset(sk, GFP_ATOMIC);
	NET_INC_STATS(sock_net(sk), mib);
}

/* The program's half of it: what it will not read, what the peer is told. */
static void begin_close(struct sock *sk)
{
	bool unread;

	sk->sk_shutdown = SHUTDOWN_MASK;
	if (sk->sk_state == TCP_LISTEN) {
		tcp_set_state(sk, TCP_CLOSE);
		inet_csk_listen_stop(sk);
		return;
	}
	unread = purge_receive_queue(sk);
	if (sk->sk_state == TCP_CLOSE)
		return;
	/* RFC 2525 section 2.17: a FIN would say that all was read. */
	if (unread) {
		abort_with(sk, LINUX_MIB_TCPABORTONCLOSE);
	} else if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime) {
		/* What SO_LINGER of no time asks for. */
		tcp_disconnect(sk, 0);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPABORTONDATA);
	} else if (tcp_close_state(sk)) {
		tcp_send_fin(sk);
	}
}

/*
 * FIN_WAIT2 ends when the peer is done, which may be never: without an owner it lasts for
 * net.ipv4.tcp_fin_timeout or TCP_LINGER2. Return: whether it was exchanged for a small structure.
 */
static bool limit_fin_wait2(struct sock *sk)
{
	int tmo;

	if (tcp_sk(sk)->linger2 < 0) {
		abort_with(sk, LINUX_MIB_TCPABORTONLINGER);
		return false;
	}
	tmo = (int)tcp_fin_time(sk);
	if (tmo > (int)TCP_TIMEWAIT_LEN) {
		inet_csk_reset_keepalive_timer(sk, (unsigned long)(tmo - TCP_TIMEWAIT_LEN));
		return false;
	}
	tcp_time_wait(sk, TCP_FIN_WAIT2, tmo);
	return true;
}

static void finish_close(struct sock *sk)
{
	struct request_sock *req;

	if (sk->sk_state == TCP_FIN_WAIT2 && limit_fin_wait2(sk))
		return;
	if (sk->sk_state != TCP_CLOSE && tcp_check_oom(sk, 0))
		abort_with(sk, LINUX_MIB_TCPABORTONMEMORY);
	if (sk->sk_state != TCP_CLOSE)
		return;
	/* Fast Open: aborted before the handshake was complete. */
	req = tcp_sk(sk)->fastopen_rsk;
	if (req)
		reqsk_fastopen_remove(sk, req, false);
	inet_csk_destroy_sock(sk);
}

void tcp_close(struct sock *sk, long timeout)
{
	(void)timeout; /* whoever waits does so before: see tcp_linger() */
	ASSERT_NET_LOCKED(sock_net(sk));
	sock_hold(sk);
	begin_close(sk);
	sock_orphan(sk);
	tcp_orphan_count_inc(sk);
	finish_close(sk);
	sock_put(sk);
}

int tcp_linger(struct socket *sock)
{
	struct sock *sk = sock->sk;
	const struct sk_buff *last;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!sock_flag(sk, SOCK_LINGER) || !sk->sk_lingertime ||
	    ((1 << sk->sk_state) & (TCPF_LISTEN | TCPF_CLOSE)))
		return 0;
	if (sk->sk_shutdown != SHUTDOWN_MASK || sk->sk_state == TCP_ESTABLISHED ||
	    sk->sk_state == TCP_CLOSE_WAIT) {
		/* What was not read makes it a reset, which waits for nothing. */
		last = skb_peek_tail(&sk->sk_receive_queue);
		if (last && is_unread(sk, last))
			return 0;
		sk->sk_shutdown = SHUTDOWN_MASK;
		if (tcp_close_state(sk))
			tcp_send_fin(sk);
	}
	return (1 << sk->sk_state) & (TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK) ? -EAGAIN : 0;
}

/* disconnect() */

/* States in which the peer believes that there is a connection. */
static bool needs_reset(int state)
{
	return (1 << state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 |
			       TCPF_FIN_WAIT2 | TCPF_SYN_RECV);
}

static void disconnect_state(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int old = sk->sk_state;

	if (old != TCP_CLOSE)
		tcp_set_state(sk, TCP_CLOSE);
	if (old == TCP_LISTEN) {
		inet_csk_listen_stop(sk);
	} else if (needs_reset(old)) {
		tcp_send_active_reset(sk, GFP_ATOMIC);
		sk->sk_err = ECONNRESET;
	} else if (tp->snd_nxt != tp->write_seq && ((1 << old) & (TCPF_CLOSING | TCPF_LAST_ACK))) {
		/* Data was lost: told by a reset too. */
		tcp_send_active_reset(sk, GFP_ATOMIC);
		sk->sk_err = ECONNRESET;
	} else if (old == TCP_SYN_SENT) {
		sk->sk_err = ECONNRESET;
	}
}

/* As a socket that was never connected; options of the program stay. */
static void reset_sending(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	/* Beyond what the last connection can have sent. */
	tp->write_seq += tp->max_window + 2;
	if (!tp->write_seq)
		tp->write_seq = 1;
	tp->snd_una = tp->snd_nxt = tp->snd_sml = tp->pushed_seq = tp->snd_up = tp->write_seq;
	tp->srtt_us = 0;
	tp->mdev_us = jiffies_to_usecs(TCP_TIMEOUT_INIT);
	tp->rcv_rtt_last_tsecr = 0;
	icsk->icsk_rto = TCP_TIMEOUT_INIT;
	icsk->icsk_backoff = 0;
	icsk->icsk_probes_out = 0;
	icsk->icsk_probes_tstamp = 0;
	icsk->icsk_retransmits = 0;
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	tcp_snd_cwnd_set(tp, TCP_INIT_CWND);
	tp->snd_cwnd_cnt = 0;
	tp->is_cwnd_limited = 0;
	tp->max_packets_out = 0;
	tp->window_clamp = 0;
	tp->delivered = tp->delivered_ce = tp->lost = 0;
	tp->app_limited = ~0u;
	tp->rate_app_limited = 1;
	tp->rack = (struct tcp_rack){ .reo_wnd_steps = 1 };
	/* What was in flight is not: connections that it accepts later begin with a copy of this. */
	tp->retrans_out = tp->lost_out = tp->sacked_out = 0;
	tp->is_sack_reneg = 0;
	tp->undo_marker = 0;
	tp->undo_retrans = -1;
	tp->retrans_stamp = 0;
	tp->total_retrans = 0;
	tp->frto = 0;
	tp->tlp_high_seq = 0;
	minmax_reset(&tp->rtt_min, tcp_jiffies32, ~0u);
}

static void reset_counters(struct tcp_sock *tp)
{
	tp->bytes_sent = tp->bytes_acked = tp->bytes_received = tp->bytes_retrans = 0;
	tp->segs_in = tp->segs_out = tp->data_segs_in = tp->data_segs_out = 0;
	tp->dsack_dups = tp->reord_seen = tp->rcv_ooopack = 0;
	tp->total_rto = tp->total_rto_recoveries = 0;
	tp->total_rto_time = 0;
	tp->rcv_rtt_est = (__typeof__(tp->rcv_rtt_est)){ 0, 0, 0 };
	tp->rcvq_space = (__typeof__(tp->rcvq_space)){ 0, 0, 0 };
	tp->rx_opt.saw_tstamp = 0;
	tcp_sacks_free(tp);
	tcp_clear_options(&tp->rx_opt);
	memset(tp->chrono_stat, 0, sizeof(tp->chrono_stat));
	tp->chrono_type = TCP_CHRONO_UNSPEC;
	tp->chrono_start = 0;
	tp->copied_seq = tp->rcv_nxt;
	tp->urg_data = 0;
	tp->ecn_flags = 0;
	tp->compressed_ack = 0;
	tp->syn_fastopen = tp->syn_data = tp->syn_data_acked = 0;
	tp->syn_fastopen_exp = tp->syn_fastopen_ch = 0;
	tp->fastopen_client_fail = 0;
}

int tcp_disconnect(struct sock *sk, int flags)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct inet_sock *inet = inet_sk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	(void)flags;
	ASSERT_NET_LOCKED(sock_net(sk));
	disconnect_state(sk);
	tcp_clear_xmit_timers(sk);
	/* Fast Open: the handshake that was not complete will never be. */
	if (tp->fastopen_rsk)
		reqsk_fastopen_remove(sk, tp->fastopen_rsk, false);
	purge_receive_queue(sk);
	tcp_write_queue_purge(sk);
	skb_rbtree_purge(&tp->out_of_order_queue);
	tp->ooo_last_skb = NULL;
	tcp_free_fastopen_req(tp);
	inet->defer_connect = 0;
	inet->inet_dport = 0;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		inet->inet_rcv_saddr = inet->inet_saddr = 0;
	sk->sk_shutdown = 0;
	sock_reset_flag(sk, SOCK_DONE);
	reset_sending(sk);
	reset_counters(tp);
	inet_csk_delack_init(sk);
	icsk->icsk_ack.rcv_mss = TCP_MIN_MSS;
	tcp_set_ca_state(sk, TCP_CA_Open);
	tcp_cleanup_congestion_control(sk);
	icsk->icsk_ca_initialized = 0;
	sk_dst_reset(sk);
	kfree(tp->saved_syn);
	tp->saved_syn = NULL;
	WARN_ON_ONCE(inet->inet_num && !icsk->icsk_bind_hash);
	sk_error_report(sk);
	return 0;
}
