// SPDX-License-Identifier: BSD-2-Clause
/* Packets of connections on their way out, and answers of those who have no socket. */
#include <skiff/inet_connection_sock.h>

#include "ipv4/ipv4.h"
#include "wire/ip.h"

/*
 * Payload of a packet to be segmented: with all headers it is not larger than the device takes. More
 * than a length of 16 bits can say is for TCP only, whose packets are cut by their segment size.
 */
static unsigned int gso_payload(const struct sock *sk, const struct net_device *dev)
{
	unsigned int size = dev->gso_max_size;

	if (sk->sk_protocol != IPPROTO_TCP)
		size = min(size, GSO_LEGACY_MAX_SIZE);

	return size > MAX_TCP_HEADER + 1 ? size - (MAX_TCP_HEADER + 1) : 1;
}

void sk_setup_caps(struct sock *sk, struct dst_entry *dst)
{
	const struct net_device *dev = dst->dev;
	u16 max_segs = 1;

	sk_dst_set(sk, dst);
	sk->sk_route_caps = 0;
	if (dev) {
		/* What the device does not cut is cut above it: segments can always be long. */
		sk->sk_route_caps = dev->features | NETIF_F_GSO | NETIF_F_GSO_SOFTWARE;
		if (sk->sk_gso_disabled || dst->header_len) {
			sk->sk_route_caps &= ~NETIF_F_GSO_MASK;
		} else {
			sk->sk_route_caps |= NETIF_F_SG | NETIF_F_HW_CSUM;
			sk->sk_gso_max_size = gso_payload(sk, dev);
			max_segs = max_t(u16, dev->gso_max_segs, 1);
		}
	}
	sk->sk_gso_max_segs = max_segs;
	if (sk->sk_type == SOCK_STREAM && sk->sk_protocol == IPPROTO_TCP)
		inet_csk(sk)->icsk_ack.dst_quick_ack = dst_metric(dst, RTAX_QUICKACK) != 0;
}

/* Where a packet goes first: with a source route that is not its destination. */
static __be32 first_stop(const struct ip_options_rcu *opt, __be32 daddr)
{
	return opt && opt->opt.srr ? opt->opt.faddr : daddr;
}

/* The route of a connected socket, looked up anew. Return: 0 and the socket has it, or -errno. */
static noinline int sk_reroute(struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct flowi4 fl4 = {};
	struct rtable *rt;

	fl4.daddr = first_stop(inet->inet_opt, inet->inet_daddr);
	fl4.saddr = inet->inet_saddr;
	fl4.flowi4_oif = sk->sk_bound_dev_if;
	fl4.flowi4_tos = inet_stream_tos(sk, inet->inet_daddr);
	fl4.flowi4_proto = (__u8)sk->sk_protocol;
	fl4.flowi4_mark = sk->sk_mark;
	fl4.fl4_sport = inet->inet_sport;
	fl4.fl4_dport = inet->inet_dport;
	rt = ip_route_output_key(sock_net(sk), &fl4);
	if (IS_ERR(rt))
		return (int)PTR_ERR(rt);
	sk_setup_caps(sk, &rt->dst);
	return 0;
}

static bool sk_has_route(const struct sock *sk)
{
	return likely(sk->sk_dst_cache) && dst_check(sk->sk_dst_cache, 0);
}

int ip_sk_route(struct sock *sk)
{
	ASSERT_NET_LOCKED(sock_net(sk));
	return likely(sk_has_route(sk)) ? 0 : sk_reroute(sk);
}

static u8 ip_sk_ttl(const struct sock *sk, const struct dst_entry *dst)
{
	u8 ttl = inet_sk(sk)->uc_ttl;

	if (inet_is_loopback6(sk, sk->sk_daddr))
		return inet6_hop_limit(sk);
	return ttl ? ttl : rt_hoplimit((const struct rtable *)(const void *)dst);
}

/* The fields that all packets of a connection have the same; @opt: options, or NULL. */
static struct iphdr *push_header(const struct sock *sk, struct sk_buff *skb,
				 const struct ip_options *opt, u8 tos)
{
	unsigned int hlen = WIRE_IP_HLEN + (opt ? opt->optlen : 0u);
	struct iphdr *iph = (struct iphdr *)skb_push(skb, hlen);

	skb_reset_network_header(skb);
	memset(IPCB(skb), 0, sizeof(struct inet_skb_parm));
	iph->version = 4;
	iph->ihl = (hlen / 4) & 15;
	iph->tos = tos;
	iph->ttl = ip_sk_ttl(sk, skb_dst(skb));
	iph->protocol = (__u8)sk->sk_protocol;
	if (ip_dont_fragment(sk, skb_dst(skb)) && !skb->ignore_df)
		iph->frag_off = htons(IP_DF);
	else
		iph->frag_off = 0;
	return iph;
}

/*
 * RFC 6864 section 4.1: nobody looks at the identification of a packet that is not cut, but some
 * that compress headers expect a number that grows by one.
 */
