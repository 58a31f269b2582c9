// SPDX-License-Identifier: BSD-2-Clause
/* Raw sockets as IPv4 input sees them: another layer's, which may not be there. */
#include "ipv4/ipv4.h"
#include "ipv4/sockglue.h"

static const struct inet_raw_ops *inet_raw;

void inet_register_raw(const struct inet_raw_ops *ops)
{
	smp_store_release(&inet_raw, ops);
}

void inet_raw_count(struct net *net, int change)
{
	ASSERT_NET_LOCKED(net);
	ipv4_net(net)->nr_raw += (unsigned int)change;
}

bool inet_raw_deliver(struct sk_buff *skb, int protocol)
{
	const struct inet_raw_ops *ops = smp_load_acquire(&inet_raw);

	return ops && ops->local_deliver(skb, protocol);
}

void inet_raw_error(struct sk_buff *skb, int protocol, u32 info)
{
	const struct inet_raw_ops *ops = smp_load_acquire(&inet_raw);

	if (ops)
		ops->icmp_error(skb, protocol, info);
}
