// SPDX-License-Identifier: BSD-2-Clause
/* Who may be reached, and where on the system that is. */
#include <skiff/ip.h>

#include "gateway/gateway.h"
#include "wire/addr.h"

static bool rule_matches(const struct skiff_gateway_rule *r, u8 proto, __be32 addr, u16 port)
{
	__be32 of = (__force __be32)r->addr.s_addr;

	if (r->proto && r->proto != proto)
		return false;
	if ((of ^ addr) & wire_prefix_mask(r->prefix_len))
		return false;
	/* A rule about some ports says nothing about what has none. */
	return port >= r->first && port <= r->last;
}

/* What the system's sockets take for the machine itself: 127/8, and 0.0.0.0 as programs use it. */
static bool is_machine(__be32 addr)
{
	return ipv4_is_loopback(addr) || !(addr & htonl(0xff000000));
}

bool gw_rules_allow(const struct skiff_gateway_rule *rules, unsigned int nr, u8 proto, __be32 addr,
		    __be16 port)
{
	for (unsigned int i = 0; i < nr; i++)
		if (rule_matches(&rules[i], proto, addr, ntohs(port)))
			return rules[i].allow;
	return !is_machine(addr);
}

bool gw_allowed(const struct skiff_gateway *gw, u8 proto, __be32 addr, __be16 port)
{
	return gw_rules_allow(gw->rules, gw->nr_rules, proto, addr, port);
}

bool gw_is_dns(const struct skiff_gateway *gw, const struct gw_key *key)
{
	return key->daddr == gw->dns && key->dport == htons(53) && key->proto != IPPROTO_ICMP;
}

int gw_target(struct skiff_gateway *gw, const struct gw_key *key, struct sockaddr_in *to)
{
	__be32 addr = key->daddr;

	if (gw_is_dns(gw, key)) {
		if (!gw->nr_resolvers)
			return -ECONNREFUSED;
		*to = gw->resolvers[gw->resolver];
		return 0;
	}
	/* Nothing else is at that address. */
	if (addr == gw->dns)
		return -ECONNREFUSED;
	if (addr == gw->addr)
		addr = htonl(INADDR_LOOPBACK);
	*to = gw_name(addr, key->dport);
	if (gw_allowed(gw, key->proto, addr, key->dport))
		return 0;
	gw->stats.denied++;
	return -EACCES;
}
