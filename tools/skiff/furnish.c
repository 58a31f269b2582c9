// SPDX-License-Identifier: BSD-2-Clause
/* A host's devices, addresses and routes, as the lines by which a program gets an image of them. */
#include <arpa/inet.h>

#include <skiff/inetdevice.h>
#include <skiff/netdevice.h>
#include <skiff/route.h>

#include "serve.h"

/* The others are the image's own, and come and go with who listens. */
#define SHOWN_FLAGS (IFF_UP | IFF_NOARP | IFF_MULTICAST | IFF_LOWER_UP)

/**
 * struct furnishing - the lines that are being written
 * @out: where
 * @dev: the device that they are about
 */
struct furnishing {
	FILE *out;
	const struct net_device *dev;
};

static const char *address_text(char text[INET_ADDRSTRLEN], __be32 addr)
{
	return inet_ntop(AF_INET, &addr, text, INET_ADDRSTRLEN);
}

static void furnish_route(const struct fib_config *cfg, void *arg)
{
	const struct furnishing *f = arg;
	char dst[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN], source[INET_ADDRSTRLEN];

	/* What is local follows from the addresses. */
	if (cfg->fc_type != RTN_UNICAST || cfg->fc_oif != f->dev->ifindex || cfg->fc_tos)
		return;
	fprintf(f->out, "route %d %s %u %s %s %u\n", f->dev->ifindex,
		address_text(dst, cfg->fc_dst), cfg->fc_dst_len, address_text(gateway, cfg->fc_gw4),
		address_text(source, cfg->fc_prefsrc), cfg->fc_priority);
}

static void furnish_address(const struct furnishing *f, const struct in_ifaddr *ifa)
{
	char local[INET_ADDRSTRLEN], peer[INET_ADDRSTRLEN], broadcast[INET_ADDRSTRLEN];

	fprintf(f->out, "address %d %s %u %s %s\n", f->dev->ifindex,
		address_text(local, ifa->ifa_local), ifa->ifa_prefixlen,
		address_text(peer, ifa->ifa_address), address_text(broadcast, ifa->ifa_broadcast));
}

static void furnish_device(const struct furnishing *f)
{
	const struct in_device *in_dev = __in_dev_get(f->dev);
	const u8 *mac = f->dev->dev_addr;
	const struct in_ifaddr *ifa;

	fprintf(f->out, "device %d %s %x %u ", f->dev->ifindex, f->dev->name,
		dev_get_flags(f->dev) & SHOWN_FLAGS, f->dev->mtu);
	if (f->dev->type == ARPHRD_ETHER)
		fprintf(f->out, "%02x:%02x:%02x:%02x:%02x:%02x\n", mac[0], mac[1], mac[2], mac[3],
			mac[4], mac[5]);
	else
		fputs("-\n", f->out);
	if (in_dev)
		in_dev_for_each_ifa(ifa, in_dev)
			furnish_address(f, ifa);
}

void furnish_devices(struct net *net, FILE *out)
{
	struct furnishing f = { .out = out };
	struct net_device *dev;

	net_lock(net);
	for_each_netdev(net, dev) {
		f.dev = dev;
		furnish_device(&f);
		/* Routers are reached by what the links give, which is longer. */
		fib_for_each(net, furnish_route, &f);
	}
	net_unlock(net);
}
