// SPDX-License-Identifier: BSD-2-Clause
/* The options of level SOL_IP: a table of those that are one number, and the few that are more. */
#include <skiff/slab.h>

#include "ipv4/ipv4.h"
#include "ipv4/sockglue.h"

int ip_opt_int(const void *optval, unsigned int optlen, int *val)
{
	*val = 0;
	if (optlen && !optval)
		return -EFAULT;
	if (optlen >= sizeof(int))
		memcpy(val, optval, sizeof(int));
	else if (optlen >= sizeof(char))
		*val = *(const unsigned char *)optval;
	return 0;
}

int ip_opt_put(void *optval, int *optlen, int val)
{
	int len = *optlen;

	if (len < 0)
		return -EINVAL;
	if (len < (int)sizeof(int) && len > 0 && val >= 0 && val <= 255) {
		if (!optval)
			return -EFAULT;
		*(unsigned char *)optval = (unsigned char)val;
		*optlen = 1;
		return 0;
	}
	return ip_opt_put_data(optval, optlen, &val, sizeof(val));
}

int ip_opt_put_data(void *optval, int *optlen, const void *data, int len)
{
	return sock_put_option(optval, optlen, data, len);
}

/* Options that are one number */

/* By the bits of DSCP that were once the type of service: TC_PRIO_* as Linux maps them. */
static u32 rt_tos2priority(u8 tos)
{
	static const u8 ip_tos2prio[16] = { 0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4 };

	return ip_tos2prio[IPTOS_TOS(tos) >> 1];
}

static int set_tos(struct sock *sk, int val)
{
	/* RFC 3168: a stream's ECN field is the protocol's business. */
	if (sk->sk_type == SOCK_STREAM)
		val = (val & ~3) | (inet_sk(sk)->tos & 3);
	if (inet_sk(sk)->tos == (u8)val)
		return 0;
	inet_sk(sk)->tos = (u8)val;
	sk->sk_priority = rt_tos2priority((u8)val);
	sk_dst_reset(sk);
	return 0;
}

static int get_tos(const struct sock *sk)
{
	return inet_sk(sk)->tos;
}

static int set_ttl(struct sock *sk, int val)
{
	if (val != -1 && (val < 1 || val > 255))
		return -EINVAL;
	inet_sk(sk)->uc_ttl = val == -1 ? 0 : (u8)val;
	return 0;
}

static int get_ttl(const struct sock *sk)
{
	u8 ttl = inet_sk(sk)->uc_ttl;

	return ttl ? ttl : ipv4_net(sock_net(sk))->sysctl.ip_default_ttl;
}

static int set_minttl(struct sock *sk, int val)
{
	if (val < 0 || val > 255)
		return -EINVAL;
	inet_sk(sk)->min_ttl = (u8)val;
	return 0;
}

static int get_minttl(const struct sock *sk)
{
	return inet_sk(sk)->min_ttl;
}

static int set_mtu_discover(struct sock *sk, int val)
{
	if (val < IP_PMTUDISC_DONT || val > IP_PMTUDISC_OMIT)
		return -EINVAL;
	inet_sk(sk)->pmtudisc = (u8)val;
	return 0;
}

static int get_mtu_discover(const struct sock *sk)
{
	return inet_sk(sk)->pmtudisc;
}

static int set_recverr(struct sock *sk, int val)
{
	inet_sk(sk)->recverr = !!val;
	if (!val)
		skb_queue_purge(&sk->sk_error_queue);
	return 0;
}

static int set_recverr_rfc4884(struct sock *sk, int val)
{
	if (val < 0 || val > 1)
		return -EINVAL;
	inet_sk(sk)->recverr_rfc4884 = !!val;
	return 0;
}

static int set_hdrincl(struct sock *sk, int val)
{
	if (sk->sk_type != SOCK_RAW)
		return -ENOPROTOOPT;
	inet_sk(sk)->hdrincl = !!val;
	return 0;
}

static int set_nodefrag(struct sock *sk, int val)
{
	if (sk->sk_type != SOCK_RAW)
		return -ENOPROTOOPT;
	inet_sk(sk)->nodefrag = !!val;
	return 0;
}

#define IP_BIT_OPTION(name)                                                \
	static int get_##name(const struct sock *sk)                       \
	{                                                                  \
		return inet_sk(sk)->name;                                  \
	}                                                                  \
	static int __maybe_unused set_bit_##name(struct sock *sk, int val) \
	{                                                                  \
		inet_sk(sk)->name = !!val;                                 \
		return 0;                                                  \
	}

