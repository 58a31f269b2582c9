// SPDX-License-Identifier: BSD-2-Clause
/*
 * Nothing comes back: send again, more and more slowly (RFC 6298 section 5), look for another path,
 * and give up in the end (RFC 9293 section 3.8.3).
 */
#include "tcp/output.h"

/* It has lasted too long. The program gets the last soft error, or ETIMEDOUT. */
void tcp_write_err(struct sock *sk)
{
	WRITE_ONCE(sk->sk_err, sk->sk_err_soft ? sk->sk_err_soft : ETIMEDOUT);
	tcp_write_queue_purge(sk);
	tcp_done(sk);
	if (!sock_flag(sk, SOCK_DEAD))
		sk_error_report(sk);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPABORTONTIMEOUT);
}

/*
 * A connection without an owner takes memory for nobody. Under pressure it is ended, earlier when the
 * peer does not answer. Return: whether it was.
 */
static bool out_of_resources(struct sock *sk, bool do_reset)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	s32 quiet = (s32)(tcp_jiffies32 - tp->lsndtime);
	int shift = 0;

	if (quiet > (s32)(2 * tcp_rto_max(sk)) || !do_reset)
		shift++;
	if (sk->sk_err_soft)
		shift++;
	if (!tcp_check_oom(sk, shift))
		return false;
	/* The peer is still there, or its window is closed: it has to know. */
	if (quiet <= TCP_TIMEWAIT_LEN || (!tp->snd_wnd && !tp->packets_out))
		do_reset = true;
	if (do_reset)
		tcp_send_active_reset(sk, GFP_ATOMIC);
	tcp_done(sk);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPABORTONMEMORY);
	return true;
}

/* Attempts of a connection without an owner. @alive: the peer answered not long ago. */
static unsigned int orphan_retries(const struct sock *sk, bool alive)
{
	int retries = tcp_net_sk(sk)->sysctl_tcp_orphan_retries;

	if (sk->sk_err_soft && !alive)
		retries = 0;
	if (!retries && alive)
		retries = 8;
	return (unsigned int)retries;
}

/* How long @boundary timeouts take from @rto_base on, milliseconds. */
static u64 model_timeout(const struct sock *sk, unsigned int boundary, unsigned int rto_base)
{
	unsigned long rto_max = tcp_rto_max(sk), t = rto_base;
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i <= boundary && t < rto_max; i++, t <<= 1)
		sum += t;
	/* From here on they stay as they are. */
	if (i <= boundary)
		sum += (u64)(boundary - i + 1) * rto_max;
	return sum;
}

/**
 * retransmits_timed_out() - has it lasted too long?
 * @sk: the socket
 * @boundary: timeouts, if they were as short as can be: the time that these take is the limit
 * @timeout: or the limit in milliseconds, if not 0
 */
static bool retransmits_timed_out(const struct sock *sk, unsigned int boundary, u32 timeout)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	unsigned int base = TCP_RTO_MIN;
	u64 limit = timeout;
	u32 elapsed;

	if (!inet_csk(sk)->icsk_retransmits)
		return false;
	if (!timeout) {
		if ((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV))
			base = TCP_TIMEOUT_INIT;
		limit = model_timeout(sk, boundary, base);
	}
	elapsed = tcp_time_stamp_ts(tp) - tp->retrans_stamp;
	return (s32)elapsed >= 0 && elapsed >= limit;
}

/* The route may be at fault: another one next time. */
static void suspect_route(struct sock *sk)
{
	struct dst_entry *dst = sk->sk_dst_cache;

	if (dst && dst->ops->negative_advice)
		sk->sk_dst_cache = dst->ops->negative_advice(dst);
}

/* Large packets may vanish on the path without a word: RFC 4821 section 7.7, RFC 8899. */
static void black_hole_probing(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_net *tn = tcp_net_sk(sk);
	int mss;

	if (!tn->sysctl_tcp_mtu_probing)
		return;
	if (!icsk->icsk_mtup.enabled) {
		icsk->icsk_mtup.enabled = 1;
		icsk->icsk_mtup.probe_timestamp = tcp_jiffies32;
	} else {
		mss = tcp_mtu_to_mss(sk, icsk->icsk_mtup.search_low) >> 1;
		mss = min(tn->sysctl_tcp_base_mss, mss);
		mss = max(mss, tn->sysctl_tcp_mtu_probe_floor);
		mss = max(mss, tn->sysctl_tcp_min_snd_mss);
		icsk->icsk_mtup.search_low = tcp_mss_to_mtu(sk, mss);
	}
	tcp_sync_mss(sk, icsk->icsk_pmtu_cookie);
}

