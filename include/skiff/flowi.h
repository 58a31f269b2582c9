/* SPDX-License-Identifier: BSD-2-Clause */
/* What a route is looked up by. */
#ifndef SKIFF_FLOWI_H
#define SKIFF_FLOWI_H

#include <skiff/types.h>

/**
 * struct flowi4 - an IPv4 flow
 * @daddr: destination
 * @saddr: source, 0 to have one chosen
 * @flowi4_oif: index of the device to leave by, 0 for any
 * @flowi4_iif: index of the device it came from, for received packets
 * @flowi4_tos: type of service
 * @flowi4_proto: IPPROTO_*
 * @flowi4_mark: mark
 * @fl4_sport: source port
 * @fl4_dport: destination port
 */
struct flowi4 {
	__be32 daddr;
	__be32 saddr;
	int flowi4_oif;
	int flowi4_iif;
	__u8 flowi4_tos;
	__u8 flowi4_proto;
	__u32 flowi4_mark;
	__be16 fl4_sport;
	__be16 fl4_dport;
};

/**
 * struct flowi - a flow of any family
 * @u: by family
 */
struct flowi {
	union {
		struct flowi4 ip4;
	} u;
};

static inline struct flowi *flowi4_to_flowi(struct flowi4 *fl4)
{
	return (struct flowi *)(void *)fl4;
}

#endif /* SKIFF_FLOWI_H */
