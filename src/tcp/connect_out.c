// SPDX-License-Identifier: BSD-2-Clause
/* SYN and SYN-ACK: how a connection begins. */
#include "tcp/fastopen.h"
#include "tcp/output.h"

/* Window, scale and the limits that go with them. */
static void init_window(struct sock *sk, const struct dst_entry *dst)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int full = tcp_full_space(sk);
	u32 mss;
	u8 rcv_wscale;

	if (!tp->window_clamp)
		tp->window_clamp = dst_metric(dst, RTAX_WINDOW);
	tp->advmss = tcp_mss_clamp(tp, dst_metric_advmss(dst));
	tcp_initialize_rcv_mss(sk);
	/* A receive buffer that the program chose smaller limits the window as well. */
	if ((sk->sk_userlocks & SOCK_RCVBUF_LOCK) &&
	    (!tp->window_clamp || tp->window_clamp > (u32)full))
		tp->window_clamp = (u32)full;
	mss = tp->advmss;
	if (tp->rx_opt.ts_recent_stamp)
		mss -= tp->tcp_header_len - (u32)sizeof(struct tcphdr);
	tcp_select_initial_window(sk, full, mss, &tp->rcv_wnd, &tp->window_clamp,
				  tcp_net_sk(sk)->sysctl_tcp_window_scaling, &rcv_wscale,
				  dst_metric(dst, RTAX_INITRWND));
	tp->rx_opt.rcv_wscale = rcv_wscale & 0xf;
	tp->rcv_ssthresh = tp->rcv_wnd;
}

static void init_sequence(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tp->snd_wnd = 0;
	tp->snd_wl1 = 0;
	tcp_write_queue_purge(sk);
	tp->snd_una = tp->write_seq;
	tp->snd_sml = tp->write_seq;
	tp->snd_up = tp->write_seq;
	tp->snd_nxt = tp->write_seq;
	tp->rcv_nxt = 0;
	tp->rcv_wup = 0;
	tp->copied_seq = 0;
}

static void connect_init(struct sock *sk)
{
	const struct dst_entry *dst = sk->sk_dst_cache;
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	/* Corrected when the answer says what was agreed on. */
	tp->tcp_header_len = sizeof(struct tcphdr);
	if (tcp_net_sk(sk)->sysctl_tcp_timestamps)
		tp->tcp_header_len += TCPOLEN_TSTAMP_ALIGNED;
	if (tp->rx_opt.user_mss)
		tp->rx_opt.mss_clamp = tp->rx_opt.user_mss;
	tp->max_window = 0;
	tcp_ca_dst_init(sk, dst);
	tcp_mtup_init(sk);
	tcp_sync_mss(sk, dst_mtu(dst));
	init_window(sk, dst);
	WRITE_ONCE(sk->sk_err, 0);
	sock_reset_flag(sk, SOCK_DONE);
	init_sequence(sk);
	icsk->icsk_rto = TCP_TIMEOUT_INIT;
	icsk->icsk_retransmits = 0;
	tp->retrans_out = 0;
	tp->lost_out = 0;
	tp->undo_marker = 0;
	tp->undo_retrans = -1;
	tp->sacked_out = 0;
	tp->total_retrans = 0;
	tp->total_rto = 0;
}

/* It takes its place in the sequence space, and counts as in flight. */
static void queue_skb(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_skb_cb *tcb = TCP_SKB_CB(skb);
	struct tcp_sock *tp = tcp_sk(sk);

	tcb->end_seq += skb->len;
	tcp_wmem_charge_skb(sk, skb);
	tp->write_seq = tcb->end_seq;
	tp->packets_out += (u32)tcp_skb_pcount(skb);
}

static int send_syn(struct sock *sk, struct sk_buff *syn)
{
	int err = tcp_transmit_skb(sk, syn, 1, GFP_ATOMIC);

	if (!err)
		tcp_sent_now(tcp_sk(sk), syn);
	return err;
}

/* Data for the SYN, @space bytes of the program's at most; it may be none. NULL without memory. */
static struct sk_buff *syn_data_skb(struct sock *sk, const struct sk_buff *syn, size_t space)
{
	struct tcp_fastopen_request *fo = tcp_sk(sk)->fastopen_req;
	struct sk_buff *skb = tcp_stream_alloc_skb(sk, GFP_ATOMIC, false);

