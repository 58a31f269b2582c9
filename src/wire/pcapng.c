// SPDX-License-Identifier: BSD-2-Clause
/*
 * The encoder of pcapng blocks.
 *
 * A block is its type, its length, a body and its length again; a body is fixed fields and then
 * options, each padded to 4 bytes. The length stands before the body, so each body is written by
 * a function that runs twice: over a writer that only counts, then over one with memory.
 */
#include "wire/pcapng.h"

#include <string.h>

#include <skiff/kernel.h>

#define BLOCK_INTERFACE 1u
#define BLOCK_STATISTICS 5u
#define BLOCK_SECTION 0x0a0d0d0au

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define BLOCK_OVERHEAD 12 /* type and twice the length */

enum {
	OPT_END = 0,
	OPT_COMMENT = 1,
	SHB_HARDWARE = 2,
	SHB_OS = 3,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_MACADDR = 6,
	IF_TSRESOL = 9,
	IF_OS = 12,
	EPB_FLAGS = 2,
	EPB_DROPCOUNT = 4,
	ISB_STARTTIME = 2,
	ISB_ENDTIME = 3,
	ISB_IFRECV = 4,
	ISB_OSDROP = 7,
	ISB_USRDELIV = 8,
};

/* Counts, and writes unless @buf is NULL; whoever sets @buf has made sure of the room. */
struct writer {
	u8 *buf;
	size_t len;
};

static void put(struct writer *w, const void *data, size_t len)
{
	if (w->buf && len)
		memcpy(w->buf + w->len, data, len);
	w->len += len;
}

static void put16(struct writer *w, u16 v)
{
	put(w, &v, sizeof(v));
}

static void put32(struct writer *w, u32 v)
{
	put(w, &v, sizeof(v));
}

static void pad(struct writer *w, size_t len)
{
	static const u8 zeros[4];

	put(w, zeros, -len & 3);
}

/* High half first whatever the byte order: only the halves are in the machine's own. */
static void put_time(struct writer *w, u64 ns)
{
	put32(w, (u32)(ns >> 32));
	put32(w, (u32)ns);
}

static void option(struct writer *w, u16 code, const void *data, size_t len)
{
	put16(w, code);
	put16(w, (u16)len);
	put(w, data, len);
	pad(w, len);
}

static void option_string(struct writer *w, u16 code, const char *s)
{
	if (s && *s)
		option(w, code, s, strlen(s));
}

static void option_time(struct writer *w, u16 code, u64 ns)
{
	put16(w, code);
	put16(w, 8);
	put_time(w, ns);
}

static void option_end(struct writer *w)
{
	option(w, OPT_END, NULL, 0);
}

static bool string_fits(const char *s)
{
	return !s || strlen(s) <= PCAPNG_MAX_STRING;
}

typedef void (*body_fn)(struct writer *w, const void *arg);

static ssize_t block(void *buf, size_t size, u32 type, body_fn body, const void *arg)
{
	struct writer w = { NULL, 0 };
	u32 total;

	body(&w, arg);
	total = (u32)w.len + BLOCK_OVERHEAD;
	if (!buf || total > size)
		return total;
	w.buf = (u8 *)buf;
	w.len = 0;
	put32(&w, type);
	put32(&w, total);
	body(&w, arg);
	put32(&w, total);
	return total;
}

static void section_body(struct writer *w, const void *arg)
{
	const struct pcapng_section *s = (const struct pcapng_section *)arg;

	put32(w, BYTE_ORDER_MAGIC);
	put16(w, 1); /* version 1.0 */
	put16(w, 0);
	put32(w, ~0u); /* section length: unknown */
	put32(w, ~0u);
	option_string(w, SHB_HARDWARE, s->hardware);
	option_string(w, SHB_OS, s->os);
	option_string(w, SHB_USERAPPL, s->application);
	option_end(w);
}

ssize_t pcapng_section(void *buf, size_t size, const struct pcapng_section *s)
{
	if (!string_fits(s->hardware) || !string_fits(s->os) || !string_fits(s->application))
		return -EINVAL;
	return block(buf, size, BLOCK_SECTION, section_body, s);
}

