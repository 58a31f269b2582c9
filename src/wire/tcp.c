// SPDX-License-Identifier: BSD-2-Clause
/* The checks of a TCP header. */
#include "wire/tcp.h"

#include <linux/in.h>

#include <skiff/kernel.h>

enum wire_tcp_check wire_tcp_check_header(const void *tcp, size_t len)
{
	if (!tcp || len < WIRE_TCP_HLEN)
		return WIRE_TCP_SHORT;
	if (wire_tcp_hlen(tcp) < WIRE_TCP_HLEN)
		return WIRE_TCP_BAD_DOFF;
	return wire_tcp_hlen(tcp) > len ? WIRE_TCP_SHORT : WIRE_TCP_OK;
}

bool wire_tcp_csum_ok(const void *tcp, size_t len, __be32 saddr, __be32 daddr)
{
	if (len > 0xffff) /* the pseudo header has 16 bits for it */
		return false;
	return csum_tcpudp_magic(saddr, daddr, (u32)len, IPPROTO_TCP,
				 csum_partial(tcp, (int)len, 0)) == 0;
}

enum wire_tcp_check wire_tcp_check(const void *tcp, size_t len, __be32 saddr, __be32 daddr)
{
	enum wire_tcp_check check = wire_tcp_check_header(tcp, len);

	if (check != WIRE_TCP_OK)
		return check;
	return wire_tcp_csum_ok(tcp, len, saddr, daddr) ? WIRE_TCP_OK : WIRE_TCP_BAD_CSUM;
}

const char *wire_tcp_reason(enum wire_tcp_check check)
{
	static const char *const text[] = {
		[WIRE_TCP_OK] = "valid",
		[WIRE_TCP_SHORT] = "header truncated",
		[WIRE_TCP_BAD_DOFF] = "header length below 20",
		[WIRE_TCP_BAD_CSUM] = "bad checksum",
	};

	return (size_t)check < ARRAY_SIZE(text) ? text[check] : "unknown";
}
