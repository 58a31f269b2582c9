/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of receive merging share: the host, and the frames that were put in. */
#ifndef TESTS_IPV4_GRO_PUT_H
#define TESTS_IPV4_GRO_PUT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <skiff/if_vlan.h>

#include "gro_host.h"

static struct gro_host g;
/* What was put in, in order. */
static struct {
	u8 bytes[FRAME_MAX];
	size_t len;
} put[GOT_MAX];
static unsigned int nr_put;

static inline int setup(void **state)
{
	(void)state;
	gro_open(&g);
	nr_put = 0;
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	assert_int_equal(gro_close(&g), 0);
	return 0;
}

static inline void put_form(const u8 *f, size_t len, enum gro_form form, size_t linear)
{
	assert_true(nr_put < GOT_MAX);
	memcpy(put[nr_put].bytes, f, len);
	put[nr_put++].len = len;
	__skb_queue_tail(&g.in, gro_skb(&g, f, len, form, linear));
}

static inline void put_frame(const u8 *f, size_t len)
{
	put_form(f, len, FORM_LINEAR, len);
}

static inline void put_seg(const struct seg *s)
{
	u8 f[FRAME_MAX];

	put_frame(f, frame_tcp(f, s));
}

#define gro_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif /* TESTS_IPV4_GRO_PUT_H */
