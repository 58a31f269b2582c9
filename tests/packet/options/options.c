// SPDX-License-Identifier: BSD-2-Clause
/* Options: RFC 9293 section 3.2, RFC 7323, RFC 2018. */
#include "packet.h"

#include <errno.h>
#include <string.h>

/* A timestamp option with two NOPs in front. */
static void stamp(uint8_t o[12], uint32_t val, uint32_t ecr)
{
	const uint8_t head[] = { 1, 1, 8, 10 };

	memcpy(o, head, sizeof(head));
	for (int i = 0; i < 4; i++) {
		o[4 + i] = (uint8_t)(val >> (24 - 8 * i));
		o[8 + i] = (uint8_t)(ecr >> (24 - 8 * i));
	}
}

static void of_the_syn(void **state)
{
	connecting();
	out(S, 0, 0, 0);
	assert_int_equal(option_value(TCPOPT_MAXSEG, 0, 2), 1460);
	assert_non_null(option(TCPOPT_SACK_PERMITTED));
	assert_non_null(option(TCPOPT_TIMESTAMP));
	assert_non_null(option(TCPOPT_WINDOW));
}

/* What the peer does not offer is not used. */
static void only_what_both_have(void **state)
{
	listening();
	in(S, 0, 0, 0);
	out(S | A, 0, 1, 0);
	assert_int_equal(option_value(TCPOPT_MAXSEG, 0, 2), 1460);
	assert_null(option(TCPOPT_SACK_PERMITTED));
	assert_null(option(TCPOPT_TIMESTAMP));
	assert_null(option(TCPOPT_WINDOW));
}

/* RFC 9293 section 3.7.1: without an MSS option, 536 bytes. */
static void segments_without_mss(void **state)
{
	listening();
	in(S, 0, 0, 0);
	out(S | A, 0, 1, 0);
	in(A, 1, 1, 0);
	accepted();
	writes(1000);
	out(A, 1, 1, 536);
	out(P | A, 537, 1, 464);
}

static void with_timestamps(uint32_t *ours)
{
	uint8_t o[16] = { 2, 4, 1000 >> 8, 1000 & 0xff };

	listening();
	stamp(o + 4, 1000, 0);
	in_opts(S, 0, 0, 0, o, sizeof(o));
	out(S | A, 0, 1, 0);
	assert_int_equal(option_value(TCPOPT_TIMESTAMP, 4, 4), 1000);
	*ours = option_value(TCPOPT_TIMESTAMP, 0, 4);
	stamp(o, 1001, *ours);
	in_opts(A, 1, 1, 0, o, 12);
	accepted();
}

/* RFC 7323 section 4.3: what arrived in order is echoed. */
static void timestamps_are_echoed(void **state)
{
	uint32_t ours;
	uint8_t o[12];

	with_timestamps(&ours);
	at(10);
	stamp(o, 1010, ours);
	in_opts(P | A, 1, 1, 100, o, 12);
	out(A, 1, 101, 0);
	assert_int_equal(option_value(TCPOPT_TIMESTAMP, 4, 4), 1010);
	assert_int_equal(option_value(TCPOPT_TIMESTAMP, 0, 4), ours + 10);
	/* Out of order: the old one. */
	stamp(o, 1020, ours);
	in_opts(P | A, 301, 1, 100, o, 12);
	out(A, 1, 101, 0);
	assert_int_equal(option_value(TCPOPT_TIMESTAMP, 4, 4), 1010);
}

/* RFC 7323 section 5.3: an older time than the last one is of an older life. */
static void old_duplicates_are_not_taken(void **state)
{
	uint32_t ours;
	uint8_t o[12];

	with_timestamps(&ours);
	stamp(o, 900, ours);
	in_opts(P | A, 1, 1, 100, o, 12);
	out(A, 1, 1, 0);
	assert_int_equal(counter("TcpExtPAWSEstab"), 1);
	fails(EAGAIN);
	/* Time goes round. */
	stamp(o, 1001u + 0x7fffffffu, ours);
	in_opts(P | A, 1, 1, 100, o, 12);
	reads(100);
}

/* RFC 7323 section 2.2: the window of a SYN is never scaled, that of all others is. */
static void window_scale(void **state)
{
	const uint8_t o[] = { 2, 4, 1000 >> 8, 1000 & 0xff, 1, 3, 3, 2 };

	listening();
	st.win = 1000;
	in_opts(S, 0, 0, 0, o, sizeof(o));
	out(S | A, 0, 1, 0);
	assert_non_null(option(TCPOPT_WINDOW));
	in(A, 1, 1, 0);
	accepted();
	writes(5000);
	/* 4,000 bytes may be on their way. */
	for (uint32_t seq = 1; seq < 4001; seq += 1000) {
		next_out();
		assert_int_equal(st.last.seq, seq);
		assert_int_equal(st.last.len, 1000);
	}
	none();
}

/* RFC 2018 section 4: the block of what came last is first. */
static void sack_blocks(void **state)
{
	connected();
	in(A, 101, 1, 100);
	out(A, 1, 1, 0);
	assert_int_equal(option_value(TCPOPT_SACK, 4, 4) - option_value(TCPOPT_SACK, 0, 4), 100);
	in(A, 301, 1, 100);
	out(A, 1, 1, 0);
	assert_int_equal(option_value(TCPOPT_SACK, 0, 4), 301);
	assert_int_equal(option_value(TCPOPT_SACK, 8, 4), 101);
	/* RFC 2883: what has come before is told, too. */
	in(A, 101, 1, 100);
	out(A, 1, 1, 0);
	assert_int_equal(option_value(TCPOPT_SACK, 0, 4), 101);
	in(A, 1, 1, 100);
	out(A, 1, 201, 0);
	assert_int_equal(option_value(TCPOPT_SACK, 0, 4), 301);
}

/* A length that leads nowhere ends the options; the segment is good all the same. */
static void broken_options(void **state)
{
	const uint8_t zero_length[] = { 1, 8, 0, 1 }, too_long[] = { 8, 40, 1, 1 };

	connected();
	in_opts(P | A, 1, 1, 10, zero_length, sizeof(zero_length));
	in_opts(P | A, 11, 1, 10, too_long, sizeof(too_long));
	reads(20);
}

int main(void)
{
	const struct CMUnitTest stories[] = {
		story(of_the_syn),
		story(only_what_both_have),
		story(segments_without_mss),
		story(timestamps_are_echoed),
		story(old_duplicates_are_not_taken),
		story(window_scale),
		story(sack_blocks),
		story(broken_options),
	};

	return cmocka_run_group_tests(stories, NULL, NULL);
}
