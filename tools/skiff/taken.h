/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of running hosts: one user has each name once. */
#ifndef TOOLS_SKIFF_TAKEN_H
#define TOOLS_SKIFF_TAKEN_H

#include "skiff.h"

/**
 * struct taken - a name that belongs to this process
 * @path: its lock file
 * @fd: the lock
 */
struct taken {
	char path[256];
	int fd;
};

/**
 * take_name() - make a host's name this process's own
 * @name: 1 to 63 letters, digits or "._-", not beginning with a dot
 * @taken: for release_name()
 *
 * Return: STATUS_OK, or after a message STATUS_USAGE for a bad name, STATUS_TAKEN, STATUS_FAILED.
 */
enum status take_name(const char *name, struct taken *taken);

void release_name(struct taken *taken);

#endif /* TOOLS_SKIFF_TAKEN_H */
