// SPDX-License-Identifier: BSD-2-Clause
/* Options of received segments, and what timestamps protect from (RFC 7323). */
#include <skiff/unaligned.h>

#include "tcp/tcp.h"

/* NOP NOP TIMESTAMP 10: how everybody sends it on its own. */
#define TS_ALIGNED \
	((TCPOPT_NOP << 24) | (TCPOPT_NOP << 16) | (TCPOPT_TIMESTAMP << 8) | TCPOLEN_TIMESTAMP)

/* What one option is judged by. */
struct parse {
	const struct tcp_net *tn;
	const struct sk_buff *skb;
	const struct tcphdr *th;
	struct tcp_options_received *rx;
	struct tcp_fastopen_cookie *foc;
	bool estab;
};

static void parse_mss(struct parse *p, const u8 *val, u8 len)
{
	u16 mss;

	if (len != TCPOLEN_MSS || !p->th->syn || p->estab)
		return;
	mss = get_unaligned_be16(val);
	if (!mss)
		return;
	if (p->rx->user_mss && p->rx->user_mss < mss)
		mss = p->rx->user_mss;
	p->rx->mss_clamp = mss;
}

static void parse_window(struct parse *p, const u8 *val, u8 len)
{
	u8 scale = *val;

	if (len != TCPOLEN_WINDOW || !p->th->syn || p->estab || !p->tn->sysctl_tcp_window_scaling)
		return;
	/* RFC 7323 section 2.3: what is larger counts as 14. */
	if (scale > TCP_MAX_WSCALE) {
		net_info_ratelimited("TCP window scale %u from a peer counts as %u", scale,
				     TCP_MAX_WSCALE);
		scale = TCP_MAX_WSCALE;
	}
	p->rx->wscale_ok = 1;
	p->rx->snd_wscale = scale & 0xf;
}

static bool takes_timestamp(const struct parse *p)
{
	return p->estab ? p->rx->tstamp_ok : p->tn->sysctl_tcp_timestamps;
}

static void parse_timestamp(struct parse *p, const u8 *val, u8 len)
{
	if (len != TCPOLEN_TIMESTAMP || !takes_timestamp(p))
		return;
	p->rx->saw_tstamp = 1;
	p->rx->rcv_tsval = get_unaligned_be32(val);
	p->rx->rcv_tsecr = get_unaligned_be32(val + 4);
}

static void parse_sack_perm(struct parse *p, u8 len)
{
	if (len != TCPOLEN_SACK_PERM || !p->th->syn || p->estab || !p->tn->sysctl_tcp_sack)
		return;
	p->rx->sack_ok = TCP_SACK_SEEN;
	p->rx->dsack = 0;
	p->rx->num_sacks = 0;
}

/* Where the blocks are is noted; they are looked at by whoever handles the acknowledgment. */
static void parse_sack(struct parse *p, const u8 *val, u8 len)
{
	if (len >= TCPOLEN_SACK_BASE + TCPOLEN_SACK_PERBLOCK &&
	    (len - TCPOLEN_SACK_BASE) % TCPOLEN_SACK_PERBLOCK == 0 && p->rx->sack_ok)
		TCP_SKB_CB(p->skb)->sacked = (u8)(val - 2 - (const u8 *)(const void *)p->th);
}

/* RFC 7413 section 4.1.1: an empty one asks for a cookie; all have an even length. */
static void parse_fastopen(struct parse *p, const u8 *cookie, int len, bool exp)
{
	if (!p->foc || !p->th->syn || len < 0 || (len & 1))
		return;
	if (len >= TCP_FASTOPEN_COOKIE_MIN && len <= TCP_FASTOPEN_COOKIE_MAX)
		memcpy(p->foc->val, cookie, (size_t)len);
	else if (len != 0)
		len = -1;
	p->foc->len = (s8)len;
	p->foc->exp = exp;
}

static void parse_one(struct parse *p, u8 code, const u8 *val, u8 len)
{
	switch (code) {
	case TCPOPT_MSS:
		parse_mss(p, val, len);
		break;
	case TCPOPT_WINDOW:
		parse_window(p, val, len);
		break;
	case TCPOPT_TIMESTAMP:
		parse_timestamp(p, val, len);
		break;
	case TCPOPT_SACK_PERM:
		parse_sack_perm(p, len);
		break;
	case TCPOPT_SACK:
		parse_sack(p, val, len);
		break;
	case TCPOPT_MD5SIG:
		break; /* was looked at before */
	case TCPOPT_FASTOPEN:
		parse_fastopen(p, val, len - TCPOLEN_FASTOPEN_BASE, false);
		break;
	case TCPOPT_EXP:
		if (len >= TCPOLEN_EXP_FASTOPEN_BASE &&
		    get_unaligned_be16(val) == TCPOPT_FASTOPEN_MAGIC)
			parse_fastopen(p, val + 2, len - TCPOLEN_EXP_FASTOPEN_BASE, true);
		break;
	default:
		p->rx->saw_unknown = 1;
	}
}

