// SPDX-License-Identifier: BSD-2-Clause
/* The Linux kernel as the peer, at the other end of a TAP device. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "demo.h"

/* IPv6 of the kernel's would only be noise. It may not be there, or not be ours to switch. */
static void silence_ipv6(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/" DEMO_DEV "/disable_ipv6", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "1", 1) < 0)
		printf("The kernel's own IPv6 frames are in the capture.\n");
	close(fd);
}

static int set_address(int fd, unsigned long request, const char *addr)
{
	struct ifreq ifr = { .ifr_name = DEMO_DEV };
	struct sockaddr_in sin = demo_sockaddr(addr, 0);

	memcpy(&ifr.ifr_addr, &sin, sizeof(sin));
	return ioctl(fd, request, &ifr) ? -errno : 0;
}

/* What `ip addr add` and `ip link set up` do. */
static int configure(int fd)
{
	struct ifreq ifr = { .ifr_name = DEMO_DEV };
	int err = set_address(fd, SIOCSIFADDR, DEMO_PEER_ADDR);

	if (!err)
		err = set_address(fd, SIOCSIFNETMASK, "255.255.255.0");
	if (!err && ioctl(fd, SIOCGIFFLAGS, &ifr))
		err = -errno;
	ifr.ifr_flags |= IFF_UP;
	if (!err && ioctl(fd, SIOCSIFFLAGS, &ifr))
		err = -errno;
	return err;
}

static void kernel_pings(struct demo *demo, struct step_result *result)
{
	(void)demo;
	kernel_ping(result);
}

static int wait_readable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int n = poll(&pfd, 1, DEMO_TIMEOUT);

	return n > 0 ? 0 : n ? -errno : -ETIMEDOUT;
}

static int kernel_asks(struct demo *demo, u16 port, const void *data, size_t len, void *answer,
		       size_t size)
{
	struct sockaddr_in to = demo_sockaddr(DEMO_ADDR, port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;
	ssize_t n = 0;

	(void)demo;
	if (fd < 0)
		return -errno;
	/* Connected, so that ICMP errors come back to it. */
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) || send(fd, data, len, 0) < 0)
		err = -errno;
	if (!err)
		err = wait_readable(fd);
	if (!err)
		n = recv(fd, answer, size, 0);
	if (n < 0)
		err = -errno;
	close(fd);
	return err ? err : (int)n;
}

static int kernel_serves(struct demo *demo, u16 port)
{
	struct sockaddr_in self = demo_sockaddr(DEMO_PEER_ADDR, port);

	demo->peer_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (demo->peer_fd < 0)
		return -errno;
	return bind(demo->peer_fd, (struct sockaddr *)&self, sizeof(self)) ? -errno : 0;
}

static int kernel_answers(struct demo *demo)
{
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	int err = wait_readable(demo->peer_fd);
	char buf[2048];
	ssize_t n;

	if (err)
		return err;
	n = recvfrom(demo->peer_fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &from_len);
	if (n >= 0)
		n = sendto(demo->peer_fd, buf, (size_t)n, 0, (struct sockaddr *)&from, from_len);
	return n < 0 ? -errno : (int)n;
}

/* The kernel's end of the stream, in a thread of its own: one connection. */
static pthread_t stream_thread;
static int stream_fd = -1;

static bool write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		buf += n;
		len -= (size_t)n;
	}
	return true;
}

static void *send_back(void *arg)
{
	static char buf[1 << 18];
	int fd = accept4(stream_fd, NULL, NULL, SOCK_CLOEXEC);
	ssize_t n;

	(void)arg;
	if (fd < 0)
		return NULL;
	do
		n = recv(fd, buf, sizeof(buf), 0);
	while (n > 0 && write_all(fd, buf, (size_t)n));
	close(fd);
	return NULL;
}

static int kernel_sends_back(struct demo *demo, u16 *port)
{
	struct sockaddr_in self = demo_sockaddr(DEMO_PEER_ADDR, DEMO_PEER_PORT);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), err = 0;

	(void)demo;
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&self, sizeof(self)) || listen(fd, 1))
		err = -errno;
	stream_fd = fd;
	if (!err)
		err = -pthread_create(&stream_thread, NULL, send_back, NULL);
	if (err) {
		close(fd);
		stream_fd = -1;
	}
	*port = DEMO_PEER_PORT;
	return err;
}

static void end_sending_back(void)
{
	if (stream_fd < 0)
		return;
	/* It may be waiting for a connection still. */
	shutdown(stream_fd, SHUT_RDWR);
	pthread_join(stream_thread, NULL);
	close(stream_fd);
	stream_fd = -1;
}

static int kernel_mac(struct demo *demo, u8 mac[ETH_ALEN])
{
	struct ifreq ifr = { .ifr_name = DEMO_DEV };

	if (ioctl(demo->peer_fd, SIOCGIFHWADDR, &ifr))
		return -errno;
	memcpy(mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	return 0;
}

static void kernel_end(struct demo *demo)
{
	end_sending_back();
	if (demo->peer_fd >= 0)
		close(demo->peer_fd);
}

static const struct peer_ops kernel_ops = {
	.name = "the kernel",
	.ping = kernel_pings,
	.ask = kernel_asks,
	.serve = kernel_serves,
	.answer = kernel_answers,
	.send_back = kernel_sends_back,
	.mac = kernel_mac,
	.end = kernel_end,
};

int connect_kernel(struct demo *demo, char *err, size_t size)
{
	int fd, ret = skiff_dev_create(demo->net, "tap,name=" DEMO_DEV ",addr=" DEMO_ADDR "/24",
				       err, size);

	if (ret < 0)
		return ret;
	silence_ipv6();
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ret = fd < 0 ? -errno : configure(fd);
	if (fd >= 0)
		close(fd);
	if (ret)
		snprintf(err, size, "the kernel's end can't be set up: %s", strerror(-ret));
	demo->peer = &kernel_ops;
	return ret;
}
