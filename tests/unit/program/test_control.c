// SPDX-License-Identifier: BSD-2-Clause
/* The control socket: what it answers, and what it does with clients that are not nice. */
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "program/control_host.h"

#include "stub_host.h"

#define SOCKET "host.sock"

static char path[32];
static int dir;
static char reply[CONTROL_REPLY_MAX];

static int set_up(void **state)
{
	int fd;

	dir = stub_directory(path);
	if (dir < 0 || stub_create())
		return 1;
	fd = control_socket_bind(dir, SOCKET);
	return fd < 0 || control_listen(host.control, fd);
}

static int tear_down(void **state)
{
	stub_destroy();
	unlinkat(dir, SOCKET, 0);
	close(dir);
	return rmdir(path);
}

/* Let the host do all that there is to do. */
static void turn(void)
{
	while (stub_turn(0))
		;
}

static int connected(void)
{
	int fd = control_socket_connect(dir, SOCKET);

	assert_true(fd >= 0);
	turn();
	return fd;
}

/* Send @len bytes of @request; what comes back is in reply[]. Return: its length, 0 when it was closed. */
static ssize_t exchange(int fd, const char *request, size_t len)
{
	ssize_t n;

	assert_int_equal(send(fd, request, len, MSG_NOSIGNAL), len);
	turn();
	n = recv(fd, reply, sizeof(reply) - 1, MSG_DONTWAIT);
	assert_true(n >= 0);
	reply[n] = '\0';
	return n;
}

static bool is_closed(int fd)
{
	char c;

	turn();
	return recv(fd, &c, 1, MSG_DONTWAIT) == 0;
}

static unsigned int nr_clients(void)
{
	return host.control->nr_clients;
}

static void a_host_tells_of_itself(void **state)
{
	int fd = connected();

	exchange(fd, "version", 7);
	assert_string_equal(reply, "ok\nprotocol 1\n");
	/* One connection may ask several times. */
	exchange(fd, "list\n", 5);
	assert_true(!strncmp(reply, "ok\npid ", 7));
	assert_non_null(strstr(reply, "\nuptime 0\n"));
	assert_non_null(strstr(reply, "\ndevice eth0 192.0.2.2/24\n"));
	assert_int_equal(nr_clients(), 1);
	close(fd);
	turn();
	assert_int_equal(nr_clients(), 0);
}

static void garbage_is_answered_and_put_out(void **state)
{
	static const char *const garbage[] = {
		"x",
		"lis",
		"list ",
		" list",
		"version 1",
		"listener",
		"listener 1",
		"listener 1 x y",
		"listener -1 x",
		"listener x x",
		"listener 99999999999 x",
		"exec now",
		"cable",
		"cable veth x",
		"\n",
		"  ",
		"\xff\xfe",
		"listener 1 x",
		"mirror 1 x",
		"mirror x",
		"mirror -1 x",
	};

	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
		int fd = connected();

		exchange(fd, garbage[i], strlen(garbage[i]));
		assert_true(!strncmp(reply, "error ", 6));
		assert_true(is_closed(fd));
		close(fd);
	}
	assert_int_equal(nr_clients(), 0);
}

static void long_and_binary_requests_are_none(void **state)
{
	static char big[65536];
	int fd = connected();

	memset(big, 'x', sizeof(big));
	exchange(fd, big, sizeof(big));
	assert_string_equal(reply, "error this is no request\n");
	assert_true(is_closed(fd));
	close(fd);
	/* As long as may be, and one more. */
	fd = connected();
	exchange(fd, big, CONTROL_REQUEST_MAX);
	assert_non_null(strstr(reply, "there is no such request"));
	close(fd);
	fd = connected();
	exchange(fd, big, CONTROL_REQUEST_MAX + 1);
	assert_string_equal(reply, "error this is no request\n");
	close(fd);
	fd = connected();
	exchange(fd, "list\0list", 9);
	assert_string_equal(reply, "error this is no request\n");
	close(fd);
}

