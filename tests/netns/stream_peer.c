// SPDX-License-Identifier: BSD-2-Clause
/*
 * A host with one connection, which does what its arguments say, one after the other:
 *
 *	stream-peer DEVICE [SYSCTL=VALUE...] connect ADDRESS PORT STEP...
 *	stream-peer DEVICE [SYSCTL=VALUE...] listen PORT STEP...
 *
 * What is sent is a pattern that the other side knows (test_tcp.py has it too), and what is received
 * is compared with it, from the place where the step before ended. The table at the end lists the
 * steps.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/socket.h>

/* A prime, so that the pattern is at another place of each segment. */
#define PATTERN 65521
#define CHUNK 262144

static struct net *net;
static int listener = -1, fd = -1;
static struct sockaddr_in peer = { .sin_family = AF_INET };
static unsigned char pattern[PATTERN + CHUNK], buf[CHUNK];
static unsigned long long sent, received;

static void make_pattern(void)
{
	unsigned int x = 12345;

	for (int i = 0; i < PATTERN; i++) {
		x = x * 1103515245 + 12345;
		pattern[i] = (unsigned char)(x >> 16);
	}
	for (int i = 0; i < CHUNK; i++)
		pattern[PATTERN + i] = pattern[i];
}

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s, after %llu bytes sent and %llu received\n", what, strerror(errno),
		sent, received);
	return -1;
}

static int wrong(const char *what)
{
	fprintf(stderr, "%s, after %llu bytes sent and %llu received\n", what, sent, received);
	return -1;
}

static ssize_t send_some(unsigned long long left)
{
	ssize_t n =
		skiff_send(fd, pattern + sent % PATTERN, left < CHUNK ? left : CHUNK, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN ? 0 : fail("send");
	sent += (unsigned long long)n;
	return n;
}

static ssize_t receive_some(unsigned long long left)
{
	ssize_t n = skiff_recv(fd, buf, left < CHUNK ? left : CHUNK, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN ? 0 : fail("recv");
	if (!n)
		return wrong("the end of the stream is too early");
	if (memcmp(buf, pattern + received % PATTERN, (size_t)n))
		return wrong("what was received is not what was sent");
	received += (unsigned long long)n;
	return n;
}

/* Send and receive that much, both at the same time. Return: 0 or -1. */
static int transfer(unsigned long long out, unsigned long long in)
{
	while (out || in) {
		struct pollfd p = { .fd = fd };
		ssize_t n;

		p.events = (short)((out ? POLLOUT : 0) | (in ? POLLIN : 0));
		if (skiff_poll_fds(&p, 1, 60000) <= 0)
			return fail("nothing happens");
		if (out && (p.revents & ~POLLIN)) {
			n = send_some(out);
			if (n < 0)
				return -1;
			out -= (unsigned long long)n;
		}
		if (in && (p.revents & ~POLLOUT)) {
			n = receive_some(in);
			if (n < 0)
				return -1;
			in -= (unsigned long long)n;
		}
	}
	return 0;
}

static int step_send(unsigned long long n)
{
	return transfer(n, 0);
}

static int step_recv(unsigned long long n)
{
	return transfer(0, n);
}

static int step_both(unsigned long long n)
{
	return transfer(n, n);
}

/* Reads little at a time, with pauses in which the host runs. */
static int step_slow(unsigned long long n)
{
	while (n) {
		unsigned long long part = n < 20000 ? n : 20000;

		if (transfer(0, part))
			return -1;
		n -= part;
		for (int i = 0; i < 20; i++)
			skiff_poll(net, 100000);
	}
	return 0;
}

static int step_pingpong(unsigned long long n)
{
	while (n--)
		if (transfer(1, 0) || transfer(0, 1))
			return -1;
	return 0;
}

/* Send back what comes until it ends. */
static int step_echo(unsigned long long unused)
{
	ssize_t n;

	(void)unused;
	while ((n = skiff_recv(fd, buf, CHUNK, 0)) > 0) {
		received += (unsigned long long)n;
		for (ssize_t done = 0, m; done < n; done += m) {
			m = skiff_send(fd, buf + done, (size_t)(n - done), 0);
			if (m < 0)
				return fail("send");
			sent += (unsigned long long)m;
		}
	}
	return n < 0 ? fail("recv") : 0;
}

static int step_eof(unsigned long long unused)
{
	ssize_t n = skiff_recv(fd, buf, 1, 0);

	(void)unused;
	if (n < 0)
		return fail("recv");
	return n ? wrong("there is more than was expected") : 0;
}

static int step_reset(unsigned long long unused)
{
	(void)unused;
	for (;;) {
		ssize_t n = skiff_recv(fd, buf, CHUNK, 0);

		if (n < 0)
			return errno == ECONNRESET ? 0 : fail("recv");
		if (!n)
			return wrong("it ended without a reset");
	}
}

static int step_shut(unsigned long long unused)
{
	(void)unused;
	return skiff_shutdown(fd, SHUT_WR) ? fail("shutdown") : 0;
}

static int step_close(unsigned long long unused)
{
	int err = skiff_close(fd);

	(void)unused;
	fd = -1;
	return err ? fail("close") : 0;
}

static int step_abort(unsigned long long unused)
{
	struct linger l = { .l_onoff = 1 };

	(void)unused;
	if (skiff_setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)))
		return fail("SO_LINGER");
	return step_close(0);
}

