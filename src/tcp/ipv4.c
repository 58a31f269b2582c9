// SPDX-License-Identifier: BSD-2-Clause
/* Segments over IPv4: checked, and handed to the connection that they belong to. */
#include <skiff/filter.h>

#include "ipv4/catch_all.h"
#include "tcp/tcp.h"

static __wsum tcp_pseudo(struct sk_buff *skb, int proto)
{
	return csum_tcpudp_nofold(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr, skb->len, (__u8)proto, 0);
}

/*
 * Initial sequence numbers, RFC 6528: a secret function of the flow, and a clock of 64 ns, which goes on
 * for those of one moment too.
 */
u32 tcp_v4_init_seq(const struct net *net, __be32 saddr, __be32 daddr, __be16 sport, __be16 dport)
{
	u32 ports = (u32)(__force u16)sport << 16 | (__force u16)dport;
	u32 hash = (u32)siphash_3u32((__force u32)saddr, (__force u32)daddr, ports,
				     &tcp_net(net)->isn_key);

	return hash + (u32)(skiff_clock_seen(skiff_net_clock(net)) >> 6) +
	       ++tcp_net(net)->isn_count;
}

/* Timestamps begin anywhere, the same for all connections of two hosts: PAWS holds across them. */
u32 tcp_v4_init_ts_off(const struct net *net, __be32 saddr, __be32 daddr)
{
	struct tcp_net *tn = tcp_net(net);

	if (tn->sysctl_tcp_timestamps != 1)
		return 0;
	/* Who connects once connects again, and to whom it did. */
	if (saddr != tn->ts_off_saddr || daddr != tn->ts_off_daddr) {
		tn->ts_off = (u32)siphash_2u32((__force u32)saddr, (__force u32)daddr, &tn->ts_key);
		tn->ts_off_saddr = saddr;
		tn->ts_off_daddr = daddr;
	}
	return tn->ts_off;
}

void __tcp_v4_send_check(struct sk_buff *skb, __be32 saddr, __be32 daddr)
{
	tcp_hdr(skb)->check = ~csum_tcpudp_magic(saddr, daddr, skb->len, IPPROTO_TCP, 0);
	skb->csum_start = (__u16)(skb_transport_header(skb) - skb->head);
	skb->csum_offset = offsetof(struct tcphdr, check);
	skb->ip_summed = CHECKSUM_PARTIAL;
}

void tcp_v4_send_check(struct sock *sk, struct sk_buff *skb)
{
	__tcp_v4_send_check(skb, inet_sk(sk)->inet_saddr, inet_sk(sk)->inet_daddr);
}

int inet_sk_rebuild_header(struct sock *sk)
{
	int err = ip_sk_route(sk);

	if (err) {
		sk->sk_route_caps = 0;
		sk->sk_err_soft = -err;
	}
	return err;
}

/* From IP's notes to TCP's, which keep them. */
static void tcp_v4_fill_cb(struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	u8 dsfield = ip_hdr(skb)->tos;

	memmove(&cb->header.h4, IPCB(skb), sizeof(struct inet_skb_parm));
	cb->seq = ntohl(th->seq);
	cb->end_seq = cb->seq + th->syn + th->fin + skb->len - th->doff * 4u;
	cb->ack_seq = ntohl(th->ack_seq);
	cb->tcp_flags = tcp_flag_byte(th);
	cb->tcp_tw_isn = 0;
	cb->sacked = 0;
	cb->ip_dsfield = dsfield;
	cb->txstamp_ack = 0;
	cb->eor = 0;
	cb->has_rxtstamp = skb->tstamp || __skb_shinfo(skb)->hwtstamps.hwtstamp;
	cb->unused = 0;
}

/* Header and checksum. Return: why it is dropped; *@bad: whether that is an error of the sender. */
static enum skb_drop_reason tcp_check(struct sk_buff *skb, bool *bad)
{
	const struct tcphdr *th;

	*bad = false;
	if (skb->pkt_type != PACKET_HOST)
		return SKB_DROP_REASON_NOT_SPECIFIED;
	TCP_INC_STATS(dev_net(skb->dev), TCP_MIB_INSEGS);
	if (!pskb_may_pull(skb, sizeof(struct tcphdr)))
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	th = (const struct tcphdr *)(const void *)skb->data;
	if (th->doff < sizeof(struct tcphdr) / 4) {
		*bad = true;
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	}
	if (!pskb_may_pull(skb, th->doff * 4u))
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	if (skb_checksum_init(skb, IPPROTO_TCP, tcp_pseudo)) {
		*bad = true;
		return SKB_DROP_REASON_TCP_CSUM;
	}
	return SKB_NOT_DROPPED_YET;
}

