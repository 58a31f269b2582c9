// SPDX-License-Identifier: BSD-2-Clause
/* Control messages of level SOL_IP: what a program learns of a packet, and what it asks for one. */
#include <skiff/udp.h>

#include "ipv4/ipv4.h"
#include "ipv4/sockglue.h"

/* To the program */

static bool inet_is_v6(const struct sock *sk)
{
	return sk->sk_family == AF_INET6;
}

/* Whose address would be the source of an answer: RFC 1122 section 3.3.4.2, for what was sent to several. */
static __be32 answer_source(struct net *net, const struct net_device *dev, __be32 saddr)
{
	const struct fib_route *r;

	if (ipv4_is_zeronet(saddr))
		return inet_select_addr(dev, saddr, RT_SCOPE_LINK);
	r = fib_lookup(ipv4_net(net), saddr, 0);
	if (r && r->cfg.fc_prefsrc)
		return r->cfg.fc_prefsrc;
	if (r && r->dev)
		return inet_select_addr(r->dev, r->cfg.fc_gw4 ? r->cfg.fc_gw4 : saddr,
					RT_SCOPE_UNIVERSE);
	return inet_select_addr(dev, saddr, RT_SCOPE_UNIVERSE);
}

void ipv4_pktinfo_prepare(const struct sock *sk, struct sk_buff *skb)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);
	const struct rtable *rt = skb_rtable(skb);
	struct net_device *dev;

	if (!(inet_sk(sk)->cmsg_flags & IP_CMSG_PKTINFO) && !(np && np->rxpktinfo))
		return;
	/* RFC 1122 section 3.2.1.3: to a group or to all, it is an address of ours. */
	INET_RCV_CB(skb)->spec_dst = ip_hdr(skb)->daddr;
	/* By loopback to an address of another device: that one is told. */
	if (skb->skb_iif == net_loopback_dev(sock_net(sk))->ifindex) {
		dev = __ip_dev_find(sock_net(sk), ip_hdr(skb)->daddr);
		if (dev)
			skb->skb_iif = dev->ifindex;
	}
	if (!rt || !(rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)))
		return;
	dev = __dev_get_by_index(sock_net(sk), skb->skb_iif);
	INET_RCV_CB(skb)->spec_dst = answer_source(
		sock_net(sk), dev ? dev : net_loopback_dev(sock_net(sk)), ip_hdr(skb)->saddr);
}

static void ip_cmsg_pktinfo(struct skiff_msghdr *msg, struct sk_buff *skb)
{
	struct in_pktinfo info = { .ipi_ifindex = skb->skb_iif };

	info.ipi_spec_dst.s_addr = (__force in_addr_t)INET_RCV_CB(skb)->spec_dst;
	info.ipi_addr.s_addr = (__force in_addr_t)ip_hdr(skb)->daddr;
	put_cmsg(msg, SOL_IP, IP_PKTINFO, sizeof(info), &info);
}

/* Where it was really sent, for those that receive what was redirected to them. Return: success. */
static bool orig_dst(const struct sk_buff *skb, __be16 *port)
{
	const __be16 *ports;
	__be16 buf[2];

	ports = (const __be16 *)skb_header_pointer(skb, skb_transport_offset(skb), sizeof(buf),
						   buf);
	if (!ports)
		return false;
	*port = ports[1];
	return true;
}

static void ip_cmsg_dstaddr(struct skiff_msghdr *msg, const struct sk_buff *skb)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	__be16 port;

	if (!orig_dst(skb, &port))
		return;
	sin.sin_addr.s_addr = (__force in_addr_t)ip_hdr(skb)->daddr;
	sin.sin_port = (__force in_port_t)port;
	put_cmsg(msg, SOL_IP, IP_ORIGDSTADDR, sizeof(sin), &sin);
}

static void ip6_cmsg_dstaddr(struct skiff_msghdr *msg, const struct sk_buff *skb)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
	__be16 port;

	if (!orig_dst(skb, &port))
		return;
	ipv6_addr_set_v4(ip_hdr(skb)->daddr, &sin6.sin6_addr);
	sin6.sin6_port = (__force in_port_t)port;
	put_cmsg(msg, SOL_IPV6, IPV6_ORIGDSTADDR, sizeof(sin6), &sin6);
}

