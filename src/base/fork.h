/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells a forked child from its parent, without a system call. */
#ifndef BASE_FORK_H
#define BASE_FORK_H

#include <skiff/kernel.h>

/*
 * How many forks lie between this process and the one that loaded the library. What was made in
 * another generation belongs to another process.
 */
extern int skiff_fork_generation;

/* Begins the counting; everything that remembers a generation calls it first. Any thread. */
void fork_watch(void);

/* Frees the log's lock in a child, whose holder may not exist there. */
void log_after_fork(void);

#endif /* BASE_FORK_H */