/* A segment that is wrong: counted, and dropped. */
static void drop_bad(struct sk_buff *skb, const struct net *net, enum skb_drop_reason reason)
{
	struct net *n = (struct net *)(uintptr_t)net;

	if (reason == SKB_DROP_REASON_TCP_CSUM)
		TCP_INC_STATS(n, TCP_MIB_CSUMERRORS);
	TCP_INC_STATS(n, TCP_MIB_INERRS);
	kfree_skb_reason(skb, reason);
}

/* Is the checksum wrong after all? It is computed where it was not for short segments. */
static bool tcp_checksum_complete(struct sk_buff *skb)
{
	return !skb_csum_unnecessary(skb) && __skb_checksum_complete(skb);
}

void tcp_v4_refuse(struct sk_buff *skb)
{
	/* The answer looks for the segment's IP options in TCP's notes. */
	tcp_v4_fill_cb(skb);
	tcp_v4_send_reset(NULL, skb);
	kfree_skb_reason(skb, SKB_DROP_REASON_NO_SOCKET);
}

/* A SYN that nobody listens for, to who takes all. Return: whether it did. */
static bool offer_syn(struct sk_buff *skb, const struct net *net, u32 isn)
{
	struct ip_catch_all *all = ip_catch_all(net);
	const struct tcphdr *th = tcp_hdr(skb);

	return unlikely(all) && th->syn && !th->ack && !th->rst && !th->fin &&
	       all->segment(all, skb, isn);
}

static void rcv_no_socket(struct sk_buff *skb, struct net *net)
{
	if (tcp_checksum_complete(skb))
		drop_bad(skb, net, SKB_DROP_REASON_TCP_CSUM);
	else if (!offer_syn(skb, net, 0))
		tcp_v4_refuse(skb);
}

/*
 * What everybody's segments have to pass who has a socket: IP_MINTTL (RFC 5082), signatures, the
 * program's filter. Return: why it is dropped.
 */
static inline enum skb_drop_reason tcp_admit(struct sock *sk, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	enum skb_drop_reason reason;

	if (unlikely(iph->ttl < inet_sk(sk)->min_ttl)) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPMINTTLDROP);
		return SKB_DROP_REASON_NOT_SPECIFIED;
	}
	if (unlikely(tcp_sk(sk)->md5sig_info || tcp_has_room_for_md5(tcp_hdr(skb)))) {
		reason = tcp_inbound_md5_hash(sk, skb, iph->saddr, iph->daddr, skb->dev->ifindex);
		if (reason)
			return reason;
	}
	if (!sk->sk_filter)
		return SKB_NOT_DROPPED_YET;
	/* It may cut the data away, but not the header. */
	if (sk_filter_trim_cap(sk, skb, tcp_hdr(skb)->doff * 4u))
		return SKB_DROP_REASON_SOCKET_FILTER;
	return SKB_NOT_DROPPED_YET;
}

/* A socket that a segment made: it handles that segment. Consumes @skb. */
static void rcv_child(struct sock *sk, struct sock *child, struct sk_buff *skb)
{
	enum skb_drop_reason reason;

	sock_hold(child);
	reason = tcp_child_process(sk, child, skb);
	if (reason) {
		tcp_v4_send_reset(child, skb);
		kfree_skb_reason(skb, reason);
	}
	sock_put(child);
}

/* To a listening socket: a SYN, or what answers a cookie. Consumes @skb. */
static void rcv_listen(struct sock *sk, struct sk_buff *skb)
{
	enum skb_drop_reason reason;
	struct sock *nsk = sk;

	/* It may answer a SYN-ACK of which nothing was kept. */
	if (!tcp_hdr(skb)->syn)
		nsk = cookie_v4_check(sk, skb);
	if (!nsk) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
		return;
	}
	if (nsk != sk) {
		rcv_child(sk, nsk, skb);
		return;
	}
	reason = tcp_rcv_state_process(sk, skb);
	if (reason) {
		tcp_v4_send_reset(sk, skb);
		kfree_skb_reason(skb, reason);
	}
}

/* To a socket, of whom the caller holds a reference. Consumes @skb. */
static inline void rcv_socket(struct sock *sk, struct sk_buff *skb)
{
	enum skb_drop_reason reason;

	if (tcp_checksum_complete(skb)) {
		drop_bad(skb, sock_net(sk), SKB_DROP_REASON_TCP_CSUM);
		return;
	}
	if (likely(sk->sk_state == TCP_ESTABLISHED)) {
		tcp_rcv_established(sk, skb);
		return;
	}
	if (sk->sk_state == TCP_LISTEN) {
		rcv_listen(sk, skb);
		return;
	}
	reason = tcp_rcv_state_process(sk, skb);
	if (reason) {
		tcp_v4_send_reset(sk, skb);
		kfree_skb_reason(skb, reason);
	}
}

