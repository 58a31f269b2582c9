/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP over IPv4, RFC 768: ports, datagrams in and out. */
#ifndef SKIFF_UDP_H
#define SKIFF_UDP_H

#include <linux/udp.h>

#include <skiff/flowi.h>
#include <skiff/inet_sock.h>
#include <skiff/ip.h>
#include <skiff/ip_sock.h>
#include <skiff/skbuff.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sockets per host. */
#define UDP_SOCKS_MAX 1048576

/* Datagrams that one sendmsg() with UDP_SEGMENT makes. */
#define UDP_MAX_SEGMENTS 128

/* Payload bytes of the largest datagram. */
#define UDP_PAYLOAD_MAX (IP_MAX_MTU - 20 - 8)

static inline struct udphdr *udp_hdr(const struct sk_buff *skb)
{
	return (struct udphdr *)(void *)skb_transport_header(skb);
}

/**
 * struct udp_cork - a datagram that several calls put together (UDP_CORK, MSG_MORE)
 * @skb: its payload so far, NULL when there is none
 * @daddr: where it goes
 * @dport: in wire order
 * @connected: to the peer
 * @ipc: what it is sent with
 */
struct udp_cork {
	struct sk_buff *skb;
	__be32 daddr;
	__be16 dport;
	bool connected;
	struct inet_cookie ipc;
};

/**
 * struct udp_sock - a UDP socket
 * @inet: the rest; must be first
 * @udp_portaddr_node: among sockets of the same address and port
 * @udp_lrpa_node: among connected sockets, by both addresses and ports
 * @udp_portaddr_hash: of the former
 * @gso_size: UDP_SEGMENT: payload of each datagram, 0: one per call
 * @corkflag: UDP_CORK
 * @pending: @cork is in use
 * @gro_enabled: UDP_GRO
 * @cork: the datagram under way
 * @encap_type: not 0: datagrams go to @encap_rcv first
 * @encap_rcv: a datagram, data at its UDP header, checksum right. Under the stack lock.
 *             Return: 0 when it was consumed; above 0 to have it queued like any other; below 0
 *             the negative number of the protocol that is to get what is at data now
 * @encap_err_rcv: an ICMP error quotes a datagram that was sent: @err as errno, @port where it
 *                 went in wire order, data at the quoted IP header, @payload behind the quoted UDP
 *                 header; not consumed
 * @encap_destroy: the socket goes
 */
struct udp_sock {
	struct inet_sock inet;
	struct hlist_node udp_portaddr_node;
	struct hlist_node udp_lrpa_node;
	unsigned int udp_portaddr_hash;
	__u16 gso_size;
	__u8 corkflag;
	__u8 pending;
	__u8 gro_enabled;
	struct udp_cork cork;
	__u8 encap_type;
	int (*encap_rcv)(struct sock *sk, struct sk_buff *skb);
	void (*encap_err_rcv)(struct sock *sk, struct sk_buff *skb, int err, __be16 port, u32 info,
			      u8 *payload);
	void (*encap_destroy)(struct sock *sk);
};

static inline struct udp_sock *udp_sk(const struct sock *sk)
{
	return (struct udp_sock *)(void *)(uintptr_t)sk;
}

SKIFF_API extern struct proto udp_prot;

/* Pages of all UDP sockets of the process, and the three limits of it: net.ipv4.udp_mem. */
SKIFF_API extern atomic_long_t udp_memory_allocated;
SKIFF_API extern long sysctl_udp_mem[3];

/**
 * struct udp_port_cfg - what a socket of the stack is made with
 * @family: AF_INET
 * @local_ip: own address, 0 for any
 * @peer_ip: the only peer, 0 for any
 * @local_udp_port: own port in wire order, 0 to have one chosen (RFC 6056)
 * @peer_udp_port: the peer's port, wire order
 * @use_udp_checksums: send with checksums
 * @bind_ifindex: the only device, 0 for all
 */
struct udp_port_cfg {
	u8 family;
	__be32 local_ip;
	__be32 peer_ip;
	__be16 local_udp_port;
	__be16 peer_udp_port;
	bool use_udp_checksums;
	int bind_ifindex;
};

/**
 * udp_sock_create() - make a socket of the stack and bind it
 * @net: host
 * @cfg: how, not kept
 * @skp: gets the socket with one reference, which udp_sock_release() gives back
 *
 * Stack lock. Return: 0; -EAFNOSUPPORT, -EADDRNOTAVAIL for an address that is not ours,
 * -EADDRINUSE, -ENODEV, -ENFILE with UDP_SOCKS_MAX sockets, -ENOMEM.
 */
