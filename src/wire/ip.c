// SPDX-License-Identifier: BSD-2-Clause
/* IPv4 headers of RFC 791: check and build. */
#include "wire/ip.h"

#include <skiff/kernel.h>

enum wire_ip_check wire_ip_check_header(const void *ip, size_t len)
{
	if (!ip || len == 0)
		return WIRE_IP_SHORT;
	/* The version comes first: a short IPv6 packet is not a short IPv4 packet. */
	if (wire_ip_version(ip) != 4)
		return WIRE_IP_BAD_VERSION;
	if (wire_ip_hlen(ip) < WIRE_IP_HLEN)
		return WIRE_IP_BAD_IHL;
	return wire_ip_hlen(ip) > len ? WIRE_IP_SHORT : WIRE_IP_OK;
}

enum wire_ip_check wire_ip_check_len(const void *ip, size_t len)
{
	if (wire_ip_total_len(ip) < wire_ip_hlen(ip))
		return WIRE_IP_BAD_LEN;
	return wire_ip_total_len(ip) > len ? WIRE_IP_TRUNCATED : WIRE_IP_OK;
}

bool wire_ip_csum_ok(const void *ip)
{
	return wire_csum(ip, wire_ip_hlen(ip)) == 0;
}

enum wire_ip_check wire_ip_check(const void *ip, size_t len)
{
	enum wire_ip_check check = wire_ip_check_header(ip, len);

	if (check != WIRE_IP_OK)
		return check;
	if (!wire_ip_csum_ok(ip))
		return WIRE_IP_BAD_CSUM;
	return wire_ip_check_len(ip, len);
}

const char *wire_ip_reason(enum wire_ip_check check)
{
	static const char *const text[] = {
		[WIRE_IP_OK] = "valid",
		[WIRE_IP_SHORT] = "header truncated",
		[WIRE_IP_BAD_VERSION] = "version is not 4",
		[WIRE_IP_BAD_IHL] = "header length below 20",
		[WIRE_IP_BAD_CSUM] = "bad header checksum",
		[WIRE_IP_TRUNCATED] = "truncated",
		[WIRE_IP_BAD_LEN] = "total length below header length",
	};

	return (size_t)check < ARRAY_SIZE(text) ? text[check] : "unknown";
}

void wire_ip_set_csum(void *ip)
{
	wire_put16(ip, 10, 0);
	wire_put_csum(ip, 10, wire_csum(ip, wire_ip_hlen(ip)));
}

int wire_ip_build(void *ip, size_t size, const struct wire_ip_fields *f)
{
	size_t hlen;

	if (f->options_len > WIRE_IP_MAX_HLEN - WIRE_IP_HLEN)
		return -EINVAL;
	hlen = WIRE_IP_HLEN + ALIGN(f->options_len, (size_t)4);
	if (f->payload_len > WIRE_IP_MAX_LEN - hlen)
		return -EMSGSIZE;
	if (size < hlen)
		return -ENOSPC;
	wire_put8(ip, 0, (u8)(4 << 4 | hlen / 4));
	wire_put8(ip, 1, f->tos);
	wire_put16(ip, 2, (u16)(hlen + f->payload_len));
	wire_put16(ip, 4, f->id);
	wire_put16(ip, 6, f->fragment);
	wire_put8(ip, 8, f->ttl);
	wire_put8(ip, 9, f->protocol);
	wire_put_be32(ip, 12, f->saddr);
	wire_put_be32(ip, 16, f->daddr);
	memset((u8 *)ip + WIRE_IP_HLEN, WIRE_OPT_END, hlen - WIRE_IP_HLEN);
	if (f->options_len)
		memcpy((u8 *)ip + WIRE_IP_HLEN, f->options, f->options_len);
	wire_ip_set_csum(ip);
	return (int)hlen;
}