static int step_sleep(unsigned long long ms)
{
	ktime_t end = skiff_net_now(net) + (s64)ms * 1000000, left;

	while ((left = end - skiff_net_now(net)) > 0)
		skiff_poll(net, left);
	return 0;
}

static int step_mtu(unsigned long long mtu)
{
	struct net_device *dev;
	int err;

	net_lock(net);
	dev = __dev_get_by_name(net, "sk0");
	err = dev ? dev_set_mtu(dev, (int)mtu) : -ENODEV;
	net_unlock(net);
	errno = -err;
	return err ? fail("mtu") : 0;
}

static int step_oob(unsigned long long unused)
{
	(void)unused;
	return skiff_send(fd, "!", 1, MSG_OOB) == 1 ? 0 : fail("send MSG_OOB");
}

static int step_getoob(unsigned long long unused)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI };
	char c = 0;

	(void)unused;
	if (skiff_poll_fds(&p, 1, 60000) != 1)
		return fail("no urgent data");
	if (skiff_recv(fd, &c, 1, MSG_OOB) != 1)
		return fail("recv MSG_OOB");
	return c == '!' ? 0 : wrong("the urgent byte is another one");
}

static int open_one(void)
{
	if (listener >= 0) {
		fd = skiff_accept(listener, NULL, NULL);
		return fd < 0 ? fail("accept") : 0;
	}
	fd = skiff_socket(net, AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return fail("socket");
	return skiff_connect(fd, (struct sockaddr *)(void *)&peer, sizeof(peer)) ? fail("connect") :
										   0;
}

static int step_open(unsigned long long unused)
{
	(void)unused;
	sent = received = 0;
	return open_one();
}

/* Connections one after the other: a few bytes each way, and the end from either side in turn. */
static int step_many(unsigned long long n)
{
	for (unsigned long long i = 0; i < n; i++) {
		sent = received = 0;
		if (open_one() || transfer(100, 0) || transfer(0, 100))
			return -1;
		if (listener >= 0 && step_eof(0))
			return -1;
		if (step_close(0))
			return -1;
	}
	return 0;
}

/* One of several connections at the same time. */
struct slot {
	int fd;
	int got;
};

/* Return: 1 when it is finished, 0 when it goes on, -1. */
static int slot_run(struct slot *s)
{
	ssize_t n;

	if (!s->got) {
		n = skiff_send(s->fd, pattern, 100, MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n != 100)
			return fail("send");
		s->got = 1;
	}
	n = skiff_recv(s->fd, buf, 100, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0)
		return fail("recv");
	if (n + s->got > 101 || memcmp(buf, pattern + s->got - 1, (size_t)n))
		return wrong("what was received is not what was sent");
	s->got += (int)n;
	if (s->got <= 100)
		return n ? 0 : wrong("the end of the stream is too early");
	skiff_close(s->fd);
	s->fd = -1;
	return 1;
}

static int slot_open(struct slot *s)
{
	s->got = 0;
	s->fd = skiff_socket(net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return fail("socket");
	if (!skiff_connect(s->fd, (struct sockaddr *)(void *)&peer, sizeof(peer)) ||
	    errno == EINPROGRESS)
		return 0;
	return fail("connect");
}

#define SLOTS 64

/* Connections to somebody who echoes, SLOTS of them at the same time. */
static int step_flight(unsigned long long n)
{
	struct slot slots[SLOTS];
	struct pollfd p[SLOTS];
	unsigned long long opened = 0, done = 0;

	for (int i = 0; i < SLOTS; i++)
		slots[i].fd = -1;
	while (done < n) {
		for (int i = 0; i < SLOTS; i++) {
			if (slots[i].fd < 0 && opened < n) {
				if (slot_open(&slots[i]))
					return -1;
				opened++;
			}
			p[i] = (struct pollfd){ .fd = slots[i].fd, .events = POLLIN };
			if (slots[i].fd >= 0 && !slots[i].got)
				p[i].events = POLLOUT;
		}
		if (skiff_poll_fds(p, SLOTS, 60000) <= 0)
			return fail("nothing happens");
		for (int i = 0; i < SLOTS; i++) {
			int ret = p[i].revents && slots[i].fd >= 0 ? slot_run(&slots[i]) : 0;

			if (ret < 0)
				return -1;
			done += (unsigned long long)ret;
		}
	}
	return 0;
}

#define CROWD 20000

/* What comes next of the connections @fds, 64 at a time: all of them in the same state. */
static int wait_all(const int *fds, unsigned long long n, short events, int (*then)(int fd))
{
	for (unsigned long long at = 0, m; at < n; at += m) {
		struct pollfd p[SLOTS];
		unsigned long long left;

		m = n - at < SLOTS ? n - at : SLOTS;
		for (unsigned long long i = 0; i < m; i++)
			p[i] = (struct pollfd){ .fd = fds[at + i], .events = events };
		for (left = m; left;) {
			if (skiff_poll_fds(p, (unsigned int)m, 60000) <= 0)
				return fail("nothing happens");
			for (unsigned long long i = 0; i < m; i++) {
				if (p[i].fd < 0 || !p[i].revents)
					continue;
				if (then(p[i].fd))
					return -1;
				p[i].fd = -1;
				left--;
			}
		}
	}
	return 0;
}

static int send_100(int s)
{
	return skiff_send(s, pattern, 100, 0) == 100 ? 0 : fail("send");
}

static int get_100(int s)
{
	ssize_t n = skiff_recv(s, buf, 100, MSG_WAITALL);

	if (n != 100)
		return fail("recv");
	return memcmp(buf, pattern, 100) ? wrong("what was received is not what was sent") : 0;
}

static int echo_100(int s)
{
	return get_100(s) || send_100(s);
}

static int is_open(int s)
{
	int err = 0;
	socklen_t len = sizeof(err);

	skiff_getsockopt(s, SOL_SOCKET, SO_ERROR, &err, &len);
	errno = err;
	return err ? fail("connect") : 0;
}

/* So many connections that are all open before anything is sent; 100 bytes there and back on each. */
static int step_crowd(unsigned long long n)
{
	static int fds[CROWD];
	int err = 0;

	if (n > CROWD)
		return wrong("so many connections are not foreseen");
	for (unsigned long long i = 0; i < n && !err; i++) {
		struct slot s = { .fd = -1 };

		err = listener >= 0 ? open_one() : slot_open(&s);
		fds[i] = listener >= 0 ? fd : s.fd;
		/* No more of them at a time than the other end's queue holds. */
		if (!err && listener < 0 && (i + 1) % SLOTS == 0)
			err = wait_all(fds + i + 1 - SLOTS, SLOTS, POLLOUT, is_open);
	}
	if (listener < 0)
		err = err || wait_all(fds, n, POLLOUT, is_open) ||
		      wait_all(fds, n, POLLOUT, send_100) || wait_all(fds, n, POLLIN, get_100);
	else
		err = err || wait_all(fds, n, POLLIN, echo_100);
	for (unsigned long long i = 0; i < n && !err; i++)
		skiff_close(fds[i]);
	fd = -1;
	return err ? -1 : 0;
}

/* Memory that is lent: a ring of parts, each of which belongs to a call until its number comes back. */
#define LENT 16
#define LENT_SIZE 65536u

static unsigned char lent[LENT][LENT_SIZE];
static unsigned int calls, returned;

/* Numbers come back in order here. What has come back is written over at once. Return: 0 or -1. */
static int take_back(void)
{
	char control[256];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct sock_extended_err ee;
	struct cmsghdr *cmsg;

	while (skiff_recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0) {
		cmsg = CMSG_FIRSTHDR(&msg);
		if (!cmsg || cmsg->cmsg_level != SOL_IP || cmsg->cmsg_type != IP_RECVERR)
			return wrong("the error queue holds something else");
		memcpy(&ee, CMSG_DATA(cmsg), sizeof(ee));
		if (ee.ee_origin != SO_EE_ORIGIN_ZEROCOPY || ee.ee_errno ||
		    ee.ee_info != returned || ee.ee_data < returned || ee.ee_data >= calls)
			return wrong("the numbers that came back are not those of the calls");
		for (; returned <= ee.ee_data; returned++)
			memset(lent[returned % LENT], 0xee, LENT_SIZE);
		msg.msg_controllen = sizeof(control);
	}
	return errno == EAGAIN ? 0 : fail("recvmsg MSG_ERRQUEUE");
}

static int wait_for_numbers(unsigned int most_out)
{
	while (!take_back()) {
		struct pollfd p = { .fd = fd };

		if (calls - returned <= most_out)
			return 0;
		if (skiff_poll_fds(&p, 1, 60000) <= 0)
			return fail("no number comes back");
	}
	return -1;
}

/* As send, without a copy, and to the end of it: all memory has come back. */
static int step_zerosend(unsigned long long n)
{
	const int one = 1;

	if (skiff_setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		return fail("SO_ZEROCOPY");
	while (n) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		unsigned char *part = lent[calls % LENT];
		ssize_t m;

		if (wait_for_numbers(LENT - 1))
			return -1;
		memcpy(part, pattern + sent % PATTERN, LENT_SIZE);
		m = skiff_send(fd, part, n < LENT_SIZE ? n : LENT_SIZE,
			       MSG_ZEROCOPY | MSG_DONTWAIT);
		if (m < 0 && errno == EAGAIN) {
			if (skiff_poll_fds(&p, 1, 60000) <= 0)
				return fail("nothing happens");
			continue;
		}
		if (m < 0)
			return fail("send MSG_ZEROCOPY");
		calls++;
		sent += (unsigned long long)m;
		n -= (unsigned long long)m;
	}
	return wait_for_numbers(0);
}

static const struct {
	const char *name;
	int (*run)(unsigned long long n);
} steps[] = {
	{ "open", step_open },	       /* the next connection */
	{ "send", step_send },	       /* so many bytes */
	{ "recv", step_recv },	       /* so many bytes, which have to be right */
	{ "both", step_both },	       /* so many each way, at the same time */
	{ "slow", step_slow },	       /* as recv, with pauses */
	{ "pingpong", step_pingpong }, /* a byte there and a byte back, so often */
	{ "echo", step_echo },	       /* until the end of the stream */
	{ "eof", step_eof },	       /* is here */
	{ "reset", step_reset },       /* is here, after any data */
	{ "shut", step_shut },	       /* this side's half */
	{ "close", step_close },
	{ "abort", step_abort }, /* with SO_LINGER of no time */
	{ "sleep", step_sleep }, /* milliseconds, in which the host runs */
	{ "mtu", step_mtu },	 /* of the device */
	{ "oob", step_oob },	 /* send an urgent byte */
	{ "getoob", step_getoob },
	{ "many", step_many },	       /* so many connections, one after the other */
	{ "flight", step_flight },     /* so many connections, SLOTS at a time */
	{ "crowd", step_crowd },       /* so many connections, all at the same time */
	{ "zerosend", step_zerosend }, /* so many bytes by MSG_ZEROCOPY, until all is ours again */
};

static int run_step(char *text)
{
	char *value = strchr(text, '=');
	unsigned long long n = 0;

	if (value) {
		*value++ = '\0';
		n = strtoull(value, NULL, 10);
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!strcmp(steps[i].name, text))
			return steps[i].run(n);
	fprintf(stderr, "step '%s': there is no such step\n", text);
	return -1;
}

static int start_listening(const char *port)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons((u16)atoi(port)) };

	listener = skiff_socket(net, AF_INET, SOCK_STREAM, 0);
	if (listener < 0)
		return fail("socket");
	if (skiff_bind(listener, (struct sockaddr *)(void *)&here, sizeof(here)) ||
	    skiff_listen(listener, 1000))
		return fail("listen");
	return 0;
}

