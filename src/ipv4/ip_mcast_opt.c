// SPDX-License-Identifier: BSD-2-Clause
/* The multicast options of level SOL_IP: the old IP_* ones and those of RFC 3678. */
#include <skiff/igmp.h>
#include <skiff/slab.h>

#include "ipv4/ipv4.h"
#include "ipv4/sockglue.h"

/* The device and address that a program named for its groups; 0 and 0 for "choose". */
static int mc_set_if(struct sock *sk, const struct ip_mreqn *mreq)
{
	struct net *net = sock_net(sk);
	int ifindex = mreq->imr_ifindex;
	__be32 addr = (__force __be32)mreq->imr_address.s_addr;
	struct net_device *dev;

	if (!ifindex && !addr) {
		inet_sk(sk)->mc_index = 0;
		inet_sk(sk)->mc_addr = 0;
		return 0;
	}
	dev = ifindex ? __dev_get_by_index(net, ifindex) : __ip_dev_find(net, addr);
	if (!dev)
		return -EADDRNOTAVAIL;
	if (sk->sk_bound_dev_if && sk->sk_bound_dev_if != dev->ifindex)
		return -EINVAL;
	inet_sk(sk)->mc_index = dev->ifindex;
	inet_sk(sk)->mc_addr = addr;
	return 0;
}

/* struct ip_mreqn, or what came before it. */
static void mc_read_mreqn(struct ip_mreqn *mreq, const void *optval, unsigned int optlen)
{
	memset(mreq, 0, sizeof(*mreq));
	memcpy(mreq, optval, min_t(size_t, optlen, sizeof(*mreq)));
	if (optlen < sizeof(*mreq))
		mreq->imr_ifindex = 0;
}

static int mc_multicast_if(struct sock *sk, const void *optval, unsigned int optlen)
{
	struct ip_mreqn mreq;

	if (sk->sk_type == SOCK_STREAM || optlen < sizeof(struct in_addr))
		return -EINVAL;
	mc_read_mreqn(&mreq, optval, optlen);
	/* Alone, an address says which device. */
	if (optlen < sizeof(struct ip_mreq)) {
		mreq.imr_address = mreq.imr_multiaddr;
		mreq.imr_multiaddr.s_addr = 0;
	}
	return mc_set_if(sk, &mreq);
}

static int mc_multicast_ttl(struct sock *sk, const void *optval, unsigned int optlen)
{
	int val, err = ip_opt_int(optval, optlen, &val);

	if (err)
		return err;
	if (sk->sk_type == SOCK_STREAM || optlen < 1)
		return -EINVAL;
	if (val == -1)
		val = 1;
	if (val < 0 || val > 255)
		return -EINVAL;
	inet_sk(sk)->mc_ttl = (u8)val;
	return 0;
}

static int mc_bit(struct sock *sk, int optname, const void *optval, unsigned int optlen)
{
	int val, err = ip_opt_int(optval, optlen, &val);

	if (err)
		return err;
	if (optlen < 1)
		return -EINVAL;
	if (optname == IP_MULTICAST_ALL) {
		if (val != 0 && val != 1)
			return -EINVAL;
		inet_sk(sk)->mc_all = val & 1;
	} else {
		inet_sk(sk)->mc_loop = !!val;
	}
	return 0;
}

static int mc_membership(struct sock *sk, int optname, const void *optval, unsigned int optlen)
{
	struct ip_mreqn mreq;

	if (optlen < sizeof(struct ip_mreq))
		return -EINVAL;
	mc_read_mreqn(&mreq, optval, optlen);
	return optname == IP_ADD_MEMBERSHIP ? ip_mc_join_group(sk, &mreq) :
					      ip_mc_leave_group(sk, &mreq);
}

