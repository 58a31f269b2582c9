/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing wire-order numbers in memory of any alignment, and summing it. */
#ifndef SKIFF_WIRE_BYTES_H
#define SKIFF_WIRE_BYTES_H

#include <string.h>

#include <skiff/checksum.h>
#include <skiff/types.h>

/*
 * A header that follows Ethernet's 14 bytes, a VLAN tag or a quoted packet may lie at any
 * address, so nothing in this folder casts to a header struct. None of these check a length:
 * the format's check function has done so before.
 */
static inline u8 wire_get8(const void *p, size_t offset)
{
	return ((const u8 *)p)[offset];
}

static inline u16 wire_get16(const void *p, size_t offset)
{
	const u8 *b = (const u8 *)p + offset;

	return (u16)(b[0] << 8 | b[1]);
}

static inline u32 wire_get32(const void *p, size_t offset)
{
	return (u32)wire_get16(p, offset) << 16 | wire_get16(p, offset + 2);
}

/* Addresses stay in wire order, as everywhere else in the stack. */
static inline __be32 wire_get_be32(const void *p, size_t offset)
{
	__be32 v;

	memcpy(&v, (const u8 *)p + offset, sizeof(v));
	return v;
}

static inline void wire_put8(void *p, size_t offset, u8 v)
{
	((u8 *)p)[offset] = v;
}

static inline void wire_put16(void *p, size_t offset, u16 v)
{
	wire_put8(p, offset, (u8)(v >> 8));
	wire_put8(p, offset + 1, (u8)(v & 0xff));
}

static inline void wire_put32(void *p, size_t offset, u32 v)
{
	wire_put16(p, offset, (u16)(v >> 16));
	wire_put16(p, offset + 2, (u16)v);
}

static inline void wire_put_be32(void *p, size_t offset, __be32 v)
{
	memcpy((u8 *)p + offset, &v, sizeof(v));
}

static inline void wire_put_csum(void *p, size_t offset, __sum16 csum)
{
	memcpy((u8 *)p + offset, &csum, sizeof(csum));
}

/* The folded Internet checksum of @len bytes, 0 when they contain their own, RFC 1071. */
static inline __sum16 wire_csum(const void *p, size_t len)
{
	const size_t step = 65536; /* even, so that the parts add up; csum_partial takes an int */
	const u8 *b = (const u8 *)p;
	__wsum sum = 0;

	for (; len > step; len -= step, b += step)
		sum = csum_partial(b, (int)step, sum);
	return csum_fold(csum_partial(b, (int)len, sum));
}

#endif /* SKIFF_WIRE_BYTES_H */
