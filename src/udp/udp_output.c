// SPDX-License-Identifier: BSD-2-Clause
/* Datagrams on their way out. */
#include "udp/udp.h"
#include "wire/udp.h"

void udp_set_csum(bool nocheck, struct sk_buff *skb, __be32 saddr, __be32 daddr, int len)
{
	struct udphdr *uh = udp_hdr(skb);
	const struct net_device *dev = skb_dst(skb)->dev;

	if (nocheck) {
		uh->check = 0;
	} else if (dev->features & (NETIF_F_HW_CSUM | NETIF_F_IP_CSUM)) {
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = (__u16)(skb_transport_header(skb) - skb->head);
		skb->csum_offset = offsetof(struct udphdr, check);
		uh->check = (__force __sum16)(u16) ~(
			__force u16)csum_tcpudp_magic(saddr, daddr, (u32)len, IPPROTO_UDP, 0);
	} else {
		uh->check = 0;
		uh->check = csum_tcpudp_magic(saddr, daddr, (u32)len, IPPROTO_UDP,
					      skb_checksum(skb, skb_transport_offset(skb), len, 0));
		if (!uh->check)
			uh->check = CSUM_MANGLED_0;
	}
}

static int udp_check_dest(const struct sock *sk, const struct flowi4 *fl4, const struct rtable *rt,
			  unsigned int len)
{
	if (rt->rt_flags & RTCF_BROADCAST && !sock_flag(sk, SOCK_BROADCAST))
		return -EACCES;
	if (len > UDP_PAYLOAD_MAX)
		return -EMSGSIZE;
	return fl4->fl4_dport ? 0 : -EINVAL;
}

/* To the peer of a connected socket by the route that it remembers. */
static struct rtable *udp_stack_route(struct sock *sk, struct flowi4 *fl4)
{
	const struct inet_sock *inet = inet_sk(sk);

	fl4->fl4_sport = inet->inet_sport;
	fl4->flowi4_proto = IPPROTO_UDP;
	if (!fl4->saddr)
		fl4->saddr = inet->inet_saddr;
	if (!fl4->flowi4_oif)
		fl4->flowi4_oif = sk->sk_bound_dev_if;
	if (sk->sk_state == INET_STATE_CONNECTED && fl4->daddr == sk->sk_daddr && fl4->saddr &&
	    fl4->saddr == inet->inet_saddr && fl4->flowi4_oif == sk->sk_bound_dev_if)
		return inet_route_datagram(sk, fl4, true);
	return ip_route_output_key(sock_net(sk), fl4);
}

struct sk_buff *udp_alloc_send_skb(struct sock *sk, struct flowi4 *fl4, unsigned int len,
				   struct rtable **rtp)
{
	unsigned int headroom;
	struct sk_buff *skb;
	struct rtable *rt;
	int err = 0;

	ASSERT_NET_LOCKED(sock_net(sk));
	*rtp = NULL;
	if (!sk->sk_num)
		err = udp_v4_get_port(sk, 0);
	if (err)
		return (struct sk_buff *)ERR_PTR(err);
	rt = udp_stack_route(sk, fl4);
	if (IS_ERR(rt))
		return (struct sk_buff *)(void *)rt;
	err = udp_check_dest(sk, fl4, rt, len);
	headroom = ip_headroom(rt) + WIRE_UDP_HLEN;
	skb = err ? NULL :
		    sock_alloc_send_skb(sk, headroom + len + rt->dst.dev->needed_tailroom, 1, &err);
	if (!skb) {
		if (err == -ENOBUFS || err == -EAGAIN)
			UDP_INC_STATS(sock_net(sk), UDP_MIB_SNDBUFERRORS, 0);
		ip_rt_put(rt);
		return (struct sk_buff *)ERR_PTR(err);
	}
	skb_reserve(skb, (int)headroom);
	skb_put(skb, len);
	*rtp = rt;
	return skb;
}

/* IPV6_MTU_DISCOVER and IPV6_DONTFRAG to "::1", otherwise IP_MTU_DISCOVER. */
static u8 udp_pmtudisc(const struct sock *sk, const struct inet_cookie *ipc)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);

	if (!ipc || !ipc->loopback6)
		return inet_sk(sk)->pmtudisc;
	return np->dontfrag ? IPV6_PMTUDISC_DO : np->pmtudisc;
}

