// SPDX-License-Identifier: BSD-2-Clause
/* Multicast groups of sockets: joining, leaving, and the sources that one takes or refuses. */
#include <limits.h>

#include <skiff/inet_sock.h>
#include <skiff/slab.h>

#include "ipv4/igmp.h"

static struct in_device *inetdev_by_index(struct net *net, int ifindex)
{
	struct net_device *dev = __dev_get_by_index(net, ifindex);

	return dev ? __in_dev_get(dev) : NULL;
}

/* By index, else by one of the device's addresses, else the device that the group is routed to. */
static struct in_device *ip_mc_find_dev(struct net *net, struct ip_mreqn *imr)
{
	struct net_device *dev = NULL;
	struct rtable *rt;

	if (imr->imr_ifindex)
		return inetdev_by_index(net, imr->imr_ifindex);
	if (imr->imr_address.s_addr)
		dev = __ip_dev_find(net, (__force __be32)imr->imr_address.s_addr);
	if (!dev) {
		if (imr->imr_address.s_addr)
			return NULL;
		rt = ip_route_output(net, (__force __be32)imr->imr_multiaddr.s_addr, 0, 0, 0);
		if (IS_ERR(rt))
			return NULL;
		dev = rt->dst.dev;
		ip_rt_put(rt);
	}
	imr->imr_ifindex = dev->ifindex;
	return __in_dev_get(dev);
}

static bool same_group(const struct ip_mc_socklist *iml, const struct ip_mreqn *imr)
{
	return iml->multi.imr_multiaddr.s_addr == imr->imr_multiaddr.s_addr &&
	       iml->multi.imr_ifindex == imr->imr_ifindex;
}

static struct ip_mc_socklist **find_membership(struct sock *sk, const struct ip_mreqn *imr)
{
	struct ip_mc_socklist **p = &inet_sk(sk)->mc_list;

	while (*p && !same_group(*p, imr))
		p = &(*p)->next;
	return p;
}

struct ip_mc_socklist *ip_mc_find_sk(struct sock *sk, struct ip_mreqn *group)
{
	if (!ip_mc_find_dev(sock_net(sk), group))
		return NULL;
	return *find_membership(sk, group);
}

static int count_memberships(const struct sock *sk)
{
	const struct ip_mc_socklist *iml;
	int n = 0;

	for (iml = inet_sk(sk)->mc_list; iml; iml = iml->next)
		n++;
	return n;
}

int ip_mc_join_group_ssm(struct sock *sk, struct ip_mreqn *imr, unsigned int mode)
{
	__be32 addr = (__force __be32)imr->imr_multiaddr.s_addr;
	struct net *net = sock_net(sk);
	struct ip_mc_socklist *iml;
	struct in_device *in_dev;
	int err;

	ASSERT_NET_LOCKED(net);
	if (!ipv4_is_multicast(addr))
		return -EINVAL;
	in_dev = ip_mc_find_dev(net, imr);
	if (!in_dev)
		return -ENODEV;
	if (*find_membership(sk, imr))
		return -EADDRINUSE;
	if (count_memberships(sk) >= ipv4_net(net)->sysctl.igmp_max_memberships)
		return -ENOBUFS;
	iml = (struct ip_mc_socklist *)kzalloc(sizeof(*iml), GFP_KERNEL);
	if (!iml)
		return -ENOBUFS;
	err = __ip_mc_inc_group(in_dev, addr, mode);
	if (err) {
		kfree(iml);
		return err;
	}
	iml->multi = *imr;
	iml->sfmode = mode;
	iml->next = inet_sk(sk)->mc_list;
	inet_sk(sk)->mc_list = iml;
	return 0;
}

int ip_mc_join_group(struct sock *sk, struct ip_mreqn *imr)
{
	return ip_mc_join_group_ssm(sk, imr, MCAST_EXCLUDE);
}

