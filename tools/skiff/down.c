// SPDX-License-Identifier: BSD-2-Clause
/* skiff down: end a running host. */
#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "hosts.h"
#include "program/control.h"

/* A host that ends closes its connections, and its devices; seconds. */
#define END_PATIENCE 30

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
	       "\vPrograms on it stay, and find their connections reset.",
};

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
	err = control_ask(fd, reply, "down");
	status = err ? complain(STATUS_NO_HOST, "host '%s': %s", name, reply) :
		       wait_for_end(name, fd);
	close(fd);
	free(reply);
	return status;
}

const struct command down_command = {
	.name = "down",
	.summary = "end a host",
	.run = down,
};
