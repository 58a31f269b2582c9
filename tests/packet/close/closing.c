// SPDX-License-Identifier: BSD-2-Clause
/* How connections end: RFC 9293 section 3.6. */
#include "packet.h"

#include <errno.h>

static void we_close_first(void **state)
{
	connected();
	closes();
	out(F | A, 1, 1, 0);
	in(A, 1, 2, 0);
	in(F | A, 1, 2, 0);
	out(A, 2, 2, 0);
	none();
	/* TIME_WAIT: its ACK was lost. */
	in(F | A, 1, 2, 0);
	out(A, 2, 2, 0);
	/* It ends after a minute; then nobody knows the connection. */
	at(61000);
	in(A, 2, 2, 0);
	out(R, 2, 0, 0);
}

static void the_peer_closes_first(void **state)
{
	connected();
	in(F | A, 1, 1, 0);
	reads(0);
	assert_int_equal(tcp_state(), TCP_CLOSE_WAIT);
	/* The program may have something to say: the ACK waits for it, but not long without data. */
	none();
	out_at(1, A, 1, 2, 0);
	writes(100);
	out(P | A, 1, 2, 100);
	in(A, 2, 101, 0);
	closes();
	out(F | A, 101, 2, 0);
	in(A, 2, 102, 0);
	none();
}

static void both_close_at_once(void **state)
{
	connected();
	closes();
	out(F | A, 1, 1, 0);
	in(F | A, 1, 1, 0);
	out(A, 2, 2, 0);
	in(A, 2, 2, 0);
	none();
}

/* What was shut down for sending still receives. */
static void half_closed(void **state)
{
	connected();
	assert_int_equal(skiff_shutdown(st.fd, SHUT_WR), 0);
	out(F | A, 1, 1, 0);
	in(A, 1, 2, 0);
	assert_int_equal(tcp_state(), TCP_FIN_WAIT2);
	in(P | A, 1, 2, 500);
	next_out();
	assert_int_equal(st.last.ack, 501);
	reads(500);
	in(F | A, 501, 2, 0);
	out(A, 2, 502, 0);
	reads(0);
}

/* RFC 1122 section 4.2.2.13: data that nobody will read is answered by RST. */
static void unread_data_resets(void **state)
{
	connected();
	in(P | A, 1, 1, 100);
	out(A, 1, 101, 0);
	closes();
	out(R | A, 1, 101, 0);
	none();
}

static void data_after_close_resets(void **state)
{
	connected();
	closes();
	out(F | A, 1, 1, 0);
	in(A, 1, 2, 0);
	in(P | A, 1, 2, 100);
	out(R, 2, 0, 0);
	none();
}

/* The FIN is not the peer's turn before what is missing in front of it. */
static void fin_out_of_order(void **state)
{
	connected();
	in(F | A, 101, 1, 0);
	out(A, 1, 1, 0);
	assert_int_equal(tcp_state(), TCP_ESTABLISHED);
	in(P | A, 1, 1, 100);
	out(A, 1, 102, 0);
	reads(100);
	reads(0);
}

static void linger_without_time_resets(void **state)
{
	const struct linger l = { .l_onoff = 1, .l_linger = 0 };

	connected();
	writes(100);
	out(P | A, 1, 1, 100);
	assert_int_equal(skiff_setsockopt(st.fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)), 0);
	closes();
	out(R | A, 101, 1, 0);
	in(A, 1, 101, 0);
	next_out();
	assert_int_equal(st.last.flags, R);
}

/* RFC 1337: an RST does not shorten TIME_WAIT when that is switched on. */
static void time_wait_assassination(void **state)
{
	setting("net.ipv4.tcp_rfc1337", "1");
	connected();
	closes();
	out(F | A, 1, 1, 0);
	in(F | A, 1, 2, 0);
	out(A, 2, 2, 0);
	in(R, 2, 0, 0);
	in(F | A, 1, 2, 0);
	out(A, 2, 2, 0);
}

int main(void)
{
	const struct CMUnitTest stories[] = {
		story(we_close_first),		story(the_peer_closes_first),
		story(both_close_at_once),	story(half_closed),
		story(unread_data_resets),	story(data_after_close_resets),
		story(fin_out_of_order),	story(linger_without_time_resets),
		story(time_wait_assassination),
	};

	return cmocka_run_group_tests(stories, NULL, NULL);
}