/* Out of the socket's list; the device may be gone already. */
static void drop_membership(struct sock *sk, struct ip_mc_socklist **p, struct in_device *in_dev)
{
	struct ip_mc_socklist *iml = *p;
	__be32 group = (__force __be32)iml->multi.imr_multiaddr.s_addr;

	(void)sk;
	*p = iml->next;
	if (in_dev) {
		if (iml->sflist)
			ip_mc_del_src(in_dev, group, iml->sfmode, iml->sflist->sl_addr,
				      iml->sflist->sl_count);
		__ip_mc_dec_group(in_dev, group, iml->sfmode);
	}
	kfree(iml->sflist);
	kfree(iml);
}

int ip_mc_leave_group(struct sock *sk, struct ip_mreqn *imr)
{
	struct in_device *in_dev = ip_mc_find_dev(sock_net(sk), imr);
	struct ip_mc_socklist **p;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!in_dev && !imr->imr_ifindex && !imr->imr_address.s_addr)
		return -ENODEV;
	p = find_membership(sk, imr);
	if (!*p)
		return -EADDRNOTAVAIL;
	drop_membership(sk, p, in_dev);
	return 0;
}

void ip_mc_drop_socket(struct sock *sk)
{
	struct ip_mc_socklist **p = &inet_sk(sk)->mc_list;

	ASSERT_NET_LOCKED(sock_net(sk));
	while (*p)
		drop_membership(sk, p, inetdev_by_index(sock_net(sk), (*p)->multi.imr_ifindex));
}

/* Sources */

#define IP_SFBLOCK 10 /* sources that a list gets room for at a time */

static struct ip_sf_socklist *sflist_alloc(unsigned int max)
{
	struct ip_sf_socklist *l =
		(struct ip_sf_socklist *)kzalloc(sizeof(*l) + max * sizeof(__be32), GFP_KERNEL);

	if (l)
		l->sl_max = max;
	return l;
}

static unsigned int sflist_find(const struct ip_sf_socklist *l, __be32 addr)
{
	unsigned int i;

	for (i = 0; l && i < l->sl_count; i++)
		if (l->sl_addr[i] == addr)
			return i;
	return UINT_MAX;
}

/* One more source in the socket's own list. */
static int sflist_add(struct ip_mc_socklist *pmc, __be32 addr)
{
	struct ip_sf_socklist *l = pmc->sflist, *more;

	if (!l || l->sl_count == l->sl_max) {
		more = sflist_alloc((l ? l->sl_max : 0) + IP_SFBLOCK);
		if (!more)
			return -ENOBUFS;
		if (l) {
			more->sl_count = l->sl_count;
			memcpy(more->sl_addr, l->sl_addr, l->sl_count * sizeof(__be32));
			kfree(l);
		}
		pmc->sflist = l = more;
	}
	l->sl_addr[l->sl_count++] = addr;
	return 0;
}

static int add_source(struct sock *sk, struct ip_mc_socklist *pmc, struct in_device *in_dev,
		      __be32 group, __be32 source)
{
	int err;

	if (sflist_find(pmc->sflist, source) != UINT_MAX)
		return -EADDRNOTAVAIL;
	if (pmc->sflist &&
	    (int)pmc->sflist->sl_count >= ipv4_net(sock_net(sk))->sysctl.igmp_max_msf)
		return -ENOBUFS;
	err = ip_mc_add_src(in_dev, group, pmc->sfmode, &source, 1);
	if (err)
		return err;
	err = sflist_add(pmc, source);
	if (err)
		ip_mc_del_src(in_dev, group, pmc->sfmode, &source, 1);
	return err;
}

static int del_source(struct sock *sk, struct ip_mc_socklist *pmc, struct in_device *in_dev,
		      __be32 group, __be32 source, struct ip_mreqn *imr)
{
	unsigned int i = sflist_find(pmc->sflist, source);
	struct ip_sf_socklist *l = pmc->sflist;

	if (!l || i == UINT_MAX)
		return -EADDRNOTAVAIL;
	/* Nothing would be taken any more: the group is left. */
	if (l->sl_count == 1 && pmc->sfmode == MCAST_INCLUDE)
		return ip_mc_leave_group(sk, imr);
	ip_mc_del_src(in_dev, group, pmc->sfmode, &source, 1);
	memmove(&l->sl_addr[i], &l->sl_addr[i + 1], (l->sl_count - i - 1) * sizeof(__be32));
	l->sl_count--;
	return 0;
}

