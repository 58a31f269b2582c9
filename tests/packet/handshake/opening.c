// SPDX-License-Identifier: BSD-2-Clause
/* How connections begin: RFC 9293 section 3.5. */
#include "packet.h"

#include <errno.h>

static void active(void **state)
{
	connecting();
	out(S, 0, 0, 0);
	none();
	assert_int_equal(tcp_state(), TCP_SYN_SENT);
	in(S | A, 0, 1, 0);
	out(A, 1, 1, 0);
	assert_int_equal(tcp_state(), TCP_ESTABLISHED);
	none();
}

static void passive(void **state)
{
	listening();
	in(S, 0, 0, 0);
	out(S | A, 0, 1, 0);
	assert_int_equal(skiff_accept(st.listener, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	in(A, 1, 1, 0);
	accepted();
	none();
}

/* Both SYNs cross: figure 8. */
static void simultaneous(void **state)
{
	connecting();
	out(S, 0, 0, 0);
	in(S, 0, 0, 0);
	out(S | A, 0, 1, 0);
	assert_int_equal(tcp_state(), TCP_SYN_RECV);
	in(A, 1, 1, 0);
	assert_int_equal(tcp_state(), TCP_ESTABLISHED);
	writes(10);
	out(P | A, 1, 1, 10);
}

/* One that acknowledges what was never sent is answered by RST and changes nothing. */
static void wrong_acknowledgment_of_the_syn(void **state)
{
	connecting();
	out(S, 0, 0, 0);
	in(S | A, 0, 77, 0);
	out(R, 77, 0, 0);
	assert_int_equal(tcp_state(), TCP_SYN_SENT);
	in(S | A, 0, 1, 0);
	out(A, 1, 1, 0);
}

static void refused(void **state)
{
	connecting();
	out(S, 0, 0, 0);
	in(R | A, 0, 1, 0);
	fails(ECONNREFUSED);
	none();
}

/* An RST without a right acknowledgment is nobody's answer: section 3.5.2. */
static void reset_that_acknowledges_nothing_is_ignored(void **state)
{
	connecting();
	out(S, 0, 0, 0);
	in(R, 0, 0, 0);
	in(R | A, 0, 5, 0);
	assert_int_equal(tcp_state(), TCP_SYN_SENT);
	none();
}

/* The last ACK is lost; the peer's first data says the same. */
static void data_instead_of_the_last_ack(void **state)
{
	listening();
	in(S, 0, 0, 0);
	out(S | A, 0, 1, 0);
	in(P | A, 1, 1, 100);
	accepted();
	out(A, 1, 101, 0);
	reads(100);
}

/* accept() gives it all the same, with its peer's address: reading tells. */
static void reset_before_it_is_accepted(void **state)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);

	listening();
	in(S, 0, 0, 0);
	out(S | A, 0, 1, 0);
	in(A, 1, 1, 0);
	in(R, 1, 0, 0);
	st.fd = skiff_accept(st.listener, (struct sockaddr *)&peer, &len);
	assert_true(st.fd >= 0);
	assert_int_equal(peer.sin_port, htons(8080));
	fails(ECONNRESET);
}

/* RFC 6298 section 2.1: one second, then twice as long each time. */
static void syn_ack_is_sent_again(void **state)
{
	listening();
	in(S, 0, 0, 0);
	out(S | A, 0, 1, 0);
	out_at(1000, S | A, 0, 1, 0);
	out_at(3000, S | A, 0, 1, 0);
	in(S, 0, 0, 0);
	out(S | A, 0, 1, 0);
	in(A, 1, 1, 0);
	accepted();
	at(60000);
	none();
}

/* A segment to a port that nobody listens on: section 3.10.7.1. */
static void nobody_listens(void **state)
{
	in(S, 0, 0, 0);
	next_out();
	assert_int_equal(st.last.flags, R | A);
	assert_int_equal(st.last.ack, 1);
	in(R, 1, 0, 0);
	none();
}

int main(void)
{
	const struct CMUnitTest stories[] = {
		story(active),
		story(passive),
		story(simultaneous),
		story(wrong_acknowledgment_of_the_syn),
		story(refused),
		story(reset_that_acknowledges_nothing_is_ignored),
		story(data_instead_of_the_last_ack),
		story(reset_before_it_is_accepted),
		story(syn_ack_is_sent_again),
		story(nobody_listens),
	};

	return cmocka_run_group_tests(stories, NULL, NULL);
}
