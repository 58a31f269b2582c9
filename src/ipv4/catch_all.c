// SPDX-License-Identifier: BSD-2-Clause
/* The registration of who takes what no socket of a host wants. */
#include "ipv4/catch_all.h"
#include "ipv4/ipv4.h"

struct ip_catch_all *ip_catch_all(const struct net *net)
{
	return ipv4_net(net)->catch_all;
}

int ip_set_catch_all(struct net *net, struct ip_catch_all *all)
{
	struct ipv4_net *in = ipv4_net(net);

	ASSERT_NET_LOCKED(net);
	if (all && in->catch_all)
		return -EBUSY;
	in->catch_all = all;
	return 0;
}
