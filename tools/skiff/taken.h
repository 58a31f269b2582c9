/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of running hosts: one user has each name once. */
#ifndef TOOLS_SKIFF_TAKEN_H
#define TOOLS_SKIFF_TAKEN_H

#include <skiff/skiff.h>

#include "skiff.h"

/* What the control socket of a host is called, behind the host's name. */
#define SOCKET_SUFFIX ".sock"

/**
 * struct taken - a name that belongs to this process
 * @path: its lock file
 * @fd: the lock
 * @dir: the directory where it is
 * @socket: name there of the host's control socket
 */
struct taken {
	char path[256];
	int fd;
	int dir;
	char socket[SKIFF_NET_NAME_MAX + sizeof(SOCKET_SUFFIX)];
};

/**
 * take_name() - make a host's name this process's own
 * @name: 1 to 63 letters, digits or "._-", not beginning with a dot
 * @taken: for release_name()
 *
 * Return: STATUS_OK, or after a message STATUS_USAGE for a bad name, STATUS_TAKEN, STATUS_FAILED.
 */
enum status take_name(const char *name, struct taken *taken);

/* The control socket goes as well. */
void release_name(struct taken *taken);

/* Whether @name is one that a host may have; a message otherwise. */
bool check_name(const char *name);

/* The directory of this user's hosts, made if it is missing. Return: a descriptor, or -1 after a message. */
int open_hosts(void);

#endif /* TOOLS_SKIFF_TAKEN_H */
