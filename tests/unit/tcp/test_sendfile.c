// SPDX-License-Identifier: BSD-2-Clause
/* skiff_sendfile(): files of odd sizes, and of sizes that change, to readers that take their time. */
#include "tcp_pair.h"

#include <stdlib.h>
#include <unistd.h>

/* More than any buffer here. */
#define FILE_MAX 3000017

static int a, b, file;
static u8 content[FILE_MAX], got[FILE_MAX + 1];

static int setup(void **state)
{
	char name[] = "/tmp/skiff-sendfile-XXXXXX";
	int l;

	pair_setup(state);
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (u8)(i % 251 + i / 251 % 7);
	file = mkstemp(name);
	assert_true(file >= 0);
	unlink(name);
	l = listener(host_b, PORT, 1);
	a = connected(PORT);
	b = skiff_accept(l, NULL, NULL);
	assert_true(b >= 0);
	return 0;
}

static int teardown(void **state)
{
	close(file);
	return pair_teardown(state);
}

static void fill(size_t len)
{
	assert_int_equal(ftruncate(file, 0), 0);
	assert_int_equal(pwrite(file, content, len, 0), (ssize_t)len);
}

/* What has come, without waiting. Return: bytes. */
static size_t receive(size_t have)
{
	ssize_t n;

	while ((n = skiff_recv(b, got + have, sizeof(got) - have, MSG_DONTWAIT)) > 0)
		have += (size_t)n;
	return have;
}

static void sizes(void **state)
{
	static const size_t size[] = { 0,     1,     1447,  4095,  4096,   4097,   32767, 32768,
				       32769, 65535, 65536, 65537, 100001, 131072, 200003 };
	size_t have;
	off_t at;

	for (size_t i = 0; i < ARRAY_SIZE(size); i++) {
		fill(size[i]);
		at = 0;
		have = 0;
		/* More than there is: the end of the file is the end of the call. */
		assert_int_equal(skiff_sendfile(a, file, &at, size[i] + 10), (ssize_t)size[i]);
		assert_int_equal(at, (off_t)size[i]);
		sleep_ms(300);
		have = receive(have);
		assert_int_equal(have, size[i]);
		assert_memory_equal(got, content, have);
		assert_int_equal(skiff_sendfile(a, file, &at, 1), 0);
	}
	assert_int_equal(lseek(file, 0, SEEK_CUR), 0);
}

/* The last part of a file does not wait for more. */
static void nothing_is_held_back(void **state)
{
	off_t at = 0;

	fill(65536);
	impair(host_a, dev_a, "delay=1ms");
	assert_int_equal(skiff_sendfile(a, file, &at, 1000000), 65536);
	at = 0;
	assert_int_equal(skiff_sendfile(a, file, &at, 100), 100);
	sleep_ms(30);
	assert_int_equal(receive(0), 65636);
}

static void position(void **state)
{
	off_t at = 1001;

	fill(5000);
	assert_int_equal(lseek(file, 3, SEEK_SET), 3);
	assert_int_equal(skiff_sendfile(a, file, NULL, 500), 500);
	assert_int_equal(lseek(file, 0, SEEK_CUR), 503);
	assert_int_equal(skiff_sendfile(a, file, &at, 499), 499);
	assert_int_equal(at, 1500);
	assert_int_equal(lseek(file, 0, SEEK_CUR), 503);
	assert_int_equal(skiff_sendfile(a, file, NULL, 10000), 4497);
	assert_int_equal(skiff_sendfile(a, file, NULL, 10000), 0);
	sleep_ms(300);
	assert_int_equal(receive(0), 5496);
	assert_memory_equal(got, content + 3, 500);
	assert_memory_equal(got + 500, content + 1001, 499);
	assert_memory_equal(got + 999, content + 503, 4497);
}

/* It takes what there is room for, says so, and goes on there. */
static void without_waiting(void **state)
{
	size_t have = 0, sent = 0;
	off_t at = 0;
	ssize_t n;

	fill(FILE_MAX);
	nonblocking(a);
	while (sent < FILE_MAX) {
		n = skiff_sendfile(a, file, &at, FILE_MAX - sent);
		if (n > 0) {
			assert_true((size_t)n <= FILE_MAX - sent);
			sent += (size_t)n;
			assert_int_equal(at, (off_t)sent);
			continue;
		}
		assert_int_equal(n, -1);
		assert_int_equal(errno, EAGAIN);
		assert_int_equal(at, (off_t)sent);
		have = receive(have);
		sleep_ms(1);
	}
	sleep_ms(1000);
	have = receive(have);
	assert_int_equal(have, FILE_MAX);
	assert_memory_equal(got, content, FILE_MAX);
}

/* Room that somebody waits for is told of. */
static void polls_writable(void **state)
{
	struct pollfd p = { .fd = a, .events = POLLOUT };
	off_t at = 0;

	fill(FILE_MAX);
	nonblocking(a);
	while (skiff_sendfile(a, file, &at, FILE_MAX) > 0)
		sleep_ms(50);
	assert_int_equal(skiff_poll_fds(&p, 1, 0), 0);
	receive(0);
	assert_int_equal(skiff_poll_fds(&p, 1, 1000), 1);
	assert_true(skiff_sendfile(a, file, &at, FILE_MAX) > 0);
}

