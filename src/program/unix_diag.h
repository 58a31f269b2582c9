/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether the kernel's sockets of AF_UNIX still exist, whoever holds them: sock_diag(7). */
#ifndef SKIFF_PROGRAM_UNIX_DIAG_H
#define SKIFF_PROGRAM_UNIX_DIAG_H

#include <skiff/types.h>

/**
 * unix_diag_open() - begin to ask
 * @known: the inode of a socket of this network namespace that exists
 *
 * A kernel without CONFIG_UNIX_DIAG says of every socket that there is none, which @known shows.
 *
 * Return: a descriptor, for the caller to close; -EOPNOTSUPP, or another negative errno.
 */
int unix_diag_open(u64 known);

/* Return: 1 when there is such a socket in the namespace in which @fd was opened, 0 when there is none, or -errno. */
int unix_diag_has(int fd, u64 inode);

#endif /* SKIFF_PROGRAM_UNIX_DIAG_H */
