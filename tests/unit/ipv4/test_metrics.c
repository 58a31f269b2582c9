// SPDX-License-Identifier: BSD-2-Clause
/* Metrics of routes: what is taken, who shares them, and what IPv4 makes of them. */
#include <fcntl.h>

#include <skiff/fault.h>
#include <skiff/socket.h>

#include "ipv4/ipv4.h"
#include "wire_test.h"

/* Attributes as a user gives them. */
struct attrs {
	struct nlattr mx[128];
	int len;
};

static void put(struct attrs *a, u16 type, const void *data, size_t len)
{
	struct nlattr *nla = &a->mx[a->len / (int)sizeof(*nla)];

	nla->nla_len = (u16)(NLA_HDRLEN + len);
	nla->nla_type = type;
	memcpy(nla + 1, data, len);
	a->len += NLA_ALIGN(nla->nla_len);
}

static void put_u32(struct attrs *a, u16 type, u32 val)
{
	put(a, type, &val, sizeof(val));
}

/* With the stack lock. */
static struct dst_metrics *one(u16 type, u32 val)
{
	struct attrs a = { .len = 0 };

	put_u32(&a, type, val);
	return ip_fib_metrics_init(h.net, a.mx, a.len, NULL);
}

static void too_much_is_the_most(void **state)
{
	static const struct {
		u16 type;
		u32 val;
		u32 is;
	} cases[] = {
		{ RTAX_MTU, 1400, 1400 },      { RTAX_MTU, 65520, 65520 },
		{ RTAX_MTU, 65521, 65520 },    { RTAX_ADVMSS, 65495, 65495 },
		{ RTAX_ADVMSS, 65496, 65495 }, { RTAX_HOPLIMIT, 255, 255 },
		{ RTAX_HOPLIMIT, 256, 255 },   { RTAX_WINDOW, ~0u, ~0u },
		{ RTAX_RTT, 800, 800 },	       { RTAX_RTTVAR, 3, 3 },
		{ RTAX_SSTHRESH, 7, 7 },       { RTAX_CWND, 8, 8 },
		{ RTAX_REORDERING, 9, 9 },     { RTAX_INITCWND, 20, 20 },
		{ RTAX_INITRWND, 21, 21 },     { RTAX_RTO_MIN, 50, 50 },
		{ RTAX_QUICKACK, 1, 1 },       { RTAX_FASTOPEN_NO_COOKIE, 1, 1 },
		{ RTAX_LOCK, 6, 6 },	       { RTAX_FEATURES, 1, 1 },
	};

	net_lock(h.net);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dst_metrics *m = one(cases[i].type, cases[i].val);

		assert_false(IS_ERR_OR_NULL(m));
		for (u16 t = 1; t <= RTAX_MAX; t++)
			assert_int_equal(m->metrics[t - 1], t == cases[i].type ? cases[i].is : 0);
		dst_metrics_put(m);
	}
	net_unlock(h.net);
}

static void refused(const struct attrs *a, const char *why)
{
	const char *reason = "untouched";

	assert_int_equal(PTR_ERR(ip_fib_metrics_init(h.net, a->mx, a->len, &reason)), -EINVAL);
	assert_string_equal(reason, why);
}

static void attributes_that_are_refused(void **state)
{
	struct attrs a = { .len = 0 };

	net_lock(h.net);
	assert_null(ip_fib_metrics_init(h.net, NULL, 100, NULL));
	assert_null(ip_fib_metrics_init(h.net, a.mx, 0, NULL));
	assert_null(ip_fib_metrics_init(h.net, a.mx, -1, NULL));
	put_u32(&a, RTAX_MAX + 1, 1);
	refused(&a, "Invalid metric type");
	a.len = 0;
	put(&a, RTAX_MTU, "ab", 2);
	refused(&a, "Invalid attribute in metrics");
	a.len = 0;
	put_u32(&a, RTAX_FEATURES, RTAX_FEATURE_ECN | DST_FEATURE_ECN_CA);
	refused(&a, "Unknown flag set in feature mask in metrics attribute");
	a.len = 0;
	put(&a, RTAX_CC_ALGO, "nonesuch", 9);
	refused(&a, "Unknown tcp congestion algorithm");
	a.len = 0;
	put(&a, RTAX_CC_ALGO, "", 0);
	refused(&a, "Unknown tcp congestion algorithm");
	net_unlock(h.net);
}

