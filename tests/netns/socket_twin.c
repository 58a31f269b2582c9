// SPDX-License-Identifier: BSD-2-Clause
/* One list of things to do with sockets, done by the kernel or by skiff; what came of it. */
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <time.h>

#include <linux/errqueue.h>

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

const struct side *side;
FILE *out;

static const char *streams; /* the list for them: empty for all of it, or a part */

/* The kernel. */

static void kernel_settle(unsigned int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);
}

static const struct side kernel_side = {
	.socket = socket,
	.bind = bind,
	.connect = connect,
	.listen = listen,
	.accept = accept,
	.accept4 = accept4,
	.getname = getsockname,
	.getpeer = getpeername,
	.shutdown = shutdown,
	.sendto = sendto,
	.sendmsg = sendmsg,
	.recvmsg = recvmsg,
	.set = setsockopt,
	.get = getsockopt,
	.ioctl = ioctl,
	.fcntl = fcntl,
	.poll = poll,
	.select = select,
	.epoll_create = epoll_create1,
	.epoll_ctl = epoll_ctl,
	.epoll_wait = epoll_wait,
	.close = close,
	.settle = kernel_settle,
	.ifindex = if_nametoindex,
};

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

/* How it is told. */

void tell(const char *what, long ret)
{
	if (ret < 0)
		fprintf(out, "%s: %s\n", what, strerrorname_np(errno));
	else
		fprintf(out, "%s: %ld\n", what, ret);
}

static void tell_port(unsigned short port)
{
	if (port >= 5000)
		fprintf(out, ":eph");
	else
		fprintf(out, ":%u", port);
}

void tell_name(const union name *n, socklen_t len)
{
	char text[INET6_ADDRSTRLEN];

	fprintf(out, " name %u", len);
	if (len == sizeof(n->in) && n->any.sa_family == AF_INET) {
		fprintf(out, " %s", inet_ntop(AF_INET, &n->in.sin_addr, text, sizeof(text)));
		tell_port(ntohs(n->in.sin_port));
	} else if (len == sizeof(n->in6) && n->any.sa_family == AF_INET6) {
		fprintf(out, " %s", inet_ntop(AF_INET6, &n->in6.sin6_addr, text, sizeof(text)));
		tell_port(ntohs(n->in6.sin6_port));
	}
}

void tell_poll(int fd)
{
	struct pollfd p = { .fd = fd,
			    .events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLRDNORM |
				      POLLRDBAND | POLLWRNORM | POLLWRBAND };

	if (side->poll(&p, 1, 0) < 0)
		fprintf(out, " poll %s", strerrorname_np(errno));
	else
		fprintf(out, " poll %04x", (unsigned int)p.revents);
}

static void tell_error_cmsg(const struct cmsghdr *c)
{
	struct sock_extended_err ee;
	union name offender;
	size_t rest = c->cmsg_len - CMSG_LEN(sizeof(ee));

	memcpy(&ee, CMSG_DATA(c), sizeof(ee));
	memset(&offender, 0, sizeof(offender));
	memcpy(&offender, CMSG_DATA(c) + sizeof(ee),
	       rest < sizeof(offender) ? rest : sizeof(offender));
	fprintf(out, " error %s origin %u type %u code %u info %u data %u from",
		strerrorname_np((int)ee.ee_errno), ee.ee_origin, ee.ee_type, ee.ee_code, ee.ee_info,
		ee.ee_data);
	tell_name(&offender, (socklen_t)rest);
}

