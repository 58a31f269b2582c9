// SPDX-License-Identifier: BSD-2-Clause
/* Fragments that arrive: counted and dropped, since this host does not put them together. */
#include "ipv4/ipv4.h"

/**
 * ip_defrag() - give a fragment to reassembly
 * @net: host
 * @skb: the fragment, consumed unless 0 is returned
 *
 * Return: 0 and @skb is the whole packet, or a negative errno.
 */
int ip_defrag(struct net *net, struct sk_buff *skb)
{
	IP_INC_STATS(net, IPSTATS_MIB_REASMREQDS);
	IP_INC_STATS(net, IPSTATS_MIB_REASMFAILS);
	kfree_skb_reason(skb, SKB_DROP_REASON_IP_FRAGMENT);
	return -EOPNOTSUPP;
}