static void ip6_cmsg_recv(struct skiff_msghdr *msg, const struct sock *sk, struct sk_buff *skb)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);
	int val;

	if (np->rxpktinfo) {
		struct in6_pktinfo info = { .ipi6_ifindex = (unsigned int)skb->skb_iif };

		ipv6_addr_set_v4(INET_RCV_CB(skb)->spec_dst, &info.ipi6_addr);
		put_cmsg(msg, SOL_IPV6, IPV6_PKTINFO, sizeof(info), &info);
	}
	/* The rest is told of an IPv4 packet by the options of SOL_IP. */
	if (!ipv4_is_loopback6(ip_hdr(skb)->daddr))
		return;
	if (np->rxhlim) {
		val = ip_hdr(skb)->ttl;
		put_cmsg(msg, SOL_IPV6, IPV6_HOPLIMIT, sizeof(val), &val);
	}
	if (np->rxtclass) {
		val = ip_hdr(skb)->tos;
		put_cmsg(msg, SOL_IPV6, IPV6_TCLASS, sizeof(val), &val);
	}
	if (np->rxorigdstaddr)
		ip6_cmsg_dstaddr(msg, skb);
}

static void ip_cmsg_opts(struct skiff_msghdr *msg, const struct sk_buff *skb)
{
	unsigned int len = ip_hdrlen(skb) - sizeof(struct iphdr);

	if (len)
		put_cmsg(msg, SOL_IP, IP_RECVOPTS, (int)len, ip_hdr(skb) + 1);
}

/* Those of an answer, as the program hands them to IP_OPTIONS: not filled in yet. */
static void ip_cmsg_retopts(struct skiff_msghdr *msg, struct sock *sk, struct sk_buff *skb)
{
	struct net *net = sock_net(sk);
	struct ip_options_data echo;
	struct ip_options *opt = &echo.opt.opt;
	int err;

	if (!IPCB(skb)->opt.optlen || net_enter(net))
		return;
	/* Which addresses are ours decides about timestamps. */
	err = ip_options_echo(net, opt, skb);
	net_unlock(net);
	if (err) {
		msg->msg_flags |= MSG_CTRUNC;
		return;
	}
	ip_options_undo(opt);
	put_cmsg(msg, SOL_IP, IP_RETOPTS, opt->optlen, opt->__data);
}

/* The sum of what the program gets, when the device summed all of the packet. */
static void ip_cmsg_checksum(struct skiff_msghdr *msg, struct sk_buff *skb, int tlen, int offset)
{
	__wsum csum = skb->csum;

	if (skb->ip_summed != CHECKSUM_COMPLETE)
		return;
	if (offset != 0) {
		int tend_off = skb_transport_offset(skb) + tlen;

		csum = csum_sub(csum, skb_checksum(skb, tend_off, offset, 0));
	}
	put_cmsg(msg, SOL_IP, IP_CHECKSUM, sizeof(csum), &csum);
}

void ip_cmsg_recv_offset(struct skiff_msghdr *msg, struct sock *sk, struct sk_buff *skb, int tlen,
			 int offset)
{
	u16 flags = inet_sk(sk)->cmsg_flags;
	int val;

	if (inet_is_v6(sk)) {
		ip6_cmsg_recv(msg, sk, skb);
		/* To the program that one is no IPv4 packet. */
		if (ipv4_is_loopback6(ip_hdr(skb)->daddr))
			return;
	}
	if (!flags)
		return;
	if (flags & IP_CMSG_PKTINFO)
		ip_cmsg_pktinfo(msg, skb);
	if (flags & IP_CMSG_TTL) {
		val = ip_hdr(skb)->ttl;
		put_cmsg(msg, SOL_IP, IP_TTL, sizeof(val), &val);
	}
	if (flags & IP_CMSG_TOS)
		put_cmsg(msg, SOL_IP, IP_TOS, 1, &ip_hdr(skb)->tos);
	if (flags & IP_CMSG_RECVOPTS)
		ip_cmsg_opts(msg, skb);
	if (flags & IP_CMSG_RETOPTS)
		ip_cmsg_retopts(msg, sk, skb);
	if (flags & IP_CMSG_ORIGDSTADDR)
		ip_cmsg_dstaddr(msg, skb);
	if (flags & IP_CMSG_CHECKSUM)
		ip_cmsg_checksum(msg, skb, tlen, offset);
	val = IPCB(skb)->frag_max_size;
	if (flags & IP_CMSG_RECVFRAGSIZE && val)
		put_cmsg(msg, SOL_IP, IP_RECVFRAGSIZE, sizeof(val), &val);
}

/* From the program */

void inet_cookie_init(struct inet_cookie *ipc, const struct sock *sk)
{
	/* Not the room for options: most packets have none. */
	memset(ipc, 0, offsetof(struct inet_cookie, options));
	sockcm_init(&ipc->sockc, sk);
	ipc->addr = inet_sk(sk)->inet_saddr;
	ipc->oif = sk->sk_bound_dev_if;
	ipc->tos = -1;
	ipc->gso_size = sk->sk_protocol == IPPROTO_UDP && sk->sk_type == SOCK_DGRAM ?
				udp_sk(sk)->gso_size :
				0;
}

