// SPDX-License-Identifier: BSD-2-Clause
/* A line of text that grows by printf in a buffer of fixed size. */
#include "wire/text.h"

#include <stdarg.h>
#include <stdio.h>

void wire_text_init(struct wire_text *t, char *buf, size_t size)
{
	t->buf = buf;
	t->size = buf ? size : 0;
	t->len = 0;
	if (t->size)
		buf[0] = '\0';
}

void wire_text_add(struct wire_text *t, const char *fmt, ...)
{
	size_t room = t->len < t->size ? t->size - t->len : 0;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(room ? t->buf + t->len : NULL, room, fmt, args);
	va_end(args);
	if (n > 0)
		t->len += (size_t)n;
}
