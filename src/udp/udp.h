/* SPDX-License-Identifier: BSD-2-Clause */
/* What UDP keeps per host: the tables of sockets, the settings. */
#ifndef SKIFF_UDP_UDP_INTERNAL_H
#define SKIFF_UDP_UDP_INTERNAL_H

#include <skiff/inet_common.h>
#include <skiff/net_namespace.h>
#include <skiff/random.h>
#include <skiff/sysctl.h>
#include <skiff/udp.h>

/* Slots of a table at first, and at most. */
#define UDP_HTABLE_SIZE_MIN 64
#define UDP_HTABLE_SIZE_MAX 65536

/**
 * struct udp_table - sockets in a hash table that grows
 * @slots: a power of two of them
 * @mask: one less than that
 * @count: sockets
 */
struct udp_table {
	struct hlist_head *slots;
	unsigned int mask;
	unsigned int count;
};

/**
 * struct udp_net - a host's UDP
 * @by_port: all bound sockets, by port
 * @by_addr: the same, by own address and port
 * @by_peer: those that know both addresses and ports, by all four
 * @last: of these, the one that was found last, if it stands first in its slot; or NULL
 * @rmem_min: net.ipv4.udp_rmem_min
 * @wmem_min: net.ipv4.udp_wmem_min
 * @gro_wanted: sockets that asked for merged datagrams (UDP_GRO)
 * @hash_key: nobody outside knows which slot a flow is in
 * @ctl: registration of the settings
 * @table: the host's copy of their table
 */
struct udp_net {
	struct udp_table by_port;
	struct udp_table by_addr;
	struct udp_table by_peer;
	struct sock *last;
	int rmem_min;
	int wmem_min;
	unsigned int gro_wanted;
	siphash_key_t hash_key;
	struct ctl_table_header *ctl;
	struct ctl_table table[4];
};

struct udp_net *udp_net(const struct net *net);

static inline struct hlist_head *udp_port_slot(struct udp_net *un, u16 port)
{
	return &un->by_port.slots[port & un->by_port.mask];
}

/* table.c */
int udp_tables_init(struct udp_net *un);
void udp_tables_free(struct udp_net *un);
unsigned int udp_addr_hash(const struct udp_net *un, __be32 addr, u16 port);
unsigned int udp_flow_hash(const struct udp_net *un, __be32 laddr, u16 lport, __be32 faddr,
			   __be16 fport);
int udp_table_add(struct udp_net *un, struct sock *sk);
void udp_table_del(struct udp_net *un, struct sock *sk);
void udp_table_move(struct udp_net *un, struct sock *sk);

/* udp_input.c */
int udp_rcv(struct sk_buff *skb);

/* udp_offload.c */
void udpv4_offload_init(void);

/* udp_err.c */
int udp_err(struct sk_buff *skb, u32 info);

/* udp_output.c */
int udp_send_payload(struct sock *sk, struct sk_buff *skb, const struct flowi4 *fl4,
		     struct rtable *rt, const struct inet_cookie *ipc);

/* udp_sendmsg.c */
int udp_sendmsg(struct sock *sk, struct skiff_msghdr *msg, size_t len);
/* proto.send_skb: the buffer itself is the payload. Stack lock. */
int udp_send_user_skb(struct sock *sk, struct skiff_msghdr *msg, struct sk_buff *skb);

/* udp_cork.c */
bool udp_wants_cork(const struct sock *sk, unsigned int msg_flags);
int udp_cork_begin(struct sock *sk, struct sk_buff *skb, __be32 daddr, __be16 dport, bool connected,
		   const struct inet_cookie *ipc);
int udp_cork_add(struct sock *sk, struct sk_buff *skb, bool more);
int udp_push_pending_frames(struct sock *sk);
void udp_flush_pending_frames(struct sock *sk);

/* udp_recvmsg.c */
int udp_recvmsg(struct sock *sk, struct skiff_msghdr *msg, size_t len, int flags, int *addr_len);

/* udp_sockopt.c */
void udp_want_gro(struct sock *sk, bool on);
int udp_setsockopt(struct sock *sk, int level, int optname, const void *optval,
		   unsigned int optlen);
int udp_getsockopt(struct sock *sk, int level, int optname, void *optval, int *optlen);

#endif /* SKIFF_UDP_UDP_INTERNAL_H */
