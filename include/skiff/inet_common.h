/* SPDX-License-Identifier: BSD-2-Clause */
/* The AF_INET family: what the calls on its sockets do before the protocol takes over. */
#ifndef SKIFF_INET_COMMON_H
#define SKIFF_INET_COMMON_H

#include <skiff/inet_sock.h>
#include <skiff/net.h>
#include <skiff/protocol.h>

#ifdef __cplusplus
extern "C" {
#endif

/* AF_INET's operations for datagram sockets, and for those that read IP packets. */
SKIFF_API extern const struct proto_ops inet_dgram_ops;
SKIFF_API extern const struct proto_ops inet_sockraw_ops;

/**
 * inet_create_sock() - the sock of a new socket of either family
 * @net: host
 * @sock: to get ops and sk
 * @answer: its entry of the registry
 * @family: AF_INET or AF_INET6
 * @protocol: IPPROTO_*, as resolved
 * @ops: what @sock gets
 * @kern: belongs to the stack
 *
 * Stack lock. Return: 0 or a negative errno and nothing is left behind.
 */
SKIFF_API int inet_create_sock(struct net *net, struct socket *sock,
			       const struct inet_protosw *answer, int family, int protocol,
			       const struct proto_ops *ops, int kern);

/* The entry for a type and protocol; ERR_PTR(-ESOCKTNOSUPPORT, -EPROTONOSUPPORT). */
SKIFF_API const struct inet_protosw *inet_find_protosw(int type, int *protocol);

/* Give an inet_sock its defaults: Linux's, for options and multicast. Stack lock. */
SKIFF_API void inet_sock_init(struct sock *sk);

/* proto_ops of the family. Locks as those say. */
SKIFF_API int inet_release(struct socket *sock);
SKIFF_API int inet_bind(struct socket *sock, struct sockaddr *uaddr, int addr_len);
SKIFF_API int inet_dgram_connect(struct socket *sock, struct sockaddr *uaddr, int addr_len,
				 int flags);
SKIFF_API int inet_stream_connect(struct socket *sock, struct sockaddr *uaddr, int addr_len,
				  int flags);
SKIFF_API int inet_getname(struct socket *sock, struct sockaddr *uaddr, int peer);
SKIFF_API int inet_shutdown(struct socket *sock, int how);
SKIFF_API int inet_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);
SKIFF_API int inet_send_skb(struct socket *sock, struct skiff_msghdr *m, struct sk_buff *skb);
SKIFF_API int inet_sendmsg(struct socket *sock, struct skiff_msghdr *msg, size_t size);
SKIFF_API int inet_recvmsg(struct socket *sock, struct skiff_msghdr *msg, size_t size, int flags);
SKIFF_API int inet_setsockopt(struct socket *sock, int level, int optname, const void *optval,
			      unsigned int optlen);
SKIFF_API int inet_getsockopt(struct socket *sock, int level, int optname, void *optval,
			      int *optlen);

/**
 * inet_sk_get_local_port_range() - the ports that one is chosen from
 * @sk: the socket: IP_LOCAL_PORT_RANGE narrows the host's range and never widens it
 * @low: gets the first
 * @high: gets the last
 *
 * Stack lock. Return: whether it has a range of its own.
 */
SKIFF_API bool inet_sk_get_local_port_range(const struct sock *sk, int *low, int *high);

/* Whether a port is never chosen: net.ipv4.ip_local_reserved_ports. Stack lock. */
SKIFF_API bool inet_is_local_reserved_port(const struct net *net, unsigned short port);

/* A port for a socket that has none. Stack lock. Return: 0 or -EAGAIN. */
SKIFF_API int inet_autobind(struct sock *sk);

/**
 * __inet_bind() - bind a socket to an IPv4 address and port
 * @sk: not bound
 * @addr: address, 0 for any
 * @snum: port in host order, 0 to have one chosen
 *
 * There is no privilege: the ports below net.ipv4.ip_unprivileged_port_start are for everybody.
 * Stack lock. Return: 0; -EADDRNOTAVAIL, -EINVAL when it is bound, -EADDRINUSE.
 */
SKIFF_API int __inet_bind(struct sock *sk, __be32 addr, unsigned short snum);

/**
 * ip4_datagram_connect() - give a datagram socket its peer
 * @sk: bound
 * @uaddr: a sockaddr_in
 * @addr_len: bytes of it
 *
 * Stack lock. Return: 0; -EINVAL, -EAFNOSUPPORT, -EACCES for broadcasts without SO_BROADCAST, or as
 * ip_route_output_key().
 */
