/* SPDX-License-Identifier: BSD-2-Clause */
/* What a service is to the table of services. */
#ifndef SKIFF_SERVICES_SERVICES_H
#define SKIFF_SERVICES_SERVICES_H

#include <skiff/services.h>
#include <skiff/udp.h>

/**
 * struct service - one service
 * @name: as users know it
 * @port: of UDP and TCP, host order
 * @answer: over UDP: the answer to @skb, data at the payload; NULL without memory. No function: there
 *          are no answers
 * @echoes: over TCP: what comes is sent back; else it is thrown away
 * @endless: over TCP: goes on when the peer has ended its half
 * @produce: over TCP: buffer number @nr of what is sent unasked; NULL with *@err, -EAGAIN behind the
 *           last one. May be NULL
 */
struct service {
	const char *name;
	u16 port;
	struct sk_buff *(*answer)(struct net *net, const struct sk_buff *skb);
	bool echoes;
	bool endless;
	struct sk_buff *(*produce)(struct net *net, unsigned int nr, int *err);
};

#define SERVICES_NR 4

/* A buffer for @len bytes of data, with room in front for all headers. NULL without memory. */
struct sk_buff *service_buffer(unsigned int len);

extern const struct service service_echo;
extern const struct service service_discard;
extern const struct service service_daytime;
extern const struct service service_chargen;

#endif /* SKIFF_SERVICES_SERVICES_H */
