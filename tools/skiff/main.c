// SPDX-License-Identifier: BSD-2-Clause
/* The skiff command: finds the subcommand and hands over. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skiff/printk.h>

#include "skiff.h"

/* In the order of --help. */
static const struct command *const commands[] = {
	&run_command, &up_command, &exec_command, &list_command, &down_command, &demo_command,
};

/* The C library looks for it. */
SKIFF_API const char *argp_program_version = "skiff " SKIFF_VERSION;

/* A message is one line, whatever is in it. */
static void put_line(const char *text)
{
	fputs("skiff: ", stderr);
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", stderr);
		else
			fputc(*text, stderr);
	}
	fputc('\n', stderr);
}

enum status complain(enum status status, const char *fmt, ...)
{
	va_list args;
	char *text;

	flush_output();
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	put_line(text ? text : "no memory");
	free(text);
	return status;
}

static bool library_hushed;

static void say(int level, const char *text, void *arg)
{
	(void)level;
	(void)arg;
	if (!library_hushed)
		put_line(text);
}

void say_what_library_says(void)
{
	skiff_log_sink(say, NULL);
}

void hush_library(bool hush)
{
	library_hushed = hush;
}

/* The first error of writing to standard output. */
static int output_error;

void flush_output(void)
{
	if (!fflush(stdout) || output_error)
		return;
	output_error = errno;
	/* A reader that has gone does not miss anything. */
	if (output_error != EPIPE)
		complain(STATUS_FAILED, "standard output can't be written: %s",
			 strerror(output_error));
}

/* At exit, whichever way. */
static void check_output(void)
{
	flush_output();
	if (output_error && output_error != EPIPE)
		_exit(STATUS_FAILED);
}

/* What the command line says before the subcommand's own arguments. */
struct invocation {
	const struct command *command;
	int first; /* index of the subcommand */
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static void no_such_command(struct argp_state *state, const char *name)
{
	char names[128] = "";

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		size_t len = strlen(names);

		snprintf(names + len, sizeof(names) - len, "%s%s", i ? ", " : "",
			 commands[i]->name);
	}
	argp_error(state, "no command '%s'; there are: %s, help", name, names);
}

/* "help" is --help, and "help COMMAND" the command's. */
static void help(struct argp_state *state)
{
	static char word[] = "--help";

	if (state->next >= state->argc || state->argv[state->next][0] == '-')
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
	/* Of the next two words the command is the first one. */
	state->argv[state->next - 1] = state->argv[state->next];
	state->argv[state->next] = word;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct invocation *invocation = state->input;

	switch (key) {
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	case ARGP_KEY_ARG:
		if (!strcmp(arg, "help")) {
			help(state);
			arg = state->argv[state->next - 1];
		}
		invocation->command = find_command(arg);
		if (!invocation->command)
			no_such_command(state, arg);
		/* What follows is the subcommand's. */
		invocation->first = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a command is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The list of commands, for --help. */
static char *list_commands(int key, const char *text, void *input)
{
	char *list;
	size_t size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)(uintptr_t)text;
	out = open_memstream(&list, &size);
	if (!out)
		return NULL;
	fputs("Commands:\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out, "  %-8s %s\n", "help", "this list, or the help of a command");
	fputs("\n`skiff COMMAND --help' tells more about each; `man skiff' has it all: "
	      "the kinds of devices, signals and exit statuses.",
	      out);
	return fclose(out) ? NULL : list;
}

static const struct argp_option options[] = {
	{ NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0 },
	{ 0 },
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "The Linux network core in user space: hosts on a real network, and programs on them.\v",
	.help_filter = list_commands,
};

/* Nothing that is opened later must become the standard output of somebody who has closed it. */
static bool occupy_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd >= 0 && !close(fd);
}

int main(int argc, char **argv)
{
	struct invocation invocation = { NULL, 0 };
	static char name[64];

	if (!occupy_standard_descriptors())
		return STATUS_FAILED;
	if (!guard_streams())
		return STATUS_FAILED;
	argp_err_exit_status = STATUS_USAGE;
	say_what_library_says();
	if (atexit(check_output))
		return complain(STATUS_FAILED, "no memory");
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &invocation))
		return complain(STATUS_FAILED, "the arguments can't be read");
	if (!invocation.command)
		return STATUS_USAGE;
	snprintf(name, sizeof(name), "skiff %s", invocation.command->name);
	argv[invocation.first] = name;
	return (int)invocation.command->run(argc - invocation.first, argv + invocation.first);
}
