// SPDX-License-Identifier: BSD-2-Clause
/*
 * What ICMP says of segments.
 *
 * Anybody can send an ICMP error, so it is believed only when it quotes a sequence number that is
 * out there (RFC 5927 section 4.1). And then it is one opinion about the path: while a connection is
 * being made it ends the attempt, afterwards it is the reason that a timeout is told with (RFC 1122
 * section 4.2.3.9).
 */
#include <skiff/icmp.h>

#include "tcp/tcp.h"

/* The route's memory of the path, and then the route as it is now. */
static struct dst_entry *update_pmtu(struct sock *sk, u32 mtu)
{
	if (inet_sk_rebuild_header(sk))
		return NULL;
	if (sk->sk_dst_cache->ops->update_pmtu)
		sk->sk_dst_cache->ops->update_pmtu(sk->sk_dst_cache, sk, NULL, mtu, true);
	return inet_sk_rebuild_header(sk) ? NULL : sk->sk_dst_cache;
}

void tcp_v4_mtu_reduced(struct sock *sk, u32 path_mtu)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct dst_entry *dst;
	u32 mtu;

	if ((1 << sk->sk_state) & (TCPF_LISTEN | TCPF_CLOSE))
		return;
	dst = update_pmtu(sk, path_mtu);
	if (!dst)
		return;
	mtu = dst_mtu(dst);
	/* Less than is believed: it may not work out. */
	if (path_mtu < mtu && ip_dont_fragment(sk, dst))
		sk->sk_err_soft = EMSGSIZE;
	if (inet->pmtudisc == IP_PMTUDISC_DONT || !ip_sk_accept_pmtu(sk) ||
	    inet_csk(sk)->icsk_pmtu_cookie <= mtu)
		return;
	tcp_sync_mss(sk, mtu);
	/* RFC 1191 section 6.5: what was dropped is sent again at once. */
	tcp_simple_retransmit(sk);
}

/* RFC 6069: the timeouts did not mean congestion, for the path was not there. */
static void revert_backoff(struct sock *sk, u32 seq)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	const struct sk_buff *skb = tcp_rtx_queue_head(sk);
	unsigned long rto;
	s32 remaining;

	if (seq != tp->snd_una || !icsk->icsk_retransmits || !icsk->icsk_backoff || !skb)
		return;
	icsk->icsk_backoff--;
	rto = tp->srtt_us ? usecs_to_jiffies((unsigned int)__tcp_set_rto(tp)) : TCP_TIMEOUT_INIT;
	icsk->icsk_rto =
		(u32)min((u64)rto << min_t(u8, icsk->icsk_backoff, 31), (u64)tcp_rto_max(sk));
	tcp_mstamp_refresh(tp);
	remaining =
		(s32)(icsk->icsk_rto -
		      usecs_to_jiffies((unsigned int)(tp->tcp_mstamp - tcp_skb_timestamp_us(skb))));
	if (remaining > 0)
		tcp_reset_xmit_timer(sk, ICSK_TIME_RETRANS, (unsigned long)remaining, false);
	else
		tcp_retransmit_timer(sk);
}

static bool is_unreach(const struct icmphdr *icmp)
{
	return icmp->type == ICMP_DEST_UNREACH &&
	       (icmp->code == ICMP_NET_UNREACH || icmp->code == ICMP_HOST_UNREACH);
}

/* Is it about the SYN-ACK? Then the attempt ends, unless the peer may come back by itself. */
static void err_request(struct request_sock *req, u32 seq, const struct icmphdr *icmp)
{
	struct sock *sk = req->rsk_listener;

	if (seq != req->snt_isn) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_OUTOFWINDOWICMPS);
	} else if (icmp->type == ICMP_PARAMETERPROB || icmp->type == ICMP_TIME_EXCEEDED ||
		   is_unreach(icmp)) {
		inet_csk_reqsk_queue_drop(sk, req);
		tcp_listendrop(sk);
	}
}

/* What it means, as errno; 0: nothing that would concern the program. */
static int err_meaning(struct sock *sk, struct sk_buff *skb, u32 seq, u32 info)
{
	const struct icmphdr *icmp = icmp_hdr(skb);

	switch (icmp->type) {
	case ICMP_REDIRECT:
		ipv4_sk_redirect(skb, sk);
		return 0;
	case ICMP_PARAMETERPROB:
		return EPROTO;
	case ICMP_TIME_EXCEEDED:
		return EHOSTUNREACH;
	case ICMP_DEST_UNREACH:
		if (icmp->code > NR_ICMP_UNREACH)
			return 0;
		if (icmp->code == ICMP_FRAG_NEEDED) {
			tcp_v4_mtu_reduced(sk, info);
			return 0;
		}
		if (is_unreach(icmp) && !tcp_sk(sk)->fastopen_rsk)
			revert_backoff(sk, seq);
		return icmp_err_convert[icmp->code].errno_;
	default:
		return 0;
	}
}

/* A connection that is being made, and that nobody has yet who could go on with it. */
static bool is_opening(const struct sock *sk)
{
	const struct request_sock *fastopen = tcp_sk(sk)->fastopen_rsk;

	if (sk->sk_state != TCP_SYN_SENT && sk->sk_state != TCP_SYN_RECV)
		return false;
	return !fastopen || fastopen->sk;
}

static void err_socket(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th, u32 info)
{
	const struct iphdr *quoted = (const struct iphdr *)(const void *)skb->data;
	const struct request_sock *fastopen = tcp_sk(sk)->fastopen_rsk;
	u32 snd_una = fastopen ? fastopen->snt_isn : tcp_sk(sk)->snd_una;
	u32 seq = ntohl(th->seq);
	int err;

	/* RFC 5082 section 6.1: how far our own packet came tells how far away it happened. */
	if (quoted->ttl < inet_sk(sk)->min_ttl) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPMINTTLDROP);
		return;
	}
	if (!between(seq, snd_una, tcp_sk(sk)->snd_nxt)) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_OUTOFWINDOWICMPS);
		return;
	}
	err = err_meaning(sk, skb, seq, info);
	if (!err || sk->sk_state == TCP_CLOSE)
		return;
	if (is_opening(sk)) {
		if (inet_recverr(sk, sk->sk_daddr))
			ip_icmp_error(sk, skb, err, th->dest, info,
				      (u8 *)(uintptr_t)(const void *)th);
		tcp_done_with_error(sk, err);
	} else if (inet_recverr(sk, sk->sk_daddr)) {
		sk->sk_err = err;
		sk_error_report(sk);
	} else {
		sk->sk_err_soft = err;
	}
}

int tcp_v4_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)(const void *)skb->data;
	const struct tcphdr *th = (const struct tcphdr *)(const void *)(skb->data + iph->ihl * 4u);
	struct net *net = dev_net(skb->dev);
	struct sock *sk = __inet_lookup_established(net, iph->daddr, th->dest, iph->saddr,
						    ntohs(th->source), skb->dev->ifindex);

	if (!sk) {
		ICMP_INC_STATS(net, ICMP_MIB_INERRORS);
		return -ENOENT;
	}
	if (sk->sk_state == TCP_TIME_WAIT)
		return 0;
	if (sk->sk_state == TCP_NEW_SYN_RECV) {
		err_request(inet_reqsk(sk), ntohl(th->seq), icmp_hdr(skb));
		return 0;
	}
	sock_hold(sk);
	if (sk->sk_state != TCP_CLOSE)
		err_socket(sk, skb, th, info);
	sock_put(sk);
	return 0;
}
