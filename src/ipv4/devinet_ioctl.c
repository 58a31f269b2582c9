// SPDX-License-Identifier: BSD-2-Clause
/* Addresses of devices and routes by ioctl(): the oldest interface. */
#include <linux/sockios.h>

#include <skiff/inet_ioctl.h>
#include <skiff/netdev_ioctl.h>

#include "ipv4/ipv4.h"

/* Prefix of the class that an address is in, RFC 791 section 3.2; 0 for none, -1 for no host's. */
static int inet_abc_len(__be32 addr)
{
	u32 a = ntohl(addr);

	if (ipv4_is_zeronet(addr))
		return 0;
	if (!(a & 0x80000000u))
		return 8;
	if (!(a & 0x40000000u))
		return 16;
	if (!(a & 0x20000000u))
		return 24;
	return -1;
}

static bool mask_has_holes(__be32 mask)
{
	u32 inverse = ~ntohl(mask);

	return inverse & (inverse + 1);
}

static unsigned int mask_len(__be32 mask)
{
	return (unsigned int)__builtin_popcount((__force u32)mask);
}

int inet_gifconf(struct net_device *dev, char *buf, int len, int size)
{
	const struct in_device *in_dev = __in_dev_get(dev);
	const struct in_ifaddr *ifa;
	struct sockaddr_in *sin;
	struct ifreq ifr;
	int done = 0;

	if (!in_dev)
		return 0;
	in_dev_for_each_ifa(ifa, in_dev) {
		if (buf) {
			if (len - done < size)
				break;
			memset(&ifr, 0, sizeof(ifr));
			memcpy(ifr.ifr_name, ifa->ifa_label, IFNAMSIZ);
			sin = (struct sockaddr_in *)(void *)&ifr.ifr_addr;
			sin->sin_family = AF_INET;
			sin->sin_addr.s_addr = (__force in_addr_t)ifa->ifa_local;
			memcpy(buf + done, &ifr, (size_t)size);
		}
		done += size;
	}
	return done;
}

/*
 * Of the addresses of a name, the one that a question is about, else the first. Without a colon the name
 * is the device's.
 */
static struct in_ifaddr *which_address(const struct net_device *dev, const char *label,
				       const struct sockaddr_in *sin)
{
	const struct in_device *in_dev = __in_dev_get(dev);
	struct in_ifaddr *ifa;

	if (!in_dev)
		return NULL;
	if (sin && sin->sin_family == AF_INET)
		in_dev_for_each_ifa(ifa, in_dev)
			if (!strcmp(ifa->ifa_label, label) &&
			    ifa->ifa_local == (__force __be32)sin->sin_addr.s_addr)
				return ifa;
	in_dev_for_each_ifa(ifa, in_dev)
		if (!strcmp(ifa->ifa_label, label))
			return ifa;
	return NULL;
}

static void answer(unsigned int cmd, const struct in_ifaddr *ifa, struct sockaddr_in *sin)
{
	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	switch (cmd) {
	case SIOCGIFADDR:
		sin->sin_addr.s_addr = (__force in_addr_t)ifa->ifa_local;
		break;
	case SIOCGIFBRDADDR:
		sin->sin_addr.s_addr = (__force in_addr_t)ifa->ifa_broadcast;
		break;
	case SIOCGIFDSTADDR:
		sin->sin_addr.s_addr = (__force in_addr_t)ifa->ifa_address;
		break;
	default:
		sin->sin_addr.s_addr = (__force in_addr_t)ifa->ifa_mask;
		break;
	}
}

/* Another address or prefix in place of one; on failure the old one stays. */
static int replace(struct net_device *dev, const char *label, const struct in_ifaddr *old,
		   __be32 addr, unsigned int prefixlen)
{
	__be32 old_addr = old ? old->ifa_local : 0;
	unsigned int old_len = old ? old->ifa_prefixlen : 0;
	int err;

	if (old)
		inet_del_ifa(dev, old_addr);
	err = inet_insert_ifa_label(dev, addr, prefixlen, label);
	if (err && old)
		inet_insert_ifa_label(dev, old_addr, old_len, label);
	return err;
}

