/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a program lives: namespaces in which nothing leads to a network but its host. */
#ifndef PROGRAM_NAMESPACE_H
#define PROGRAM_NAMESPACE_H

#include <skiff/kernel.h>

/* What keeps a program from the system's networks, besides the filter. */
enum separation {
	SEPARATION_NONE,    /* nothing: namespaces are not to be had */
	SEPARATION_NETWORK, /* an empty network, mounts of its own; all rights are kept */
	SEPARATION_USER,    /* the same in a new user namespace, without rights outside of it */
};

/**
 * namespace_enter() - take the calling process there, for good
 * @map_root: be root in a new user namespace, instead of who the caller is
 * @err: gets why it is SEPARATION_NONE, or what has failed
 * @size: bytes there
 *
 * With CAP_SYS_ADMIN no user namespace is made, so that programs can become other users. Loopback is up.
 * A process with several threads can't enter a user namespace.
 *
 * Return: an enum separation, or a negative errno when the process is stuck halfway.
 */
int namespace_enter(bool map_root, char *err, size_t size);

/**
 * namespace_resolver() - let programs here ask other servers for names than the system does
 * @servers: addresses, one per line
 * @err: gets a message
 * @size: bytes there
 *
 * Puts a file over /etc/resolv.conf, and covers the sockets by which the C library would ask the system's own
 * daemons; in this mount namespace only. After namespace_enter().
 *
 * Return: 0 or a negative errno after a message.
 */
int namespace_resolver(const char *servers, char *err, size_t size);

/* Let /sys/class/net show the devices of the network namespace; without it, it shows the system's. */
void namespace_devices(void);

/**
 * namespace_keep_still() - take away the right to change the network here
 *
 * What a root of a user namespace could change in it with ip(8) is not the host's network. After this no
 * program that is executed has CAP_NET_ADMIN. Return: 0 or a negative errno.
 */
int namespace_keep_still(void);

#endif /* PROGRAM_NAMESPACE_H */
