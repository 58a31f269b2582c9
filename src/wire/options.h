/* SPDX-License-Identifier: BSD-2-Clause */
/* Walking the options of IPv4 (RFC 791 section 3.1) and TCP (RFC 9293 section 3.1). */
#ifndef SKIFF_WIRE_OPTIONS_H
#define SKIFF_WIRE_OPTIONS_H

#include <skiff/types.h>

/* Both protocols share the form: 0 ends the list, 1 is padding, others carry their length. */
#define WIRE_OPT_END 0
#define WIRE_OPT_NOP 1

enum wire_opt_step {
	WIRE_OPT_DONE,	     /* end of the list */
	WIRE_OPT_FOUND,	     /* the cursor holds an option */
	WIRE_OPT_NO_LENGTH,  /* the space ends behind the option's type */
	WIRE_OPT_BAD_LENGTH, /* a length of 0 or 1, with which a walk would not advance */
	WIRE_OPT_OVERRUN,    /* the option is longer than what is left */
};

/**
 * struct wire_opts - a place in a list of options
 * @pos: the next byte to look at
 * @end: one behind the last byte
 * @type: of the option found
 * @len: bytes of @data, without type and length
 * @data: the option's value, within [start, end)
 */
struct wire_opts {
	const u8 *pos;
	const u8 *end;
	u8 type;
	u8 len;
	const u8 *data;
};

/* Start at @start, which has @len bytes; @start may be NULL when @len is 0. */
static inline void wire_opts_init(struct wire_opts *o, const void *start, size_t len)
{
	o->pos = (const u8 *)start;
	o->end = len ? o->pos + len : o->pos;
	o->type = WIRE_OPT_END;
	o->len = 0;
	o->data = NULL;
}

/**
 * wire_opts_next() - go to the next option
 * @o: the cursor, which has been through wire_opts_init()
 *
 * Skips padding. Each call takes at least one byte off the list or ends it: every result but
 * WIRE_OPT_FOUND leaves the cursor at the end, so that the next call gives WIRE_OPT_DONE.
 */
enum wire_opt_step wire_opts_next(struct wire_opts *o);

/* A few words on a result, for a message. Never NULL, also for a number that is no result. */
const char *wire_opt_reason(enum wire_opt_step step);

#endif /* SKIFF_WIRE_OPTIONS_H */