/* An attribute that says it is longer than what is there ends the list; one of type 0 is nothing. */
static void lists_that_are_cut(void **state)
{
	struct attrs a = { .len = 0 };
	struct dst_metrics *m;

	put_u32(&a, 0, 77);
	put_u32(&a, RTAX_HOPLIMIT, 9);
	put_u32(&a, RTAX_MTU, 1400);
	net_lock(h.net);
	m = ip_fib_metrics_init(h.net, a.mx, a.len - 1, NULL);
	assert_int_equal(m->metrics[RTAX_HOPLIMIT - 1], 9);
	assert_int_equal(m->metrics[RTAX_MTU - 1], 0);
	dst_metrics_put(m);
	a.mx[0].nla_len = 2;
	m = ip_fib_metrics_init(h.net, a.mx, a.len, NULL);
	assert_int_equal(m->metrics[RTAX_HOPLIMIT - 1], 0);
	dst_metrics_put(m);
	net_unlock(h.net);
}

/* A congestion control is kept as its key; one that needs ECN says so, with the user's features. */
static void congestion_controls(void **state)
{
	struct attrs a = { .len = 0 };
	struct dst_metrics *m;

	put(&a, RTAX_CC_ALGO, "dctcp", 6);
	put_u32(&a, RTAX_FEATURES, RTAX_FEATURE_ECN);
	net_lock(h.net);
	m = ip_fib_metrics_init(h.net, a.mx, a.len, NULL);
	assert_int_not_equal(m->metrics[RTAX_CC_ALGO - 1], 0);
	assert_int_equal(m->metrics[RTAX_FEATURES - 1], RTAX_FEATURE_ECN | DST_FEATURE_ECN_CA);
	dst_metrics_put(m);
	net_unlock(h.net);
}

static struct fib_config host_route(struct dst_metrics *m)
{
	return (struct fib_config){ .fc_dst = PEER_IP,
				    .fc_dst_len = 32,
				    .fc_type = RTN_UNICAST,
				    .fc_oif = h.dev->ifindex,
				    .fc_metrics = m };
}

/* Adds a route, which is all that keeps its metrics then. */
static int insert(struct fib_config cfg)
{
	int err;

	net_lock(h.net);
	err = fib_table_insert(h.net, &cfg);
	net_unlock(h.net);
	dst_metrics_put(cfg.fc_metrics);
	return err;
}

static struct rtable *way_to(__be32 daddr)
{
	struct rtable *rt;

	net_lock(h.net);
	rt = ip_route_output(h.net, daddr, 0, 0, 0);
	net_unlock(h.net);
	assert_false(IS_ERR(rt));
	return rt;
}

static void locked(void (*fn)(struct rtable *rt), struct rtable *rt)
{
	net_lock(h.net);
	fn(rt);
	net_unlock(h.net);
}

static struct dst_metrics *made(u16 type, u32 val)
{
	struct dst_metrics *m;

	net_lock(h.net);
	m = one(type, val);
	net_unlock(h.net);
	return m;
}

/* All entries of a route share its metrics, one of a route without has none. */
static void shared(void **state)
{
	struct dst_metrics *m = made(RTAX_MTU, 1400);
	struct rtable *with, *without = way_to(htonl(0xc0000207));

	assert_null(without->dst.metrics);
	assert_int_equal(insert(host_route(m)), 0);
	with = way_to(PEER_IP);
	assert_ptr_equal(with->dst.metrics, m);
	assert_int_equal(refcount_read(&m->refcnt), 2);
	assert_int_equal(dst_mtu(&with->dst), 1400);
	assert_int_equal(dst_metric_advmss(&with->dst), 1360);
	ip_rt_put(with);
	ip_rt_put(without);
}

static void compare(const struct fib_config *cfg, void *arg)
{
	u32 *seen = (u32 *)arg;

	if (cfg->fc_dst == PEER_IP && cfg->fc_metrics)
		*seen = *seen * 100 + cfg->fc_metrics->metrics[RTAX_HOPLIMIT - 1];
}

static u32 hoplimits(void)
{
	u32 seen = 0;

	net_lock(h.net);
	fib_for_each(h.net, compare, &seen);
	net_unlock(h.net);
	return seen;
}

