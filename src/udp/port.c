// SPDX-License-Identifier: BSD-2-Clause
/* Ports: binding to one, choosing one, and finding the socket of a datagram. */
#include <skiff/sock_reuseport.h>

#include "udp/udp.h"

/*
 * Linux's rule: two sockets with overlapping addresses share a port when both have SO_REUSEADDR, or
 * both SO_REUSEPORT. A process has one user, so whose they are is not looked at.
 */
static bool udp_conflict(const struct sock *sk, const struct sock *sk2)
{
	if (sk->sk_reuse && sk2->sk_reuse)
		return false;
	if (sk->sk_bound_dev_if && sk2->sk_bound_dev_if &&
	    sk->sk_bound_dev_if != sk2->sk_bound_dev_if)
		return false;
	if (!inet_rcv_saddr_equal(sk, sk2, true))
		return false;
	return !(sk->sk_reuseport && sk2->sk_reuseport);
}

static bool udp_addr_free(struct udp_net *un, const struct sock *sk, __be32 addr, u16 port)
{
	unsigned int hash = udp_addr_hash(un, addr, port);
	struct udp_sock *up;

	hlist_for_each_entry(up, &un->by_addr.slots[hash & un->by_addr.mask], udp_portaddr_node)
		if (&up->inet.sk != sk && up->inet.inet_num == port &&
		    udp_conflict(sk, &up->inet.sk))
			return false;
	return true;
}

static bool udp_port_free(struct udp_net *un, const struct sock *sk, u16 port)
{
	struct sock *other;

	/* With an address of its own, only sockets of that and of any address can be in the way. */
	if (sk->sk_rcv_saddr)
		return udp_addr_free(un, sk, sk->sk_rcv_saddr, port) &&
		       udp_addr_free(un, sk, 0, port);
	hlist_for_each_entry(other, udp_port_slot(un, port), __sk_common.skc_node)
		if (other != sk && other->sk_num == port && udp_conflict(sk, other))
			return false;
	return true;
}

/*
 * When all ports have a socket: one whose sockets are all connected to somebody else will do for a
 * socket that is connected too, since no datagram can be meant for both.
 */
static bool udp_tuple_free(struct udp_net *un, const struct sock *sk, u16 port)
{
	const struct sock *other;

	hlist_for_each_entry(other, udp_port_slot(un, port), __sk_common.skc_node) {
		if (other == sk || other->sk_num != port || !udp_conflict(sk, other))
			continue;
		if (!other->sk_daddr || !other->sk_dport ||
		    (other->sk_userlocks & SOCK_BINDPORT_LOCK))
			return false;
		if (other->sk_daddr == sk->sk_daddr && other->sk_dport == sk->sk_dport)
			return false;
	}
	return true;
}

typedef bool port_test(struct udp_net *un, const struct sock *sk, u16 port);

/* RFC 6056 section 3.3.1: a random start, then one after the other. Return: 0 when all are used. */
static u16 udp_search_port(struct udp_net *un, const struct sock *sk, port_test *is_free)
{
	u32 count, start, i;
	int first, last;

	inet_sk_get_local_port_range(sk, &first, &last);
	count = (u32)(last - first) + 1;
	start = get_random_u32_below(count);
	for (i = 0; i < count; i++) {
		u16 port = (u16)((u32)first + (start + i) % count);

		if (!inet_is_local_reserved_port(sock_net(sk), port) && is_free(un, sk, port))
			return port;
	}
	return 0;
}

static u16 udp_choose_port(struct udp_net *un, const struct sock *sk)
{
	u16 port = udp_search_port(un, sk, udp_port_free);

	if (!port && sk->sk_daddr && sk->sk_dport)
		port = udp_search_port(un, sk, udp_tuple_free);
	return port;
}

int udp_v4_get_port(struct sock *sk, unsigned short snum)
{
	struct udp_net *un = udp_net(sock_net(sk));
	int err;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (sk->sk_num)
		return -EINVAL;
	if (un->by_port.count >= UDP_SOCKS_MAX)
		return -ENFILE;
	if (!snum)
		snum = udp_choose_port(un, sk);
	else if (!udp_port_free(un, sk, snum))
		snum = 0;
	if (!snum)
		return -EADDRINUSE;
	sk->sk_num = snum;
	err = udp_table_add(un, sk);
	if (err) {
		sk->sk_num = 0;
		return err;
	}
	inet_sk(sk)->inet_sport = htons(snum);
	return 0;
}

void udp_lib_unhash(struct sock *sk)
{
	/* A group can be older than the port. */
	reuseport_detach_sock(sk);
	if (hlist_unhashed(&sk->sk_node))
		return;
	udp_table_del(udp_net(sock_net(sk)), sk);
	sk->sk_num = 0;
	inet_sk(sk)->inet_sport = 0;
}