static const void *cmsg_data(const struct cmsghdr *cmsg)
{
	return (const char *)cmsg + CMSG_LEN(0);
}

static int ip_cmsg_int(const struct cmsghdr *cmsg, int min, int max, int *val)
{
	if (cmsg->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EINVAL;
	memcpy(val, cmsg_data(cmsg), sizeof(int));
	return *val < min || *val > max ? -EINVAL : 0;
}

/* As IP_OPTIONS of this one packet; what is longer than a header holds is cut, as on Linux. */
static int ip_cmsg_retopts_send(struct sock *sk, const struct cmsghdr *cmsg,
				struct inet_cookie *ipc)
{
	unsigned int len = min_t(unsigned int, cmsg->cmsg_len - CMSG_LEN(0), IP_OPTIONS_MAX);
	struct net *net = sock_net(sk);
	bool locked = current_net() == net;
	int err = locked ? 0 : net_enter(net);

	if (err)
		return err;
	/* Which addresses are ours decides about timestamps. */
	err = ip_options_fill(net, &ipc->options, cmsg_data(cmsg), len);
	if (!locked)
		net_unlock(net);
	if (err)
		return err;
	ipc->opt = &ipc->options.opt;
	return ipc->opt->opt.srr ? -EOPNOTSUPP : 0;
}

static int ip_cmsg_send_one(struct sock *sk, const struct cmsghdr *cmsg, struct inet_cookie *ipc)
{
	struct in_pktinfo info;
	int val = 0, err = 0;

	switch (cmsg->cmsg_type) {
	case IP_PKTINFO:
		if (cmsg->cmsg_len != CMSG_LEN(sizeof(info)))
			return -EINVAL;
		memcpy(&info, cmsg_data(cmsg), sizeof(info));
		if (info.ipi_ifindex)
			ipc->oif = info.ipi_ifindex;
		ipc->addr = (__force __be32)info.ipi_spec_dst.s_addr;
		return 0;
	case IP_RETOPTS:
		return ip_cmsg_retopts_send(sk, cmsg, ipc);
	case IP_TTL:
		err = ip_cmsg_int(cmsg, 1, 255, &val);
		ipc->ttl = (s16)val;
		return err;
	case IP_TOS:
		if (cmsg->cmsg_len == CMSG_LEN(sizeof(u8)))
			val = *(const u8 *)cmsg_data(cmsg);
		else
			err = ip_cmsg_int(cmsg, 0, 255, &val);
		ipc->tos = (s16)val;
		return err;
	case IP_PROTOCOL:
		err = ip_cmsg_int(cmsg, 1, 255, &val);
		ipc->protocol = (u8)val;
		return err;
	default:
		return -EINVAL;
	}
}

/* The source: of the family that the destination is of. */
static int ip6_cmsg_pktinfo_send(const struct cmsghdr *cmsg, struct inet_cookie *ipc)
{
	struct in6_pktinfo info;

	if (cmsg->cmsg_len < CMSG_LEN(sizeof(info)))
		return -EINVAL;
	memcpy(&info, cmsg_data(cmsg), sizeof(info));
	if (!ipc->loopback6) {
		if (!ipv6_addr_v4mapped(&info.ipi6_addr))
			return -EINVAL;
		ipc->addr = ipv6_mapped_v4(&info.ipi6_addr);
	} else if (ipv6_addr_loopback(&info.ipi6_addr)) {
		ipc->addr = htonl(INADDR_LOOPBACK6);
	} else if (!IN6_IS_ADDR_UNSPECIFIED(&info.ipi6_addr)) {
		return -EINVAL;
	}
	if (info.ipi6_ifindex)
		ipc->oif = (int)info.ipi6_ifindex;
	return 0;
}

static int ip6_cmsg_send_one(const struct cmsghdr *cmsg, struct inet_cookie *ipc)
{
	int val = 0, err;

	switch (cmsg->cmsg_type) {
	case IPV6_PKTINFO:
		return ip6_cmsg_pktinfo_send(cmsg, ipc);
	case IPV6_HOPLIMIT:
		err = ip_cmsg_int(cmsg, -1, 255, &val);
		if (!err && ipc->loopback6 && val > 0)
			ipc->ttl = (s16)val;
		return err;
	case IPV6_TCLASS:
		err = ip_cmsg_int(cmsg, -1, 255, &val);
		if (!err && ipc->loopback6)
			ipc->tos = (s16)max(val, 0);
		return err;
	default:
		return -EINVAL;
	}
}

static int udp_cmsg_send_one(const struct cmsghdr *cmsg, struct inet_cookie *ipc)
{
	if (cmsg->cmsg_type != UDP_SEGMENT || cmsg->cmsg_len != CMSG_LEN(sizeof(u16)))
		return -EINVAL;
	memcpy(&ipc->gso_size, cmsg_data(cmsg), sizeof(u16));
	return 0;
}

int ip_cmsg_send(struct sock *sk, struct skiff_msghdr *msg, struct inet_cookie *ipc,
		 bool allow_ipv6)
{
	struct cmsghdr *cmsg;
	int err = 0;

	for_each_cmsghdr(cmsg, msg)
	{
		if (!CMSG_OK(msg, cmsg))
			return -EINVAL;
		if (cmsg->cmsg_level == SOL_SOCKET)
			err = __sock_cmsg_send(sk, cmsg, &ipc->sockc);
		else if (cmsg->cmsg_level == SOL_IP && !ipc->loopback6)
			err = ip_cmsg_send_one(sk, cmsg, ipc);
		else if (cmsg->cmsg_level == SOL_IPV6 && allow_ipv6)
			err = ip6_cmsg_send_one(cmsg, ipc);
		else if (cmsg->cmsg_level == SOL_UDP && sk->sk_protocol == IPPROTO_UDP)
			err = udp_cmsg_send_one(cmsg, ipc);
		if (err)
			return err;
	}
	return 0;
}

/* Names */

int inet_put_name(const struct sock *sk, void *name, __be32 addr, __be16 port)
{
	if (inet_is_v6(sk)) {
		struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)name;

		memset(sin6, 0, sizeof(*sin6));
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = (__force in_port_t)port;
		ipv6_addr_set_v4(addr, &sin6->sin6_addr);
		return sizeof(*sin6);
	} else {
		struct sockaddr_in *sin = (struct sockaddr_in *)name;

		memset(sin, 0, sizeof(*sin));
		sin->sin_family = AF_INET;
		sin->sin_port = (__force in_port_t)port;
		sin->sin_addr.s_addr = (__force in_addr_t)addr;
		return sizeof(*sin);
	}
}

