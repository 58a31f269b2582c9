// SPDX-License-Identifier: BSD-2-Clause
/* The route table against a naive twin: longest prefix, type of service, priority, age. */
#include "ipv4/ipv4.h"
#include "wire_test.h"

#define ROUTES 3000

static struct fib_config twin[ROUTES];
static bool used[ROUTES];
static u32 rnd = 7;

static u32 next_random(u32 below)
{
	rnd = rnd * 1664525 + 1013904223;
	return (u32)((u64)(rnd ^ rnd >> 15) * below >> 32);
}

/* Close together, so that prefixes nest. */
static u32 some_address(void)
{
	static const u32 nets[] = { 0x0a000000, 0x0a0a0000, 0x0a0a0a00, 0xcb007100 };

	return nets[next_random(4)] | next_random(1u << (4 * next_random(7)));
}

static struct fib_config some_route(void)
{
	static const u8 types[] = { RTN_UNREACHABLE, RTN_BLACKHOLE, RTN_PROHIBIT, RTN_THROW };
	u8 len = (u8)next_random(33);

	return (struct fib_config){
		.fc_dst = htonl(some_address()) & inet_make_mask(len),
		.fc_dst_len = len,
		.fc_type = types[next_random(4)],
		.fc_tos = next_random(4) ? 0 : (u8)(next_random(3) << 3),
		.fc_priority = next_random(4),
	};
}

static bool better(const struct fib_config *a, const struct fib_config *b)
{
	if (a->fc_dst_len != b->fc_dst_len)
		return a->fc_dst_len > b->fc_dst_len;
	if (a->fc_tos != b->fc_tos)
		return a->fc_tos > b->fc_tos;
	return a->fc_priority < b->fc_priority;
}

/* In the order of their age; the first of equals is the oldest. */
static const struct fib_config *twin_lookup(__be32 daddr, u8 tos)
{
	const struct fib_config *best = NULL;

	for (int i = 0; i < ROUTES; i++) {
		const struct fib_config *c = &twin[i];

		if (!used[i] || (daddr ^ c->fc_dst) & inet_make_mask(c->fc_dst_len) ||
		    (c->fc_tos && c->fc_tos != tos))
			continue;
		if (!best || better(c, best))
			best = c;
	}
	return best;
}

static void compare(int times)
{
	while (times--) {
		__be32 daddr = htonl(some_address());
		u8 tos = (u8)(next_random(3) << 3);
		const struct fib_config *want = twin_lookup(daddr, tos);
		struct fib_route *r = fib_lookup_tos(ipv4_net(h.net), daddr, 0, tos);

		/* The host's own 192.0.2.0/24 and 127.0.0.0/8 are elsewhere. */
		if (!want || want->fc_type == RTN_THROW) {
			assert_null(r);
			continue;
		}
		assert_non_null(r);
		assert_int_equal(r->cfg.fc_dst, want->fc_dst);
		assert_int_equal(r->cfg.fc_dst_len, want->fc_dst_len);
		assert_int_equal(r->cfg.fc_tos, want->fc_tos);
		assert_int_equal(r->cfg.fc_priority, want->fc_priority);
		assert_int_equal(r->cfg.fc_type, want->fc_type);
	}
}

static bool same_key(const struct fib_config *a, const struct fib_config *b)
{
	return a->fc_dst == b->fc_dst && a->fc_dst_len == b->fc_dst_len && a->fc_tos == b->fc_tos &&
	       a->fc_priority == b->fc_priority;
}

static void as_the_twin(void **state)
{
	int n = 0;

	net_lock(h.net);
	for (int i = 0; i < ROUTES; i++) {
		struct fib_config c = some_route();
		bool there = false;

		/* Two types of one key are two routes, but which is older the twin would forget. */
		for (int k = 0; k < i; k++)
			there |= used[k] && same_key(&twin[k], &c);
		if (!there) {
			assert_int_equal(fib_table_insert(h.net, &c), 0);
			assert_int_equal(fib_table_insert(h.net, &c), -EEXIST);
			twin[i] = c;
			used[i] = true;
			n++;
		}
		if (i % 100 == 0)
			compare(100);
	}
	assert_true(n > 1000);
	compare(2000);
	for (int i = 0; i < ROUTES; i++) {
		if (!used[i])
			continue;
		/* Zero means any: those with priority 0 may take another one away first. */
		if (!twin[i].fc_priority) {
			for (int k = 0; k < ROUTES; k++)
				if (k != i && used[k] && twin[k].fc_dst == twin[i].fc_dst &&
				    twin[k].fc_dst_len == twin[i].fc_dst_len &&
				    twin[k].fc_tos == twin[i].fc_tos &&
				    twin[k].fc_type == twin[i].fc_type)
					assert_true(twin[k].fc_priority > 0);
		}
		assert_int_equal(fib_table_delete(h.net, &twin[i]), 0);
		used[i] = false;
		if (i % 100 == 0)
			compare(100);
	}
	compare(100);
	assert_null(fib_node_find(ipv4_net(h.net)->fib_root, 0x0a000000, 8));
	net_unlock(h.net);
}

/* All /24 of a part of the address space: the table grows without slowing down. */
static void many_routes(void **state)
{
	struct fib_config c = { .fc_dst_len = 24, .fc_type = RTN_UNREACHABLE };

	net_lock(h.net);
	for (u32 i = 0; i < 100000; i++) {
		c.fc_dst = htonl(0x20000000 + (i << 8));
		assert_int_equal(fib_table_insert(h.net, &c), 0);
	}
	for (u32 i = 0; i < 100000; i++)
		assert_non_null(fib_lookup(ipv4_net(h.net), htonl(0x20000001 + (i << 8)), 0));
	assert_null(fib_lookup(ipv4_net(h.net), htonl(0x20000000 + (100000u << 8)), 0));
	net_unlock(h.net);
}

static int try_route(const struct fib_config *cfg, __be32 daddr)
{
	struct flowi4 fl4 = { .daddr = daddr };
	struct rtable *rt;
	int err = fib_table_insert(h.net, cfg);

	assert_int_equal(err, 0);
	rt = ip_route_output_key(h.net, &fl4);
	assert_true(IS_ERR(rt));
	assert_int_equal(fib_table_delete(h.net, cfg), 0);
	return (int)PTR_ERR(rt);
}

static void refusals(void **state)
{
	struct fib_config c = { .fc_dst = htonl(0xc6336400), .fc_dst_len = 24 };

	net_lock(h.net);
	c.fc_type = RTN_UNREACHABLE;
	assert_int_equal(try_route(&c, FAR_IP), -EHOSTUNREACH);
	c.fc_type = RTN_PROHIBIT;
	assert_int_equal(try_route(&c, FAR_IP), -EACCES);
	c.fc_type = RTN_BLACKHOLE;
	assert_int_equal(try_route(&c, FAR_IP), -EINVAL);
	c.fc_type = RTN_THROW;
	assert_int_equal(try_route(&c, FAR_IP), -ENETUNREACH);
	c.fc_tos = 1;
	assert_int_equal(fib_table_insert(h.net, &c), -EINVAL);
	net_unlock(h.net);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(as_the_twin),
		T(many_routes),
		T(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
