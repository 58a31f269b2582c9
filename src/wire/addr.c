// SPDX-License-Identifier: BSD-2-Clause
/* Addresses as text and back. */
#include "wire/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <skiff/kernel.h>

#include "wire/bytes.h"

const char *wire_addr_reason(enum wire_addr_error error)
{
	static const char *const text[] = {
		[WIRE_ADDR_OK] = "is valid",
		[WIRE_ADDR_EMPTY] = "is empty",
		[WIRE_ADDR_BAD_CHAR] = "contains a character that an address can't have",
		[WIRE_ADDR_TOO_FEW] = "is incomplete (192.0.2.1 is complete)",
		[WIRE_ADDR_TOO_FEW_PAIRS] = "is incomplete (02:00:00:00:00:01 is complete)",
		[WIRE_ADDR_TOO_MANY] = "continues behind the end of the address",
		[WIRE_ADDR_RANGE] = "has a number above 255",
		[WIRE_ADDR_LEADING_ZERO] = "has a number with a leading zero",
		[WIRE_ADDR_IPV6] = "is an IPv6 address, which a host can't have yet",
		[WIRE_ADDR_NO_PREFIX] = "lacks its prefix length (192.0.2.1/24)",
		[WIRE_ADDR_BAD_PREFIX] = "has a prefix length that is no number from 0 to 32",
	};

	return (size_t)error < ARRAY_SIZE(text) ? text[error] : "is not an address";
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What a character that is not the expected one means for the address around it. */
static enum wire_addr_error unexpected(char c, char separator)
{
	if (c != '\0' && c != separator)
		return WIRE_ADDR_BAD_CHAR;
	return separator == ':' ? WIRE_ADDR_TOO_FEW_PAIRS : WIRE_ADDR_TOO_FEW;
}

static enum wire_addr_error parse_pair(const char **p, u8 *byte)
{
	int high = hex_digit((*p)[0]);
	int low;

	if (high < 0)
		return unexpected((*p)[0], ':');
	low = hex_digit((*p)[1]);
	if (low < 0)
		return unexpected((*p)[1], ':');
	*byte = (u8)(high << 4 | low);
	*p += 2;
	return WIRE_ADDR_OK;
}

/* 0 to 255; at most three digits are looked at, so nothing overflows. */
static enum wire_addr_error parse_octet(const char **p, u8 *byte)
{
	unsigned int value = 0;
	const char *s = *p;

	if (!is_digit(*s))
		return unexpected(*s, '.');
	if (s[0] == '0' && is_digit(s[1]))
		return WIRE_ADDR_LEADING_ZERO;
	for (; is_digit(*s); s++) {
		value = value * 10 + (unsigned int)(*s - '0');
		if (value > 255)
			return WIRE_ADDR_RANGE;
	}
	*byte = (u8)value;
	*p = s;
	return WIRE_ADDR_OK;
}

enum wire_addr_error wire_parse_mac(const char *text, u8 *mac)
{
	enum wire_addr_error error;
	u8 out[6];
	size_t i;

	if (!text || !*text)
		return WIRE_ADDR_EMPTY;
	for (i = 0; i < sizeof(out); i++) {
		if (i && *text++ != ':')
			return unexpected(text[-1], ':');
		error = parse_pair(&text, &out[i]);
		if (error != WIRE_ADDR_OK)
			return error;
	}
	if (*text)
		return WIRE_ADDR_TOO_MANY;
	memcpy(mac, out, sizeof(out));
	return WIRE_ADDR_OK;
}

/* With a prefix length or without. */
static bool is_ipv6(const char *text)
{
	char alone[WIRE_IPV6_TEXT];
	struct in6_addr addr;
	size_t len = strcspn(text, "/");

	if (len >= sizeof(alone))
		return false;
	memcpy(alone, text, len);
	alone[len] = '\0';
	return inet_pton(AF_INET6, alone, &addr) == 1;
}

/* Leaves @text behind the fourth number, whatever follows. */
static enum wire_addr_error parse_quad(const char **text, __be32 *addr)
{
	enum wire_addr_error error;
	u8 out[sizeof(*addr)];
	size_t i;

	if (!*text || !**text)
		return WIRE_ADDR_EMPTY;
	if (is_ipv6(*text))
		return WIRE_ADDR_IPV6;
	for (i = 0; i < sizeof(out); i++) {
		if (i && *(*text)++ != '.')
			return unexpected((*text)[-1], '/');
		error = parse_octet(text, &out[i]);
		if (error != WIRE_ADDR_OK)
			return error;
	}
	memcpy(addr, out, sizeof(out));
	return WIRE_ADDR_OK;
}

enum wire_addr_error wire_parse_ip(const char *text, __be32 *addr)
{
	enum wire_addr_error error;
	__be32 out;

	error = parse_quad(&text, &out);
	if (error != WIRE_ADDR_OK)
		return error;
	if (*text)
		return WIRE_ADDR_TOO_MANY;
	*addr = out;
	return WIRE_ADDR_OK;
}

enum wire_addr_error wire_parse_prefix(const char *text, __be32 *addr, unsigned int *prefix_len)
{
	enum wire_addr_error error;
	__be32 out;
	u8 len;

	error = parse_quad(&text, &out);
	if (error != WIRE_ADDR_OK)
		return error;
	if (!*text)
		return WIRE_ADDR_NO_PREFIX;
	if (*text++ != '/')
		return WIRE_ADDR_TOO_MANY;
	if (parse_octet(&text, &len) != WIRE_ADDR_OK || len > 32 || *text)
		return WIRE_ADDR_BAD_PREFIX;
	*addr = out;
	*prefix_len = len;
	return WIRE_ADDR_OK;
}

__be32 wire_prefix_mask(unsigned int prefix_len)
{
	u8 bytes[sizeof(__be32)];

	wire_put32(bytes, 0, prefix_len ? ~0u << (32 - min(prefix_len, 32u)) : 0);
	return wire_get_be32(bytes, 0);
}

int wire_mask_prefix(__be32 mask)
{
	u8 bytes[sizeof(mask)];
	u32 inverse;

	wire_put_be32(bytes, 0, mask);
	inverse = ~wire_get32(bytes, 0);
	if (inverse & (inverse + 1)) /* not of the form 0…01…1 */
		return -EINVAL;
	return 32 - __builtin_popcount(inverse);
}

char *wire_format_mac(char buf[WIRE_MAC_TEXT], const u8 *mac)
{
	snprintf(buf, WIRE_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return buf;
}

char *wire_format_ip(char buf[WIRE_IP_TEXT], __be32 addr)
{
	u8 b[sizeof(addr)];

	wire_put_be32(b, 0, addr);
	snprintf(buf, WIRE_IP_TEXT, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	return buf;
}

char *wire_format_prefix(char buf[WIRE_PREFIX_TEXT], __be32 addr, unsigned int prefix_len)
{
	char ip[WIRE_IP_TEXT];

	snprintf(buf, WIRE_PREFIX_TEXT, "%s/%u", wire_format_ip(ip, addr), min(prefix_len, 32u));
	return buf;
}

char *wire_format_ipv6(char buf[WIRE_IPV6_TEXT], const u8 *addr)
{
	struct in6_addr a;

	memcpy(&a, addr, sizeof(a));
	/* Can't fail: the family is known and the buffer large enough for any address. */
	if (!inet_ntop(AF_INET6, &a, buf, WIRE_IPV6_TEXT))
		buf[0] = '\0';
	return buf;
}
