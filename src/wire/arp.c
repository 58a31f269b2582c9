// SPDX-License-Identifier: BSD-2-Clause
/* ARP packets of RFC 826: check and build. */
#include "wire/arp.h"

#include <linux/if_arp.h>

#include <skiff/kernel.h>

enum wire_arp_check wire_arp_check(const void *arp, size_t len)
{
	u16 hardware;

	if (!arp || len < WIRE_ARP_FIXED_LEN)
		return WIRE_ARP_SHORT;
	hardware = wire_arp_hardware(arp);
	if (hardware != ARPHRD_ETHER && hardware != ARPHRD_IEEE802)
		return WIRE_ARP_BAD_HARDWARE;
	if (wire_arp_protocol(arp) != ETH_P_IP)
		return WIRE_ARP_BAD_PROTOCOL;
	if (wire_get8(arp, 4) != ETH_ALEN)
		return WIRE_ARP_BAD_HLEN;
	if (wire_get8(arp, 5) != sizeof(__be32))
		return WIRE_ARP_BAD_PLEN;
	return len < WIRE_ARP_LEN ? WIRE_ARP_SHORT : WIRE_ARP_OK;
}

const char *wire_arp_reason(enum wire_arp_check check)
{
	static const char *const text[] = {
		[WIRE_ARP_OK] = "valid",
		[WIRE_ARP_SHORT] = "truncated",
		[WIRE_ARP_BAD_HARDWARE] = "hardware type is not Ethernet",
		[WIRE_ARP_BAD_PROTOCOL] = "protocol type is not IPv4",
		[WIRE_ARP_BAD_HLEN] = "hardware address length is not 6",
		[WIRE_ARP_BAD_PLEN] = "protocol address length is not 4",
	};

	return (size_t)check < ARRAY_SIZE(text) ? text[check] : "unknown";
}

void wire_arp_build(void *arp, u16 op, const u8 *sender_mac, __be32 sender_ip, const u8 *target_mac,
		    __be32 target_ip)
{
	u8 *p = (u8 *)arp;

	wire_put16(p, 0, ARPHRD_ETHER);
	wire_put16(p, 2, ETH_P_IP);
	wire_put8(p, 4, ETH_ALEN);
	wire_put8(p, 5, sizeof(__be32));
	wire_put16(p, 6, op);
	memcpy(p + 8, sender_mac, ETH_ALEN);
	wire_put_be32(p, 14, sender_ip);
	if (target_mac)
		memcpy(p + 18, target_mac, ETH_ALEN);
	else
		memset(p + 18, 0, ETH_ALEN);
	wire_put_be32(p, 24, target_ip);
}
