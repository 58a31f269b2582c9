// SPDX-License-Identifier: BSD-2-Clause
/* dst_entries: limits, references, chains, metrics, and what a dead one does with packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <linux/rtnetlink.h>

#include <skiff/dst.h>
#include <skiff/fault.h>

#include "death.h"
#include "skb/alloc.h"

struct net_device {
	int refs;
};

static void hold(struct net_device *dev)
{
	dev->refs++;
}

static void put(struct net_device *dev)
{
	dev->refs--;
}

/* A family whose entries know how often they were destroyed. */
struct test_route {
	struct dst_entry dst;
	int tag;
};

static int destroyed, last_tag, gc_calls, gc_result, downs;

static void test_destroy(struct dst_entry *dst)
{
	destroyed++;
	last_tag = ((struct test_route *)dst)->tag;
}

static int test_gc(struct dst_ops *ops)
{
	gc_calls++;
	return gc_result;
}

static void test_ifdown(struct dst_entry *dst, struct net_device *dev, int unregister)
{
	assert_ptr_equal(dst->dev, dev);
	assert_int_equal(unregister, 1);
	downs++;
}

static struct dst_entry *test_check(struct dst_entry *dst, __u32 cookie)
{
	return cookie == 7 ? dst : NULL;
}

static unsigned int test_mtu(const struct dst_entry *dst)
{
	u32 mtu = dst_metric_raw(dst, RTAX_MTU);

	return mtu ? mtu : 1500;
}

static unsigned int test_advmss(const struct dst_entry *dst)
{
	return dst_mtu(dst) - 40;
}

static struct dst_ops ops;

static int setup(void **state)
{
	ops = (struct dst_ops){
		.entry_size = sizeof(struct test_route),
		.gc = test_gc,
		.destroy = test_destroy,
		.ifdown = test_ifdown,
		.check = test_check,
		.mtu = test_mtu,
		.default_advmss = test_advmss,
	};
	destroyed = gc_calls = gc_result = downs = 0;
	dst_dev_refs_set(hold, put);
	return 0;
}

static int teardown(void **state)
{
	skiff_fail_nth(0);
	assert_int_equal(dst_entries_get_fast(&ops), 0);
	assert_int_equal(skb_live_buffers(), 0);
	return 0;
}

static struct test_route *route(struct net_device *dev, int tag)
{
	struct test_route *rt = dst_alloc(&ops, dev, 1, DST_OBSOLETE_NONE, 0);

	assert_non_null(rt);
	rt->tag = tag;
	return rt;
}

static struct sk_buff *packet(void)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	skb_put_zero(skb, 100);
	return skb;
}

static void test_life(void **state)
{
	struct net_device dev = { 1 };
	struct test_route *rt = route(&dev, 5);

	assert_int_equal(dev.refs, 2);
	assert_int_equal(dst_entries_get_fast(&ops), 1);
	assert_null(dst_clone(NULL));
	assert_ptr_equal(dst_clone(&rt->dst), &rt->dst);
	dst_hold(&rt->dst);
	assert_true(dst_hold_safe(&rt->dst));
	dst_release(&rt->dst);
	dst_release(&rt->dst);
	dst_release_immediate(&rt->dst);
	assert_int_equal(destroyed, 0);
	dst_release(&rt->dst);
	assert_int_equal(destroyed, 1);
	assert_int_equal(last_tag, 5);
	assert_int_equal(dev.refs, 1);
	dst_release(NULL);
}

/* More references at birth, and memory that belongs to somebody else. */
static void test_init(void **state)
{
	struct net_device dev = { 1 };
	struct test_route rt;

	memset(&rt, 0xff, sizeof(rt));
	dst_init(&rt.dst, &ops, &dev, 2, DST_OBSOLETE_FORCE_CHK, DST_HOST | DST_ALLOCATED);
	rt.tag = 9;
	assert_int_equal(rt.dst.flags, DST_HOST);
	dst_release(&rt.dst);
	assert_int_equal(destroyed, 0);
	dst_release(&rt.dst);
	assert_int_equal(destroyed, 1);
	assert_int_equal(rt.tag, 9);
	assert_int_equal(dev.refs, 1);
}

static unsigned int reasons[SKB_DROP_REASON_MAX];

static void count_reason(struct sk_buff *skb, enum skb_drop_reason reason, const void *site)
{
	reasons[reason]++;
}

