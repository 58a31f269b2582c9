/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4, RFC 791: packets in and out. */
#ifndef SKIFF_IP_H
#define SKIFF_IP_H

#include <netinet/in.h>
#include <linux/ip.h>

#include <skiff/netdevice.h>
#include <skiff/route.h>
#include <skiff/skbuff.h>

#ifdef __cplusplus
extern "C" {
#endif

/* frag_off, host order */
#define IP_CE 0x8000
#define IP_DF 0x4000
#define IP_MF 0x2000
#define IP_OFFSET 0x1fff

#define IP_MAX_MTU 0xffffU

/**
 * struct inet_skb_parm - what IPv4 notes in skb->cb while it has the packet
 * @iif: index of the device it came from
 * @flags: IPSKB_*
 * @frag_max_size: largest fragment it was made of
 */
struct inet_skb_parm {
	int iif;
	u16 flags;
	u16 frag_max_size;
};

#define IPSKB_FORWARDED BIT(0)
#define IPSKB_FRAG_COMPLETE BIT(3)
#define IPCB(skb) ((struct inet_skb_parm *)(void *)((skb)->cb))

static inline struct iphdr *ip_hdr(const struct sk_buff *skb)
{
	return (struct iphdr *)(void *)skb_network_header(skb);
}

static inline unsigned int ip_hdrlen(const struct sk_buff *skb)
{
	return ip_hdr(skb)->ihl * 4u;
}

static inline bool ip_is_fragment(const struct iphdr *iph)
{
	return (iph->frag_off & htons(IP_MF | IP_OFFSET)) != 0;
}

static inline bool ipv4_is_loopback(__be32 addr)
{
	return (addr & htonl(0xff000000)) == htonl(0x7f000000);
}

static inline bool ipv4_is_multicast(__be32 addr)
{
	return (addr & htonl(0xf0000000)) == htonl(0xe0000000);
}

static inline bool ipv4_is_local_multicast(__be32 addr)
{
	return (addr & htonl(0xffffff00)) == htonl(0xe0000000);
}

static inline bool ipv4_is_lbcast(__be32 addr)
{
	return addr == htonl(INADDR_BROADCAST);
}

static inline bool ipv4_is_zeronet(__be32 addr)
{
	return (addr & htonl(0xff000000)) == 0;
}

/* The link-layer address of a multicast group, RFC 1112 section 6.4. */
static inline void ip_eth_mc_map(__be32 naddr, char *buf)
{
	__u32 addr = ntohl(naddr);

	buf[0] = 0x01;
	buf[1] = 0x00;
	buf[2] = 0x5e;
	buf[3] = (char)((addr >> 16) & 0x7f);
	buf[4] = (char)((addr >> 8) & 0xff);
	buf[5] = (char)(addr & 0xff);
}

/**
 * ip_rcv() - a packet from a device; the packet_type handler for ETH_P_IP
 * @skb: the packet, data and network header at the IP header; consumed
 * @dev: the device
 * @pt: the handler's registration
 * @orig_dev: the device it really came from
 *
 * Stack lock. Return: NET_RX_SUCCESS or NET_RX_DROP.
 */
SKIFF_API int ip_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		     struct net_device *orig_dev);

/* A packet for this host: input of local routes. Consumes it. Return: 0. */
SKIFF_API int ip_local_deliver(struct sk_buff *skb);

/* A packet that can't be forwarded: input of routes that lead nowhere. Consumes it. Return: 0. */
SKIFF_API int ip_error(struct sk_buff *skb);

/**
 * ip_local_out() - send a packet that this host made
 * @net: host
 * @sk: the sender, or NULL
 * @skb: the packet with its route: data and network header at an IP header that is complete but
 *       for total length and checksum; consumed
 *
 * Stack lock. Return: 0, NET_XMIT_* or a negative errno.
 */
SKIFF_API int ip_local_out(struct net *net, struct sock *sk, struct sk_buff *skb);

/* Outputs of routes: to one host, and to several. Consume @skb. Return: as ip_local_out(). */
SKIFF_API int ip_output(struct net *net, struct sock *sk, struct sk_buff *skb);
SKIFF_API int ip_mc_output(struct net *net, struct sock *sk, struct sk_buff *skb);

/* Write total length and header checksum. */
SKIFF_API void ip_send_check(struct iphdr *ip);

