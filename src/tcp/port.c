// SPDX-License-Identifier: BSD-2-Clause
/* Ports: who has one, whether it may be shared, and how one is chosen. */
#include <skiff/slab.h>

#include "tcp/tcp.h"

/* Slots of inet_hashinfo.perturb: see tables.c. */
#define INET_TABLE_PERTURB_MASK 0xffffu

static struct inet_hashinfo *hashinfo_of(const struct sock *sk)
{
	return &tcp_net(sock_net(sk))->hashinfo;
}

static struct inet_bind_bucket *bucket_find(const struct inet_hashinfo *h, u16 port)
{
	struct inet_bind_bucket *tb;

	hlist_for_each_entry(tb, tcp_hash_slot(&h->bhash, port), node)
		if (tb->port == port)
			return tb;
	return NULL;
}

static struct inet_bind_bucket *bucket_make(struct inet_hashinfo *h, u16 port)
{
	struct inet_bind_bucket *tb = (struct inet_bind_bucket *)spares_alloc(
		&h->buckets, sizeof(*tb), GFP_ATOMIC | __GFP_ZERO);

	if (!tb)
		return NULL;
	tb->port = port;
	tcp_hash_add(&h->bhash, &tb->node, port);
	return tb;
}

static bool bucket_empty(const struct inet_bind_bucket *tb)
{
	return hlist_empty(&tb->owners) && hlist_empty(&tb->tw_owners);
}

void inet_bind_bucket_put(struct inet_hashinfo *h, struct inet_bind_bucket *tb)
{
	if (!bucket_empty(tb))
		return;
	tcp_hash_del(&h->bhash, &tb->node);
	spares_put(&h->buckets, tb);
}

static void bind_hash(struct sock *sk, struct inet_bind_bucket *tb)
{
	inet_sk(sk)->inet_num = tb->port;
	hlist_add_head(&inet_csk(sk)->icsk_bind_node, &tb->owners);
	inet_csk(sk)->icsk_bind_hash = tb;
}

void inet_put_port(struct sock *sk)
{
	struct inet_bind_bucket *tb = inet_csk(sk)->icsk_bind_hash;

	if (!tb)
		return;
	hlist_del_init(&inet_csk(sk)->icsk_bind_node);
	inet_csk(sk)->icsk_bind_hash = NULL;
	inet_sk(sk)->inet_num = 0;
	inet_bind_bucket_put(hashinfo_of(sk), tb);
}

int __inet_inherit_port(const struct sock *sk, struct sock *child)
{
	struct inet_bind_bucket *tb = inet_csk(sk)->icsk_bind_hash;
	struct inet_hashinfo *h = hashinfo_of(sk);

	if (!tb)
		return -ENOENT;
	/* Who listens for all ports has children with others than its own. */
	if (unlikely(tb->port != child->sk_num)) {
		tb = bucket_find(h, child->sk_num);
		if (!tb)
			tb = bucket_make(h, child->sk_num);
		if (!tb)
			return -ENOMEM;
	}
	bind_hash(child, tb);
	return 0;
}

/* Conflicts */

/*
 * Linux's rule. A port that was asked for by number (@asked) is shared with another socket when both
 * have SO_REUSEADDR and the other one does not listen, or when both have SO_REUSEPORT. One that is
 * chosen should be its owner's alone. A process has one user, so whose they are is not looked at.
 */
static bool bind_conflict_with(const struct sock *sk, const struct sock *sk2, bool asked)
{
	if (sk == sk2)
		return false;
	if (sk->sk_bound_dev_if && sk2->sk_bound_dev_if &&
	    sk->sk_bound_dev_if != sk2->sk_bound_dev_if)
		return false;
	if (asked && sk->sk_reuse && sk2->sk_reuse && sk2->sk_state != TCP_LISTEN)
		return false;
	if (asked && sk->sk_reuseport && sk2->sk_reuseport)
		return false;
	return inet_rcv_saddr_equal(sk, sk2, true);
}

