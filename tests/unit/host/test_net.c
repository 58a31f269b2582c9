// SPDX-License-Identifier: BSD-2-Clause
/* Hosts come and go, with all that subsystems keep for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <cmocka.h>

#include <skiff/fault.h>
#include <skiff/net_namespace.h>
#include <skiff/printk.h>
#include <skiff/skbuff.h>
#include <skiff/slab.h>

#include "death.h"

/* What the log said, one line after the other. */
static char said[4096];

static void listen(int level, const char *text, void *arg)
{
	strncat(said, text, sizeof(said) - strlen(said) - 2);
	strcat(said, "\n");
}

static int setup(void **state)
{
	said[0] = '\0';
	skiff_log_sink(listen, NULL);
	return 0;
}

static int teardown(void **state)
{
	skiff_log_sink(NULL, NULL);
	return 0;
}

static void test_defaults(void **state)
{
	struct net *a = skiff_net_create(NULL);
	struct net *b = skiff_net_create(NULL);

	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(strncmp(skiff_net_name(a), "net", 3), 0);
	assert_string_not_equal(skiff_net_name(a), skiff_net_name(b));
	assert_ptr_equal(skiff_net_clock(a), skiff_clock_real());
	assert_true(skiff_net_now(a) <= skiff_net_now(b));
	assert_true(net_eq(a, a) && !net_eq(a, b));
	/* Real hosts have nothing in common. */
	assert_true(a->rng.key.key[0] != b->rng.key.key[0]);
	assert_int_equal(skiff_net_destroy(a), 0);
	assert_int_equal(skiff_net_destroy(b), 0);
	assert_int_equal(skiff_net_destroy(NULL), 0);
	assert_string_equal(said, "");
}

static void test_names(void **state)
{
	char longest[SKIFF_NET_NAME_MAX + 2];
	struct skiff_net_params params = { .name = longest };
	static const char *const bad[] = { "", "a b", "a/b", "a\n", "\xc3\xa4" };
	struct net *net;

	memset(longest, 'n', sizeof(longest));
	longest[SKIFF_NET_NAME_MAX] = '\0';
	net = skiff_net_create(&params);
	assert_string_equal(skiff_net_name(net), longest);
	skiff_net_destroy(net);
	longest[SKIFF_NET_NAME_MAX] = 'n';
	longest[SKIFF_NET_NAME_MAX + 1] = '\0';
	errno = 0;
	assert_null(skiff_net_create(&params));
	assert_int_equal(errno, EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		params.name = bad[i];
		errno = 0;
		assert_null(skiff_net_create(&params));
		assert_int_equal(errno, EINVAL);
	}
	params.name = "Host_1.lab-2";
	net = skiff_net_create(&params);
	assert_string_equal(skiff_net_name(net), "Host_1.lab-2");
	skiff_net_destroy(net);
}

static void test_seeds(void **state)
{
	struct skiff_clock *one = skiff_clock_virtual(0, 0);
	struct skiff_clock *two = skiff_clock_virtual(0, 0);
	struct skiff_net_params p1 = { .clock = one }, p2 = { .clock = two };
	struct net *a = skiff_net_create(&p1), *b = skiff_net_create(&p1);
	struct net *c = skiff_net_create(&p2), *d;
	u64 first;

	/* Numbers begin anew on each clock, so simulations in one process repeat. */
	assert_int_equal(a->id, 1);
	assert_int_equal(b->id, 2);
	assert_int_equal(c->id, 1);
	first = skiff_rng_u64(&a->rng);
	assert_true(first != skiff_rng_u64(&b->rng));
	assert_true(first == skiff_rng_u64(&c->rng));
	p2.seed = 77;
	d = skiff_net_create(&p2);
	assert_true(first != skiff_rng_u64(&d->rng));
	skiff_net_destroy(a);
	skiff_net_destroy(b);
	skiff_net_destroy(c);
	skiff_net_destroy(d);
	skiff_clock_put(one);
	skiff_clock_put(two);
}

/* The clock lives as long as a host on it. */
static void test_clock_reference(void **state)
{
	struct skiff_net_params params = { .clock = skiff_clock_virtual(5, 0) };
	struct net *net = skiff_net_create(&params);

	skiff_clock_put(params.clock);
	assert_true(skiff_net_now(net) == 5);
	assert_int_equal(skiff_net_destroy(net), 0);
}

static void dummy_timer(struct timer_list *timer)
{
}

static void dummy_watch(struct net *net, int fd, u32 events, void *arg)
{
}

