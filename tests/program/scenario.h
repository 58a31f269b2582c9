/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the scenario program share: waiting that is noticed, and how it is told. */
#ifndef TESTS_PROGRAM_SCENARIO_H
#define TESTS_PROGRAM_SCENARIO_H

#include <pthread.h>
#include <signal.h>

#include "../netns/socket_twin.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* How long a call has to wait to be one that blocks; an alarm ends it. */
#define BLOCKS_MS 150
/* How long anything may take that is going to happen. */
#define PATIENCE_MS 8000

/* A scenario with a port of its own begins; as apart_begin(). */
__attribute__((format(printf, 1, 2))) int scene_begin(const char *name, ...);

/* One scenario that is told line by line. */
struct story {
	const char *name;
	void (*tell)(void);
};

void each_story(const char *group, const struct story *stories, size_t n);

/* " 5" or " EAGAIN", " blocks" if only the alarm has ended it. To be used as TELL(read(fd, buf, 5)). */
#define TELL(call) (alarm_begin(), tell_result((long)(call)))
void alarm_begin(void);
long tell_result(long ret);
/* As printf, on the line that goes on. */
__attribute__((format(printf, 1, 2))) void say(const char *fmt, ...);
/* "  what:" begins a line; the last one is ended. */
void line(const char *what);

/* How often each signal came. */
extern volatile sig_atomic_t signals[65];
void catch_signal(int sig, int flags);
void tell_signals(void);

/* Waits until poll() tells one of @events. Return: what it tells, 0 if it never does. */
int await_poll(int fd, short events);

/* Sends until nothing goes any more, and what is under way has gone as far as it does. */
void fill_up(int fd);

/* A thread that does one call, which is to wait. */
struct waiter {
	pthread_t thread;
	long (*call)(int fd);
	int fd;
	long ret;
	int err;
	volatile int tid, done;
};

/* Begins, and returns when the call sleeps in the kernel. */
void waiter_begin(struct waiter *w, long (*call)(int fd), int fd);
/* " waits" or " done" after it had its time. */
void waiter_look(struct waiter *w);
/* What came of it; a call that never ends is "stuck". */
void waiter_end(struct waiter *w);

/* A child of this process. It writes to out as well; its line is told when it has ended. */
pid_t child_begin(void);
void child_end(void) __attribute__((noreturn));
/* " exit 0" or " signal 9". */
void child_wait(pid_t pid);
/* Steps of parent and child: who waits goes on when the other one says so. */
void step_say(int who);
void step_wait(int who);

/* States of streams over lo alone, and of datagrams: {fd, peer, listener} of st are made. */
extern const struct stream_state lo_streams[], lo_datagrams[];
extern const size_t lo_streams_count, lo_datagrams_count;
/* Where and how: a family, and for AF_INET6 whether it is ::1 or mapped. */
extern int real_v6;
socklen_t lo_name(union name *n, unsigned short port);
int lo_socket(int type);
/* fd of st is connecting to a listener that does not answer. */
void lo_connecting(void);
void lo_datagram_pair(void);

/* The lists. */
void do_table(void);
void do_sockets(void);
void do_waiting(void);
void do_readiness(void);
void do_signals(void);
void do_processes(void);
void do_moving(void);
void do_ends(void);

/* What a program does that was started with an open descriptor. */
int inherited(int argc, char **argv);

#endif /* TESTS_PROGRAM_SCENARIO_H */
