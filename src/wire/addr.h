/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses as text and back: MAC, IPv4, IPv4 with a prefix length, IPv6 (to text only). */
#ifndef SKIFF_WIRE_ADDR_H
#define SKIFF_WIRE_ADDR_H

#include <skiff/types.h>

/* Room for the longest text and its end. */
#define WIRE_MAC_TEXT 18
#define WIRE_IP_TEXT 16
#define WIRE_PREFIX_TEXT 19
#define WIRE_IPV6_TEXT 46

/* Why a text is no address. */
enum wire_addr_error {
	WIRE_ADDR_OK,
	WIRE_ADDR_EMPTY,	 /* NULL or "" */
	WIRE_ADDR_BAD_CHAR,	 /* something that can't be in such an address, blanks included */
	WIRE_ADDR_TOO_FEW,	 /* less than four numbers, or one of them empty */
	WIRE_ADDR_TOO_FEW_PAIRS, /* less than six pairs, or one of them incomplete */
	WIRE_ADDR_TOO_MANY,	 /* something behind the last pair or number */
	WIRE_ADDR_RANGE,	 /* a number above 255 */
	WIRE_ADDR_LEADING_ZERO,	 /* which some readers take for octal */
	WIRE_ADDR_IPV6,		 /* an address of the other family */
	WIRE_ADDR_NO_PREFIX,	 /* no "/" with a length */
	WIRE_ADDR_BAD_PREFIX,	 /* what follows "/" is no number from 0 to 32 */
};

/*
 * What is wrong and what is accepted, as the end of a message that begins with the text in
 * question. Never NULL, also for a number that is no result.
 */
const char *wire_addr_reason(enum wire_addr_error error);

/**
 * wire_parse_mac() - six pairs of hexadecimal digits with colons: "02:00:00:00:00:01"
 * @text: ends with a NUL; no blanks around the address
 * @mac: 6 bytes, written on success only
 */
enum wire_addr_error wire_parse_mac(const char *text, u8 *mac);

/**
 * wire_parse_ip() - four decimal numbers with points: "192.0.2.1"
 * @text: ends with a NUL; no blanks around the address
 * @addr: in wire order, written on success only
 *
 * None of inet_aton()'s freedoms (one to four parts, octal, hexadecimal): they hide mistakes.
 */
enum wire_addr_error wire_parse_ip(const char *text, __be32 *addr);

/**
 * wire_parse_prefix() - an address and a prefix length: "192.0.2.1/24"
 * @text: ends with a NUL
 * @addr: written on success only; bits behind the prefix are kept, they are the host's
 * @prefix_len: 0 to 32, written on success only
 */
enum wire_addr_error wire_parse_prefix(const char *text, __be32 *addr, unsigned int *prefix_len);

/* The netmask of a prefix of 0 to 32 bits (longer ones count as 32). */
__be32 wire_prefix_mask(unsigned int prefix_len);

/* The prefix length of a netmask, or -EINVAL when its bits are not contiguous. */
int wire_mask_prefix(__be32 mask);

/* Each writes the text with its NUL into @buf, which has the size named, and returns @buf. */
char *wire_format_mac(char buf[WIRE_MAC_TEXT], const u8 *mac);
char *wire_format_ip(char buf[WIRE_IP_TEXT], __be32 addr);
char *wire_format_prefix(char buf[WIRE_PREFIX_TEXT], __be32 addr, unsigned int prefix_len);
/* @addr has 16 bytes; the form is that of RFC 5952. */
char *wire_format_ipv6(char buf[WIRE_IPV6_TEXT], const u8 *addr);

#endif /* SKIFF_WIRE_ADDR_H */
