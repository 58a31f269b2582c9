// SPDX-License-Identifier: BSD-2-Clause
/* What a route says of its path, and what the last connection left behind, as the peer sees it. */
#include "packet.h"

#include <stdio.h>

#include <skiff/netconf.h>

static void route(const char *metrics)
{
	char text[200], err[400] = "";

	snprintf(text, sizeof(text), "192.0.2.1 dev tun0 %s", metrics);
	if (skiff_route_change(st.net, text, err, sizeof(err)))
		fail_msg("%s", err);
}

/* The SYN announces the route's size and window. */
static void announced(void **state)
{
	route("advmss 700 window 9000");
	connecting();
	out(S, 0, 0, 0);
	assert_int_equal(option_value(2, 0, 2), 700);
	assert_int_equal(st.last.win, 9000 - 9000 % 700);
}

static void first_window_of_the_receiver(void **state)
{
	route("initrwnd 4");
	listening();
	in(S, 0, 0, 0);
	out(S | A, 0, 1, 0);
	assert_int_equal(st.last.win, 4 * 1460);
}

static void segments_of_the_route(void **state)
{
	const uint8_t o[] = { 2, 4, 1460 >> 8, 1460 & 0xff };

	route("mtu lock 640 initcwnd 3");
	connecting();
	out(S, 0, 0, 0);
	assert_int_equal(option_value(2, 0, 2), 600);
	in_opts(S | A, 0, 1, 0, o, sizeof(o));
	out(A, 1, 1, 0);
	writes(2400);
	out(A, 1, 1, 600);
	out(A, 601, 1, 600);
	out(A, 1201, 1, 600);
	none();
	in(A, 1, 1801, 0);
	out(P | A, 1801, 1, 600);
	none();
}

/* Each segment is acknowledged at once, however much is said in between. */
static void acknowledged_at_once(void **state)
{
	route("quickack 1");
	connected();
	writes(10);
	out(P | A, 1, 1, 10);
	for (uint32_t i = 0; i < 30; i++) {
		in(P | A, 1 + 10 * i, 11, 10);
		out(A, 11, 11 + 10 * i, 0);
	}
}

static void asks_for_ecn(void **state)
{
	route("features ecn");
	connecting();
	out(S | E | C, 0, 0, 0);
}

static void least_timeout(void **state)
{
	setting("net.ipv4.tcp_early_retrans", "0");
	route("rto_min 40ms");
	connected();
	writes(1000);
	out(P | A, 1, 1, 1000);
	out_at(40, P | A, 1, 1, 1000);
}

/* Closed by the host; its last word is in TIME_WAIT. */
static void ends(uint32_t seq)
{
	closes();
	out(F | A, seq, 1, 0);
	in(F | A, 1, seq + 1, 0);
	out(A, seq + 1, 2, 0);
}

/*
 * A connection measured 300 ms and, at its end, nothing: 262 by the eighth of RFC 6298. The handshake of
 * the next one takes no time, but its timeout is what was known: 262 and twice that.
 */
static void a_slow_path_is_remembered(void **state)
{
	setting("net.ipv4.tcp_early_retrans", "0");
	connecting();
	out(S, 0, 0, 0);
	at(300);
	in(S | A, 0, 1, 0);
	out(A, 1, 1, 0);
	ends(1);
	another_connection();
	connected();
	writes(1000);
	out(P | A, 1, 1, 1000);
	out_at(1086, P | A, 1, 1, 1000);
}

/* The same without it. */
static void or_not(void **state)
{
	setting("net.ipv4.tcp_early_retrans", "0");
	setting("net.ipv4.tcp_no_metrics_save", "1");
	connecting();
	out(S, 0, 0, 0);
	at(300);
	in(S | A, 0, 1, 0);
	out(A, 1, 1, 0);
	ends(1);
	another_connection();
	connected();
	writes(1000);
	out(P | A, 1, 1, 1000);
	out_at(500, P | A, 1, 1, 1000);
}

int main(void)
{
	const struct CMUnitTest stories[] = {
		story(announced),
		story(first_window_of_the_receiver),
		story(segments_of_the_route),
		story(acknowledged_at_once),
		story(asks_for_ecn),
		story(least_timeout),
		story(a_slow_path_is_remembered),
		story(or_not),
	};

	return cmocka_run_group_tests(stories, NULL, NULL);
}