/* The arguments up to the first step. Return: its index, -1 on failure. */
static int begin(int argc, char **argv)
{
	char message[256];
	int i;

	for (i = 2; i < argc && strchr(argv[i], '='); i++) {
		char *value = strchr(argv[i], '=');

		*value++ = '\0';
		if (skiff_sysctl_set(net, argv[i], value, message, sizeof(message)))
			return fprintf(stderr, "%s\n", message), -1;
	}
	if (i + 1 < argc && !strcmp(argv[i], "listen")) {
		if (start_listening(argv[i + 1]))
			return -1;
		i += 2;
	} else if (i + 2 < argc && !strcmp(argv[i], "connect")) {
		inet_pton(AF_INET, argv[i + 1], &peer.sin_addr);
		peer.sin_port = htons((u16)atoi(argv[i + 2]));
		i += 3;
	} else {
		return fprintf(stderr, "neither connect nor listen\n"), -1;
	}
	/* The kernel's end of the device is made ready now; see test_tcp.py. */
	printf("ready\n");
	fflush(stdout);
	return fgets(message, sizeof(message), stdin) ? i : -1;
}

static int say_counter(const char *name, u64 value, void *arg)
{
	(void)arg;
	if (value)
		printf("%s %llu\n", name, (unsigned long long)value);
	return 0;
}

