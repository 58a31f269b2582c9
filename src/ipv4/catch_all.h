/* SPDX-License-Identifier: BSD-2-Clause */
/* Who takes what no socket of a host wants: a gateway that continues flows elsewhere. */
#ifndef SKIFF_IPV4_CATCH_ALL_H
#define SKIFF_IPV4_CATCH_ALL_H

#include <skiff/skbuff.h>

/**
 * struct ip_catch_all - what is offered where the answer would be "nobody is here"
 * @segment: a SYN without ACK, RST and FIN: data at the TCP header, checksum right. @isn: with what
 *           sequence number a connection has to begin that follows one in TIME_WAIT, or 0
 * @datagram: data at the UDP header, checksum right; perhaps several datagrams (gso_size)
 * @echo: an echo request: data at the ICMP header, checksum right; it stays the caller's
 *
 * Only what a route says is for this host gets here, so whoever wants everything adds a local route
 * to everywhere. Under the stack lock. Each returns whether it took it: @segment and @datagram consume
 * it then; if not, the answer is the usual one.
 */
struct ip_catch_all {
	bool (*segment)(struct ip_catch_all *all, struct sk_buff *skb, u32 isn);
	bool (*datagram)(struct ip_catch_all *all, struct sk_buff *skb);
	bool (*echo)(struct ip_catch_all *all, struct sk_buff *skb);
};

/* The host's, or NULL, which most have. */
struct ip_catch_all *ip_catch_all(const struct net *net);

/* @all: stays the caller's until it is taken back with NULL. Stack lock. Return: 0; -EBUSY. */
int ip_set_catch_all(struct net *net, struct ip_catch_all *all);

#endif /* SKIFF_IPV4_CATCH_ALL_H */
