/* SPDX-License-Identifier: BSD-2-Clause */
/* One line of text for a frame or a packet: who to whom, what, and what is wrong with it. */
#ifndef SKIFF_DECODE_H
#define SKIFF_DECODE_H

#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Show the MAC addresses of every frame, not only where there is no IP address to show. */
#define SKIFF_DECODE_LINK 0x1u
/*
 * Do not verify the checksums of TCP and UDP: the frame was taken before the device or its
 * driver filled them in (CHECKSUM_PARTIAL).
 */
#define SKIFF_DECODE_NO_L4_CSUM 0x2u
/* Do not verify any checksum, those of the IPv4 header, ICMP and IGMP included. */
#define SKIFF_DECODE_NO_CSUM 0x4u

/* No line is longer than this, its final NUL included. */
#define SKIFF_DECODE_LINE 1024

/**
 * skiff_decode_frame() - describe an Ethernet frame in one line
 * @buf: where the text goes; may be NULL when @size is 0
 * @size: room in @buf, the final NUL included
 * @frame: first byte of the destination address, any alignment; read only, not kept
 * @len: bytes of @frame, without frame check sequence, 0 to anything
 * @flags: SKIFF_DECODE_* bits, others are ignored
 *
 * For example "192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes". Any bytes do: what is cut off, has a
 * wrong checksum or contradicts itself is described as far as it goes, and what is wrong stands in
 * brackets. The text has printable ASCII characters only and no line feed. Checksums are verified
 * when all that they cover is there. Nothing is allocated; any thread may call it at any time.
 *
 * Return: the length of the whole line without its NUL, as snprintf() does: @buf has a shortened
 * line when that is not less than @size. -EINVAL when @buf is NULL but @size is not 0, or when
 * @frame is NULL but @len is not 0.
 */
SKIFF_API int skiff_decode_frame(char *buf, size_t size, const void *frame, size_t len,
				 unsigned int flags);

/**
 * skiff_decode_packet() - describe an IPv4 or IPv6 packet in one line
 * @buf: where the text goes; may be NULL when @size is 0
 * @size: room in @buf, the final NUL included
 * @packet: first byte of the IP header, any alignment; read only, not kept
 * @len: bytes of @packet; what exceeds its total length is padding
 * @flags: SKIFF_DECODE_* bits; SKIFF_DECODE_LINK has no effect
 *
 * As skiff_decode_frame(), for what comes without a link header (SLIP, TUN, a raw socket).
 *
 * Return: as skiff_decode_frame().
 */
SKIFF_API int skiff_decode_packet(char *buf, size_t size, const void *packet, size_t len,
				  unsigned int flags);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_DECODE_H */
