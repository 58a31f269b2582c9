// SPDX-License-Identifier: BSD-2-Clause
/*
 * How large segments are, and how large they may be.
 *
 * mss_cache is for a segment with the options that all segments of the connection have; what one has
 * besides, SACK blocks, is taken off where it is sent. It follows the path MTU that the route knows
 * (RFC 1191) and, when MTU probing is on, what was found to pass (RFC 4821): icsk_mtup.search_low
 * passes, search_high may.
 */
#include "tcp/output.h"

#define NET_HEADER_LEN ((int)sizeof(struct iphdr))

/* RFC 4821 section 7.7: a peer of small windows is not served better by small segments. */
int tcp_bound_to_half_wnd(const struct tcp_sock *tp, int size)
{
	u32 cutoff = tp->max_window;

	if (cutoff > TCP_MSS_DEFAULT)
		cutoff >>= 1;
	if (cutoff && size > (s64)cutoff)
		return max((int)cutoff, 68 - (int)tp->tcp_header_len);
	return size;
}

/* Payload without any options that fits @pmtu. */
int __tcp_mtu_to_mss(const struct sock *sk, int pmtu)
{
	int mss = pmtu - NET_HEADER_LEN - (int)sizeof(struct tcphdr);

	mss = min(mss, (int)tcp_sk(sk)->rx_opt.mss_clamp);
	mss -= inet_csk(sk)->icsk_ext_hdr_len;
	/* With all options there is room for 8 bytes of data at least. */
	return max(mss, tcp_net_sk(sk)->sysctl_tcp_min_snd_mss);
}

int tcp_mtu_to_mss(struct sock *sk, int pmtu)
{
	return __tcp_mtu_to_mss(sk, pmtu) -
	       (tcp_sk(sk)->tcp_header_len - (int)sizeof(struct tcphdr));
}

int tcp_mss_to_mtu(struct sock *sk, int mss)
{
	return mss + tcp_sk(sk)->tcp_header_len + inet_csk(sk)->icsk_ext_hdr_len + NET_HEADER_LEN;
}

static int search_top(const struct sock *sk)
{
	return tcp_sk(sk)->rx_opt.mss_clamp + (int)sizeof(struct tcphdr) + NET_HEADER_LEN;
}

void tcp_mtup_init(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_net *tn = tcp_net_sk(sk);

	icsk->icsk_mtup.enabled = tn->sysctl_tcp_mtu_probing > 1;
	icsk->icsk_mtup.search_high = search_top(sk);
	icsk->icsk_mtup.search_low = tcp_mss_to_mtu(sk, tn->sysctl_tcp_base_mss);
	icsk->icsk_mtup.probe_size = 0;
	if (icsk->icsk_mtup.enabled)
		icsk->icsk_mtup.probe_timestamp = tcp_jiffies32;
}

/* The path takes @pmtu bytes. Return: mss_cache from now on. */
unsigned int tcp_sync_mss(struct sock *sk, u32 pmtu)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	int mss;

	pmtu = min(pmtu, 65535U);
	icsk->icsk_mtup.search_high = min(icsk->icsk_mtup.search_high, (int)pmtu);
	mss = tcp_bound_to_half_wnd(tcp_sk(sk), tcp_mtu_to_mss(sk, (int)pmtu));
	icsk->icsk_pmtu_cookie = pmtu;
	if (icsk->icsk_mtup.enabled)
		mss = min(mss, tcp_mtu_to_mss(sk, icsk->icsk_mtup.search_low));
	tcp_sk(sk)->mss_cache = (u32)mss;
	return (unsigned int)mss;
}

/* Payload of a segment that is sent now, with the options that it will have. */
unsigned int tcp_current_mss(struct sock *sk)
{
	const struct dst_entry *dst = sk->sk_dst_cache;
	const struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_out_options opts;
	unsigned int mss, hdrlen;
	u32 mtu;

	mss = tp->mss_cache;
	if (dst) {
		mtu = min(dst_mtu(dst), 65535U);
		if (unlikely(mtu != inet_csk(sk)->icsk_pmtu_cookie))
			mss = tcp_sync_mss(sk, mtu);
	}
	/* Nearly always its options are those that tcp_header_len has. */
	if (likely(tp->rx_opt.tstamp_ok && !tp->md5sig_info && !tp->rx_opt.num_sacks &&
		   !tp->rx_opt.dsack))
		return mss;
	memset(&opts, 0, sizeof(opts));
	hdrlen = sizeof(struct tcphdr) +
		 tcp_established_options(
			 sk, NULL, &opts,
			 unlikely(tp->md5sig_info) ? tcp_md5_lookup(sk, sk->sk_daddr, 0) : NULL);
	return mss + tp->tcp_header_len - hdrlen;
}

/* What the SYN announces: what our side of the path takes. */
u16 tcp_advertise_mss(struct sock *sk)
{
	const struct dst_entry *dst = sk->sk_dst_cache;
	struct tcp_sock *tp = tcp_sk(sk);
	u32 metric;

	if (dst) {
		metric = dst_metric_advmss(dst);
		if (metric < tp->advmss)
			tp->advmss = (u16)metric;
	}
	return tp->advmss;
}

