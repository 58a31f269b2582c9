/* SPDX-License-Identifier: BSD-2-Clause */
/* What IPv4 keeps per host, and what the files of this folder need of each other. */
#ifndef SKIFF_IPV4_IPV4_H
#define SKIFF_IPV4_IPV4_H

#include <skiff/arp.h>
#include <skiff/fib_notifier.h>
#include <skiff/icmp.h>
#include <skiff/inetdevice.h>
#include <skiff/ip.h>
#include <skiff/protocol.h>
#include <skiff/random.h>
#include <skiff/route.h>
#include <skiff/skiff.h>
#include <skiff/snmp.h>
#include <skiff/sysctl.h>

/* Buckets of peers that share a rate limit, and of flows that share a counter for IP ids. */
#define ICMP_PEER_BUCKETS 1024
#define IP_IDENT_BUCKETS 1024

/* A bucket that was last used so long ago is full, whatever the limits. */
#define ICMP_LONG_AGO ((ktime_t)1 << 60)

/* Tables of settings of the host as a whole: net.ipv4, net.ipv4.route. */
#define IPV4_SYSCTL_TABLES 2

/* Destinations with a path of their own, and how they are found. */
#define RT_EXCEPTIONS_MAX 4096
#define RT_EXCEPTION_BUCKETS 1024

/* Echo requests of this host that wait for an answer. */
#define PING_MAX 1024

struct ip_catch_all;
struct ip_frags;
/* Slots of the table of ping sockets, by identifier. */
#define PING_HTABLE_SIZE 64

/**
 * struct icmp_bucket - tokens for a group of peers
 * @tokens: what may be spent, in nanoseconds of waiting
 * @last: when it was filled last
 */
struct icmp_bucket {
	ktime_t tokens;
	ktime_t last;
};

/**
 * struct ip_ident - identifications of a group of flows
 * @id: the last one given out
 * @last: when
 */
struct ip_ident {
	u32 id;
	ktime_t last;
};

/**
 * struct ipv4_sysctl - settings by Linux's names
 */
struct ipv4_sysctl {
	int ip_default_ttl;
	int icmp_echo_ignore_all;
	int icmp_echo_ignore_broadcasts;
	int icmp_ratelimit;
	int icmp_ratemask;
	int icmp_msgs_per_sec;
	int icmp_msgs_burst;
	int ipfrag_high_thresh;
	int ipfrag_low_thresh;
	int ipfrag_time;
	int ipfrag_max_dist;
	int ip_no_pmtu_disc;
	int route_min_pmtu;
	int route_mtu_expires;
	int route_redirect_expires;
	int icmp_errors_use_inbound_ifaddr;
	int icmp_ignore_bogus_error_responses;
	int ip_nonlocal_bind;
	int ip_unprivileged_port_start;
	int igmp_max_memberships;
	int igmp_max_msf;
	int igmp_qrv;
	int igmp_link_local_mcast_reports;
	int ping_group_range[2];
	int ip_local_port_range[2];
};

/* Input routes that do not depend on the table. */
enum { RT_IN_BROADCAST, RT_IN_MULTICAST, RT_IN_UNREACHABLE, RT_IN_MAX };

/* Slots for them: flows that take turns and fall into one only cost each other the short cut. */
#define RT_SEEN_SHIFT 4
#define RT_SEEN_MAX (1 << RT_SEEN_SHIFT)

/**
 * struct rt_seen - the input route that a packet to this host was found to have
 * @rt: the route, with a reference; NULL for an empty slot. It is good as long as its generation is
 * @dev: where the packet came from
 * @saddr: its source
 * @daddr: its destination
 */
struct rt_seen {
	struct rtable *rt;
	const struct net_device *dev;
	__be32 saddr;
	__be32 daddr;
};

/**
 * struct rt_sent - the output route that a destination was found to have
 * @rt: the route, with a reference; NULL for an empty slot. It is good as long as its generation is, and
 *      there are no exceptions, which are looked for anew
 * @daddr: the destination
 * @saddr: the source that was asked for, or 0
 * @oif: the device that was asked for, or 0
 * @tos: type of service
 * @from: the source that was found
 */
