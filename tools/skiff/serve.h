/* SPDX-License-Identifier: BSD-2-Clause */
/* A host that runs: its loop, its programs, and who controls it. */
#ifndef TOOLS_SKIFF_SERVE_H
#define TOOLS_SKIFF_SERVE_H

#include <stdio.h>

#include "background.h"
#include "taken.h"
#include "up.h"

/**
 * struct serve - how a host is to run
 * @config: what it is
 * @taken: its name, under which others reach it, or NULL
 * @client: a connection of the process that has started it and will become its program, or -1; then the host
 *          ends with its programs
 * @front: a connection of the process in front of that program, which says by its end that the program has ended, and
 *         waits for the other one's until what was captured is in the files, or -1
 * @background: to be told when it is up, or NULL
 */
struct serve {
	const struct up_config *config;
	const struct taken *taken;
	int client;
	int front;
	struct background *background;
};

/* Make the host, run it until it is told to end, and undo it. Return: a status, after its message. */
enum status serve(const struct serve *how);

/* Write the lines that a program's image of @net's devices is made by (program/mirror.h). */
void furnish_devices(struct net *net, FILE *out);

/* Tell systemd, if that has started us, a line like "READY=1". */
void tell_service_manager(const char *state);

#endif /* TOOLS_SKIFF_SERVE_H */