static void test_discards(void **state)
{
	struct test_route *rt = route(NULL, 1);
	struct sk_buff *skb = packet();

	skb_drop_hook = count_reason;
	skb_dst_set(skb, dst_clone(&rt->dst));
	assert_int_equal(dst_input(skb), 0);
	skb = packet();
	skb_dst_set(skb, dst_clone(&rt->dst));
	assert_int_equal(dst_output(NULL, NULL, skb), 0);
	assert_int_equal(dst_discard(packet()), 0);
	skb_drop_hook = NULL;
	assert_int_equal(reasons[SKB_DROP_REASON_IP_INNOROUTES], 2);
	assert_int_equal(reasons[SKB_DROP_REASON_IP_OUTNOROUTES], 1);
	assert_int_equal(reasons[SKB_DROP_REASON_NOT_SPECIFIED], 0);
	assert_int_equal(refcount_read(&rt->dst.__refcnt), 1);
	assert_int_equal(skb_live_buffers(), 0);
	dst_release(&rt->dst);
}

static int seen_input, seen_output;

static int my_input(struct sk_buff *skb)
{
	seen_input++;
	kfree_skb(skb);
	return -EHOSTUNREACH;
}

static int my_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	seen_output++;
	kfree_skb(skb);
	return 3;
}

static void test_input_output(void **state)
{
	struct test_route *rt = route(NULL, 1);
	struct sk_buff *skb = packet();

	rt->dst.input = my_input;
	rt->dst.output = my_output;
	seen_input = seen_output = 0;
	skb_dst_set_noref(skb, &rt->dst);
	assert_int_equal(dst_input(skb), -EHOSTUNREACH);
	skb = packet();
	/* the packet has the only reference: it goes with it, and the entry after it */
	skb_dst_set(skb, &rt->dst);
	assert_int_equal(dst_output(NULL, NULL, skb), 3);
	assert_int_equal(seen_input + seen_output, 2);
	assert_int_equal(destroyed, 1);
}

/* The device goes while a packet still refers to the entry. */
static void test_device_goes(void **state)
{
	struct net_device dev = { 1 };
	struct test_route *rt = route(&dev, 1);
	struct sk_buff *skb = packet();

	rt->dst.output = my_output;
	seen_output = 0;
	skb_dst_set(skb, dst_clone(&rt->dst));
	dst_dev_put(&rt->dst);
	assert_int_equal(downs, 1);
	assert_int_equal(dev.refs, 1);
	assert_null(rt->dst.dev);
	assert_null(dst_check(&rt->dst, 0));
	assert_int_equal(dst_output(NULL, NULL, skb), 0);
	assert_int_equal(seen_output, 0);
	dst_release(&rt->dst);
	assert_int_equal(destroyed, 1);
	assert_int_equal(dev.refs, 1);
}

static void test_check_and_expiry(void **state)
{
	struct test_route *rt = route(NULL, 1);

	assert_ptr_equal(dst_check(&rt->dst, 0), &rt->dst);
	rt->dst.obsolete = DST_OBSOLETE_FORCE_CHK;
	assert_ptr_equal(dst_check(&rt->dst, 7), &rt->dst);
	assert_null(dst_check(&rt->dst, 8));
	assert_int_equal(rt->dst.expires, 0);
	dst_set_expires(&rt->dst, 1000);
	dst_set_expires(&rt->dst, 2000);
	assert_int_equal(rt->dst.expires, 1000);
	dst_set_expires(&rt->dst, 0);
	assert_int_equal(rt->dst.expires, 1);
	dst_use_noref(&rt->dst, 5);
	dst_hold_and_use(&rt->dst, 6);
	assert_int_equal(rt->dst.__use, 2);
	assert_int_equal(rt->dst.lastuse, 6);
	dst_release(&rt->dst);
	dst_release(&rt->dst);
}

static void test_limit(void **state)
{
	struct test_route *a, *b, *c;

	ops.gc_thresh = 2;
	a = route(NULL, 1);
	b = route(NULL, 2);
	assert_int_equal(gc_calls, 0);
	gc_result = 1;
	assert_null(dst_alloc(&ops, NULL, 1, 0, 0));
	assert_int_equal(gc_calls, 1);
	c = dst_alloc(&ops, NULL, 1, 0, DST_NOCOUNT);
	assert_non_null(c);
	assert_int_equal(dst_entries_get_fast(&ops), 2);
	dst_release(&c->dst);
	assert_int_equal(dst_entries_get_fast(&ops), 2);
	gc_result = 0;
	c = route(NULL, 3);
	assert_int_equal(gc_calls, 2);
	ops.gc = NULL;
	assert_null(dst_alloc(&ops, NULL, 1, 0, 0));
	dst_release(&a->dst);
	dst_release(&b->dst);
	dst_release(&c->dst);
}

static void test_no_memory(void **state)
{
	struct net_device dev = { 1 };
	struct test_route *rt;

	if (skiff_fail_nth(1))
		skip();
	assert_null(dst_alloc(&ops, &dev, 1, 0, 0));
	assert_int_equal(dev.refs, 1);
	skiff_fail_nth(0);
	rt = route(NULL, 1);
	skiff_fail_nth(1);
	assert_int_equal(dst_metric_set(&rt->dst, RTAX_MTU, 9), -ENOMEM);
	assert_int_equal(dst_metric_raw(&rt->dst, RTAX_MTU), 0);
	skiff_fail_nth(1);
	assert_null(dst_metrics_alloc(GFP_KERNEL));
	dst_release(&rt->dst);
}