int ip_mc_source(int add, int omode, struct sock *sk, struct ip_mreq_source *mreqs, int ifindex)
{
	struct ip_mreqn imr = { .imr_ifindex = ifindex };
	__be32 group = (__force __be32)mreqs->imr_multiaddr.s_addr;
	__be32 source = (__force __be32)mreqs->imr_sourceaddr.s_addr;
	struct ip_mc_socklist *pmc;
	struct in_device *in_dev;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!ipv4_is_multicast(group))
		return -EINVAL;
	imr.imr_multiaddr = mreqs->imr_multiaddr;
	imr.imr_address = mreqs->imr_interface;
	in_dev = ip_mc_find_dev(sock_net(sk), &imr);
	if (!in_dev)
		return -ENODEV;
	pmc = *find_membership(sk, &imr);
	if (!pmc)
		return -EINVAL;
	/* With names on its list, a membership keeps its mode. */
	if (pmc->sflist && pmc->sflist->sl_count) {
		if ((int)pmc->sfmode != omode)
			return -EINVAL;
	} else if ((int)pmc->sfmode != omode) {
		ip_mc_change_mode(in_dev, group, pmc->sfmode, (unsigned int)omode);
		pmc->sfmode = (unsigned int)omode;
	}
	return add ? add_source(sk, pmc, in_dev, group, source) :
		     del_source(sk, pmc, in_dev, group, source, &imr);
}

int ip_mc_msfilter(struct sock *sk, struct ip_mreqn *group, unsigned int fmode, const __be32 *addrs,
		   unsigned int count)
{
	__be32 addr = (__force __be32)group->imr_multiaddr.s_addr;
	struct ip_sf_socklist *list = NULL, *old;
	struct ip_mc_socklist *pmc;
	struct in_device *in_dev;
	int err;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!ipv4_is_multicast(addr) || (fmode != MCAST_INCLUDE && fmode != MCAST_EXCLUDE))
		return -EINVAL;
	if (count > (unsigned int)ipv4_net(sock_net(sk))->sysctl.igmp_max_msf)
		return -ENOBUFS;
	in_dev = ip_mc_find_dev(sock_net(sk), group);
	if (!in_dev)
		return -ENODEV;
	if (fmode == MCAST_INCLUDE && !count)
		return ip_mc_leave_group(sk, group);
	pmc = *find_membership(sk, group);
	if (!pmc)
		return -EINVAL;
	if (count) {
		list = sflist_alloc(count);
		if (!list)
			return -ENOBUFS;
		list->sl_count = count;
		memcpy(list->sl_addr, addrs, count * sizeof(__be32));
		err = ip_mc_add_src(in_dev, addr, fmode, addrs, count);
		if (err) {
			kfree(list);
			return err;
		}
	}
	old = pmc->sflist;
	if (old)
		ip_mc_del_src(in_dev, addr, pmc->sfmode, old->sl_addr, old->sl_count);
	kfree(old);
	ip_mc_change_mode(in_dev, addr, pmc->sfmode, fmode);
	pmc->sflist = list;
	pmc->sfmode = fmode;
	return 0;
}

int ip_mc_sf_allow(const struct sock *sk, __be32 loc_addr, __be32 rmt_addr, int dif)
{
	const struct ip_mc_socklist *pmc;
	bool named;

	if (!ipv4_is_multicast(loc_addr))
		return 1;
	for (pmc = inet_sk(sk)->mc_list; pmc; pmc = pmc->next)
		if (pmc->multi.imr_multiaddr.s_addr == (__force in_addr_t)loc_addr &&
		    pmc->multi.imr_ifindex == dif)
			break;
	if (!pmc)
		return inet_sk(sk)->mc_all;
	named = sflist_find(pmc->sflist, rmt_addr) != UINT_MAX;
	return pmc->sfmode == MCAST_INCLUDE ? named : !named;
}
