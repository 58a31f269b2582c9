// SPDX-License-Identifier: BSD-2-Clause
/* The walk over type-length-value options that IPv4 and TCP share. */
#include "wire/options.h"

#include <skiff/kernel.h>

static enum wire_opt_step stop(struct wire_opts *o, enum wire_opt_step why)
{
	o->pos = o->end;
	return why;
}

enum wire_opt_step wire_opts_next(struct wire_opts *o)
{
	u8 len;

	while (o->pos < o->end && *o->pos == WIRE_OPT_NOP)
		o->pos++;
	if (o->pos == o->end)
		return WIRE_OPT_DONE;
	o->type = *o->pos;
	if (o->type == WIRE_OPT_END)
		return stop(o, WIRE_OPT_DONE);
	if (o->end - o->pos < 2)
		return stop(o, WIRE_OPT_NO_LENGTH);
	len = o->pos[1];
	if (len < 2)
		return stop(o, WIRE_OPT_BAD_LENGTH);
	if (len > o->end - o->pos)
		return stop(o, WIRE_OPT_OVERRUN);
	o->data = o->pos + 2;
	o->len = (u8)(len - 2);
	o->pos += len;
	return WIRE_OPT_FOUND;
}

const char *wire_opt_reason(enum wire_opt_step step)
{
	static const char *const text[] = {
		[WIRE_OPT_DONE] = "end of options",
		[WIRE_OPT_FOUND] = "valid",
		[WIRE_OPT_NO_LENGTH] = "option without a length",
		[WIRE_OPT_BAD_LENGTH] = "option length below 2",
		[WIRE_OPT_OVERRUN] = "option beyond the header",
	};

	return (size_t)step < ARRAY_SIZE(text) ? text[step] : "unknown";
}