static int set_address(struct net_device *dev, const char *label, const struct in_ifaddr *ifa,
		       __be32 addr)
{
	int len = inet_abc_len(addr);

	if (len < 0)
		return -EINVAL;
	if (ifa && ifa->ifa_local == addr)
		return 0;
	if (!addr)
		return ifa ? inet_del_ifa(dev, ifa->ifa_local) : 0;
	if (dev->flags & IFF_POINTOPOINT)
		len = 32;
	return replace(dev, label, ifa, addr, (unsigned int)len);
}

static struct in_ifaddr *find_address(const struct net_device *dev, __be32 addr)
{
	struct in_ifaddr *ifa;

	in_dev_for_each_ifa(ifa, __in_dev_get(dev))
		if (ifa->ifa_local == addr)
			return ifa;
	return NULL;
}

/*
 * A broadcast address that is not the subnet's was made so, and stays, as any does where the subnet has
 * none; so does another end.
 */
static int set_mask(struct net_device *dev, const char *label, const struct in_ifaddr *ifa,
		    __be32 mask)
{
	const struct in_ifaddr old = *ifa;
	struct in_ifaddr *now;
	int err;

	if (mask_has_holes(mask))
		return -EINVAL;
	if (ifa->ifa_mask == mask)
		return 0;
	err = replace(dev, label, ifa, old.ifa_local, mask_len(mask));
	now = err ? NULL : find_address(dev, old.ifa_local);
	if (now &&
	    (now->ifa_prefixlen >= 31 || old.ifa_broadcast != (old.ifa_local | ~old.ifa_mask)))
		err = inet_set_broadcast(now, old.ifa_broadcast);
	if (!err && now && old.ifa_address != old.ifa_local)
		err = inet_set_peer(now, old.ifa_address);
	return err;
}

static int set_peer(struct in_ifaddr *ifa, __be32 addr)
{
	if (ifa->ifa_address == addr)
		return 0;
	return inet_abc_len(addr) < 0 ? -EINVAL : inet_set_peer(ifa, addr);
}

static int set(unsigned int cmd, struct net_device *dev, const char *label, struct in_ifaddr *ifa,
	       __be32 addr)
{
	switch (cmd) {
	case SIOCSIFADDR:
		return set_address(dev, label, ifa, addr);
	case SIOCSIFNETMASK:
		return set_mask(dev, label, ifa, addr);
	case SIOCSIFBRDADDR:
		return ifa->ifa_broadcast == addr ? 0 : inet_set_broadcast(ifa, addr);
	default:
		return set_peer(ifa, addr);
	}
}

/* A name behind a colon is up as long as it has an address. */
static int set_label_flags(struct net_device *dev, const struct in_ifaddr *ifa, short flags)
{
	if (!ifa)
		return -EADDRNOTAVAIL;
	return flags & IFF_UP ? 0 : inet_del_ifa(dev, ifa->ifa_local);
}

/* Return: whether a request is a question, or -errno. */
static int is_question(unsigned int cmd, const struct sockaddr_in *sin)
{
	switch (cmd) {
	case SIOCGIFADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFNETMASK:
		return true;
	case SIOCSIFFLAGS:
		return false;
	case SIOCSIFADDR:
	case SIOCSIFBRDADDR:
	case SIOCSIFDSTADDR:
	case SIOCSIFNETMASK:
		return sin->sin_family == AF_INET ? false : -EINVAL;
	default:
		return -ENOTTY;
	}
}

static int on_device(struct net_device *dev, unsigned int cmd, struct ifreq *ifr, bool question)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)(void *)&ifr->ifr_addr;
	const char *label = strchr(ifr->ifr_name, ':') ? ifr->ifr_name : dev->name;
	struct in_ifaddr *ifa = which_address(dev, label, question ? sin : NULL);

	if (cmd == SIOCSIFFLAGS)
		return set_label_flags(dev, ifa, ifr->ifr_flags);
	if (!ifa && cmd != SIOCSIFADDR)
		return -EADDRNOTAVAIL;
	if (!question)
		return set(cmd, dev, label, ifa, (__force __be32)sin->sin_addr.s_addr);
	answer(cmd, ifa, sin);
	return 0;
}