	if (!skb)
		return NULL;
	memcpy(skb->cb, syn->cb, sizeof(syn->cb));
	if (space && tcp_skb_copy_from(sk, skb, &fo->data->msg_iter, space)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return NULL;
	}
	/* It is copied, which is no reason for the program to hear of it before it has arrived. */
	if (fo->uarg && skb->len) {
		tcp_zerocopy_copied(fo->uarg);
		skb_zcopy_set(skb, fo->uarg, NULL);
	}
	return skb;
}

/*
 * What stays queued is the data alone: the SYN has a buffer of its own, so that each can be sent
 * again without the other.
 */
static int transmit_syn_data(struct sock *sk, struct sk_buff *syn, struct sk_buff *data)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int err;

	queue_skb(sk, data);
	if (data->len)
		tcp_chrono_start(sk, TCP_CHRONO_BUSY);
	err = tcp_transmit_skb(sk, data, 1, GFP_ATOMIC);
	syn->skb_mstamp_ns = data->skb_mstamp_ns;
	TCP_SKB_CB(data)->seq++;
	TCP_SKB_CB(data)->tcp_flags = TCPHDR_ACK | TCPHDR_PSH;
	if (err) {
		__skb_queue_tail(&sk->sk_write_queue, data);
		tp->packets_out -= (u32)tcp_skb_pcount(data);
		return err;
	}
	tp->syn_data = data->len > 0;
	tcp_rtx_queue_insert(sk, data);
	tcp_sent_now(tp, syn);
	tcp_sent_now(tp, data);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPORIGDATASENT);
	return 0;
}

/* RFC 7413 section 4.2.1. Return: whether a SYN with data was sent. */
static bool try_syn_data(struct sock *sk, struct sk_buff *syn)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_fastopen_request *fo = tp->fastopen_req;
	struct sk_buff *data;
	size_t space;

	/* Unless an earlier connection told more. */
	tp->rx_opt.mss_clamp = tp->advmss;
	if (!tcp_fastopen_cookie_check(sk, &tp->rx_opt.mss_clamp, &fo->cookie))
		return false;
	tp->rx_opt.mss_clamp = tcp_mss_clamp(tp, tp->rx_opt.mss_clamp);
	tcp_sync_mss(sk, icsk->icsk_pmtu_cookie);
	/* Room for all options that something on the path may add. */
	space = (size_t)max(
		__tcp_mtu_to_mss(sk, (int)icsk->icsk_pmtu_cookie) - MAX_TCP_OPTION_SPACE, 0);
	space = min(space, fo->size);
	data = syn_data_skb(sk, syn, space);
	if (!data)
		return false;
	if (data->len == fo->size)
		fo->data = NULL;
	fo->copied = (int)data->len;
	return !transmit_syn_data(sk, syn, data);
}

static int send_syn_data(struct sock *sk, struct sk_buff *syn)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_fastopen_request *fo = tp->fastopen_req;
	int err = 0;

	if (!try_syn_data(sk, syn)) {
		/* Without data, but ask for a cookie. */
		if (fo->cookie.len > 0)
			fo->cookie.len = 0;
		err = send_syn(sk, syn);
		if (err)
			tp->syn_fastopen = 0;
	}
	/* What is sent again has no Fast Open in it. */
	fo->cookie.len = -1;
	return err;
}

/**
 * tcp_connect() - send the SYN
 * @sk: the socket, in SYN_SENT, with addresses, ports, write_seq and a route that is up to date
 *
 * Stack lock. Return: 0; -ENOBUFS, -ECONNREFUSED.
 */
int tcp_connect(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb, *head;
	int err;

	connect_init(sk);
	skb = tcp_stream_alloc_skb(sk, GFP_ATOMIC, true);
	if (unlikely(!skb))
		return -ENOBUFS;
	tcp_init_nondata_skb(skb, tp->write_seq, TCPHDR_SYN);
	tcp_mstamp_seen(tp);
	tp->retrans_stamp = tcp_time_stamp_ts(tp);
	queue_skb(sk, skb);
	tcp_ecn_send_syn(sk, skb);
	tcp_rtx_queue_insert(sk, skb);
	err = tp->fastopen_req ? send_syn_data(sk, skb) : send_syn(sk, skb);
	if (err == -ECONNREFUSED)
		return err;

	/* Now, so that the SYN was counted as new. */
	head = tcp_send_head(sk);
	tp->snd_nxt = head ? TCP_SKB_CB(head)->seq : tp->write_seq;
	tp->pushed_seq = tp->snd_nxt;
	TCP_INC_STATS(sock_net(sk), TCP_MIB_ACTIVEOPENS);
	tcp_reset_xmit_timer(sk, ICSK_TIME_RETRANS, inet_csk(sk)->icsk_rto, false);
	return 0;
}