/* add, change and replace of ip-route(8). */
static void in_the_place_of_another(void **state)
{
	struct fib_config cfg = host_route(NULL);

	cfg.fc_nlflags = NLM_F_REPLACE;
	cfg.fc_metrics = made(RTAX_HOPLIMIT, 1);
	assert_int_equal(insert(cfg), -ENOENT);
	cfg.fc_nlflags = NLM_F_REPLACE | NLM_F_CREATE;
	cfg.fc_metrics = made(RTAX_HOPLIMIT, 11);
	assert_int_equal(insert(cfg), 0);
	assert_int_equal(hoplimits(), 11);
	cfg.fc_nlflags = NLM_F_CREATE | NLM_F_EXCL;
	cfg.fc_metrics = made(RTAX_HOPLIMIT, 12);
	assert_int_equal(insert(cfg), -EEXIST);
	/* Behind it, and the first one is what is replaced. */
	cfg.fc_priority = 5;
	cfg.fc_metrics = made(RTAX_HOPLIMIT, 22);
	assert_int_equal(insert(cfg), 0);
	cfg.fc_priority = 0;
	cfg.fc_nlflags = NLM_F_REPLACE;
	cfg.fc_metrics = made(RTAX_HOPLIMIT, 33);
	assert_int_equal(insert(cfg), 0);
	assert_int_equal(hoplimits(), 3322);
	cfg.fc_priority = 5;
	cfg.fc_metrics = made(RTAX_HOPLIMIT, 44);
	assert_int_equal(insert(cfg), 0);
	assert_int_equal(hoplimits(), 3344);
}

/* Who used the route finds out, and gets the new metrics. */
static void a_change_is_seen(void **state)
{
	struct fib_config cfg = host_route(made(RTAX_MTU, 1400));
	struct rtable *old, *now;

	assert_int_equal(insert(cfg), 0);
	old = way_to(PEER_IP);
	cfg.fc_nlflags = NLM_F_REPLACE;
	cfg.fc_metrics = made(RTAX_MTU, 1300);
	assert_int_equal(insert(cfg), 0);
	now = way_to(PEER_IP);
	net_lock(h.net);
	assert_null(dst_check(&old->dst, 0));
	assert_int_equal(dst_mtu(&old->dst), 1400);
	assert_int_equal(dst_mtu(&now->dst), 1300);
	net_unlock(h.net);
	ip_rt_put(old);
	ip_rt_put(now);
}

/* Without memory a route stays as it was. */
static void no_memory(void **state)
{
	struct fib_config cfg = host_route(made(RTAX_HOPLIMIT, 11));
	long n = 0;
	int err;

	assert_int_equal(insert(cfg), 0);
	if (skiff_fail_nth(0))
		return;
	do {
		cfg.fc_nlflags = NLM_F_REPLACE;
		cfg.fc_metrics = made(RTAX_HOPLIMIT, 22);
		assert_int_equal(hoplimits(), 11);
		net_lock(h.net);
		skiff_fail_nth(++n);
		err = fib_table_insert(h.net, &cfg);
		net_unlock(h.net);
		dst_metrics_put(cfg.fc_metrics);
	} while (skiff_fail_count() >= n && err == -ENOMEM);
	skiff_fail_nth(0);
	assert_int_equal(err, 0);
	assert_int_equal(n, 2);
	assert_int_equal(hoplimits(), 22);
	net_lock(h.net);
	skiff_fail_nth(1);
	assert_int_equal(PTR_ERR(one(RTAX_MTU, 1400)), -ENOMEM);
	skiff_fail_nth(0);
	net_unlock(h.net);
}

/* The path takes @mtu bytes, says an ICMP error. */
static u32 told(struct rtable *rt, u32 mtu)
{
	struct sk_buff *skb = alloc_skb(64, GFP_KERNEL);
	struct rtable *now;
	u32 is;

	net_lock(h.net);
	skb_reset_network_header(skb);
	((struct iphdr *)skb_put_zero(skb, 20))->daddr = PEER_IP;
	rt->dst.ops->update_pmtu(&rt->dst, NULL, skb, mtu, false);
	now = ip_route_output(h.net, PEER_IP, 0, 0, 0);
	is = dst_mtu(&now->dst);
	ip_rt_put(now);
	net_unlock(h.net);
	consume_skb(skb);
	return is;
}

static void a_locked_mtu_is_the_mtu(void **state)
{
	struct fib_config cfg = host_route(made(RTAX_MTU, 1400));
	struct attrs a = { .len = 0 };
	struct rtable *rt;

	assert_int_equal(insert(cfg), 0);
	rt = way_to(PEER_IP);
	assert_false(ip_mtu_locked(&rt->dst));
	assert_int_equal(told(rt, 1000), 1000);
	ip_rt_put(rt);

	put_u32(&a, RTAX_MTU, 1400);
	put_u32(&a, RTAX_LOCK, 1 << RTAX_MTU);
	cfg.fc_nlflags = NLM_F_REPLACE;
	net_lock(h.net);
	rt_exceptions_flush(ipv4_net(h.net), NULL);
	cfg.fc_metrics = ip_fib_metrics_init(h.net, a.mx, a.len, NULL);
	net_unlock(h.net);
	assert_int_equal(insert(cfg), 0);
	rt = way_to(PEER_IP);
	assert_true(ip_mtu_locked(&rt->dst));
	assert_int_equal(told(rt, 1000), 1400);
	assert_int_equal(ipv4_net(h.net)->nr_exceptions, 0);
	ip_rt_put(rt);
}

