/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP for IPv4, RFC 792: errors about packets, and echo. */
#ifndef SKIFF_ICMP_H
#define SKIFF_ICMP_H

#include <netinet/in.h> /* before the kernel's, which leave out what this defines */
#include <net/if.h>
#include <linux/icmp.h>

#include <skiff/net_namespace.h>
#include <skiff/skbuff.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline struct icmphdr *icmp_hdr(const struct sk_buff *skb)
{
	return (struct icmphdr *)(void *)skb_transport_header(skb);
}

/**
 * struct icmp_err - what an unreachable message means to a socket
 * @errno_: positive
 * @fatal: the connection can't go on
 */
struct icmp_err {
	int errno_;
	unsigned int fatal : 1;
};

/* By the code of an ICMP_DEST_UNREACH message, 0 to NR_ICMP_UNREACH. */
SKIFF_API extern const struct icmp_err icmp_err_convert[];

/**
 * icmp_send() - tell a packet's sender what was wrong with it
 * @skb_in: the packet with its route, network header set; not consumed
 * @type: ICMP_DEST_UNREACH, ICMP_TIME_EXCEEDED, ICMP_PARAMETERPROB, ...
 * @code: of that type
 * @info: second word of the message, in wire order: MTU, pointer
 *
 * Sends nothing when RFC 1122 section 3.2.2 forbids it: about ICMP errors, fragments other than
 * the first, broadcasts and multicasts of either layer, and sources that are no single host; nor
 * beyond the rate limits icmp_ratelimit and icmp_msgs_per_sec. Stack lock.
 */
SKIFF_API void icmp_send(struct sk_buff *skb_in, int type, int code, __be32 info);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_ICMP_H */
