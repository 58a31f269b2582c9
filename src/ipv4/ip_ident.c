// SPDX-License-Identifier: BSD-2-Clause
/* Identifications of IPv4 packets: not repeated soon, not foreseeable (RFC 6864, RFC 7739). */
#include "ipv4/ipv4.h"

/* One step per this much idle time at most is skipped at random: the count of packets stays ours. */
#define IDENT_TICK ((ktime_t)4 * NSEC_PER_MSEC)

/* A connected socket has a row of its own, which tells nothing of what others send. */
static u16 ident_of_socket(struct inet_sock *inet)
{
	while (!inet->inet_id)
		inet->inet_id = (u16)get_random_u32_below(0x10000);
	return inet->inet_id++;
}

static u16 ident_of_flow(struct net *net, const struct iphdr *iph)
{
	struct ipv4_net *in = ipv4_net(net);
	struct ip_ident *ident;
	ktime_t now, ticks;
	u32 skip = 0;
	u64 hash;

	hash = siphash_3u32((__force u32)iph->daddr, (__force u32)iph->saddr, iph->protocol,
			    &in->hash_key);
	ident = &in->idents[hash % IP_IDENT_BUCKETS];
	now = skiff_net_now(net);
	ticks = (now - ident->last) / IDENT_TICK;
	if (ticks > 0)
		skip = get_random_u32_below((u32)min_t(ktime_t, ticks, 1024));
	ident->last = now;
	ident->id += skip + 1;
	return (u16)(ident->id + (u32)(hash >> 32));
}

void ip_select_ident(struct net *net, struct sk_buff *skb, struct sock *sk)
{
	struct iphdr *iph = ip_hdr(skb);

	ASSERT_NET_LOCKED(net);
	if (sk && sk->sk_family != AF_PACKET && sk->sk_daddr)
		iph->id = htons(ident_of_socket(inet_sk(sk)));
	/* RFC 6864 section 4.1: an atomic datagram's identification says nothing. */
	else if (iph->frag_off & htons(IP_DF) && !skb->ignore_df)
		iph->id = 0;
	else
		iph->id = htons(ident_of_flow(net, iph));
}
