/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop of a process that runs hosts and watches any number of the system's descriptors. */
#ifndef SKIFF_PROGRAM_LOOP_H
#define SKIFF_PROGRAM_LOOP_H

#include <stdbool.h>

#include <skiff/list.h>
#include <skiff/types.h>

struct net;
struct loop_watch;

#define LOOP_NETS_MAX 8

typedef void loop_fn(struct loop_watch *watch, u32 events);

/**
 * struct loop_watch - a descriptor of the system's that is watched; part of what it belongs to
 * @fd: the descriptor, -1 while nothing is watched
 * @fn: called with the EPOLL* events of it, from loop_run(), without any lock
 * @ends_first: an end of it (EPOLLHUP) comes before what else has happened meanwhile
 * @comes_last: what happened elsewhere before it comes before it; for one that is told of as long as it lasts
 */
struct loop_watch {
	int fd;
	loop_fn *fn;
	bool ends_first;
	bool comes_last;
};

/**
 * struct loop_garbage - something to be freed once no event can name it; its first member
 * @node: in the list of those
 */
struct loop_garbage {
	struct list_head node;
};

/**
 * struct loop_net - a host that the loop runs
 * @net: it
 * @watch: of its descriptor
 */
struct loop_net {
	struct net *net;
	struct loop_watch watch;
};

/**
 * struct loop - one thread's loop
 * @epfd: the kernel's set of descriptors
 * @net: hosts that it runs
 * @nr_nets: how many
 * @prompt: a watch whose next event is the likeliest, if there is one; it is waited for by itself
 * @looks: so many looks in vain, and it sleeps at once; below 0: so many short sleeps, and it looks first
 * @may_look: there is another processor, on which something may happen meanwhile
 * @prompt_seen: @prompt was ready before the set told what is
 * @garbage: to be freed after this round
 * @tick: called in each round after the hosts have run; returns whether it found something to do
 * @deadline: when @tick wants to be called at the latest, CLOCK_MONOTONIC ns; INT64_MAX: never
 * @arg: whose loop it is
 * @stop: a round looks at it
 */
struct loop {
	int epfd;
	struct loop_net net[LOOP_NETS_MAX];
	int nr_nets;
	struct loop_watch *prompt;
	int looks;
	bool may_look;
	bool prompt_seen;
	struct list_head garbage;
	bool (*tick)(struct loop *loop);
	s64 deadline;
	void *arg;
	volatile int stop;
};

int loop_init(struct loop *loop);
void loop_exit(struct loop *loop);

/* Run a further host. Return: 0, -ENOSPC, or why its descriptor can't be watched. */
int loop_add_net(struct loop *loop, struct net *net);

/* Watch a descriptor for EPOLL* events, EPOLLET among them if wanted. Return: 0 or -errno. */
int loop_watch(struct loop *loop, struct loop_watch *watch, int fd, u32 events, loop_fn *fn);
int loop_rewatch(struct loop *loop, struct loop_watch *watch, u32 events);

/* The descriptor stays open; events of this round that are still to come are not reported. */
void loop_unwatch(struct loop *loop, struct loop_watch *watch);

/* The same, and close it; nobody else has the open file. */
void loop_close(struct loop *loop, struct loop_watch *watch);

/* kfree() @garbage once this round is over. */
void loop_free_later(struct loop *loop, struct loop_garbage *garbage);

/* One round, which never sleeps; and rounds until loop_stop(). Return: 0 or -errno of waiting. */
int loop_once(struct loop *loop);
int loop_run(struct loop *loop);

/* The instant that deadlines are compared with: CLOCK_MONOTONIC, ns. */
s64 loop_now(void);

/*
 * Let hosts do what they can at once: what one of them has just sent may have its answer already. Without a stack lock;
 * a watch's function may call it.
 */
void loop_settle(struct loop *loop);

/* Any thread's, and a signal handler's. */
void loop_stop(struct loop *loop);

#endif /* SKIFF_PROGRAM_LOOP_H */
