// SPDX-License-Identifier: BSD-2-Clause
/* Names of running hosts. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skiff/skiff.h>

#include "taken.h"

/*
 * A name is a file in a directory of the user's own, locked by flock() as long as its host runs.
 * The kernel gives up the lock with the process, so a file without a lock is a leftover and is
 * taken over. Its content is the process's number, for messages.
 */

/* Longest path of the directory, with its final 0. */
#define DIR_MAX 160

/* Who this user is to the system, whatever a user namespace calls it here. */
static unsigned int system_uid(void)
{
	unsigned long here, there, count, uid = geteuid();
	FILE *map = fopen("/proc/self/uid_map", "re");
	char line[128], *next;

	while (map && fgets(line, sizeof(line), map)) {
		here = strtoul(line, &next, 10);
		there = strtoul(next, &next, 10);
		count = strtoul(next, NULL, 10);
		if (uid >= here && uid - here < count) {
			uid = there + (uid - here);
			break;
		}
	}
	if (map)
		fclose(map);
	return (unsigned int)uid;
}

/* Open the directory of @path, made if it is missing; only a private one of this user will do. */
static int open_private(const char *path)
{
	struct stat st;
	int fd;

	if (mkdir(path, 0700) && errno != EEXIST)
		return -1;
	fd = open(path, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) || st.st_uid != geteuid() || st.st_mode & 077) {
		close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}

/* What open_private() has refused. */
static const char *reason(void)
{
	return errno == EPERM ? "not a directory of this user's with mode 0700" : strerror(errno);
}

/* The first of the usual places that will do. Return: a descriptor, or -1 after a message. */
static int open_usual_dir(char *path, size_t size)
{
	unsigned int uid = system_uid();
	int fd;

	snprintf(path, size, "/run/user/%u/skiff", uid);
	fd = open_private(path);
	if (fd >= 0)
		return fd;
	snprintf(path, size, "/tmp/skiff-%u", uid);
	fd = open_private(path);
	if (fd < 0)
		complain(STATUS_FAILED,
			 "%s: %s; such a directory is expected, or XDG_RUNTIME_DIR to name one",
			 path, reason());
	return fd;
}

/* The directory that the environment asks for. Return: a descriptor, or -1, and *@why it can't be had. */
static int open_xdg_dir(const char *xdg, char *path, size_t size, const char **why)
{
	int fd;

	*why = "an absolute path is accepted";
	if (*xdg != '/')
		return -1;
	*why = "a shorter path is accepted";
	if ((size_t)snprintf(path, size, "%s/skiff", xdg) >= size)
		return -1;
	fd = open_private(path);
	*why = reason();
	return fd;
}

/*
 * Who has another environment does not find what is in another place than it says, so it is told once. Return: a
 * descriptor, or -1 after a message.
 */
static int open_runtime_dir(char *path, size_t size)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR"), *why;
	static bool told;
	int fd;

	if (!xdg || !*xdg)
		return open_usual_dir(path, size);
	fd = open_xdg_dir(xdg, path, size, &why);
	if (fd >= 0)
		return fd;
	fd = open_usual_dir(path, size);
	if (fd >= 0 && !told)
		complain(
			STATUS_OK,
			"XDG_RUNTIME_DIR '%s' can't be used: %s; running hosts are looked for in %s",
			xdg, why, path);
	told = true;
	return fd;
}

static bool is_good_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	size_t len = strlen(name);

	return len && len <= SKIFF_NET_NAME_MAX && name[0] != '.' && strspn(name, letters) == len;
}

bool check_name(const char *name)
{
	if (is_good_name(name))
		return true;
	complain(
		STATUS_USAGE,
		"host name '%s': 1 to %d letters, digits, '.', '_' and '-' are accepted, the first "
		"one not a '.'",
		name, SKIFF_NET_NAME_MAX);
	return false;
}

int open_hosts(void)
{
	char path[DIR_MAX];

	return open_runtime_dir(path, sizeof(path));
}

static enum status name_is_taken(int fd, const char *name)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	if (n > 0)
		pid[strcspn(pid, "\n")] = '\0';
	return complain(STATUS_TAKEN,
			"host '%s' is running already%s%s; a name that is free is "
			"accepted",
			name, *pid ? ", as process " : "", pid);
}

/* Whether the open file is still the one at its path: its owner may just have removed it. */
static bool is_current(int fd, const char *path)
{
	struct stat ours, now;

	return !fstat(fd, &ours) && !lstat(path, &now) && ours.st_dev == now.st_dev &&
	       ours.st_ino == now.st_ino;
}

/* Return: whether the file is locked and named; otherwise *@status says what went wrong. */
static bool try_lock(struct taken *taken, const char *name, enum status *status)
{
	*status = STATUS_OK;
	taken->fd = open(taken->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (taken->fd < 0) {
		*status = complain(STATUS_FAILED, "%s: %s", taken->path, strerror(errno));
		return false;
	}
	if (flock(taken->fd, LOCK_EX | LOCK_NB))
		*status = errno == EWOULDBLOCK ?
				  name_is_taken(taken->fd, name) :
				  complain(STATUS_FAILED, "%s: %s", taken->path, strerror(errno));
	else if (is_current(taken->fd, taken->path))
		return true;
	close(taken->fd);
	return false;
}

enum status take_name(const char *name, struct taken *taken)
{
	enum status status = STATUS_OK;
	char dir[DIR_MAX];

	if (!check_name(name))
		return STATUS_USAGE;
	taken->dir = open_runtime_dir(dir, sizeof(dir));
	if (taken->dir < 0)
		return STATUS_FAILED;
	snprintf(taken->path, sizeof(taken->path), "%s/%s.lock", dir, name);
	snprintf(taken->socket, sizeof(taken->socket), "%s" SOCKET_SUFFIX, name);
	while (!try_lock(taken, name, &status))
		if (status != STATUS_OK) {
			close(taken->dir);
			return status;
		}
	if (ftruncate(taken->fd, 0) || dprintf(taken->fd, "%d\n", getpid()) < 0) {
		complain(STATUS_FAILED, "%s: %s", taken->path, strerror(errno));
		release_name(taken);
		return STATUS_FAILED;
	}
	return STATUS_OK;
}

void release_name(struct taken *taken)
{
	unlinkat(taken->dir, taken->socket, 0);
	/* First the name, then the lock: nobody locks a file that is about to go. */
	unlink(taken->path);
	close(taken->fd);
	close(taken->dir);
}