/* The header is as in nearly every segment: a timestamp, aligned, and nothing else. */
static bool parse_aligned_timestamp(struct tcp_options_received *rx, const struct tcphdr *th)
{
	const u8 *ptr = (const u8 *)(const void *)(th + 1);

	if (th->doff != (sizeof(*th) + TCPOLEN_TSTAMP_ALIGNED) / 4 ||
	    get_unaligned_be32(ptr) != TS_ALIGNED)
		return false;
	rx->saw_tstamp = 1;
	rx->rcv_tsval = get_unaligned_be32(ptr + 4);
	rx->rcv_tsecr = get_unaligned_be32(ptr + 8);
	return true;
}

static void parse_all(struct parse *p)
{
	const u8 *ptr = (const u8 *)(const void *)(p->th + 1);
	int left = (int)(p->th->doff * 4 - sizeof(*p->th));

	while (left > 0) {
		u8 code = *ptr, len;

		if (code == TCPOPT_EOL)
			return;
		if (code == TCPOPT_NOP) {
			ptr++;
			left--;
			continue;
		}
		/* What is malformed ends the list: what came before counts. */
		if (left < 2)
			return;
		len = ptr[1];
		if (len < 2 || len > left)
			return;
		parse_one(p, code, ptr + 2, len);
		ptr += len;
		left -= len;
	}
}

void tcp_parse_options(const struct net *net, const struct sk_buff *skb,
		       struct tcp_options_received *opt_rx, int estab,
		       struct tcp_fastopen_cookie *foc)
{
	struct parse p = { .tn = tcp_net(net),
			   .skb = skb,
			   .th = tcp_hdr(skb),
			   .rx = opt_rx,
			   .foc = foc,
			   .estab = estab != 0 };

	opt_rx->saw_tstamp = 0;
	opt_rx->saw_unknown = 0;
	if (!takes_timestamp(&p) || !parse_aligned_timestamp(opt_rx, p.th))
		parse_all(&p);
}

bool tcp_fast_parse_options(const struct net *net, const struct sk_buff *skb,
			    const struct tcphdr *th, struct tcp_sock *tp)
{
	if (th->doff == sizeof(*th) / 4) {
		tp->rx_opt.saw_tstamp = 0;
		return false;
	}
	if (!tp->rx_opt.tstamp_ok || !parse_aligned_timestamp(&tp->rx_opt, th))
		tcp_parse_options(net, skb, &tp->rx_opt, 1, NULL);
	if (tp->rx_opt.saw_tstamp && tp->rx_opt.rcv_tsecr)
		tp->rx_opt.rcv_tsecr -= tp->tsoffset;
	return true;
}

/* Timestamps */

/* RFC 7323 section 5.5: it is older, but after 24 days nobody knows. */
bool __tcp_paws_check(const struct net *net, const struct tcp_options_received *rx_opt)
{
	if (tcp_seconds(net) - rx_opt->ts_recent_stamp >= TCP_PAWS_WRAP)
		return true;
	/* Some say 0 until they have sent a real one. */
	return !rx_opt->ts_recent;
}

/* A RST whose timestamp is old is still believed when the connection was quiet for long. */
bool tcp_paws_reject(const struct net *net, const struct tcp_options_received *rx_opt, int rst)
{
	if (tcp_paws_check(net, rx_opt, 0))
		return false;
	return !(rst && tcp_seconds(net) - rx_opt->ts_recent_stamp >= TCP_PAWS_MSL);
}

void tcp_store_ts_recent(struct tcp_sock *tp)
{
	tp->rx_opt.ts_recent = tp->rx_opt.rcv_tsval;
	tp->rx_opt.ts_recent_stamp = (int)tcp_seconds(sock_net((struct sock *)tp));
}

/* RFC 7323 section 4.3: only a segment that covers what was acknowledged last. */
void tcp_replace_ts_recent(struct tcp_sock *tp, u32 seq)
{
	if (!tp->rx_opt.saw_tstamp || after(seq, tp->rcv_wup))
		return;
	/* An acknowledgment out of order may be older and pass nevertheless. */
	if (tcp_paws_check(sock_net((struct sock *)tp), &tp->rx_opt, 0))
		tcp_store_ts_recent(tp);
}
