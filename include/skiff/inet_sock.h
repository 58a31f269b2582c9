/* SPDX-License-Identifier: BSD-2-Clause */
/* What all sockets over IP have beside struct sock. */
#ifndef SKIFF_INET_SOCK_H
#define SKIFF_INET_SOCK_H

#include <skiff/flowi.h>
#include <skiff/sock.h>

/* The C library's headers leave these out. */
#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef IPV6_ORIGDSTADDR
#define IPV6_ORIGDSTADDR 74
#define IPV6_RECVORIGDSTADDR IPV6_ORIGDSTADDR
#endif
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#ifndef IP_PROTOCOL
#define IP_PROTOCOL 52
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct ip_mc_socklist;

/* Bytes of options that a header of 60 bytes has room for. */
#define IP_OPTIONS_MAX 40
/* Room in front of the payload for all headers: TCP's and IP's with all options, and the link's. */
#define MAX_TCP_HEADER ALIGN(128 + MAX_HEADER, 64)
/* Largest packet before jumbograms. */
#define GSO_LEGACY_MAX_SIZE 65536U

/**
 * struct ip_options - options of an IPv4 header, checked
 * @faddr: with a source route: where the packet goes first
 * @nexthop: the same for a received one: where it goes next
 * @optlen: bytes, a multiple of 4
 * @srr: where the source route stands: offset from the IPv4 header, 0 for none
 * @rr: the same for record route
 * @ts: and for the timestamp
 * @is_strictroute: @srr has to be followed hop by hop
 * @srr_is_hit: a received packet reached a stop of its source route
 * @is_changed: the header was changed, its checksum is out of date
 * @rr_needaddr: the last entry of record route is still to be filled in
 * @ts_needtime: the same for the time in the timestamp option
 * @ts_needaddr: and for the address in it
 * @router_alert: where it stands
 * @cipso: where a CIPSO label stands, which is carried but means nothing here
 * @__data: the options, without the header in front of them; not of received packets
 */
struct ip_options {
	__be32 faddr;
	__be32 nexthop;
	unsigned char optlen;
	unsigned char srr;
	unsigned char rr;
	unsigned char ts;
	unsigned char is_strictroute : 1;
	unsigned char srr_is_hit : 1;
	unsigned char is_changed : 1;
	unsigned char rr_needaddr : 1;
	unsigned char ts_needtime : 1;
	unsigned char ts_needaddr : 1;
	unsigned char router_alert;
	unsigned char cipso;
	__extension__ unsigned char __data[0];
};

/* What a socket keeps; kmalloc()ed with its data, under the stack lock. */
struct ip_options_rcu {
	struct ip_options opt;
};

/* Options with room for as many as there can be. */
struct ip_options_data {
	struct ip_options_rcu opt;
	unsigned char data[IP_OPTIONS_MAX];
};

/* inet_cork.flags */
#define IPCORK_OPT 1 /* @opt is valid */

/**
 * struct inet_cork - a datagram that is put together, and what it will be sent with
 * @flags: IPCORK_*
 * @addr: destination; with a source route the last one
 * @opt: options; memory of its own
 * @fragsize: largest packet on the way, bytes
 * @length: payload so far
 * @dst: the route; a reference of its own
 * @tx_flags: SKBTX_*
 * @ttl: time to live, 0 for the socket's or the host's
 * @tos: type of service, -1 for the socket's
 * @gso_size: payload of a segment, 0 to send one packet
 * @priority: skb->priority
 * @mark: skb->mark
 * @transmit_time: when it is to leave, 0: now
 */
struct inet_cork {
	unsigned int flags;
	__be32 addr;
	struct ip_options *opt;
	unsigned int fragsize;
	int length;
	struct dst_entry *dst;
	u8 tx_flags;
	__u8 ttl;
	__s16 tos;
	__u16 gso_size;
	__u32 priority;
	u32 mark;
	u64 transmit_time;
};

/* sk_state of protocols without states of their own: Linux's TCP_ESTABLISHED and TCP_CLOSE. */
#define INET_STATE_CONNECTED 1
#define INET_STATE_CLOSE 7

/* Bits of inet_sock.cmsg_flags: what recvmsg() tells besides the data. */
#define IP_CMSG_PKTINFO BIT(0)
#define IP_CMSG_TTL BIT(1)
#define IP_CMSG_TOS BIT(2)
#define IP_CMSG_RECVOPTS BIT(3)
#define IP_CMSG_RETOPTS BIT(4)
#define IP_CMSG_PASSSEC BIT(5)
#define IP_CMSG_ORIGDSTADDR BIT(6)
#define IP_CMSG_CHECKSUM BIT(7)
#define IP_CMSG_RECVFRAGSIZE BIT(8)