/* Send @request with @nr copies of the descriptor @sent. */
static void send_with(int fd, const char *request, int sent, int nr)
{
	char control[CMSG_SPACE(4 * sizeof(int))] = "";
	struct iovec iov = { (char *)(uintptr_t)request, strlen(request) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = CMSG_SPACE((size_t)nr * sizeof(int)) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN((size_t)nr * sizeof(int));
	for (int i = 0; i < nr; i++)
		memcpy(CMSG_DATA(cmsg) + (size_t)i * sizeof(int), &sent, sizeof(int));
	assert_int_equal(sendmsg(fd, &msg, 0), iov.iov_len);
	turn();
}

/* Descriptors that come along without being wanted are nobody's, and do not stay. */
static void descriptors_are_not_kept(void **state)
{
	int fd = connected(), ends[2];
	char c;

	for (int nr = 1; nr <= 4; nr++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		send_with(fd, "version", ends[0], nr);
		close(ends[0]);
		assert_int_equal(recv(ends[1], &c, 1, MSG_DONTWAIT), 0);
		close(ends[1]);
	}
	close(fd);
}

/* What is asked for, the descriptor that comes with it, and what the host says. */
static void cables_are_laid(void **state)
{
	char text[16];
	int fd = connected(), ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	send_with(fd, "cable veth,name=x", ends[0], 1);
	assert_int_equal(recv(fd, reply, sizeof(reply), MSG_DONTWAIT), 3);
	assert_true(!memcmp(reply, "ok\n", 3));
	assert_string_equal(host.cable, "veth,name=x");
	assert_int_equal(recv(ends[1], text, sizeof(text), MSG_DONTWAIT), sizeof(STUB_HELLO));
	send_with(fd, "cable veth,name=taken", ends[0], 1);
	close(ends[0]);
	assert_true(recv(fd, reply, sizeof(reply), MSG_DONTWAIT) > 0);
	assert_true(!strncmp(reply, "error name=taken: taken\n", 24));
	assert_true(is_closed(fd));
	close(fd);
	/* The host has nothing of it. */
	assert_int_equal(recv(ends[1], text, sizeof(text), MSG_DONTWAIT), 0);
	close(ends[1]);
	/* The descriptor of an earlier request is none. */
	fd = connected();
	exchange(fd, "cable veth", 10);
	assert_non_null(strstr(reply, "no end of a cable"));
	close(fd);
}

static void silent_clients_are_dropped(void **state)
{
	struct client *c;
	int fd = connected(), other = connected();

	list_for_each_entry(c, &host.control->clients, list)
		assert_true(c->deadline >= control_now() + CONTROL_PATIENCE - 1);
	c = list_first_entry(&host.control->clients, struct client, list);
	c->deadline = control_now();
	/* The next tick of the host's clock. */
	while (nr_clients() == 2)
		assert_true(stub_turn(30000));
	assert_true(is_closed(fd));
	exchange(other, "version", 7);
	assert_string_equal(reply, "ok\nprotocol 1\n");
	close(fd);
	close(other);
}

static void there_is_a_limit_of_clients(void **state)
{
	int fd[CONTROL_MAX_CLIENTS], more;

	for (int i = 0; i < CONTROL_MAX_CLIENTS; i++)
		fd[i] = connected();
	more = connected();
	assert_true(recv(more, reply, sizeof(reply), 0) > 0);
	assert_non_null(strstr(reply, "too many clients"));
	assert_true(is_closed(more));
	close(fd[0]);
	turn();
	fd[0] = connected();
	exchange(fd[0], "version", 7);
	assert_string_equal(reply, "ok\nprotocol 1\n");
	for (int i = 0; i < CONTROL_MAX_CLIENTS; i++)
		close(fd[i]);
	close(more);
	turn();
	assert_int_equal(nr_clients(), 0);
}

/* Replies that are not read fill the connection up, and the host does not wait. */
static void a_client_that_reads_nothing_is_dropped(void **state)
{
	int fd = connected();

	for (int i = 0; i < 100000 && nr_clients(); i++) {
		if (send(fd, "list", 4, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			assert_true(errno == EAGAIN || errno == EPIPE);
		turn();
	}
	assert_int_equal(nr_clients(), 0);
	close(fd);
}

static void who_ends_a_host_waits_for_it(void **state)
{
	int fd = connected();

	exchange(fd, "down", 4);
	assert_string_equal(reply, "ok\n");
	assert_int_equal(host.downs, 1);
	assert_false(is_closed(fd));
	close(fd);
	turn();
	assert_int_equal(nr_clients(), 0);
}

static void a_descriptor_has_to_be_a_listener(void **state)
{
	char request[64];
	int fd = connected(), ours = dup(1);

	exchange(fd, "exec", 4);
	assert_string_equal(reply, "ok\n");
	snprintf(request, sizeof(request), "listener %d prog", ours);
	exchange(fd, request, strlen(request));
	assert_non_null(strstr(reply, "is no listener of seccomp"));
	assert_true(is_closed(fd));
	close(fd);
	fd = connected();
	exchange(fd, "exec", 4);
	exchange(fd, "listener 1000000 prog", 21);
	assert_non_null(strstr(reply, "can't be fetched"));
	close(fd);
	close(ours);
	assert_int_equal(control_nr_sessions(host.control), 0);
}

static void a_part_of_an_image_has_to_be_one(void **state)
{
	static const struct {
		const char *request;
		const char *why;
	} bad[] = {
		{ "image 1 device eth0", "is no such part of an image" },
		{ "image 1 rtnl", "is no such part of an image" },
		{ "image 1 packet", "is no such part of an image" },
		{ "image 1 spare", "is no such part of an image" },
		{ "image 1 device", "an image has no such part" },
		{ "image 1 else", "an image has no such part" },
		{ "image 1000000 rtnl", "can't be fetched" },
		{ "image x rtnl", "no program is being started" },
		{ "image 1", "there is no such request" },
		{ "image 1 device eth0 more", "there is no such request" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int fd = connected();

		exchange(fd, "exec", 4);
		exchange(fd, bad[i].request, strlen(bad[i].request));
		assert_non_null(strstr(reply, bad[i].why));
		assert_true(is_closed(fd));
		close(fd);
	}
}

static void a_host_without_clients_is_idle(void **state)
{
	int fd = connected(), other;

	assert_int_equal(host.idle, 0);
	other = connected();
	exchange(other, "down", 4);
	close(fd);
	turn();
	/* Who waits for the end does not keep it from coming. */
	assert_int_equal(host.idle, 1);
	close(other);
}

static void only_its_user_may_connect(void **state)
{
	struct stat st;

	assert_int_equal(fstatat(dir, SOCKET, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_dead_hosts_socket_is_replaced(void **state)
{
	int fd = control_socket_bind(dir, "other.sock");

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(control_socket_connect(dir, "other.sock"), -ECONNREFUSED);
	fd = control_socket_bind(dir, "other.sock");
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(unlinkat(dir, "other.sock", 0), 0);
	assert_int_equal(control_socket_connect(dir, "other.sock"), -ENOENT);
}

/* The asking end, against whatever the other end may say; @answer NULL: nothing, and it closes. */
static int ask(const char *answer)
{
	int ends[2], ret;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	if (answer)
		assert_true(send(ends[1], answer, strlen(answer), 0) >= 0);
	else
		shutdown(ends[1], SHUT_WR);
	ret = control_ask(ends[0], reply, "version");
	close(ends[0]);
	close(ends[1]);
	return ret;
}

static void what_a_host_says_is_checked(void **state)
{
	assert_int_equal(ask("ok\na b\n"), 0);
	assert_string_equal(reply, "a b\n");
	assert_int_equal(ask("ok\n"), 0);
	assert_string_equal(reply, "");
	assert_int_equal(ask("error it is late\nx"), -EREMOTEIO);
	assert_string_equal(reply, "it is late");
	assert_int_equal(ask("what"), -EPROTO);
	assert_int_equal(ask("ok"), -EPROTO);
	assert_int_equal(ask(NULL), -ECONNRESET);
	assert_string_equal(reply, "the host has gone");
}

#define WITH_HOST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOST(a_host_tells_of_itself),
		WITH_HOST(garbage_is_answered_and_put_out),
		WITH_HOST(long_and_binary_requests_are_none),
		WITH_HOST(descriptors_are_not_kept),
		WITH_HOST(cables_are_laid),
		WITH_HOST(silent_clients_are_dropped),
		WITH_HOST(there_is_a_limit_of_clients),
		WITH_HOST(a_client_that_reads_nothing_is_dropped),
		WITH_HOST(who_ends_a_host_waits_for_it),
		WITH_HOST(a_descriptor_has_to_be_a_listener),
		WITH_HOST(a_part_of_an_image_has_to_be_one),
		WITH_HOST(a_host_without_clients_is_idle),
		WITH_HOST(only_its_user_may_connect),
		WITH_HOST(a_dead_hosts_socket_is_replaced),
		cmocka_unit_test(what_a_host_says_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
