// SPDX-License-Identifier: BSD-2-Clause
/* Somebody off the path guesses numbers: RFC 5961. */
#include "packet.h"

#include <errno.h>

/* Section 3.2: an RST in the window, but not at its edge, is asked about. */
static void reset_in_the_window(void **state)
{
	connected();
	in(R, 100, 0, 0);
	out(A, 1, 1, 0);
	assert_int_equal(tcp_state(), TCP_ESTABLISHED);
	assert_int_equal(counter("TcpExtTCPChallengeACK"), 1);
	/* Who is really the peer then knows the number. */
	in(R, 1, 0, 0);
	fails(ECONNRESET);
}

static void reset_outside_of_the_window(void **state)
{
	connected();
	in(R, 0x40000000, 0, 0);
	none();
	assert_int_equal(tcp_state(), TCP_ESTABLISHED);
}

/* Section 4.2: whatever its number, a SYN is asked about. */
static void syn_in_a_connection(void **state)
{
	connected();
	in(S, 1, 0, 0);
	out(A, 1, 1, 0);
	assert_int_equal(counter("TcpExtTCPSYNChallenge"), 1);
	assert_int_equal(tcp_state(), TCP_ESTABLISHED);
}

/*
 * Section 5.2: data with an acknowledgment of what was never sent, or of long ago, is not taken. The
 * first is not even answered, as on Linux: whoever really is the peer would not send it.
 */
static void data_with_a_guessed_acknowledgment(void **state)
{
	connected();
	in(P | A, 1, 5000, 100);
	none();
	in(P | A, 1, 0x90000000, 100);
	out(A, 1, 1, 0);
	fails(EAGAIN);
}

/* Section 7: so many challenge ACKs and no more, per connection. */
static void challenges_are_limited(void **state)
{
	connected();
	in(R, 100, 0, 0);
	out(A, 1, 1, 0);
	in(R, 100, 0, 0);
	none();
	at(501);
	in(R, 100, 0, 0);
	out(A, 1, 1, 0);
}

int main(void)
{
	const struct CMUnitTest stories[] = {
		story(reset_in_the_window),    story(reset_outside_of_the_window),
		story(syn_in_a_connection),    story(data_with_a_guessed_acknowledgment),
		story(challenges_are_limited),
	};

	return cmocka_run_group_tests(stories, NULL, NULL);
}