/**
 * struct ipv6_pinfo - what an AF_INET6 socket has besides
 * @hop_limit: IPV6_UNICAST_HOPS, -1 for the host's
 * @mcast_hops: IPV6_MULTICAST_HOPS
 * @mc_loop: IPV6_MULTICAST_LOOP
 * @mcast_oif: IPV6_MULTICAST_IF
 * @tclass: IPV6_TCLASS
 * @pmtudisc: IPV6_MTU_DISCOVER
 * @recverr: IPV6_RECVERR
 * @rxpktinfo: IPV6_RECVPKTINFO
 * @rxhlim: IPV6_RECVHOPLIMIT
 * @rxtclass: IPV6_RECVTCLASS
 * @rxorigdstaddr: IPV6_RECVORIGDSTADDR
 * @dontfrag: IPV6_DONTFRAG
 * @any_v4: bound to "::ffff:0.0.0.0", which is any address of IPv4 and none of IPv6
 */
struct ipv6_pinfo {
	s16 hop_limit;
	s16 mcast_hops;
	int mcast_oif;
	__u8 tclass;
	__u8 pmtudisc;
	__u8 mc_loop : 1;
	__u8 recverr : 1;
	__u8 rxpktinfo : 1;
	__u8 rxhlim : 1;
	__u8 rxtclass : 1;
	__u8 rxorigdstaddr : 1;
	__u8 dontfrag : 1;
	__u8 any_v4 : 1;
};

/**
 * struct inet_sock - a socket over IP
 * @sk: the rest; must be first
 * @inet_saddr: source of its packets, 0 to have one chosen
 * @inet_sport: own port, wire order
 * @inet_id: identification of its next packet when connected, 0: to be chosen
 * @uc_ttl: IP_TTL: time to live, 0 for the host's
 * @tos: IP_TOS: DSCP and ECN
 * @pmtudisc: IP_PMTUDISC_*
 * @min_ttl: IP_MINTTL: packets with less are dropped
 * @mc_ttl: IP_MULTICAST_TTL
 * @rcv_tos: type of service of the packet read last
 * @cmsg_flags: IP_CMSG_*
 * @uc_index: IP_UNICAST_IF, 0: none
 * @mc_index: IP_MULTICAST_IF, 0: none
 * @mc_addr: the source that goes with it
 * @recverr: IP_RECVERR
 * @recverr_rfc4884: IP_RECVERR_RFC4884
 * @freebind: IP_FREEBIND: any address may be bound to
 * @transparent: IP_TRANSPARENT
 * @hdrincl: IP_HDRINCL
 * @mc_loop: IP_MULTICAST_LOOP
 * @mc_all: IP_MULTICAST_ALL: also groups that other sockets have joined
 * @nodefrag: IP_NODEFRAG
 * @bind_address_no_port: IP_BIND_ADDRESS_NO_PORT
 * @convert_csum: IP_CHECKSUM is wanted
 * @defer_connect: TCP_FASTOPEN_CONNECT: connected when the first data is sent
 * @local_port_range: IP_LOCAL_PORT_RANGE: lowest and, in the upper half, highest; 0: the host's
 * @mc_list: groups that the socket has joined
 * @inet_opt: IP_OPTIONS
 * @pinet6: of an AF_INET6 socket, otherwise NULL
 * @cork: the datagram that several calls put together: a part of what the protocol adds, or NULL
 */
struct inet_sock {
	struct sock sk;
#define inet_daddr sk.sk_daddr
#define inet_rcv_saddr sk.sk_rcv_saddr
#define inet_dport sk.sk_dport
#define inet_num sk.sk_num
	__be32 inet_saddr;
	__be16 inet_sport;
	__u16 inet_id;
	__u8 uc_ttl;
	__u8 tos;
	__u8 pmtudisc;
	__u8 min_ttl;
	__u8 mc_ttl;
	__u8 rcv_tos;
	__u16 cmsg_flags;
	__u8 recverr : 1;
	__u8 recverr_rfc4884 : 1;
	__u8 freebind : 1;
	__u8 transparent : 1;
	__u8 hdrincl : 1;
	__u8 mc_loop : 1;
	__u8 mc_all : 1;
	__u8 nodefrag : 1;
	__u8 bind_address_no_port : 1;
	__u8 convert_csum : 1;
	__u8 defer_connect : 1;
	int uc_index;
	int mc_index;
	__be32 mc_addr;
	__u32 local_port_range;
	struct ip_mc_socklist *mc_list;
	struct ip_options_rcu *inet_opt;
	struct ipv6_pinfo *pinet6;
	struct inet_cork *cork;
};

static inline struct inet_sock *inet_sk(const struct sock *sk)
{
	return (struct inet_sock *)(void *)(uintptr_t)sk;
}