static int inet_get_name4(const struct sockaddr_in *sin, int len, __be32 *addr, __be16 *port)
{
	if (len < (int)sizeof(*sin))
		return -EINVAL;
	/* AF_UNSPEC as Linux takes it, for old programs. */
	if (sin->sin_family != AF_INET && sin->sin_family != AF_UNSPEC)
		return -EAFNOSUPPORT;
	*addr = (__force __be32)sin->sin_addr.s_addr;
	*port = (__force __be16)sin->sin_port;
	return 0;
}

int inet6_dest(const struct sock *sk, const struct in6_addr *dest, __be32 *addr)
{
	__be32 own = inet_sk(sk)->inet_rcv_saddr;
	bool v4 = own ? !ipv4_is_loopback6(own) : inet6_sk(sk)->any_v4;

	if (ipv6_addr_v4mapped(dest)) {
		*addr = ipv6_mapped_v4(dest);
		/* What stands for "::1" is not reached by another name. */
		return sk->sk_ipv6only || ipv4_is_loopback6(*addr) ? -ENETUNREACH : 0;
	}
	*addr = htonl(INADDR_LOOPBACK6);
	if (ipv6_addr_loopback(dest))
		return v4 ? -EAFNOSUPPORT : 0;
	if (!IN6_IS_ADDR_UNSPECIFIED(dest))
		return -ENETUNREACH;
	if (v4)
		*addr = htonl(INADDR_LOOPBACK);
	return 0;
}

/* No address: to the peer, whom Linux takes for an IPv6 one here. */
static int inet6_get_peer(const struct sock *sk, __be32 *addr, __be16 *port)
{
	if (sk->sk_state != INET_STATE_CONNECTED)
		return -EDESTADDRREQ;
	*addr = sk->sk_daddr;
	*port = sk->sk_dport;
	return ipv4_is_loopback6(*addr) ? 0 : -ENETUNREACH;
}

int inet_get_name(const struct sock *sk, const void *name, int len, __be32 *addr, __be16 *port)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)name;

	if (!inet_is_v6(sk) || (len >= (int)sizeof(sa_family_t) && sin6->sin6_family == AF_INET)) {
		if (sk->sk_ipv6only)
			return -ENETUNREACH;
		return inet_get_name4((const struct sockaddr_in *)name, len, addr, port);
	}
	if (len < 24) /* RFC 2133's shorter form, without a scope */
		return -EINVAL;
	if (sin6->sin6_family == AF_UNSPEC)
		return inet6_get_peer(sk, addr, port);
	if (sin6->sin6_family != AF_INET6)
		return -EINVAL;
	*port = (__force __be16)sin6->sin6_port;
	return inet6_dest(sk, &sin6->sin6_addr, addr);
}
