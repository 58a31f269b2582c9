// SPDX-License-Identifier: BSD-2-Clause
/*
 * The tables of connections and of listening sockets.
 *
 * Theory of operation. A table that is full gets one of twice the size beside it. From then on every
 * insertion and removal moves a few chains over, so that no call ever waits for a million entries.
 * The bits of a hash that choose a slot of the small table choose it among two of the large one, so
 * it is known for each hash where its entry is: chains below tcp_hash.moved have moved. The moves
 * are done long before the large table is full in turn.
 */
#include <skiff/jhash.h>
#include <skiff/slab.h>
#include <skiff/sock_reuseport.h>

#include "tcp/tcp.h"

#define TCP_HASH_MIN 64
#define TCP_HASH_MAX (1u << 22)

/* Chains that one change moves. */
#define TCP_HASH_STEP 4

/* Groups of peers whose ports are chosen together: a power of two (RFC 6056 section 3.3.4). */
#define INET_TABLE_PERTURB_SIZE (1 << 16)

static int tcp_hash_init(struct tcp_hash *h, u32 (*hash_of)(const struct hlist_node *node))
{
	h->slots = (struct hlist_head *)kcalloc(TCP_HASH_MIN, sizeof(*h->slots), GFP_KERNEL);
	if (!h->slots)
		return -ENOMEM;
	h->mask = TCP_HASH_MIN - 1;
	h->hash_of = hash_of;
	return 0;
}

static void tcp_hash_exit(struct tcp_hash *h)
{
	kfree(h->slots);
	kfree(h->old);
	memset(h, 0, sizeof(*h));
}

static void move_chain(struct tcp_hash *h, struct hlist_head *from)
{
	struct hlist_node *n;

	while ((n = from->first) != NULL) {
		hlist_del_init(n);
		hlist_add_head(n, &h->slots[h->hash_of(n) & h->mask]);
	}
}

static void tcp_hash_step(struct tcp_hash *h)
{
	for (int i = 0; i < TCP_HASH_STEP && h->moved <= h->old_mask; i++)
		move_chain(h, &h->old[h->moved++]);
	if (h->moved <= h->old_mask)
		return;
	kfree(h->old);
	h->old = NULL;
}

/* At once what is left to move: before a visit, which is long anyway. */
static void tcp_hash_settle(struct tcp_hash *h)
{
	while (h->old)
		tcp_hash_step(h);
}

/* Without memory it stays as it is, and chains get longer. */
static void tcp_hash_grow(struct tcp_hash *h)
{
	unsigned int size = (h->mask + 1) * 2;
	struct hlist_head *slots;

	if (size > TCP_HASH_MAX)
		return;
	slots = (struct hlist_head *)kcalloc(size, sizeof(*slots), GFP_ATOMIC);
	if (!slots)
		return;
	h->old = h->slots;
	h->old_mask = h->mask;
	h->moved = 0;
	h->slots = slots;
	h->mask = size - 1;
}

void tcp_hash_add(struct tcp_hash *h, struct hlist_node *node, u32 hash)
{
	if (h->old)
		tcp_hash_step(h);
	else if (h->count > h->mask)
		tcp_hash_grow(h);
	hlist_add_head(node, tcp_hash_slot(h, hash));
	h->count++;
}

void tcp_hash_del(struct tcp_hash *h, struct hlist_node *node)
{
	if (hlist_unhashed(node))
		return;
	hlist_del_init(node);
	h->count--;
	if (h->old)
		tcp_hash_step(h);
}

void tcp_hash_replace(struct hlist_node *old, struct hlist_node *node)
{
	*node = *old;
	*node->pprev = node;
	if (node->next)
		node->next->pprev = &node->next;
	INIT_HLIST_NODE(old);
}

static u32 hash_of_sock(const struct hlist_node *node)
{
	return hlist_entry(node, const struct sock, __sk_common.skc_node)->sk_hash;
}

/* Ports are dense: no hash is needed, and nobody gains by choosing them. */
static u32 hash_of_bucket(const struct hlist_node *node)
{
	return hlist_entry(node, const struct inet_bind_bucket, node)->port;
}

int inet_hashinfo_init(struct inet_hashinfo *h)
{
	get_random_bytes(&h->secret, sizeof(h->secret));
	get_random_bytes(h->flow_factor, sizeof(h->flow_factor));
	/* Odd: no two pairs of addresses have the same product. */
	for (size_t i = 0; i < ARRAY_SIZE(h->flow_factor); i++)
		h->flow_factor[i] |= 1;
	h->perturb = (u32 *)kcalloc(INET_TABLE_PERTURB_SIZE, sizeof(u32), GFP_KERNEL);
	if (h->perturb && !tcp_hash_init(&h->ehash, hash_of_sock) &&
	    !tcp_hash_init(&h->lhash, hash_of_sock) && !tcp_hash_init(&h->bhash, hash_of_bucket))
		return 0;
	inet_hashinfo_exit(h);
	return -ENOMEM;
}

