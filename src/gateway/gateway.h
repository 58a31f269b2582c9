/* SPDX-License-Identifier: BSD-2-Clause */
/* The gateway's inside: what its files have from each other. All of it under its host's stack lock. */
#ifndef SKIFF_GATEWAY_INTERNAL_H
#define SKIFF_GATEWAY_INTERNAL_H

#include <skiff/gateway.h>
#include <skiff/icmp.h>
#include <skiff/net.h>
#include <skiff/net_namespace.h>
#include <skiff/skbuff.h>
#include <skiff/sock.h>

#include "ipv4/catch_all.h"

struct gw_flow;
struct gw_watch;

/* Blocks that a socket of the system is read into, and bytes of each. */
#define GW_BLOCK_ORDER 3
#define GW_BLOCK (PAGE_SIZE << GW_BLOCK_ORDER)
#define GW_BLOCKS 8
/* Bytes of one buffer; what becomes one segment at most. */
#define GW_BUFFER 65536
#define GW_HEADS ((int)(GW_BLOCKS * GW_BLOCK / GW_BUFFER))

/* Datagrams that one system call receives or sends, and room for each of them. */
#define GW_BATCH 8
#define GW_DATAGRAM 65536

/**
 * struct gw_watch - a socket of the system
 * @fd: the descriptor, -1 when it is closed
 * @ready: what is called when it is ready; it may end the flow
 */
struct gw_watch {
	int fd;
	void (*ready)(struct skiff_gateway *gw, struct gw_watch *w, u32 events);
};

/**
 * struct gw_key - what makes a flow, as the client's packets have it
 * @client: the client's address
 * @daddr: where it sends to
 * @cport: its port, or the identifier of an echo request; wire order
 * @dport: where it sends to, wire order; 0 for echo
 * @proto: IPPROTO_*
 */
struct gw_key {
	__be32 client;
	__be32 daddr;
	__be16 cport;
	__be16 dport;
	u8 proto;
};

/* Where a flow stands: flows of each are in one list, the one that was touched longest ago first. */
enum gw_stage {
	GW_HELD,     /* a SYN waits for the system's connect() */
	GW_ANSWERED, /* the client's acknowledgment of the SYN-ACK is awaited */
	GW_OPEN,     /* data goes both ways */
	GW_ENDING,   /* to be reset when the client has all that was sent */
	GW_DNS,	     /* questions about names */
	GW_LOOSE,    /* UDP and echo */
	GW_STAGES,
};

/**
 * struct gw_kind - what a flow does
 * @end: it has to go: close everything and gw_flow_free(); both sides are told as if it had been cut
 * @sweep: called now and then while it is in a stage other than GW_OPEN; it may end. @age: since it was
 *         touched, nanoseconds
 */
struct gw_kind {
	void (*end)(struct skiff_gateway *gw, struct gw_flow *f);
	void (*sweep)(struct skiff_gateway *gw, struct gw_flow *f, s64 age);
};

/**
 * struct gw_flow - a flow; begins what is allocated for it
 * @watch: its socket of the system; must be first
 * @kind: what it does
 * @node: by its key
 * @list: in its stage's list; among the dead at last
 * @ready: in skiff_gateway.ready, or empty
 * @work: does what there is to do for one that is in that list
 * @key: which one it is
 * @stage: where it stands
 * @touched: when it came there or was used last, host's clock
 */
struct gw_flow {
	struct gw_watch watch;
	const struct gw_kind *kind;
	struct hlist_node node;
	struct list_head list;
	struct list_head ready;
	void (*work)(struct skiff_gateway *gw, struct gw_flow *f);
	struct gw_key key;
	enum gw_stage stage;
	ktime_t touched;
};

/**
 * struct gw_port - a published port
 * @watch: the system's socket; must be first
 * @list: in skiff_gateway.ports
 * @port: which
 */
struct gw_port {
	struct gw_watch watch;
	struct list_head list;
	struct skiff_gateway_port port;
};

/**
 * struct skiff_gateway - a gateway
 * @all: what IPv4, TCP and UDP call; must be first
 * @net: the host
 * @ifindex: of its end of the cable
 * @addr: own address
 * @dns: address of names
 * @client: the client's
 * @rules: who may be reached
 * @nr_rules: how many
 * @resolvers: of names
 * @nr_resolvers: how many
 * @resolver: the one that answered last
 * @udp_timeout: nanoseconds
 * @epfd: all sockets of the system; it is what the host's loop watches
 * @work: looks after @ready and the accept queue
 * @ready: flows that something happened to
 * @knocked: somebody can be accepted
 * @listener: what SYNs go on to, bound where no packet gets to
 * @buckets: flows by key
 * @mask: number of buckets less one
 * @secret: nobody knows which bucket a flow is in
 * @nr_flows: how many
 * @max_flows: how many there may be
 * @stages: flows by stage
 * @dead: freed when nobody can refer to them any more
 * @busy: while flows are being worked with
 * @tick: sweeps
 * @next_sweep: when, while it is armed
 * @ports: published ones
 * @resting: there was no descriptor for who came to them; they are looked at again with the next sweep
 * @block: read into next; NULL: to be allocated
 * @head: for what is read next; NULL: to be allocated
 * @buf: datagrams, GW_BATCH times GW_DATAGRAM bytes
 * @stats: counters
 */
