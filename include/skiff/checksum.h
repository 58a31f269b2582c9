/* SPDX-License-Identifier: BSD-2-Clause */
/* Internet checksums (RFC 1071) of plain memory, and their incremental updates (RFC 1624). */
#ifndef SKIFF_CHECKSUM_H
#define SKIFF_CHECKSUM_H

/*
 * Three kinds of values:
 *
 *	__wsum		a running sum, 32 bits wide. Only its value modulo 0xffff has a meaning;
 *			how the carries are spread over the two halves differs between the forms
 *			that compute it, so sums are compared after csum_fold(), never before.
 *	__sum16		a finished checksum as it stands in a header: folded and complemented.
 *	0 against 0xffff  the two zeros of one's complement. A sum is 0 only if everything that
 *			was added is 0, so csum_fold() gives 0xffff for "nothing but zeros" and
 *			0 for any other data whose sum is a multiple of 0xffff.
 *
 * 16-bit words are added as they lie in memory, on either kind of machine (RFC 1071, section
 * 2(B)). A block that starts at an odd offset of a message counts with its bytes swapped, which
 * is what csum_shift() and csum_block_add() do. The address of a block plays no part.
 *
 * Nothing here keeps state, allocates or locks: all of it may be called from any context, and
 * no buffer changes its owner.
 */

#include <endian.h>
#include <string.h>

#include <skiff/kernel.h>
#include <skiff/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct in6_addr;

/* What UDP sends when its checksum comes out as 0, because 0 says "no checksum" (RFC 768). */
#define CSUM_MANGLED_0 ((__force __sum16)0xffff)

/**
 * csum_partial() - add the 16-bit words of a block to a running sum
 * @buff: the block, at any address; may be NULL only if @len is 0
 * @len: its length in bytes, not negative; the last byte of an odd length is padded with zero
 * @sum: the sum of what came before, 0 at the start
 *
 * NULL with a length and a negative length are the caller's bugs and end the process with a
 * message.
 *
 * Return: the new sum, 0 only if @sum and all bytes are 0. RFC 1071, section 1.
 */
SKIFF_API __wsum csum_partial(const void *buff, int len, __wsum sum);

/**
 * csum_partial_copy() - copy a block and add its 16-bit words to a running sum, in one pass
 * @src: the block, at any address; may be NULL only if @len is 0
 * @dst: where it goes; @len bytes that do not overlap the block; may be NULL only if @len is 0
 * @len: length in bytes, not negative
 * @sum: the sum of what came before, 0 at the start
 *
 * NULL with a length and a negative length are the caller's bugs and end the process with a
 * message.
 *
 * Return: the new sum, as csum_partial() would give it.
 */
SKIFF_API __wsum csum_partial_copy(const void *src, void *dst, int len, __wsum sum);

/**
 * csum_partial_copy_nocheck() - copy a block and sum it, in one pass
 * @src: the block, see csum_partial_copy()
 * @dst: where it goes
 * @len: length in bytes, not negative
 *
 * Return: the sum of the block alone.
 */
SKIFF_API __wsum csum_partial_copy_nocheck(const void *src, void *dst, int len);

/**
 * ip_compute_csum() - the checksum of one whole message, as ICMP and IGMP carry it
 * @buff: the message, its checksum field zero
 * @len: its length in bytes, not negative
 *
 * Return: the value for the checksum field; over a received message, field included, 0 if it is
 * intact.
 */
SKIFF_API __sum16 ip_compute_csum(const void *buff, int len);

/**
 * csum_fold() - turn a running sum into a checksum
 * @csum: the sum
 *
 * Return: the complement of the sum, folded to 16 bits.
 */
static inline __sum16 csum_fold(__wsum csum)
{
	u32 sum = (__force u32)csum;

	/* Both halves in the upper one, with the carry of the lower. */
	sum += sum << 16 | sum >> 16;
	return (__force __sum16)(u16)(~sum >> 16);
}

/**
 * csum_unfold() - take a 16-bit value into a running sum
 * @n: the value; it is not complemented
 *
 * Return: the sum that consists of @n alone.
 */
static inline __wsum csum_unfold(__sum16 n)
{
	return (__force __wsum)(u32)(__force u16)n;
}

/**
 * csum_from32to16() - fold without complement
 * @sum: a running sum as a number
 *
 * Return: the same value modulo 0xffff in 16 bits, 0 only for 0.
 */
static inline u16 csum_from32to16(u32 sum)
{
	sum += sum << 16 | sum >> 16;
	return (u16)(sum >> 16);
}

/**
 * csum_from64to32() - fold a wide accumulator to a running sum
 * @sum: 64-bit accumulator of words, carries included
 *
 * Return: the same value modulo 0xffff in 32 bits, 0 only for 0.
 */
static inline u32 csum_from64to32(u64 sum)
{
	sum += sum << 32 | sum >> 32;
	return (u32)(sum >> 32);
}

/**
 * csum_add() - add two running sums
 * @csum: one
 * @addend: the other
 *
 * Return: the sum of both, with the carry brought round.
 */