SKIFF_API int ip4_datagram_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len);

/* Forget the peer, and the address that connect() chose. Stack lock. Return: 0. */
SKIFF_API int udp_disconnect(struct sock *sk, int flags);

/**
 * inet_route_datagram() - the route of a datagram that a socket sends
 * @sk: sender
 * @fl4: daddr and what else is known; completed
 * @connected: to the peer, with nothing of its own: the socket remembers the route
 *
 * Stack lock. Return: a reference for the caller; ERR_PTR: as ip_route_output_key(), or -EACCES for
 * broadcasts without SO_BROADCAST.
 */
struct flowi4;
struct rtable;
SKIFF_API struct rtable *inet_route_datagram(struct sock *sk, struct flowi4 *fl4, bool connected);

/**
 * inet_recv_skb() - the receive queue's next packet, for recvmsg()
 * @sk: the socket
 * @flags: MSG_PEEK leaves it where it is
 * @off: NULL, or set to where in the packet to begin (SO_PEEK_OFF)
 * @err: why there is none: the pending error, 0 after shutdown, -EAGAIN
 *
 * Any thread that holds no stack lock. Return: the packet, for inet_recv_done(); or NULL.
 */
SKIFF_API struct sk_buff *inet_recv_skb(struct sock *sk, int flags, int *off, int *err);

/* Undo inet_recv_skb(). */
static inline void inet_recv_done(struct sk_buff *skb)
{
	consume_skb(skb);
}

struct inet_cookie;

/**
 * inet_packet_dest() - where a datagram without ports is sent, and with what
 * @sk: the socket
 * @msg: the call: its name, or the peer of a connected socket; its control messages
 * @daddr: gets the name's address; left alone without a name
 * @ipc: filled in
 *
 * Any thread. Return: 0; -EDESTADDRREQ, or as inet_get_name() and ip_cmsg_send().
 */
SKIFF_API int inet_packet_dest(struct sock *sk, struct skiff_msghdr *msg, __be32 *daddr,
			       struct inet_cookie *ipc);

/**
 * inet_recv_packet() - proto.recvmsg of sockets whose datagrams have no ports
 * @sk: the socket
 * @msg: gets the packet from where data is, its source and control messages
 * @len: room for data
 * @flags: MSG_*
 * @addr_len: bytes of the name that was written
 *
 * Any thread that holds no stack lock. Return: bytes, with MSG_TRUNC on a raw socket those that there
 * were; or a negative errno as inet_recv_skb(), -EOPNOTSUPP for MSG_OOB, -EFAULT.
 */
SKIFF_API int inet_recv_packet(struct sock *sk, struct skiff_msghdr *msg, size_t len, int flags,
			       int *addr_len);

/* Why a socket can't send now, as -errno: shut down, or its pending error. Stack lock. */
SKIFF_API int inet_check_send(struct sock *sk);

/**
 * inet_adopt_skb() - make a program's buffer one that a socket sends
 * @sk: the socket, charged with it
 * @skb: the buffer, not shared; what it was to another socket is forgotten
 *
 * Stack lock. Return: false when the send buffer is full, and nothing was done.
 */
SKIFF_API bool inet_adopt_skb(struct sock *sk, struct sk_buff *skb);

/**
 * struct inet_raw_ops - raw sockets, for the layer below them
 * @local_deliver: a packet for this host, which has raw sockets by inet_raw_count(), data at the transport
 *                 header: show it to those who want it; not consumed. Return: whether somebody did
 * @icmp_error: an ICMP error quotes a packet of @protocol: as net_protocol.err_handler
 */
struct inet_raw_ops {
	bool (*local_deliver)(struct sk_buff *skb, int protocol);
	void (*icmp_error)(struct sk_buff *skb, int protocol, u32 info);
};

/* Once, before packets are received. */
SKIFF_API void inet_register_raw(const struct inet_raw_ops *ops);

/**
 * inet_raw_count() - a host has one raw socket more, or one less
 * @net: the host
 * @change: 1 or -1
 *
 * Hosts without any spare each packet the question of inet_raw_ops.local_deliver(). Stack lock.
 */
SKIFF_API void inet_raw_count(struct net *net, int change);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_INET_COMMON_H */
