// SPDX-License-Identifier: BSD-2-Clause
/* ICMP messages of RFC 792: check, quoted packets, build. */
#include "wire/icmp.h"

#include <linux/in.h>

#include <skiff/kernel.h>

#include "wire/ip.h"

enum wire_icmp_check wire_icmp_check(const void *icmp, size_t len)
{
	if (!icmp || len < WIRE_ICMP_HLEN)
		return WIRE_ICMP_SHORT;
	return wire_csum(icmp, len) == 0 ? WIRE_ICMP_OK : WIRE_ICMP_BAD_CSUM;
}

const char *wire_icmp_reason(enum wire_icmp_check check)
{
	static const char *const text[] = {
		[WIRE_ICMP_OK] = "valid",
		[WIRE_ICMP_SHORT] = "truncated",
		[WIRE_ICMP_BAD_CSUM] = "bad checksum",
	};

	return (size_t)check < ARRAY_SIZE(text) ? text[check] : "unknown";
}

bool wire_icmp_is_error(u8 type)
{
	switch (type) {
	case WIRE_ICMP_UNREACH:
	case WIRE_ICMP_SOURCE_QUENCH:
	case WIRE_ICMP_REDIRECT:
	case WIRE_ICMP_TIME_EXCEEDED:
	case WIRE_ICMP_PARAMETER:
		return true;
	default:
		return false;
	}
}

static void quote_ports(struct wire_icmp_quote *q)
{
	q->has_ports = (q->protocol == IPPROTO_UDP || q->protocol == IPPROTO_TCP) &&
		       wire_ip_fragment_offset(q->ip) == 0 && q->l4_len >= 4;
	q->sport = q->has_ports ? wire_get16(q->l4, 0) : 0;
	q->dport = q->has_ports ? wire_get16(q->l4, 2) : 0;
}

int wire_icmp_get_quote(const void *icmp, size_t len, struct wire_icmp_quote *q)
{
	const u8 *ip;

	if (!icmp || len < WIRE_ICMP_HLEN || !wire_icmp_is_error(wire_icmp_type(icmp)))
		return -EINVAL;
	ip = (const u8 *)icmp + WIRE_ICMP_HLEN;
	len -= WIRE_ICMP_HLEN;
	if (wire_ip_check_header(ip, len) != WIRE_IP_OK)
		return -EINVAL;
	q->ip = ip;
	q->saddr = wire_ip_saddr(ip);
	q->daddr = wire_ip_daddr(ip);
	q->protocol = wire_ip_protocol(ip);
	q->l4 = wire_ip_payload(ip);
	q->l4_len = len - wire_ip_hlen(ip);
	quote_ports(q);
	return 0;
}

void wire_icmp_build(void *icmp, u8 type, u8 code, u32 rest)
{
	wire_put8(icmp, 0, type);
	wire_put8(icmp, 1, code);
	wire_put16(icmp, 2, 0);
	wire_put32(icmp, 4, rest);
}

void wire_icmp_set_csum(void *icmp, size_t len)
{
	wire_put16(icmp, 2, 0);
	wire_put_csum(icmp, 2, wire_csum(icmp, len));
}
