// SPDX-License-Identifier: BSD-2-Clause
/* UDP headers of RFC 768: check and build. */
#include "wire/udp.h"

#include <linux/in.h>

#include <skiff/kernel.h>

enum wire_udp_check wire_udp_check_header(const void *udp, size_t len)
{
	if (!udp || len < WIRE_UDP_HLEN)
		return WIRE_UDP_SHORT;
	if (wire_udp_len(udp) < WIRE_UDP_HLEN)
		return WIRE_UDP_BAD_LEN;
	return wire_udp_len(udp) > len ? WIRE_UDP_TRUNCATED : WIRE_UDP_OK;
}

static __sum16 udp_sum(const void *udp, __be32 saddr, __be32 daddr)
{
	u16 len = wire_udp_len(udp);

	return csum_tcpudp_magic(saddr, daddr, len, IPPROTO_UDP, csum_partial(udp, len, 0));
}

bool wire_udp_csum_ok(const void *udp, __be32 saddr, __be32 daddr)
{
	return !wire_udp_has_csum(udp) || udp_sum(udp, saddr, daddr) == 0;
}

enum wire_udp_check wire_udp_check(const void *udp, size_t len, __be32 saddr, __be32 daddr)
{
	enum wire_udp_check check = wire_udp_check_header(udp, len);

	if (check != WIRE_UDP_OK)
		return check;
	return wire_udp_csum_ok(udp, saddr, daddr) ? WIRE_UDP_OK : WIRE_UDP_BAD_CSUM;
}

const char *wire_udp_reason(enum wire_udp_check check)
{
	static const char *const text[] = {
		[WIRE_UDP_OK] = "valid",
		[WIRE_UDP_SHORT] = "header truncated",
		[WIRE_UDP_BAD_LEN] = "length below header length",
		[WIRE_UDP_TRUNCATED] = "length beyond the packet",
		[WIRE_UDP_BAD_CSUM] = "bad checksum",
	};

	return (size_t)check < ARRAY_SIZE(text) ? text[check] : "unknown";
}

int wire_udp_build(void *udp, u16 source, u16 dest, size_t payload_len)
{
	if (payload_len > 0xffff - WIRE_UDP_HLEN)
		return -EMSGSIZE;
	wire_put16(udp, 0, source);
	wire_put16(udp, 2, dest);
	wire_put16(udp, 4, (u16)(WIRE_UDP_HLEN + payload_len));
	wire_put16(udp, 6, 0);
	return 0;
}

void wire_udp_set_csum(void *udp, __be32 saddr, __be32 daddr)
{
	wire_put16(udp, 6, 0);
	wire_put_csum(udp, 6, udp_sum(udp, saddr, daddr));
	if (!wire_udp_has_csum(udp))
		wire_put16(udp, 6, 0xffff);
}
