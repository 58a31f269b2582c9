// SPDX-License-Identifier: BSD-2-Clause
/*
 * SYN cookies, RFC 4987 section 3.6: when the SYN queue is full, what would be remembered is put into
 * the sequence number of the SYN-ACK, and comes back with the ACK.
 *
 * Theory of operation. The number is a keyed hash of the flow, plus the peer's sequence number, plus
 * the minute in its upper 8 bits, plus in the lower 24 another keyed hash of flow and minute and an
 * index of a few segment sizes. A guess hits with a chance of 4 in 2^24 for each minute that is
 * still taken. With timestamps, the lower bits of ours carry what of the other options was agreed on.
 */
#include "tcp/tcp.h"

#define COOKIE_BITS 24
#define COOKIE_MASK (((u32)1 << COOKIE_BITS) - 1)

/* A cookie is good for as long: minutes, and the time since the last one was sent. */
#define MAX_SYNCOOKIE_AGE 2
#define TCP_SYNCOOKIE_PERIOD (60 * HZ)
#define TCP_SYNCOOKIE_VALID (MAX_SYNCOOKIE_AGE * TCP_SYNCOOKIE_PERIOD)

/* The timestamp's lower bits: window scale (15: none), SACK, ECN. */
#define TS_OPT_WSCALE_MASK 0xf
#define TS_OPT_SACK BIT(4)
#define TS_OPT_ECN BIT(5)
#define TSBITS 6
#define TSMASK (((u32)1 << TSBITS) - 1)

/* Sizes that cover nearly all hosts, as measured by Alcock and Nelson (2011). */
static const u16 msstab[] = { 536, 1300, 1440, 1460 };

static u32 cookie_hash(const struct net *net, __be32 saddr, __be32 daddr, __be16 sport,
		       __be16 dport, u32 count, int c)
{
	return (u32)siphash_4u32((__force u32)saddr, (__force u32)daddr,
				 (u32)(__force u16)sport << 16 | (__force u16)dport, count,
				 &tcp_net(net)->cookie_key[c]);
}

static u32 cookie_time(const struct net *net)
{
	return (u32)(skiff_clock_now(skiff_net_clock(net)) / NSEC_PER_SEC / 60);
}

static u32 make_cookie(const struct net *net, const struct sk_buff *skb, u32 sseq, u32 data)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcphdr *th = tcp_hdr(skb);
	u32 count = cookie_time(net);

	return cookie_hash(net, iph->saddr, iph->daddr, th->source, th->dest, 0, 0) + sseq +
	       (count << COOKIE_BITS) +
	       ((cookie_hash(net, iph->saddr, iph->daddr, th->source, th->dest, count, 1) + data) &
		COOKIE_MASK);
}

/* What was put into it, or all ones when it was never given, or too long ago. */
static u32 check_cookie(const struct net *net, const struct sk_buff *skb, u32 cookie, u32 sseq)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcphdr *th = tcp_hdr(skb);
	u32 count = cookie_time(net), diff;

	cookie -= cookie_hash(net, iph->saddr, iph->daddr, th->source, th->dest, 0, 0) + sseq;
	diff = (count - (cookie >> COOKIE_BITS)) & (~(u32)0 >> COOKIE_BITS);
	if (diff >= MAX_SYNCOOKIE_AGE)
		return ~(u32)0;
	return (cookie -
		cookie_hash(net, iph->saddr, iph->daddr, th->source, th->dest, count - diff, 1)) &
	       COOKIE_MASK;
}

u32 cookie_v4_init_sequence(const struct sk_buff *skb, u16 *mss)
{
	int i = ARRAY_SIZE(msstab) - 1;

	while (i && *mss < msstab[i])
		i--;
	*mss = msstab[i];
	return make_cookie(dev_net(skb->dev), skb, ntohl(tcp_hdr(skb)->seq), (u32)i);
}

u64 cookie_init_timestamp(struct request_sock *req, u64 now)
{
	u32 options = req->wscale_ok ? req->snd_wscale : TS_OPT_WSCALE_MASK;
	u64 ts = now / NSEC_PER_MSEC, ts_now = ts;

	if (req->sack_ok)
		options |= TS_OPT_SACK;
	if (req->ecn_ok)
		options |= TS_OPT_ECN;
	ts = (ts & ~(u64)TSMASK) | options;
	/* Never in the future: the echo would look impossible. */
	if (ts > ts_now)
		ts -= 1u << TSBITS;
	return ts * NSEC_PER_MSEC;
}

