// SPDX-License-Identifier: BSD-2-Clause
/*
 * TIME_WAIT, and FIN_WAIT2 without an owner, as a small structure.
 *
 * It holds what is needed to answer: where the sequence numbers are, and the peer's timestamp, by
 * which a new connection of the same addresses and ports can be told from old segments (RFC 6191).
 * It has no buffers. The one reference is the table's.
 */
#include <skiff/slab.h>

#include "tcp/tcp.h"

static u32 clock_ms(const struct net *net)
{
	return (u32)(skiff_clock_seen(skiff_net_clock(net)) / NSEC_PER_MSEC);
}

void inet_twsk_put(struct inet_timewait_sock *tw)
{
	if (!refcount_dec_and_test(&tw->tw_refcnt))
		return;
	kfree_sensitive(tw->tw_md5_key);
	spares_put(&tcp_net(tw->tw_net)->timewaits, tw);
}

/* Out of the tables. */
static void twsk_kill(struct inet_timewait_sock *tw)
{
	struct tcp_net *tn = tcp_net(tw->tw_net);

	if (hlist_unhashed(&tw->__tw_common.skc_node))
		return;
	tcp_hash_del(&tn->hashinfo.ehash, &tw->__tw_common.skc_node);
	if (tw->tw_tb) {
		hlist_del_init(&tw->tw_bind_node);
		inet_bind_bucket_put(&tn->hashinfo, tw->tw_tb);
		tw->tw_tb = NULL;
	}
	tn->tw_count--;
	inet_twsk_put(tw);
}

void inet_twsk_deschedule_put(struct inet_timewait_sock *tw)
{
	del_timer(&tw->tw_timer);
	twsk_kill(tw);
}

static void tw_timer_handler(struct timer_list *t)
{
	struct inet_timewait_sock *tw = from_timer(tw, t, tw_timer);

	NET_INC_STATS(tw->tw_net, LINUX_MIB_TIMEWAITED);
	twsk_kill(tw);
}

static void twsk_reschedule(struct inet_timewait_sock *tw, int timeo)
{
	mod_timer_ns(&tw->tw_timer, tcp_jiffies_ahead(timeo));
}

/* What the tables know of the socket. */
static void twsk_common(struct inet_timewait_sock *tw, const struct sock *sk)
{
	struct sock_common *c = &tw->__tw_common;

	*c = sk->__sk_common;
	INIT_HLIST_NODE(&c->skc_node);
	refcount_set(&c->skc_refcnt, 1);
	c->skc_state = TCP_TIME_WAIT;
}

static struct inet_timewait_sock *twsk_alloc(const struct sock *sk, int state)
{
	struct tcp_net *tn = tcp_net_sk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	struct inet_timewait_sock *tw;

	if (tn->tw_count >= tn->sysctl_tcp_max_tw_buckets)
		return NULL;
	tw = (struct inet_timewait_sock *)spares_alloc(&tn->timewaits, sizeof(*tw),
						       GFP_ATOMIC | __GFP_ZERO);
	if (!tw)
		return NULL;
	twsk_common(tw, sk);
	tw->tw_substate = (u8)state;
	tw->tw_rcv_wscale = tp->rx_opt.rcv_wscale;
	tw->tw_tos = inet_stream_tos(sk, sk->sk_daddr);
	tw->tw_sport = inet_sk(sk)->inet_sport;
	tw->tw_priority = sk->sk_priority;
	tw->tw_mark = sk->sk_mark;
	tw->tw_txhash = sk->sk_txhash;
	tw->tw_rcv_nxt = tp->rcv_nxt;
	tw->tw_snd_nxt = tp->snd_nxt;
	tw->tw_rcv_wnd = tcp_receive_window(tp);
	tw->tw_ts_offset = tp->tsoffset;
	tw->tw_ts_recent = tp->rx_opt.ts_recent;
	tw->tw_ts_recent_stamp = tp->rx_opt.ts_recent_stamp;
	tw->tw_entry_stamp = clock_ms(sock_net(sk));
	tw->tw_md5_key = tcp_md5_key_dup(tcp_md5_lookup(sk, sk->sk_daddr, 0));
	timer_setup_net(&tw->tw_timer, sock_net(sk), tw_timer_handler, 0);
	return tw;
}

