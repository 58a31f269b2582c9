/* SPDX-License-Identifier: BSD-2-Clause */
/* A small reader of pcapng bytes for tests, written against the format and not against our encoder. */
#ifndef TESTS_UNIT_PCAPNG_READER_H
#define TESTS_UNIT_PCAPNG_READER_H

#include <string.h>

#include <skiff/kernel.h>

/**
 * struct pcapng_reader - a place in a file that is wholly in memory, in this machine's byte order
 * @pos: next byte
 * @end: one behind the last byte
 * @type: of the block found
 * @body: of the block found, between its two lengths
 * @body_len: a multiple of 4
 */
struct pcapng_reader {
	const u8 *pos;
	const u8 *end;
	u32 type;
	const u8 *body;
	size_t body_len;
};

static inline __maybe_unused u16 pcapng_u16(const u8 *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline __maybe_unused u32 pcapng_u32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline __maybe_unused u64 pcapng_u64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* A time is two words, the high one first. */
static inline __maybe_unused u64 pcapng_time(const u8 *p)
{
	return (u64)pcapng_u32(p) << 32 | pcapng_u32(p + 4);
}

/* 1: a block was found; 0: end of the file; -1: what is here is no block. */
static inline __maybe_unused int pcapng_next(struct pcapng_reader *r)
{
	size_t left = (size_t)(r->end - r->pos);
	u32 len;

	if (left == 0)
		return 0;
	if (left < 12)
		return -1;
	len = pcapng_u32(r->pos + 4);
	if (len < 12 || len % 4 || len > left || pcapng_u32(r->pos + len - 4) != len)
		return -1;
	r->type = pcapng_u32(r->pos);
	r->body = r->pos + 8;
	r->body_len = len - 12;
	r->pos += len;
	return 1;
}

/*
 * The option @code of the block found, whose options start @fixed bytes into its body. Returns
 * its value and sets @len; NULL when there is none; the list is malformed when @len is ~0.
 */
static inline __maybe_unused const u8 *pcapng_option(const struct pcapng_reader *r, size_t fixed,
						     u16 code, size_t *len)
{
	size_t at = fixed;

	*len = ~(size_t)0;
	while (at < r->body_len) {
		size_t n;

		if (r->body_len - at < 4)
			return NULL;
		n = pcapng_u16(r->body + at + 2);
		if (n > r->body_len - at - 4)
			return NULL;
		if (pcapng_u16(r->body + at) == 0) { /* must be empty and the last */
			*len = n || at + 4 != r->body_len ? ~(size_t)0 : 0;
			return NULL;
		}
		if (pcapng_u16(r->body + at) == code) {
			*len = n;
			return r->body + at + 4;
		}
		at += 4 + ALIGN(n, (size_t)4);
	}
	if (at == fixed) /* no options at all is right too; a list without an end is not */
		*len = 0;
	return NULL;
}

#endif /* TESTS_UNIT_PCAPNG_READER_H */