/* What one datagram is sent with, from the socket and what the call said. */
static void udp_ipcm(struct ipcm_cookie *ipcm, const struct sock *sk, const struct rtable *rt,
		     const struct inet_cookie *ipc)
{
	const struct inet_sock *inet = inet_sk(sk);
	u8 pmtudisc = udp_pmtudisc(sk, ipc);

	memset(ipcm, 0, sizeof(*ipcm));
	ipcm->ttl = rt->rt_type == RTN_MULTICAST ? inet->mc_ttl : inet->uc_ttl;
	ipcm->tos = inet->tos;
	ipcm->df = pmtudisc == IP_PMTUDISC_DO || pmtudisc == IP_PMTUDISC_WANT ||
		   pmtudisc == IP_PMTUDISC_PROBE;
	ipcm->opt = inet->inet_opt;
	ipcm->priority = sk->sk_priority;
	ipcm->mark = sk->sk_mark;
	if (!ipc)
		return;
	if (ipc->ttl)
		ipcm->ttl = (u8)ipc->ttl;
	if (ipc->tos >= 0)
		ipcm->tos = (u8)ipc->tos;
	ipcm->mark = ipc->sockc.mark;
	ipcm->priority = ipc->sockc.priority;
	ipcm->transmit_time = ipc->sockc.transmit_time;
	ipcm->opt = inet_cookie_opt(ipc, inet);
}

/* RFC 768's header in front of the payload, and off it goes; consumes @skb, @rt stays. */
static int udp_xmit(struct sock *sk, struct sk_buff *skb, const struct flowi4 *fl4,
		    struct rtable *rt, const struct ipcm_cookie *ipcm)
{
	struct net *net = sock_net(sk);
	unsigned int len = skb->len;
	int err;

	if (skb_cow_head(skb, ip_headroom(rt) + WIRE_UDP_HLEN)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return -ENOBUFS;
	}
	wire_udp_build(skb_push(skb, WIRE_UDP_HLEN), ntohs(fl4->fl4_sport), ntohs(fl4->fl4_dport),
		       len);
	skb_reset_transport_header(skb);
	skb_dst_set_noref(skb, &rt->dst);
	udp_set_csum(sk->sk_no_check_tx, skb, fl4->saddr, fl4->daddr, (int)skb->len);
	err = ip_build_and_send(net, sk, skb, rt, fl4->saddr, fl4->daddr, IPPROTO_UDP, ipcm);
	if (err == -ENOBUFS)
		UDP_INC_STATS(net, UDP_MIB_SNDBUFERRORS, 0);
	else if (!err)
		UDP_INC_STATS(net, UDP_MIB_OUTDATAGRAMS, 0);
	return err;
}

int udp_send_skb(struct sock *sk, struct sk_buff *skb, const struct flowi4 *fl4, struct rtable *rt)
{
	struct ipcm_cookie ipcm;
	int err;

	udp_ipcm(&ipcm, sk, rt, NULL);
	err = udp_xmit(sk, skb, fl4, rt, &ipcm);
	ip_rt_put(rt);
	return err;
}

/* May a datagram of this size leave, by IP_MTU_DISCOVER? */
static int udp_check_mtu(struct sock *sk, const struct flowi4 *fl4, const struct rtable *rt,
			 const struct ipcm_cookie *ipcm, const struct inet_cookie *ipc,
			 unsigned int len)
{
	u8 pmtudisc = udp_pmtudisc(sk, ipc);
	unsigned int mtu;

	if (pmtudisc != IP_PMTUDISC_DO && pmtudisc != IP_PMTUDISC_PROBE &&
	    pmtudisc != IP_PMTUDISC_INTERFACE)
		return 0;
	mtu = pmtudisc == IP_PMTUDISC_DO ? dst_mtu(&rt->dst) : rt->dst.dev->mtu;
	len += ipcm->opt ? ipcm->opt->opt.optlen : 0;
	if (len + WIRE_UDP_HLEN + sizeof(struct iphdr) <= mtu)
		return 0;
	/* Linux tells the port of a connected socket only. */
	ip_local_error(sk, EMSGSIZE, fl4->daddr, sk->sk_dport, mtu);
	return -EMSGSIZE;
}