struct rt_sent {
	struct rtable *rt;
	__be32 daddr;
	__be32 saddr;
	int oif;
	__u8 tos;
	__be32 from;
};

/**
 * struct ipv4_net - a host's IPv4
 * @net: the host
 * @routes: struct fib_route by length of their prefix
 * @fib_root: the same by prefix, see fib_trie.c
 * @nr_routes: how many
 * @fib_chain: who hears of them
 * @rt_genid: counts changes of the table
 * @rt_lock: guards @rt_all: the last reference to a route may be dropped by any thread
 * @rt_all: every struct rtable in existence
 * @rt_in: see RT_IN_*
 * @rt_seen: the routes that packets came by lately, see struct rt_seen
 * @rt_sent: the routes that were asked for lately, see struct rt_sent
 * @sysctl: settings
 * @tables: the host's copies of the tables of settings
 * @ctl: their registrations
 * @devconf_all: settings that hold for each device, together with its own
 * @devconf_dflt: settings of devices that have no value of their own
 * @arp: counters
 * @hash_key: for the buckets
 * @icmp_global: limit for the host as a whole
 * @icmp_peers: limits per group of peers
 * @idents: see struct ip_ident
 * @pings: requests under way
 * @nr_pings: how many
 * @frags: reassembly
 * @exceptions: what routers told of single destinations, see rt_exception.c
 * @exception_lru: the same, the oldest first
 * @nr_exceptions: how many
 * @ping_socks: ping sockets, by identifier
 * @reserved_ports: net.ipv4.ip_local_reserved_ports, a bit per port; NULL: none
 * @port_table: settings about ports
 * @port_ctl: their registration
 * @nr_raw: raw sockets
 * @catch_all: who takes what no socket wants, or NULL
 */
struct ipv4_net {
	struct net *net;
	struct list_head routes[33];
	struct fib_node *fib_root;
	unsigned int nr_routes;
	struct raw_notifier_head fib_chain;
	unsigned int rt_genid;
	spinlock_t rt_lock;
	struct list_head rt_all;
	struct rtable *rt_in[RT_IN_MAX];
	struct rt_seen rt_seen[RT_SEEN_MAX];
	struct rt_sent rt_sent[RT_SEEN_MAX];
	struct ipv4_sysctl sysctl;
	struct ctl_table *tables[IPV4_SYSCTL_TABLES];
	struct ctl_table_header *ctl[IPV4_SYSCTL_TABLES];
	struct ipv4_devconf devconf_all;
	struct ipv4_devconf devconf_dflt;
	struct arp_stats arp;
	siphash_key_t hash_key;
	struct icmp_bucket icmp_global;
	struct icmp_bucket *icmp_peers;
	struct ip_ident *idents;
	struct list_head pings;
	unsigned int nr_pings;
	struct ip_frags *frags;
	struct hlist_head exceptions[RT_EXCEPTION_BUCKETS];
	struct list_head exception_lru;
	unsigned int nr_exceptions;
	struct hlist_head ping_socks[PING_HTABLE_SIZE];
	u8 *reserved_ports;
	struct ctl_table port_table[3];
	struct ctl_table_header *port_ctl;
	unsigned int nr_raw;
	struct ip_catch_all *catch_all;
};

/**
 * struct rt_exception - what a router told of one destination
 * @node: in ipv4_net.exceptions
 * @lru: in ipv4_net.exception_lru
 * @daddr: the destination
 * @gw: better next hop, 0: the table's
 * @pmtu: largest packet, 0: not known
 * @locked: that was less than we believe: packets are cut, without DF
 * @expires: when @pmtu is forgotten, host's clock
 * @gw_expires: when @gw is forgotten
 * @rth: the route in use, made when needed
 */
struct rt_exception {
	struct hlist_node node;
	struct list_head lru;
	__be32 daddr;
	__be32 gw;
	u32 pmtu;
	bool locked;
	ktime_t expires;
	ktime_t gw_expires;
	struct rtable *rth;
};

