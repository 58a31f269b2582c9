/* SPDX-License-Identifier: BSD-2-Clause */
/* A route as text, taken apart. */
#ifndef SKIFF_SKIFF_ROUTE_TEXT_H
#define SKIFF_SKIFF_ROUTE_TEXT_H

#include <linux/netlink.h>

#include "skiff/skiff_top.h"

/* Attributes of all metrics: each has four bytes, a name no more than 16. */
#define ROUTE_MX_MAX 512

/**
 * struct route_text - the words of a route, and what was read from them so far
 * @next: the words that follow; cut into strings as they are taken
 * @mx: metrics as attributes, see ip_fib_metrics_init()
 * @mx_len: bytes of them
 * @lock: bits of RTAX_LOCK
 * @seen: bit n: metric n was given
 * @err: gets a message
 * @err_size: bytes there
 */
struct route_text {
	char *next;
	struct nlattr mx[ROUTE_MX_MAX / sizeof(struct nlattr)];
	unsigned int mx_len;
	u32 lock;
	u32 seen;
	char *err;
	size_t err_size;
};

/* The next word; NULL at the end. */
char *route_word(struct route_text *r);

/* A number of @word, @least to @most, said to be that of @what. Return: 0, or -EINVAL with a message. */
int route_number(struct route_text *r, const char *what, const char *word, u32 least, u32 most,
		 u32 *val);

/* @what is a metric's name: take its value. 0; -EINVAL with a message; -ENOENT: it is none. */
int route_metric(struct route_text *r, const char *what);

/* After the last one. */
void route_metrics_end(struct route_text *r);

#endif /* SKIFF_SKIFF_ROUTE_TEXT_H */
