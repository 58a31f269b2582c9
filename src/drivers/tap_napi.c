// SPDX-License-Identifier: BSD-2-Clause
/* TAP and TUN: the kernel's end in a thread of its own. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mount.h>

#include "drivers/tap.h"

/* A sysfs of this network namespace, mounted nowhere: what is at /sys may be another one's. Or a negative errno. */
static int open_sysfs(void)
{
	int root, err, fs = (int)syscall(SYS_fsopen, "sysfs", FSOPEN_CLOEXEC);

	if (fs < 0)
		return -errno;
	root = (int)syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (!root)
		root = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	err = errno;
	close(fs);
	return root < 0 ? -err : root;
}

/* As `echo 1 > /sys/class/net/NAME/threaded`. */
int tap_napi_threaded(const char *name)
{
	char path[sizeof("class/net//threaded") + IFNAMSIZ];
	int root = open_sysfs(), fd, err = 0;

	if (root < 0)
		return root;
	snprintf(path, sizeof(path), "class/net/%s/threaded", name);
	fd = openat(root, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		err = -errno;
	if (fd >= 0)
		close(fd);
	close(root);
	return err;
}