void inet_hashinfo_exit(struct inet_hashinfo *h)
{
	tcp_hash_exit(&h->ehash);
	tcp_hash_exit(&h->lhash);
	tcp_hash_exit(&h->bhash);
	spares_free(&h->buckets);
	kfree(h->perturb);
	h->perturb = NULL;
}

/* Connections */

static inline u32 inet_ehashfn(const struct inet_hashinfo *h, __be32 laddr, u16 lport, __be32 faddr,
			       __be16 fport)
{
	u64 addrs = (u64)(__force u32)laddr << 32 | (__force u32)faddr;
	u64 ports = (u64)lport << 16 | (__force u16)fport;
	u64 x = addrs * h->flow_factor[0] + ports * h->flow_factor[1];

	/*
	 * Peers see nothing of it but how long it takes: a fast hash with a secret will do. A look-up
	 * waits for it, so the products don't wait for each other; folded and multiplied once more,
	 * each of their bits is in those that are taken.
	 */
	x ^= x >> 32;
	return (u32)(x * 0xd6e8feb86659fd93ULL >> 32);
}

static struct inet_hashinfo *hashinfo_of(const struct sock *sk)
{
	return &tcp_net(sock_net(sk))->hashinfo;
}

static u32 sk_ehashfn(const struct sock *sk)
{
	return inet_ehashfn(hashinfo_of(sk), sk->sk_rcv_saddr, sk->sk_num, sk->sk_daddr,
			    sk->sk_dport);
}

bool inet_ehash_insert(struct sock *sk, struct sock *osk)
{
	struct inet_hashinfo *h = hashinfo_of(sk);

	ASSERT_NET_LOCKED(sock_net(sk));
	if (osk) {
		if (hlist_unhashed(&osk->sk_node))
			return false;
		sk->sk_hash = osk->sk_hash;
		tcp_hash_replace(&osk->sk_node, &sk->sk_node);
		return true;
	}
	sk->sk_hash = sk_ehashfn(sk);
	tcp_hash_add(&h->ehash, &sk->sk_node, sk->sk_hash);
	return true;
}

struct sock *__inet_lookup_established(const struct net *net, __be32 saddr, __be16 sport,
				       __be32 daddr, u16 hnum, int dif)
{
	const struct inet_hashinfo *h = &tcp_net(net)->hashinfo;
	u32 hash = inet_ehashfn(h, daddr, hnum, saddr, sport);
	struct sock *sk;

	hlist_for_each_entry(sk, tcp_hash_slot(&h->ehash, hash), __sk_common.skc_node)
		if (sk->sk_hash == hash && sk->sk_daddr == saddr && sk->sk_rcv_saddr == daddr &&
		    sk->sk_dport == sport && sk->sk_num == hnum &&
		    (!sk->sk_bound_dev_if || sk->sk_bound_dev_if == dif))
			return sk;
	return NULL;
}

int inet_check_established(struct sock *sk, u16 lport, struct inet_timewait_sock **twp)
{
	const struct inet_hashinfo *h = hashinfo_of(sk);
	u32 hash = inet_ehashfn(h, sk->sk_rcv_saddr, lport, sk->sk_daddr, sk->sk_dport);
	struct sock *sk2;

	*twp = NULL;
	hlist_for_each_entry(sk2, tcp_hash_slot(&h->ehash, hash), __sk_common.skc_node) {
		if (sk2 == sk || sk2->sk_hash != hash || sk2->sk_daddr != sk->sk_daddr ||
		    sk2->sk_rcv_saddr != sk->sk_rcv_saddr || sk2->sk_dport != sk->sk_dport ||
		    sk2->sk_num != lport ||
		    (sk2->sk_bound_dev_if && sk2->sk_bound_dev_if != sk->sk_bound_dev_if))
			continue;
		if (sk2->sk_state != TCP_TIME_WAIT || !tcp_twsk_unique(sk, sk2))
			return -EADDRNOTAVAIL;
		*twp = inet_twsk(sk2);
		return 0;
	}
	return 0;
}

/* Listening sockets: by own address and port */

static u32 lhashfn(const struct inet_hashinfo *h, __be32 addr, u16 port)
{
	return (u32)__jhash_mix((u64)(__force u32)addr << 16 | port, h->secret.key[0]);
}

/* A listening socket of the SO_REUSEPORT group that @sk belongs to, or NULL. */
static struct sock *find_group(const struct inet_hashinfo *h, const struct sock *sk)
{
	struct sock *sk2;

