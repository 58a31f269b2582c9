// SPDX-License-Identifier: BSD-2-Clause
/* The loop of a host: deadlines, descriptors, wake-ups, and life in somebody else's loop. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include <skiff/fault.h>
#include <skiff/net_namespace.h>

static struct net *net;
static int fds[2];

/* What the watch saw. */
static int calls;
static u32 seen_events;
static bool end_watch;

static int setup(void **state)
{
	net = skiff_net_create(NULL);
	calls = 0;
	end_watch = false;
	return !net || pipe(fds) != 0;
}

static int teardown(void **state)
{
	net_unwatch_fd(net, fds[0]);
	net_unwatch_fd(net, fds[1]);
	close(fds[0]);
	close(fds[1]);
	return skiff_net_destroy(net);
}

static void on_ready(struct net *host, int fd, u32 events, void *arg)
{
	char byte;

	assert_ptr_equal(host, net);
	assert_null(current_net());
	assert_ptr_equal(arg, &calls);
	calls++;
	seen_events = events;
	if (events & EPOLLIN)
		assert_int_equal(read(fd, &byte, 1), 1);
	if (end_watch)
		assert_int_equal(net_unwatch_fd(host, fd), 0);
}

static void test_nothing(void **state)
{
	ktime_t before = skiff_net_now(net);

	assert_int_equal(skiff_poll(net, 0), 0);
	assert_true(skiff_next_deadline(net) == KTIME_MAX);
	assert_int_equal(skiff_poll(net, 20 * NSEC_PER_MSEC), 0);
	assert_true(skiff_net_now(net) - before >= 20 * NSEC_PER_MSEC);
}

static void test_watch(void **state)
{
	assert_int_equal(net_watch_fd(net, fds[0], EPOLLIN, on_ready, &calls), 0);
	assert_int_equal(net_watch_fd(net, fds[0], EPOLLIN, on_ready, &calls), -EEXIST);
	assert_int_equal(skiff_poll(net, 0), 0);
	assert_int_equal(write(fds[1], "xy", 2), 2);
	/* Level-triggered: one byte per round. */
	assert_int_equal(skiff_poll(net, -1), 1);
	assert_int_equal(skiff_poll(net, -1), 1);
	assert_int_equal(calls, 2);
	assert_true(seen_events == EPOLLIN);
	assert_int_equal(skiff_poll(net, 0), 0);

	assert_int_equal(net_rewatch_fd(net, fds[0], 0), 0);
	assert_int_equal(write(fds[1], "z", 1), 1);
	assert_int_equal(skiff_poll(net, 0), 0);
	assert_int_equal(net_rewatch_fd(net, fds[0], EPOLLIN), 0);
	assert_int_equal(skiff_poll(net, 0), 1);
	assert_int_equal(net_unwatch_fd(net, fds[0]), 0);
	assert_int_equal(net_unwatch_fd(net, fds[0]), -ENOENT);
	assert_int_equal(net_rewatch_fd(net, fds[0], EPOLLIN), -ENOENT);
	assert_int_equal(write(fds[1], "z", 1), 1);
	assert_int_equal(skiff_poll(net, 0), 0);
	assert_int_equal(calls, 3);
}

/* A driver that tells by reading whether there is something, and has work for its host then. */

static struct net_work frames;
static int handled;

static void handle_frames(struct net *host, struct net_work *work)
{
	handled++;
}

static void on_look(struct net *host, int fd, u32 events, void *arg)
{
	char byte;

	calls++;
	assert_int_equal(events, EPOLLIN);
	if (read(fd, &byte, 1) == 1)
		assert_true(net_defer(host, &frames));
}