/* What the names of the source options say: which list, and whether the source goes onto it. */
static int mc_do_source(struct sock *sk, int optname, struct ip_mreq_source *mreqs, int ifindex)
{
	struct ip_mreqn mreq = { .imr_ifindex = ifindex };
	int err;

	switch (optname) {
	case IP_BLOCK_SOURCE:
	case MCAST_BLOCK_SOURCE:
		return ip_mc_source(1, MCAST_EXCLUDE, sk, mreqs, ifindex);
	case IP_UNBLOCK_SOURCE:
	case MCAST_UNBLOCK_SOURCE:
		return ip_mc_source(0, MCAST_EXCLUDE, sk, mreqs, ifindex);
	case IP_ADD_SOURCE_MEMBERSHIP:
	case MCAST_JOIN_SOURCE_GROUP:
		mreq.imr_multiaddr = mreqs->imr_multiaddr;
		mreq.imr_address = mreqs->imr_interface;
		err = ip_mc_join_group_ssm(sk, &mreq, MCAST_INCLUDE);
		if (err && err != -EADDRINUSE)
			return err;
		return ip_mc_source(1, MCAST_INCLUDE, sk, mreqs, ifindex);
	default:
		return ip_mc_source(0, MCAST_INCLUDE, sk, mreqs, ifindex);
	}
}

static int mc_source(struct sock *sk, int optname, const void *optval, unsigned int optlen)
{
	struct ip_mreq_source mreqs;

	if (optlen != sizeof(mreqs))
		return -EINVAL;
	memcpy(&mreqs, optval, sizeof(mreqs));
	return mc_do_source(sk, optname, &mreqs, 0);
}

/* The protocol independent form of RFC 3678 */

static const struct sockaddr_in *mc_addr(const struct sockaddr_storage *ss)
{
	return (const struct sockaddr_in *)(const void *)ss;
}

static int mc_group_source(struct sock *sk, int optname, const void *optval, unsigned int optlen)
{
	struct group_source_req greqs;
	struct ip_mreq_source mreqs = {};

	if (optlen != sizeof(greqs))
		return -EINVAL;
	memcpy(&greqs, optval, sizeof(greqs));
	if (greqs.gsr_group.ss_family != AF_INET || greqs.gsr_source.ss_family != AF_INET)
		return -EADDRNOTAVAIL;
	mreqs.imr_multiaddr = mc_addr(&greqs.gsr_group)->sin_addr;
	mreqs.imr_sourceaddr = mc_addr(&greqs.gsr_source)->sin_addr;
	return mc_do_source(sk, optname, &mreqs, (int)greqs.gsr_interface);
}

static int mc_group(struct sock *sk, int optname, const void *optval, unsigned int optlen)
{
	struct group_req greq;
	struct ip_mreqn mreq = {};

	if (optlen < sizeof(greq))
		return -EINVAL;
	memcpy(&greq, optval, sizeof(greq));
	if (greq.gr_group.ss_family != AF_INET)
		return -EINVAL;
	mreq.imr_multiaddr = mc_addr(&greq.gr_group)->sin_addr;
	mreq.imr_ifindex = (int)greq.gr_interface;
	return optname == MCAST_JOIN_GROUP ? ip_mc_join_group(sk, &mreq) :
					     ip_mc_leave_group(sk, &mreq);
}

/* Whole filters. The longest list that a program may give is looked at in ip_mc_msfilter(). */
#define MC_FILTER_LEN_MAX 65536

static int mc_msfilter(struct sock *sk, const void *optval, unsigned int optlen)
{
	struct ip_msfilter head;
	struct ip_mreqn mreq = {};
	size_t at = offsetof(struct ip_msfilter, imsf_slist);

	if (optlen < at)
		return -EINVAL;
	if (optlen > MC_FILTER_LEN_MAX)
		return -ENOBUFS;
	memcpy(&head, optval, at);
	if (head.imsf_numsrc > (optlen - at) / sizeof(__be32))
		return -EINVAL;
	mreq.imr_multiaddr = head.imsf_multiaddr;
	mreq.imr_address = head.imsf_interface;
	return ip_mc_msfilter(sk, &mreq, head.imsf_fmode,
			      (const __be32 *)(const void *)((const char *)optval + at),
			      head.imsf_numsrc);
}

