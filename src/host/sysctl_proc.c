// SPDX-License-Identifier: BSD-2-Clause
/* The handlers that turn settings into text and text into settings. */
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <skiff/jiffies.h>
#include <skiff/sysctl.h>

#include "host/sysctl.h"

/* Longer arrays than the kernel has anywhere. */
#define VALUES_MAX 32

__thread char sysctl_refusal[200];

const int sysctl_vals[] = { 0, 1, 2, UINT8_MAX, UINT16_MAX, INT_MAX, -1 };

/* A number wide enough for all types, the negative ones of int and the large ones of long. */
struct number {
	bool negative;
	u64 magnitude;
};

/**
 * struct number_type - how numbers of one C type are kept
 * @size: bytes of one
 * @bound_size: bytes of what extra1 and extra2 point to
 * @what: for messages
 * @least: of the type
 * @greatest: of the type
 * @scale: the text's unit in units of the value
 * @load: reads one
 * @store: writes one that is in range
 */
struct number_type {
	size_t size;
	const char *what;
	s64 least;
	u64 greatest;
	unsigned int scale;
	struct number (*load)(const void *p);
	struct number (*load_bound)(const void *p);
	void (*store)(void *p, struct number n);
};

static struct number from_signed(s64 v)
{
	return (struct number){ v < 0, v < 0 ? -(u64)v : (u64)v };
}

static struct number load_int(const void *p)
{
	return from_signed(*(const int *)p);
}

static struct number load_uint(const void *p)
{
	return (struct number){ false, *(const unsigned int *)p };
}

static struct number load_ulong(const void *p)
{
	return (struct number){ false, *(const unsigned long *)p };
}

static struct number load_u8(const void *p)
{
	return (struct number){ false, *(const u8 *)p };
}

static struct number load_bool(const void *p)
{
	return (struct number){ false, *(const bool *)p };
}

/* Other threads may read a setting without the lock, so it changes in one piece. */
static void store_int(void *p, struct number n)
{
	WRITE_ONCE(*(int *)p, (int)(n.negative ? -(s64)n.magnitude : (s64)n.magnitude));
}

static void store_uint(void *p, struct number n)
{
	WRITE_ONCE(*(unsigned int *)p, (unsigned int)n.magnitude);
}

static void store_ulong(void *p, struct number n)
{
	WRITE_ONCE(*(unsigned long *)p, (unsigned long)n.magnitude);
}

static void store_u8(void *p, struct number n)
{
	WRITE_ONCE(*(u8 *)p, (u8)n.magnitude);
}

static void store_bool(void *p, struct number n)
{
	WRITE_ONCE(*(bool *)p, n.magnitude != 0);
}

static const struct number_type type_int = {
	.size = sizeof(int),
	.what = "integer",
	.least = INT_MIN,
	.greatest = INT_MAX,
	.scale = 1,
	.load = load_int,
	.load_bound = load_int,
	.store = store_int,
};
static const struct number_type type_uint = {
	.size = sizeof(int),
	.what = "integer",
	.least = 0,
	.greatest = UINT_MAX,
	.scale = 1,
	.load = load_uint,
	.load_bound = load_uint,
	.store = store_uint,
};
static const struct number_type type_ulong = {
	.size = sizeof(long),
	.what = "integer",
	.least = 0,
	.greatest = ULONG_MAX,
	.scale = 1,
	.load = load_ulong,
	.load_bound = load_ulong,
	.store = store_ulong,
};
static const struct number_type type_u8 = {
	.size = sizeof(u8),
	.what = "integer",
	.least = 0,
	.greatest = UINT8_MAX,
	.scale = 1,
	.load = load_u8,
	.load_bound = load_int,
	.store = store_u8,
};
static const struct number_type type_bool = {
	.size = sizeof(bool),
	.what = "integer",
	.least = 0,
	.greatest = 1,
	.scale = 1,
	.load = load_bool,
	.load_bound = load_int,
	.store = store_bool,
};
static const struct number_type type_seconds = {
	.size = sizeof(int),
	.what = "number of seconds",
	.least = INT_MIN / HZ,
	.greatest = INT_MAX / HZ,
	.scale = HZ,
	.load = load_int,
	.load_bound = load_int,
	.store = store_int,
};
static const struct number_type type_ms = {
	.size = sizeof(int),
	.what = "number of milliseconds",
	.least = INT_MIN,
	.greatest = INT_MAX,
	.scale = HZ / 1000,
	.load = load_int,
	.load_bound = load_int,
	.store = store_int,
};

