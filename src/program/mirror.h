/* SPDX-License-Identifier: BSD-2-Clause */
/* The image of a host's devices in the kernel's network namespace of a program. */
#ifndef PROGRAM_MIRROR_H
#define PROGRAM_MIRROR_H

#include <net/if.h>

#include <skiff/kernel.h>

/*
 * A program that asks the kernel which devices, addresses and routes there are (rtnetlink, /proc/net,
 * /sys/class/net) is to be told of its host's. So its network namespace has a TAP for each of them, which the
 * launcher makes and whose queues the host has. What the kernel would send by one is thrown away; what the
 * skiff device carries is written to it while the program may be listening (AF_PACKET). For loopback it is a socket
 * in place of a queue.
 *
 * The host describes its devices in lines, each of which concerns the one whose line came last:
 *
 *	device NAME INDEX FLAGS MTU MAC	FLAGS are hexadecimal; MAC is "-" for one without Ethernet
 *	address ADDRESS LENGTH
 *	route ADDRESS LENGTH GATEWAY SOURCE METRIC
 */
#define MIRROR_MAX 32

/**
 * struct mirror_end - the queue of a TAP
 * @fd: it
 * @name: the name of the TAP, and of the device that it mirrors
 */
struct mirror_end {
	int fd;
	char name[IF_NAMESIZE];
};

/**
 * mirror_make() - make the image, in the network namespace of the calling process
 * @lines: what the host has, among other lines
 * @ends: room for MIRROR_MAX
 * @err: gets why it is not complete
 * @size: bytes there
 *
 * Return: how many there are, the caller's to close; *@err is empty if these are all.
 */
unsigned int mirror_make(const char *lines, struct mirror_end *ends, char *err, size_t size);

/* Whether @fd is the queue of a TAP, or of a TUN device, of that name, or a socket for "lo". */
bool mirror_is_end(int fd, const char *name);

struct net;
struct mirror;
struct mirrors;

/* Those of all programs of a host. Return: for mirrors_destroy(), or NULL without memory. */
struct mirrors *mirrors_create(struct net *net);
void mirrors_destroy(struct mirrors *mirrors);

/**
 * mirrors_add() - keep the image of a program
 * @mirrors: of the host
 * @key: what the program is known by
 * @ends: its queues, which belong to @mirrors unless this fails
 * @nr: how many
 *
 * Without the stack lock, as all here. Return: it, or NULL without memory.
 */
struct mirror *mirrors_add(struct mirrors *mirrors, int key, const struct mirror_end *ends,
			   unsigned int nr);

/* As before mirrors_add(): the ends are the caller's again. */
void mirrors_forget(struct mirrors *mirrors, struct mirror *mirror);

/* The program is gone. NULL is fine. */
void mirrors_remove(struct mirrors *mirrors, struct mirror *mirror);

/*
 * Show what the devices carry, from now on, to the program that became known by that key last. Return: whether it
 * has an image.
 */
bool mirrors_show(struct mirrors *mirrors, int key);

#endif /* PROGRAM_MIRROR_H */