/* ip_local_out() whose failures are counted as OutDiscards. Consumes @skb. */
SKIFF_API int ip_send_skb(struct net *net, struct sk_buff *skb);

/**
 * struct ipcm_cookie - what a packet is sent with, apart from its addresses
 * @ttl: time to live, 0 for the host's (ip_default_ttl)
 * @tos: DSCP and ECN
 * @df: set "don't fragment"
 * @priority: skb->priority
 * @mark: skb->mark
 */
struct ipcm_cookie {
	u8 ttl;
	u8 tos;
	bool df;
	u32 priority;
	u32 mark;
};

/**
 * ip_build_and_send() - put an IPv4 header in front of a transport packet and send it
 * @net: host
 * @sk: the sender, or NULL
 * @skb: data and transport header at the transport packet; consumed
 * @rt: the route; the reference stays with the caller
 * @saddr: source
 * @daddr: destination
 * @protocol: IPPROTO_*
 * @ipc: the rest, NULL for defaults
 *
 * Stack lock. Return: 0, or a negative errno: -EMSGSIZE when it is larger than the path takes.
 */
SKIFF_API int ip_build_and_send(struct net *net, struct sock *sk, struct sk_buff *skb,
				struct rtable *rt, __be32 saddr, __be32 daddr, u8 protocol,
				const struct ipcm_cookie *ipc);

/* Bytes to reserve in front of a transport header for a packet by @rt. */
SKIFF_API unsigned int ip_headroom(const struct rtable *rt);

/**
 * ip_select_ident() - choose the identification of a packet (RFC 6864, RFC 7739)
 * @net: host
 * @iph: the header with addresses, protocol and frag_off
 *
 * Packets that can't be fragmented get 0. Stack lock.
 */
SKIFF_API void ip_select_ident(struct net *net, struct iphdr *iph);

/**
 * ping_send() - send one ICMP echo request
 * @net: host
 * @p: the request; belongs to the stack until @done was called or ping_cancel()
 *
 * Stack lock. Return: 0 and @done will be called once; or a negative errno and it will not: -EINVAL for
 * wrong values, -ENOSPC with too many under way, -EMSGSIZE when it is larger than the path takes, or
 * as ip_route_output_key().
 */
struct ping_request;
SKIFF_API int ping_send(struct net *net, struct ping_request *p);

/* Forget a request; its @done is not called any more. Stack lock. */
SKIFF_API void ping_cancel(struct ping_request *p);

/* How a ping ended. */
enum ping_result {
	PING_REPLY,
	PING_UNREACHABLE, /* an ICMP error came back, or the neighbour does not answer */
	PING_TIMEOUT,
};

/**
 * struct ping_request - an echo request and what became of it
 * @daddr: whom to ask
 * @saddr: source, 0 to have one chosen
 * @len: payload bytes, 0 to 65507; the reply must bring the same back
 * @ttl: time to live, 0 for the host's
 * @timeout: how long to wait
 * @done: called once under the stack lock, result filled in; the request is the owner's again
 * @arg: for @done
 * @id: identifier, 0 to have one chosen
 * @seq: sequence number, set by the owner
 * @result: how it ended
 * @from: who answered
 * @reply_len: payload bytes of the reply
 * @reply_ttl: its time to live
 * @rtt: time until the answer
 * @icmp_type: of an error
 * @icmp_code: of an error
 * @net: the stack's, as what follows
 * @list: requests under way
 * @timer: the timeout
 * @sent: when
 */
struct ping_request {
	__be32 daddr;
	__be32 saddr;
	unsigned int len;
	u8 ttl;
	ktime_t timeout;
	void (*done)(struct ping_request *p);
	void *arg;
	u16 id;
	u16 seq;
	enum ping_result result;
	__be32 from;
	unsigned int reply_len;
	u8 reply_ttl;
	ktime_t rtt;
	u8 icmp_type;
	u8 icmp_code;
	struct net *net;
	struct list_head list;
	struct timer_list timer;
	ktime_t sent;
};

/**
 * ipv4_init() - make IPv4, ARP and ICMP part of every host that is created from now on
 *
 * Once per process, after the device layer's and neigh_init(). Return: 0 or a negative errno.
 */
SKIFF_API int ipv4_init(void);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_IP_H */