static void select_ident_segs(struct sock *sk, struct iphdr *iph, struct sk_buff *skb)
{
	u16 segs = max_t(u16, __skb_shinfo(skb)->gso_segs, 1);

	if (!(iph->frag_off & htons(IP_DF))) {
		ip_select_ident(sock_net(sk), skb, NULL);
		return;
	}
	iph->id = htons(inet_sk(sk)->inet_id);
	inet_sk(sk)->inet_id = (u16)(inet_sk(sk)->inet_id + segs);
}

int __ip_queue_xmit(struct sock *sk, struct sk_buff *skb, u8 tos)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct iphdr *iph;
	int err;

	err = likely(sk_has_route(sk)) ? 0 : sk_reroute(sk);
	if (unlikely(err)) {
		IP_INC_STATS(sock_net(sk), IPSTATS_MIB_OUTNOROUTES);
		kfree_skb_reason(skb, SKB_DROP_REASON_IP_OUTNOROUTES);
		return err == -ENETUNREACH ? -EHOSTUNREACH : err;
	}
	/* The socket's reference lasts as long as this call; who keeps the packet takes its own. */
	skb_dst_set_noref(skb, sk->sk_dst_cache);
	iph = push_header(sk, skb, inet->inet_opt ? &inet->inet_opt->opt : NULL, tos);
	iph->saddr = inet->inet_saddr;
	iph->daddr = first_stop(inet->inet_opt, inet->inet_daddr);
	if (inet->inet_opt)
		ip_options_build(skb, &inet->inet_opt->opt, inet->inet_daddr,
				 dst_rtable(sk->sk_dst_cache));
	select_ident_segs(sk, iph, skb);
	skb->priority = sk->sk_priority;
	skb->mark = sk->sk_mark;
	return ip_local_out(sock_net(sk), sk, skb);
}

int ip_queue_xmit(struct sock *sk, struct sk_buff *skb, struct flowi *fl)
{
	(void)fl;
	return __ip_queue_xmit(sk, skb, inet_stream_tos(sk, sk->sk_daddr));
}

int ip_build_and_send_pkt(struct sk_buff *skb, const struct sock *sk, __be32 saddr, __be32 daddr,
			  const struct ip_options_rcu *opt, u8 tos)
{
	struct net *net = sock_net(sk);
	struct iphdr *iph;

	ASSERT_NET_LOCKED(net);
	iph = push_header(sk, skb, opt ? &opt->opt : NULL, tos);
	iph->saddr = saddr;
	iph->daddr = first_stop(opt, daddr);
	if (opt)
		ip_options_build(skb, &opt->opt, daddr, skb_rtable(skb));
	ip_select_ident(net, skb, NULL);
	skb->priority = sk->sk_priority;
	if (!skb->mark)
		skb->mark = sk->sk_mark;
	return ip_local_out(net, (struct sock *)(uintptr_t)sk, skb);
}

/* Options of the packet that is answered, turned round; NULL when there are none. */
static struct ip_options_rcu *reply_options(struct net *net, struct sk_buff *skb,
					    const struct ip_options *sopt,
					    struct ip_options_data *room, int *err)
{
	*err = 0;
	if (!sopt || !sopt->optlen)
		return NULL;
	memset(room, 0, sizeof(*room));
	*err = __ip_options_echo(net, &room->opt.opt, skb, sopt);
	return *err || !room->opt.opt.optlen ? NULL : &room->opt;
}

void ip_send_unicast_reply(struct net *net, struct sk_buff *skb, const struct ip_options *sopt,
			   __be32 daddr, __be32 saddr, const struct ip_reply_arg *arg)
{
	struct ip_options_data room;
	struct ipcm_cookie ipc = {
		.ttl = 0, .tos = arg->tos, .df = true, .mark = arg->mark, .priority = arg->priority
	};
	struct flowi4 fl4 = { .saddr = saddr,
			      .flowi4_oif = arg->bound_dev_if,
			      .flowi4_tos = arg->tos,
			      .flowi4_proto = arg->protocol,
			      .flowi4_mark = arg->mark };
	struct sk_buff *nskb;
	struct rtable *rt;
	int err;

	ASSERT_NET_LOCKED(net);
	ipc.opt = reply_options(net, skb, sopt, &room, &err);
	if (err)
		return;
	fl4.daddr = first_stop(ipc.opt, daddr);
	rt = ip_route_output_key(net, &fl4);
	if (IS_ERR(rt))
		return;
	nskb = alloc_skb(ip_headroom(rt) + IP_OPTIONS_MAX + arg->len, GFP_ATOMIC);
	if (nskb) {
		skb_reserve(nskb, (int)(ip_headroom(rt) + IP_OPTIONS_MAX));
		skb_put_data(nskb, arg->data, arg->len);
		skb_reset_transport_header(nskb);
		ip_build_and_send(net, NULL, nskb, rt, saddr, daddr, arg->protocol, &ipc);
	}
	ip_rt_put(rt);
}
