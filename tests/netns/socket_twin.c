// SPDX-License-Identifier: BSD-2-Clause
/* One list of things to do with sockets, done by the kernel or by skiff; what came of it. */
#include <signal.h>

#include <skiff/drivers.h>
#include <skiff/inetdevice.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/socket.h>

#include "socket_twin.h"

/*
 *	socket-twin kernel		in a network namespace that is as socket_twin.h says
 *	socket-twin skiff
 *	socket-twin check FILE		skiff, and what came of it compared with what the kernel did
 *
 * With "streams" as one more argument it is the list for SOCK_STREAM, and stream_twin.txt; with
 * "streams/2" its second part, since a kernel has to be waited for at each step.
 *
 * Each line says what was done and what came of it. test_sockets.py compares both sides, and
 * socket_twin.txt is what a kernel did.
 */

static const char *streams; /* the list for them: empty for all of it, or a part */

/* skiff. */

static struct skiff_clock *twin_clock;
static struct net *net;

static int twin_socket(int family, int type, int proto)
{
	return skiff_socket(net, family, type, proto);
}

static void skiff_settle(unsigned int ms)
{
	if (skiff_clock_run_until(twin_clock, skiff_clock_now(twin_clock) + ms * NSEC_PER_MSEC))
		exit(3);
}

static unsigned int skiff_ifindex(const char *name)
{
	struct net_device *dev;
	unsigned int ifindex;

	net_lock(net);
	dev = __dev_get_by_name(net, name);
	ifindex = dev ? (unsigned int)dev->ifindex : 0;
	net_unlock(net);
	return ifindex;
}

static const struct side skiff_side = {
	.socket = twin_socket,
	.bind = skiff_bind,
	.connect = skiff_connect,
	.listen = skiff_listen,
	.accept = skiff_accept,
	.accept4 = skiff_accept4,
	.getname = skiff_getsockname,
	.getpeer = skiff_getpeername,
	.shutdown = skiff_shutdown,
	.sendto = skiff_sendto,
	.sendmsg = skiff_sendmsg,
	.recvmsg = skiff_recvmsg,
	.set = skiff_setsockopt,
	.get = skiff_getsockopt,
	.ioctl = skiff_ioctl,
	.fcntl = skiff_fcntl,
	.poll = skiff_poll_fds,
	.select = skiff_select,
	.epoll_create = skiff_epoll_create1,
	.epoll_ctl = skiff_epoll_ctl,
	.epoll_wait = skiff_epoll_wait,
	.close = skiff_close,
	.settle = skiff_settle,
	.ifindex = skiff_ifindex,
};

static void skiff_start(void)
{
	struct net_device *a, *b;
	int err;

	if (skiff_init())
		exit(3);
	twin_clock = skiff_clock_virtual(NSEC_PER_SEC, 0);
	net = skiff_net_create(&(struct skiff_net_params){ .name = "twin", .clock = twin_clock });
	if (!net || veth_create(net, "twA", net, "twB", &a, &b))
		exit(3);
	net_lock(net);
	err = dev_open(a, NULL) || dev_open(b, NULL) || inet_insert_ifa(a, htonl(OWN), 24);
	net_unlock(net);
	if (err)
		exit(3);
	skiff_settle(10);
}

/* All in this process. */

int apart_begin(const char *name, ...)
{
	(void)name;
	return 1;
}

void apart_end(void)
{
}

static void run(const struct side *which)
{
	side = which;
	if (streams) {
		if (!do_streams(atoi(streams)))
			exit(2);
		return;
	}
	do_calls();
	do_options();
	do_events();
	do_traffic();
	do_sending();
	do_ioctls();
}

static void run_skiff(void)
{
	skiff_start();
	run(&skiff_side);
	skiff_net_destroy(net);
	skiff_clock_put(twin_clock);
}

/* Line by line against what was recorded. Return: the exit status. */
static int compare(FILE *ours, FILE *recorded)
{
	static char a[1024], b[1024];
	int line = 0, differ = 0;
	char *x, *y;

	rewind(ours);
	for (;;) {
		x = fgets(a, sizeof(a), ours);
		y = fgets(b, sizeof(b), recorded);
		line++;
		if (!x && !y)
			break;
		if (x && y && !strcmp(a, b))
			continue;
		differ++;
		printf("%d: kernel %s%d: skiff  %s", line, y ? b : "(nothing)\n", line,
		       x ? a : "(nothing)\n");
	}
	printf("%d lines, %d differ\n", line - 1, differ);
	return differ ? 1 : 0;
}

static int check(const char *path)
{
	FILE *recorded = fopen(path, "r");
	int ret;

	out = tmpfile();
	if (!recorded || !out) {
		perror(path);
		return 2;
	}
	run_skiff();
	ret = compare(out, recorded);
	fclose(recorded);
	fclose(out);
	return ret;
}

int main(int argc, char **argv)
{
	out = stdout;
	/* Programs here look at EPIPE. */
	signal(SIGPIPE, SIG_IGN);
	if (argc > 2 && !strncmp(argv[argc - 1], "streams", 7)) {
		streams = argv[argc - 1] + 7;
		streams += *streams == '/';
		argc--;
	}
	if (argc == 2 && !strcmp(argv[1], "kernel")) {
		run(&kernel_side);
	} else if (argc == 2 && !strcmp(argv[1], "skiff")) {
		run_skiff();
	} else if (argc == 3 && !strcmp(argv[1], "check")) {
		return check(argv[2]);
	} else {
		fprintf(stderr,
			"usage: socket-twin kernel | skiff | check FILE [streams[/PART]]\n");
		return 2;
	}
	return 0;
}