static inline __wsum csum_add(__wsum csum, __wsum addend)
{
	u32 sum = (__force u32)csum + (__force u32)addend;

	return (__force __wsum)(sum + (sum < (__force u32)addend));
}

/**
 * csum_sub() - take one running sum out of another
 * @csum: the whole
 * @addend: the part to take out
 *
 * Return: the rest.
 */
static inline __wsum csum_sub(__wsum csum, __wsum addend)
{
	return csum_add(csum, (__force __wsum) ~(__force u32)addend);
}

/**
 * wsum_negate() - the sum that cancels a sum
 * @val: the sum
 *
 * Return: minus @val in the sense of a 32-bit number. It serves to subtract a block by adding:
 * the negative of csum_partial(block, len, wsum_negate(sum)) is @sum without the block.
 */
static inline __wsum wsum_negate(__wsum val)
{
	return (__force __wsum)(0u - (__force u32)val);
}

/**
 * csum16_add() - add a 16-bit word to a 16-bit sum
 * @csum: the sum, not complemented
 * @addend: the word, in wire order
 *
 * Return: the new sum, with the carry brought round.
 */
static inline __sum16 csum16_add(__sum16 csum, __be16 addend)
{
	u32 sum = (u32)(__force u16)csum + (__force u16)addend;

	return (__force __sum16)(u16)(sum + (sum >> 16));
}

/**
 * csum16_sub() - take a 16-bit word out of a 16-bit sum
 * @csum: the sum, not complemented
 * @addend: the word, in wire order
 *
 * Return: the sum without the word.
 */
static inline __sum16 csum16_sub(__sum16 csum, __be16 addend)
{
	return csum16_add(csum, (__force __be16)(u16) ~(__force u16)addend);
}

/**
 * csum_shift() - move the sum of a block to where the block lies in its message
 * @sum: sum of the block alone
 * @offset: where the block starts; only odd or even matters
 *
 * Return: the sum with its bytes swapped if @offset is odd. RFC 1071, section 2(B).
 */
static inline __wsum csum_shift(__wsum sum, int offset)
{
	u32 value = (__force u32)sum;

	if (offset & 1)
		value = value >> 8 | value << 24;
	return (__force __wsum)value;
}

/**
 * csum_block_add() - add the sum of a later block of the same message
 * @csum: sum of the message so far
 * @csum2: sum of the block alone
 * @offset: where in the message the block starts
 *
 * Return: the sum of both.
 */
static inline __wsum csum_block_add(__wsum csum, __wsum csum2, int offset)
{
	return csum_add(csum, csum_shift(csum2, offset));
}

/**
 * csum_block_add_ext() - csum_block_add() in the form that struct skb_checksum_ops wants
 * @csum: sum of the message so far
 * @csum2: sum of the block alone
 * @offset: where in the message the block starts
 * @len: length of the block, which the Internet checksum does not need
 *
 * Return: the sum of both.
 */
static inline __wsum csum_block_add_ext(__wsum csum, __wsum csum2, int offset, int len)
{
	(void)len;
	return csum_block_add(csum, csum2, offset);
}

/**
 * csum_block_sub() - take the sum of a block out of that of its message
 * @csum: sum of the message
 * @csum2: sum of the block alone
 * @offset: where in the message the block starts
 *
 * Return: the sum of the rest.
 */
static inline __wsum csum_block_sub(__wsum csum, __wsum csum2, int offset)
{
	return csum_block_add(csum, (__force __wsum) ~(__force u32)csum2, offset);
}

/**
 * csum_replace_by_diff() - update a checksum by a difference
 * @sum: the checksum field, changed in place
 * @diff: sum of the new data minus sum of the old
 *
 * RFC 1624, section 3, equation 3.
 */
static inline void csum_replace_by_diff(__sum16 *sum, __wsum diff)
{
	*sum = csum_fold(csum_add(diff, (__force __wsum) ~(u32)(__force u16)*sum));
}

/**
 * csum_replace4() - update a checksum for 32 bits that change
 * @sum: the checksum field, changed in place
 * @from: the old value
 * @to: the new value
 */
static inline void csum_replace4(__sum16 *sum, __be32 from, __be32 to)
{
	__wsum rest = csum_sub((__force __wsum) ~(u32)(__force u16)*sum, (__force __wsum)from);

	*sum = csum_fold(csum_add(rest, (__force __wsum)to));
}

/**
 * csum_replace2() - update a checksum for 16 bits that change
 * @sum: the checksum field, changed in place
 * @old: the old value
 * @new_: the new value
 */
static inline void csum_replace2(__sum16 *sum, __be16 old, __be16 new_)
{
	__sum16 plain = (__force __sum16)(u16) ~(__force u16)*sum;

	plain = csum16_add(csum16_sub(plain, old), new_);
	*sum = (__force __sum16)(u16) ~(__force u16)plain;
}

/**
 * csum_replace() - exchange one part of a running sum for another
 * @csum: the sum, changed in place
 * @old: sum of the old part
 * @new_: sum of the new part
 */