static void check_576(struct rtable *rt)
{
	assert_int_equal(dst_mtu(&rt->dst), 576);
}

/* Locked at no value: beyond the link only what every host takes. */
static void locked_at_nothing(void **state)
{
	struct fib_config far = {
		.fc_dst = FAR_IP, .fc_dst_len = 32, .fc_type = RTN_UNICAST, .fc_gw4 = PEER_IP
	};
	struct rtable *rt;

	far.fc_metrics = made(RTAX_LOCK, 1 << RTAX_MTU);
	assert_int_equal(insert(far), 0);
	rt = way_to(FAR_IP);
	locked(check_576, rt);
	ip_rt_put(rt);
	assert_int_equal(insert(host_route(made(RTAX_LOCK, 1 << RTAX_MTU))), 0);
	rt = way_to(PEER_IP);
	assert_int_equal(dst_mtu(&rt->dst), 1500);
	ip_rt_put(rt);
}

/* The time to live of an answer to a ping. */
static u8 answer_ttl(void)
{
	u8 f[FRAME_MAX], payload[8] = { 0 }, ttl;
	struct sk_buff *skb;

	wire_drop_sent(&h);
	wire_inject(&h, f, frame_icmp(f, ICMP_ECHO, 0, 1, payload, sizeof(payload)));
	skb = skb_dequeue(&h.sent);
	assert_non_null(skb);
	ttl = ip_hdr(skb)->ttl;
	consume_skb(skb);
	return ttl;
}

static void hoplimit(void **state)
{
	assert_int_equal(answer_ttl(), 64);
	assert_int_equal(insert(host_route(made(RTAX_HOPLIMIT, 7))), 0);
	assert_int_equal(answer_ttl(), 7);
	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.ip_default_ttl", "77", NULL, 0), 0);
	assert_int_equal(answer_ttl(), 7);
	net_lock(h.net);
	assert_int_equal(fib_table_delete(h.net, &(struct fib_config){ .fc_dst = PEER_IP,
								       .fc_dst_len = 32 }),
			 0);
	net_unlock(h.net);
	assert_int_equal(answer_ttl(), 77);
}

/* Of the next packet that the host has sent. */
static u8 next_ttl(void)
{
	struct sk_buff *skb = skb_dequeue(&h.sent);
	u8 ttl;

	assert_non_null(skb);
	ttl = ip_hdr(skb)->ttl;
	consume_skb(skb);
	wire_drop_sent(&h);
	return ttl;
}

/* What the socket says comes first. */
static void hoplimit_of_sockets(void **state)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	int udp = skiff_socket(h.net, AF_INET, SOCK_DGRAM, 0), ttl = 5;
	int tcp = skiff_socket(h.net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	to.sin_addr.s_addr = (__force u32)PEER_IP;
	assert_int_equal(insert(host_route(made(RTAX_HOPLIMIT, 7))), 0);
	assert_int_equal(skiff_sendto(udp, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	assert_int_equal(next_ttl(), 7);
	/* In two parts. */
	assert_int_equal(skiff_sendto(udp, "x", 1, MSG_MORE, (struct sockaddr *)&to, sizeof(to)),
			 1);
	assert_int_equal(skiff_sendto(udp, "y", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	assert_int_equal(next_ttl(), 7);
	skiff_connect(tcp, (struct sockaddr *)&to, sizeof(to));
	assert_int_equal(next_ttl(), 7);
	assert_int_equal(skiff_setsockopt(udp, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)), 0);
	assert_int_equal(skiff_sendto(udp, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	assert_int_equal(next_ttl(), 5);
	skiff_close(udp);
	skiff_close(tcp);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(too_much_is_the_most),
		T(attributes_that_are_refused),
		T(lists_that_are_cut),
		T(congestion_controls),
		T(shared),
		T(in_the_place_of_another),
		T(a_change_is_seen),
		T(no_memory),
		T(a_locked_mtu_is_the_mtu),
		T(locked_at_nothing),
		T(hoplimit),
		T(hoplimit_of_sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
