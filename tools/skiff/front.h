/* SPDX-License-Identifier: BSD-2-Clause */
/* A process that stays in front of a program, which is its child, so that it can end later. */
#ifndef TOOLS_SKIFF_FRONT_H
#define TOOLS_SKIFF_FRONT_H

#include <signal.h>
#include <sys/types.h>

#include "skiff.h"

/**
 * struct front - the process in front
 * @child: the program
 * @waited: signals that are waited for instead of being taken
 * @mask: which were blocked before
 * @on_child: what SIGCHLD did before
 */
struct front {
	pid_t child;
	sigset_t waited;
	sigset_t mask;
	struct sigaction on_child;
};

/**
 * front_fork() - go on in two processes
 * @f: the one in front
 *
 * The child has the signals, descriptors and terminal that this process had, and is killed when this one is.
 * No thread may exist. Return: as fork().
 */
pid_t front_fork(struct front *f);

/**
 * front_wait() - wait for the end of the child
 * @f: the process in front
 *
 * Signals are passed on to it, and this process stops when it does. They stay blocked. Return: as waitpid() tells
 * it.
 */
int front_wait(const struct front *f);

/* End by what the child ended by. Return: its exit status, if that is how. */
enum status front_end(int how);

#endif /* TOOLS_SKIFF_FRONT_H */