/* The options that the echo of our timestamp tells of. False: there can't be such. */
static bool cookie_timestamp_decode(const struct net *net, struct tcp_options_received *opt)
{
	const struct tcp_net *tn = tcp_net(net);
	u32 options = opt->rcv_tsecr;

	if (!opt->saw_tstamp) {
		tcp_clear_options(opt);
		return true;
	}
	if (!tn->sysctl_tcp_timestamps)
		return false;
	opt->sack_ok = options & TS_OPT_SACK ? TCP_SACK_SEEN : 0;
	if (opt->sack_ok && !tn->sysctl_tcp_sack)
		return false;
	if ((options & TS_OPT_WSCALE_MASK) == TS_OPT_WSCALE_MASK)
		return true;
	opt->wscale_ok = 1;
	opt->snd_wscale = options & TS_OPT_WSCALE_MASK;
	return tn->sysctl_tcp_window_scaling != 0;
}

void tcp_synq_overflow(struct sock *sk)
{
	/* A listening socket receives nothing: the field is free for this. */
	tcp_sk(sk)->rx_opt.ts_recent_stamp = (int)tcp_seconds(sock_net(sk)) + 1;
}

/* Have none been sent lately? Then an ACK answers none. */
static bool no_recent_overflow(const struct sock *sk)
{
	s64 last = tcp_sk(sk)->rx_opt.ts_recent_stamp;

	return !last || tcp_seconds(sock_net(sk)) > last - 1 + TCP_SYNCOOKIE_VALID / HZ;
}

/* The segment size that was put into it, 0: it is no cookie. */
static u16 cookie_v4_mss(struct sock *sk, const struct sk_buff *skb)
{
	u32 cookie = ntohl(tcp_hdr(skb)->ack_seq) - 1;
	u32 index;

	if (no_recent_overflow(sk))
		return 0;
	index = check_cookie(sock_net(sk), skb, cookie, ntohl(tcp_hdr(skb)->seq) - 1);
	if (index < ARRAY_SIZE(msstab)) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_SYNCOOKIESRECV);
		return msstab[index];
	}
	NET_INC_STATS(sock_net(sk), LINUX_MIB_SYNCOOKIESFAILED);
	return 0;
}

/* The request that would have been in the queue. */
static struct request_sock *cookie_request(struct sock *sk, struct sk_buff *skb,
					   const struct tcp_options_received *opt, u32 ts_off,
					   u16 mss)
{
	struct request_sock *req = tcp_reqsk_alloc(sk);

	if (!req)
		return NULL;
	tcp_openreq_init(req, opt, skb, sk);
	req->mss = mss;
	req->syncookie = 1;
	req->rcv_isn = ntohl(tcp_hdr(skb)->seq) - 1;
	req->rcv_nxt = req->rcv_isn + 1;
	req->snt_isn = ntohl(tcp_hdr(skb)->ack_seq) - 1;
	req->ts_off = ts_off;
	tcp_openreq_init_random(req);
	req->ireq_opt = tcp_v4_save_options(sock_net(sk), skb);
	return req;
}

/* A cookie's socket goes straight into the accept queue. Consumes the reference to @req. */
static struct sock *get_cookie_sock(struct sock *sk, struct sk_buff *skb, struct request_sock *req)
{
	struct sock *child = tcp_v4_syn_recv_sock(sk, skb, req);

	if (!child) {
		reqsk_put(req);
		return NULL;
	}
	return inet_csk_reqsk_queue_add(sk, req, child);
}

struct sock *cookie_v4_check(struct sock *sk, struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);
	struct net *net = sock_net(sk);
	struct tcp_options_received opt;
	struct request_sock *req;
	struct dst_entry *dst;
	u32 ts_off = 0;
	u16 mss;

	if (!tcp_net(net)->sysctl_tcp_syncookies || !th->ack || th->rst)
		return sk;
	mss = cookie_v4_mss(sk, skb);
	if (!mss)
		return sk;
	memset(&opt, 0, sizeof(opt));
	tcp_parse_options(net, skb, &opt, 0, NULL);
	opt.tstamp_ok = opt.saw_tstamp;
	if (opt.saw_tstamp && opt.rcv_tsecr) {
		ts_off = tcp_v4_init_ts_off(net, ip_hdr(skb)->daddr, ip_hdr(skb)->saddr);
		opt.rcv_tsecr -= ts_off;
	}
	if (!cookie_timestamp_decode(net, &opt))
		return NULL;
	req = cookie_request(sk, skb, &opt, ts_off, mss);
	dst = req ? tcp_v4_route_req(sk, req) : NULL;
	if (!dst) {
		if (req)
			reqsk_put(req);
		return NULL;
	}
	req->ecn_ok = opt.saw_tstamp && (opt.rcv_tsecr & TS_OPT_ECN) &&
		      (tcp_net(net)->sysctl_tcp_ecn || dst_feature(dst, RTAX_FEATURE_ECN));
	tcp_openreq_init_rwin(req, sk, dst);
	dst_release(dst);
	return get_cookie_sock(sk, skb, req);
}
