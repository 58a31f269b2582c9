// SPDX-License-Identifier: BSD-2-Clause
/* What the lists of things to do with sockets share: the kernel's calls, and how results are told. */
#include <fcntl.h>
#include <net/if.h>
#include <time.h>

#include <linux/errqueue.h>

#include "socket_twin.h"

const struct side *side;
FILE *out;
unsigned int kernel_patience = 1;

/* The kernel. */

static void kernel_settle(unsigned int ms)
{
	struct timespec ts;

	ms *= kernel_patience;
	ts.tv_sec = ms / 1000;
	ts.tv_nsec = (long)(ms % 1000) * 1000000;

	nanosleep(&ts, NULL);
}

const struct side kernel_side = {
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
	if (addr == LO6) {
		n->in6.sin6_addr.s6_addr[15] = 1;
	} else if (addr) {
		n->in6.sin6_addr.s6_addr[10] = n->in6.sin6_addr.s6_addr[11] = 0xff;
		addr = addr == ANY_MAPPED ? 0 : htonl(addr);
		memcpy(&n->in6.sin6_addr.s6_addr[12], &addr, 4);
	}
	return sizeof(n->in6);
}

static void must(const char *what, int ret)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, strerrorname_np(errno));
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
