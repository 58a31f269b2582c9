// SPDX-License-Identifier: BSD-2-Clause
/* Making the image of a host's devices, on the launcher's side. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>

#include "program/mirror.h"
#include "program/rtnl.h"

#define WORDS_MAX 6
#define LINE_MAX_LEN 160

/* Flags that are asked for; the others are the kernel's. */
#define SETTABLE (IFF_UP | IFF_NOARP | IFF_MULTICAST)

/**
 * struct maker - an image that is being made
 * @control: a socket for ioctls
 * @rtnl: one for rtnetlink
 * @ends: what there is
 * @nr: how many
 * @ifindex: of the last one, 0 when it could not be made
 * @error: the first one, negative
 */
struct maker {
	int control;
	int rtnl;
	struct mirror_end *ends;
	unsigned int nr;
	int ifindex;
	int error;
};

/* No frame that the kernel sends here is to go anywhere, nor to wait for somebody to fetch it. */
static int drop_all(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &nothing };

	return ioctl(fd, TUNATTACHFILTER, &program) ? -errno : 0;
}

/* Programs name devices by their numbers, too. */
static int open_tap(const char *name, int ifindex, bool ethernet)
{
	struct ifreq ifr = { 0 };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), err;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	ifr.ifr_flags = (short)(ethernet ? IFF_TAP | IFF_NO_PI : IFF_TUN | IFF_NO_PI);
	err = ioctl(fd, TUNSETIFINDEX, &ifindex) || ioctl(fd, TUNSETIFF, &ifr) ? -errno : 0;
	/* Only Ethernet's may have a filter; what others send waits in a short queue. */
	if (!err && ethernet)
		err = drop_all(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static bool is_loopback(const char *name)
{
	return !strcmp(name, "lo");
}

/*
 * There is one in each namespace, and no other can be made. A socket that sends on it shows what it sends to
 * listeners, twice as they are used to; the kernel takes nothing from outside for addresses of loopback.
 */
static int open_loopback(void)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex("lo"),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (const struct sockaddr *)&to, sizeof(to)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* A number of the host's, which writes them well. */
static unsigned int number(const char *text)
{
	return (unsigned int)strtoul(text, NULL, 10);
}

static int set_mac(int control, const char *name, const char *mac)
{
	struct ifreq ifr = { .ifr_hwaddr.sa_family = ARPHRD_ETHER };
	char *end;

	for (int i = 0; i < 6; i++) {
		ifr.ifr_hwaddr.sa_data[i] = (char)strtoul(mac, &end, 16);
		if (*end != (i < 5 ? ':' : '\0'))
			return -EPROTO;
		mac = end + 1;
	}
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return ioctl(control, SIOCSIFHWADDR, &ifr) ? -errno : 0;
}

static int set_mtu(int control, const char *name, const char *mtu)
{
	struct ifreq ifr = { .ifr_mtu = (int)number(mtu) };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return ioctl(control, SIOCSIFMTU, &ifr) ? -errno : 0;
}

static int set_flags(int control, const char *name, const char *flags)
{
	struct ifreq ifr = { .ifr_flags = (short)(strtoul(flags, NULL, 16) & SETTABLE) };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return ioctl(control, SIOCSIFFLAGS, &ifr) ? -errno : 0;
}

/* device NAME INDEX FLAGS MTU MAC */
static int make_device(struct maker *m, char *words[], unsigned int n)
{
	const char *name = words[1];
	bool ethernet = n == 6 && strcmp(words[5], "-") != 0;
	int fd, err = 0;

	m->ifindex = 0;
	if (n != 6)
		return -EPROTO;
	if (m->nr == MIRROR_MAX)
		return -ENOSPC;
	fd = is_loopback(name) ? open_loopback() : open_tap(name, (int)number(words[2]), ethernet);
	if (fd < 0)
		return fd;
	m->ends[m->nr].fd = fd;
	snprintf(m->ends[m->nr++].name, IF_NAMESIZE, "%s", name);
	if (is_loopback(name))
		return 0;
	if (ethernet)
		err = set_mac(m->control, name, words[5]);
	if (!err)
		err = set_mtu(m->control, name, words[4]);
	if (!err)
		err = set_flags(m->control, name, words[3]);
	if (!err)
		m->ifindex = (int)if_nametoindex(name);
	return err;
}

/* address ADDRESS LENGTH */
static int make_address(struct maker *m, char *words[], unsigned int n)
{
	struct in_addr addr;

	if (!m->ifindex)
		return 0;
	if (n != 3 || inet_pton(AF_INET, words[1], &addr) != 1)
		return -EPROTO;
	return rtnl_add_address(m->rtnl, m->ifindex, addr, number(words[2]));
}

static int find_device(struct maker *m, char *words[], unsigned int n)
{
	m->ifindex = n > 1 && !is_loopback(words[1]) ? (int)if_nametoindex(words[1]) : 0;
	return 0;
}

static int be_deaf(struct maker *m, char *words[], unsigned int n)
{
	struct in_addr addr;

	if (!m->ifindex || inet_pton(AF_INET, words[1], &addr) != 1)
		return 0;
	return rtnl_be_deaf(m->rtnl, m->ifindex, addr);
}

/* route ADDRESS LENGTH GATEWAY SOURCE METRIC */
static int make_route(struct maker *m, char *words[], unsigned int n)
{
	struct rtnl_route route = { .ifindex = m->ifindex };

	if (!m->ifindex)
		return 0;
	if (n != 6 || inet_pton(AF_INET, words[1], &route.dst) != 1 ||
	    inet_pton(AF_INET, words[3], &route.gateway) != 1 ||
	    inet_pton(AF_INET, words[4], &route.source) != 1)
		return -EPROTO;
	route.prefix_len = number(words[2]);
	route.metric = number(words[5]);
	return rtnl_add_route(m->rtnl, &route);
}

/* What is done with a kind of line, and in the end: what listeners are shown the kernel is not to answer as well. */
static const struct {
	const char *name;
	int (*make)(struct maker *m, char *words[], unsigned int n);
	int (*finish)(struct maker *m, char *words[], unsigned int n);
} kinds[] = {
	{ "device", make_device, find_device },
	{ "address", make_address, be_deaf },
	{ "route", make_route, NULL },
};

static void make_line(struct maker *m, char *line, bool finish)
{
	int (*make)(struct maker * m, char *words[], unsigned int n);
	char *words[WORDS_MAX];
	unsigned int n = 0;
	char *word;
	int err;

	while (n < WORDS_MAX && (word = strsep(&line, " ")) != NULL)
		words[n++] = word;
	for (size_t i = 0; n && i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(words[0], kinds[i].name) != 0)
			continue;
		make = finish ? kinds[i].finish : kinds[i].make;
		err = make ? make(m, words, n) : 0;
		if (!m->error)
			m->error = err;
	}
}