/*
 * UDP_SEGMENT: one datagram after the other out of the payload. None of our devices cuts UDP, so
 * it is done here, where it costs a copy but one call for all of them. The first one stands for all
 * when the program wants to know when they left, as on Linux.
 */
static int udp_send_segments(struct sock *sk, struct sk_buff *skb, const struct flowi4 *fl4,
			     struct rtable *rt, const struct ipcm_cookie *ipcm,
			     const struct inet_cookie *ipc)
{
	unsigned int headroom = ip_headroom(rt) + WIRE_UDP_HLEN, off, len;
	struct sk_buff *seg;
	int err = 0;

	for (off = 0; off < skb->len && !err; off += len) {
		len = min_t(unsigned int, ipc->gso_size, skb->len - off);
		seg = sock_wmalloc(sk, headroom + len + rt->dst.dev->needed_tailroom, 1,
				   GFP_ATOMIC);
		if (!seg) {
			err = -ENOBUFS;
			break;
		}
		skb_reserve(seg, (int)headroom);
		skb_copy_bits(skb, (int)off, skb_put(seg, len), (int)len);
		if (!off && unlikely(ipc->sockc.tsflags))
			skb_setup_tx_timestamp(seg, ipc->sockc.tsflags);
		err = udp_xmit(sk, seg, fl4, rt, ipcm);
	}
	if (err)
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
	else
		consume_skb(skb);
	return err;
}

static int udp_check_segments(struct sock *sk, const struct rtable *rt, unsigned int len,
			      unsigned int size)
{
	if (WIRE_UDP_HLEN + sizeof(struct iphdr) + size > dst_mtu(&rt->dst))
		return -EMSGSIZE;
	if (len > size * UDP_MAX_SEGMENTS || sk->sk_no_check_tx)
		return -EINVAL;
	return 0;
}

int udp_send_payload(struct sock *sk, struct sk_buff *skb, const struct flowi4 *fl4,
		     struct rtable *rt, const struct inet_cookie *ipc)
{
	bool cut = ipc->gso_size && skb->len > ipc->gso_size;
	struct ipcm_cookie ipcm;
	int err;

	udp_ipcm(&ipcm, sk, rt, ipc);
	err = cut ? udp_check_segments(sk, rt, skb->len, ipc->gso_size) :
		    udp_check_mtu(sk, fl4, rt, &ipcm, ipc, skb->len);
	if (err) {
		kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_BIG);
		return err;
	}
	if (!cut && unlikely(ipc->sockc.tsflags))
		skb_setup_tx_timestamp(skb, ipc->sockc.tsflags);
	err = cut ? udp_send_segments(sk, skb, fl4, rt, &ipcm, ipc) :
		    udp_xmit(sk, skb, fl4, rt, &ipcm);
	/* A full queue of the device is nobody's error unless one asked to know (IP_RECVERR). */
	if (err == -ENOBUFS && !inet_recverr(sk, fl4->daddr))
		err = 0;
	return err;
}

int udp_send_data(struct sock *sk, const void *data, unsigned int len, __be32 daddr, __be16 dport)
{
	struct flowi4 fl4 = { .daddr = daddr, .fl4_dport = dport };
	struct sk_buff *skb;
	struct rtable *rt;

	skb = udp_alloc_send_skb(sk, &fl4, len, &rt);
	if (!rt)
		return (int)PTR_ERR(skb);
	if (len)
		skb_copy_to_linear_data(skb, data, len);
	return udp_send_skb(sk, skb, &fl4, rt);
}

void udp_reply_flow(const struct sk_buff *skb, struct flowi4 *fl4)
{
	memset(fl4, 0, sizeof(*fl4));
	fl4->daddr = ip_hdr(skb)->saddr;
	fl4->saddr = ip_hdr(skb)->daddr;
	fl4->fl4_dport = udp_hdr(skb)->source;
}
