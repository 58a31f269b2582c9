/* SPDX-License-Identifier: BSD-2-Clause */
/* The demonstration: a skiff host, the peer that it talks to, and what is shown of it. */
#ifndef TOOLS_SKIFF_DEMO_H
#define TOOLS_SKIFF_DEMO_H

#include <stdio.h>

#include <skiff/netconf.h>
#include <skiff/netdevice.h>

#include "skiff.h"

#define DEMO_DEV "sk0"
#define DEMO_ADDR "192.0.2.2"
#define DEMO_PEER_ADDR "192.0.2.1"
#define DEMO_PREFIX_LEN 24
/* How long anything may take, milliseconds. */
#define DEMO_TIMEOUT 2000
#define DEMO_PINGS 3
#define DEMO_PING_ID 1996
#define DEMO_SEED 1995

struct demo;

/**
 * struct step_result - what a step came to
 * @ok: whether it worked
 * @text: in a few words
 * @rtt_ns: there and back, 0 when nothing was measured
 * @packets: those that the host's device did not see
 */
struct step_result {
	bool ok;
	char text[64];
	s64 rtt_ns;
	unsigned int packets;
};

/**
 * struct peer_ops - what the other end of the wire can be told to do
 * @name: "the kernel"
 * @ping: DEMO_PINGS echo requests to DEMO_ADDR
 * @ask: send a datagram from a port of its own to @port of DEMO_ADDR and wait for the answer,
 *       which goes to @answer. Return: its length or a negative errno
 * @serve: open @port for answer(). Return: 0 or a negative errno
 * @answer: wait until a datagram has arrived at the open port and was sent back. Return: its
 *          length or a negative errno
 * @send_back: take a connection at *@port and send back what comes. Return: 0 or a negative errno
 * @mac: its address
 * @end: undo everything
 */
struct peer_ops {
	const char *name;
	void (*ping)(struct demo *demo, struct step_result *result);
	int (*ask)(struct demo *demo, u16 port, const void *data, size_t len, void *answer,
		   size_t size);
	int (*serve)(struct demo *demo, u16 port);
	int (*answer)(struct demo *demo);
	int (*send_back)(struct demo *demo, u16 *port);
	int (*mac)(struct demo *demo, u8 mac[ETH_ALEN]);
	void (*end)(struct demo *demo);
};

/**
 * struct outcome - something that a callback of the host reports to the demonstration's thread
 * @value: 0 while nothing has happened
 * @len: bytes of @data that arrived
 */
struct outcome {
	int value;
	size_t len;
	char data[256];
};

/* Nothing has happened yet. */
void outcome_reset(struct outcome *o);
void outcome_set(struct outcome *o, int value, const void *data, size_t len);
/* Wait for it, DEMO_TIMEOUT at most. Return: the value, or -ETIMEDOUT. */
int outcome_wait(struct outcome *o);

/**
 * struct demo - the whole
 * @net: the host that is shown
 * @peer: what it talks to
 * @peer_net: the peer, where it is a skiff host too
 * @peer_udp: its open port
 * @peer_fd: the open port, where the peer is the kernel
 * @udp: the host's open port
 * @received: what arrived there
 * @packets: what passed the host's device
 * @svg_path: the pictures
 * @chart_path: the curves of the stream
 * @capture_path: the capture
 * @seed: of the simulated step
 */
struct demo {
	struct net *net;
	const struct peer_ops *peer;
	struct net *peer_net;
	struct skiff_udp *peer_udp;
	int peer_fd;
	struct skiff_udp *udp;
	struct outcome received;
	struct packets *packets;
	const char *svg_path;
	const char *chart_path;
	const char *capture_path;
	u32 seed;
};

/* demo_namespace.c: a network of this process's own, where a TAP device can be opened. */

/**
 * enter_private_network() - leave the system's network for an empty one with TAP devices
 * @why: gets the reason when that can't be had
 * @size: bytes there
 *
 * Before there are threads. What decides is whether a TAP device really opens; if none does, this
 * process stays where it is. Return: whether it is in its own network now.
 */
bool enter_private_network(char *why, size_t size);

/* demo_kernel.c, demo_cable.c: connect the host's device. Return: 0 or a negative errno. */
int connect_kernel(struct demo *demo, char *err, size_t size);
int connect_cable(struct demo *demo, char *err, size_t size);
/* Give a device an address and open it. Return: 0, or a negative errno with its reason in @err. */
int bring_up(struct net *net, const char *name, const char *addr, char *err, size_t size);

/* demo_ping.c: let the kernel ping DEMO_ADDR, by the system's ping where there is one. */
void kernel_ping(struct step_result *result);

/* demo_packets.c: the frames of a device, decoded. */
struct packets;
struct packets *packets_watch(struct net *net, const char *dev);
void packets_unwatch(struct packets *packets);
/* Forget what was seen; time counts from here. */
void packets_begin(struct packets *packets);
/* Print what was seen. Return: how many frames. */
unsigned int packets_print(struct packets *packets);

/* demo_steps.c: the conversation. */

/**
 * struct step - one step
 * @title: what is shown
 * @run: does it; %s in @title stands for the peer
 */
struct step {
	const char *title;
	void (*run)(struct demo *demo, struct step_result *result);
};

extern const struct step demo_steps[];
extern const unsigned int demo_nr_steps;

/* demo_skb.c: a datagram built by hand in one buffer, drawn at each move, and sent. */
void step_skb(struct demo *demo, struct step_result *result);

/* demo_stream.c: a file over TCP, and its curves. */
void step_stream(struct demo *demo, struct step_result *result);

/* demo_lossy.c: questions and answers over a network that loses some. */
void step_lossy(struct demo *demo, struct step_result *result);

/* Fill in a result. */
void step_ok(struct step_result *result, const char *fmt, ...) __printf(2, 3);
void step_failed(struct step_result *result, const char *fmt, ...) __printf(2, 3);

/* The clock for round trips. */
s64 demo_now_ns(void);

/* The ports of the conversation. */
#define DEMO_PEER_PORT 4242
#define DEMO_CLOSED_PORT 9999

struct sockaddr_in demo_sockaddr(const char *addr, u16 port);

#endif /* TOOLS_SKIFF_DEMO_H */
