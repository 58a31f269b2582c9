// SPDX-License-Identifier: BSD-2-Clause
/*
 * Questions about names: the system's resolvers are asked in turn, beginning with the one that answered
 * last. What was asked is kept until it is answered, and asked again where another resolver is tried.
 *
 * Programs ask again by themselves, but mostly the same server, and after five seconds: one address stands
 * for all resolvers here, so whoever gave it has to look after them.
 */
#include <errno.h>
#include <sys/socket.h>

#include <skiff/slab.h>

#include "gateway/udp.h"
#include "wire/bytes.h"
#include "wire/udp.h"

/* How long one resolver has, and how long a flow is kept behind its last question. */
#define ANSWER_MAX (2 * NSEC_PER_SEC)
#define IDLE_MAX (10 * NSEC_PER_SEC)

/* RFC 1035 section 4.1.1: the identifier begins the header. */
#define HEADER_LEN 12

void gw_dns_asked(struct skiff_gateway *gw, struct gw_udp *u, const struct sk_buff *skb)
{
	unsigned int len = skb->len - WIRE_UDP_HLEN;
	struct gw_question *q = NULL;

	gw_flow_touch(gw, &u->flow, GW_DNS);
	for (int i = 0; i < GW_QUESTIONS && !q; i++)
		if (!u->questions[i].data)
			q = &u->questions[i];
	/* More than that at once, and long ones, are asked once. */
	if (!q || len < HEADER_LEN || len > GW_QUESTION_MAX)
		return;
	q->data = (u8 *)kmemdup(skb->data + WIRE_UDP_HLEN, len, GFP_ATOMIC);
	q->len = len;
}

static void question_free(struct gw_question *q)
{
	kfree(q->data);
	q->data = NULL;
}

void gw_dns_answered(struct skiff_gateway *gw, struct gw_udp *u, const void *data, unsigned int len)
{
	gw->resolver = (u->first + u->tries) % gw->nr_resolvers;
	if (len < HEADER_LEN)
		return;
	for (int i = 0; i < GW_QUESTIONS; i++)
		if (u->questions[i].data &&
		    wire_get16(u->questions[i].data, 0) == wire_get16(data, 0))
			question_free(&u->questions[i]);
}

static bool is_waiting(const struct gw_udp *u)
{
	for (int i = 0; i < GW_QUESTIONS; i++)
		if (u->questions[i].data)
			return true;
	return false;
}

static void ask_again(const struct gw_udp *u)
{
	for (int i = 0; i < GW_QUESTIONS; i++)
		if (u->questions[i].data)
			send(u->flow.watch.fd, u->questions[i].data, u->questions[i].len,
			     MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool gw_dns_next(struct skiff_gateway *gw, struct gw_udp *u)
{
	const struct sockaddr_in *to;

	if (!is_waiting(u) || u->tries + 1 >= gw->nr_resolvers)
		return false;
	/* What the one before had to say is of no interest any more. */
	gw_pass_errors(u->flow.watch.fd, NULL);
	u->tries++;
	to = &gw->resolvers[(u->first + u->tries) % gw->nr_resolvers];
	gw->stats.dns_retries++;
	gw_flow_touch(gw, &u->flow, GW_DNS);
	if (connect(u->flow.watch.fd, (const struct sockaddr *)to, sizeof(*to)))
		return gw_dns_next(gw, u);
	ask_again(u);
	return true;
}

void gw_dns_sweep(struct skiff_gateway *gw, struct gw_udp *u, s64 age)
{
	if (age > ANSWER_MAX && gw_dns_next(gw, u))
		return;
	if (age > IDLE_MAX)
		u->flow.kind->end(gw, &u->flow);
}

void gw_dns_forget(struct gw_udp *u)
{
	for (int i = 0; i < GW_QUESTIONS; i++)
		question_free(&u->questions[i]);
}
