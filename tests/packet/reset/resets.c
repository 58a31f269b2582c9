// SPDX-License-Identifier: BSD-2-Clause
/* What a reset does to either end: RFC 9293 section 3.5.2. */
#include "packet.h"

#include <errno.h>

static void established(void **state)
{
	connected();
	in(R, 1, 0, 0);
	fails(ECONNRESET);
	assert_int_equal(tcp_state(), TCP_CLOSE);
	none();
}

/* What had arrived before is read first. */
static void after_data(void **state)
{
	connected();
	in(P | A, 1, 1, 100);
	out(A, 1, 101, 0);
	in(R | A, 101, 1, 0);
	reads(100);
	fails(ECONNRESET);
	reads(0);
}

static void of_who_waits_to_be_accepted(void **state)
{
	listening();
	in(S, 0, 0, 0);
	out(S | A, 0, 1, 0);
	in(R, 1, 0, 0);
	in(A, 1, 1, 0);
	out(R, 1, 0, 0);
	assert_int_equal(skiff_accept(st.listener, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
}

static void after_the_peer_closed(void **state)
{
	connected();
	in(F | A, 1, 1, 0);
	in(R, 2, 0, 0);
	assert_int_equal(skiff_send(st.fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPIPE);
	none();
}

/* No reset is answered, whatever it is about. */
static void never_answered(void **state)
{
	in(R, 5, 0, 0);
	in(R | A, 5, 7, 0);
	in(S | R, 5, 0, 0);
	none();
}

int main(void)
{
	const struct CMUnitTest stories[] = {
		story(established),
		story(after_data),
		story(of_who_waits_to_be_accepted),
		story(after_the_peer_closed),
		story(never_answered),
	};

	return cmocka_run_group_tests(stories, NULL, NULL);
}
