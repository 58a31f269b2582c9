/* SPDX-License-Identifier: BSD-2-Clause */
/* IP as sockets see it: options of level SOL_IP, control messages, the error queue. */
#ifndef SKIFF_IP_SOCK_H
#define SKIFF_IP_SOCK_H

#include <skiff/inet_sock.h>
#include <skiff/ip.h>
#include <skiff/sock/message.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * ip_setsockopt() - set an option of level SOL_IP, as Linux's ip(7) has them
 * @sk: an inet_sock
 * @level: SOL_IP
 * @optname: IP_*, MCAST_*
 * @optval: the value; with an @optlen of 1 to 3 where Linux takes an int, one byte
 * @optlen: bytes of it
 *
 * Stack lock. Return: 0; -ENOPROTOOPT for options that there are not: IP_PKTOPTIONS,
 * IP_XFRM_POLICY, IP_IPSEC_POLICY, IP_PASSSEC, IP_ROUTER_ALERT; else Linux's errno.
 */
SKIFF_API int ip_setsockopt(struct sock *sk, int level, int optname, const void *optval,
			    unsigned int optlen);

/* The other way round: *@optlen is the room, then the length. Stack lock. */
SKIFF_API int ip_getsockopt(struct sock *sk, int level, int optname, void *optval, int *optlen);

/**
 * struct inet_cookie - what one datagram is sent with
 * @sockc: what the SOL_SOCKET messages said
 * @addr: source, 0 to have one chosen
 * @oif: device, 0 for any
 * @ttl: time to live, 0 for the socket's
 * @tos: DSCP and ECN, -1 for the socket's
 * @protocol: of a raw packet, 0 for the socket's
 * @loopback6: it goes to "::1", which makes it an IPv6 packet to the program
 * @gso_size: UDP_SEGMENT: payload of each datagram, 0: one
 * @opt: IP_RETOPTS: in the place of the socket's, points to @options; NULL: the socket's
 * @options: where those are
 */
struct inet_cookie {
	struct sockcm_cookie sockc;
	__be32 addr;
	int oif;
	__s16 ttl;
	__s16 tos;
	u8 protocol;
	bool loopback6;
	u16 gso_size;
	struct ip_options_rcu *opt;
	struct ip_options_data options;
};

/* The options that a packet is sent with: those of the call, else the socket's. */
static inline struct ip_options_rcu *inet_cookie_opt(const struct inet_cookie *ipc,
						     const struct inet_sock *inet)
{
	return ipc->opt ? (struct ip_options_rcu *)(uintptr_t)&ipc->options.opt : inet->inet_opt;
}

/* The socket's own values. Any thread. */
SKIFF_API void inet_cookie_init(struct inet_cookie *ipc, const struct sock *sk);

/**
 * ip_cmsg_send() - read the control messages of a datagram to be sent
 * @sk: sender
 * @msg: the message
 * @ipc: changed by SOL_SOCKET messages, IP_PKTINFO, IP_TTL, IP_TOS, IP_PROTOCOL, IP_RETOPTS; and, for a UDP
 *       socket, UDP_SEGMENT
 * @allow_ipv6: take those of SOL_IPV6 too, IPV6_PKTINFO with a source of the destination's family
 *
 * Messages of other levels are skipped, as those of SOL_IP are to "::1". Any thread. Return: 0; -EINVAL;
 * -EOPNOTSUPP for a source route.
 */
SKIFF_API int ip_cmsg_send(struct sock *sk, struct skiff_msghdr *msg, struct inet_cookie *ipc,
			   bool allow_ipv6);

/**
 * ip_cmsg_recv_offset() - tell what the program asked to know of a received packet
 * @msg: gets the control messages
 * @sk: the socket
 * @skb: the packet, with ipv4_pktinfo_prepare() done when it was queued
 * @tlen: bytes of @skb in front of what is data for the program, for IP_CHECKSUM
 * @offset: where in the packet's data the program's begin
 *
 * Any thread.
 */
SKIFF_API void ip_cmsg_recv_offset(struct skiff_msghdr *msg, struct sock *sk, struct sk_buff *skb,
				   int tlen, int offset);

/* Note for IP_PKTINFO what only the stack knows, before a packet is queued. Stack lock. */
SKIFF_API void ipv4_pktinfo_prepare(const struct sock *sk, struct sk_buff *skb);

/**
 * ip_icmp_error() - put an ICMP error into the error queue of who asked for it (IP_RECVERR)
 * @sk: the socket
 * @skb: as net_protocol.err_handler gets it, with whatever it quotes; not consumed
 * @err: errno
 * @port: where the packet went, wire order, 0 without ports
 * @info: MTU or pointer
 * @payload: the quoted packet's payload, within @skb
 *
 * Stack lock.
 */
SKIFF_API void ip_icmp_error(struct sock *sk, struct sk_buff *skb, int err, __be16 port, u32 info,
			     u8 *payload);

/* The same for an error of this host's own, as a packet that is larger than the path. */
SKIFF_API void ip_local_error(struct sock *sk, int err, __be32 daddr, __be16 port, u32 info);

/**
 * ip_recv_error() - the next packet of the error queue (MSG_ERRQUEUE)
 * @sk: the socket
 * @msg: gets the quoted payload, the destination as name, and IP_RECVERR with what happened and who
 *       said so
 * @len: room for the payload
 * @addr_len: gets the length of the name
 *
 * For AF_INET6 sockets addresses are v4-mapped or "::1", and the message is IPV6_RECVERR. Any thread.
 * Return: bytes of payload, -EAGAIN when the queue is empty.
 */
SKIFF_API int ip_recv_error(struct sock *sk, struct skiff_msghdr *msg, int len, int *addr_len);

/* A name for the program, as the socket's family writes it. Return: its length. */
SKIFF_API int inet_put_name(const struct sock *sk, void *name, __be32 addr, __be16 port);

/**
 * inet_get_name() - the IPv4 destination in a name that a program gave
 * @sk: the socket: AF_INET6 ones take v4-mapped addresses, "::1" and "::"
 * @name: the name
 * @len: bytes of it
 * @addr: gets the address
 * @port: gets the port, wire order
 *
 * Any thread. Return: 0; -EINVAL when it is too short, -EAFNOSUPPORT, or as inet6_dest().
 */
SKIFF_API int inet_get_name(const struct sock *sk, const void *name, int len, __be32 *addr,
			    __be16 *port);

/**
 * inet6_dest() - the IPv4 address that carries what an AF_INET6 socket sends to an address
 * @sk: the socket
 * @dest: v4-mapped, "::1", or "::", which is the loopback address of the family that it is bound in
 * @addr: gets the address
 *
 * Any thread. Return: 0; -ENETUNREACH for another IPv6 address, or a mapped one with IPV6_V6ONLY;
 * -EAFNOSUPPORT for "::1" when it is bound to an IPv4 address.
 */
SKIFF_API int inet6_dest(const struct sock *sk, const struct in6_addr *dest, __be32 *addr);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_IP_SOCK_H */
