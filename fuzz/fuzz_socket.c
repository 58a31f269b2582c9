// SPDX-License-Identifier: BSD-2-Clause
/* Random sequences of socket calls, with random descriptors, values and sizes; no crash, no leak. */
#include <fcntl.h>
#include <sys/ioctl.h>

#include <linux/sockios.h>

#include <skiff/socket.h>

#include "fuzz_host.h"

/* Descriptors that the calls use; the input may have made a few less. */
#define FDS 8
#define STEPS_MAX 64

/**
 * struct input - what is left of the input
 * @data: next byte
 * @size: how many there are; zeros follow
 */
struct input {
	const uint8_t *data;
	size_t size;
};

static unsigned int take(struct input *in, unsigned int bytes)
{
	unsigned int v = 0;

	for (; bytes; bytes--) {
		v = v << 8 | (in->size ? *in->data : 0);
		in->data += in->size != 0;
		in->size -= in->size != 0;
	}
	return v;
}

static int some_fd(struct input *in)
{
	return (int)(take(in, 1) % (FDS + 1)) - 1;
}

static socklen_t some_address(struct input *in, struct sockaddr_storage *addr)
{
	static const int families[] = { AF_INET, AF_INET6, AF_PACKET, AF_UNSPEC };
	struct sockaddr_in *sin = (struct sockaddr_in *)(void *)addr;

	memset(addr, 0, sizeof(*addr));
	sin->sin_family = (sa_family_t)families[take(in, 1) % ARRAY_SIZE(families)];
	sin->sin_port = htons((u16)(take(in, 1) + 5000));
	sin->sin_addr.s_addr = take(in, 1) & 1 ? htonl(INADDR_LOOPBACK) : HOST_IP;
	return take(in, 1) % (sizeof(*addr) + 8);
}

static void make_something(struct input *in, struct net *net)
{
	static const int domains[] = { AF_INET, AF_INET6, AF_PACKET, 200 };
	unsigned int how = take(in, 1);

	if (how & 0x80)
		skiff_epoll_create1(0);
	else
		skiff_socket(net, domains[how & 3], (int)(how >> 2 & 7) | SOCK_NONBLOCK,
			     (int)take(in, 1));
}

static void message(struct input *in, bool sends)
{
	u8 data[256] = { 0 }, control[96] __aligned(8) = { 0 };
	struct sockaddr_storage addr;
	struct iovec iov[2] = { { data, take(in, 1) % 128 }, { data + 128, take(in, 1) % 128 } };
	struct msghdr m = { .msg_name = &addr,
			    .msg_namelen = some_address(in, &addr),
			    .msg_iov = iov,
			    .msg_iovlen = take(in, 1) % 3,
			    .msg_control = control,
			    .msg_controllen = take(in, 1) % sizeof(control) };
	struct cmsghdr *cm = (struct cmsghdr *)(void *)control;
	int fd = some_fd(in), flags = (int)take(in, 2) | MSG_DONTWAIT;

	cm->cmsg_len = take(in, 1);
	cm->cmsg_level = (int)take(in, 1) % 42;
	cm->cmsg_type = (int)take(in, 1);
	if (sends)
		skiff_sendmsg(fd, &m, flags & ~MSG_MORE);
	else
		skiff_recvmsg(fd, &m, flags);
}

static void option(struct input *in)
{
	static const int levels[] = { SOL_SOCKET, SOL_IP, SOL_IPV6, 263 };
	int fd = some_fd(in), level = levels[take(in, 1) & 3], name = (int)take(in, 1);
	u8 val[64] = { 0 };
	socklen_t len = take(in, 1) % (sizeof(val) + 1);

	for (size_t i = 0; i < 8; i++)
		val[i] = (u8)take(in, 1);
	skiff_setsockopt(fd, level, name, val, len);
	skiff_getsockopt(fd, level, name, val, &len);
}

static void epoll(struct input *in)
{
	struct epoll_event ev[4] = { { .events = take(in, 4) } };
	int ep = some_fd(in);

	skiff_epoll_ctl(ep, (int)take(in, 1) % 5, some_fd(in), ev);
	skiff_epoll_wait(ep, ev, 4, 0);
}

static void look(struct input *in)
{
	struct pollfd p[3];
	u8 arg[64] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = (struct pollfd){ .fd = some_fd(in), .events = (short)take(in, 2) };
	skiff_poll_fds(p, 3, 0);
	skiff_ioctl(p[0].fd, take(in, 1) & 1 ? SIOCINQ : SIOCOUTQ, arg);
}

static void name(struct input *in)
{
	struct sockaddr_storage addr;
	socklen_t len = some_address(in, &addr);
	struct sockaddr *a = (struct sockaddr *)(void *)&addr;
	int fd = some_fd(in);

	switch (take(in, 1) % 6) {
	case 0:
		skiff_bind(fd, a, len);
		return;
	case 1:
		skiff_connect(fd, a, len);
		return;
	case 2:
		skiff_listen(fd, (int)take(in, 1) - 8);
		return;
	case 3:
		skiff_fcntl(fd, F_SETFL, O_NONBLOCK);
		skiff_accept(fd, a, &len);
		return;
	case 4:
		skiff_getsockname(fd, a, &len);
		return;
	default:
		skiff_getpeername(fd, a, &len);
	}
}

static void step(struct input *in, struct net *net)
{
	int fd;

	switch (take(in, 1) % 10) {
	case 0:
	case 1:
		make_something(in, net);
		return;
	case 2:
	case 3:
		message(in, true);
		return;
	case 4:
		message(in, false);
		return;
	case 5:
		option(in);
		return;
	case 6:
		epoll(in);
		return;
	case 7:
		look(in);
		return;
	case 8:
		name(in);
		return;
	default:
		fd = some_fd(in);
		if (take(in, 1) & 1)
			skiff_close(fd);
		else if (fd >= 0)
			skiff_dup2(fd, (int)take(in, 1) % FDS);
		skiff_shutdown(some_fd(in), (int)take(in, 1) % 4);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct wire_host *h = fuzz_start();

	if (size > 2048)
		return -1;
	skiff_fd_limit(FDS);
	for (int i = 0; i < STEPS_MAX && in.size; i++)
		step(&in, h->net);
	for (int fd = 0; fd < FDS; fd++)
		skiff_close(fd);
	fuzz_settle(h);
	return 0;
}
