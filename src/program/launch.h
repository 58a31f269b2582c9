/* SPDX-License-Identifier: BSD-2-Clause */
/* From a process to a program whose socket calls a host answers. */
#ifndef PROGRAM_LAUNCH_H
#define PROGRAM_LAUNCH_H

#include <skiff/kernel.h>

/* Exit statuses of who should have become a program, as env(1) has them. */
enum launch_status {
	LAUNCH_FAILED = 125,	/* something else than the program */
	LAUNCH_NO_EXEC = 126,	/* the program may not run */
	LAUNCH_NOT_FOUND = 127, /* there is no such program */
};

/**
 * struct launch - what is wanted
 * @control: a connection to the host's control socket, closed on exec
 * @argv: the program, which is looked for in PATH, and its arguments, with a final NULL
 * @map_root: in a user namespace, be root there
 * @warn: gets sentences about what the program will have to do without
 */
struct launch {
	int control;
	char **argv;
	bool map_root;
	void (*warn)(const char *text);
};

/**
 * launch() - become the program
 * @l: what is wanted
 * @err: gets a message
 * @size: bytes there
 *
 * Moves the calling process, which must have no other thread, into namespaces and under the filter, has the
 * host take over the listener, and executes. So the program has this process's number, parent, terminal and
 * signals, and its end is this process's end.
 *
 * Return: only when it has failed, and then the process is good for nothing but to end: its exit status.
 */
enum launch_status launch(const struct launch *l, char *err, size_t size);

#endif /* PROGRAM_LAUNCH_H */
