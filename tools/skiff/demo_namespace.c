// SPDX-License-Identifier: BSD-2-Clause
/* A network of the demonstration's own. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "demo.h"

/* What a trial says to its parent. */
enum trial { TRIAL_OK, TRIAL_NO_NAMESPACE, TRIAL_NO_MAP, TRIAL_NO_TUN, TRIAL_NO_TAP };

static const char *const trial_text[] = {
	[TRIAL_NO_NAMESPACE] = "a network namespace",
	[TRIAL_NO_MAP] = "a user namespace",
	[TRIAL_NO_TUN] = "/dev/net/tun",
	[TRIAL_NO_TAP] = "a TAP device",
};

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

/* In the new user namespace this user is root, as programs like ping want it. */
static int map_ids(uid_t uid, gid_t gid)
{
	char map[32];
	int err;

	/* Without it, groups can't be mapped; older kernels don't have it. */
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)uid);
	err = write_file("/proc/self/uid_map", map);
	if (err)
		return err;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)gid);
	return write_file("/proc/self/gid_map", map);
}

static enum trial open_tap(void)
{
	struct ifreq ifr = { .ifr_name = DEMO_DEV, .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC), err;

	if (fd < 0)
		return TRIAL_NO_TUN;
	err = ioctl(fd, TUNSETIFF, &ifr) ? errno : 0;
	close(fd);
	errno = err;
	return err ? TRIAL_NO_TAP : TRIAL_OK;
}

/* Go there. errno says why not. */
static enum trial enter(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int err;

	if (unshare(CLONE_NEWNET)) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
			return TRIAL_NO_NAMESPACE;
		err = map_ids(uid, gid);
		if (err) {
			errno = -err;
			return TRIAL_NO_MAP;
		}
	}
	return open_tap();
}

/* Try it in a child, so that a failure leaves this process where it is. */
static enum trial try_to_enter(int *error)
{
	int status, report[2] = { 0 }, pipe_fd[2];
	pid_t pid;

	*error = EIO;
	if (pipe2(pipe_fd, O_CLOEXEC)) {
		*error = errno;
		return TRIAL_NO_NAMESPACE;
	}
	pid = fork();
	if (!pid) {
		report[0] = (int)enter();
		report[1] = errno;
		_exit(write(pipe_fd[1], report, sizeof(report)) < 0);
	}
	close(pipe_fd[1]);
	report[0] = TRIAL_NO_NAMESPACE;
	if (pid > 0 && read(pipe_fd[0], report, sizeof(report)) == sizeof(report))
		*error = report[1];
	close(pipe_fd[0]);
	if (pid > 0)
		waitpid(pid, &status, 0);
	return (enum trial)report[0];
}

bool enter_private_network(char *why, size_t size)
{
	int error;
	enum trial trial;

	fflush(NULL);
	trial = try_to_enter(&error);
	if (trial == TRIAL_OK) {
		trial = enter();
		error = errno;
	}
	if (trial == TRIAL_OK)
		return true;
	if ((trial == TRIAL_NO_NAMESPACE || trial == TRIAL_NO_MAP) &&
	    (error == ENOSPC || error == EPERM))
		snprintf(why, size,
			 "user namespaces are not allowed here (user.max_user_namespaces)");
	else
		snprintf(why, size, "%s can't be had: %s", trial_text[trial], strerror(error));
	return false;
}
