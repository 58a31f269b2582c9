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

#endif /* SKIFF_IPV4_IGMP_INTERNAL_H */
