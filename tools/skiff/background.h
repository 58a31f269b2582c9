/* SPDX-License-Identifier: BSD-2-Clause */
/* A process that goes on when the command has ended, and tells it before whether it has begun well. */
#ifndef TOOLS_SKIFF_BACKGROUND_H
#define TOOLS_SKIFF_BACKGROUND_H

#include "skiff.h"

/**
 * struct background - the process in the background, as it sees itself
 * @report: where it tells how it has begun, or -1 when it has
 */
struct background {
	int report;
};

#define BACKGROUND_KEEP 64

/* Close all descriptors but the standard ones and the @nr_keep ones of @keep, of which there are at most BACKGROUND_KEEP. */
void keep_only(const int *keep, unsigned int nr_keep);

/**
 * background_start() - go on in two processes
 * @work: what the new one does until its end; its return is the exit status
 * @arg: for @work
 * @keep: descriptors that the new process needs; all others but the standard ones are closed there
 * @nr_keep: how many, at most BACKGROUND_KEEP
 *
 * The new one has a session of its own, so no terminal sends it signals, and is nobody's child. No thread may
 * exist.
 *
 * Return: in the old process, as soon as the new one calls background_ready() or ends: how that went.
 */
enum status background_start(enum status (*work)(void *arg, struct background *bg), void *arg,
			     const int *keep, unsigned int nr_keep);

/* It has begun well: let go of the terminal, and of whoever waits for standard output or error to end. */
void background_ready(struct background *bg);

#endif /* TOOLS_SKIFF_BACKGROUND_H */