IP_BIT_OPTION(recverr)
IP_BIT_OPTION(recverr_rfc4884)
IP_BIT_OPTION(hdrincl)
IP_BIT_OPTION(nodefrag)
IP_BIT_OPTION(freebind)
IP_BIT_OPTION(transparent)
IP_BIT_OPTION(bind_address_no_port)

static int get_protocol(const struct sock *sk)
{
	return sk->sk_protocol;
}

/**
 * struct ip_int_opt - an option that is one number
 * @optname: IP_*
 * @min_len: shortest value that Linux takes
 * @set: NULL for one that can only be read
 * @get: what it is
 */
struct ip_int_opt {
	int optname;
	unsigned int min_len;
	int (*set)(struct sock *sk, int val);
	int (*get)(const struct sock *sk);
};

static const struct ip_int_opt ip_int_opts[] = {
	{ IP_TOS, 0, set_tos, get_tos },
	{ IP_TTL, 1, set_ttl, get_ttl },
	{ IP_MINTTL, 1, set_minttl, get_minttl },
	{ IP_MTU_DISCOVER, 0, set_mtu_discover, get_mtu_discover },
	{ IP_RECVERR, 0, set_recverr, get_recverr },
	{ IP_RECVERR_RFC4884, 0, set_recverr_rfc4884, get_recverr_rfc4884 },
	{ IP_HDRINCL, 0, set_hdrincl, get_hdrincl },
	{ IP_NODEFRAG, 0, set_nodefrag, get_nodefrag },
	{ IP_FREEBIND, 1, set_bit_freebind, get_freebind },
	{ IP_TRANSPARENT, 1, set_bit_transparent, get_transparent },
	{ IP_BIND_ADDRESS_NO_PORT, 0, set_bit_bind_address_no_port, get_bind_address_no_port },
	{ IP_PROTOCOL, 0, NULL, get_protocol },
};

/* Options that switch a control message on and off */
static const struct {
	int optname;
	u16 flag;
} ip_cmsg_opts[] = {
	{ IP_PKTINFO, IP_CMSG_PKTINFO },   { IP_RECVTTL, IP_CMSG_TTL },
	{ IP_RECVTOS, IP_CMSG_TOS },	   { IP_RECVOPTS, IP_CMSG_RECVOPTS },
	{ IP_RETOPTS, IP_CMSG_RETOPTS },   { IP_RECVORIGDSTADDR, IP_CMSG_ORIGDSTADDR },
	{ IP_CHECKSUM, IP_CMSG_CHECKSUM }, { IP_RECVFRAGSIZE, IP_CMSG_RECVFRAGSIZE },
};

static u16 ip_cmsg_flag(int optname)
{
	for (size_t i = 0; i < ARRAY_SIZE(ip_cmsg_opts); i++)
		if (ip_cmsg_opts[i].optname == optname)
			return ip_cmsg_opts[i].flag;
	return 0;
}

static const struct ip_int_opt *ip_int_opt(int optname)
{
	for (size_t i = 0; i < ARRAY_SIZE(ip_int_opts); i++)
		if (ip_int_opts[i].optname == optname)
			return &ip_int_opts[i];
	return NULL;
}

/* Others */

static int set_unicast_if(struct sock *sk, const void *optval, unsigned int optlen)
{
	int ifindex;

	if (optlen != sizeof(int))
		return -EINVAL;
	if (!optval)
		return -EFAULT;
	memcpy(&ifindex, optval, sizeof(ifindex));
	ifindex = (int)ntohl((__force __be32)ifindex);
	if (ifindex) {
		if (!__dev_get_by_index(sock_net(sk), ifindex))
			return -EADDRNOTAVAIL;
		if (sk->sk_bound_dev_if && sk->sk_bound_dev_if != ifindex)
			return -EINVAL;
	}
	inet_sk(sk)->uc_index = ifindex;
	return 0;
}

/* Two ports in one number, the higher one in the upper half; 0 is the host's. */
static int set_local_port_range(struct sock *sk, const void *optval, unsigned int optlen)
{
	u32 val;
	u16 lo, hi;

	if (optlen != sizeof(val))
		return -EINVAL;
	if (!optval)
		return -EFAULT;
	memcpy(&val, optval, sizeof(val));
	lo = (u16)val;
	hi = (u16)(val >> 16);
	if (lo && hi && lo > hi)
		return -EINVAL;
	inet_sk(sk)->local_port_range = val;
	return 0;
}

/*
 * Options that go with every packet. Source routes would change where packets are routed to, and
 * no router follows them any more (RFC 7126 section 4.3): they are refused.
 */