static struct ctl_table no_settings[] = { { 0 } };

static void test_leaks(void **state)
{
	struct skiff_net_params params = { .name = "leaky" };
	struct net *net = skiff_net_create(&params);
	struct timer_list timer;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	timer_setup_net(&timer, net, dummy_timer, 0);
	net_lock(net);
	mod_timer(&timer, jiffies + 1000000);
	assert_non_null(register_net_sysctl(net, "net/left", no_settings));
	net_unlock(net);
	assert_int_equal(net_watch_fd(net, fds[0], 1, dummy_watch, NULL), 0);
	assert_true(net_mem_charge(net, 123));
	assert_int_equal(skiff_net_destroy(net), 4);
	assert_non_null(strstr(said, "host leaky: timer dummy_timer is still armed\n"));
	assert_non_null(strstr(said, "host leaky: settings under net/left are still registered\n"));
	assert_non_null(strstr(said, "is still watched\n"));
	assert_non_null(strstr(said, "host leaky: 123 bytes of buffers are still accounted\n"));
	assert_false(timer_pending(&timer));
	close(fds[0]);
	close(fds[1]);
}

/* Only the ownership-tracking build knows whose a buffer is. */
static void test_leaked_buffer(void **state)
{
#ifdef SKIFF_SKB_TRACK
	struct skiff_net_params params = { .name = "leaky" };
	struct net *net = skiff_net_create(&params);
	struct sk_buff *skb, *other;

	other = alloc_skb(100, GFP_KERNEL);
	net_lock(net);
	skb = alloc_skb(100, GFP_KERNEL);
	net_unlock(net);
	assert_int_equal(skiff_net_destroy(net), 1);
	assert_non_null(
		strstr(said, "of a host that ends: len 0, allocated by test_leaked_buffer"));
	kfree_skb(skb);
	kfree_skb(other);
#else
	skip();
#endif
}

/* Subsystems that write down what happens to them. */
static char trace[256];
static unsigned int id_a, id_b;
static int b_refuses;

static void wrote(const char *what)
{
	strcat(trace, what);
}

static int init_a(struct net *net)
{
	assert_ptr_equal(current_net(), net);
	assert_non_null(net_generic(net, id_a));
	assert_int_equal(*(int *)net_generic(net, id_a), 0);
	*(int *)net_generic(net, id_a) = 17;
	wrote("+a");
	return 0;
}

static void pre_exit_a(struct net *net)
{
	assert_int_equal(*(int *)net_generic(net, id_a), 17);
	wrote("~a");
}

static void exit_a(struct net *net)
{
	assert_ptr_equal(current_net(), net);
	assert_int_equal(*(int *)net_generic(net, id_a), 17);
	wrote("-a");
}

static int init_b(struct net *net)
{
	if (b_refuses)
		return -b_refuses;
	wrote("+b");
	return 0;
}

static void exit_b(struct net *net)
{
	/* Those set up before are still there. */
	assert_non_null(net_generic(net, id_a));
	wrote("-b");
}

static int init_d(struct net *net)
{
	wrote("+d");
	return 0;
}

static void exit_d(struct net *net)
{
	wrote("-d");
}

static struct pernet_operations ops_a = {
	.init = init_a,
	.pre_exit = pre_exit_a,
	.exit = exit_a,
	.id = &id_a,
	.size = sizeof(int),
};
static struct pernet_operations ops_b = {
	.init = init_b,
	.exit = exit_b,
	.id = &id_b,
	.size = 100,
};
static struct pernet_operations ops_d = { .init = init_d, .exit = exit_d };

static int register_all(void **state)
{
	setup(state);
	trace[0] = '\0';
	b_refuses = 0;
	/* The driver comes first here and is set up last all the same. */
	assert_int_equal(register_pernet_device(&ops_d), 0);
	assert_int_equal(register_pernet_subsys(&ops_a), 0);
	assert_int_equal(register_pernet_subsys(&ops_b), 0);
	return 0;
}

static int unregister_all(void **state)
{
	unregister_pernet_subsys(&ops_b);
	unregister_pernet_subsys(&ops_a);
	unregister_pernet_device(&ops_d);
	return teardown(state);
}

static void test_pernet_order(void **state)
{
	struct net *net = skiff_net_create(NULL);

	assert_true(id_a > 0 && id_b > 0 && id_a != id_b);
	assert_string_equal(trace, "+a+b+d");
	trace[0] = '\0';
	assert_int_equal(skiff_net_destroy(net), 0);
	assert_string_equal(trace, "~a-d-b-a");
}