/* In the place of the socket. */
static void twsk_hashdance(struct inet_timewait_sock *tw, struct sock *sk, int timeo)
{
	struct inet_bind_bucket *tb = inet_csk(sk)->icsk_bind_hash;

	tw->tw_tb = tb;
	if (tb)
		hlist_add_head(&tw->tw_bind_node, &tb->tw_owners);
	tcp_hash_replace(&sk->sk_node, &tw->__tw_common.skc_node);
	tcp_net_sk(sk)->tw_count++;
	twsk_reschedule(tw, timeo);
}

void tcp_time_wait(struct sock *sk, int state, int timeo)
{
	/* Three and a half retransmission timeouts: what is under way has come by then. */
	int rto = (int)((inet_csk(sk)->icsk_rto << 2) - (inet_csk(sk)->icsk_rto >> 1));
	struct inet_timewait_sock *tw = twsk_alloc(sk, state);

	if (tw) {
		timeo = max(timeo, rto);
		if (state == TCP_TIME_WAIT)
			timeo = TCP_TIMEWAIT_LEN;
		twsk_hashdance(tw, sk, timeo);
	} else {
		/* Or memory would be at the peer's mercy: it is over without the wait. */
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPTIMEWAITOVERFLOW);
	}
	tcp_update_metrics(sk);
	tcp_done(sk);
}

/* A segment comes */

/* It is answered, though not as often as somebody likes. */
static enum tcp_tw_status answer_oow(struct inet_timewait_sock *tw, const struct sk_buff *skb,
				     int mib)
{
	return tcp_oow_rate_limited(tw->tw_net, skb, mib, &tw->tw_last_oow_ack_time) ?
		       TCP_TW_SUCCESS :
		       TCP_TW_ACK_OOW;
}

static void note_timestamp(struct inet_timewait_sock *tw, const struct tcp_options_received *opt)
{
	if (!opt->saw_tstamp)
		return;
	tw->tw_ts_recent = opt->rcv_tsval;
	tw->tw_ts_recent_stamp = tcp_seconds(tw->tw_net);
}

/* RFC 9293 section 3.10.7.4, FIN-WAIT-2: the peer may still send its FIN, and nothing else. */
static enum tcp_tw_status fin_wait2_process(struct inet_timewait_sock *tw, struct sk_buff *skb,
					    const struct tcphdr *th,
					    const struct tcp_options_received *opt,
					    bool paws_reject)
{
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	u32 rcv_nxt = tw->tw_rcv_nxt;

	if (paws_reject || !tcp_in_window(cb->seq, cb->end_seq, rcv_nxt, rcv_nxt + tw->tw_rcv_wnd))
		return answer_oow(tw, skb, LINUX_MIB_TCPACKSKIPPEDFINWAIT2);
	if (th->rst) {
		inet_twsk_deschedule_put(tw);
		return TCP_TW_SUCCESS;
	}
	if (th->syn && !before(cb->seq, rcv_nxt))
		return TCP_TW_RST;
	if (!th->ack || !after(cb->end_seq, rcv_nxt) || cb->end_seq == cb->seq)
		return TCP_TW_SUCCESS;
	/* Nobody is there to read data. */
	if (!th->fin || cb->end_seq != rcv_nxt + 1)
		return TCP_TW_RST;
	tw->tw_substate = TCP_TIME_WAIT;
	tw->tw_rcv_nxt = cb->end_seq;
	note_timestamp(tw, opt);
	twsk_reschedule(tw, TCP_TIMEWAIT_LEN);
	return TCP_TW_ACK;
}

/* A SYN that is newer than all that was (RFC 9293 section 3.6.1, RFC 6191). */
static bool is_new_syn(const struct inet_timewait_sock *tw, const struct sk_buff *skb,
		       const struct tcphdr *th, const struct tcp_options_received *opt)
{
	if (!th->syn || th->rst || th->ack)
		return false;
	return after(TCP_SKB_CB(skb)->seq, tw->tw_rcv_nxt) ||
	       (opt->saw_tstamp && (s32)(tw->tw_ts_recent - opt->rcv_tsval) < 0);
}

static u32 next_isn(const struct inet_timewait_sock *tw)
{
	u32 isn = tw->tw_snd_nxt + 65535 + 2;

	return isn ? isn : 1;
}