SKIFF_API int udp_sock_create(struct net *net, const struct udp_port_cfg *cfg, struct sock **skp);

/* Close it: nothing is delivered any more, the reference is given back. Stack lock. */
SKIFF_API void udp_sock_release(struct sock *sk);

/**
 * udp_v4_get_port() - bind a socket
 * @sk: not bound yet, addresses and device set
 * @snum: port in host order, 0 to have one chosen from ip_local_port_range
 *
 * Stack lock. Return: 0, -EADDRINUSE, -ENFILE.
 */
SKIFF_API int udp_v4_get_port(struct sock *sk, unsigned short snum);

/* Take a socket out of the port table. Stack lock. */
SKIFF_API void udp_lib_unhash(struct sock *sk);

/* Its addresses or its peer changed: put it where look-ups find it now. Stack lock. Return: 0. */
SKIFF_API int udp_lib_rehash(struct sock *sk);

/**
 * udp4_lib_lookup() - the socket that a datagram is for
 * @net: host
 * @saddr: its source
 * @sport: in wire order
 * @daddr: its destination
 * @dport: in wire order
 * @dif: index of the device it came from
 *
 * The one that fits most closely: peer, own address and device count. Stack lock.
 * Return: the socket without a reference, or NULL.
 */
SKIFF_API struct sock *udp4_lib_lookup(struct net *net, __be32 saddr, __be16 sport, __be32 daddr,
				       __be16 dport, int dif);

/* The same for a received datagram, data at its UDP header, that a group's program may look at. */
SKIFF_API struct sock *__udp4_lib_lookup(struct net *net, __be32 saddr, __be16 sport, __be32 daddr,
					 __be16 dport, int dif, struct sk_buff *skb);

/**
 * udp_set_csum() - checksum of a datagram that is sent
 * @nocheck: send without
 * @skb: data and transport header at the UDP header, device known by its route
 * @saddr: source
 * @daddr: destination
 * @len: bytes, header included
 *
 * Left to the device where it can (CHECKSUM_PARTIAL); 0 becomes 0xffff.
 */
SKIFF_API void udp_set_csum(bool nocheck, struct sk_buff *skb, __be32 saddr, __be32 daddr, int len);

/**
 * udp_alloc_send_skb() - room for a datagram that will be sent
 * @sk: sender, charged with it; bound now if it was not
 * @fl4: daddr and fl4_dport say where; saddr is chosen if 0 and the socket has none
 * @len: payload bytes, 0 to UDP_PAYLOAD_MAX
 * @rtp: gets the route, to be handed to udp_send_skb()
 *
 * Stack lock. Return: a buffer with @len bytes of data to be filled in, headers go in front; on
 * error ERR_PTR: -EINVAL for port 0, -EACCES for broadcasts without SO_BROADCAST, -EMSGSIZE,
 * -EAGAIN when the send buffer is full, -ENOBUFS, or as ip_route_output_key().
 */
SKIFF_API struct sk_buff *udp_alloc_send_skb(struct sock *sk, struct flowi4 *fl4, unsigned int len,
					     struct rtable **rtp);

/* Send it; consumes @skb and the reference to @rt. Stack lock. Return: 0 or a negative errno. */
SKIFF_API int udp_send_skb(struct sock *sk, struct sk_buff *skb, const struct flowi4 *fl4,
			   struct rtable *rt);

/**
 * udp_send_data() - send a datagram
 * @sk: sender
 * @data: payload, copied
 * @len: bytes, 0 to UDP_PAYLOAD_MAX
 * @daddr: destination
 * @dport: in wire order
 *
 * Stack lock. Return: 0, or a negative errno as udp_alloc_send_skb() and udp_send_skb().
 */
SKIFF_API int udp_send_data(struct sock *sk, const void *data, unsigned int len, __be32 daddr,
			    __be16 dport);

/* Where an answer to a received datagram goes, from the address that it was sent to. */
SKIFF_API void udp_reply_flow(const struct sk_buff *skb, struct flowi4 *fl4);

/* Whether a datagram was sent to more than one host, by either layer. */
SKIFF_API bool udp_was_broadcast(const struct sk_buff *skb);

/**
 * udp_init() - make UDP part of every host that is created from now on
 *
 * Once per process, after ipv4_init(). Return: 0 or a negative errno.
 */
SKIFF_API int udp_init(void);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_UDP_H */
