/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks at each segment of a connection as it leaves, and as it arrives: is it one that TCP may send? */
#ifndef TESTS_WATCH_H
#define TESTS_WATCH_H

#include "sim.h"

/**
 * struct watch_end - what is known of one end of the connection, from its segments alone
 * @opened: it has sent a SYN
 * @first_syn: when
 * @iss: its sequence number
 * @mss: what it announced
 * @wscale: and offered, -1: no scaling
 * @tstamp: timestamps
 * @sack: SACK
 * @nxt: behind what it has sent
 * @acks: it has sent an acknowledgment
 * @acked: highest acknowledgment that it has sent
 * @offered: right edge of the window that it has offered last
 * @una: highest acknowledgment that it has got
 * @edge: right edge that it has got, the farthest
 * @edge_known: that there is one
 * @quiet: since when nothing happened: neither data sent nor an acknowledgment got
 * @again: end of what was out there when something was sent again last
 * @timeouts: at most so many since what is beyond @again was acknowledged
 * @measured: an acknowledgment has told the round trip
 * @probes: segments beyond the congestion window, which are tail loss probes
 */
struct watch_end {
	bool opened;
	ktime_t first_syn;
	u32 iss;
	u32 mss;
	int wscale;
	bool tstamp;
	bool sack;
	u32 nxt;
	bool acks;
	u32 acked;
	u32 offered;
	u32 una;
	u32 edge;
	bool edge_known;
	ktime_t quiet;
	u32 again;
	int timeouts;
	bool measured;
	u64 probes;
};

/**
 * struct watch - over cable 0 of a network
 * @sim: the network
 * @rtt_max: longest round trip there, with all queues full, nanoseconds
 * @handshake: nanoseconds from the first SYN to the last
 * @end: of the connection
 * @segments: looked at
 * @wrong: the first thing that was, or empty
 */
struct watch {
	struct sim *sim;
	s64 rtt_max;
	s64 handshake;
	struct watch_end end[2];
	u64 segments;
	char wrong[256];
};

/*
 * Begin, before anything is sent: the ends of cable 0 know each other's addresses from now on, so that
 * no segment waits for ARP, and the socket's state is the one in which it sends. One at a time.
 */
void watch_open(struct watch *w, struct sim *sim, s64 rtt_max);

/* End, while the hosts are there. Return: what was wrong, or NULL. */
const char *watch_close(struct watch *w);

#endif /* TESTS_WATCH_H */