/**
 * struct fib_node - a prefix in the table, or a place where prefixes part
 * @child: longer prefixes, by the bit behind this one
 * @aliases: its routes, see fib_before()
 * @key: the prefix, host order
 * @len: bits of it
 */
struct fib_node {
	struct fib_node *child[2];
	struct list_head aliases;
	u32 key;
	u8 len;
};

/**
 * struct fib_route - an entry of the table
 * @list: in ipv4_net.routes
 * @alias: in fib_node.aliases
 * @cfg: what it is
 * @dev: resolved from it, held; NULL for routes that refuse
 * @rth_output: made at first use; all packets share it
 * @rth_input: the same for received packets, of local and broadcast routes
 */
struct fib_route {
	struct list_head list;
	struct list_head alias;
	struct fib_config cfg;
	struct net_device *dev;
	struct rtable *rth_output;
	struct rtable *rth_input;
};

/* init.c */
extern unsigned int ipv4_net_id;

static inline struct ipv4_net *ipv4_net(const struct net *net)
{
	return (struct ipv4_net *)net_generic(net, ipv4_net_id);
}

/* inet_ports.c */
int inet_ports_init(struct ipv4_net *in);
void inet_ports_exit(struct ipv4_net *in);

/* arp.c, arp_neigh.c */
int arp_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
	    struct net_device *orig_dev);
void arp_init(void);

void arp_redo(struct sk_buff *skb);

/* devconf.c */
int devconf_net_init(struct ipv4_net *in);
void devconf_net_exit(struct ipv4_net *in);
void devconf_inherit(struct ipv4_devconf *cnf, struct net *net);
int devconf_register(struct ipv4_devconf *cnf, const char *name);
void devconf_unregister(struct ipv4_devconf *cnf);
int devconf_set_proxy_arp(struct net *net, struct net_device *dev, bool on);
/* A setting of a device (IPV4_DEVCONF_*) together with the one of all: either, both, the greater. */
bool in_dev_orconf(const struct in_device *in_dev, int attr);
bool in_dev_andconf(const struct in_device *in_dev, int attr);
int in_dev_maxconf(const struct in_device *in_dev, int attr);
/* The one of all when that is not 0, else the device's. */
int in_dev_eitherconf(const struct in_device *in_dev, int attr);

/* devinet.c */
void devinet_down(struct net_device *dev);
int devinet_netdev_event(struct notifier_block *nb, unsigned long event, void *ptr);

/* devinet_ioctl.c: a device's addresses for SIOCGIFCONF */
int inet_gifconf(struct net_device *dev, char *buf, int len, int size);

/* fib.c */
struct fib_route *fib_lookup(struct ipv4_net *in, __be32 daddr, int oif);
int fib_add_ifaddr(struct in_ifaddr *ifa);
void fib_del_ifaddr(struct in_ifaddr *ifa);
/* @ifa has another broadcast address than @old. Return: 0, or a negative errno and nothing changed. */
int fib_change_broadcast(struct in_ifaddr *ifa, __be32 old);
void fib_up(struct net_device *dev);
void fib_down(struct net_device *dev, bool all);
void fib_flush_all(struct ipv4_net *in);
void fib_flush_caches(struct ipv4_net *in);

/* fib_notify.c: tell those who want to hear of it, of a route and of an address */
int fib_notify(struct ipv4_net *in, enum fib_event_type event, const struct fib_config *cfg);
void inetaddr_notify(unsigned long event, struct in_ifaddr *ifa);

/* fib_trie.c */
struct fib_node *fib_node_find(struct fib_node *root, u32 key, unsigned int len);
struct fib_node *fib_node_make(struct fib_node **root, u32 key, unsigned int len);
void fib_node_drop(struct fib_node **root, u32 key, unsigned int len);
struct fib_route *fib_lookup_tos(struct ipv4_net *in, __be32 daddr, int oif, u8 tos);

/* rt_exception.c */
struct rt_exception *rt_exception_find(struct ipv4_net *in, __be32 daddr);
void rt_exceptions_flush(struct ipv4_net *in, const struct net_device *dev);
void ipv4_rt_update_pmtu(struct dst_entry *dst, struct sock *sk, struct sk_buff *skb, u32 mtu,
			 bool confirm_neigh);