static void deliver(struct sock *sk, struct sk_buff *skb, u32 tw_isn)
{
	enum skb_drop_reason reason = tcp_admit(sk, skb);

	if (unlikely(reason)) {
		sk_drops_add(sk, 1);
		kfree_skb_reason(skb, reason);
		return;
	}
	tcp_v4_fill_cb(skb);
	TCP_SKB_CB(skb)->tcp_tw_isn = tw_isn;
	/* Whatever comes of it, the socket is there until the segment is done. */
	sock_hold(sk);
	if (sk->sk_state != TCP_LISTEN)
		tcp_segs_in(tcp_sk(sk), skb);
	rcv_socket(sk, skb);
	sock_put(sk);
}

void tcp_v4_rcv_syn(struct sock *sk, struct sk_buff *skb, u32 isn)
{
	deliver(sk, skb, isn);
}

/*
 * To a connection whose handshake is not complete. Consumes @skb. Nothing happens to the SYN queue
 * that would end the listening socket: whoever closes it holds the lock that we hold.
 */
static void rcv_request(struct request_sock *req, struct sk_buff *skb)
{
	struct sock *sk = req->rsk_listener, *nsk;
	enum skb_drop_reason reason = tcp_admit(sk, skb);

	if (reason) {
		sk_drops_add(sk, 1);
		kfree_skb_reason(skb, reason);
		return;
	}
	if (tcp_checksum_complete(skb)) {
		drop_bad(skb, sock_net(sk), SKB_DROP_REASON_TCP_CSUM);
		return;
	}
	tcp_v4_fill_cb(skb);
	sock_hold(sk);
	reason = SKB_DROP_REASON_NOT_SPECIFIED;
	nsk = tcp_check_req(sk, skb, req, false, &reason);
	if (!nsk)
		kfree_skb_reason(skb, reason);
	else if (nsk == sk)
		rcv_socket(sk, skb);
	else
		rcv_child(sk, nsk, skb);
	sock_put(sk);
}

/* The same flow begins anew: as if nothing had been there before. */
static void rcv_reopen(struct inet_timewait_sock *tw, struct sk_buff *skb, u32 isn)
{
	const struct tcphdr *th = tcp_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);
	struct sock *sk = __inet_lookup_listener(dev_net(skb->dev), skb, (int)(th->doff * 4u),
						 iph->saddr, th->source, iph->daddr,
						 ntohs(th->dest), skb->dev->ifindex);

	if (!sk && likely(!ip_catch_all(dev_net(skb->dev)))) {
		tcp_v4_timewait_ack((struct sock *)(void *)tw, skb);
		consume_skb(skb);
		return;
	}
	inet_twsk_deschedule_put(tw);
	memmove(IPCB(skb), &TCP_SKB_CB(skb)->header.h4, sizeof(struct inet_skb_parm));
	if (sk)
		deliver(sk, skb, isn);
	else if (!offer_syn(skb, dev_net(skb->dev), isn))
		tcp_v4_refuse(skb);
}

static void rcv_time_wait(struct inet_timewait_sock *tw, struct sk_buff *skb)
{
	struct sock *sk = (struct sock *)(void *)tw;
	u32 isn = 0;

	tcp_v4_fill_cb(skb);
	if (tcp_checksum_complete(skb)) {
		drop_bad(skb, dev_net(skb->dev), SKB_DROP_REASON_TCP_CSUM);
		return;
	}
	switch (tcp_timewait_state_process(tw, skb, tcp_hdr(skb), &isn)) {
	case TCP_TW_SYN:
		rcv_reopen(tw, skb, isn);
		return;
	case TCP_TW_ACK:
	case TCP_TW_ACK_OOW:
		tcp_v4_timewait_ack(sk, skb);
		break;
	case TCP_TW_RST:
		tcp_v4_send_reset(sk, skb);
		inet_twsk_deschedule_put(tw);
		break;
	case TCP_TW_SUCCESS:
		break;
	}
	consume_skb(skb);
}

int tcp_v4_rcv(struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	enum skb_drop_reason reason;
	const struct tcphdr *th;
	const struct iphdr *iph;
	struct sock *sk;
	bool bad;

	reason = tcp_check(skb, &bad);
	if (unlikely(reason)) {
		if (bad)
			drop_bad(skb, net, reason);
		else
			kfree_skb_reason(skb, reason);
		return 0;
	}
	th = tcp_hdr(skb);
	iph = ip_hdr(skb);
	sk = __inet_lookup_established(net, iph->saddr, th->source, iph->daddr, ntohs(th->dest),
				       skb->dev->ifindex);
	if (!sk)
		sk = __inet_lookup_listener(net, skb, (int)(th->doff * 4u), iph->saddr, th->source,
					    iph->daddr, ntohs(th->dest), skb->dev->ifindex);
	if (!sk)
		rcv_no_socket(skb, net);
	else if (unlikely(sk->sk_state == TCP_TIME_WAIT))
		rcv_time_wait(inet_twsk(sk), skb);
	else if (unlikely(sk->sk_state == TCP_NEW_SYN_RECV))
		rcv_request(inet_reqsk(sk), skb);
	else
		deliver(sk, skb, 0);
	return 0;
}