/* SYN: so many attempts; the first ones of a client are at even intervals. */
static bool handshake_expired(struct sock *sk, unsigned int *retries)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_net *tn = tcp_net_sk(sk);
	unsigned int most;

	if (icsk->icsk_retransmits)
		suspect_route(sk);
	*retries = icsk->icsk_syn_retries ? icsk->icsk_syn_retries :
					    (unsigned int)tn->sysctl_tcp_syn_retries;
	most = *retries;
	if (sk->sk_state == TCP_SYN_SENT)
		most += (unsigned int)tn->sysctl_tcp_syn_linear_timeouts;
	return icsk->icsk_retransmits >= most;
}

/* Return: whether the connection was ended for want of memory. */
static bool data_retries(struct sock *sk, unsigned int *retries)
{
	const struct tcp_net *tn = tcp_net_sk(sk);
	bool alive;

	if (retransmits_timed_out(sk, (unsigned int)tn->sysctl_tcp_retries1, 0)) {
		black_hole_probing(sk);
		suspect_route(sk);
	}
	*retries = (unsigned int)tn->sysctl_tcp_retries2;
	if (!sock_flag(sk, SOCK_DEAD))
		return false;
	alive = inet_csk(sk)->icsk_rto < tcp_rto_max(sk);
	*retries = orphan_retries(sk, alive);
	return out_of_resources(sk, alive || !retransmits_timed_out(sk, *retries, 0));
}

/* A timeout: is it the last one? Return: true when the connection has ended. */
bool tcp_write_timeout(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	unsigned int retries;
	bool expired = false;

	if ((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV))
		expired = handshake_expired(sk, &retries);
	else if (data_retries(sk, &retries))
		return true;
	if (!expired)
		expired = retransmits_timed_out(sk, retries, icsk->icsk_user_timeout);
	tcp_fastopen_active_detect_blackhole(sk, expired);
	if (expired) {
		tcp_write_err(sk);
		return true;
	}
	if (sk->sk_txhash && sk->sk_txrehash) {
		sk->sk_txhash = get_random_u32() | 1;
		tp->timeout_rehash++;
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPTIMEOUTREHASH);
	}
	return false;
}

/* No later than TCP_USER_TIMEOUT, counted from the first retransmission. */
static unsigned long rto_clamped_to_user_timeout(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	s64 left;

	if (!icsk->icsk_user_timeout)
		return icsk->icsk_rto;
	left = (s64)icsk->icsk_user_timeout - (u32)(tcp_time_stamp_ts(tp) - tp->retrans_stamp);
	if (left <= 0)
		return 1;
	return min_t(unsigned long, icsk->icsk_rto, msecs_to_jiffies((unsigned int)left));
}

static void count_failure(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	bool sack = tcp_is_sack(tp);
	int mib = 0;

	switch (inet_csk(sk)->icsk_ca_state) {
	case TCP_CA_Recovery:
		mib = sack ? LINUX_MIB_TCPSACKRECOVERYFAIL : LINUX_MIB_TCPRENORECOVERYFAIL;
		break;
	case TCP_CA_Loss:
		mib = LINUX_MIB_TCPLOSSFAILURES;
		break;
	default:
		if (inet_csk(sk)->icsk_ca_state == TCP_CA_Disorder || tp->sacked_out)
			mib = sack ? LINUX_MIB_TCPSACKFAILURES : LINUX_MIB_TCPRENOFAILURES;
	}
	if (mib)
		NET_INC_STATS(sock_net(sk), mib);
}

/* For TCP_INFO: timeouts, rows of them, and how long these lasted. */
static void update_rto_stats(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (!icsk->icsk_retransmits) {
		tp->total_rto_recoveries++;
		tp->rto_stamp = tcp_time_stamp_ms(tp);
	}
	tcp_count_once_more(&icsk->icsk_retransmits);
	tp->total_rto++;
}

/*
 * The timeout doubles (RFC 6298 section 5.5), but not that of a stream so thin that duplicate
 * acknowledgments never come, when that is wanted; nor that of a SYN at first.
 */