static bool bind_conflict(const struct sock *sk, const struct inet_bind_bucket *tb, bool asked)
{
	const struct inet_connection_sock *icsk;
	const struct inet_timewait_sock *tw;

	hlist_for_each_entry(icsk, &tb->owners, icsk_bind_node)
		if (bind_conflict_with(sk, &icsk->icsk_inet.sk, asked))
			return true;
	hlist_for_each_entry(tw, &tb->tw_owners, tw_bind_node)
		if (bind_conflict_with(sk, (const struct sock *)(const void *)tw, asked))
			return true;
	return false;
}

static bool wants_reuse(const struct sock *sk)
{
	return sk->sk_reuse && sk->sk_state != TCP_LISTEN;
}

static void update_fastreuse(struct inet_bind_bucket *tb, const struct sock *sk, bool first)
{
	if (first) {
		tb->fastreuse = wants_reuse(sk);
		tb->fastreuseport = sk->sk_reuseport;
		return;
	}
	if (!wants_reuse(sk))
		tb->fastreuse = 0;
	if (!sk->sk_reuseport)
		tb->fastreuseport = 0;
}

static bool bind_allowed(const struct sock *sk, const struct inet_bind_bucket *tb)
{
	if (!tb || bucket_empty(tb))
		return true;
	if ((tb->fastreuse > 0 && wants_reuse(sk)) || (tb->fastreuseport > 0 && sk->sk_reuseport))
		return true;
	return !bind_conflict(sk, tb, true);
}

/*
 * bind() without a port, or listen() without bind(): a random start, then every second port, of the
 * parity that connect() looks at last, then the others.
 */
static u16 choose_bind_port(const struct sock *sk)
{
	const struct inet_hashinfo *h = hashinfo_of(sk);
	u32 count, start, pass, i;
	int low, high;

	inet_sk_get_local_port_range(sk, &low, &high);
	count = (u32)(high - low) + 1;
	start = get_random_u32_below(count) | 1;
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < count; i++) {
			u32 off = (start + i) % count;
			u16 port = (u16)((u32)low + off);
			struct inet_bind_bucket *tb;

			if ((off & 1) == pass || inet_is_local_reserved_port(sock_net(sk), port))
				continue;
			tb = bucket_find(h, port);
			if (!tb || !bind_conflict(sk, tb, false))
				return port;
		}
	}
	return 0;
}

int inet_csk_get_port(struct sock *sk, unsigned short snum)
{
	struct inet_hashinfo *h = hashinfo_of(sk);
	struct inet_bind_bucket *tb;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!snum)
		snum = choose_bind_port(sk);
	if (!snum)
		return -EADDRINUSE;
	tb = bucket_find(h, snum);
	if (!bind_allowed(sk, tb))
		return -EADDRINUSE;
	if (!tb)
		tb = bucket_make(h, snum);
	if (!tb)
		return -ENOMEM;
	update_fastreuse(tb, sk, bucket_empty(tb));
	if (!inet_csk(sk)->icsk_bind_hash)
		bind_hash(sk, tb);
	return 0;
}

/* connect() */

/* In the table from now on, in the place of @tw if there was one. */
static void take_flow(struct sock *sk, u16 port, struct inet_timewait_sock *tw)
{
	inet_sk(sk)->inet_num = port;
	inet_sk(sk)->inet_sport = htons(port);
	if (tw) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TIMEWAITRECYCLED);
		inet_twsk_deschedule_put(tw);
	}
	inet_ehash_insert(sk, NULL);
}

