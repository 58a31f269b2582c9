// SPDX-License-Identifier: BSD-2-Clause
/* The tables of UDP sockets: three views of the same sockets, each a hash table that grows. */
#include <skiff/jhash.h>
#include <skiff/slab.h>
#include <skiff/sock_reuseport.h>

#include "udp/udp.h"

static int table_init(struct udp_table *t)
{
	t->slots = (struct hlist_head *)kcalloc(UDP_HTABLE_SIZE_MIN, sizeof(*t->slots), GFP_KERNEL);
	if (!t->slots)
		return -ENOMEM;
	t->mask = UDP_HTABLE_SIZE_MIN - 1;
	return 0;
}

int udp_tables_init(struct udp_net *un)
{
	if (table_init(&un->by_port) || table_init(&un->by_addr) || table_init(&un->by_peer)) {
		udp_tables_free(un);
		return -ENOMEM;
	}
	return 0;
}

void udp_tables_free(struct udp_net *un)
{
	kfree(un->by_port.slots);
	kfree(un->by_addr.slots);
	kfree(un->by_peer.slots);
	un->by_port.slots = un->by_addr.slots = un->by_peer.slots = NULL;
}

unsigned int udp_addr_hash(const struct udp_net *un, __be32 addr, u16 port)
{
	return jhash_1word((__force u32)addr, (u32)un->hash_key.key[0]) ^ port;
}

unsigned int udp_flow_hash(const struct udp_net *un, __be32 laddr, u16 lport, __be32 faddr,
			   __be16 fport)
{
	u64 addrs = (u64)(__force u32)laddr << 32 | (__force u32)faddr;
	u64 ports = (u64)lport << 16 | (__force u16)fport;

	/* Only this side puts sockets into the table: a fast hash with a secret will do. */
	return (unsigned int)__jhash_mix(__jhash_mix(addrs, un->hash_key.key[0]),
					 ports ^ un->hash_key.key[1]);
}

static unsigned int flow_hash_of(const struct udp_net *un, const struct sock *sk)
{
	return udp_flow_hash(un, sk->sk_rcv_saddr, sk->sk_num, sk->sk_daddr, sk->sk_dport);
}

/* Which node of a socket is in a table, and where it belongs there. */
enum view { BY_PORT, BY_ADDR, BY_PEER };

static struct hlist_node *node_of(struct sock *sk, enum view view)
{
	return view == BY_PORT ? &sk->sk_node :
	       view == BY_ADDR ? &udp_sk(sk)->udp_portaddr_node :
				 &udp_sk(sk)->udp_lrpa_node;
}

static struct sock *sock_of(struct hlist_node *n, enum view view)
{
	return view == BY_PORT ? hlist_entry(n, struct sock, __sk_common.skc_node) :
	       view == BY_ADDR ? &hlist_entry(n, struct udp_sock, udp_portaddr_node)->inet.sk :
				 &hlist_entry(n, struct udp_sock, udp_lrpa_node)->inet.sk;
}

static unsigned int hash_of(const struct udp_net *un, const struct sock *sk, enum view view)
{
	return view == BY_PORT ? sk->sk_num :
	       view == BY_ADDR ? udp_sk(sk)->udp_portaddr_hash :
				 sk->sk_hash;
}

/* Twice as many slots. Without memory it stays as it is, and chains get longer. */
static void table_grow(struct udp_net *un, struct udp_table *t, enum view view)
{
	unsigned int size = (t->mask + 1) * 2, i;
	struct hlist_head *slots, *old = t->slots;
	struct hlist_node *n;

	if (size > UDP_HTABLE_SIZE_MAX)
		return;
	slots = (struct hlist_head *)kcalloc(size, sizeof(*slots), GFP_ATOMIC);
	if (!slots)
		return;
	for (i = 0; i <= t->mask; i++) {
		while ((n = old[i].first) != NULL) {
			hlist_del_init(n);
			hlist_add_head(n, &slots[hash_of(un, sock_of(n, view), view) & (size - 1)]);
		}
	}
	t->slots = slots;
	t->mask = size - 1;
	kfree(old);
}

static void table_insert(struct udp_net *un, struct udp_table *t, struct sock *sk, enum view view)
{
	if (++t->count > t->mask + 1)
		table_grow(un, t, view);
	hlist_add_head(node_of(sk, view), &t->slots[hash_of(un, sk, view) & t->mask]);
}

static void table_remove(struct udp_table *t, struct sock *sk, enum view view)
{
	if (hlist_unhashed(node_of(sk, view)))
		return;
	hlist_del_init(node_of(sk, view));
	t->count--;
}

static void insert_addr_and_peer(struct udp_net *un, struct sock *sk)
{
	udp_sk(sk)->udp_portaddr_hash = udp_addr_hash(un, sk->sk_rcv_saddr, sk->sk_num);
	table_insert(un, &un->by_addr, sk, BY_ADDR);
	if (!sk->sk_rcv_saddr || !sk->sk_daddr || !sk->sk_dport)
		return;
	sk->sk_hash = flow_hash_of(un, sk);
	table_insert(un, &un->by_peer, sk, BY_PEER);
	un->last = NULL;
}

/* A member of the group that a socket with SO_REUSEPORT belongs to, or NULL. */
static struct sock *find_group(struct udp_net *un, const struct sock *sk)
{
	unsigned int hash = udp_addr_hash(un, sk->sk_rcv_saddr, sk->sk_num);
	struct udp_sock *up;
	struct sock *sk2;

	hlist_for_each_entry(up, &un->by_addr.slots[hash & un->by_addr.mask], udp_portaddr_node) {
		sk2 = &up->inet.sk;
		if (sk2 != sk && sk2->sk_family == sk->sk_family &&
		    sk2->sk_ipv6only == sk->sk_ipv6only && sk2->sk_num == sk->sk_num &&
		    sk2->sk_bound_dev_if == sk->sk_bound_dev_if && sk2->sk_reuseport &&
		    inet_rcv_saddr_equal(sk, sk2, false))
			return sk2;
	}
	return NULL;
}

static int join_group(struct udp_net *un, struct sock *sk)
{
	struct sock *sk2 = find_group(un, sk);

	return sk2 ? reuseport_add_sock(sk, sk2) : reuseport_alloc(sk);
}

int udp_table_add(struct udp_net *un, struct sock *sk)
{
	int err = sk->sk_reuseport ? join_group(un, sk) : 0;

	if (err)
		return err;
	table_insert(un, &un->by_port, sk, BY_PORT);
	insert_addr_and_peer(un, sk);
	return 0;
}

void udp_table_del(struct udp_net *un, struct sock *sk)
{
	reuseport_detach_sock(sk);
	table_remove(&un->by_port, sk, BY_PORT);
	table_remove(&un->by_addr, sk, BY_ADDR);
	table_remove(&un->by_peer, sk, BY_PEER);
	un->last = NULL;
}

void udp_table_move(struct udp_net *un, struct sock *sk)
{
	/* A group is of one address: who gets another one is on its own. */
	if (udp_addr_hash(un, sk->sk_rcv_saddr, sk->sk_num) != udp_sk(sk)->udp_portaddr_hash)
		reuseport_detach_sock(sk);
	else if (sk->sk_state == INET_STATE_CONNECTED)
		reuseport_has_conns(sk, true);
	table_remove(&un->by_addr, sk, BY_ADDR);
	table_remove(&un->by_peer, sk, BY_PEER);
	un->last = NULL;
	insert_addr_and_peer(un, sk);
}