static int set_options(struct sock *sk, const void *optval, unsigned int optlen)
{
	struct inet_sock *inet = inet_sk(sk);
	struct ip_options_rcu *opt = NULL;
	int err;

	if (optlen > IP_OPTIONS_MAX)
		return -EINVAL;
	if (optlen && !optval)
		return -EFAULT;
	if (optlen) {
		err = ip_options_get(sock_net(sk), &opt, optval, (int)optlen);
		if (err)
			return err;
		if (opt->opt.srr) {
			kfree(opt);
			return -EOPNOTSUPP;
		}
	}
	kfree(inet->inet_opt);
	inet->inet_opt = opt;
	return 0;
}

/* As they were given: checking them has made room for what packets will be filled with. */
static int get_options(const struct sock *sk, void *optval, int *optlen)
{
	const struct ip_options_rcu *opt = inet_sk(sk)->inet_opt;
	struct ip_options_data given;

	if (!opt) {
		*optlen = 0;
		return 0;
	}
	memcpy(&given, opt, sizeof(*opt) + opt->opt.optlen);
	ip_options_undo(&given.opt.opt);
	return ip_opt_put_data(optval, optlen, given.opt.opt.__data, opt->opt.optlen);
}

int ip_setsockopt(struct sock *sk, int level, int optname, const void *optval, unsigned int optlen)
{
	const struct ip_int_opt *opt = ip_int_opt(optname);
	u16 flag = ip_cmsg_flag(optname);
	int val, err;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (level != SOL_IP)
		return -ENOPROTOOPT;
	if (optname == IP_OPTIONS)
		return set_options(sk, optval, optlen);
	if (optname == IP_UNICAST_IF)
		return set_unicast_if(sk, optval, optlen);
	if (optname == IP_LOCAL_PORT_RANGE)
		return set_local_port_range(sk, optval, optlen);
	if (!flag && !opt)
		return ip_mc_setsockopt(sk, optname, optval, optlen);
	err = ip_opt_int(optval, optlen, &val);
	if (err)
		return err;
	if (opt) {
		if (!opt->set)
			return -ENOPROTOOPT;
		return optlen < opt->min_len ? -EINVAL : opt->set(sk, val);
	}
	if (optname == IP_RECVFRAGSIZE && sk->sk_type != SOCK_RAW && sk->sk_type != SOCK_DGRAM)
		return -EINVAL;
	if (val)
		inet_sk(sk)->cmsg_flags |= flag;
	else
		inet_sk(sk)->cmsg_flags &= (u16)~flag;
	if (optname == IP_CHECKSUM)
		inet_sk(sk)->convert_csum = !!val;
	return 0;
}

static int get_mtu(struct sock *sk, void *optval, int *optlen)
{
	struct flowi4 fl4 = { .daddr = sk->sk_daddr,
			      .saddr = inet_sk(sk)->inet_saddr,
			      .flowi4_proto = (__u8)sk->sk_protocol,
			      .fl4_dport = sk->sk_dport };
	struct rtable *rt;
	int mtu;

	/* A stream has its route with it, in all states. */
	if (sk->sk_type == SOCK_STREAM) {
		if (!sk->sk_dst_cache)
			return -ENOTCONN;
		return ip_opt_put(optval, optlen, (int)dst_mtu(sk->sk_dst_cache));
	}
	if (sk->sk_state != INET_STATE_CONNECTED)
		return -ENOTCONN;
	/* Of the path as it is known now, which need not be what connect() found. */
	rt = inet_route_datagram(sk, &fl4, true);
	if (IS_ERR(rt))
		return -ENOTCONN;
	mtu = (int)dst_mtu(&rt->dst);
	ip_rt_put(rt);
	return ip_opt_put(optval, optlen, mtu);
}

int ip_getsockopt(struct sock *sk, int level, int optname, void *optval, int *optlen)
{
	const struct ip_int_opt *opt = ip_int_opt(optname);
	const struct inet_sock *inet = inet_sk(sk);
	u16 flag = ip_cmsg_flag(optname);

	ASSERT_NET_LOCKED(sock_net(sk));
	if (level != SOL_IP)
		return -EOPNOTSUPP;
	if (*optlen < 0)
		return -EINVAL;
	if (opt)
		return ip_opt_put(optval, optlen, opt->get(sk));
	if (flag)
		return ip_opt_put(optval, optlen, !!(inet->cmsg_flags & flag));
	switch (optname) {
	case IP_OPTIONS:
		return get_options(sk, optval, optlen);
	case IP_MTU:
		return get_mtu(sk, optval, optlen);
	case IP_UNICAST_IF:
		return ip_opt_put(optval, optlen, (__force int)htonl((u32)inet->uc_index));
	case IP_LOCAL_PORT_RANGE:
		return ip_opt_put(optval, optlen, (int)inet->local_port_range);
	default:
		return ip_mc_getsockopt(sk, optname, optval, optlen);
	}
}
