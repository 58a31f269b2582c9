/* SPDX-License-Identifier: BSD-2-Clause */
/* Transport protocols on top of IPv4, and the sockets of theirs that programs open. */
#ifndef SKIFF_PROTOCOL_H
#define SKIFF_PROTOCOL_H

#include <netinet/in.h>

#include <skiff/list.h>
#include <skiff/netdevice.h>
#include <skiff/skbuff.h>

#ifdef __cplusplus
extern "C" {
#endif

struct proto;
struct proto_ops;

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

/**
 * struct net_offload - how packets of a transport protocol are cut and joined
 * @callbacks: its functions; headers of IP are set and linear when they are called
 * @flags: INET6_PROTO_*, of no meaning to IPv4
 */
struct net_offload {
	struct offload_callbacks callbacks;
	unsigned int flags;
};

/* Register it for IPv4, before packets are received. Return: 0, -1 when the number is taken. */
SKIFF_API int inet_add_offload(const struct net_offload *prot, unsigned char protocol);
/* Undo that. Return: 0, -1 when @prot is not registered. */
SKIFF_API int inet_del_offload(const struct net_offload *prot, unsigned char protocol);

/**
 * struct inet_protosw - a protocol that programs open sockets of
 * @list: for the registry only
 * @type: SOCK_STREAM, ...: the second argument of socket()
 * @protocol: IPPROTO_*: the third; IPPROTO_IP takes any
 * @prot: its sockets
 * @ops: what the calls do
 * @flags: INET_PROTOSW_*
 */
struct inet_protosw {
	struct list_head list;
	unsigned short type;
	unsigned short protocol;
	struct proto *prot;
	const struct proto_ops *ops;
	unsigned char flags;
};

#define INET_PROTOSW_REUSE 0x01	    /* SO_REUSEADDR is set at first */
#define INET_PROTOSW_PERMANENT 0x02 /* stays: what registers later for the same is refused */

/**
 * inet_register_protosw() - offer sockets of a protocol over IPv4 to all hosts
 * @p: stays valid until inet_unregister_protosw()
 *
 * Before the first host runs. Those that were registered later are looked at first, but a
 * permanent one is not overridden: that is said in the log.
 */
SKIFF_API void inet_register_protosw(struct inet_protosw *p);

/* Take it back; not while it has sockets. A permanent one stays, which is said in the log. */
SKIFF_API void inet_unregister_protosw(struct inet_protosw *p);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_PROTOCOL_H */