static void test_pernet_refusal(void **state)
{
	b_refuses = EADDRINUSE;
	errno = 0;
	assert_null(skiff_net_create(NULL));
	assert_int_equal(errno, EADDRINUSE);
	assert_string_equal(trace, "+a~a-a");
}

static void test_pernet_twice(void **state)
{
	assert_int_equal(register_pernet_subsys(&ops_a), -EALREADY);
	assert_int_equal(register_pernet_device(&ops_d), -EALREADY);
}

/* Subsystems may come and go while there are hosts. */
static void test_pernet_late(void **state)
{
	struct net *one = skiff_net_create(NULL), *two = skiff_net_create(NULL);

	unregister_pernet_subsys(&ops_b);
	assert_int_equal(id_b, 0);
	assert_string_equal(trace, "+a+b+d+a+b+d-b-b");
	assert_null(net_generic(one, id_b));
	trace[0] = '\0';
	assert_int_equal(register_pernet_subsys(&ops_b), 0);
	assert_string_equal(trace, "+b+b");
	assert_non_null(net_generic(two, id_b));
	trace[0] = '\0';
	skiff_net_destroy(one);
	skiff_net_destroy(two);
	assert_string_equal(trace, "~a-d-b-a~a-d-b-a");
}

static int fourth_host_refuses;

static int init_late(struct net *net)
{
	wrote("+l");
	return ++fourth_host_refuses == 3 ? -ENODEV : 0;
}

static void exit_late(struct net *net)
{
	wrote("-l");
}

static void test_pernet_late_refusal(void **state)
{
	struct pernet_operations late = { .init = init_late, .exit = exit_late };
	struct net *nets[4];

	for (int i = 0; i < 4; i++)
		nets[i] = skiff_net_create(NULL);
	trace[0] = '\0';
	fourth_host_refuses = 0;
	assert_int_equal(register_pernet_subsys(&late), -ENODEV);
	assert_string_equal(trace, "+l+l+l-l-l");
	for (int i = 0; i < 4; i++)
		skiff_net_destroy(nets[i]);
}

static void test_pernet_limit(void **state)
{
	static struct pernet_operations many[NET_GENERIC_MAX];
	static unsigned int ids[NET_GENERIC_MAX];
	int n = 0, err;

	for (;; n++) {
		many[n] = (struct pernet_operations){ .id = &ids[n], .size = 1 };
		err = register_pernet_subsys(&many[n]);
		if (err)
			break;
	}
	assert_int_equal(err, -ENOSPC);
	/* All but number 0 and the two that are registered. */
	assert_int_equal(n, NET_GENERIC_MAX - 3);
	while (n-- > 0)
		unregister_pernet_subsys(&many[n]);
}

static int __maybe_unused open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Whichever allocation fails, nothing is left (the address sanitizer looks for memory). */
static void test_create_faults(void **state)
{
#ifdef SKIFF_FAULT_INJECTION
	struct skiff_net_params params = { .clock = skiff_clock_virtual(0, 0) };
	int before = open_descriptors();
	struct net *net;
	long n = 1;

	for (;; n++) {
		skiff_fail_nth(n);
		errno = 0;
		net = skiff_net_create(&params);
		if (skiff_fail_count() < n)
			break;
		assert_null(net);
		assert_int_equal(errno, ENOMEM);
		assert_int_equal(open_descriptors(), before);
	}
	skiff_fail_nth(0);
	/* The host, its settings, and the shares of two subsystems at the least. */
	assert_true(n > 4);
	assert_int_equal(skiff_net_destroy(net), 0);
	skiff_clock_put(params.clock);
#else
	assert_int_equal(skiff_fail_count(), 0);
#endif
}

static void test_late_faults(void **state)
{
#ifdef SKIFF_FAULT_INJECTION
	struct net *one = skiff_net_create(NULL), *two = skiff_net_create(NULL);
	struct pernet_operations late = { .id = &id_b, .size = 10 };
	unsigned int saved = id_b;

	for (long n = 1; n <= 2; n++) {
		skiff_fail_nth(n);
		assert_int_equal(register_pernet_subsys(&late), -ENOMEM);
	}
	skiff_fail_nth(0);
	id_b = saved;
	skiff_net_destroy(one);
	skiff_net_destroy(two);
#else
	assert_int_equal(skiff_fail_count(), 0);
#endif
}