void ipv4_rt_redirect(struct dst_entry *dst, struct sock *sk, struct sk_buff *skb);

/*
 * rt_source.c: 0; -EINVAL for a source that no packet from there can have; -EXDEV by rp_filter. What
 * is possible at all is asked of every packet, the table only about those that are for this host.
 */
int rt_source_possible(__be32 saddr, __be32 daddr, u8 protocol, const struct net_device *dev);
int rt_check_source(struct ipv4_net *in, __be32 saddr, __be32 daddr, const struct net_device *dev);

/* route.c */
unsigned int ipv4_mtu(const struct dst_entry *dst);

/* Whether nothing but the device says how large packets on a path may be. */
static inline bool rt_mtu_is_devs(const struct rtable *rt)
{
	return !rt->rt_pmtu && !rt->dst.metrics && rt->dst.dev;
}

/* ip4_dst_hoplimit(), which is a call for those who send seldom. */
static inline u8 rt_hoplimit(const struct rtable *rt)
{
	u32 hoplimit = dst_metric_raw(&rt->dst, RTAX_HOPLIMIT);

	return (u8)(hoplimit ? hoplimit : (u32)ipv4_net(rt->rt_net)->sysctl.ip_default_ttl);
}

/* ip_route_input() by the packet's own header, for one that has no route. */
int rt_route_rcv(struct ipv4_net *in, struct sk_buff *skb, struct net_device *dev);
struct rtable *rt_alloc_output(struct ipv4_net *in, struct net_device *dev, u16 type);
void rt_drop_cached(struct fib_route *r);
void rt_free_entry(struct fib_route *r);
void rt_dev_put_all(struct ipv4_net *in, const struct net_device *dev);

/* ip_options.c */
enum skb_drop_reason ip_rcv_options(struct sk_buff *skb, struct net *net);
/* ip_options_out.c: options that a program gave for one packet, checked. 0 or -EINVAL. Any thread. */
int ip_options_fill(struct net *net, struct ip_options_data *to, const void *data,
		    unsigned int len);
void ip_options_put_time(struct net *net, u8 *where);

/* ip_fragment.c */
/* Who puts fragments together. */
enum { IP_DEFRAG_LOCAL_DELIVER, IP_DEFRAG_CALL_RA_CHAIN };
struct sk_buff *ip_defrag(struct net *net, struct sk_buff *skb, u32 user);
int ip_frags_init(struct ipv4_net *in);
void ip_frags_exit(struct ipv4_net *in);
long ip_frag_mem(const struct net *net);

/* protocol.c */
const struct net_protocol *inet_protocol(u8 protocol);

/* icmp.c */
int icmp_init(void);

/* icmp_send.c */
/**
 * struct icmp_reply_to - where an answer goes
 * @saddr: our address, once there is a route
 * @daddr: who gets it
 * @tos: type of service
 * @opts: the options of what is answered, turned round
 */
struct icmp_reply_to {
	__be32 saddr;
	__be32 daddr;
	u8 tos;
	struct ip_options_data opts;
};

/* Where it is sent to first, if its options say so. */
static inline __be32 icmp_first_stop(const struct icmp_reply_to *to)
{
	return to->opts.opt.opt.srr ? to->opts.opt.opt.faddr : to->daddr;
}

bool icmp_may_send(struct net *net, const struct rtable *rt, __be32 daddr, int type, int code);
void icmp_push_reply(struct net *net, struct sk_buff *skb, struct rtable *rt,
		     const struct icmp_reply_to *to);
void icmp_out_count(struct net *net, u8 type);

/* ping.c */
bool ping_rcv(struct sk_buff *skb);
void ping_err(struct sk_buff *skb, u32 info);
void ping_cancel_all(struct ipv4_net *in);
bool ping_request_has_id(const struct ipv4_net *in, u16 id);

/* ping_sock.c */
bool ping_sock_rcv(struct sk_buff *skb);
bool ping_sock_err(struct sk_buff *skb, u32 info);
bool ping_sock_has_id(const struct ipv4_net *in, u16 id);

#endif /* SKIFF_IPV4_IPV4_H */