static inline void csum_replace(__wsum *csum, __wsum old, __wsum new_)
{
	*csum = csum_add(csum_sub(*csum, old), new_);
}

/**
 * remcsum_adjust() - put a checksum into its field that the sender left to the receiver
 * @ptr: what @csum was taken over, with an even length up to @start
 * @csum: the sum from @ptr to the end of the message
 * @start: offset of the first byte that the checksum covers
 * @offset: offset of the field, two bytes, both inside the message
 *
 * Remote checksum offload, as in VXLAN and GUE: the caller has checked that @start and @offset
 * lie in the memory at @ptr.
 *
 * Return: what the change adds to @csum; remcsum_unadjust() takes it back.
 */
static inline __wsum remcsum_adjust(void *ptr, __wsum csum, int start, int offset)
{
	char *field = (char *)ptr + offset;
	__sum16 old, now;

	memcpy(&old, field, sizeof(old));
	now = csum_fold(csum_sub(csum, csum_partial(ptr, start, 0)));
	memcpy(field, &now, sizeof(now));
	return csum_sub(csum_unfold(now), csum_unfold(old));
}

/**
 * remcsum_unadjust() - undo remcsum_adjust()
 * @psum: the field
 * @delta: what remcsum_adjust() gave
 */
static inline void remcsum_unadjust(__sum16 *psum, __wsum delta)
{
	*psum = csum_fold(csum_sub(delta, csum_unfold(*psum)));
}

/**
 * ip_fast_csum() - the checksum of an IPv4 header
 * @iph: the header, at any address
 * @ihl: its length in 32-bit words, 5 to 15 and checked by the caller; less counts as 5
 *
 * Return: the value for the check field if that was zero; over a received header 0 if it is
 * intact. RFC 791, section 3.1.
 */
static inline __sum16 ip_fast_csum(const void *iph, unsigned int ihl)
{
	const unsigned char *p = (const unsigned char *)iph;
	u64 first, second, sum;
	u32 word;

	memcpy(&first, p, 8);
	memcpy(&second, p + 8, 8);
	memcpy(&word, p + 16, 4);
	/* A carry goes to the low end, where it can't give another one. */
	sum = first + second;
	sum += sum < second;
	sum += word;
	sum += sum < word;
	for (; unlikely(ihl > 5); ihl--) {
		p += 4;
		memcpy(&word, p + 16, 4);
		sum += word;
		sum += sum < word;
	}
	return csum_fold((__force __wsum)csum_from64to32(sum));
}

/**
 * csum_tcpudp_nofold() - add the IPv4 pseudo header of TCP and UDP to a running sum
 * @saddr: source address
 * @daddr: destination address
 * @len: length of the transport header and its payload in bytes
 * @proto: protocol number
 * @sum: sum of the transport header and payload, or 0
 *
 * Return: the new sum. RFC 9293, section 3.1; RFC 768.
 */
static inline __wsum csum_tcpudp_nofold(__be32 saddr, __be32 daddr, __u32 len, __u8 proto,
					__wsum sum)
{
	u64 wide = (u64)(__force u32)sum + (__force u32)saddr + (__force u32)daddr;
	u64 rest = (u64)len + proto;

	/* Bytes swap in one's complement by a multiplication with 256. */
	wide += __BYTE_ORDER == __LITTLE_ENDIAN ? rest << 8 : rest;
	return (__force __wsum)csum_from64to32(wide);
}

/**
 * csum_tcpudp_magic() - the checksum of a TCP segment or UDP datagram over IPv4
 * @saddr: source address
 * @daddr: destination address
 * @len: length of the transport header and its payload in bytes
 * @proto: protocol number
 * @sum: sum of the transport header and payload
 *
 * Return: the value for the checksum field (UDP sends CSUM_MANGLED_0 for 0); with the sum of a
 * received segment 0 if it is intact.
 */
static inline __sum16 csum_tcpudp_magic(__be32 saddr, __be32 daddr, __u32 len, __u8 proto,
					__wsum sum)
{
	return csum_fold(csum_tcpudp_nofold(saddr, daddr, len, proto, sum));
}

/**
 * csum_ipv6_magic() - the checksum of an upper-layer packet over IPv6
 * @saddr: source address
 * @daddr: final destination address
 * @len: length of the upper-layer header and its payload in bytes
 * @proto: next-header number of the upper layer
 * @sum: sum of the upper-layer header and payload
 *
 * Return: the value for the checksum field. RFC 8200, section 8.1.
 */
static inline __sum16 csum_ipv6_magic(const struct in6_addr *saddr, const struct in6_addr *daddr,
				      __u32 len, __u8 proto, __wsum sum)
{
	u32 words[8];
	u64 wide = 0;
	int i;

	memcpy(words, (const void *)saddr, 16);
	memcpy(words + 4, (const void *)daddr, 16);
	for (i = 0; i < 8; i++)
		wide += words[i];
	sum = (__force __wsum)csum_from64to32(wide + (__force u32)sum);
	return csum_tcpudp_magic(0, 0, len, proto, sum);
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_CHECKSUM_H */
