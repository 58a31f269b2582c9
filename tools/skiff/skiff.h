/* SPDX-License-Identifier: BSD-2-Clause */
/* The command's own interface: its subcommands, exit statuses and messages. */
#ifndef TOOLS_SKIFF_H
#define TOOLS_SKIFF_H

#include <skiff/kernel.h>

/* Exit statuses, as skiff.1 lists them. */
enum status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,	/* something else; of the demo: a step failed */
	STATUS_USAGE = 2,	/* no such command or option, or something is missing */
	STATUS_BAD_DEVICE = 3,	/* kind, name or option of a device */
	STATUS_BAD_ADDRESS = 4, /* addr= or --gateway */
	STATUS_NO_RIGHTS = 5,
	STATUS_TAKEN = 6,    /* the name of the host or of a device */
	STATUS_NO_TUN = 7,   /* the kernel offers no TAP devices */
	STATUS_SERVICE = 8,  /* no such service */
	STATUS_CAPTURE = 9,  /* the capture file can't be written */
	STATUS_NO_HOST = 10, /* no host of that name runs, or it does not answer */
	STATUS_LAUNCH = 125, /* of run and exec: whatever keeps a program from being tried */
};

/**
 * struct command - one subcommand
 * @name: "up"
 * @summary: half a line for --help
 * @run: @argv[0] is "skiff NAME", for messages. Return: exit status
 */
struct command {
	const char *name;
	const char *summary;
	enum status (*run)(int argc, char **argv);
};

extern const struct command run_command;
extern const struct command up_command;
extern const struct command exec_command;
extern const struct command list_command;
extern const struct command down_command;
extern const struct command demo_command;

/* "skiff: MESSAGE" on standard error. Return: @status. */
enum status complain(enum status status, const char *fmt, ...) __printf(2, 3);

/* Send the library's messages the same way. */
void say_what_library_says(void);
/* Whether to keep them back. */
void hush_library(bool hush);

/* Make control characters in all output visible. Return: false without memory. */
bool guard_streams(void);

/* fflush() of standard output; the first failure is told at once, and the exit status tells it. */
void flush_output(void);

#endif /* TOOLS_SKIFF_H */