static int mc_group_filter(struct sock *sk, const void *optval, unsigned int optlen)
{
	size_t at = offsetof(struct group_filter, gf_slist);
	struct ip_mreqn mreq = {};
	struct group_filter head;
	struct sockaddr_storage ss;
	__be32 *addrs = NULL;
	int err = 0;

	if (optlen < at)
		return -EINVAL;
	if (optlen > MC_FILTER_LEN_MAX * 4)
		return -ENOBUFS;
	memcpy(&head, optval, at);
	if (head.gf_numsrc > (optlen - at) / sizeof(ss))
		return -EINVAL;
	if (head.gf_group.ss_family != AF_INET)
		return -EADDRNOTAVAIL;
	if (head.gf_numsrc) {
		addrs = (__be32 *)kcalloc(head.gf_numsrc, sizeof(*addrs), GFP_KERNEL);
		if (!addrs)
			return -ENOBUFS;
	}
	for (u32 i = 0; i < head.gf_numsrc && !err; i++) {
		memcpy(&ss, (const char *)optval + at + i * sizeof(ss), sizeof(ss));
		addrs[i] = (__force __be32)mc_addr(&ss)->sin_addr.s_addr;
		if (ss.ss_family != AF_INET)
			err = -EADDRNOTAVAIL;
	}
	mreq.imr_multiaddr = mc_addr(&head.gf_group)->sin_addr;
	mreq.imr_ifindex = (int)head.gf_interface;
	if (!err)
		err = ip_mc_msfilter(sk, &mreq, head.gf_fmode, addrs, head.gf_numsrc);
	kfree(addrs);
	return err;
}

int ip_mc_setsockopt(struct sock *sk, int optname, const void *optval, unsigned int optlen)
{
	/* Their numbers follow each other. */
	if (optlen && !optval)
		return optname >= IP_MULTICAST_IF && optname <= IP_MULTICAST_ALL ? -EFAULT :
										   -ENOPROTOOPT;
	switch (optname) {
	case IP_MULTICAST_IF:
		return mc_multicast_if(sk, optval, optlen);
	case IP_MULTICAST_TTL:
		return mc_multicast_ttl(sk, optval, optlen);
	case IP_MULTICAST_LOOP:
	case IP_MULTICAST_ALL:
		return mc_bit(sk, optname, optval, optlen);
	case IP_ADD_MEMBERSHIP:
	case IP_DROP_MEMBERSHIP:
		return mc_membership(sk, optname, optval, optlen);
	case IP_BLOCK_SOURCE:
	case IP_UNBLOCK_SOURCE:
	case IP_ADD_SOURCE_MEMBERSHIP:
	case IP_DROP_SOURCE_MEMBERSHIP:
		return mc_source(sk, optname, optval, optlen);
	case MCAST_JOIN_GROUP:
	case MCAST_LEAVE_GROUP:
		return mc_group(sk, optname, optval, optlen);
	case MCAST_BLOCK_SOURCE:
	case MCAST_UNBLOCK_SOURCE:
	case MCAST_JOIN_SOURCE_GROUP:
	case MCAST_LEAVE_SOURCE_GROUP:
		return mc_group_source(sk, optname, optval, optlen);
	case IP_MSFILTER:
		return mc_msfilter(sk, optval, optlen);
	case MCAST_MSFILTER:
		return mc_group_filter(sk, optval, optlen);
	default:
		return -ENOPROTOOPT;
	}
}

/* Reading filters back: how many sources there are, and as many as there is room for. */