static enum tcp_tw_status time_wait_process(struct inet_timewait_sock *tw, struct sk_buff *skb,
					    const struct tcphdr *th,
					    const struct tcp_options_received *opt,
					    bool paws_reject, u32 *tw_isn)
{
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	if (!paws_reject && cb->seq == tw->tw_rcv_nxt && (cb->seq == cb->end_seq || th->rst)) {
		/* RFC 1337: whoever resets one in TIME_WAIT may be an old segment. */
		if (th->rst && !tcp_net(tw->tw_net)->sysctl_tcp_rfc1337) {
			inet_twsk_deschedule_put(tw);
			return TCP_TW_SUCCESS;
		}
		if (!th->rst)
			twsk_reschedule(tw, TCP_TIMEWAIT_LEN);
		note_timestamp(tw, opt);
		return TCP_TW_SUCCESS;
	}
	if (!paws_reject && is_new_syn(tw, skb, th, opt)) {
		*tw_isn = next_isn(tw);
		return TCP_TW_SYN;
	}
	if (paws_reject)
		NET_INC_STATS(tw->tw_net, LINUX_MIB_PAWSESTABREJECTED);
	if (th->rst)
		return TCP_TW_SUCCESS;
	/* A SYN may be an old one: it does not make the wait longer. */
	if (paws_reject || th->ack)
		twsk_reschedule(tw, TCP_TIMEWAIT_LEN);
	return answer_oow(tw, skb, LINUX_MIB_TCPACKSKIPPEDTIMEWAIT);
}

enum tcp_tw_status tcp_timewait_state_process(struct inet_timewait_sock *tw, struct sk_buff *skb,
					      const struct tcphdr *th, u32 *tw_isn)
{
	struct tcp_options_received opt;
	bool paws_reject = false;

	memset(&opt, 0, sizeof(opt));
	if (th->doff > sizeof(*th) / 4 && tw->tw_ts_recent_stamp) {
		tcp_parse_options(tw->tw_net, skb, &opt, 0, NULL);
		if (opt.saw_tstamp) {
			if (opt.rcv_tsecr)
				opt.rcv_tsecr -= tw->tw_ts_offset;
			opt.ts_recent = tw->tw_ts_recent;
			opt.ts_recent_stamp = (int)tw->tw_ts_recent_stamp;
			paws_reject = tcp_paws_reject(tw->tw_net, &opt, th->rst);
		}
	}
	if (tw->tw_substate == TCP_FIN_WAIT2)
		return fin_wait2_process(tw, skb, th, &opt, paws_reject);
	return time_wait_process(tw, skb, th, &opt, paws_reject, tw_isn);
}

/* connect() to where the same addresses and ports were in use a minute ago */

static bool is_loopback(const struct inet_timewait_sock *tw)
{
	return ipv4_is_loopback(tw->tw_daddr) || ipv4_is_loopback(tw->tw_rcv_saddr);
}

static bool reuse_allowed(const struct inet_timewait_sock *tw)
{
	const struct tcp_net *tn = tcp_net(tw->tw_net);

	if (tw->tw_substate == TCP_FIN_WAIT2 || !tn->sysctl_tcp_tw_reuse)
		return false;
	if (tn->sysctl_tcp_tw_reuse == 2 && !is_loopback(tw))
		return false;
	/* So that the new timestamps are later than the old ones. */
	return clock_ms(tw->tw_net) - tw->tw_entry_stamp >= tn->sysctl_tcp_tw_reuse_delay;
}

int tcp_twsk_unique(struct sock *sk, struct sock *sktw)
{
	const struct inet_timewait_sock *tw = inet_twsk(sktw);
	struct tcp_sock *tp = tcp_sk(sk);

	/* Timestamps tell old segments from new ones: a port that was bound to needs no more. */
	if (!tw->tw_ts_recent_stamp || (!inet_sk(sk)->inet_num && !reuse_allowed(tw)))
		return 0;
	tp->write_seq = next_isn(tw);
	tp->rx_opt.ts_recent = tw->tw_ts_recent;
	tp->rx_opt.ts_recent_stamp = (int)tw->tw_ts_recent_stamp;
	return 1;
}
