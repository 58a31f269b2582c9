/* SPDX-License-Identifier: BSD-2-Clause */
/* What a service is to the table of services. */
#ifndef SKIFF_SERVICES_SERVICES_H
#define SKIFF_SERVICES_SERVICES_H

#include <skiff/services.h>
#include <skiff/udp.h>

/**
 * struct service - one service
 * @name: as users know it
 * @port: UDP port, host order
 * @answer_len: bytes of the answer to @skb, data at the payload; negative for no answer
 * @answer: fill in that many bytes
 */
struct service {
	const char *name;
	u16 port;
	int (*answer_len)(struct net *net, const struct sk_buff *skb);
	void (*answer)(struct net *net, const struct sk_buff *skb, u8 *buf, unsigned int len);
};

extern const struct service service_echo;
extern const struct service service_discard;
extern const struct service service_daytime;
extern const struct service service_chargen;

#endif /* SKIFF_SERVICES_SERVICES_H */
