// SPDX-License-Identifier: BSD-2-Clause
/* The table of ports: binding, choosing a port, finding the socket of a datagram. */
#include "udp/udp.h"

/* Would two sockets on one port compete for the same datagrams? */
static bool udp_conflict(const struct sock *a, const struct sock *b)
{
	if (a->sk_bound_dev_if && b->sk_bound_dev_if && a->sk_bound_dev_if != b->sk_bound_dev_if)
		return false;
	if (a->sk_rcv_saddr && b->sk_rcv_saddr && a->sk_rcv_saddr != b->sk_rcv_saddr)
		return false;
	return !(a->sk_reuse && b->sk_reuse) && !(a->sk_reuseport && b->sk_reuseport);
}

static bool udp_port_free(struct udp_net *un, const struct sock *sk, u16 port)
{
	struct sock *other;

	hlist_for_each_entry(other, udp_slot(un, port), __sk_common.skc_node)
		if (other != sk && other->sk_num == port && udp_conflict(sk, other))
			return false;
	return true;
}

/* RFC 6056 section 3.3.1: a random start, then one after the other. Return: 0 when all are used. */
static u16 udp_choose_port(struct udp_net *un, const struct sock *sk)
{
	u32 first = (u32)un->port_range[0];
	u32 count = (u32)un->port_range[1] - first + 1;
	u32 start = get_random_u32_below(count);
	u32 i;

	for (i = 0; i < count; i++) {
		u16 port = (u16)(first + (start + i) % count);

		if (udp_port_free(un, sk, port))
			return port;
	}
	return 0;
}

int udp_v4_get_port(struct sock *sk, unsigned short snum)
{
	struct udp_net *un = udp_net(sock_net(sk));

	ASSERT_NET_LOCKED(sock_net(sk));
	if (sk->sk_num)
		return -EINVAL;
	if (un->socks >= UDP_SOCKS_MAX)
		return -ENFILE;
	if (!snum)
		snum = udp_choose_port(un, sk);
	else if (!udp_port_free(un, sk, snum))
		snum = 0;
	if (!snum)
		return -EADDRINUSE;
	sk->sk_num = snum;
	inet_sk(sk)->inet_sport = htons(snum);
	hlist_add_head(&sk->sk_node, udp_slot(un, snum));
	un->socks++;
	return 0;
}

void udp_lib_unhash(struct sock *sk)
{
	if (hlist_unhashed(&sk->sk_node))
		return;
	hlist_del_init(&sk->sk_node);
	udp_net(sock_net(sk))->socks--;
	sk->sk_num = 0;
	inet_sk(sk)->inet_sport = 0;
}

/* How closely a socket fits; negative when it does not. */
static int udp_score(const struct sock *sk, __be32 saddr, __be16 sport, __be32 daddr, int dif)
{
	int score = 0;

	if (sk->sk_rcv_saddr) {
		if (sk->sk_rcv_saddr != daddr)
			return -1;
		score += 4;
	}
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
	return score;
}

struct sock *udp4_lib_lookup(struct net *net, __be32 saddr, __be16 sport, __be32 daddr,
			     __be16 dport, int dif)
{
	struct sock *sk, *best = NULL;
	int best_score = -1, score;

	hlist_for_each_entry(sk, udp_slot(udp_net(net), ntohs(dport)), __sk_common.skc_node) {
		if (sk->sk_num != ntohs(dport))
			continue;
		score = udp_score(sk, saddr, sport, daddr, dif);
		if (score > best_score) {
			best_score = score;
			best = sk;
		}
	}
	return best;
}