static int less(struct number a, struct number b)
{
	if (a.negative != b.negative)
		return a.negative;
	return a.negative ? a.magnitude > b.magnitude : a.magnitude < b.magnitude;
}

static struct number least_of(const struct ctl_table *ctl, const struct number_type *type)
{
	return ctl->extra1 ? type->load_bound(ctl->extra1) : from_signed(type->least);
}

static struct number greatest_of(const struct ctl_table *ctl, const struct number_type *type)
{
	return ctl->extra2 ? type->load_bound(ctl->extra2) :
			     (struct number){ false, type->greatest };
}

static int refuse(const char *fmt, ...) __printf(1, 2);
static int refuse(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(sysctl_refusal, sizeof(sysctl_refusal), fmt, args);
	va_end(args);
	return -EINVAL;
}

static int refuse_numbers(const struct ctl_table *ctl, const struct number_type *type, size_t count)
{
	struct number lo = least_of(ctl, type);
	struct number hi = greatest_of(ctl, type);
	char many[40] = "one ";

	if (count > 1)
		snprintf(many, sizeof(many), "1 to %zu times one ", count);
	return refuse("must be %s%s from %s%llu to %s%llu", many, type->what,
		      lo.negative ? "-" : "", (unsigned long long)lo.magnitude,
		      hi.negative ? "-" : "", (unsigned long long)hi.magnitude);
}

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && isspace((unsigned char)*p))
		p++;
	return p;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* "0x" makes it hexadecimal, a leading zero octal, as in the kernel. */
static unsigned int take_base(const char **p, const char *end)
{
	if (end - *p > 2 && (*p)[0] == '0' && ((*p)[1] == 'x' || (*p)[1] == 'X')) {
		*p += 2;
		return 16;
	}
	return end - *p > 1 && **p == '0' ? 8 : 10;
}

/* Parses one number up to white space or the end; false for anything else. */
static bool take_number(const char **at, const char *end, struct number *n)
{
	const char *p = *at;
	const char *digits;
	unsigned int base;

	n->negative = p < end && *p == '-';
	n->magnitude = 0;
	p += n->negative;
	base = take_base(&p, end);
	for (digits = p; p < end && !isspace((unsigned char)*p) && *p != '\0'; p++) {
		unsigned int value = (unsigned int)digit_value(*p);

		if (value >= base || __builtin_mul_overflow(n->magnitude, base, &n->magnitude) ||
		    __builtin_add_overflow(n->magnitude, value, &n->magnitude))
			return false;
	}
	/* There is one zero. */
	n->negative = n->negative && n->magnitude;
	*at = p;
	return p > digits;
}

/* All values are parsed before the first is stored: a setting changes as a whole or not at all. */
static int parse_values(const struct ctl_table *ctl, const struct number_type *type,
			const char *text, size_t len, struct number *values, size_t max)
{
	const char *end = text + strnlen(text, len);
	const char *p = skip_space(text, end);
	size_t n = 0;

	while (p < end) {
		if (n == max || !take_number(&p, end, &values[n]) ||
		    less(values[n], least_of(ctl, type)) || less(greatest_of(ctl, type), values[n]))
			return refuse_numbers(ctl, type, max);
		n++;
		p = skip_space(p, end);
	}
	return n ? (int)n : refuse_numbers(ctl, type, max);
}

static int write_values(struct ctl_table *ctl, const struct number_type *type, const char *text,
			size_t len, size_t count)
{
	struct number values[VALUES_MAX] = { { false, 0 } };
	int n = parse_values(ctl, type, text, len, values, count);

	for (int i = 0; i < n; i++) {
		values[i].magnitude *= type->scale;
		type->store((char *)ctl->data + (size_t)i * type->size, values[i]);
	}
	return n < 0 ? n : 0;
}