/*
 * What is in the send buffer still takes as long as it takes: the last segment may be lost, and is sent
 * again by a timeout. When the host ended before, the other end would wait for it forever.
 */
static void close_when_sent(int seconds)
{
	const struct linger l = { .l_onoff = seconds > 0, .l_linger = seconds };

	skiff_setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	skiff_close(fd);
}

static int run(int argc, char **argv)
{
	int i = begin(argc, argv), ret = i < 0 ? -1 : 0;
	ktime_t start = skiff_net_now(net);

	for (; !ret && i < argc; i++)
		ret = run_step(argv[i]);
	printf("%s: %llu sent, %llu received, %.3f ms\n", ret ? "failed" : "done", sent, received,
	       (double)(skiff_net_now(net) - start) / 1e6);
	if (fd >= 0)
		close_when_sent(ret ? 0 : 30);
	if (listener >= 0)
		skiff_close(listener);
	/* A last acknowledgment, of the other end's FIN, has its time. */
	step_sleep(ret ? 0 : 300);
	skiff_snmp_foreach(net, say_counter, NULL);
	return ret;
}

int main(int argc, char **argv)
{
	char message[256];
	int ret;

	if (argc < 4)
		return fprintf(stderr, "usage: see the source\n"), 2;
	make_pattern();
	if (skiff_init())
		return 1;
	net = skiff_net_create(NULL);
	if (!net)
		return 1;
	ret = skiff_dev_create(net, argv[1], message, sizeof(message));
	if (ret < 0)
		fprintf(stderr, "%s\n", message);
	else
		ret = run(argc, argv);
	if (skiff_net_destroy(net))
		ret = wrong("the host left things behind");
	return ret < 0;
}
