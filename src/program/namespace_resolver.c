// SPDX-License-Identifier: BSD-2-Clause
/*
 * Names: other servers for the programs of one mount namespace.
 *
 * A file can be bound over /etc/resolv.conf only when it is on a file system that is mounted here. So a
 * tmpfs is mounted on a directory for a moment, and goes again when the file in it is bound; the file stays
 * with its new name. Daemons that look names up on behalf of programs are asked by sockets of the local
 * family, which no filter of networks sees: those are covered with /dev/null, which refuses connections, and
 * the C library turns to the servers itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program/namespace.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define MOMENT "/tmp"
#define MOMENT_FILE MOMENT "/resolv.conf"

/* Of nscd, systemd-resolved and avahi. */
static const char *const daemons[] = {
	"/run/nscd/socket",
	"/var/run/nscd/socket",
	"/run/systemd/resolve/io.systemd.Resolve",
	"/run/avahi-daemon/socket",
};

static int failed(const char *what, char *err, size_t size)
{
	int error = errno;

	snprintf(err, size, "%s: %s; names are looked up as the system does", what,
		 strerror(error));
	return -error;
}

static int write_servers(const char *servers)
{
	int fd = open(MOMENT_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644), err = 0;

	if (fd < 0)
		return -1;
	/* Whatever the caller's umask is. */
	if (fchmod(fd, 0644))
		err = errno;
	while (!err && *servers) {
		size_t len = strcspn(servers, "\n");

		if (len && dprintf(fd, "nameserver %.*s\n", (int)len, servers) < 0)
			err = errno;
		servers += len + (servers[len] == '\n');
	}
	close(fd);
	errno = err;
	return err ? -1 : 0;
}

static int bind_file(const char *servers, char *err, size_t size)
{
	int ret = 0;

	if (mount("tmpfs", MOMENT, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64k,mode=0755"))
		return failed("a tmpfs can't be mounted on " MOMENT, err, size);
	if (write_servers(servers))
		ret = failed(MOMENT_FILE, err, size);
	else if (mount(MOMENT_FILE, RESOLV_CONF, NULL, MS_BIND, NULL))
		ret = failed(RESOLV_CONF " can't be covered", err, size);
	umount2(MOMENT, MNT_DETACH);
	return ret;
}

static void cover_daemons(void)
{
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++)
		if (!stat(daemons[i], &st) && S_ISSOCK(st.st_mode))
			mount("/dev/null", daemons[i], NULL, MS_BIND, NULL);
}

int namespace_resolver(const char *servers, char *err, size_t size)
{
	int ret = bind_file(servers, err, size);

	if (!ret)
		cover_daemons();
	return ret;
}
