// SPDX-License-Identifier: BSD-2-Clause
/* TCP_INFO: what a connection is like. */
#include <skiff/tcp_info.h>

#include "tcp/info.h"
#include "tcp/tcp.h"

_Static_assert(sizeof(struct skiff_tcp_info) == 280, "the layout is Linux's");

static u8 info_options(const struct tcp_sock *tp)
{
	u8 opt = 0;

	if (tp->rx_opt.tstamp_ok)
		opt |= TCPI_OPT_TIMESTAMPS;
	if (tcp_is_sack(tp))
		opt |= TCPI_OPT_SACK;
	if (tp->rx_opt.wscale_ok)
		opt |= TCPI_OPT_WSCALE;
	if (tp->ecn_flags & TCP_ECN_OK)
		opt |= TCPI_OPT_ECN;
	if (tp->ecn_flags & TCP_ECN_SEEN)
		opt |= TCPI_OPT_ECN_SEEN;
	if (tp->syn_data_acked)
		opt |= TCPI_OPT_SYN_DATA;
	return opt;
}

/* Milliseconds of each, the one that runs included; together they are busy. */
static void info_chrono(const struct tcp_sock *tp, struct skiff_tcp_info *info)
{
	u64 stats[__TCP_CHRONO_MAX], total = 0;

	for (int i = TCP_CHRONO_BUSY; i < __TCP_CHRONO_MAX; i++) {
		stats[i] = tp->chrono_stat[i - 1];
		if (i == tp->chrono_type)
			stats[i] += tcp_jiffies32 - tp->chrono_start;
		stats[i] *= USEC_PER_SEC / HZ;
		total += stats[i];
	}
	info->tcpi_busy_time = total;
	info->tcpi_rwnd_limited = stats[TCP_CHRONO_RWND_LIMITED];
	info->tcpi_sndbuf_limited = stats[TCP_CHRONO_SNDBUF_LIMITED];
}

static void info_segments(const struct sock *sk, struct skiff_tcp_info *info)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (sk->sk_state == TCP_LISTEN) {
		info->tcpi_unacked = READ_ONCE(sk->sk_ack_backlog);
		info->tcpi_sacked = READ_ONCE(sk->sk_max_ack_backlog);
	} else {
		info->tcpi_unacked = tp->packets_out;
		info->tcpi_sacked = tp->sacked_out;
	}
	info->tcpi_lost = tp->lost_out;
	info->tcpi_retrans = tp->retrans_out;
}

static void info_times(const struct sock *sk, struct skiff_tcp_info *info)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 now = tcp_jiffies32;

	info->tcpi_last_data_sent = jiffies_to_msecs(now - tp->lsndtime);
	info->tcpi_last_data_recv = jiffies_to_msecs(now - icsk->icsk_ack.lrcvtime);
	info->tcpi_last_ack_recv = jiffies_to_msecs(now - tp->rcv_tstamp);
	info->tcpi_rto = jiffies_to_usecs(icsk->icsk_rto);
	info->tcpi_ato = jiffies_to_usecs(min((u32)icsk->icsk_ack.ato, icsk->icsk_delack_max));
	info->tcpi_rtt = tp->srtt_us >> 3;
	info->tcpi_rttvar = tp->mdev_us >> 2;
	info->tcpi_rcv_rtt = tp->rcv_rtt_est.rtt_us >> 3;
	info->tcpi_min_rtt = tcp_min_rtt(tp);
}

static void info_path(const struct sock *sk, struct skiff_tcp_info *info)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	info->tcpi_snd_mss = tp->mss_cache;
	info->tcpi_rcv_mss = icsk->icsk_ack.rcv_mss;
	info->tcpi_pmtu = icsk->icsk_pmtu_cookie;
	info->tcpi_advmss = tp->advmss;
	info->tcpi_snd_ssthresh = tp->snd_ssthresh;
	info->tcpi_snd_cwnd = tcp_snd_cwnd(tp);
	info->tcpi_reordering = tp->reordering;
	info->tcpi_rcv_ssthresh = tp->rcv_ssthresh;
	info->tcpi_rcv_space = tp->rcvq_space.space;
	info->tcpi_snd_wnd = tp->snd_wnd;
	info->tcpi_rcv_wnd = tp->rcv_wnd;
	info->tcpi_snd_wscale = tp->rx_opt.snd_wscale;
	info->tcpi_rcv_wscale = tp->rx_opt.rcv_wscale;
}

static void info_counters(const struct tcp_sock *tp, struct skiff_tcp_info *info)
{
	info->tcpi_total_retrans = tp->total_retrans;
	info->tcpi_bytes_acked = tp->bytes_acked;
	info->tcpi_bytes_received = tp->bytes_received;
	info->tcpi_notsent_bytes = (u32)max(0, (int)(tp->write_seq - tp->snd_nxt));
	info->tcpi_segs_out = tp->segs_out;
	info->tcpi_segs_in = tp->segs_in;
	info->tcpi_data_segs_in = tp->data_segs_in;
	info->tcpi_data_segs_out = tp->data_segs_out;
	info->tcpi_delivered = tp->delivered;
	info->tcpi_delivered_ce = tp->delivered_ce;
	info->tcpi_bytes_sent = tp->bytes_sent;
	info->tcpi_bytes_retrans = tp->bytes_retrans;
	info->tcpi_dsack_dups = tp->dsack_dups;
	info->tcpi_reord_seen = tp->reord_seen;
	info->tcpi_rcv_ooopack = tp->rcv_ooopack;
	info->tcpi_rehash = tp->timeout_rehash;
	info->tcpi_total_rto = tp->total_rto;
	info->tcpi_total_rto_recoveries = tp->total_rto_recoveries;
	info->tcpi_total_rto_time = tp->total_rto_time;
	if (tp->rto_stamp)
		info->tcpi_total_rto_time += tcp_time_stamp_ms(tp) - tp->rto_stamp;
}

static u64 delivery_rate(const struct tcp_sock *tp)
{
	if (!tp->rate_delivered || !tp->rate_interval_us)
		return 0;
	return (u64)tp->rate_delivered * tp->mss_cache * USEC_PER_SEC / tp->rate_interval_us;
}

void tcp_get_info(struct sock *sk, struct skiff_tcp_info *info)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	u64 rate = READ_ONCE(sk->sk_pacing_rate), max_rate = READ_ONCE(sk->sk_max_pacing_rate);

	memset(info, 0, sizeof(*info));
	info->tcpi_state = sk->sk_state;
	info->tcpi_pacing_rate = rate == ~0UL ? ~0ULL : rate;
	info->tcpi_max_pacing_rate = max_rate == ~0UL ? ~0ULL : max_rate;
	info->tcpi_reordering = tp->reordering;
	info->tcpi_snd_cwnd = tcp_snd_cwnd(tp);
	info_segments(sk, info);
	/* A listening socket has no connection to tell of. */
	if (sk->sk_state == TCP_LISTEN)
		return;
	info->tcpi_ca_state = icsk->icsk_ca_state;
	info->tcpi_retransmits = icsk->icsk_retransmits;
	info->tcpi_probes = icsk->icsk_probes_out;
	info->tcpi_backoff = icsk->icsk_backoff;
	info->tcpi_options = info_options(tp);
	info->tcpi_delivery_rate_app_limited = tp->rate_app_limited;
	info->tcpi_fastopen_client_fail = tp->fastopen_client_fail;
	info->tcpi_delivery_rate = delivery_rate(tp);
	info_times(sk, info);
	info_path(sk, info);
	info_counters(tp, info);
	info_chrono(tp, info);
}