/* A transformer's entry leads to the route; the chain goes with its first member. */
static void test_chain(void **state)
{
	struct dst_entry *head = NULL;
	struct test_route *rt, *path = route(NULL, 99);

	/* long enough to overflow the stack if each release called the next */
	head = &path->dst;
	for (int i = 0; i < 100000; i++) {
		rt = route(NULL, i);
		rt->dst.child = head;
		head = &rt->dst;
	}
	assert_ptr_equal(dst_path(head), &path->dst);
	dst_hold(&path->dst);
	dst_release(head);
	assert_int_equal(destroyed, 100000);
	assert_int_equal(dst_entries_get_fast(&ops), 1);
	dst_release(&path->dst);
	assert_int_equal(last_tag, 99);
}

static void test_metrics(void **state)
{
	struct test_route *a = route(NULL, 1), *b = route(NULL, 2);
	struct dst_metrics *shared = dst_metrics_alloc(GFP_KERNEL);

	assert_int_equal(dst_metric(&a->dst, RTAX_MTU), 0);
	assert_int_equal(dst_mtu(&a->dst), 1500);
	assert_int_equal(dst_metric_advmss(&a->dst), 1460);
	shared->metrics[RTAX_MTU - 1] = 9000;
	dst_init_metrics(&a->dst, shared);
	dst_init_metrics(&b->dst, shared);
	assert_int_equal(refcount_read(&shared->refcnt), 3);
	dst_metrics_put(shared);
	assert_int_equal(dst_mtu(&b->dst), 9000);

	/* set on one: the other keeps what it has */
	assert_int_equal(dst_metric_set(&a->dst, RTAX_MTU, 576), 0);
	assert_int_equal(dst_mtu(&a->dst), 576);
	assert_int_equal(dst_mtu(&b->dst), 9000);
	assert_int_equal(dst_metric_set(&a->dst, RTAX_ADVMSS, 500), 0);
	assert_int_equal(dst_metric_advmss(&a->dst), 500);
	assert_int_equal(dst_metric_set(&a->dst, RTAX_LOCK, 1 << RTAX_MTU), 0);
	assert_true(dst_metric_locked(&a->dst, RTAX_MTU));
	assert_false(dst_metric_locked(&a->dst, RTAX_ADVMSS));
	assert_int_equal(dst_metric_set(&a->dst, RTAX_MAX, 1), 0);
	dst_init_metrics(&b->dst, NULL);
	assert_int_equal(dst_mtu(&b->dst), 1500);
	dst_release(&a->dst);
	dst_release(&b->dst);
}

/* Operations that a family leaves out do nothing. */
static void test_missing_ops(void **state)
{
	struct test_route *rt = route(NULL, 1);
	struct sk_buff *skb = packet();

	ops.check = NULL;
	skb_dst_set_noref(skb, &rt->dst);
	assert_null(dst_neigh_lookup(&rt->dst, "x"));
	assert_null(dst_neigh_lookup_skb(&rt->dst, skb));
	dst_confirm_neigh(&rt->dst, "x");
	dst_link_failure(skb);
	skb_dst_update_pmtu(skb, 100);
	rt->dst.obsolete = DST_OBSOLETE_FORCE_CHK;
	assert_null(dst_check(&rt->dst, 7));
	skb_dst_drop(skb);
	dst_link_failure(skb);
	kfree_skb(skb);
	dst_release(&rt->dst);
}

static void no_reference(void)
{
	dst_alloc(&ops, NULL, 0, 0, 0);
}

static void too_small(void)
{
	ops.entry_size = 4;
	dst_alloc(&ops, NULL, 1, 0, 0);
}

static void released_twice(void)
{
	struct test_route rt;

	dst_init(&rt.dst, &ops, NULL, 1, 0, 0);
	dst_release(&rt.dst);
	dst_release(&rt.dst);
}

static void metric_zero(void)
{
	struct test_route rt;

	dst_init(&rt.dst, &ops, NULL, 1, 0, 0);
	dst_metric_raw(&rt.dst, 0);
}

static void test_callers_bugs(void **state)
{
	assert_dies(no_reference, "initial_ref");
	assert_dies(too_small, "entry_size");
	assert_dies(released_twice, "underflow");
	assert_dies(metric_zero, "metric");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_life),	      T(test_init),	   T(test_discards),
		T(test_input_output), T(test_device_goes), T(test_check_and_expiry),
		T(test_limit),	      T(test_no_memory),   T(test_chain),
		T(test_metrics),      T(test_missing_ops), T(test_callers_bugs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
