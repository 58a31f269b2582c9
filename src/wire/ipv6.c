// SPDX-License-Identifier: BSD-2-Clause
/* The check of the fixed IPv6 header. */
#include "wire/ipv6.h"

#include <skiff/kernel.h>

enum wire_ipv6_check wire_ipv6_check(const void *ip6, size_t len)
{
	if (!ip6 || len == 0)
		return WIRE_IPV6_SHORT;
	if (wire_get8(ip6, 0) >> 4 != 6)
		return WIRE_IPV6_BAD_VERSION;
	if (len < WIRE_IPV6_HLEN)
		return WIRE_IPV6_SHORT;
	if (wire_ipv6_payload_len(ip6) > len - WIRE_IPV6_HLEN)
		return WIRE_IPV6_TRUNCATED;
	return WIRE_IPV6_OK;
}

const char *wire_ipv6_reason(enum wire_ipv6_check check)
{
	static const char *const text[] = {
		[WIRE_IPV6_OK] = "valid",
		[WIRE_IPV6_SHORT] = "header truncated",
		[WIRE_IPV6_BAD_VERSION] = "version is not 6",
		[WIRE_IPV6_TRUNCATED] = "truncated",
	};

	return (size_t)check < ARRAY_SIZE(text) ? text[check] : "unknown";
}
