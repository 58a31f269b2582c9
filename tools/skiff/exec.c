// SPDX-License-Identifier: BSD-2-Clause
/* skiff exec: a program on a running host. */
#include <argp.h>

#include "hosts.h"

enum { OPT_MAP_ROOT = 'R' };

static const struct argp_option options[] = {
	{ "map-root", OPT_MAP_ROOT, NULL, 0,
	  "Be root for the program, where that takes a user namespace", 0 },
	{ 0 },
};

/**
 * struct exec - what was asked for
 * @name: of the host
 * @argv: the program
 * @map_root: as struct launch says
 */
struct exec {
	const char *name;
	char **argv;
	bool map_root;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct exec *exec = state->input;

	switch (key) {
	case OPT_MAP_ROOT:
		exec->map_root = true;
		return 0;
	case ARGP_KEY_ARG:
		if (!exec->name) {
			exec->name = arg;
			return 0;
		}
		/* What follows is the program's. */
		exec->argv = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (!exec->name)
			argp_error(state, "the name of a host is missing");
		if (!exec->argv)
			argp_error(state, "a program is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME [--] PROGRAM [ARGUMENT...]",
	.doc = "Run a program, and all that it starts, on the host NAME that `skiff up' runs."
	       "\vThe exit status is the program's; 125 when skiff itself fails, 126 when the program "
	       "may not be run, 127 when there is none.",
};

static enum status exec(int argc, char **argv)
{
	struct exec exec = { 0 };
	int control;

	argp_err_exit_status = STATUS_LAUNCH;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &exec);
	control = host_connect(exec.name);
	if (control < 0)
		return STATUS_LAUNCH;
	return become_program(control, exec.argv, exec.map_root);
}

const struct command exec_command = {
	.name = "exec",
	.summary = "run a program on a host that is up",
	.run = exec,
};