static void back_off(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_net *tn = tcp_net_sk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	unsigned long rto_max = tcp_rto_max(sk), rto;

	if (sk->sk_state == TCP_ESTABLISHED &&
	    (tp->thin_lto || tn->sysctl_tcp_thin_linear_timeouts) &&
	    tp->packets_out < TCP_THIN_STREAM_SEGS && !tcp_in_initial_slowstart(tp) &&
	    icsk->icsk_retransmits <= TCP_THIN_LINEAR_RETRIES) {
		icsk->icsk_backoff = 0;
		rto = usecs_to_jiffies((unsigned int)__tcp_set_rto(tp));
		icsk->icsk_rto = (u32)clamp(rto, (unsigned long)tcp_rto_min(sk), rto_max);
	} else if (sk->sk_state != TCP_SYN_SENT ||
		   tp->total_rto > tn->sysctl_tcp_syn_linear_timeouts) {
		tcp_count_once_more(&icsk->icsk_backoff);
		icsk->icsk_rto = (u32)min((unsigned long)icsk->icsk_rto << 1, rto_max);
	}
}

static void rearm_after_timeout(struct sock *sk)
{
	back_off(sk);
	tcp_reset_xmit_timer(sk, ICSK_TIME_RETRANS, rto_clamped_to_user_timeout(sk), false);
	if (retransmits_timed_out(sk, (unsigned int)tcp_net_sk(sk)->sysctl_tcp_retries1 + 1, 0))
		sk_dst_reset(sk);
}

/* The window has closed on what is in flight: how long may it stay so? */
static bool closed_window_timed_out(const struct sock *sk, const struct sk_buff *skb)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 timeout = inet_csk(sk)->icsk_user_timeout, since, rtx_delta;
	s64 limit = (s64)jiffies_to_msecs(tcp_rto_max(sk)) * 2;

	since = tp->retrans_stamp ? tp->retrans_stamp : tcp_skb_timestamp_ts(skb);
	rtx_delta = tcp_time_stamp_ts(tp) - since;
	if (timeout) {
		/* With a user timeout the peer's answers do not count. */
		if (rtx_delta > timeout)
			return true;
		limit = min_t(s64, limit, timeout);
	}
	if ((s64)jiffies_to_msecs(tcp_jiffies32 - tp->rcv_tstamp) <= limit)
		return false;
	return rtx_delta > limit;
}

/* Retransmissions are the probes then. As long as the peer answers they go on. */
static void probe_by_retransmission(struct sock *sk, const struct sk_buff *skb)
{
	if (closed_window_timed_out(sk, skb)) {
		tcp_write_err(sk);
		return;
	}
	tcp_enter_loss(sk);
	tcp_retransmit_skb(sk, tcp_rtx_queue_head(sk), 1);
	sk_dst_reset(sk);
	rearm_after_timeout(sk);
}

/* Fast Open, server: the SYN-ACK of a connection that has a socket already. */
static void fastopen_synack_timer(struct sock *sk, struct request_sock *req)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_net *tn = tcp_net_sk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	int most = icsk->icsk_syn_retries ? icsk->icsk_syn_retries :
					    tn->sysctl_tcp_synack_retries + 1;

	tcp_syn_ack_timeout(req);
	if (req->num_timeout >= most) {
		tcp_write_err(sk);
		return;
	}
	/* Lower the window at the first: the data may have been too much. */
	if (icsk->icsk_retransmits == 1)
		tcp_enter_loss(sk);
	tcp_rtx_synack(sk, req);
	req->num_timeout++;
	update_rto_stats(sk);
	if (!tp->retrans_stamp)
		tp->retrans_stamp = tcp_time_stamp_ts(tp);
	tcp_reset_xmit_timer(sk, ICSK_TIME_RETRANS,
			     (unsigned long)TCP_TIMEOUT_INIT << min_t(u8, req->num_timeout, 7),
			     false);
}

void tcp_syn_ack_timeout(const struct request_sock *req)
{
	NET_INC_STATS(req->__req_common.skc_net, LINUX_MIB_TCPTIMEOUTS);
}

