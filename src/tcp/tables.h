/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of connections, of listening sockets and of ports. */
#ifndef SKIFF_TCP_TABLES_H
#define SKIFF_TCP_TABLES_H

#include <skiff/random.h>
#include <skiff/tcp.h>

#include "base/spares.h"

/**
 * struct tcp_hash - a hash table that grows without a pause
 * @slots: a power of two of them
 * @mask: one less than that
 * @old: while it grows: the smaller table, whose slots from @moved on are still in use
 * @old_mask: of that
 * @moved: slots of @old that are empty by now
 * @count: entries
 * @hash_of: the hash that an entry was entered by
 */
struct tcp_hash {
	struct hlist_head *slots;
	unsigned int mask;
	struct hlist_head *old;
	unsigned int old_mask;
	unsigned int moved;
	unsigned int count;
	u32 (*hash_of)(const struct hlist_node *node);
};

/* The chain of @hash. */
static inline struct hlist_head *tcp_hash_slot(const struct tcp_hash *h, u32 hash)
{
	if (unlikely(h->old) && (hash & h->old_mask) >= h->moved)
		return &h->old[hash & h->old_mask];
	return &h->slots[hash & h->mask];
}

/* @hash: what @hash_of has of @node. */
void tcp_hash_add(struct tcp_hash *h, struct hlist_node *node, u32 hash);
void tcp_hash_del(struct tcp_hash *h, struct hlist_node *node);
/* @node, of the same hash, in the place of @old, which is in the table. */
void tcp_hash_replace(struct hlist_node *old, struct hlist_node *node);

/**
 * struct inet_bind_bucket - a local port in use
 * @node: in inet_hashinfo.bhash
 * @port: host order
 * @l3mdev: always 0
 * @fastreuse: every socket of it has SO_REUSEADDR and none listens: a look at each is not needed;
 *             -1: connect() chose it
 * @fastreuseport: every socket of it has SO_REUSEPORT; -1 as above
 * @owners: its sockets
 * @tw_owners: those of them that are in TIME_WAIT
 */
struct inet_bind_bucket {
	struct hlist_node node;
	unsigned short port;
	s8 fastreuse;
	s8 fastreuseport;
	struct hlist_head owners;
	struct hlist_head tw_owners;
};

/**
 * struct inet_hashinfo - a host's tables
 * @ehash: by both addresses and ports: connections, request_socks, TIME_WAIT
 * @lhash: listening sockets by port
 * @bhash: ports
 * @buckets: memory for those of @bhash
 * @flow_factor: random: nobody outside knows which slot a flow is in
 * @secret: nor which one a listening socket is in, or what is known of a peer
 * @perturb: how far the choice of ports has come, by groups of peers (RFC 6056 section 3.3.4)
 */
struct inet_hashinfo {
	struct tcp_hash ehash;
	struct tcp_hash lhash;
	struct tcp_hash bhash;
	struct spares buckets;
	u64 flow_factor[2]; /* of the addresses, of the ports */
	siphash_key_t secret;
	u32 *perturb;
};

int inet_hashinfo_init(struct inet_hashinfo *h);
void inet_hashinfo_exit(struct inet_hashinfo *h);

/**
 * inet_ehash_insert() - enter a connection
 * @sk: socket, request_sock or inet_timewait_sock with addresses and ports
 * @osk: of the same flow, taken out, in whose place @sk comes; or NULL
 *
 * Return: whether it was entered: with @osk, whether that was still there.
 */
bool inet_ehash_insert(struct sock *sk, struct sock *osk);
int inet_hash(struct sock *sk);
void inet_unhash(struct sock *sk);

/* The connection that a segment belongs to. Return: without a reference, or NULL. */
struct sock *__inet_lookup_established(const struct net *net, __be32 saddr, __be16 sport,
				       __be32 daddr, u16 hnum, int dif);
struct sock *__inet_lookup_listener(const struct net *net, struct sk_buff *skb, int doff,
				    __be32 saddr, __be16 sport, __be32 daddr, u16 hnum, int dif);

/* Whether a flow is free for @sk, which then has it; @twp: one in TIME_WAIT had it and has to go. */
int inet_check_established(struct sock *sk, u16 lport, struct inet_timewait_sock **twp);

/* port.c: proto.get_port. */
int inet_csk_get_port(struct sock *sk, unsigned short snum);
/* A child shares its listener's port. Return: 0 or -ENOMEM. */
int __inet_inherit_port(const struct sock *sk, struct sock *child);
void inet_put_port(struct sock *sk);
/* For connect(): choose a port if there is none (RFC 6056 section 3.3.4), enter the tables. */
int inet_hash_connect(struct sock *sk, u16 random);
/* Free the port if nobody has it any more. */
void inet_bind_bucket_put(struct inet_hashinfo *h, struct inet_bind_bucket *tb);

/*
 * Call @cb for every listener, connection, request and TIME_WAIT until it returns false. It may take
 * the one that it is called for out of the tables, but no other of the same table.
 */
void tcp_for_each(const struct net *net, bool (*cb)(struct sock *sk, void *arg), void *arg);

#endif /* SKIFF_TCP_TABLES_H */
