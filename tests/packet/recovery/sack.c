// SPDX-License-Identifier: BSD-2-Clause
/* Losses that the peer's ACKs tell of: RFC 6675, RFC 8985, RFC 6937. */
#include "packet.h"

#include <string.h>

/* An ACK of @ack with one SACK block. */
static void in_sack(uint32_t ack, uint32_t begin, uint32_t end)
{
	uint8_t o[12] = { 1, 1, 5, 10 };

	for (int i = 0; i < 4; i++) {
		o[4 + i] = (uint8_t)((story_iss() + begin) >> (24 - 8 * i));
		o[8 + i] = (uint8_t)((story_iss() + end) >> (24 - 8 * i));
	}
	in_opts(A, 1, ack, 0, o, sizeof(o));
}

/* Segments 1 to @n of 1,000 bytes are on their way; the round trip is 100 ms. */
static void sends(unsigned int n)
{
	const uint8_t o[] = { 2, 4, 1000 >> 8, 1000 & 0xff, 1, 1, 4, 2 };

	connecting();
	out(S, 0, 0, 0);
	at(100);
	in_opts(S | A, 0, 1, 0, o, sizeof(o));
	out(A, 1, 1, 0);
	writes(n * 1000);
	for (unsigned int i = 0; i < n; i++) {
		next_out();
		assert_int_equal(st.last.seq, 1 + 1000 * i);
		assert_int_equal(st.last.len, 1000);
	}
	at(200);
}

/* Three later segments have arrived: the first one has not. */
static void one_lost_segment(void **state)
{
	sends(4);
	in_sack(1, 1001, 2001);
	in_sack(1, 1001, 3001);
	none();
	in_sack(1, 1001, 4001);
	out(A, 1, 1, 1000);
	in(A, 1, 4001, 0);
	none();
	assert_int_equal(counter("TcpExtTCPSackRecovery"), 1);
	assert_int_equal(counter("TcpRetransSegs"), 1);
}

/*
 * The first segment's retransmission is lost too, and with it one that was sent later. The first is far
 * behind what was sent again last, and between them there is nothing to do; both are sent.
 */
static void lost_twice(void **state)
{
	sends(10);
	in_sack(1, 1001, 4001);
	out(A, 1, 1, 1000);
	in_sack(1, 5001, 10001);
	out(A, 4001, 1, 1000);
	writes(3000);
	out(A, 10001, 1, 1000);
	at(300);
	in_sack(1, 1001, 10001);
	out(P | A, 11001, 1, 1000);
	out(P | A, 12001, 1, 1000);
	at(400);
	in_sack(1, 11001, 12001);
	out(A, 1, 1, 1000);
	in_sack(1, 11001, 13001);
	out(A, 10001, 1, 1000);
	at(500);
	in(A, 1, 13001, 0);
	none();
	assert_int_equal(counter("TcpExtTCPLostRetransmit"), 1);
	assert_int_equal(counter("TcpExtTCPTimeouts"), 0);
}

/* RFC 8985 section 6.2: two ACKs are not enough, but the reordering window passes. */
static void reordering_timer(void **state)
{
	sends(3);
	in_sack(1, 1001, 3001);
	none();
	/* A quarter of the round trip, and two milliseconds so that the timer is not early. */
	out_at(227, A, 1, 1, 1000);
	in(A, 1, 3001, 0);
	none();
}

/* RFC 3042: the first two duplicates let new segments out. */
static void limited_transmit(void **state)
{
	sends(10);
	writes(2000);
	none();
	in_sack(1, 1001, 2001);
	out(A, 10001, 1, 1000);
	in_sack(1, 1001, 3001);
	out(P | A, 11001, 1, 1000);
}

/* RFC 6675 without SACK: three duplicates. */
static void duplicate_acks_without_sack(void **state)
{
	const uint8_t o[] = { 2, 4, 1000 >> 8, 1000 & 0xff };

	connecting();
	out(S, 0, 0, 0);
	at(100);
	in_opts(S | A, 0, 1, 0, o, sizeof(o));
	out(A, 1, 1, 0);
	writes(5000);
	for (int i = 0; i < 5; i++)
		next_out();
	at(200);
	/* The first one is behind the SYN and brings a window: no duplicate. */
	in(A, 1, 1, 0);
	in(A, 1, 1, 0);
	in(A, 1, 1, 0);
	none();
	in(A, 1, 1, 0);
	out(A, 1, 1, 1000);
	in(A, 1, 5001, 0);
	none();
	assert_int_equal(counter("TcpExtTCPRenoRecovery"), 1);
}

/* What the peer says to have and was never sent is not believed. */
static void sack_of_what_was_never_sent(void **state)
{
	sends(4);
	in_sack(1, 50001, 60001);
	in_sack(1, 50001, 60001);
	in_sack(1, 50001, 60001);
	none();
	in(A, 1, 4001, 0);
}

int main(void)
{
	const struct CMUnitTest stories[] = {
		story(one_lost_segment),
		story(lost_twice),
		story(reordering_timer),
		story(limited_transmit),
		story(duplicate_acks_without_sack),
		story(sack_of_what_was_never_sent),
	};

	return cmocka_run_group_tests(stories, NULL, NULL);
}