static int mc_get_msfilter(struct sock *sk, void *optval, int *optlen)
{
	size_t at = offsetof(struct ip_msfilter, imsf_slist);
	struct ip_mc_socklist *pmc;
	struct ip_mreqn mreq = {};
	struct ip_msfilter head;
	u32 count, copy;

	if (*optlen < (int)at)
		return -EINVAL;
	if (!optval)
		return -EFAULT;
	memcpy(&head, optval, at);
	mreq.imr_multiaddr = head.imsf_multiaddr;
	mreq.imr_address = head.imsf_interface;
	if (!ipv4_is_multicast((__force __be32)head.imsf_multiaddr.s_addr))
		return -EINVAL;
	pmc = ip_mc_find_sk(sk, &mreq);
	if (!pmc)
		return -EADDRNOTAVAIL;
	count = pmc->sflist ? pmc->sflist->sl_count : 0;
	copy = min_t(u32, count, head.imsf_numsrc);
	copy = min_t(u32, copy, (u32)(((size_t)*optlen - at) / sizeof(__be32)));
	head.imsf_fmode = pmc->sfmode;
	head.imsf_numsrc = count;
	memcpy(optval, &head, at);
	if (copy)
		memcpy((char *)optval + at, pmc->sflist->sl_addr, copy * sizeof(__be32));
	*optlen = (int)(at + copy * sizeof(__be32));
	return 0;
}

static int mc_get_group_filter(struct sock *sk, void *optval, int *optlen)
{
	size_t at = offsetof(struct group_filter, gf_slist);
	struct ip_mc_socklist *pmc;
	struct ip_mreqn mreq = {};
	struct group_filter head;
	u32 count, copy;

	if (*optlen < (int)at)
		return -EINVAL;
	if (!optval)
		return -EFAULT;
	memcpy(&head, optval, at);
	if (head.gf_group.ss_family != AF_INET)
		return -EADDRNOTAVAIL;
	mreq.imr_multiaddr = mc_addr(&head.gf_group)->sin_addr;
	mreq.imr_ifindex = (int)head.gf_interface;
	if (!ipv4_is_multicast((__force __be32)mreq.imr_multiaddr.s_addr))
		return -EINVAL;
	pmc = ip_mc_find_sk(sk, &mreq);
	if (!pmc)
		return -EADDRNOTAVAIL;
	count = pmc->sflist ? pmc->sflist->sl_count : 0;
	copy = min_t(u32, count, head.gf_numsrc);
	copy = min_t(u32, copy, (u32)(((size_t)*optlen - at) / sizeof(struct sockaddr_storage)));
	head.gf_fmode = pmc->sfmode;
	head.gf_numsrc = count;
	memcpy(optval, &head, at);
	for (u32 i = 0; i < copy; i++) {
		struct sockaddr_storage ss = {};

		ss.ss_family = AF_INET;
		((struct sockaddr_in *)(void *)&ss)->sin_addr.s_addr =
			(__force in_addr_t)pmc->sflist->sl_addr[i];
		memcpy((char *)optval + at + i * sizeof(ss), &ss, sizeof(ss));
	}
	*optlen = (int)(at + copy * sizeof(struct sockaddr_storage));
	return 0;
}

int ip_mc_getsockopt(struct sock *sk, int optname, void *optval, int *optlen)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct in_addr addr;

	switch (optname) {
	case IP_MULTICAST_IF:
		addr.s_addr = (__force in_addr_t)inet->mc_addr;
		return ip_opt_put_data(optval, optlen, &addr, sizeof(addr));
	case IP_MULTICAST_TTL:
		return ip_opt_put(optval, optlen, inet->mc_ttl);
	case IP_MULTICAST_LOOP:
		return ip_opt_put(optval, optlen, inet->mc_loop);
	case IP_MULTICAST_ALL:
		return ip_opt_put(optval, optlen, inet->mc_all);
	case IP_MSFILTER:
		return mc_get_msfilter(sk, optval, optlen);
	case MCAST_MSFILTER:
		return mc_get_group_filter(sk, optval, optlen);
	default:
		return -ENOPROTOOPT;
	}
}
