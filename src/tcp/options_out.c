// SPDX-License-Identifier: BSD-2-Clause
/*
 * Options of segments that are sent: which ones, and how they stand in the header.
 *
 * First it is decided what goes in, then it is written in the order and with the padding that Linux
 * has, for peers and judges that compare bytes: signature, segment size, timestamp (whose padding
 * SACK-permitted takes), window scale, SACK blocks, Fast Open.
 */
#include "tcp/fastopen.h"
#include "tcp/output.h"

static unsigned int fastopen_room(const struct tcp_fastopen_cookie *foc)
{
	unsigned int base = foc->exp ? TCPOLEN_EXP_FASTOPEN_BASE : TCPOLEN_FASTOPEN_BASE;

	return ALIGN(base + (unsigned int)foc->len, 4u);
}

/* RFC 7413 section 4.1.1: a cookie, or the wish for one. Return: the bytes that it takes. */
static unsigned int add_fastopen(struct tcp_out_options *opts, struct tcp_fastopen_cookie *foc,
				 unsigned int left)
{
	if (!foc || foc->len < 0 || fastopen_room(foc) > left)
		return 0;
	opts->options |= OPTION_FAST_OPEN_COOKIE;
	opts->fastopen_cookie = foc;
	return fastopen_room(foc);
}

static unsigned int add_mss(struct tcp_out_options *opts, u32 mss)
{
	opts->mss = (u16)mss;
	return TCPOLEN_MSS_ALIGNED;
}

static unsigned int add_wscale(struct tcp_out_options *opts, u8 ws)
{
	opts->ws = ws;
	opts->options |= OPTION_WSCALE;
	return TCPOLEN_WSCALE_ALIGNED;
}

/* Next to a timestamp it needs no room of its own. */
static unsigned int add_sack_perm(struct tcp_out_options *opts)
{
	opts->options |= OPTION_SACK_ADVERTISE;
	return opts->options & OPTION_TS ? 0 : TCPOLEN_SACKPERM_ALIGNED;
}

static unsigned int add_ts(struct tcp_out_options *opts, u32 tsval, u32 tsecr)
{
	opts->options |= OPTION_TS;
	opts->tsval = tsval;
	opts->tsecr = tsecr;
	return TCPOLEN_TSTAMP_ALIGNED;
}

static unsigned int add_md5(struct tcp_out_options *opts, const struct tcp_md5sig_key *md5)
{
	if (likely(!md5))
		return 0;
	opts->options |= OPTION_MD5;
	return TCPOLEN_MD5SIG_ALIGNED;
}

unsigned int tcp_syn_options(struct sock *sk, const struct sk_buff *skb,
			     struct tcp_out_options *opts, const struct tcp_md5sig_key *md5)
{
	const struct tcp_net *tn = tcp_net_sk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	unsigned int size, fast = 0;

	size = add_md5(opts, md5);
	size += add_mss(opts, tcp_advertise_mss(sk));
	/* RFC 2385 section 3.3: there is no room for both. */
	if (tn->sysctl_tcp_timestamps && !md5)
		size += add_ts(opts, tcp_skb_timestamp_ts(skb) + tp->tsoffset,
			       tp->rx_opt.ts_recent);
	if (tn->sysctl_tcp_window_scaling)
		size += add_wscale(opts, tp->rx_opt.rcv_wscale);
	if (tn->sysctl_tcp_sack)
		size += add_sack_perm(opts);
	if (unlikely(tp->fastopen_req))
		fast = add_fastopen(opts, &tp->fastopen_req->cookie, MAX_TCP_OPTION_SPACE - size);
	if (fast) {
		tp->syn_fastopen = 1;
		tp->syn_fastopen_exp = tp->fastopen_req->cookie.exp;
	}
	return size + fast;
}

/* The first timestamp that a peer gets is remembered: what it echoes must not be older. */
static u32 synack_tsval(struct request_sock *req, const struct sk_buff *skb)
{
	u32 tsval = tcp_skb_timestamp_ts(skb) + req->ts_off;

	if (!req->snt_tsval_first) {
		if (!tsval)
			tsval = ~0u;
		req->snt_tsval_first = tsval;
	}
	return tsval;
}

unsigned int tcp_synack_options(const struct sock *sk, struct request_sock *req, u32 mss,
				const struct sk_buff *skb, struct tcp_out_options *opts,
				const struct tcp_md5sig_key *md5, struct tcp_fastopen_cookie *foc,
				bool cookie)
{
	unsigned int size = add_md5(opts, md5);

	(void)sk;
	/* With a signature SACK blocks and timestamps do not fit together: SACK is worth more. */
	if (md5 && !cookie && req->sack_ok)
		req->tstamp_ok = 0;
	size += add_mss(opts, mss);
	if (req->wscale_ok)
		size += add_wscale(opts, req->rcv_wscale);
	if (req->tstamp_ok)
		size += add_ts(opts, synack_tsval(req, skb), req->ts_recent);
	if (req->sack_ok)
		size += add_sack_perm(opts);
	return size + add_fastopen(opts, foc, MAX_TCP_OPTION_SPACE - size);
}