/* For whom the ports lie where: nobody who does not know the key can tell from another peer's. */
static u64 port_offset_of(const struct sock *sk)
{
	struct tcp_port_offset *last = &tcp_net(sock_net(sk))->port_offset;

	/* Who connects often connects to the same peer. */
	if (last->saddr != sk->sk_rcv_saddr || last->daddr != sk->sk_daddr ||
	    last->dport != sk->sk_dport) {
		last->saddr = sk->sk_rcv_saddr;
		last->daddr = sk->sk_daddr;
		last->dport = sk->sk_dport;
		last->offset = siphash_3u32((__force u32)last->saddr, (__force u32)last->daddr,
					    (__force u16)last->dport,
					    &tcp_net(sock_net(sk))->port_key);
	}
	return last->offset;
}

/**
 * struct port_search - a walk through the ports
 * @low: the lowest
 * @count: how many
 * @offset: where it begins
 * @step: 2 when it sees one parity first, 1 when not
 * @tried: how far it came
 */
struct port_search {
	u32 low;
	u32 count;
	u32 offset;
	u32 step;
	u32 tried;
};

/* Can @sk have the port? Then its flow is entered. Return: 0, -EADDRNOTAVAIL, -ENOMEM. */
static int try_connect_port(struct sock *sk, u16 port)
{
	struct inet_hashinfo *h = hashinfo_of(sk);
	struct inet_timewait_sock *tw = NULL;
	struct inet_bind_bucket *tb;

	if (inet_is_local_reserved_port(sock_net(sk), port))
		return -EADDRNOTAVAIL;
	tb = bucket_find(h, port);
	if (tb) {
		/* Somebody bound to it: they may listen, or connect to wherever they like. */
		if (tb->fastreuse >= 0 || tb->fastreuseport >= 0)
			return -EADDRNOTAVAIL;
		if (inet_check_established(sk, port, &tw))
			return -EADDRNOTAVAIL;
	} else {
		tb = bucket_make(h, port);
		if (!tb)
			return -ENOMEM;
		tb->fastreuse = -1;
		tb->fastreuseport = -1;
	}
	/* Before the one in TIME_WAIT goes, which may be the last that has the port. */
	bind_hash(sk, tb);
	take_flow(sk, port, tw);
	return 0;
}

static int search_pass(struct sock *sk, struct port_search *s)
{
	int err;

	for (u32 i = 0; i < s->count; i += s->step) {
		s->tried = i;
		err = try_connect_port(sk, (u16)(s->low + (s->offset + i) % s->count));
		if (err != -EADDRNOTAVAIL)
			return err;
	}
	return -EADDRNOTAVAIL;
}

/* RFC 6056 section 3.3.4. */
static int choose_connect_port(struct sock *sk, u16 random)
{
	u64 port_offset = port_offset_of(sk);
	u32 index = (u32)port_offset & INET_TABLE_PERTURB_MASK;
	u32 *perturb = &hashinfo_of(sk)->perturb[index];
	struct port_search s = { .step = 2 };
	int low, high, err;

	/* A range of the socket's own is small: no half of it is kept for bind(). */
	if (inet_sk_get_local_port_range(sk, &low, &high))
		s.step = 1;
	s.low = (u32)low;
	s.count = (u32)(high - low) + 1;
	if (s.step == 2 && s.count > 1)
		s.count &= ~1u;
	s.offset = (*perturb + (u32)(port_offset >> 32)) % s.count;
	if (s.step == 2)
		s.offset &= ~1u;
	err = search_pass(sk, &s);
	if (err == -EADDRNOTAVAIL && s.step == 2 && s.count > 1) {
		s.offset++;
		err = search_pass(sk, &s);
	}
	/* How many were skipped is not for others to see. */
	if (!err)
		*perturb += max(s.tried, random % 8 * s.step) + s.step;
	return err;
}

int inet_hash_connect(struct sock *sk, u16 random)
{
	struct inet_timewait_sock *tw = NULL;
	u16 port = inet_sk(sk)->inet_num;
	int err;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!port)
		return choose_connect_port(sk, random);
	err = inet_check_established(sk, port, &tw);
	if (!err)
		take_flow(sk, port, tw);
	return err;
}
