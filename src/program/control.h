/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket of a running host, and how others talk to it. */
#ifndef PROGRAM_CONTROL_H
#define PROGRAM_CONTROL_H

#include <stdio.h>

#include <skiff/kernel.h>

#include "program/image.h"

/*
 * A SOCK_SEQPACKET socket of the local family. A request is one message, a word and its arguments; the reply
 * is one message, lines of text, the first of which is "ok" or "error" and a sentence:
 *
 *	version			"ok", then "protocol 1"
 *	list			"ok", then what the host is: "pid 17", "uptime 60" in seconds, "program 4711 9
 *				curl" for each program (its first process, or one that is there when that has
 *				gone, 0 if none is found; since when), and the lines of
 *				struct control_ops.describe()
 *	down			"ok"; the connection stays until the host is gone
 *	exec			"ok", then how the program has to be furnished: "dns ADDRESS", and the
 *				lines of image.h
 *	image FD PART [NAME]	after exec: take over descriptor FD of the asking process, which is a part of
 *				the image that was made by those lines: "rtnl" and "packet" are sockets,
 *				"spare" a queue that is no TAP's yet, "device" that of the TAP NAME
 *	listener FD NAME	after exec, from under the filter: take over descriptor FD of the asking
 *				process, where calls of a program of that name arrive
 *	cable TEXT		with a descriptor, one end of a connected pair of stream sockets: have a device
 *				there, "veth" and its options as skiff_dev_create() takes them
 *
 * The listener is not sent along but fetched: the filter, whose listener nobody reads yet, would stop
 * sendmsg(); and a host that may not fetch it could not serve the program either.
 */
#define CONTROL_PROTOCOL 1
#define CONTROL_REQUEST_MAX 256
#define CONTROL_REPLY_MAX 65536

#define CONTROL_MAX_CLIENTS 64
/* Programs that a host serves at a time. */
#define CONTROL_MAX_SESSIONS 1024

/* Seconds that a client may be silent, and that the start of a program may take. */
#define CONTROL_PATIENCE 10
#define CONTROL_LAUNCH_PATIENCE 60

/* Longest name of a program that is told, with its final 0; as the kernel has them. */
#define CONTROL_PROGRAM_NAME 16

/**
 * struct control_ops - the host, as far as the control socket needs it
 * @watch: call @ready with @arg and what has happened whenever @events of epoll (or hang-up, error) are
 *         there at @fd. 0 or a negative errno
 * @unwatch: not any more; @ready is not called after that, not even for what has happened before
 * @attach: answer the calls that arrive at a listener, which belongs to the host from then on also when this
 *          fails; the program has an image of the host's devices, made by @lines of what @furnish wrote, whose
 *          descriptors belong to the host, too, unless this fails. *@kept is for @detach. 0 or a negative errno
 * @detach: the last process of the program is gone
 * @furnish: write the lines of the reply to exec
 * @describe: write further lines of the reply to list
 * @down: end soon
 * @lay_cable: have a device at @fd, which stays the caller's. 0 or a negative errno, and @err says why. May be NULL
 * @idle: there is no program left, nor a client who might start one. May be NULL
 *
 * All are called in the thread that calls what is below.
 */
struct control_ops {
	int (*watch)(void *host, int fd, u32 events, void (*ready)(void *arg, u32 events),
		     void *arg);
	void (*unwatch)(void *host, int fd);
	int (*attach)(void *host, int listener, struct image *image, const char *lines,
		      void **kept);
	void (*detach)(void *host, void *kept);
	void (*furnish)(void *host, FILE *out);
	void (*describe)(void *host, FILE *out);
	void (*down)(void *host);
	int (*lay_cable)(void *host, int fd, const char *text, char *err, size_t err_size);
	void (*idle)(void *host);
};

struct control;

/**
 * control_create() - begin to serve clients
 * @ops: the host; stays the caller's and has to outlive this
 * @host: for its calls
 *
 * Return: for control_destroy(), or NULL with errno.
 */
struct control *control_create(const struct control_ops *ops, void *host);

/*
 * Close all connections but those that wait for the host's end, which stay until that of the process. Programs
 * are not concerned. NULL is fine.
 */
void control_destroy(struct control *control);

/**
 * control_listen() - accept clients
 * @control: the control
 * @socket: as control_socket_bind() gives it; belongs to @control when this returns 0
 *
 * Return: 0 or a negative errno.
 */
int control_listen(struct control *control, int socket);

/**
 * control_add_client() - serve a client that is connected already
 * @control: the control
 * @fd: one end of a SOCK_SEQPACKET socketpair() that the client has made; belongs to @control when this
 *      returns 0
 *
 * Return: 0, -EPERM for a client of another user, -EUSERS for one too many, or another negative errno.
 */
int control_add_client(struct control *control, int fd);

/* How many programs there are, those that are only being started not included. */
unsigned int control_nr_sessions(const struct control *control);

/**
 * control_socket_bind() - make a control socket
 * @dir: descriptor of a directory of the caller's own
 * @name: file name there, without slashes; one that is there is replaced
 *
 * Return: the socket, which only its user may connect to, or a negative errno.
 */
int control_socket_bind(int dir, const char *name);

/**
 * control_socket_connect() - connect to a running host
 * @dir: descriptor of the directory
 * @name: file name there
 *
 * Return: the socket; -ENOENT or -ECONNREFUSED when there is no such host (any more); another negative errno.
 */
int control_socket_connect(int dir, const char *name);

/**
 * control_ask() - send a request and wait for its reply
 * @fd: connected
 * @reply: room for CONTROL_REPLY_MAX bytes: the lines behind "ok", or the sentence behind "error"
 * @fmt: the request
 *
 * In a way that passes the filter. Return: 0; -EREMOTEIO after "error"; -ETIMEDOUT for a
 * host that does not answer within CONTROL_PATIENCE, -ECONNRESET for one that is gone, another negative errno;
 * then @reply is a sentence as well.
 */
int control_ask(int fd, char *reply, const char *fmt, ...) __printf(3, 4);

/* The same with the descriptor @sent, which stays the caller's, for a process that is not under the filter. */
int control_ask_with(int fd, int sent, char *reply, const char *fmt, ...) __printf(4, 5);

#endif /* PROGRAM_CONTROL_H */