static void test_eager_watch(void **state)
{
	int looks;

	handled = 0;
	net_work_init(&frames, handle_frames);
	assert_int_equal(net_watch_eagerly(net, fds[0]), -ENOENT);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(net_watch_fd(net, fds[0], EPOLLIN, on_look, &calls), 0);
	assert_int_equal(net_watch_eagerly(net, fds[0]), 0);
	/* It was never ready. */
	assert_int_equal(skiff_poll(net, 0), 0);
	assert_int_equal(calls, 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(skiff_poll(net, 0), 1);
	assert_int_equal(calls, 1);
	assert_int_equal(handled, 1);
	/* It is looked at again, which finds what came meanwhile, and nothing without. */
	assert_int_equal(write(fds[1], "y", 1), 1);
	assert_int_equal(skiff_poll(net, 0), 1);
	assert_int_equal(handled, 2);
	assert_int_equal(skiff_poll(net, 0), 0);
	assert_int_equal(calls, 3);
	/* Some more times. */
	for (looks = 3; skiff_poll(net, 0) == 0 && calls > looks; looks++)
		assert_true(looks < 100);
	assert_int_equal(skiff_poll(net, 0), 0);
	assert_int_equal(calls, looks);
	assert_int_equal(handled, 2);
	/* And not while it is not watched for reading, nor after the end. */
	assert_int_equal(write(fds[1], "z", 1), 1);
	assert_int_equal(skiff_poll(net, 0), 1);
	assert_int_equal(net_rewatch_fd(net, fds[0], 0), 0);
	assert_int_equal(skiff_poll(net, 0), 0);
	assert_int_equal(calls, looks + 1);
	assert_int_equal(net_rewatch_fd(net, fds[0], EPOLLIN), 0);
	assert_int_equal(write(fds[1], "z", 1), 1);
	assert_int_equal(skiff_poll(net, 0), 1);
	assert_int_equal(net_unwatch_fd(net, fds[0]), 0);
	assert_int_equal(skiff_poll(net, 0), 0);
	assert_int_equal(calls, looks + 2);
}

/* One that always has something does not keep others waiting for ever. */
static void test_eager_watch_lets_others(void **state)
{
	int other[2], rounds = 0;

	net_work_init(&frames, handle_frames);
	assert_int_equal(pipe(other), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(net_watch_fd(net, fds[0], EPOLLIN, on_look, &calls), 0);
	assert_int_equal(net_watch_eagerly(net, fds[0]), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(skiff_poll(net, 0), 1);
	calls = 0;
	assert_int_equal(net_watch_fd(net, other[0], EPOLLIN, on_ready, &calls), 0);
	assert_int_equal(write(other[1], "o", 1), 1);
	for (seen_events = 0; !seen_events; rounds++) {
		assert_true(rounds < 100);
		assert_int_equal(write(fds[1], "x", 1), 1);
		assert_int_equal(skiff_poll(net, 0), 1);
	}
	assert_true(rounds > 1);
	net_unwatch_fd(net, other[0]);
	close(other[0]);
	close(other[1]);
}

static void test_watch_refusals(void **state)
{
	int file = open("/proc/self/exe", O_RDONLY);

	assert_int_equal(net_watch_fd(net, -1, EPOLLIN, on_ready, NULL), -EBADF);
	assert_int_equal(net_watch_fd(net, 9999, EPOLLIN, on_ready, NULL), -EBADF);
	assert_int_equal(net_watch_fd(net, fds[0], EPOLLIN, NULL, NULL), -EINVAL);
	assert_int_equal(net_watch_fd(net, fds[0], EPOLLET, on_ready, NULL), -EINVAL);
	assert_int_equal(net_watch_fd(net, file, EPOLLIN, on_ready, NULL), -EPERM);
	if (skiff_fail_nth(1) == 0)
		assert_int_equal(net_watch_fd(net, fds[0], EPOLLIN, on_ready, NULL), -ENOMEM);
	skiff_fail_nth(0);
	assert_int_equal(skiff_poll(net, 0), 0);
	close(file);
}

static void test_unwatch_inside(void **state)
{
	end_watch = true;
	assert_int_equal(net_watch_fd(net, fds[0], EPOLLIN, on_ready, &calls), 0);
	assert_int_equal(write(fds[1], "xy", 2), 2);
	assert_int_equal(skiff_poll(net, 0), 1);
	assert_int_equal(skiff_poll(net, 0), 0);
	assert_int_equal(calls, 1);
}

static void test_hang_up(void **state)
{
	assert_int_equal(net_watch_fd(net, fds[0], EPOLLIN, on_ready, &calls), 0);
	close(fds[1]);
	fds[1] = -1;
	end_watch = true;
	assert_int_equal(skiff_poll(net, -1), 1);
	assert_true(seen_events & EPOLLHUP);
	assert_int_equal(skiff_poll(net, 0), 0);
}

static ktime_t timer_ran_at;

static void on_timer(struct timer_list *timer)
{
	timer_ran_at = ktime_get();
}

static void test_deadline(void **state)
{
	struct timer_list timer;
	ktime_t when = skiff_net_now(net) + 3 * NSEC_PER_MSEC + 123456;

	timer_ran_at = 0;
	timer_setup_net(&timer, net, on_timer, 0);
	net_lock(net);
	mod_timer_ns(&timer, when);
	net_unlock(net);
	assert_true(skiff_next_deadline(net) == when);
	while (!timer_ran_at)
		assert_true(skiff_poll(net, -1) >= 0);
	assert_true(timer_ran_at >= when);
	assert_true(skiff_next_deadline(net) == KTIME_MAX);
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void nothing(struct net *host, struct net_work *work)
{
}

static void test_foreign_loop(void **state)
{
	int fd = skiff_fd(net);
	struct timer_list timer;
	struct net_work work;

	net_work_init(&work, nothing);
	assert_true(fd >= 0);
	assert_int_equal(skiff_fd(net), fd);
	assert_false(readable(fd));
	/* Work, descriptors, and a deadline earlier than the one that was given out. */
	net_defer(net, &work);
	assert_true(readable(fd));
	assert_int_equal(skiff_poll(net, 0), 1);
	assert_false(readable(fd));
	skiff_kick(net);
	assert_true(readable(fd));
	assert_int_equal(skiff_poll(net, 0), 0);
	assert_false(readable(fd));

	net_watch_fd(net, fds[0], EPOLLIN, on_ready, &calls);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_true(readable(fd));
	assert_int_equal(skiff_poll(net, 0), 1);
	assert_false(readable(fd));

	timer_setup_net(&timer, net, on_timer, 0);
	assert_true(skiff_next_deadline(net) == KTIME_MAX);
	net_lock(net);
	mod_timer_ns(&timer, ktime_get() + 3600 * NSEC_PER_SEC);
	net_unlock(net);
	assert_true(readable(fd));
	skiff_poll(net, 0);
	assert_false(readable(fd));
	assert_true(skiff_next_deadline(net) == timer.when);
	net_lock(net);
	mod_timer_ns(&timer, timer.when + 5);
	net_unlock(net);
	assert_false(readable(fd));
	net_lock(net);
	del_timer(&timer);
	net_unlock(net);
}

/* A kick that came before anybody asked for the descriptor is not lost. */
static void test_early_kick(void **state)
{
	skiff_kick(net);
	assert_true(readable(skiff_fd(net)));
	skiff_poll(net, 0);
	assert_false(readable(skiff_fd(net)));
}

static void test_kick_before_sleep(void **state)
{
	struct net_work work;

	net_work_init(&work, nothing);
	net_defer(net, &work);
	assert_int_equal(skiff_poll(net, -1), 1);
}

/* Without work: what it is about, only the caller of the loop knows. */
static void test_bare_kick_before_sleep(void **state)
{
	ktime_t before = skiff_net_now(net);

	skiff_kick(net);
	assert_int_equal(skiff_poll(net, 10 * NSEC_PER_SEC), 0);
	assert_true(skiff_net_now(net) - before < 5 * NSEC_PER_SEC);
	/* Once. */
	before = skiff_net_now(net);
	assert_int_equal(skiff_poll(net, 10 * NSEC_PER_MSEC), 0);
	assert_true(skiff_net_now(net) - before >= 10 * NSEC_PER_MSEC);
}

static void on_alarm(int sig)
{
}

static void on_alarm_kick(int sig)
{
	skiff_kick(net);
}

static int poll_with_alarm(void (*handler)(int))
{
	struct sigaction act = { .sa_handler = handler }, before;
	struct itimerval soon = { .it_value = { .tv_usec = 20000 } };
	int err;

	sigaction(SIGALRM, &act, &before);
	setitimer(ITIMER_REAL, &soon, NULL);
	err = skiff_poll(net, -1);
	sigaction(SIGALRM, &before, NULL);
	return err;
}

static void test_signal(void **state)
{
	assert_int_equal(poll_with_alarm(on_alarm), -EINTR);
	assert_int_equal(poll_with_alarm(on_alarm_kick), -EINTR);
	assert_int_equal(skiff_poll(net, 0), 0);
}

static void test_worker_states(void **state)
{
	assert_int_equal(skiff_net_stop(net), -EALREADY);
	assert_int_equal(skiff_net_start(net), 0);
	assert_int_equal(skiff_net_start(net), -EALREADY);
	assert_int_equal(skiff_net_stop(net), 0);
	assert_int_equal(skiff_net_stop(net), -EALREADY);
	assert_int_equal(skiff_net_start(net), 0);
	/* Destroying the host stops it. */
}

static int setup_many(void **state)
{
	net = skiff_net_create(NULL);
	calls = 0;
	return !net;
}

static int teardown_many(void **state)
{
	return skiff_net_destroy(net);
}

/* More ready descriptors than one look takes. */
static void test_many_watches(void **state)
{
	int pipes[50][2];

	for (int i = 0; i < 50; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		assert_int_equal(net_watch_fd(net, pipes[i][0], EPOLLIN, on_ready, &calls), 0);
		assert_int_equal(write(pipes[i][1], "x", 1), 1);
	}
	while (skiff_poll(net, 0))
		;
	assert_int_equal(calls, 50);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(net_unwatch_fd(net, pipes[i][0]), 0);
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	net_synchronize(net);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_watch),
		TEST(test_eager_watch),
		TEST(test_eager_watch_lets_others),
		TEST(test_watch_refusals),
		TEST(test_unwatch_inside),
		TEST(test_hang_up),
		TEST(test_deadline),
		TEST(test_foreign_loop),
		TEST(test_early_kick),
		TEST(test_kick_before_sleep),
		TEST(test_bare_kick_before_sleep),
		TEST(test_signal),
		TEST(test_worker_states),
		cmocka_unit_test_setup_teardown(test_many_watches, setup_many, teardown_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
