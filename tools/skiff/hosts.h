/* SPDX-License-Identifier: BSD-2-Clause */
/* Running hosts, as the commands that talk to them see them. */
#ifndef TOOLS_SKIFF_HOSTS_H
#define TOOLS_SKIFF_HOSTS_H

#include "skiff.h"

/**
 * host_connect() - connect to a running host of this user
 * @name: its name
 *
 * Return: a descriptor, or -1 after a message.
 */
int host_connect(const char *name);

/**
 * hosts_foreach() - ask all running hosts of this user for what `list` tells
 * @fn: called with a name and the reply's lines, in the order of names
 * @arg: for @fn
 *
 * Those that have ended badly and left their socket are passed over; one that does not answer is told.
 *
 * Return: STATUS_OK, STATUS_NO_HOST when one did not answer, or STATUS_FAILED; after a message.
 */
enum status hosts_foreach(void (*fn)(const char *name, const char *lines, void *arg), void *arg);

/**
 * each_line() - read what a host tells of itself
 * @lines: the reply to `list`
 * @key: word by which lines begin
 * @least: how many words they need to have
 * @fn: called with the words of each of them
 * @arg: for @fn
 */
void each_line(const char *lines, const char *key, unsigned int least,
	       void (*fn)(char *words[], unsigned int n, void *arg), void *arg);

/**
 * become_program() - be a program on a host, in this process
 * @control: a connection to the host
 * @argv: the program and its arguments
 * @map_root: as struct launch says
 *
 * Return: why not, after a message.
 */
enum status become_program(int control, char **argv, bool map_root);

#endif /* TOOLS_SKIFF_HOSTS_H */