int udp_lib_rehash(struct sock *sk)
{
	if (!hlist_unhashed(&sk->sk_node))
		udp_table_move(udp_net(sock_net(sk)), sk);
	return 0;
}

/* Look-up */

/* How closely a socket of the right address and port fits; negative when it does not. */
static int udp_score(const struct sock *sk, __be32 saddr, __be16 sport, int dif)
{
	int score = sk->sk_family == AF_INET ? 2 : 1;

	if (sk->sk_daddr) {
		if (sk->sk_daddr != saddr)
			return -1;
		score += 4;
	}
	if (sk->sk_dport) {
		if (sk->sk_dport != sport)
			return -1;
		score += 4;
	}
	if (sk->sk_bound_dev_if) {
		if (sk->sk_bound_dev_if != dif)
			return -1;
		score += 4;
	}
	/* A host runs on one processor at a time, which counts as the first. */
	if (!READ_ONCE(sk->sk_incoming_cpu))
		score++;
	return score;
}

/**
 * struct udp_key - what a look-up is about
 */
struct udp_key {
	__be32 saddr;
	__be32 daddr;
	__be16 sport;
	u16 dport;
	int dif;
};

static struct sock *udp_lookup_group(struct udp_net *un, struct sock *sk, const struct udp_key *key,
				     struct sk_buff *skb)
{
	if (!sk->sk_reuseport || sk->sk_state == INET_STATE_CONNECTED)
		return NULL;
	return reuseport_select_sock(
		sk, udp_flow_hash(un, key->daddr, key->dport, key->saddr, key->sport), skb,
		sizeof(struct udphdr));
}

static struct sock *udp_lookup_addr(struct udp_net *un, const struct udp_key *key, __be32 addr,
				    struct sk_buff *skb)
{
	unsigned int hash = udp_addr_hash(un, addr, key->dport);
	struct sock *sk, *best = NULL, *chosen;
	int best_score = -1, score;
	struct udp_sock *up;

	hlist_for_each_entry(up, &un->by_addr.slots[hash & un->by_addr.mask], udp_portaddr_node) {
		sk = &up->inet.sk;
		if (sk->sk_num != key->dport || sk->sk_rcv_saddr != addr ||
		    !inet_takes(sk, key->daddr))
			continue;
		score = udp_score(sk, key->saddr, key->sport, key->dif);
		if (score <= best_score)
			continue;
		chosen = udp_lookup_group(un, sk, key, skb);
		/* With a connected member all have to be looked at. */
		if (chosen && !reuseport_has_conns(sk, false))
			return chosen;
		best = chosen ? chosen : sk;
		best_score = score;
	}
	return best;
}

static bool udp_is_peer(const struct sock *sk, const struct udp_key *key)
{
	return sk->sk_rcv_saddr == key->daddr && sk->sk_num == key->dport &&
	       sk->sk_daddr == key->saddr && sk->sk_dport == key->sport &&
	       (!sk->sk_bound_dev_if || sk->sk_bound_dev_if == key->dif);
}

/*
 * The one before is often the one again. It has to stand first in its slot: then no other socket of
 * these addresses and ports, which may come to match any time, would have been found in its place.
 */
static struct sock *udp_lookup_peer(struct udp_net *un, const struct udp_key *key)
{
	struct hlist_head *slot;
	struct udp_sock *up;
	unsigned int hash;

	if (!un->by_peer.count)
		return NULL;
	if (likely(un->last && udp_is_peer(un->last, key)))
		return un->last;
	hash = udp_flow_hash(un, key->daddr, key->dport, key->saddr, key->sport);
	slot = &un->by_peer.slots[hash & un->by_peer.mask];
	hlist_for_each_entry(up, slot, udp_lrpa_node) {
		if (!udp_is_peer(&up->inet.sk, key))
			continue;
		if (slot->first == &up->udp_lrpa_node)
			un->last = &up->inet.sk;
		return &up->inet.sk;
	}
	return NULL;
}

struct sock *__udp4_lib_lookup(struct net *net, __be32 saddr, __be16 sport, __be32 daddr,
			       __be16 dport, int dif, struct sk_buff *skb)
{
	const struct udp_key key = {
		.saddr = saddr, .daddr = daddr, .sport = sport, .dport = ntohs(dport), .dif = dif
	};
	struct udp_net *un = udp_net(net);
	struct sock *sk = udp_lookup_peer(un, &key);

	if (!sk)
		sk = udp_lookup_addr(un, &key, daddr, skb);
	if (!sk)
		sk = udp_lookup_addr(un, &key, 0, skb);
	return sk;
}

struct sock *udp4_lib_lookup(struct net *net, __be32 saddr, __be16 sport, __be32 daddr,
			     __be16 dport, int dif)
{
	return __udp4_lib_lookup(net, saddr, sport, daddr, dport, dif, NULL);
}
