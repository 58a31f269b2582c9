// SPDX-License-Identifier: BSD-2-Clause
/* A forked child: its parent's hosts are closed to it, its own work. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>

#include <cmocka.h>

#include <skiff/net_namespace.h>

#include "death.h"

static struct net *net;
static struct net *simulated;
static struct skiff_clock *vclock;

static int setup(void **state)
{
	vclock = skiff_clock_virtual(0, 0);
	net = skiff_net_create(NULL);
	simulated = skiff_net_create(&(struct skiff_net_params){ .clock = vclock });
	return !net || !simulated;
}

static int teardown(void **state)
{
	int left = skiff_net_destroy(net) + skiff_net_destroy(simulated);

	skiff_clock_put(vclock);
	return left;
}

/* cmocka's own assertions would go on with the parent's tests. */
#define want(cond)                                                         \
	do {                                                               \
		if (!(cond)) {                                             \
			fprintf(stderr, "line %d: %s\n", __LINE__, #cond); \
			_exit(1);                                          \
		}                                                          \
	} while (0)

static int visit_sysctl(const char *name, const char *value, void *arg)
{
	return 0;
}

static int visit_counter(const char *name, u64 value, void *arg)
{
	return 0;
}

static void watch(struct net *host, int fd, u32 events, void *arg)
{
}

static void all_closed(void)
{
	char text[100];
	u64 value;

	want(net_enter(net) == -EOWNERDEAD);
	want(!net_trylock(net));
	want(current_net() == NULL);
	want(skiff_poll(net, 0) == -EOWNERDEAD);
	want(skiff_fd(net) == -EOWNERDEAD);
	want(skiff_next_deadline(net) == -EOWNERDEAD);
	want(skiff_net_start(net) == -EOWNERDEAD);
	want(skiff_net_stop(net) == -EOWNERDEAD);
	want(net_watch_fd(net, 0, EPOLLIN, watch, NULL) == -EOWNERDEAD);
	want(net_rewatch_fd(net, 0, EPOLLIN) == -EOWNERDEAD);
	want(net_unwatch_fd(net, 0) == -EOWNERDEAD);
	want(skiff_sysctl_get(net, "net.core.netdev_budget", text, sizeof(text)) == -EOWNERDEAD);
	want(skiff_sysctl_set(net, "net.core.netdev_budget", "5", text, sizeof(text)) ==
	     -EOWNERDEAD);
	want(strstr(text, "belongs to the process that forked"));
	want(skiff_sysctl_foreach(net, visit_sysctl, NULL) == -EOWNERDEAD);
	want(skiff_snmp_foreach(net, visit_counter, NULL) == -EOWNERDEAD);
	want(skiff_snmp_get(net, "IpInReceives", &value) == -EOWNERDEAD);
	want(skiff_drops_foreach(net, visit_counter, NULL) == -EOWNERDEAD);
	skiff_kick(net);
	want(skiff_net_destroy(net) == -EOWNERDEAD);
	want(skiff_clock_run_until(vclock, 10) == -EOWNERDEAD);
	want(skiff_clock_next(vclock) == -EOWNERDEAD);
	errno = 0;
	want(!skiff_net_create(&(struct skiff_net_params){ .clock = vclock }));
	want(errno == EOWNERDEAD);
}

static void own_hosts(void)
{
	struct skiff_clock *clk = skiff_clock_virtual(0, 0);
	struct net *mine = skiff_net_create(NULL);
	struct net *sim = skiff_net_create(&(struct skiff_net_params){ .clock = clk });

	want(mine && sim);
	want(skiff_poll(mine, 0) == 0);
	want(skiff_net_start(mine) == 0);
	want(skiff_clock_run_until(clk, 10) == 0);
	want(skiff_net_destroy(mine) == 0);
	want(skiff_net_destroy(sim) == 0);
	skiff_clock_put(clk);
}

static void lock_anyway(void)
{
	net_lock(net);
}

static void assert_lives(void (*fn)(void))
{
	static char said[4096];

	if (run_in_child(fn, said, sizeof(said)) != 0)
		fail_msg("child: %s", said);
}

static void test_child(void **state)
{
	assert_lives(all_closed);
	assert_lives(own_hosts);
	assert_dies(lock_anyway, "used in a forked child, to which it is closed");
	/* The parent has not noticed. */
	assert_int_equal(skiff_poll(net, 0), 0);
	assert_int_equal(skiff_clock_run_until(vclock, 10), 0);
}

/* Even when the fork happens under the lock, and while a worker runs. */
static void test_fork_under_lock(void **state)
{
	assert_int_equal(skiff_net_start(net), 0);
	net_lock(net);
	assert_lives(all_closed);
	assert_lives(own_hosts);
	assert_ptr_equal(current_net(), net);
	net_unlock(net);
	assert_int_equal(skiff_net_stop(net), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_child, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fork_under_lock, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