static inline struct ipv6_pinfo *inet6_sk(const struct sock *sk)
{
	return inet_sk(sk)->pinet6;
}

/* The IPv4 address of a v4-mapped one, and the other way round (RFC 4291 section 2.5.5.2). */
static inline __be32 ipv6_mapped_v4(const struct in6_addr *a)
{
	__be32 v4;

	memcpy(&v4, &a->s6_addr[12], sizeof(v4));
	return v4;
}

static inline bool ipv6_addr_v4mapped(const struct in6_addr *a)
{
	static const unsigned char prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	return !memcmp(a->s6_addr, prefix, sizeof(prefix));
}

static inline bool ipv6_addr_loopback(const struct in6_addr *a)
{
	static const unsigned char loopback[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };

	return !memcmp(a->s6_addr, loopback, sizeof(loopback));
}

static inline void ipv6_addr_set_v4mapped(__be32 addr, struct in6_addr *mapped)
{
	static const unsigned char prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	memcpy(mapped->s6_addr, prefix, sizeof(prefix));
	memcpy(&mapped->s6_addr[12], &addr, sizeof(addr));
}

/*
 * What "::1" is on the wire, which is the loopback device. There are no IPv6 packets, so this address
 * of 127/8 (RFC 1122 section 3.2.1.3(g): it never leaves the host) carries what AF_INET6 sockets send
 * to IPv6's loopback address (RFC 4291 section 2.5.3), and they show it as "::1". Linux has
 * such a number too, 127.0.0.6 (LOOPBACK4_IPV6); programs are less likely to use this one.
 */
#define INADDR_LOOPBACK6 ((in_addr_t)0x7f060001)

static inline bool ipv4_is_loopback6(__be32 addr)
{
	static const unsigned char bytes[4] = { 127, 6, 0, 1 };

	return !memcmp(&addr, bytes, sizeof(bytes));
}

/* The address that an AF_INET6 socket shows for one of a packet. */
static inline void ipv6_addr_set_v4(__be32 addr, struct in6_addr *shown)
{
	if (ipv4_is_loopback6(addr))
		*shown = (struct in6_addr)IN6ADDR_LOOPBACK_INIT;
	else
		ipv6_addr_set_v4mapped(addr, shown);
}

/* Is what a socket sends there an IPv6 packet to the program, for which the options of SOL_IPV6 hold? */
static inline bool inet_is_loopback6(const struct sock *sk, __be32 daddr)
{
	return unlikely(ipv4_is_loopback6(daddr)) && sk->sk_family == AF_INET6;
}

/* Whether the program asked for errors of packets to @daddr, by IP_RECVERR or IPV6_RECVERR. */
static inline bool inet_recverr(const struct sock *sk, __be32 daddr)
{
	return inet_is_loopback6(sk, daddr) ? inet6_sk(sk)->recverr : inet_sk(sk)->recverr;
}

/* DSCP and ECN of a stream's packets to @daddr. The latter is the stream's own business. */
static inline __u8 inet_stream_tos(const struct sock *sk, __be32 daddr)
{
	__u8 tos = inet_sk(sk)->tos;

	return inet_is_loopback6(sk, daddr) ? (__u8)((inet6_sk(sk)->tclass & ~3) | (tos & 3)) : tos;
}

/* IPV6_UNICAST_HOPS, RFC 1700's default otherwise. */
static inline __u8 inet6_hop_limit(const struct sock *sk)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);

	return (__u8)(np->hop_limit > 0 ? np->hop_limit : 64);
}

/* Is a socket that is bound to no address, or to this one, of the family that a packet to it is of? */
static inline bool inet_takes(const struct sock *sk, __be32 daddr)
{
	if (likely(!ipv4_is_loopback6(daddr)))
		return !sk->sk_ipv6only;
	return sk->sk_family == AF_INET6 && (sk->sk_rcv_saddr || !inet6_sk(sk)->any_v4);
}

/**
 * inet_rcv_saddr_equal() - would two sockets of one port receive the same packets?
 * @sk: one
 * @sk2: the other
 * @match_wildcard: "any address" equals all addresses
 */
SKIFF_API bool inet_rcv_saddr_equal(const struct sock *sk, const struct sock *sk2,
				    bool match_wildcard);

/**
 * struct inet_rcv_cb - what a datagram protocol notes in skb->cb of a packet for the program
 * @header: IP's part
 * @spec_dst: the address of ours by which the sender knows us
 */
struct inet_rcv_cb {
	char header[24] __aligned(8);
	__be32 spec_dst;
};
#define INET_RCV_CB(skb) ((struct inet_rcv_cb *)(void *)((skb)->cb))

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_INET_SOCK_H */
