// SPDX-License-Identifier: BSD-2-Clause
/* Windows: RFC 9293 section 3.8.6. */
#include <linux/sockios.h>

#include "packet.h"

/* Nothing goes beyond the window, whatever cwnd allows. */
static void is_never_exceeded(void **state)
{
	connected();
	st.win = 2500;
	in(A, 1, 1, 0);
	writes(5000);
	out(A, 1, 1, 1000);
	out(A, 1001, 1, 1000);
	out(P | A, 2001, 1, 500);
	none();
	in(A, 1, 2501, 0);
	out(A, 2501, 1, 1000);
	out(A, 3501, 1, 1000);
	out(P | A, 4501, 1, 500);
}

/* Section 3.8.6.1: the first probe after one RTO, then at intervals that double. */
static void closed_is_probed(void **state)
{
	connected();
	writes(1000);
	out(P | A, 1, 1, 1000);
	st.win = 0;
	in(A, 1, 1001, 0);
	writes(1000);
	none();
	out_at(200, A, 1000, 1, 0);
	in(A, 1, 1001, 0);
	out_at(600, A, 1000, 1, 0);
	in(A, 1, 1001, 0);
	out_at(1400, A, 1000, 1, 0);
	st.win = 65535;
	in(A, 1, 1001, 0);
	out(P | A, 1001, 1, 1000);
}

/* Section 3.8.6.2.1: a few bytes of room are not worth a segment. */
static void no_silly_segments(void **state)
{
	connected();
	writes(1000);
	out(P | A, 1, 1, 1000);
	st.win = 0;
	in(A, 1, 1001, 0);
	writes(3000);
	none();
	st.win = 100;
	in(A, 1, 1001, 0);
	none();
	st.win = 1000;
	in(A, 1, 1001, 0);
	out(A, 1001, 1, 1000);
	none();
}

/* A slow reader: what we offer shrinks by what arrives, and never goes back. */
static void ours_does_not_shrink(void **state)
{
	uint32_t edge = 0, seq = 1;

	connected();
	for (int i = 0; i < 60; i++) {
		in(P | A, seq, 1, 1000);
		seq += 1000;
		at(1 + i * 50);
		next_out();
		assert_true(st.last.ack + st.last.win >= edge);
		edge = st.last.ack + st.last.win;
	}
	reads(60000);
}

/* RFC 9293 section 3.10.7.4: what lies outside is answered, and not taken. */
static void data_beyond_it_is_not_taken(void **state)
{
	connected();
	in(P | A, 0x10000000, 1, 100);
	out(A, 1, 1, 0);
	in(P | A, 1, 1, 100);
	next_out();
	assert_int_equal(st.last.ack, 101);
	reads(100);
}

/* What ends beyond it is taken when nothing else waits to be read, so that the peer gets on; not else. */
static void end_beyond_it(void **state)
{
	uint32_t seq = 1, edge = 0xffff;

	stream_socket();
	sets(SOL_SOCKET, SO_RCVBUF, 3000);
	connected();
	while (edge - seq > 1000) {
		in(P | A, seq, 1, 500);
		seq += 500;
		at(seq);
		next_out();
		edge = st.last.ack + st.last.win;
	}
	none();
	in(P | A, seq, 1, edge - seq + 1);
	out(A, 1, seq, 0);
	/* A FIN takes no room in the window; memory there is, however large an sk_buff is. */
	sets(SOL_SOCKET, SO_RCVBUF, 6000);
	in(F | P | A, seq, 1, edge - seq);
	at(seq + 100);
	next_out();
	assert_int_equal(st.last.ack, edge + 1);
	reads(edge - 1);
	reads(0);
}

/* A receiver with nothing in its queue takes it. */
static void end_beyond_it_with_empty_queue(void **state)
{
	stream_socket();
	sets(SOL_SOCKET, SO_RCVBUF, 1000);
	connected();
	in(P | A, 1, 1, 2000);
	out_at(40, A, 1, 2001, 0);
	reads(2000);
}

/* Section 3.8.5: reading stops at the mark, and the program can ask whether it is there. */
static void urgent_mark(void **state)
{
	int mark = -1;
	u8 c = 1;

	connected();
	in_urgent(1, 1, 100, 100);
	reads(99);
	assert_int_equal(skiff_ioctl(st.fd, SIOCATMARK, &mark), 0);
	assert_int_equal(mark, 1);
	assert_int_equal(skiff_recv(st.fd, &c, 1, MSG_OOB), 1);
	assert_int_equal(c, 0);
}

int main(void)
{
	const struct CMUnitTest stories[] = {
		story(is_never_exceeded), story(closed_is_probed),
		story(no_silly_segments), story(ours_does_not_shrink),
		story(urgent_mark),	  story(data_beyond_it_is_not_taken),
		story(end_beyond_it),	  story(end_beyond_it_with_empty_queue),
	};

	return cmocka_run_group_tests(stories, NULL, NULL);
}
