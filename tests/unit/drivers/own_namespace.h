/* SPDX-License-Identifier: BSD-2-Clause */
/* Namespaces of the test's own, in which it is root. */
#ifndef TESTS_DRIVERS_OWN_NAMESPACE_H
#define TESTS_DRIVERS_OWN_NAMESPACE_H

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static inline void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd >= 0) {
		if (write(fd, text, strlen(text)) < 0)
			perror(path);
		close(fd);
	}
}

/* Of networks and mounts; of users, too, where there is such a one. Return: whether TAPs can be opened there. */
static inline bool own_namespace(void)
{
	char map[64];
	uid_t uid = getuid();
	gid_t gid = getgid();
	int fd;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) == 0) {
		snprintf(map, sizeof(map), "0 %u 1", uid);
		write_file("/proc/self/uid_map", map);
		write_file("/proc/self/setgroups", "deny");
		snprintf(map, sizeof(map), "0 %u 1", gid);
		write_file("/proc/self/gid_map", map);
	} else if (unshare(CLONE_NEWNET) != 0) {
		return false;
	}
	fd = open("/dev/net/tun", O_RDWR);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

#endif /* TESTS_DRIVERS_OWN_NAMESPACE_H */
