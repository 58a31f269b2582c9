/* SPDX-License-Identifier: BSD-2-Clause */
/* Transport protocols on top of IPv4. */
#ifndef SKIFF_PROTOCOL_H
#define SKIFF_PROTOCOL_H

#include <netinet/in.h>

#include <skiff/skbuff.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MAX_INET_PROTOS 256

/**
 * struct net_protocol - a transport protocol
 * @handler: a packet for this host; data at the transport header, network header set, route set.
 *           Consumes it. Return: 0, or a negative protocol number by which the packet, which then
 *           was not consumed, is to be delivered instead
 * @err_handler: an ICMP error quotes a packet of this protocol: data at the quoted IP header, of
 *               whose packet at least 8 bytes of payload follow linearly; transport header at the
 *               ICMP header, network header at the outer IP header; @info is the MTU or the
 *               pointer. Does not consume. Return: 0 or -ENOENT when nobody sent such a packet
 *
 * Both run under the stack lock of the host of skb->dev.
 */
struct net_protocol {
	int (*handler)(struct sk_buff *skb);
	int (*err_handler)(struct sk_buff *skb, u32 info);
};

/**
 * inet_add_protocol() - register a transport protocol for all hosts of the process
 * @prot: stays valid until inet_del_protocol()
 * @protocol: its number, 0 to 255
 *
 * Before packets are received, or under the stack lock of every host. Return: 0, -1 when the
 * number is taken.
 */
SKIFF_API int inet_add_protocol(const struct net_protocol *prot, unsigned char protocol);

/* Undo inet_add_protocol(). Return: 0, -1 when @prot is not registered. */
SKIFF_API int inet_del_protocol(const struct net_protocol *prot, unsigned char protocol);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_PROTOCOL_H */