static void test_no_descriptors(void **state)
{
	struct rlimit before, none;
	int lowest;

	getrlimit(RLIMIT_NOFILE, &before);
	lowest = dup(0);
	close(lowest);
	for (int room = 0; room < 2; room++) {
		none = before;
		none.rlim_cur = (rlim_t)(lowest + room);
		setrlimit(RLIMIT_NOFILE, &none);
		errno = 0;
		assert_null(skiff_net_create(NULL));
		assert_int_equal(errno, EMFILE);
		setrlimit(RLIMIT_NOFILE, &before);
	}
}

/* The start of the library: once, and again after a failure. */
static int calls_a, calls_b, b_fails;

static int start_a(void)
{
	return calls_a++ ? -EALREADY : 0;
}

static int start_b(void)
{
	calls_b++;
	return b_fails ? -ENOMEM : 0;
}

static void test_initcalls(void **state)
{
	static const skiff_initcall calls[] = { start_a, start_b };
	int done = 0;

	b_fails = 1;
	assert_int_equal(skiff_run_initcalls(calls, 2, &done), -ENOMEM);
	assert_int_equal(done, 0);
	b_fails = 0;
	assert_int_equal(skiff_run_initcalls(calls, 2, &done), 0);
	assert_int_equal(skiff_run_initcalls(calls, 2, &done), 0);
	assert_int_equal(calls_a, 2);
	assert_int_equal(calls_b, 2);
}

static void null_host(void)
{
	skiff_poll(NULL, 0);
}

static void create_while_locked(void)
{
	net_lock(skiff_net_create(NULL));
	skiff_net_create(NULL);
}

static void synchronize_on_ready(struct net *net, int fd, u32 events, void *arg)
{
	(void)fd;
	(void)events;
	(void)arg;
	net_synchronize(net);
}

static void synchronize_in_callback(void)
{
	struct net *net = skiff_net_create(NULL);
	int ends[2];

	alarm(10);
	if (pipe(ends) || write(ends[1], "x", 1) != 1 ||
	    net_watch_fd(net, ends[0], EPOLLIN, synchronize_on_ready, NULL))
		return;
	skiff_poll(net, 0);
}

static void synchronize_work(struct net *net, struct net_work *work)
{
	(void)work;
	net_synchronize(net);
}

static void synchronize_in_work(void)
{
	struct net *net = skiff_net_create(NULL);
	struct net_work work;

	alarm(10);
	net_work_init(&work, synchronize_work);
	net_lock(net);
	net_after_unlock(net, &work);
	net_unlock(net);
}

static void other_on_ready(struct net *net, int fd, u32 events, void *arg)
{
	char byte;

	(void)net;
	(void)events;
	if (read(fd, &byte, 1) == 1)
		net_synchronize((struct net *)arg);
}

/* Another host's top halves may be waited for. */
static void test_synchronize_with_another(void **state)
{
	struct net *a = skiff_net_create(NULL), *b = skiff_net_create(NULL);
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(net_watch_fd(a, ends[0], EPOLLIN, other_on_ready, b), 0);
	while (skiff_poll(a, 0))
		;
	net_unwatch_fd(a, ends[0]);
	/* It has left: now it may wait for the first one, too. */
	net_synchronize(a);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(skiff_net_destroy(a), 0);
	assert_int_equal(skiff_net_destroy(b), 0);
}

static void test_misuse(void **state)
{
	assert_dies(null_host, "NULL given where a host is wanted");
	assert_dies(synchronize_in_callback, "would wait for itself");
	assert_dies(synchronize_in_work, "would wait for itself");
	assert_dies(create_while_locked, "skiff_net_create() with the stack lock");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
#define TEST_PERNET(fn) cmocka_unit_test_setup_teardown(fn, register_all, unregister_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),
		TEST(test_names),
		TEST(test_seeds),
		TEST(test_clock_reference),
		TEST(test_leaks),
		TEST(test_leaked_buffer),
		TEST_PERNET(test_pernet_order),
		TEST_PERNET(test_pernet_refusal),
		TEST_PERNET(test_pernet_twice),
		TEST_PERNET(test_pernet_late),
		TEST_PERNET(test_pernet_late_refusal),
		TEST_PERNET(test_pernet_limit),
		TEST_PERNET(test_create_faults),
		TEST_PERNET(test_late_faults),
		TEST(test_no_descriptors),
		TEST(test_initcalls),
		TEST(test_misuse),
		TEST(test_synchronize_with_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
