/* SPDX-License-Identifier: BSD-2-Clause */
/* What raw sockets keep per host, and what the files of this folder need of each other. */
#ifndef SKIFF_RAW_RAW_INTERNAL_H
#define SKIFF_RAW_RAW_INTERNAL_H

#include <skiff/icmp.h>
#include <skiff/inet_common.h>
#include <skiff/ip_sock.h>
#include <skiff/net_namespace.h>
#include <skiff/raw.h>

/**
 * struct raw_net - a host's raw sockets
 * @socks: by protocol
 */
struct raw_net {
	struct hlist_head socks[MAX_INET_PROTOS];
};

/* init.c */
struct raw_net *raw_net(const struct net *net);

/* raw_input.c */
bool raw_local_deliver(struct sk_buff *skb, int protocol);
void raw_icmp_error(struct sk_buff *skb, int protocol, u32 info);

/* raw_sendmsg.c */
int raw_sendmsg(struct sock *sk, struct skiff_msghdr *msg, size_t len);
/* proto.send_skb: the buffer is the packet, or what raw_sendmsg() would make one of. Stack lock. */
int raw_send_skb(struct sock *sk, struct skiff_msghdr *msg, struct sk_buff *skb);

#endif /* SKIFF_RAW_RAW_INTERNAL_H */
