// SPDX-License-Identifier: BSD-2-Clause
/* User, network and mount namespaces for a program. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/capability.h>

#include "program/namespace.h"
#include "program/rights.h"

/* Where something is mounted for a moment. */
#define MOMENT "/tmp"

static int failed(int error, const char *what, char *err, size_t size)
{
	snprintf(err, size, "%s: %s", what, strerror(error));
	return -error;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* One user and one group are all that who has no rights may map. */
static int map_ids(uid_t uid, gid_t gid, bool map_root)
{
	char map[64];
	int err;

	/* Without it groups can't be mapped: they may be there to deny something. */
	err = write_file("/proc/self/setgroups", "deny");
	if (err && err != -ENOENT)
		return err;
	snprintf(map, sizeof(map), "%u %u 1", map_root ? 0 : uid, uid);
	err = write_file("/proc/self/uid_map", map);
	if (err)
		return err;
	snprintf(map, sizeof(map), "%u %u 1", map_root ? 0 : gid, gid);
	return write_file("/proc/self/gid_map", map);
}

/* Mounts of the system appear here, mounts of ours not there. */
static int part_mounts(void)
{
	return mount("", "/", NULL, MS_REC | MS_SLAVE, NULL) ? -errno : 0;
}

static int loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		err = -errno;
	close(fd);
	return err;
}

static int furnish(char *err, size_t size)
{
	int error = part_mounts();

	if (error)
		return failed(-error, "the mounts of a new namespace can't be made private", err,
			      size);
	error = loopback_up();
	if (error)
		return failed(-error, "loopback of a new network namespace can't be set up", err,
			      size);
	return 0;
}

/* Why unshare() has refused, in the words of those who could change it. */
static void say_why(int error, char *err, size_t size)
{
	switch (error) {
	case EPERM:
		snprintf(err, size,
			 "user namespaces are not allowed here "
			 "(kernel.unprivileged_userns_clone, "
			 "kernel.apparmor_restrict_unprivileged_userns)");
		return;
	case ENOSPC:
	case EUSERS:
		snprintf(err, size,
			 "the limit of namespaces is reached "
			 "(user.max_user_namespaces, user.max_net_namespaces)");
		return;
	default:
		snprintf(err, size, "namespaces can't be had: %s", strerror(error));
	}
}

int namespace_enter(bool map_root, char *err, size_t size)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int error;

	if (rights_have(CAP_SYS_ADMIN) && !unshare(CLONE_NEWNET | CLONE_NEWNS)) {
		error = furnish(err, size);
		return error ? error : SEPARATION_NETWORK;
	}
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS)) {
		say_why(errno, err, size);
		return SEPARATION_NONE;
	}
	error = map_ids(uid, gid, map_root);
	if (error)
		return failed(-error, "this user can't be mapped into a new user namespace", err,
			      size);
	error = furnish(err, size);
	return error ? error : SEPARATION_USER;
}

/*
 * A sysfs shows the network namespace of who has mounted it. One of this namespace is mounted for a moment,
 * and what is about devices of the network is bound over the system's, which keeps the rest, and what is mounted there.
 */
void namespace_devices(void)
{
	if (access("/sys/class/net", F_OK) ||
	    mount("sysfs", MOMENT, "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return;
	mount(MOMENT "/class/net", "/sys/class/net", NULL, MS_BIND, NULL);
	mount(MOMENT "/devices/virtual/net", "/sys/devices/virtual/net", NULL, MS_BIND, NULL);
	umount2(MOMENT, MNT_DETACH);
}

int namespace_keep_still(void)
{
	return prctl(PR_CAPBSET_DROP, CAP_NET_ADMIN, 0, 0, 0) ? -errno : 0;
}
