/* SPDX-License-Identifier: BSD-2-Clause */
/* What UDP keeps per host: the table of ports. */
#ifndef SKIFF_UDP_UDP_INTERNAL_H
#define SKIFF_UDP_UDP_INTERNAL_H

#include <skiff/net_namespace.h>
#include <skiff/random.h>
#include <skiff/sysctl.h>
#include <skiff/udp.h>

#define UDP_HTABLE_SIZE 256

/**
 * struct udp_net - a host's UDP
 * @slots: sockets by port
 * @socks: how many
 * @port_range: net.ipv4.ip_local_port_range: ports to choose from, first and last
 * @ctl: registration of the settings
 * @table: the host's copy of their table
 */
struct udp_net {
	struct hlist_head slots[UDP_HTABLE_SIZE];
	unsigned int socks;
	int port_range[2];
	struct ctl_table_header *ctl;
	struct ctl_table table[2];
};

struct udp_net *udp_net(const struct net *net);

static inline struct hlist_head *udp_slot(struct udp_net *un, u16 port)
{
	return &un->slots[port % UDP_HTABLE_SIZE];
}

/* udp_input.c */
int udp_rcv(struct sk_buff *skb);
int udp_err(struct sk_buff *skb, u32 info);

#endif /* SKIFF_UDP_UDP_INTERNAL_H */
