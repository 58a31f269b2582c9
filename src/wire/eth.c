// SPDX-License-Identifier: BSD-2-Clause
/* Ethernet headers and VLAN tags: what can't be inline. */
#include "wire/eth.h"

#include <errno.h>

#include <skiff/kernel.h>

enum wire_eth_check wire_eth_check(const void *frame, size_t len)
{
	u16 type;

	if (!frame || len < ETH_HLEN)
		return WIRE_ETH_SHORT;
	type = wire_eth_type(frame);
	if (type >= ETH_P_802_3_MIN)
		return WIRE_ETH_OK;
	if (type > WIRE_ETH_MAX_LENGTH)
		return WIRE_ETH_UNDEFINED;
	return type > len - ETH_HLEN ? WIRE_ETH_BAD_LENGTH : WIRE_ETH_OK;
}

const char *wire_eth_reason(enum wire_eth_check check)
{
	static const char *const text[] = {
		[WIRE_ETH_OK] = "valid",
		[WIRE_ETH_SHORT] = "shorter than an Ethernet header",
		[WIRE_ETH_UNDEFINED] = "type/length field between 1501 and 1535",
		[WIRE_ETH_BAD_LENGTH] = "802.3 length beyond the frame",
	};

	return (size_t)check < ARRAY_SIZE(text) ? text[check] : "unknown";
}

void wire_eth_build(void *frame, const u8 *dest, const u8 *source, u16 type)
{
	memcpy(frame, dest, ETH_ALEN);
	memcpy((u8 *)frame + ETH_ALEN, source, ETH_ALEN);
	wire_put16(frame, WIRE_ETH_TYPE_OFFSET, type);
}

bool wire_mac_is_broadcast(const u8 *mac)
{
	return (mac[0] & mac[1] & mac[2] & mac[3] & mac[4] & mac[5]) == 0xff;
}

int wire_vlan_build(void *tag, u16 id, u8 priority, u16 type)
{
	if (id >= 0x0fff || priority > 7)
		return -EINVAL;
	wire_put16(tag, 0, (u16)(priority << 13 | id));
	wire_put16(tag, 2, type);
	return 0;
}
