/* SPDX-License-Identifier: BSD-2-Clause */
/* A flow of datagrams, and the questions about names among them. */
#ifndef SKIFF_GATEWAY_UDP_H
#define SKIFF_GATEWAY_UDP_H

#include "gateway/gateway.h"

/* Questions of one flow that are kept to be asked again, and how long they may be. */
#define GW_QUESTIONS 4
#define GW_QUESTION_MAX 1472

/**
 * struct gw_question - a question without an answer
 * @data: a copy, NULL: none
 * @len: bytes of it
 */
struct gw_question {
	u8 *data;
	unsigned int len;
};

/**
 * struct gw_udp - a flow of datagrams
 * @flow: what it is as a flow; must be first. Its socket is connected; none with @port
 * @out: from the client, to be sent
 * @sample: one that the client sent, for errors to quote; NULL before
 * @port: the published port that it came by, or NULL
 * @peer: who came by it
 * @local: the system's address that it came to
 * @is_dns: questions about names
 * @first: the resolver that was asked first
 * @tries: others that were asked since
 * @questions: without an answer
 */
struct gw_udp {
	struct gw_flow flow;
	struct sk_buff_head out;
	struct sk_buff *sample;
	struct gw_port *port;
	struct sockaddr_in peer;
	struct in_addr local;
	bool is_dns;
	unsigned int first;
	unsigned int tries;
	struct gw_question questions[GW_QUESTIONS];
};

static inline struct gw_udp *gw_udp_of(struct gw_flow *f)
{
	return container_of(f, struct gw_udp, flow);
}

/* udp.c */
/* Return: a flow without a socket, or NULL: without memory, or there are too many. */
struct gw_udp *gw_udp_make(struct skiff_gateway *gw, const struct gw_key *key, enum gw_stage stage);

/* udp_io.c */
/* Send to the system what is queued. */
void gw_udp_flush(struct skiff_gateway *gw, struct gw_udp *u);
/* A datagram to the client of @key, from where its own go. */
void gw_udp_to_client(struct skiff_gateway *gw, const struct gw_key *key, const void *data,
		      unsigned int len);
void gw_udp_ready(struct skiff_gateway *gw, struct gw_watch *w, u32 events);
/* Datagrams that the system's @fd has: up to GW_BATCH, in gw->buf. Return: how many. */
int gw_udp_receive(struct skiff_gateway *gw, int fd, struct mmsghdr *m);

/* dns.c */
void gw_dns_asked(struct skiff_gateway *gw, struct gw_udp *u, const struct sk_buff *skb);
void gw_dns_answered(struct skiff_gateway *gw, struct gw_udp *u, const void *data,
		     unsigned int len);
/* The resolver does not answer: another one is asked. Return: whether there was one. */
bool gw_dns_next(struct skiff_gateway *gw, struct gw_udp *u);
void gw_dns_sweep(struct skiff_gateway *gw, struct gw_udp *u, s64 age);
void gw_dns_forget(struct gw_udp *u);

#endif /* SKIFF_GATEWAY_UDP_H */
