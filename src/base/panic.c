// SPDX-License-Identifier: BSD-2-Clause
/* How the library reports its own bugs: skiff_panic() ends the process, skiff_warn() does not. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skiff/kernel.h>

#ifdef __GLIBC__
#include <execinfo.h>
#define HAVE_BACKTRACE 1
#endif

#define MESSAGE_MAX 1024
#define TRACE_DEPTH 32

/* write(2) and not stdio: the stream's lock or buffer may be what is broken. */
static void say(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t done = write(STDERR_FILENO, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		text += done;
		len -= (size_t)done;
	}
}

static void say_trace(void)
{
#ifdef HAVE_BACKTRACE
	void *frames[TRACE_DEPTH];
	int n = backtrace(frames, TRACE_DEPTH);

	/* The first frame is this function. */
	if (n > 1)
		backtrace_symbols_fd(frames + 1, n - 1, STDERR_FILENO);
#endif
}

static void say_message(const char *prefix, const char *fmt, va_list args)
{
	char line[MESSAGE_MAX];
	int head = snprintf(line, sizeof(line), "skiff: %s: ", prefix);
	int body = vsnprintf(line + head, sizeof(line) - (size_t)head, fmt, args);
	size_t len;

	if (body < 0)
		line[head] = '\0';
	len = strnlen(line, sizeof(line) - 2);
	line[len] = '\n';
	say(line, len + 1);
}

void skiff_panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_message("panic", fmt, args);
	va_end(args);
	say_trace();
	abort();
}

static void say_warning(const char *fmt, ...) __printf(1, 2);
static void say_warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_message("warning", fmt, args);
	va_end(args);
}

void skiff_warn(const char *file, int line, const char *what)
{
	const char *fatal = getenv("SKIFF_PANIC_ON_WARN");

	say_warning("%s:%d: %s", file, line, what);
	say_trace();
	if (fatal && strcmp(fatal, "0") != 0 && fatal[0] != '\0')
		skiff_panic("%s:%d: %s (SKIFF_PANIC_ON_WARN)", file, line, what);
}