static void interface_body(struct writer *w, const void *arg)
{
	const struct pcapng_interface *i = (const struct pcapng_interface *)arg;
	const u8 nanoseconds = 9;

	put16(w, i->link_type);
	put16(w, 0);
	put32(w, i->snap_len);
	option_string(w, IF_NAME, i->name);
	option_string(w, IF_DESCRIPTION, i->description);
	if (i->mac)
		option(w, IF_MACADDR, i->mac, 6);
	option(w, IF_TSRESOL, &nanoseconds, 1);
	option_string(w, IF_OS, i->os);
	option_end(w);
}

ssize_t pcapng_interface(void *buf, size_t size, const struct pcapng_interface *i)
{
	if (!string_fits(i->name) || !string_fits(i->description) || !string_fits(i->os))
		return -EINVAL;
	return block(buf, size, BLOCK_INTERFACE, interface_body, i);
}

static bool packet_valid(const struct pcapng_packet *p)
{
	return p->captured <= PCAPNG_MAX_CAPTURED && p->captured <= p->original &&
	       string_fits(p->comment);
}

static void packet_options(struct writer *w, const struct pcapng_packet *p)
{
	size_t start = w->len;

	option_string(w, OPT_COMMENT, p->comment);
	if (p->flags)
		option(w, EPB_FLAGS, &p->flags, sizeof(p->flags));
	if (p->has_dropped)
		option(w, EPB_DROPCOUNT, &p->dropped, sizeof(p->dropped));
	if (w->len != start)
		option_end(w);
}

/* Most packets have a few bytes of options, so counting them again costs little. */
static u32 packet_total(const struct pcapng_packet *p)
{
	struct writer w = { NULL, 0 };

	packet_options(&w, p);
	return (u32)(PCAPNG_PACKET_HEAD + ALIGN(p->captured, 4) + w.len + sizeof(u32));
}

ssize_t pcapng_packet_head(void *head, const struct pcapng_packet *p)
{
	struct writer w = { (u8 *)head, 0 };
	u32 total;

	if (!packet_valid(p))
		return -EINVAL;
	total = packet_total(p);
	put32(&w, PCAPNG_BLOCK_PACKET);
	put32(&w, total);
	put32(&w, p->interface);
	put_time(&w, p->time_ns);
	put32(&w, p->captured);
	put32(&w, p->original);
	return total;
}

ssize_t pcapng_packet_tail(void *buf, size_t size, const struct pcapng_packet *p)
{
	struct writer w = { (u8 *)buf, 0 };
	size_t len;
	u32 total;

	if (!packet_valid(p))
		return -EINVAL;
	total = packet_total(p);
	len = total - PCAPNG_PACKET_HEAD - p->captured;
	if (!buf || len > size)
		return (ssize_t)len;
	pad(&w, p->captured);
	packet_options(&w, p);
	put32(&w, total);
	return (ssize_t)len;
}

ssize_t pcapng_packet(void *buf, size_t size, const struct pcapng_packet *p, const void *data)
{
	u8 *out = (u8 *)buf;
	size_t before_tail;
	u32 total;

	if (!packet_valid(p))
		return -EINVAL;
	total = packet_total(p);
	if (!buf || total > size)
		return total;
	pcapng_packet_head(out, p);
	if (p->captured)
		memcpy(out + PCAPNG_PACKET_HEAD, data, p->captured);
	before_tail = PCAPNG_PACKET_HEAD + p->captured;
	pcapng_packet_tail(out + before_tail, size - before_tail, p);
	return total;
}

static void statistics_body(struct writer *w, const void *arg)
{
	const struct pcapng_statistics *s = (const struct pcapng_statistics *)arg;

	put32(w, s->interface);
	put_time(w, s->time_ns);
	option_time(w, ISB_STARTTIME, s->start_ns);
	option_time(w, ISB_ENDTIME, s->end_ns);
	option(w, ISB_IFRECV, &s->received, sizeof(s->received));
	option(w, ISB_OSDROP, &s->dropped, sizeof(s->dropped));
	option(w, ISB_USRDELIV, &s->delivered, sizeof(s->delivered));
	option_end(w);
}

ssize_t pcapng_statistics(void *buf, size_t size, const struct pcapng_statistics *s)
{
	return block(buf, size, BLOCK_STATISTICS, statistics_body, s);
}
