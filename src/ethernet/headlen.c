// SPDX-License-Identifier: BSD-2-Clause
/* How far the headers of a frame reach, from Ethernet to TCP and UDP. */
#include <netinet/in.h>

#include <skiff/etherdevice.h>

#include "wire/eth.h"
#include "wire/ip.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

/* As many tags as IEEE 802.1ad stacks. */
#define MAX_TAGS 2

static u32 transport_headlen(u8 protocol, const u8 *data, u32 len)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return wire_tcp_check_header(data, len) == WIRE_TCP_OK ? (u32)wire_tcp_hlen(data) :
									 0;
	case IPPROTO_UDP:
		return min_t(u32, len, WIRE_UDP_HLEN);
	default:
		return 0;
	}
}

static u32 ipv4_headlen(const u8 *data, u32 len)
{
	u32 hlen;

	if (wire_ip_check_header(data, len) != WIRE_IP_OK)
		return 0;
	hlen = (u32)wire_ip_hlen(data);
	if (wire_ip_fragment_offset(data))
		return hlen;
	return hlen + transport_headlen(wire_ip_protocol(data), data + hlen, len - hlen);
}

static u32 ipv6_headlen(const u8 *data, u32 len)
{
	enum wire_ipv6_check check = wire_ipv6_check(data, len);

	if (check == WIRE_IPV6_SHORT || check == WIRE_IPV6_BAD_VERSION)
		return 0;
	return WIRE_IPV6_HLEN + transport_headlen(wire_ipv6_next_header(data),
						  data + WIRE_IPV6_HLEN, len - WIRE_IPV6_HLEN);
}

u32 eth_get_headlen(const struct net_device *dev, const void *data, u32 len)
{
	const u8 *p = (const u8 *)data;
	u32 at = ETH_HLEN;
	int tags = 0;
	u16 type;

	if (len < ETH_HLEN)
		return len;
	type = wire_eth_type(p);
	while (wire_vlan_is_tpid(type) && tags++ < MAX_TAGS && len - at >= WIRE_VLAN_HLEN) {
		type = wire_vlan_type(p + at);
		at += WIRE_VLAN_HLEN;
	}
	if (type == ETH_P_IP)
		return at + ipv4_headlen(p + at, len - at);
	if (type == ETH_P_IPV6)
		return at + ipv6_headlen(p + at, len - at);
	return at;
}
