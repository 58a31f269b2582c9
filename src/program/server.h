/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers the socket calls of programs with the sockets of a host. */
#ifndef SKIFF_PROGRAM_SERVER_H
#define SKIFF_PROGRAM_SERVER_H

#include <stdbool.h>

#include <skiff/types.h>

struct net;
struct server;

/**
 * server_create() - begin to serve programs
 * @host: whose sockets they get; it outlives the server, whose loop runs it
 *
 * One thread calls everything of a server but server_stop(). It raises the process's limit of descriptors as
 * far as it may: a socket of a program's costs one. Return: it, or NULL with errno.
 */
struct server *server_create(struct net *host);

/* Sockets of programs that are open still are closed as if the programs had done it. */
void server_destroy(struct server *server);

/* Let the same loop run a further host, such as one at the other end of a cable. 0 or -errno. */
int server_add_net(struct server *server, struct net *net);

/**
 * server_attach() - answer a launch
 * @server: who does
 * @listener: of the seccomp filter that its programs run under; the server's from now on, also when this fails
 *
 * The session ends by itself when no process has the filter any more. Return: 0 or -errno.
 */
int server_attach(struct server *server, int listener);

/* Launches that still have processes. */
int server_nr_sessions(const struct server *server);

/* Sockets that programs hold, and those that are still to send what was written. */
int server_nr_sockets(const struct server *server);

/* Called whenever a session has ended. */
void server_on_end(struct server *server, void (*fn)(void *arg), void *arg);

/*
 * Ask @fn about sockets of AF_PACKET by which packets are captured: whether the program that came by that listener has them of the kernel.
 * Without this, or if it says no, they are the host's.
 */
void server_on_packet(struct server *server, bool (*fn)(void *arg, int listener), void *arg);

/* Watch a descriptor of the caller's in the same loop, for EPOLL* events, level-triggered. 0 or -errno. */
int server_watch(struct server *server, int fd, u32 events, void (*ready)(void *arg, u32 events),
		 void *arg);
int server_unwatch(struct server *server, int fd);

/* Answer until server_stop(). Return: 0 or -errno. */
int server_run(struct server *server);

/* Any thread, also a signal handler. */
void server_stop(struct server *server);

#endif /* SKIFF_PROGRAM_SERVER_H */