/* Times and device numbers differ, whatever else is told must not. */
static void tell_cmsg(const struct cmsghdr *c)
{
	struct in_pktinfo info;
	struct in6_pktinfo info6;
	size_t i, len = c->cmsg_len - CMSG_LEN(0);

	fprintf(out, " [%d/%d %zu", c->cmsg_level, c->cmsg_type, len);
	if ((c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) ||
	    (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
		tell_error_cmsg(c);
	} else if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_PKTINFO) {
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		fprintf(out, " lo %d", (unsigned int)info.ipi_ifindex == side->ifindex("lo"));
		fprintf(out, " %08x %08x", ntohl(info.ipi_spec_dst.s_addr),
			ntohl(info.ipi_addr.s_addr));
	} else if (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&info6, CMSG_DATA(c), sizeof(info6));
		fprintf(out, " lo %d", info6.ipi6_ifindex == side->ifindex("lo"));
		for (i = 0; i < 16; i++)
			fprintf(out, "%s%02x", i ? "" : " ", info6.ipi6_addr.s6_addr[i]);
	} else if (c->cmsg_level == SOL_SOCKET &&
		   (c->cmsg_type == SO_TIMESTAMP || c->cmsg_type == SO_TIMESTAMPNS ||
		    c->cmsg_type == SO_TIMESTAMPING)) {
		fprintf(out, " time");
	} else {
		for (i = 0; i < len; i++)
			fprintf(out, "%s%02x", i ? "" : " ", CMSG_DATA(c)[i]);
	}
	fprintf(out, "]");
}

void receive(const char *what, int fd, size_t room, int flags)
{
	static unsigned char buf[70000];
	union { /* for the alignment */
		char room[512];
		struct cmsghdr c;
	} control;
	union name from;
	struct iovec iov = { .iov_base = buf, .iov_len = room };
	struct msghdr msg = { .msg_name = &from,
			      .msg_namelen = sizeof(from),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t ret = side->recvmsg(fd, &msg, flags | MSG_DONTWAIT);
	struct cmsghdr *c;

	if (ret < 0) {
		tell(what, ret);
		return;
	}
	fprintf(out, "%s: %zd flags %x", what, ret, (unsigned int)msg.msg_flags);
	tell_name(&from, msg.msg_namelen);
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		tell_cmsg(c);
	fprintf(out, "\n");
}

/* What is done over and over. */

socklen_t make_name(union name *n, int family, unsigned int addr, unsigned short port)
{
	memset(n, 0, sizeof(*n));
	if (family == AF_INET) {
		n->in.sin_family = AF_INET;
		n->in.sin_port = htons(port);
		n->in.sin_addr.s_addr = htonl(addr);
		return sizeof(n->in);
	}
	n->in6.sin6_family = AF_INET6;
	n->in6.sin6_port = htons(port);
	if (addr) {
		n->in6.sin6_addr.s6_addr[10] = n->in6.sin6_addr.s6_addr[11] = 0xff;
		addr = htonl(addr);
		memcpy(&n->in6.sin6_addr.s6_addr[12], &addr, 4);
	}
	return sizeof(n->in6);
}

static void must(const char *what, int ret)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "socket-twin: %s: %s\n", what, strerrorname_np(errno));
	exit(3);
}

int must_open(int family, int type, int proto)
{
	int fd = side->socket(family, type, proto);

	must("socket", fd);
	return fd;
}

void must_bind(int fd, int family, unsigned int addr, unsigned short port)
{
	union name n;
	socklen_t len = make_name(&n, family, addr, port);

	must("bind", side->bind(fd, &n.any, len));
}

void must_connect(int fd, int family, unsigned int addr, unsigned short port)
{
	union name n;
	socklen_t len = make_name(&n, family, addr, port);

	must("connect", side->connect(fd, &n.any, len));
}

long send_to(int fd, int family, unsigned int addr, unsigned short port, size_t len, int flags)
{
	static const unsigned char data[70000];
	union name n;
	socklen_t namelen = make_name(&n, family, addr, port);
	long ret = side->sendto(fd, data, len, flags, &n.any, namelen);
	int err = errno;

	side->settle(1);
	errno = err;
	return ret;
}

int set_int(int fd, int level, int name, int val)
{
	return side->set(fd, level, name, &val, sizeof(val));
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
