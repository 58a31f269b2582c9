/* SPDX-License-Identifier: BSD-2-Clause */
/* AF_PACKET inside: the socket, its memberships, groups of sockets. */
#ifndef PACKET_PACKET_H
#define PACKET_PACKET_H

#include <skiff/filter.h>
#include <skiff/net.h>
#include <skiff/netdevice.h>
#include <skiff/sock.h>

/*
 * How a frame comes to a socket: its packet_type (prot_hook) is registered with the device layer
 * for a protocol and possibly a device; the input function asks the filter, clones what others
 * hold as well, and queues. Sockets of a fanout group share one packet_type, whose input function
 * chooses the socket. A socket with protocol 0, or whose device is down, is not registered.
 */

struct packet_fanout;

/* What a socket notes in the cb of a packet in its queue, in front of sock_skb_cb. */
struct packet_skb_cb {
	u32 origlen; /* bytes before the filter cut it */
	int ifindex; /* where it was seen */
	u16 hatype;
	u8 halen;
	u8 addr[MAX_ADDR_LEN]; /* the sender's */
};

static inline struct packet_skb_cb *PACKET_SKB_CB(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct packet_skb_cb) > SOCK_SKB_CB_OFFSET);
	return (struct packet_skb_cb *)(void *)skb->cb;
}

/**
 * struct packet_mclist - what a socket wants of a device's address filter
 * @next: of the same socket
 * @ifindex: device
 * @count: how often it was asked for
 * @type: PACKET_MR_*
 * @alen: bytes of @addr
 * @addr: address, for MULTICAST and UNICAST
 */
struct packet_mclist {
	struct packet_mclist *next;
	int ifindex;
	int count;
	unsigned short type;
	unsigned short alen;
	unsigned char addr[MAX_ADDR_LEN];
};

/* Flows that a rollover remembers, and when one of them counts as huge. */
#define ROLLOVER_HLEN 16

/**
 * struct packet_rollover - where frames go when a socket of a group is full
 * @sock: index in the group that took the last one
 * @history: hashes of flows seen while room was low
 * @num: frames that went elsewhere
 * @num_huge: of these because their flow was most of the traffic
 * @num_failed: frames for which no socket had room
 */
struct packet_rollover {
	unsigned int sock;
	u32 history[ROLLOVER_HLEN];
	u64 num;
	u64 num_huge;
	u64 num_failed;
};

/**
 * struct packet_sock - a socket
 * @sk: the rest; first
 * @prot_hook: how it gets frames; holds a reference to its device
 * @node: in the host's list
 * @fanout: its group, or NULL
 * @rollover: its part of that, or NULL
 * @mclist: what it wants of devices
 * @ifindex: device that it is bound to, 0 for all, -1 when that one is gone
 * @num: protocol that it is bound to
 * @running: the hook is registered
 * @auxdata: PACKET_AUXDATA
 * @origdev: PACKET_ORIGDEV
 * @vnet_hdr_sz: PACKET_VNET_HDR_SZ: bytes of struct virtio_net_hdr in front of each frame, 0: none
 * @qdisc_bypass: PACKET_QDISC_BYPASS
 * @pressure: a rollover found it without room
 * @tp_tstamp: PACKET_TIMESTAMP
 * @tp_packets: frames queued since the last PACKET_STATISTICS
 * @tp_drops: frames lost since then
 */
struct packet_sock {
	struct sock sk;
	struct packet_type prot_hook;
	struct hlist_node node;
	struct packet_fanout *fanout;
	struct packet_rollover *rollover;
	struct packet_mclist *mclist;
	int ifindex;
	__be16 num;
	bool running;
	bool auxdata;
	bool origdev;
	bool qdisc_bypass;
	bool pressure;
	u8 vnet_hdr_sz;
	int tp_tstamp;
	u32 tp_packets;
	u32 tp_drops;
};

static inline struct packet_sock *pkt_sk(struct sock *sk)
{
	return (struct packet_sock *)(void *)sk;
}

/**
 * struct packet_net - AF_PACKET's part of a host
 * @socks: all sockets
 * @fanouts: all groups
 * @next_id: where to look for a group number that is free
 */
struct packet_net {
	struct hlist_head socks;
	struct list_head fanouts;
	u16 next_id;
};

/* NULL before and after the life of the host's part. */
struct packet_net *packet_net(const struct net *net);

/* All of the following are called under the stack lock, unless they say otherwise. */

/* sock.c */
int packet_create(struct net *net, struct socket *sock, int protocol, int kern);
/* A socket is registered for its protocol and device, by itself or through its group; or not. */
void packet_hook(struct packet_sock *po);
void packet_unhook(struct packet_sock *po);
/* Something ended what it was bound to. */
void packet_set_err(struct packet_sock *po, int err);
int packet_release(struct socket *sock);
int packet_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);

/* spkt.c: sockets of type SOCK_PACKET */
void packet_init_spkt(struct packet_sock *po);
extern const struct proto_ops packet_ops_spkt;

/* bind.c */
/* To a protocol, 0 for the one it has, and a device, 0 for all. */
int packet_do_bind(struct packet_sock *po, int ifindex, __be16 proto);
int packet_bind(struct socket *sock, struct sockaddr *uaddr, int addr_len);
int packet_getname(struct socket *sock, struct sockaddr *uaddr, int peer);
extern struct notifier_block packet_netdev_notifier;

/* input.c: a handler of the device layer. */
int packet_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
	       struct net_device *orig_dev);

/* recvmsg.c, output.c: take the stack lock themselves. */
int packet_recvmsg(struct socket *sock, struct skiff_msghdr *msg, size_t len, int flags);
int packet_sendmsg(struct socket *sock, struct skiff_msghdr *msg, size_t len);

/* output.c: the buffer is the frame, or its payload for a cooked socket. */
int packet_send_skb(struct socket *sock, struct skiff_msghdr *msg, struct sk_buff *skb);

/* option.c */
int packet_setsockopt(struct socket *sock, int level, int optname, const void *optval,
		      unsigned int optlen);
int packet_getsockopt(struct socket *sock, int level, int optname, void *optval, int *optlen);

/* membership.c */
int packet_mc_change(struct packet_sock *po, int optname, const void *optval, unsigned int optlen);
void packet_flush_mclist(struct packet_sock *po);
/* The device goes: nothing is wanted of it any more. */
void packet_dev_mclist_delete(struct packet_sock *po, struct net_device *dev);

/* fanout.c */
int fanout_add(struct packet_sock *po, const void *optval, unsigned int optlen);
void fanout_release(struct packet_sock *po);
void fanout_link(struct packet_sock *po);
void fanout_unlink(struct packet_sock *po);
int fanout_set_data(struct packet_sock *po, const void *optval, unsigned int optlen);
/* As PACKET_FANOUT reads, 0 without a group. */
u32 fanout_value(const struct packet_sock *po);
/* Packets were taken out of the queue: it may have room again. */
void fanout_clear_pressure(struct packet_sock *po);

#endif /* PACKET_PACKET_H */
