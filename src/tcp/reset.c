// SPDX-License-Identifier: BSD-2-Clause
/* Segments that no connection sends: resets, and acknowledgments of requests and of TIME_WAIT. */
#include "tcp/tcp.h"

/**
 * struct tcp_reply - such a segment
 * @th: header
 * @opt: options
 */
struct tcp_reply {
	struct tcphdr th;
	__be32 opt[MAX_TCP_OPTION_SPACE / 4];
};

/* The header of an answer to @skb, without sequence numbers. */
static void reply_begin(struct tcp_reply *rep, const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);

	memset(rep, 0, sizeof(*rep));
	rep->th.source = th->dest;
	rep->th.dest = th->source;
	rep->th.doff = sizeof(struct tcphdr) / 4;
}

/* Timestamps behind two words of padding. */
static void reply_put_timestamps(struct tcp_reply *rep, u32 tsval, u32 tsecr)
{
	rep->opt[0] = htonl(TCPOPT_NOP << 24 | TCPOPT_NOP << 16 | TCPOPT_TIMESTAMP << 8 |
			    TCPOLEN_TIMESTAMP);
	rep->opt[1] = htonl(tsval);
	rep->opt[2] = htonl(tsecr);
	rep->th.doff = (sizeof(struct tcphdr) + TCPOLEN_TSTAMP_ALIGNED) / 4;
}

/* What the answer to a segment of @sk, which may be NULL, is sent with. */
static void reply_send(struct tcp_reply *rep, struct net *net, struct sk_buff *skb,
		       const struct ip_reply_arg *how)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct ip_reply_arg arg = *how;

	arg.data = rep;
	arg.len = rep->th.doff * 4u;
	arg.protocol = IPPROTO_TCP;
	/* RFC 3168 section 6.1.5: not ECN-capable. */
	arg.tos &= (u8)~3;
	rep->th.check = 0;
	rep->th.check = csum_tcpudp_magic(iph->daddr, iph->saddr, arg.len, IPPROTO_TCP,
					  csum_partial(rep, (int)arg.len, 0));
	ip_send_unicast_reply(net, skb, &TCP_SKB_CB(skb)->header.h4.opt, iph->saddr, iph->daddr,
			      &arg);
	TCP_INC_STATS(net, TCP_MIB_OUTSEGS);
}

/* RFC 9293 section 3.10.7.1: the sequence number that the peer expects, or none. */
static void reset_sequence(struct tcp_reply *rep, const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);

	rep->th.rst = 1;
	if (th->ack) {
		rep->th.seq = th->ack_seq;
		return;
	}
	rep->th.ack = 1;
	rep->th.ack_seq = htonl(ntohl(th->seq) + th->syn + th->fin + skb->len - th->doff * 4u);
}

/* Whose options hold; a socket, a request or one in TIME_WAIT. */
static void reset_how(struct ip_reply_arg *arg, const struct sock *sk)
{
	memset(arg, 0, sizeof(*arg));
	if (!sk)
		return;
	arg->bound_dev_if = sk->sk_bound_dev_if;
	if (sk->sk_state == TCP_TIME_WAIT) {
		arg->mark = inet_twsk(sk)->tw_mark;
		arg->priority = inet_twsk(sk)->tw_priority;
	} else if (sk->sk_state != TCP_NEW_SYN_RECV) {
		arg->mark = sk->sk_mark;
		arg->priority = sk->sk_priority;
	}
}

void tcp_v4_send_reset(const struct sock *sk, struct sk_buff *skb)
{
	struct net *net = sk ? sock_net(sk) : dev_net(skb->dev);
	struct ip_reply_arg arg;
	struct tcp_reply rep;

	/* Never to a reset, nor to what was not for this host alone. */
	if (tcp_hdr(skb)->rst)
		return;
	if (!sk && (!skb_rtable(skb) || skb_rtable(skb)->rt_type != RTN_LOCAL))
		return;
	reply_begin(&rep, skb);
	reset_sequence(&rep, skb);
	if (!tcp_md5_sign_reset(sk, skb, &rep.th, rep.opt))
		return;
	reset_how(&arg, sk);
	arg.tos = TCP_SKB_CB(skb)->ip_dsfield;
	reply_send(&rep, net, skb, &arg);
	TCP_INC_STATS(net, TCP_MIB_OUTRSTS);
}

/**
 * struct tcp_reply_ack - an acknowledgment
 * @seq: our sequence number
 * @ack: what is acknowledged
 * @win: window, as it stands in the header
 * @tsval: our timestamp
 * @tsecr: the peer's; 0: no timestamps
 * @key: TCP_MD5SIG, or NULL
 */
struct tcp_reply_ack {
	u32 seq;
	u32 ack;
	u32 win;
	u32 tsval;
	u32 tsecr;
	const struct tcp_md5sig_key *key;
};

static void send_ack(struct net *net, struct sk_buff *skb, const struct tcp_reply_ack *a,
		     const struct ip_reply_arg *how)
{
	struct tcp_reply rep;

	reply_begin(&rep, skb);
	rep.th.ack = 1;
	rep.th.seq = htonl(a->seq);
	rep.th.ack_seq = htonl(a->ack);
	rep.th.window = htons((u16)min(a->win, 65535u));
	if (a->tsecr)
		reply_put_timestamps(&rep, a->tsval, a->tsecr);
	if (a->key)
		tcp_md5_sign_reply(a->key, skb, &rep.th, rep.opt);
	reply_send(&rep, net, skb, how);
}

void tcp_v4_timewait_ack(struct sock *sk, struct sk_buff *skb)
{
	const struct inet_timewait_sock *tw = inet_twsk(sk);
	const struct tcp_reply_ack a = {
		.seq = tw->tw_snd_nxt,
		.ack = tw->tw_rcv_nxt,
		.win = tw->tw_rcv_wnd >> tw->tw_rcv_wscale,
		.tsval = tcp_net_timestamp(sock_net(sk)) + tw->tw_ts_offset,
		.tsecr = tw->tw_ts_recent,
		.key = tw->tw_md5_key,
	};
	const struct ip_reply_arg arg = { .tos = tw->tw_tos,
					  .bound_dev_if = tw->tw_bound_dev_if,
					  .mark = tw->tw_mark,
					  .priority = tw->tw_priority };

	send_ack(sock_net(sk), skb, &a, &arg);
}

void tcp_v4_reqsk_send_ack(const struct sock *sk, struct sk_buff *skb, struct request_sock *req)
{
	struct net *net = sock_net(sk);
	/* With Fast Open there is a socket, and what it has sent counts (RFC 7413 section 4.2.2). */
	u32 seq = sk->sk_state == TCP_LISTEN ? req->snt_isn + 1 : tcp_sk(sk)->snd_nxt;
	const struct tcp_reply_ack a = {
		.seq = seq,
		.ack = req->rcv_nxt,
		/* RFC 7323 section 2.3: the window of anything but a SYN is scaled. */
		.win = req->rsk_rcv_wnd >> req->rcv_wscale,
		.tsval = tcp_net_timestamp(net) + req->ts_off,
		.tsecr = req->ts_recent,
		.key = tcp_md5_lookup(sk, ip_hdr(skb)->saddr, 0),
	};
	const struct ip_reply_arg arg = { .tos = ip_hdr(skb)->tos,
					  .bound_dev_if = sk->sk_bound_dev_if,
					  .mark = sk->sk_mark,
					  .priority = sk->sk_priority };

	send_ack(net, skb, &a, &arg);
}
