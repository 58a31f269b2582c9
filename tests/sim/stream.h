/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that send and receive streams in a simulated network, all in one thread. */
#ifndef TESTS_STREAM_H
#define TESTS_STREAM_H

#include "sim.h"

/**
 * struct stream_end - one program of a connection
 * @fd: its socket, non-blocking
 * @to_send: bytes that it sends in all, then it shuts down
 * @sent: so far
 * @seed: of their content
 * @to_get: bytes that the other end sends
 * @got: so far
 * @peer_seed: of their content
 * @chunk: bytes per call at most
 * @pause: nanoseconds between reads, 0: none
 * @next_read: not before
 * @shut: it has shut down sending
 * @eof: the other end has
 * @error: errno that ended it, 0: none
 * @bad: bytes that were not what was sent
 */
struct stream_end {
	int fd;
	u64 to_send;
	u64 sent;
	u64 seed;
	u64 to_get;
	u64 got;
	u64 peer_seed;
	size_t chunk;
	s64 pause;
	ktime_t next_read;
	bool shut;
	bool eof;
	int error;
	u64 bad;
};

/* A connection from end 0 of a cable to end 1. */
struct stream_pair {
	struct sim *sim;
	int listener;
	struct stream_end end[2];
};

/* Connect over cable 0. Return: 0, or an errno. */
int stream_open(struct stream_pair *p, struct sim *sim, u16 port);

/* The same over any cable. */
int stream_open_over(struct stream_pair *p, struct sim *sim, int cable, u16 port);

/* What is to be sent each way; stream_run_all() sends it. */
void stream_start(struct stream_pair *p, u64 forth, u64 back);

/*
 * Run @n connections of one network at the same time, until all are done or @limit of virtual time has
 * passed. After each step the queues of all hosts have to agree with their counters. Return: 0 or errno.
 */
int stream_run_all(struct stream_pair *p, int n, s64 limit);

/* Send @bytes each way, until both are done or @limit of virtual time has passed. Return: 0 or errno. */
int stream_run(struct stream_pair *p, u64 forth, u64 back, s64 limit);

/* Are both done, with every byte as it was sent? */
bool stream_whole(const struct stream_pair *p);

void stream_close(struct stream_pair *p);

#endif /* TESTS_STREAM_H */
