/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of text that grows by printf in a buffer of fixed size and counts what did not fit. */
#ifndef SKIFF_WIRE_TEXT_H
#define SKIFF_WIRE_TEXT_H

#include <skiff/kernel.h>

/**
 * struct wire_text - the line
 * @buf: @size bytes; NULL when @size is 0
 * @size: room, the final NUL included
 * @len: length that the text has or would have, without the NUL
 */
struct wire_text {
	char *buf;
	size_t size;
	size_t len;
};

/* Start an empty line. */
void wire_text_init(struct wire_text *t, char *buf, size_t size);

/* Append; @buf ends with a NUL afterwards whenever @size is not 0. */
void wire_text_add(struct wire_text *t, const char *fmt, ...) __printf(2, 3);

#endif /* SKIFF_WIRE_TEXT_H */