/* As many SACK blocks as there is room for. Return: bytes. */
static unsigned int add_sack(struct tcp_out_options *opts, unsigned int blocks, unsigned int left)
{
	if (!blocks || left < TCPOLEN_SACK_BASE_ALIGNED + TCPOLEN_SACK_PERBLOCK)
		return 0;
	blocks = min(blocks, (left - TCPOLEN_SACK_BASE_ALIGNED) / TCPOLEN_SACK_PERBLOCK);
	opts->num_sack_blocks = (u8)blocks;
	return TCPOLEN_SACK_BASE_ALIGNED + blocks * TCPOLEN_SACK_PERBLOCK;
}

unsigned int tcp_established_options(const struct sock *sk, const struct sk_buff *skb,
				     struct tcp_out_options *opts, const struct tcp_md5sig_key *md5)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	unsigned int size = add_md5(opts, md5);

	if (likely(tp->rx_opt.tstamp_ok))
		size += add_ts(opts, skb ? tcp_skb_timestamp_ts(skb) + tp->tsoffset : 0,
			       tp->rx_opt.ts_recent);
	if (unlikely(tp->rx_opt.num_sacks + tp->rx_opt.dsack))
		size += add_sack(opts, (unsigned int)tp->rx_opt.num_sacks + tp->rx_opt.dsack,
				 MAX_TCP_OPTION_SPACE - size);
	return size;
}

/* Four bytes of an option at a time. */
static __be32 *put_word(__be32 *p, unsigned int a, unsigned int b, unsigned int c, unsigned int d)
{
	*p = htonl(a << 24 | b << 16 | c << 8 | d);
	return p + 1;
}

static __be32 *put_ts(__be32 *p, const struct tcp_out_options *opts)
{
	if (opts->options & OPTION_SACK_ADVERTISE)
		p = put_word(p, TCPOPT_SACK_PERM, TCPOLEN_SACK_PERM, TCPOPT_TIMESTAMP,
			     TCPOLEN_TIMESTAMP);
	else
		p = put_word(p, TCPOPT_NOP, TCPOPT_NOP, TCPOPT_TIMESTAMP, TCPOLEN_TIMESTAMP);
	*p++ = htonl(opts->tsval);
	*p++ = htonl(opts->tsecr);
	return p;
}

static __be32 *put_block(__be32 *p, const struct tcp_sack_block *block)
{
	*p++ = htonl(block->start_seq);
	*p++ = htonl(block->end_seq);
	return p;
}

/* RFC 2018 section 4; RFC 2883: the D-SACK is the first block, and is said once. */
static __be32 *put_sack(__be32 *p, struct tcp_sock *tp, unsigned int blocks)
{
	unsigned int i = 0;

	p = put_word(p, TCPOPT_NOP, TCPOPT_NOP, TCPOPT_SACK,
		     TCPOLEN_SACK_BASE + blocks * TCPOLEN_SACK_PERBLOCK);
	if (tp->rx_opt.dsack) {
		p = put_block(p, &tp->sacks->duplicate_sack[0]);
		blocks--;
	}
	for (; i < blocks; i++)
		p = put_block(p, &tp->sacks->selective_acks[i]);
	tp->rx_opt.dsack = 0;
	return p;
}

/* RFC 7413 section 4.1.1, and the experimental option of before (RFC 6994). */
static void put_fastopen(__be32 *p, const struct tcp_fastopen_cookie *foc)
{
	unsigned int len = (unsigned int)foc->len;
	u8 *b = (u8 *)p;

	memset(b, TCPOPT_NOP, fastopen_room(foc));
	if (foc->exp) {
		p = put_word(p, TCPOPT_EXP, TCPOLEN_EXP_FASTOPEN_BASE + len,
			     TCPOPT_FASTOPEN_MAGIC >> 8, TCPOPT_FASTOPEN_MAGIC & 0xff);
		b = (u8 *)p;
	} else {
		*b++ = TCPOPT_FASTOPEN;
		*b++ = (u8)(TCPOLEN_FASTOPEN_BASE + len);
	}
	memcpy(b, foc->val, len);
}

void tcp_options_write(struct tcphdr *th, struct tcp_sock *tp, struct tcp_out_options *opts)
{
	__be32 *p = (__be32 *)(void *)(th + 1);

	if (unlikely(opts->options & OPTION_MD5)) {
		p = put_word(p, TCPOPT_NOP, TCPOPT_NOP, TCPOPT_MD5SIG, TCPOLEN_MD5SIG);
		opts->hash_location = (u8 *)p;
		p += 4;
	}
	if (unlikely(opts->mss))
		p = put_word(p, TCPOPT_MSS, TCPOLEN_MSS, opts->mss >> 8, opts->mss & 0xff);
	if (likely(opts->options & OPTION_TS))
		p = put_ts(p, opts);
	else if (unlikely(opts->options & OPTION_SACK_ADVERTISE))
		p = put_word(p, TCPOPT_NOP, TCPOPT_NOP, TCPOPT_SACK_PERM, TCPOLEN_SACK_PERM);
	if (unlikely(opts->options & OPTION_WSCALE))
		p = put_word(p, TCPOPT_NOP, TCPOPT_WINDOW, TCPOLEN_WINDOW, opts->ws);
	if (unlikely(opts->num_sack_blocks && tp))
		p = put_sack(p, tp, opts->num_sack_blocks);
	if (unlikely(opts->options & OPTION_FAST_OPEN_COOKIE))
		put_fastopen(p, opts->fastopen_cookie);
}