/* Bytes that a buffer is filled with: whole segments, as many as are sent in one. */
static int size_goal_of(struct sock *sk, unsigned int mss_now)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 most = (u32)tcp_bound_to_half_wnd(tp, (int)sk->sk_gso_max_size);
	u32 goal = tp->gso_segs * mss_now;

	/* A division only when it changed. */
	if (unlikely(most < goal || most >= goal + mss_now)) {
		tp->gso_segs = (u16)min_t(u32, most / mss_now, sk->sk_gso_max_segs);
		goal = tp->gso_segs * mss_now;
	}
	return (int)max(goal, mss_now);
}

/**
 * tcp_send_mss() - sizes for data that the program gives
 * @sk: the socket
 * @size_goal: gets the bytes of a buffer
 * @flags: MSG_*; urgent data goes in single segments
 *
 * Return: payload of a segment.
 */
int tcp_send_mss(struct sock *sk, int *size_goal, int flags)
{
	unsigned int mss = tcp_current_mss(sk);

	*size_goal = flags & MSG_OOB ? (int)mss : size_goal_of(sk, mss);
	return (int)mss;
}

/* The search ended a while ago: the path may take more by now. */
static void check_reprobe(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	u32 elapsed = tcp_jiffies32 - icsk->icsk_mtup.probe_timestamp;

	if (likely(elapsed < (u64)tcp_net_sk(sk)->sysctl_tcp_probe_interval * HZ))
		return;
	icsk->icsk_mtup.probe_size = 0;
	icsk->icsk_mtup.search_high = search_top(sk);
	icsk->icsk_mtup.search_low = tcp_mss_to_mtu(sk, (int)tcp_current_mss(sk));
	icsk->icsk_mtup.probe_timestamp = tcp_jiffies32;
}

static bool may_probe(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	/* SACK blocks make headers vary; eleven segments: its loss must be told from congestion. */
	return icsk->icsk_mtup.enabled && !icsk->icsk_mtup.probe_size &&
	       icsk->icsk_ca_state == TCP_CA_Open && tcp_snd_cwnd(tp) >= 11 &&
	       !tp->rx_opt.num_sacks && !tp->rx_opt.dsack;
}

/* Bytes of the next probe; 0 when the search has ended. */
static int next_probe_size(struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	int low = icsk->icsk_mtup.search_low, high = icsk->icsk_mtup.search_high;
	int size = tcp_mtu_to_mss(sk, (high + low) >> 1);

	if (size > tcp_mtu_to_mss(sk, high) ||
	    high - low < tcp_net_sk(sk)->sysctl_tcp_probe_threshold)
		return 0;
	return size;
}

/* Make the first buffer of the write queue @size bytes. Return: false when that can't be done. */
static bool build_probe(struct sock *sk, struct sk_buff *skb, int size)
{
	int missing;

	while ((missing = size - (int)skb->len) > 0)
		if (!tcp_grow_skb(sk, skb, missing))
			return false;
	return (int)skb->len == size || !tcp_fragment(sk, TCP_FRAG_IN_WRITE_QUEUE, skb, (u32)size,
						      (unsigned int)size, GFP_ATOMIC);
}

static int send_probe(struct sock *sk, int size)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct sk_buff *skb = tcp_send_head(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (!build_probe(sk, skb, size))
		return -1;
	tcp_set_skb_tso_segs(skb, skb->len);
	/* If it can't be sent it is cut into segments like other data. */
	if (tcp_transmit_skb(sk, skb, 1, GFP_ATOMIC))
		return -1;
	/* It is as much as two segments. */
	tcp_snd_cwnd_set(tp, tcp_snd_cwnd(tp) - 1);
	if (tcp_event_new_data_sent(sk, skb))
		tcp_rearm_rto(sk);
	icsk->icsk_mtup.probe_size = (u32)tcp_mss_to_mtu(sk, (int)skb->len) & 0x7fffffff;
	tp->mtu_probe.probe_seq_start = TCP_SKB_CB(skb)->seq;
	tp->mtu_probe.probe_seq_end = TCP_SKB_CB(skb)->end_seq;
	return 1;
}

/**
 * tcp_mtu_probe() - send a segment that is larger than what is known to pass, RFC 4821
 * @sk: the socket, about to send
 *
 * Return: 1 when it was sent; 0 to wait until there is room for it; -1 to go on as usual.
 */
int tcp_mtu_probe(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 needed, flight;
	int size;

	if (likely(!may_probe(sk)))
		return -1;
	size = next_probe_size(sk);
	if (!size) {
		check_reprobe(sk);
		return -1;
	}
	/* The probe and enough behind it to find out about its loss. */
	needed = (u32)size + (tp->reordering + 1) * tp->mss_cache;
	if (tp->write_seq - tp->snd_nxt < needed || tp->snd_wnd < needed)
		return -1;
	if (after(tp->snd_nxt + needed, tcp_wnd_end(tp)))
		return 0;
	flight = tcp_packets_in_flight(tp);
	if (flight + 2 > tcp_snd_cwnd(tp))
		return flight ? 0 : -1;
	if (tcp_pacing_check(sk))
		return -1;
	return send_probe(sk, size);
}
