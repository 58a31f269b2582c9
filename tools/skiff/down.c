// SPDX-License-Identifier: BSD-2-Clause
/* skiff down: end a running host. */
#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hosts.h"
#include "program/control.h"

/* A host that ends closes its connections, and its devices; seconds. */
#define END_PATIENCE 30

/* Programs that are named; of more there is their number. */
#define NAMED_MAX 20

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const char **name = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (*name)
			argp_error(state, "'%s' after the name '%s': one name is accepted", arg,
				   *name);
		*name = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "the name of a host is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "NAME",
	.doc = "End the host NAME, and wait until it is gone."
	       "\vPrograms on it stay, and find their connections reset. A message says which ones.",
};

/**
 * struct left - programs that are on the host
 * @nr: how many
 * @names: of the first of them, with their processes
 */
struct left {
	unsigned int nr;
	char names[NAMED_MAX * 32];
};

static void add_program(char *words[], unsigned int n, void *arg)
{
	struct left *left = arg;
	size_t used = strlen(left->names);

	if (left->nr++ < NAMED_MAX)
		snprintf(left->names + used, sizeof(left->names) - used, "%s%s %s",
			 used ? ", " : "", strcmp(words[1], "0") != 0 ? words[1] : "?", words[3]);
}

/* They are told of as the host has them a moment before it ends. */
static void tell_who_is_left(const char *name, const struct left *left)
{
	char more[32] = "";

	if (!left->nr)
		return;
	if (left->nr > NAMED_MAX)
		snprintf(more, sizeof(more), " and %u more", left->nr - NAMED_MAX);
	complain(STATUS_OK, "host '%s' had %u %s, which %s on without a network: %s%s", name,
		 left->nr, left->nr == 1 ? "program" : "programs", left->nr == 1 ? "goes" : "go",
		 left->names, more);
}

/* The kernel closes the connection at the end of the process. */
static enum status wait_for_end(const char *name, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, END_PATIENCE * 1000);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return STATUS_OK;
	return complain(STATUS_FAILED, "host '%s' has not ended within %d seconds", name,
			END_PATIENCE);
}

static enum status down(int argc, char **argv)
{
	char *reply = malloc(CONTROL_REPLY_MAX);
	struct left left = { 0 };
	const char *name = NULL;
	enum status status;
	int fd, err;

	argp_parse(&argp, argc, argv, 0, NULL, &name);
	if (!reply)
		return complain(STATUS_FAILED, "no memory");
	fd = host_connect(name);
	if (fd < 0) {
		free(reply);
		return STATUS_NO_HOST;
	}
	err = control_ask(fd, reply, "list");
	if (!err) {
		each_line(reply, "program", 4, add_program, &left);
		err = control_ask(fd, reply, "down");
	}
	status = err ? complain(STATUS_NO_HOST, "host '%s': %s", name, reply) :
		       wait_for_end(name, fd);
	if (!err)
		tell_who_is_left(name, &left);
	close(fd);
	free(reply);
	return status;
}

const struct command down_command = {
	.name = "down",
	.summary = "end a host",
	.run = down,
};
