// SPDX-License-Identifier: BSD-2-Clause
/* Nothing comes back: RFC 6298, and the probe of RFC 8985 section 7. */
#include "packet.h"

#include <errno.h>

/* Until then one round trip of 100 ms was measured. */
static void connected_in_100ms(void)
{
	const uint8_t o[] = { 2, 4, 1000 >> 8, 1000 & 0xff, 1, 1, 4, 2 };

	connecting();
	out(S, 0, 0, 0);
	at(100);
	in_opts(S | A, 0, 1, 0, o, sizeof(o));
	out(A, 1, 1, 0);
}

/* Section 2.2: 100 + 4 * 50 ms; section 5.5: twice as long each time. */
static void backs_off(void **state)
{
	setting("net.ipv4.tcp_early_retrans", "0");
	connected_in_100ms();
	writes(1000);
	out(P | A, 1, 1, 1000);
	out_at(400, P | A, 1, 1, 1000);
	out_at(1000, P | A, 1, 1, 1000);
	out_at(2200, P | A, 1, 1, 1000);
	in(A, 1, 1001, 0);
	at(20000);
	none();
}

/* Two round trips, and the time that the peer may take for its ACK of a single segment. */
static void tail_loss_probe(void **state)
{
	connected_in_100ms();
	writes(2000);
	out(A, 1, 1, 1000);
	out(P | A, 1001, 1, 1000);
	at(299);
	none();
	at(302);
	out(P | A, 1001, 1, 1000);
	assert_int_equal(counter("TcpExtTCPLossProbes"), 1);
	in(A, 1, 2001, 0);
	none();
}

/* Section 5.1: after a timeout one segment, and slow start. */
static void slow_start_after_timeout(void **state)
{
	setting("net.ipv4.tcp_early_retrans", "0");
	connected_in_100ms();
	writes(4000);
	for (uint32_t seq = 1; seq < 4001; seq += 1000)
		next_out();
	out_at(400, A, 1, 1, 1000);
	none();
	at(500);
	in(A, 1, 1001, 0);
	out(A, 1001, 1, 1000);
	out(A, 2001, 1, 1000);
	none();
	at(600);
	in(A, 1, 3001, 0);
	out(P | A, 3001, 1, 1000);
}

/* RFC 9293 section 3.8.3: it gives up in the end, and says so. */
static void gives_up(void **state)
{
	setting("net.ipv4.tcp_retries2", "3");
	connected_in_100ms();
	writes(10);
	at(60000);
	fails(ETIMEDOUT);
	assert_int_equal(counter("TcpExtTCPAbortOnTimeout"), 1);
}

static void syn(void **state)
{
	setting("net.ipv4.tcp_syn_linear_timeouts", "0");
	connecting();
	out(S, 0, 0, 0);
	out_at(1000, S, 0, 0, 0);
	out_at(3000, S, 0, 0, 0);
	out_at(7000, S, 0, 0, 0);
	in(S | A, 0, 1, 0);
	out(A, 1, 1, 0);
}

int main(void)
{
	const struct CMUnitTest stories[] = {
		story(backs_off),
		story(tail_loss_probe),
		story(slow_start_after_timeout),
		story(gives_up),
		story(syn),
	};

	return cmocka_run_group_tests(stories, NULL, NULL);
}