/* The retransmission timer went off. */
void tcp_retransmit_timer(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;

	if (unlikely(tp->fastopen_rsk)) {
		/* Nothing else is sent again before the SYN-ACK is acknowledged. */
		fastopen_synack_timer(sk, tp->fastopen_rsk);
		return;
	}
	skb = tcp_rtx_queue_head(sk);
	if (!tp->packets_out || WARN_ON_ONCE(!skb))
		return;
	if (!tp->snd_wnd && !sock_flag(sk, SOCK_DEAD) &&
	    !((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV))) {
		probe_by_retransmission(sk, skb);
		return;
	}
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPTIMEOUTS);
	if (tcp_write_timeout(sk))
		return;
	if (!icsk->icsk_retransmits)
		count_failure(sk);
	tcp_enter_loss(sk);
	update_rto_stats(sk);
	if (tcp_retransmit_skb(sk, tcp_rtx_queue_head(sk), 1) > 0) {
		/* It is this host that is congested: soon again, without a change. */
		tcp_reset_xmit_timer(sk, ICSK_TIME_RETRANS, TCP_RESOURCE_PROBE_INTERVAL, false);
		return;
	}
	rearm_after_timeout(sk);
}

/*
 * The window of the peer has been closed for a while. As long as the peer answers probes it may stay
 * so for ever (RFC 9293 section 3.8.6.1), unless nobody waits any more or the program set a limit.
 */
void tcp_probe_timer(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	unsigned int most = (unsigned int)tcp_net_sk(sk)->sysctl_tcp_retries2;
	unsigned long rto_max = tcp_rto_max(sk);
	bool alive, give_up = false;

	if (tcp_sk(sk)->packets_out || !tcp_send_head(sk)) {
		icsk->icsk_probes_out = 0;
		icsk->icsk_probes_tstamp = 0;
		return;
	}
	if (!icsk->icsk_probes_tstamp)
		icsk->icsk_probes_tstamp = tcp_jiffies32;
	else if (icsk->icsk_user_timeout)
		give_up = (s32)(tcp_jiffies32 - icsk->icsk_probes_tstamp) >=
			  (s32)msecs_to_jiffies(icsk->icsk_user_timeout);
	if (sock_flag(sk, SOCK_DEAD) && !give_up) {
		alive = min((u64)icsk->icsk_rto << min_t(u8, icsk->icsk_backoff, 31),
			    (u64)rto_max) < rto_max;
		most = orphan_retries(sk, alive);
		give_up = !alive && icsk->icsk_backoff >= most;
		if (!give_up && out_of_resources(sk, true))
			return;
	}
	if (give_up || icsk->icsk_probes_out >= most)
		tcp_write_err(sk);
	else
		tcp_send_probe0(sk);
}

/* FIN_WAIT2 without an owner: the peer has had its time. */
static void fin_wait2_over(struct sock *sk)
{
	int left;

	if (tcp_sk(sk)->linger2 >= 0) {
		left = (int)tcp_fin_time(sk) - TCP_TIMEWAIT_LEN;
		if (left > 0) {
			tcp_time_wait(sk, TCP_FIN_WAIT2, left);
			return;
		}
	}
	tcp_send_active_reset(sk, GFP_ATOMIC);
	tcp_done(sk);
}

static bool keepalive_expired(const struct sock *sk, u32 elapsed)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);

	if (icsk->icsk_user_timeout)
		return elapsed >= msecs_to_jiffies(icsk->icsk_user_timeout) &&
		       icsk->icsk_probes_out;
	return icsk->icsk_probes_out >= keepalive_probes(tcp_sk(sk));
}

/* RFC 9293 section 3.8.4. */
static void keepalive_due(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 next = keepalive_time_when(tp), elapsed;

	/* Data in flight has a timer of its own. */
	if (!tp->packets_out && tcp_write_queue_empty(sk)) {
		elapsed = keepalive_time_elapsed(tp);
		if (elapsed < next) {
			next -= elapsed;
		} else if (keepalive_expired(sk, elapsed)) {
			tcp_send_active_reset(sk, GFP_ATOMIC);
			tcp_write_err(sk);
			return;
		} else if (tcp_write_wakeup(sk, LINUX_MIB_TCPKEEPALIVE) <= 0) {
			tcp_count_once_more(&icsk->icsk_probes_out);
			next = keepalive_intvl_when(tp);
		} else {
			next = TCP_RESOURCE_PROBE_INTERVAL;
		}
	}
	inet_csk_reset_keepalive_timer(sk, next);
}

void tcp_keepalive_timer(struct sock *sk)
{
	tcp_mstamp_refresh(tcp_sk(sk));
	if (sk->sk_state == TCP_FIN_WAIT2 && sock_flag(sk, SOCK_DEAD))
		fin_wait2_over(sk);
	else if (sock_flag(sk, SOCK_KEEPOPEN) &&
		 !((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN | TCPF_SYN_SENT)))
		keepalive_due(sk);
}
