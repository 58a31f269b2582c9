// SPDX-License-Identifier: BSD-2-Clause
/*
 * Standard output and error that no text of the user's can take the terminal over with.
 *
 * Names and values come back in messages, those of the C library's option parser included. So
 * what writes to the descriptors is the one place where control characters are made visible.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "skiff.h"

/* "\x1b" for one byte. */
#define ESCAPED_MAX 4
#define CHUNK 1024

#define C1_LEAD 0xc2

/* The second byte of U+0080 to U+009F in UTF-8. */
static bool is_c1(unsigned char c)
{
	return c >= 0x80 && c < 0xa0;
}

/* C0 but for the line's own, DEL, and both bytes of C1; @before and @after: its neighbours. */
static bool is_control(unsigned char c, unsigned char before, unsigned char after)
{
	return (c < ' ' && c != '\n' && c != '\t') || c == 0x7f || (c == C1_LEAD && is_c1(after)) ||
	       (before == C1_LEAD && is_c1(c));
}

static size_t escape(char *out, const char *text, size_t len, unsigned char *before)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		unsigned char after = i + 1 < len ? (unsigned char)text[i + 1] : 0;

		if (is_control(c, *before, after))
			n += (size_t)snprintf(out + n, ESCAPED_MAX + 1, "\\x%02x", c);
		else
			out[n++] = text[i];
		*before = c;
	}
	return n;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/**
 * struct stream - one of the two
 * @fd: where it goes
 * @before: the last byte
 */
struct stream {
	int fd;
	unsigned char before;
};

/* For fopencookie(). Return: bytes taken, 0 with errno when it can't be written. */
static ssize_t write_visible(void *cookie, const char *text, size_t len)
{
	char out[CHUNK * ESCAPED_MAX + 1];
	struct stream *s = cookie;
	size_t done = 0;

	while (done < len) {
		size_t n = min_t(size_t, len - done, CHUNK);

		if (write_all(s->fd, out, escape(out, text + done, n, &s->before)))
			return 0;
		done += n;
	}
	return (ssize_t)len;
}

static FILE *open_stream(struct stream *s, bool by_line)
{
	const cookie_io_functions_t functions = { .write = write_visible };
	FILE *f = fopencookie(s, "w", functions);

	if (f && by_line)
		setvbuf(f, NULL, _IOLBF, BUFSIZ);
	return f;
}

bool guard_streams(void)
{
	static struct stream out = { .fd = STDOUT_FILENO }, err = { .fd = STDERR_FILENO };
	FILE *f = open_stream(&err, true), *g = open_stream(&out, isatty(STDOUT_FILENO));

	if (!f || !g)
		return false;
	stderr = f;
	stdout = g;
	return true;
}
