// SPDX-License-Identifier: BSD-2-Clause
/* skiff run: a program on a host of its own. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front.h"
#include "hosts.h"
#include "serve.h"

/* A host completes its captures about a second after its program at the latest; seconds. */
#define CAPTURE_PATIENCE 30

enum { OPT_MAP_ROOT = 'R' };

static const struct argp_option options[] = {
	{ "map-root", OPT_MAP_ROOT, NULL, 0,
	  "Be root for the program, where that takes a user namespace", 0 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ .argp = &up_options },
	{ 0 },
};

/**
 * struct run - what was asked for
 * @config: the host
 * @argv: the program
 * @map_root: as struct launch says
 * @ends: a pair of sockets: this process's, and the host's
 * @front: the host's end of a connection to the process in front, or -1
 */
struct run {
	struct up_config config;
	char **argv;
	bool map_root;
	int ends[2];
	int front;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct run *run = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &run->config;
		return 0;
	case OPT_MAP_ROOT:
		run->map_root = true;
		return 0;
	case ARGP_KEY_ARG:
		/* What follows is the program's. */
		run->argv = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a program is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[--] PROGRAM [ARGUMENT...]",
	.doc = "Run a program, and all that it starts, on a host of its own."
	       "\vThe host is there as long as they are. Its options are those of `skiff up'. With --pcap the "
	       "command ends when the file is complete. The exit "
	       "status is the program's; 125 when skiff itself fails, 126 when the program may not be "
	       "run, 127 when there is none.",
	.children = children,
};

static enum status run_host(void *arg, struct background *bg)
{
	const struct run *run = arg;
	const struct serve how = {
		.config = &run->config,
		.client = run->ends[1],
		.front = run->front,
		.background = bg,
	};
	enum status status;

	if (skiff_init())
		return complain(STATUS_FAILED, "the library does not start");
	status = up_check(&run->config);
	return status == STATUS_OK ? serve(&how) : status;
}

/* Have a host, and become a program on it. Return: why not, after a message. */
static enum status start(struct run *run)
{
	int keep[UP_MAX_DEVS + 2];
	unsigned int nr;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, run->ends))
		return complain(STATUS_LAUNCH, "a pair of sockets can't be made: %s",
				strerror(errno));
	nr = up_descriptors(&run->config, keep);
	keep[nr++] = run->ends[1];
	if (run->front >= 0)
		keep[nr++] = run->front;
	if (background_start(run_host, run, keep, nr) != STATUS_OK)
		return STATUS_LAUNCH;
	/* They are the host's. */
	for (unsigned int i = 0; i < nr; i++)
		if (keep[i] > STDERR_FILENO)
			close(keep[i]);
	return become_program(run->ends[0], run->argv, run->map_root);
}

/* What the program has closed is to be closed: a pipe of its output, a device's socket. */
static void let_go(int host)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	keep_only(&host, 1);
}

/* Tell the host that the program has ended, and wait until it hangs up: then its captures are complete. */
static void wait_for_captures(int host)
{
	struct pollfd p = { .fd = host, .events = POLLIN };
	int n;

	shutdown(host, SHUT_WR);
	do
		n = poll(&p, 1, CAPTURE_PATIENCE * 1000);
	while (n < 0 && errno == EINTR);
	if (!n)
		complain(STATUS_FAILED,
			 "the capture is not complete yet: the host has not ended it within %d "
			 "seconds",
			 CAPTURE_PATIENCE);
}

/* The same in a child. Who reads the capture when the command has ended is to find all of it. */
static enum status start_in_front(struct run *run)
{
	struct front front;
	int ends[2], how;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return complain(STATUS_LAUNCH, "a pair of sockets can't be made: %s",
				strerror(errno));
	flush_output();
	if (front_fork(&front) < 0)
		return complain(STATUS_LAUNCH, "a process can't be made: %s", strerror(errno));
	if (!front.child) {
		close(ends[0]);
		run->front = ends[1];
		return start(run);
	}
	let_go(ends[0]);
	how = front_wait(&front);
	wait_for_captures(ends[0]);
	return front_end(how);
}

static enum status run(int argc, char **argv)
{
	struct run run = { .front = -1 };
	char name[32];

	argp_err_exit_status = STATUS_LAUNCH;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &run);
	snprintf(name, sizeof(name), "run-%d", getpid());
	run.config.name = name;
	return run.config.pcap ? start_in_front(&run) : start(&run);
}

const struct command run_command = {
	.name = "run",
	.summary = "run a program on a host of its own",
	.run = run,
};
