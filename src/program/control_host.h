/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of a control socket: its clients and the programs that they have started. */
#ifndef PROGRAM_CONTROL_HOST_H
#define PROGRAM_CONTROL_HOST_H

#include <sys/stat.h>
#include <sys/types.h>

#include <skiff/list.h>

#include "program/control.h"

/* What a client is about to do. */
enum client_state {
	CLIENT_NEW,	  /* nothing has been asked yet, or everything answered */
	CLIENT_LAUNCHING, /* has asked how to furnish a program, and will offer its listener */
	CLIENT_WAITING,	  /* waits for the host's end */
};

/**
 * struct client - a connection
 * @list: of the control
 * @control: whose it is
 * @fd: the connection
 * @pid: the process at its other end, as this process sees it
 * @pidfd: the same, which no later process of that number can be mistaken for
 * @state: where it is
 * @lines: how it was told to furnish a program, or NULL
 * @image: that the program has
 * @sent: a descriptor that came with the request that is being answered, or -1
 * @deadline: when it is dropped, in seconds of CLOCK_MONOTONIC; not if it waits
 */
struct client {
	struct list_head list;
	struct control *control;
	int fd;
	pid_t pid;
	int pidfd;
	enum client_state state;
	char *lines;
	struct image image;
	int sent;
	s64 deadline;
};

/**
 * struct control_session - a program and all that it has started
 * @list: of the control
 * @control: whose it is
 * @listener: where its end is seen
 * @pid: its first process
 * @pidfd: the same, or -1
 * @netns: the network namespace that all of them are in, as stat() tells it; of inode 0 if it is not theirs alone
 * @name: what that was called when it was started; no control characters or blanks
 * @image: the host's, of its devices there, for its detach
 * @since: when, in seconds of CLOCK_MONOTONIC
 */
struct control_session {
	struct list_head list;
	struct control *control;
	int listener;
	pid_t pid;
	int pidfd;
	struct stat netns;
	char name[CONTROL_PROGRAM_NAME];
	void *image;
	s64 since;
};

/**
 * struct control - clients and sessions of a host
 * @ops: the host
 * @host: for its calls
 * @socket: where clients connect, or -1
 * @timer: ticks while there are clients that may be dropped
 * @clients: connections
 * @nr_clients: how many
 * @sessions: programs
 * @nr_sessions: how many
 * @begun: when, in seconds of CLOCK_MONOTONIC
 */
struct control {
	const struct control_ops *ops;
	void *host;
	int socket;
	int timer;
	struct list_head clients;
	unsigned int nr_clients;
	struct list_head sessions;
	unsigned int nr_sessions;
	s64 begun;
};

/* Seconds of CLOCK_MONOTONIC. */
s64 control_now(void);

/**
 * control_answer() - do what a request asks for
 * @c: who asks
 * @request: text
 * @out: gets the reply
 *
 * Return: whether the connection stays.
 */
bool control_answer(struct client *c, char *request, FILE *out);

/* If nothing is left that could use the host, tell it. */
void control_look_idle(struct control *control);

/**
 * control_session_create() - serve a program from now on
 * @c: its first process
 * @number: the listener's descriptor there
 * @name: of the program
 * @out: gets the reply
 *
 * Return: whether it is served.
 */
bool control_session_create(struct client *c, int number, const char *name, FILE *out);

/* Take over a part of an image, descriptor @number of @c's process. Return: whether that went well. */
bool control_take_part(struct client *c, int number, const char *part, const char *name, FILE *out);

/* A process of the program that is there: the first one as long as it is. Return: 0 if none is found. */
pid_t control_session_pid(const struct control_session *s);

void control_session_destroy(struct control_session *s);

#endif /* PROGRAM_CONTROL_HOST_H */