/* It waits as long as the program wants to, and says how far it came. */
static void with_a_slow_reader(void **state)
{
	static const struct timeval patience = { .tv_sec = 2 };
	size_t have = 0;
	off_t at = 0;
	ssize_t n;

	fill(FILE_MAX);
	assert_int_equal(skiff_setsockopt(a, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)),
			 0);
	while (have < FILE_MAX) {
		n = at < FILE_MAX ? skiff_sendfile(a, file, &at, FILE_MAX) : 0;
		if (n < 0)
			assert_int_equal(errno, EAGAIN);
		n = skiff_recv(b, got + have, 100000, 0);
		assert_true(n > 0);
		have += (size_t)n;
	}
	assert_int_equal(at, FILE_MAX);
	assert_memory_equal(got, content, FILE_MAX);
}

static void a_file_that_changes(void **state)
{
	size_t have = 0;
	off_t at = 0;

	fill(1000);
	assert_int_equal(skiff_sendfile(a, file, &at, 10000), 1000);
	/* It grows. */
	assert_int_equal(pwrite(file, content + 1000, 500, 1000), 500);
	assert_int_equal(skiff_sendfile(a, file, &at, 10000), 500);
	/* It is cut before the place. */
	assert_int_equal(ftruncate(file, 700), 0);
	assert_int_equal(skiff_sendfile(a, file, &at, 10000), 0);
	at = 600;
	assert_int_equal(skiff_sendfile(a, file, &at, 10000), 100);
	sleep_ms(300);
	have = receive(have);
	assert_int_equal(have, 1600);
	assert_memory_equal(got, content, 1500);
	assert_memory_equal(got + 1500, content + 600, 100);
}

/* What was sent does not change with the file. */
static void sent_is_sent(void **state)
{
	off_t at = 0;

	fill(1000);
	impair(host_a, dev_a, "delay=50ms");
	assert_int_equal(skiff_sendfile(a, file, &at, 1000), 1000);
	assert_int_equal(pwrite(file, "xxxxxxxx", 8, 0), 8);
	sleep_ms(300);
	assert_int_equal(receive(0), 1000);
	assert_memory_equal(got, content, 1000);
}

static void refused(void **state)
{
	int u = skiff_socket(host_a, AF_INET, SOCK_DGRAM, 0), pipes[2], dir, writer;
	off_t at = 0, below = -1;
	char path[64];

	fill(100);
	fails(skiff_sendfile(a, -1, &at, 10), EBADF);
	fails(skiff_sendfile(-1, file, &at, 10), EBADF);
	fails(skiff_sendfile(1999, file, &at, 10), EBADF);
	fails(skiff_sendfile(a, file, &below, 10), EINVAL);
	fails(skiff_sendfile(a, file, &at, (size_t)-1), EINVAL);
	fails(skiff_sendfile(u, file, &at, 10), EOPNOTSUPP);
	fails(skiff_sendfile(skiff_epoll_create1(0), file, &at, 10), EINVAL);
	assert_int_equal(pipe(pipes), 0);
	fails(skiff_sendfile(a, pipes[0], &at, 10), ESPIPE);
	fails(skiff_sendfile(a, pipes[0], NULL, 10), EINVAL);
	fails(skiff_sendfile(a, pipes[1], NULL, 10), EBADF);
	dir = open("/", O_RDONLY | O_DIRECTORY);
	fails(skiff_sendfile(a, dir, &at, 10), EINVAL);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	writer = open(path, O_WRONLY);
	assert_true(writer >= 0);
	fails(skiff_sendfile(a, writer, &at, 10), EBADF);
	close(writer);
	close(dir);
	close(pipes[0]);
	close(pipes[1]);
	assert_int_equal(skiff_sendfile(a, file, &at, 0), 0);
	assert_int_equal(at, 0);
	fails(skiff_sendfile(stream(host_a), file, &at, 10), EPIPE);
	assert_int_equal(skiff_shutdown(a, SHUT_WR), 0);
	fails(skiff_sendfile(a, file, &at, 10), EPIPE);
	assert_int_equal(at, 0);
}

/* The peer goes away while there is no room: the call ends with that. */
static void connection_ends(void **state)
{
	struct linger abort_it = { .l_onoff = 1 };
	off_t at = 0;

	fill(FILE_MAX);
	nonblocking(a);
	while (skiff_sendfile(a, file, &at, FILE_MAX) > 0)
		sleep_ms(50);
	assert_int_equal(skiff_setsockopt(b, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it)),
			 0);
	skiff_close(b);
	sleep_ms(10);
	fails(skiff_sendfile(a, file, &at, FILE_MAX), ECONNRESET);
	fails(skiff_sendfile(a, file, &at, FILE_MAX), EPIPE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sizes),
		CASE(nothing_is_held_back),
		CASE(position),
		CASE(without_waiting),
		CASE(polls_writable),
		CASE(with_a_slow_reader),
		CASE(a_file_that_changes),
		CASE(sent_is_sent),
		CASE(refused),
		CASE(connection_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