static void make_lines(struct maker *m, const char *lines, bool finish)
{
	char line[LINE_MAX_LEN];

	while (!m->error && *lines) {
		size_t len = strcspn(lines, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)min_t(size_t, len, sizeof(line) - 1),
			 lines);
		make_line(m, line, finish);
		lines += len + (lines[len] == '\n');
	}
}

/* The kernel's own, which the host does not have, for devices that are made from now on. */
static void no_ipv6(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);
	ssize_t n;

	/* A kernel without IPv6 is as good. */
	if (fd < 0)
		return;
	n = write(fd, "1", 1);
	(void)n;
	close(fd);
}

static const char *reason(int error)
{
	return error == -ENOENT || error == -ENODEV ? "there is no /dev/net/tun" : strerror(-error);
}

unsigned int mirror_make(const char *lines, struct mirror_end *ends, char *err, size_t size)
{
	struct maker m = { .ends = ends };

	m.control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	m.rtnl = rtnl_open();
	if (m.control < 0 || m.rtnl < 0)
		m.error = m.rtnl < 0 ? m.rtnl : -EMFILE;
	no_ipv6();
	make_lines(&m, lines, false);
	make_lines(&m, lines, true);
	if (m.control >= 0)
		close(m.control);
	if (m.rtnl >= 0)
		close(m.rtnl);
	*err = '\0';
	if (m.error)
		snprintf(err, size,
			 "/proc/net, `ip addr' and the like do not show the host's devices: %s",
			 reason(m.error));
	return m.nr;
}
