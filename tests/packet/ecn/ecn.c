// SPDX-License-Identifier: BSD-2-Clause
/* Explicit congestion notification: RFC 3168 section 6.1. */
#include "packet.h"

#define ECT 2
#define CE 3

static void connected_with_ecn(void)
{
	static const uint8_t mss_and_sack[] = { 2, 4, 1000 >> 8, 1000 & 0xff, 1, 1, 4, 2 };

	setting("net.ipv4.tcp_ecn", "1");
	connecting();
	out(S | E | C, 0, 0, 0);
	in_opts(S | A | E, 0, 1, 0, mss_and_sack, sizeof(mss_and_sack));
	out(A, 1, 1, 0);
}

/* Section 6.1.3: a mark is told in each acknowledgment until the sender says that it has slowed down. */
static void mark_is_told_until_answered(void **state)
{
	connected_with_ecn();
	st.tos = CE;
	in(P | A, 1, 1, 1000);
	out(A | E, 1, 1001, 0);
	st.tos = ECT;
	in(P | A, 1001, 1, 1000);
	out(A | E, 1, 2001, 0);
	in(P | A | C, 2001, 1, 1000);
	out(A, 1, 3001, 0);
	in(P | A, 3001, 1, 1000);
	next_out();
	assert_int_equal(st.last.flags & E, 0);
}

/* Section 6.1.2: who is told sends less, once, and says so in the next new segment. */
static void sender_slows_down_and_says_so(void **state)
{
	connected_with_ecn();
	writes(30000);
	for (uint32_t i = 0; i < 10; i++)
		next_out();
	in(A | E, 1, 10001, 0);
	next_out();
	assert_int_equal(st.last.seq, 10001);
	assert_int_equal(st.last.flags & C, C);
	for (uint32_t i = 1; i < 7; i++) {
		next_out();
		assert_int_equal(st.last.seq, 10001 + i * 1000);
		assert_int_equal(st.last.flags & C, 0);
	}
	none();
}

/* A peer that does not speak it is not told anything. */
static void marks_mean_nothing_unless_agreed(void **state)
{
	connected();
	st.tos = CE;
	in(P | A, 1, 1, 1000);
	next_out();
	assert_int_equal(st.last.flags & E, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		story(mark_is_told_until_answered),
		story(sender_slows_down_and_says_so),
		story(marks_mean_nothing_unless_agreed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