	hlist_for_each_entry(sk2, tcp_hash_slot(&h->lhash, sk->sk_hash), __sk_common.skc_node)
		if (sk2 != sk && sk2->sk_family == sk->sk_family &&
		    sk2->sk_ipv6only == sk->sk_ipv6only && sk2->sk_num == sk->sk_num &&
		    sk2->sk_bound_dev_if == sk->sk_bound_dev_if && sk2->sk_reuseport &&
		    inet_rcv_saddr_equal(sk, sk2, false))
			return sk2;
	return NULL;
}

static int listener_hash(struct sock *sk)
{
	struct inet_hashinfo *h = hashinfo_of(sk);
	struct sock *sk2;
	int err = 0;

	sk->sk_hash = lhashfn(h, sk->sk_rcv_saddr, sk->sk_num);
	if (sk->sk_reuseport) {
		sk2 = find_group(h, sk);
		err = sk2 ? reuseport_add_sock(sk, sk2) : reuseport_alloc(sk);
	}
	if (!err)
		tcp_hash_add(&h->lhash, &sk->sk_node, sk->sk_hash);
	return err;
}

int inet_hash(struct sock *sk)
{
	ASSERT_NET_LOCKED(sock_net(sk));
	if (sk->sk_state == TCP_CLOSE)
		return 0;
	if (sk->sk_state == TCP_LISTEN)
		return listener_hash(sk);
	inet_ehash_insert(sk, NULL);
	return 0;
}

/* Before the state changes: it tells in which table the socket is. */
void inet_unhash(struct sock *sk)
{
	struct inet_hashinfo *h = hashinfo_of(sk);

	ASSERT_NET_LOCKED(sock_net(sk));
	if (sk->sk_state == TCP_LISTEN)
		reuseport_detach_sock(sk);
	tcp_hash_del(sk->sk_state == TCP_LISTEN ? &h->lhash : &h->ehash, &sk->sk_node);
}

static int listener_score(const struct sock *sk, __be32 daddr, int dif)
{
	if (!inet_takes(sk, daddr) || (sk->sk_bound_dev_if && sk->sk_bound_dev_if != dif))
		return -1;
	return (sk->sk_bound_dev_if ? 2 : 1) + (sk->sk_family == AF_INET);
}

/**
 * struct listener_key - what a look-up is about
 */
struct listener_key {
	__be32 saddr;
	__be32 daddr;
	__be16 sport;
	u16 hnum;
	int dif;
};

static struct sock *lookup_listener_at(const struct inet_hashinfo *h, __be32 addr,
				       const struct listener_key *key, struct sk_buff *skb,
				       int doff)
{
	u32 hash = lhashfn(h, addr, key->hnum);
	struct sock *sk, *best = NULL, *chosen;
	int score, best_score = -1;

	hlist_for_each_entry(sk, tcp_hash_slot(&h->lhash, hash), __sk_common.skc_node) {
		if (sk->sk_num != key->hnum || sk->sk_rcv_saddr != addr)
			continue;
		score = listener_score(sk, key->daddr, key->dif);
		if (score <= best_score)
			continue;
		best = sk;
		best_score = score;
	}
	if (!best || !best->sk_reuseport)
		return best;
	hash = inet_ehashfn(h, key->daddr, key->hnum, key->saddr, key->sport);
	chosen = reuseport_select_sock(best, hash, skb, doff);
	return chosen ? chosen : best;
}

struct sock *__inet_lookup_listener(const struct net *net, struct sk_buff *skb, int doff,
				    __be32 saddr, __be16 sport, __be32 daddr, u16 hnum, int dif)
{
	const struct inet_hashinfo *h = &tcp_net(net)->hashinfo;
	const struct listener_key key = {
		.saddr = saddr, .daddr = daddr, .sport = sport, .hnum = hnum, .dif = dif
	};
	struct sock *sk;

	if (!h->lhash.count)
		return NULL;
	sk = lookup_listener_at(h, daddr, &key, skb, doff);
	return sk ? sk : lookup_listener_at(h, 0, &key, skb, doff);
}

/* Visits */

/* The entry that is visited may be taken out, and nothing else. */
static bool visit_hash(struct tcp_hash *h, bool (*cb)(struct sock *sk, void *arg), void *arg)
{
	struct hlist_node *next;
	struct sock *sk;

	tcp_hash_settle(h);
	for (unsigned int i = 0; i <= h->mask; i++)
		hlist_for_each_entry_safe(sk, next, &h->slots[i], __sk_common.skc_node)
			if (!cb(sk, arg))
				return false;
	return true;
}

void tcp_for_each(const struct net *net, bool (*cb)(struct sock *sk, void *arg), void *arg)
{
	struct inet_hashinfo *h = &tcp_net(net)->hashinfo;

	if (visit_hash(&h->lhash, cb, arg))
		visit_hash(&h->ehash, cb, arg);
}