int devinet_ioctl(struct net *net, unsigned int cmd, struct ifreq *ifr)
{
	int question = is_question(cmd, (struct sockaddr_in *)(void *)&ifr->ifr_addr);
	struct net_device *dev;
	char *colon;

	ASSERT_NET_LOCKED(net);
	if (question < 0)
		return question;
	ifr->ifr_name[IFNAMSIZ - 1] = '\0';
	colon = strchr(ifr->ifr_name, ':');
	/* The flags of a device are dev_ioctl()'s. */
	if (cmd == SIOCSIFFLAGS && !colon)
		return -ENOTTY;
	if (colon)
		*colon = '\0';
	dev = __dev_get_by_name(net, ifr->ifr_name);
	if (colon)
		*colon = ':';
	return dev ? on_device(dev, cmd, ifr, question) : -ENODEV;
}

/* Routes */

static __be32 sk_extract_addr(const struct sockaddr *sa)
{
	return (__force __be32)((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr;
}

static int route_prefix(const struct rtentry *rt, struct fib_config *cfg)
{
	__be32 mask = htonl(INADDR_BROADCAST);

	if (rt->rt_dst.sa_family != AF_INET)
		return -EAFNOSUPPORT;
	cfg->fc_dst = sk_extract_addr(&rt->rt_dst);
	if (!(rt->rt_flags & RTF_HOST)) {
		mask = sk_extract_addr(&rt->rt_genmask);
		if (rt->rt_genmask.sa_family != AF_INET && (mask || rt->rt_genmask.sa_family))
			return -EAFNOSUPPORT;
	}
	if (mask_has_holes(mask) || cfg->fc_dst & ~mask)
		return -EINVAL;
	cfg->fc_dst_len = (__u8)mask_len(mask);
	return 0;
}

static int route_device(struct net *net, const struct rtentry *rt, struct fib_config *cfg)
{
	const struct net_device *dev;
	char name[IFNAMSIZ];

	if (!rt->rt_dev)
		return 0;
	if (strnlen(rt->rt_dev, IFNAMSIZ) == IFNAMSIZ)
		return -ENODEV;
	memcpy(name, rt->rt_dev, strlen(rt->rt_dev) + 1);
	dev = __dev_get_by_name(net, name);
	if (!dev)
		return -ENODEV;
	cfg->fc_oif = dev->ifindex;
	return 0;
}

static int route_config(struct net *net, unsigned int cmd, const struct rtentry *rt,
			struct fib_config *cfg)
{
	int err = route_prefix(rt, cfg);

	if (err)
		return err;
	if (rt->rt_metric)
		cfg->fc_priority = (__u32)rt->rt_metric - 1;
	if (rt->rt_flags & RTF_REJECT) {
		cfg->fc_scope = RT_SCOPE_HOST;
		cfg->fc_type = RTN_UNREACHABLE;
		return 0;
	}
	cfg->fc_scope = RT_SCOPE_LINK;
	cfg->fc_type = RTN_UNICAST;
	err = route_device(net, rt, cfg);
	if (err)
		return err;
	if (rt->rt_gateway.sa_family == AF_INET) {
		cfg->fc_gw4 = sk_extract_addr(&rt->rt_gateway);
		if (cfg->fc_gw4)
			cfg->fc_scope = RT_SCOPE_UNIVERSE;
	}
	if (cmd == SIOCADDRT && rt->rt_flags & RTF_GATEWAY && !cfg->fc_gw4)
		return -EINVAL;
	return 0;
}

int ip_rt_ioctl(struct net *net, unsigned int cmd, struct rtentry *rt)
{
	struct fib_config cfg = { .fc_dst = 0 };
	int err;

	ASSERT_NET_LOCKED(net);
	if (cmd != SIOCADDRT && cmd != SIOCDELRT)
		return -EINVAL;
	err = route_config(net, cmd, rt, &cfg);
	if (err)
		return err;
	return cmd == SIOCADDRT ? fib_table_insert(net, &cfg) : fib_table_delete(net, &cfg);
}