static size_t read_values(const struct ctl_table *ctl, const struct number_type *type, char *text,
			  size_t size, size_t count)
{
	size_t used = 0;

	for (size_t i = 0; i < count && used < size; i++) {
		struct number n = type->load((const char *)ctl->data + i * type->size);
		int len = snprintf(text + used, size - used, "%s%s%llu", i ? "\t" : "",
				   n.negative ? "-" : "",
				   (unsigned long long)(n.magnitude / type->scale));

		used += (size_t)len;
	}
	if (used < size)
		text[used++] = '\n';
	return min(used, size);
}

static int do_values(struct ctl_table *ctl, const struct number_type *type, int write, void *buffer,
		     size_t *lenp, loff_t *ppos)
{
	size_t count = min((size_t)ctl->maxlen / type->size, (size_t)VALUES_MAX);

	if (!ctl->data || !count || *ppos || (!write && !*lenp)) {
		*lenp = 0;
		return 0;
	}
	if (write)
		return write_values(ctl, type, (const char *)buffer, *lenp, count);
	*lenp = read_values(ctl, type, (char *)buffer, *lenp, count);
	return 0;
}

int proc_dointvec_minmax(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	return do_values(ctl, &type_int, write, buffer, lenp, ppos);
}

/* The kernel ignores bounds in the forms without minmax; so do we. */
int proc_dointvec(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	struct ctl_table unbounded = *ctl;

	unbounded.extra1 = NULL;
	unbounded.extra2 = NULL;
	return do_values(&unbounded, &type_int, write, buffer, lenp, ppos);
}

int proc_douintvec_minmax(struct ctl_table *ctl, int write, void *buffer, size_t *lenp,
			  loff_t *ppos)
{
	return do_values(ctl, &type_uint, write, buffer, lenp, ppos);
}

int proc_douintvec(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	struct ctl_table unbounded = *ctl;

	unbounded.extra1 = NULL;
	unbounded.extra2 = NULL;
	return do_values(&unbounded, &type_uint, write, buffer, lenp, ppos);
}

int proc_doulongvec_minmax(struct ctl_table *ctl, int write, void *buffer, size_t *lenp,
			   loff_t *ppos)
{
	return do_values(ctl, &type_ulong, write, buffer, lenp, ppos);
}

int proc_dou8vec_minmax(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	return do_values(ctl, &type_u8, write, buffer, lenp, ppos);
}

int proc_dobool(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	struct ctl_table unbounded = *ctl;

	unbounded.extra1 = NULL;
	unbounded.extra2 = NULL;
	return do_values(&unbounded, &type_bool, write, buffer, lenp, ppos);
}

int proc_dointvec_jiffies(struct ctl_table *ctl, int write, void *buffer, size_t *lenp,
			  loff_t *ppos)
{
	return do_values(ctl, &type_seconds, write, buffer, lenp, ppos);
}

int proc_dointvec_ms_jiffies(struct ctl_table *ctl, int write, void *buffer, size_t *lenp,
			     loff_t *ppos)
{
	return do_values(ctl, &type_ms, write, buffer, lenp, ppos);
}

static int write_string(struct ctl_table *ctl, const char *text, size_t len)
{
	size_t room = (size_t)ctl->maxlen;
	size_t n = strnlen(text, len);
	const char *newline = (const char *)memchr(text, '\n', n);

	if (newline)
		n = (size_t)(newline - text);
	if (n >= room)
		return refuse("must be at most %zu characters", room - 1);
	memcpy(ctl->data, text, n);
	((char *)ctl->data)[n] = '\0';
	return 0;
}

int proc_dostring(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	char *text = (char *)buffer;
	size_t len;

	if (!ctl->data || ctl->maxlen <= 0 || *ppos || (!write && !*lenp)) {
		*lenp = 0;
		return 0;
	}
	if (write)
		return write_string(ctl, text, *lenp);
	len = min(strnlen((const char *)ctl->data, (size_t)ctl->maxlen), *lenp);
	memcpy(text, ctl->data, len);
	if (len < *lenp)
		text[len++] = '\n';
	*lenp = len;
	return 0;
}
