/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4, RFC 791: packets in and out. */
#ifndef SKIFF_IP_H
#define SKIFF_IP_H

#include <netinet/in.h>
#include <linux/ip.h>

#include <skiff/inet_sock.h>
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
#define IPV4_MIN_MTU 68 /* RFC 791 */

#ifndef MSG_PROBE
#define MSG_PROBE 0x10 /* do not send, only look whether that would work */
#endif

/**
 * struct inet_skb_parm - what IPv4 notes in skb->cb while it has the packet
 * @iif: index of the device it came from
 * @opt: its options
 * @flags: IPSKB_*
 * @frag_max_size: largest fragment it was made of
 */
struct inet_skb_parm {
	int iif;
	struct ip_options opt;
	u16 flags;
	u16 frag_max_size;
};

#define IPSKB_FORWARDED BIT(0)
#define IPSKB_FRAG_COMPLETE BIT(3)
#define IPSKB_FRAG_PMTU BIT(6)	 /* DF was set on its fragments: what is made of it says so too */
#define IPSKB_UNNUMBERED BIT(15) /* ip_send_skb() has still to choose its identification */
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

/* No address at all. The rest of 0.0.0.0/8 is as good as any other network, as Linux has it. */
static inline bool ipv4_is_zeronet(__be32 addr)
{
	return !addr;
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
 * @addr: the final destination where @opt has a source route; otherwise the caller's own note
 * @oif: device that it asked for; the same
 * @opt: options, the caller's, or NULL
 * @ttl: time to live, 0 for the socket's or the host's (ip_default_ttl)
 * @tx_flags: SKBTX_*
 * @tos: DSCP and ECN; -1 for the socket's, where there is one
 * @gso_size: payload of a segment, 0 to send one packet
 * @df: set "don't fragment" where the packet fits the path
 * @protocol: IPPROTO_*; the caller's own note
 * @priority: skb->priority
 * @mark: skb->mark
 * @transmit_time: when it is to leave, 0: now
 */
struct ipcm_cookie {
	__be32 addr;
	int oif;
	struct ip_options_rcu *opt;
	u8 ttl;
	u8 tx_flags;
	s16 tos;
	u16 gso_size;
	bool df;
	u8 protocol;
	u32 priority;
	u32 mark;
	u64 transmit_time;
};

/* What a socket's packets are sent with unless the program says otherwise. */
static inline void ipcm_init_sk(struct ipcm_cookie *ipcm, const struct inet_sock *inet)
{
	memset(ipcm, 0, sizeof(*ipcm));
	ipcm->tos = -1;
	ipcm->oif = inet->sk.sk_bound_dev_if;
	ipcm->addr = inet->inet_saddr;
	ipcm->protocol = (u8)inet->inet_num;
	ipcm->priority = inet->sk.sk_priority;
	ipcm->mark = inet->sk.sk_mark;
}

/* IP_MTU_DISCOVER: what the settings mean. */

/* Whether packets of this socket carry DF when they fit. */
static inline bool ip_dont_fragment(const struct sock *sk, const struct dst_entry *dst)
{
	u8 pmtudisc = inet_sk(sk)->pmtudisc;

	return pmtudisc == IP_PMTUDISC_DO || (pmtudisc == IP_PMTUDISC_WANT && !ip_mtu_locked(dst));
}

/* Whether learned path MTUs count, or only the device's. */
static inline bool ip_sk_use_pmtu(const struct sock *sk)
{
	return inet_sk(sk)->pmtudisc < IP_PMTUDISC_PROBE;
}

/* Whether the host may cut packets of this socket into fragments. */
static inline bool ip_sk_ignore_df(const struct sock *sk)
{
	return inet_sk(sk)->pmtudisc < IP_PMTUDISC_DO || inet_sk(sk)->pmtudisc == IP_PMTUDISC_OMIT;
}

/* Whether errors that tell of a path's MTU are believed. */
static inline bool ip_sk_accept_pmtu(const struct sock *sk)
{
	return inet_sk(sk)->pmtudisc != IP_PMTUDISC_INTERFACE &&
	       inet_sk(sk)->pmtudisc != IP_PMTUDISC_OMIT;
}

/* Largest packet that @sk (NULL: nobody's) sends by the packet's route. */
static inline unsigned int ip_skb_dst_mtu(const struct sock *sk, const struct sk_buff *skb)
{
	const struct dst_entry *dst = skb_dst(skb);

	if (!sk || sk->sk_family == AF_PACKET || ip_sk_use_pmtu(sk))
		return dst_mtu(dst);
	return min_t(unsigned int, dst->dev->mtu, IP_MAX_MTU);
}

/*
 * Datagrams in parts
 *
 * ip_append_data() gathers what one or more calls of a program bring as a queue of buffers, each of
 * which will be one fragment; ip_push_pending_frames() makes one packet of the queue and sends it.
 * ip_make_skb() does both for a datagram that is complete, without touching the socket's queue.
 * Fragments so made need no more than a header in front when the packet is cut.
 */

/**
 * typedef ip_getfrag_t - bring part of a datagram's payload
 * @from: what ip_append_data() was given
 * @to: where to
 * @offset: first byte, counted from what this call of ip_append_data() brings
 * @len: bytes
 * @odd: bytes of payload in @skb before these
 * @skb: gets them; unless it is CHECKSUM_PARTIAL, their sum is added to skb->csum
 *
 * Return: 0 or a negative errno.
 */
typedef int ip_getfrag_t(void *from, char *to, int offset, int len, int odd, struct sk_buff *skb);

/* ip_getfrag_t for a struct skiff_msghdr as @from: the program's memory. */
SKIFF_API int ip_generic_getfrag(void *from, char *to, int offset, int len, int odd,
				 struct sk_buff *skb);

/**
 * ip_append_data() - add to the datagram that a socket puts together
 * @sk: an inet_sock that has a cork
 * @fl4: its flow
 * @getfrag: brings the payload
 * @from: for @getfrag
 * @len: bytes, those of the transport header included
 * @protolen: bytes of transport header, which the caller fills in later
 * @ipc: what it is sent with; for the first part
 * @rtp: the route; for the first part, which takes the reference over and leaves NULL
 * @flags: MSG_*: MSG_PROBE does nothing; MSG_MORE has to say that more will come
 *
 * Stack lock. Checksums are computed while copying unless the device does it (the first buffer is
 * CHECKSUM_PARTIAL then). On failure what earlier calls brought stays, and ip_flush_pending_frames()
 * is the caller's business.
 *
 * Return: 0; -EMSGSIZE beyond 65,535 bytes, or beyond the path MTU for a socket that must not
 * fragment (IP_PMTUDISC_DO, _PROBE); -EINVAL for more than one packet holds where the part before
 * did not say MSG_MORE; -ENOBUFS, -EAGAIN, -ENETUNREACH for a path of less than 68 bytes, or what
 * @getfrag returned.
 */
SKIFF_API int ip_append_data(struct sock *sk, struct flowi4 *fl4, ip_getfrag_t *getfrag, void *from,
			     int len, int protolen, struct ipcm_cookie *ipc, struct rtable **rtp,
			     unsigned int flags);

/**
 * ip_make_skb() - make a packet of a whole datagram
 * @sk: an inet_sock that has a cork
 * @fl4: its flow, with addresses
 * @getfrag: brings the payload
 * @from: for @getfrag
 * @length: bytes, those of the transport header included
 * @transhdrlen: bytes of transport header
 * @ipc: what it is sent with
 * @rtp: the route; the reference is taken over and NULL left, also on failure
 * @cork: the caller's, any content
 * @flags: MSG_*
 *
 * Needs no stack lock: the program's memory is copied without, when the caller holds @rtp and @sk.
 * Return: the packet, its IPv4 header in front, transport header set, for ip_send_skb(); ERR_PTR:
 * as ip_append_data().
 */
SKIFF_API struct sk_buff *ip_make_skb(struct sock *sk, struct flowi4 *fl4, ip_getfrag_t *getfrag,
				      void *from, int length, int transhdrlen,
				      struct ipcm_cookie *ipc, struct rtable **rtp,
				      struct inet_cork *cork, unsigned int flags);

/* One packet of what ip_append_data() gathered, or NULL; the cork is released. Stack lock. */
SKIFF_API struct sk_buff *ip_finish_skb(struct sock *sk, struct flowi4 *fl4);

/* The same, and send it. Return: 0, also when there was nothing, or a negative errno. Stack lock. */
SKIFF_API int ip_push_pending_frames(struct sock *sk, struct flowi4 *fl4);

/* Forget what ip_append_data() gathered. Stack lock. */
SKIFF_API void ip_flush_pending_frames(struct sock *sk);

/**
 * ip_do_fragment() - cut a packet into fragments and send them
 * @net: host
 * @sk: sender, or NULL
 * @skb: the packet with its route, data and network header at the IPv4 header; consumed
 * @output: sends one; consumes it
 *
 * Whether that is allowed was decided before. Stack lock.
 * Return: 0; the first error of @output; -ENOMEM.
 */
SKIFF_API int ip_do_fragment(struct net *net, struct sock *sk, struct sk_buff *skb,
			     int (*output)(struct net *net, struct sock *sk, struct sk_buff *skb));

/* Options. */

/**
 * ip_options_get() - check options that a program gave
 * @net: host
 * @optp: set to them, kmalloc()ed, on success; what was there before is not touched
 * @data: as they stand in a header, record route and timestamp with their empty places
 * @optlen: bytes, 0 to 40; filled up to a multiple of 4
 *
 * Stack lock. Return: 0; -EINVAL for malformed ones; -ENOMEM.
 */
SKIFF_API int ip_options_get(struct net *net, struct ip_options_rcu **optp, const void *data,
			     int optlen);

/**
 * ip_options_compile() - check options and note where they are
 * @net: host
 * @opt: with optlen set. For a received packet its IPCB(skb)->opt, for others with the options in
 *       __data
 * @skb: the received packet, whose header is linear and whose route is set; or NULL
 *
 * Fills in our part of record route and timestamp in received packets. A malformed option of one
 * is answered with an ICMP parameter problem. Stack lock. Return: 0 or -EINVAL.
 */
SKIFF_API int ip_options_compile(struct net *net, struct ip_options *opt, struct sk_buff *skb);

/**
 * ip_options_build() - write options into a header
 * @skb: the packet, network header set, source address in it, room for 20 + @opt->optlen bytes
 * @opt: what to write
 * @daddr: the final destination, which ends a source route
 * @rt: the route
 *
 * The source address goes into record route and timestamp. Any thread that holds the packet.
 */
SKIFF_API void ip_options_build(struct sk_buff *skb, const struct ip_options *opt, __be32 daddr,
				const struct rtable *rt);

/* In fragments but the first, overwrite options that are not to be copied; IPCB follows. */
SKIFF_API void ip_options_fragment(struct sk_buff *skb);

/**
 * ip_options_echo() - the options of an answer
 * @net: host
 * @dopt: gets them; with IP_OPTIONS_MAX bytes behind it
 * @skb: the packet that is answered; IPCB(skb)->opt is filled in
 *
 * Source routes are turned round, record route and timestamp emptied (RFC 1122 section 3.2.1.8).
 * Return: 0 or -EINVAL.
 */
SKIFF_API int ip_options_echo(struct net *net, struct ip_options *dopt, struct sk_buff *skb);
SKIFF_API int __ip_options_echo(struct net *net, struct ip_options *dopt, struct sk_buff *skb,
				const struct ip_options *sopt);

/* Give a received packet's options back as they came, before a program sees them. */
SKIFF_API void ip_options_undo(struct ip_options *opt);

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
 * Packets larger than the path takes go in fragments. Stack lock. Return: 0, or a negative errno:
 * -EMSGSIZE beyond 65,535 bytes, or when @sk must not fragment (IP_PMTUDISC_DO, _PROBE).
 */
SKIFF_API int ip_build_and_send(struct net *net, struct sock *sk, struct sk_buff *skb,
				struct rtable *rt, __be32 saddr, __be32 daddr, u8 protocol,
				const struct ipcm_cookie *ipc);

/*
 * Connections
 */

/**
 * sk_setup_caps() - a socket has a route now, and may leave to its device what that can do
 * @sk: the socket
 * @dst: the route; the reference becomes the socket's
 *
 * Stack lock.
 */
SKIFF_API void sk_setup_caps(struct sock *sk, struct dst_entry *dst);

/**
 * ip_sk_route() - see to it that a connected socket has a route that is good
 * @sk: an inet_sock with both addresses
 *
 * Stack lock. Return: 0, and sk_dst_cache is set; or as ip_route_output_key().
 */
SKIFF_API int ip_sk_route(struct sock *sk);

/**
 * ip_queue_xmit() - send a segment of a connection
 * @sk: an inet_sock with both addresses; its route is remembered
 * @skb: data and transport header at the transport header, complete; consumed
 * @fl: not used
 *
 * IP_TOS, IP_TTL, IP_OPTIONS, IP_MTU_DISCOVER, SO_MARK and SO_PRIORITY of the socket hold. The other
 * form has a type of service of its own. Stack lock.
 * Return: as ip_local_out(); -EHOSTUNREACH without a route.
 */
SKIFF_API int ip_queue_xmit(struct sock *sk, struct sk_buff *skb, struct flowi *fl);
SKIFF_API int __ip_queue_xmit(struct sock *sk, struct sk_buff *skb, u8 tos);

/**
 * ip_build_and_send_pkt() - send a segment that a listening socket answers with
 * @skb: data and transport header at the transport header, route set; consumed
 * @sk: the listening socket, whose options hold
 * @saddr: source
 * @daddr: destination
 * @opt: IP options, or NULL
 * @tos: type of service
 *
 * Stack lock. Return: as ip_local_out().
 */
SKIFF_API int ip_build_and_send_pkt(struct sk_buff *skb, const struct sock *sk, __be32 saddr,
				    __be32 daddr, const struct ip_options_rcu *opt, u8 tos);

/**
 * struct ip_reply_arg - an answer that no socket sends
 * @data: the transport packet, complete
 * @len: bytes of it
 * @protocol: IPPROTO_*
 * @tos: type of service
 * @bound_dev_if: device that it has to leave by, 0: any
 * @mark: skb->mark
 * @priority: skb->priority
 */
struct ip_reply_arg {
	const void *data;
	unsigned int len;
	u8 protocol;
	u8 tos;
	int bound_dev_if;
	u32 mark;
	u32 priority;
};

/**
 * ip_send_unicast_reply() - answer a packet
 * @net: host
 * @skb: the packet, not consumed
 * @sopt: its options, which are turned round; or NULL
 * @daddr: where to
 * @saddr: source
 * @arg: the answer
 *
 * What can't be sent is not. Stack lock.
 */
SKIFF_API void ip_send_unicast_reply(struct net *net, struct sk_buff *skb,
				     const struct ip_options *sopt, __be32 daddr, __be32 saddr,
				     const struct ip_reply_arg *arg);

/* Bytes to reserve in front of a transport header for a packet by @rt. */
SKIFF_API unsigned int ip_headroom(const struct rtable *rt);

/**
 * ip_select_ident() - choose the identification of a packet (RFC 6864, RFC 7739)
 * @net: host
 * @skb: the packet; its header has addresses, protocol and frag_off; ignore_df is set
 * @sk: who sends it, or NULL
 *
 * A connected socket counts its packets, beginning anywhere. What nobody may cut into fragments, us
 * included, gets 0. Stack lock.
 */
SKIFF_API void ip_select_ident(struct net *net, struct sk_buff *skb, struct sock *sk);

/**
 * ping_send() - send one ICMP echo request
 * @net: host
 * @p: the request; belongs to the stack until @done was called or ping_cancel()
 *
 * Stack lock. Return: 0 and @done will be called once; or a negative errno and it will not: -EINVAL for
 * wrong values, -ENOSPC with too many under way, or as ip_route_output_key().
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
