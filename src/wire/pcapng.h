/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks of the pcapng capture format (draft-ietf-opsawg-pcapng), encoded into memory. */
#ifndef SKIFF_WIRE_PCAPNG_H
#define SKIFF_WIRE_PCAPNG_H

#include <skiff/types.h>

/*
 * A file is one section block, then an interface block per device (they are numbered 0, 1, … in
 * the order they are written), packet blocks, and at the end a statistics block per device. The
 * byte order is the machine's own; readers see it in the section block. Times are nanoseconds
 * since 1970.
 *
 * Every encoder works like snprintf(): it returns the block's length, a multiple of 4, whether or
 * not it fits @size, and writes all of the block when it fits and nothing when it doesn't. So
 * (NULL, 0) asks for the length. Strings are UTF-8; NULL and "" leave the option out.
 */

/* Link types of the tcpdump.org list. */
#define PCAPNG_LINK_ETHERNET 1
#define PCAPNG_LINK_SLIP 8
#define PCAPNG_LINK_RAW 101 /* IPv4 or IPv6, told by the first nibble */

/* Wireshark takes no more of one packet. */
#define PCAPNG_MAX_CAPTURED 262144u
/* An option's length has 16 bits. */
#define PCAPNG_MAX_STRING 65535u

/**
 * struct pcapng_section - who has written the file
 * @hardware: shb_hardware
 * @os: shb_os
 * @application: shb_userappl
 */
struct pcapng_section {
	const char *hardware;
	const char *os;
	const char *application;
};

/**
 * pcapng_section() - encode a Section Header Block of unknown section length
 * @buf: where
 * @size: room in @buf
 * @s: what to say
 *
 * Return: the block's length, or -EINVAL when a string exceeds PCAPNG_MAX_STRING.
 */
ssize_t pcapng_section(void *buf, size_t size, const struct pcapng_section *s);

/**
 * struct pcapng_interface - a device that packets are captured on
 * @link_type: PCAPNG_LINK_*
 * @snap_len: most bytes that are kept of a packet, 0 for all
 * @name: if_name
 * @description: if_description
 * @os: if_os
 * @mac: if_MACaddr, 6 bytes or NULL
 */
struct pcapng_interface {
	u16 link_type;
	u32 snap_len;
	const char *name;
	const char *description;
	const char *os;
	const u8 *mac;
};

/**
 * pcapng_interface() - encode an Interface Description Block with nanosecond resolution
 * @buf: where
 * @size: room in @buf
 * @i: what to say
 *
 * Return: the block's length, or -EINVAL when a string exceeds PCAPNG_MAX_STRING.
 */
ssize_t pcapng_interface(void *buf, size_t size, const struct pcapng_interface *i);

/* Bits of epb_flags: direction, and how a packet was received. */
#define PCAPNG_BLOCK_PACKET 6u /* type of the blocks that hold frames */

#define PCAPNG_INBOUND 0x1u
#define PCAPNG_OUTBOUND 0x2u
#define PCAPNG_UNICAST (1u << 2)
#define PCAPNG_MULTICAST (2u << 2)
#define PCAPNG_BROADCAST (3u << 2)
#define PCAPNG_PROMISCUOUS (4u << 2)

/**
 * struct pcapng_packet - one packet
 * @interface: number of its interface block
 * @time_ns: when
 * @captured: bytes that are kept, at most PCAPNG_MAX_CAPTURED
 * @original: bytes that the packet had, at least @captured
 * @flags: epb_flags, left out when 0
 * @has_dropped: write epb_dropcount
 * @dropped: packets lost since the one before on this interface
 * @comment: opt_comment, for example why the packet was dropped
 */
struct pcapng_packet {
	u32 interface;
	u64 time_ns;
	u32 captured;
	u32 original;
	u32 flags;
	bool has_dropped;
	u64 dropped;
	const char *comment;
};

/* What stands before a packet's bytes in its block. */
#define PCAPNG_PACKET_HEAD 28

/**
 * pcapng_packet_head() - encode the part of an Enhanced Packet Block before the packet's bytes
 * @head: PCAPNG_PACKET_HEAD writable bytes
 * @p: the packet
 *
 * With pcapng_packet_tail() for who gathers a block from pieces (writev()) without copying the
 * packet; its @captured bytes go between the two.
 *
 * Return: the whole block's length, or -EINVAL when @comment exceeds PCAPNG_MAX_STRING, @captured
 * exceeds PCAPNG_MAX_CAPTURED or @original is less than @captured; nothing is written then.
 */
ssize_t pcapng_packet_head(void *head, const struct pcapng_packet *p);

/**
 * pcapng_packet_tail() - encode the part of an Enhanced Packet Block behind the packet's bytes
 * @buf: where
 * @size: room in @buf
 * @p: the packet, as for pcapng_packet_head()
 *
 * Return: the tail's length, padding included (so no multiple of 4), or -EINVAL as
 * pcapng_packet_head().
 */
ssize_t pcapng_packet_tail(void *buf, size_t size, const struct pcapng_packet *p);

/**
 * pcapng_packet() - encode an Enhanced Packet Block
 * @buf: where
 * @size: room in @buf
 * @p: the packet
 * @data: its @captured bytes, copied; may be NULL when there are none
 *
 * Return: the block's length, or -EINVAL as pcapng_packet_head().
 */
ssize_t pcapng_packet(void *buf, size_t size, const struct pcapng_packet *p, const void *data);

/**
 * struct pcapng_statistics - what an interface has seen by the end of a capture
 * @interface: number of its interface block
 * @time_ns: when these numbers were taken
 * @start_ns: isb_starttime
 * @end_ns: isb_endtime
 * @received: isb_ifrecv, packets seen since the start
 * @dropped: isb_osdrop, packets that the capture could not keep
 * @delivered: isb_usrdeliv, packets that are in the file
 */
struct pcapng_statistics {
	u32 interface;
	u64 time_ns;
	u64 start_ns;
	u64 end_ns;
	u64 received;
	u64 dropped;
	u64 delivered;
};

/**
 * pcapng_statistics() - encode an Interface Statistics Block
 * @buf: where
 * @size: room in @buf
 * @s: the numbers
 *
 * Return: the block's length.
 */
ssize_t pcapng_statistics(void *buf, size_t size, const struct pcapng_statistics *s);

#endif /* SKIFF_WIRE_PCAPNG_H */
