// SPDX-License-Identifier: BSD-2-Clause
/* Talking to running hosts. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hosts.h"
#include "program/control.h"
#include "program/launch.h"
#include "taken.h"

/* Words of a line of a host's description. */
#define WORDS_MAX 24

static int connect_in(int dir, const char *name)
{
	char file[SKIFF_NET_NAME_MAX + sizeof(SOCKET_SUFFIX)];

	snprintf(file, sizeof(file), "%s" SOCKET_SUFFIX, name);
	return control_socket_connect(dir, file);
}

int host_connect(const char *name)
{
	int dir, fd;

	if (!check_name(name))
		return -1;
	dir = open_hosts();
	if (dir < 0)
		return -1;
	fd = connect_in(dir, name);
	close(dir);
	if (fd >= 0)
		return fd;
	if (fd == -ENOENT || fd == -ECONNREFUSED)
		complain(STATUS_NO_HOST,
			 "no host '%s' is running; `skiff list' tells which are, and `skiff up' "
			 "starts one",
			 name);
	else if (fd == -EAGAIN)
		complain(STATUS_NO_HOST, "host '%s' does not answer", name);
	else
		complain(STATUS_NO_HOST, "host '%s' can't be reached: %s", name, strerror(-fd));
	return -1;
}

static bool is_socket_file(const char *file, char name[SKIFF_NET_NAME_MAX + 1])
{
	size_t len = strlen(file), suffix = sizeof(SOCKET_SUFFIX) - 1;

	if (len <= suffix || len - suffix > SKIFF_NET_NAME_MAX ||
	    strcmp(file + len - suffix, SOCKET_SUFFIX) != 0)
		return false;
	memcpy(name, file, len - suffix);
	name[len - suffix] = '\0';
	return true;
}

static enum status ask_one(int dir, const char *name,
			   void (*fn)(const char *name, const char *lines, void *arg), void *arg)
{
	char *reply = malloc(CONTROL_REPLY_MAX);
	enum status status = STATUS_OK;
	int fd = connect_in(dir, name);

	if (!reply)
		status = complain(STATUS_FAILED, "no memory");
	else if (fd == -EAGAIN)
		status = complain(STATUS_NO_HOST, "host '%s' does not answer", name);
	else if (fd < 0 && fd != -ENOENT && fd != -ECONNREFUSED)
		status = complain(STATUS_FAILED, "host '%s': %s", name, strerror(-fd));
	else if (fd >= 0 && control_ask(fd, reply, "list"))
		status = complain(STATUS_NO_HOST, "host '%s': %s", name, reply);
	else if (fd >= 0)
		fn(name, reply, arg);
	if (fd >= 0)
		close(fd);
	free(reply);
	return status;
}

enum status hosts_foreach(void (*fn)(const char *name, const char *lines, void *arg), void *arg)
{
	int dir = open_hosts(), n;
	enum status status = STATUS_OK, one;
	struct dirent **entries;
	char name[SKIFF_NET_NAME_MAX + 1], path[64];

	if (dir < 0)
		return STATUS_FAILED;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", dir);
	n = scandir(path, &entries, NULL, alphasort);
	if (n < 0)
		status = complain(STATUS_FAILED, "the directory of hosts: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		if (is_socket_file(entries[i]->d_name, name)) {
			one = ask_one(dir, name, fn, arg);
			status = one == STATUS_OK ? status : one;
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	close(dir);
	return status;
}

/* Cut @line, which ends behind its last word, into words. */
static unsigned int split(char *line, char *words[WORDS_MAX])
{
	unsigned int n = 0;
	char *word;

	while (n < WORDS_MAX && (word = strsep(&line, " ")) != NULL)
		words[n++] = word;
	return n;
}

void each_line(const char *lines, const char *key, unsigned int least,
	       void (*fn)(char *words[], unsigned int n, void *arg), void *arg)
{
	char *copy = strdup(lines), *next = copy, *line, *words[WORDS_MAX];
	unsigned int n;

	while (next && (line = strsep(&next, "\n")) != NULL) {
		n = split(line, words);
		if (n >= least && !strcmp(words[0], key))
			fn(words, n, arg);
	}
	free(copy);
}

static void warn(const char *text)
{
	complain(STATUS_OK, "%s", text);
}

enum status become_program(int control, char **argv, bool map_root)
{
	const struct launch l = {
		.control = control,
		.argv = argv,
		.map_root = map_root,
		.warn = warn,
	};
	char err[512] = "";
	enum launch_status status;

	flush_output();
	status = launch(&l, err, sizeof(err));
	return complain((enum status)status, "%s", err);
}