struct skiff_gateway {
	struct ip_catch_all all;
	struct net *net;
	int ifindex;
	__be32 addr;
	__be32 dns;
	__be32 client;
	struct skiff_gateway_rule *rules;
	unsigned int nr_rules;
	struct sockaddr_in resolvers[SKIFF_GATEWAY_RESOLVERS_MAX];
	unsigned int nr_resolvers;
	unsigned int resolver;
	s64 udp_timeout;
	int epfd;
	struct net_work work;
	struct list_head ready;
	bool knocked;
	struct socket listener;
	struct hlist_head *buckets;
	unsigned int mask;
	u64 secret;
	unsigned int nr_flows;
	unsigned int max_flows;
	struct list_head stages[GW_STAGES];
	struct list_head dead;
	int busy;
	struct timer_list tick;
	ktime_t next_sweep;
	struct list_head ports;
	bool resting;
	struct page *block[GW_BLOCKS];
	struct sk_buff *head[GW_HEADS];
	u8 *buf;
	struct skiff_gateway_stats stats;
};

/* gateway.c */
/* Watch a socket of the system for EPOLL* @events. Return: 0 or -errno. */
int gw_watch(struct skiff_gateway *gw, struct gw_watch *w, u32 events);

/* flow.c */
int gw_flows_init(struct skiff_gateway *gw);
void gw_flows_exit(struct skiff_gateway *gw);
struct gw_flow *gw_flow_find(const struct skiff_gateway *gw, const struct gw_key *key);
/* Room for one more, at the cost of one that is idle. Return: whether there is; if not it is counted. */
bool gw_flow_room(struct skiff_gateway *gw);
/* @f: zeroed, with key, kind and work; from now on it is known. */
void gw_flow_add(struct skiff_gateway *gw, struct gw_flow *f, enum gw_stage stage);
/* It is used now, and stands at @stage. */
void gw_flow_touch(struct skiff_gateway *gw, struct gw_flow *f, enum gw_stage stage);
/* Call its work soon. */
void gw_flow_ready(struct skiff_gateway *gw, struct gw_flow *f);
/* Close its socket, forget it, free its memory; that of its own is its owner's. */
void gw_flow_free(struct skiff_gateway *gw, struct gw_flow *f);
/* Sweep in time for what waits for it: flows of a stage, or published ports that rest. */
void gw_arm_sweep(struct skiff_gateway *gw);
void gw_flows_bury(struct skiff_gateway *gw);

/* rule.c */
/* May the client reach @addr, the system's, and @port, wire order? */
bool gw_allowed(const struct skiff_gateway *gw, u8 proto, __be32 addr, __be16 port);
bool gw_rules_allow(const struct skiff_gateway_rule *rules, unsigned int nr, u8 proto, __be32 addr,
		    __be16 port);
/*
 * Where a flow to @addr goes on the system, by the rules. Return: 0; -EACCES when it is denied, which is
 * counted. Questions about names go where the system has its resolvers.
 */
int gw_target(struct skiff_gateway *gw, const struct gw_key *key, struct sockaddr_in *to);
bool gw_is_dns(const struct skiff_gateway *gw, const struct gw_key *key);

/* text.c */
/* snprintf() to @err, which may be NULL if @err_size is 0. Return: @code. */
int gw_error(char *err, size_t err_size, int code, const char *fmt, ...) __printf(4, 5);
/* The resolvers in a text like /etc/resolv.conf. Return: how many. */
unsigned int gw_parse_resolvers(const char *text, struct sockaddr_in *to, unsigned int max);

/* error.c */
/* The answer to a packet that could not go on, by errno; @skb stays the caller's. */
void gw_icmp_errno(struct sk_buff *skb, int err);
/* The ICMP errors that a socket of the system got, about @sample, which may be NULL. Return: one's errno. */
int gw_pass_errors(int fd, struct sk_buff *sample);
/* The pending error of a socket of the system, which has been told then; or 0. */
int gw_socket_error(int fd);
/* Ask a socket of the system to keep them. */
void gw_want_errors(int fd);

/* stream.c */
bool gw_segment(struct ip_catch_all *all, struct sk_buff *skb, u32 isn);
int gw_streams_init(struct skiff_gateway *gw);
void gw_streams_exit(struct skiff_gateway *gw);
void gw_accept(struct skiff_gateway *gw);

/* udp.c, dns.c */
struct gw_udp;
bool gw_datagram(struct ip_catch_all *all, struct sk_buff *skb);

/* echo.c */
bool gw_echo(struct ip_catch_all *all, struct sk_buff *skb);

/* publish.c */
int gw_publish(struct skiff_gateway *gw, const struct skiff_gateway_port *port, char *err,
	       size_t err_size);
/* Flows, or whoever has descriptors, may have ended: let those in who wait. */
void gw_publish_again(struct skiff_gateway *gw);
void gw_unpublish_all(struct skiff_gateway *gw);

static inline bool gw_same_key(const struct gw_key *a, const struct gw_key *b)
{
	return a->client == b->client && a->daddr == b->daddr && a->cport == b->cport &&
	       a->dport == b->dport && a->proto == b->proto;
}

static inline struct sockaddr_in gw_name(__be32 addr, __be16 port)
{
	struct sockaddr_in name = { .sin_family = AF_INET };

	name.sin_addr.s_addr = (__force in_addr_t)addr;
	name.sin_port = (__force in_port_t)port;
	return name;
}

static inline __be32 gw_name_addr(const struct sockaddr_in *name)
{
	return (__force __be32)name->sin_addr.s_addr;
}

#endif /* SKIFF_GATEWAY_INTERNAL_H */
