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

/* A connection from end 0 of cable 0 to end 1. */
struct stream_pair {
	struct sim *sim;
	int listener;
	struct stream_end end[2];
};

/* Connect host 0 to host 1. Return: 0, or an errno. */
int stream_open(struct stream_pair *p, struct sim *sim, u16 port);

/* Send @bytes each way, until both are done or @limit of virtual time has passed. Return: 0 or errno. */
int stream_run(struct stream_pair *p, u64 forth, u64 back, s64 limit);

/* Are both done, with every byte as it was sent? */
bool stream_whole(const struct stream_pair *p);

void stream_close(struct stream_pair *p);

#endif /* TESTS_STREAM_H */