/* Both have sent a SYN (RFC 9293 section 3.5, figure 8): ours is sent again, as a SYN-ACK. */
int tcp_send_synack(struct sock *sk)
{
	struct sk_buff *skb = tcp_rtx_queue_head(sk);
	int err;

	if (WARN_ON_ONCE(!skb || !(TCP_SKB_CB(skb)->tcp_flags & TCPHDR_SYN)))
		return -EFAULT;
	if (!(TCP_SKB_CB(skb)->tcp_flags & TCPHDR_ACK)) {
		TCP_SKB_CB(skb)->tcp_flags |= TCPHDR_ACK;
		tcp_ecn_send_synack(sk, skb);
	}
	err = tcp_transmit_skb(sk, skb, 1, GFP_ATOMIC);
	if (!err)
		tcp_sent_now(tcp_sk(sk), skb);
	return err;
}

/* The header of a SYN-ACK, and its options. */
static void build_synack(const struct sock *sk, struct sk_buff *skb, struct request_sock *req,
			 u32 mss, struct tcp_fastopen_cookie *foc, bool cookie)
{
	const struct tcp_md5sig_key *md5 = NULL;
	struct tcp_out_options opts;
	struct tcphdr *th;
	unsigned int hdrlen;

	memset(&opts, 0, sizeof(opts));
	if (unlikely(tcp_sk(sk)->md5sig_info))
		md5 = tcp_md5_lookup(sk, req->ir_rmt_addr, 0);
	hdrlen = (unsigned int)sizeof(*th) +
		 tcp_synack_options(sk, req, mss, skb, &opts, md5, foc, cookie);
	th = (struct tcphdr *)skb_push(skb, hdrlen);
	skb_reset_transport_header(skb);
	memset(th, 0, sizeof(*th));
	th->syn = 1;
	th->ack = 1;
	th->ece = req->ecn_ok;
	th->source = htons(req->ir_num);
	th->dest = req->ir_rmt_port;
	th->seq = htonl(req->snt_isn);
	th->ack_seq = htonl(req->rcv_nxt);
	th->window = htons((u16)min(req->rsk_rcv_wnd, 65535U));
	th->doff = (hdrlen / 4) & 0xf;
	tcp_options_write(th, NULL, &opts);
	if (unlikely(md5))
		tcp_md5_hash_skb((char *)opts.hash_location, md5, req->ir_loc_addr,
				 req->ir_rmt_addr, skb);
}

/**
 * tcp_make_synack() - the answer to a SYN
 * @sk: the listener
 * @dst: route; the reference stays with the caller, whose call the packet does not outlive
 * @req: the connection to be
 * @foc: Fast Open cookie to hand out, or NULL
 * @cookie: nothing is remembered: the sequence number is a SYN cookie
 * @syn_skb: the SYN, or NULL when it is sent again
 *
 * Return: the segment with its header but for the checksum, owned by nobody; NULL without memory.
 */
struct sk_buff *tcp_make_synack(const struct sock *sk, struct dst_entry *dst,
				struct request_sock *req, struct tcp_fastopen_cookie *foc,
				bool cookie, struct sk_buff *syn_skb)
{
	u64 now = (u64)skiff_clock_seen(skiff_net_clock(sock_net(sk)));
	struct sk_buff *skb;

	(void)syn_skb;
	skb = alloc_skb(MAX_TCP_HEADER, GFP_ATOMIC);
	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, MAX_TCP_HEADER);
	skb_dst_set_noref(skb, dst);
	skb->skb_mstamp_ns = now;
	if (unlikely(cookie && req->tstamp_ok))
		skb->skb_mstamp_ns = cookie_init_timestamp(req, now);
	else if (!req->snt_synack)
		req->snt_synack = tcp_skb_timestamp_us(skb);
	skb_set_hash(skb, req->txhash, PKT_HASH_TYPE_L4);
	build_synack(sk, skb, req, tcp_mss_clamp(tcp_sk(sk), dst_metric_advmss(dst)), foc, cookie);
	skb->mark = req->ir_mark;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->tstamp = 0;
	TCP_INC_STATS(sock_net(sk), TCP_MIB_OUTSEGS);
	return skb;
}
