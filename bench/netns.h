/* SPDX-License-Identifier: BSD-2-Clause */
/* Network namespaces of a benchmark's own, in which the kernel is the peer. */
#ifndef SKIFF_BENCH_NETNS_H
#define SKIFF_BENCH_NETNS_H

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

static inline bool netns_write(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/*
 * A network namespace for this process, which has one thread still; a user namespace too where it
 * may not have the former alone. Return: whether there is one.
 */
static inline bool netns_enter(void)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", (unsigned int)getuid());
	snprintf(gids, sizeof(gids), "0 %u 1", (unsigned int)getgid());
	if (unshare(CLONE_NEWNET) == 0)
		return true;
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
	       netns_write("/proc/self/setgroups", "deny") &&
	       netns_write("/proc/self/uid_map", uids) && netns_write("/proc/self/gid_map", gids);
}

/* A command of iproute2 in this namespace. */
static inline bool netns_run(const char *command)
{
	return system(command) == 0;
}

/* The kernel cuts and sums what leaves by @dev itself. Return: whether it does. */
static inline bool netns_no_offloads(const char *dev)
{
	static const unsigned int commands[] = { ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_STXCSUM };
	struct ifreq ifr = { .ifr_flags = 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct ethtool_value off = { .cmd = commands[i] };

		ifr.ifr_data = (char *)&off;
		ok = ok && ioctl(fd, SIOCETHTOOL, &ifr) == 0;
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

/* This namespace and another one, by descriptors; -1 without. */
struct netns_pair {
	int home;
	int away;
};

static inline int netns_self(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static inline bool netns_go(int ns)
{
	return setns(ns, CLONE_NEWNET) == 0;
}

/* A second namespace. The process stays where it is. Return: whether there are two. */
static inline bool netns_pair(struct netns_pair *ns)
{
	ns->home = netns_self();
	ns->away = -1;
	if (ns->home < 0 || unshare(CLONE_NEWNET))
		return false;
	ns->away = netns_self();
	return netns_go(ns->home) && ns->away >= 0;
}

/* A veth cable between the two: interface @x with address NET.1 here, @y with NET.2 there. */
static inline bool netns_cable(const struct netns_pair *ns, const char *x, const char *y,
			       const char *net)
{
	char cmd[256];
	bool ok;

	/* "ip" finds the namespace by this process's descriptor. */
	snprintf(cmd, sizeof(cmd),
		 "ip link add %s type veth peer name %s && ip link set %s netns /proc/%d/fd/%d && "
		 "ip addr add %s.1/24 dev %s && ip link set %s up",
		 x, y, y, (int)getpid(), ns->away, net, x, x);
	if (!netns_run(cmd) || !netns_go(ns->away))
		return false;
	snprintf(cmd, sizeof(cmd), "ip addr add %s.2/24 dev %s && ip link set %s up", net, y, y);
	ok = netns_run(cmd);
	return netns_go(ns->home) && ok;
}

#endif /* SKIFF_BENCH_NETNS_H */
