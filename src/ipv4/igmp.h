/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the lists of multicast groups, the sockets' part in them, and the protocol. */
#ifndef SKIFF_IPV4_IGMP_INTERNAL_H
#define SKIFF_IPV4_IGMP_INTERNAL_H

#include <skiff/igmp.h>

#include "ipv4/ipv4.h"

/* igmp.c: a socket's membership in @mode, MCAST_EXCLUDE or MCAST_INCLUDE, and its sources. */
int __ip_mc_inc_group(struct in_device *in_dev, __be32 addr, unsigned int mode);
void __ip_mc_dec_group(struct in_device *in_dev, __be32 addr, unsigned int mode);
void ip_mc_change_mode(struct in_device *in_dev, __be32 addr, unsigned int from, unsigned int to);
int ip_mc_add_src(struct in_device *in_dev, __be32 group, unsigned int mode, const __be32 *addrs,
		  unsigned int count);
void ip_mc_del_src(struct in_device *in_dev, __be32 group, unsigned int mode, const __be32 *addrs,
		   unsigned int count);

/* igmp_report.c: the protocol. A new entry of a list; it was linked and the device is to listen;
 * it is about to go, or the device is; members or sources of one of them changed. */
void igmp_group_init(struct ip_mc_list *im);
void igmp_group_added(struct ip_mc_list *im);
void igmp_group_dropped(struct ip_mc_list *im);
void igmp_ifc_event(struct in_device *in_dev);

/*
 * igmp_proto.c: the protocol on the wire. A group was joined, is about to go, or something of any
 * group changed; the device goes down or away.
 */
int igmp_init(void);
void igmp_joined(struct ip_mc_list *im);
void igmp_leaving(struct ip_mc_list *im);
void igmp_changed(struct in_device *in_dev);
void igmp_dev_down(struct in_device *in_dev);

/* igmp_v3.c: reports of version 3. */

/**
 * struct igmp_left - a group that was left
 * @next: the device's next one
 * @multiaddr: the group
 * @crcount: reports of it still to be sent
 */
struct igmp_left {
	struct igmp_left *next;
	__be32 multiaddr;
	unsigned char crcount;
};

void igmpv3_report_all(struct in_device *in_dev);
void igmpv3_report_group(struct ip_mc_list *im);
bool igmpv3_report_changes(struct in_device *in_dev);
bool igmpv3_differs(const struct ip_mc_list *im);
void igmpv3_told(struct ip_mc_list *im);
bool igmp_is_reported(const struct ip_mc_list *im);
struct sk_buff *igmp_alloc(struct net_device *dev, __be32 daddr, unsigned int len);
void igmp_xmit(struct sk_buff *skb);

#endif /* SKIFF_IPV4_IGMP_INTERNAL_H */
