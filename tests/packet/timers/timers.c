// SPDX-License-Identifier: BSD-2-Clause
/* Keepalive, delayed acknowledgments, FIN_WAIT2: RFC 9293 sections 3.8.4, 3.8.6.3 and 3.6. */
#include "packet.h"

#include <errno.h>

static void keepalive(void **state)
{
	connected();
	sets(IPPROTO_TCP, TCP_KEEPIDLE, 10);
	sets(IPPROTO_TCP, TCP_KEEPINTVL, 5);
	sets(IPPROTO_TCP, TCP_KEEPCNT, 2);
	sets(SOL_SOCKET, SO_KEEPALIVE, 1);
	out_at(10000, A, 0, 1, 0);
	in(A, 1, 1, 0);
	at(19999);
	none();
	at(20001);
	out(A, 0, 1, 0);
	at(25001);
	out(A, 0, 1, 0);
	at(30001);
	out(R | A, 1, 1, 0);
	fails(ETIMEDOUT);
}

/* 40 ms, or with the second segment. */
static void delayed_ack(void **state)
{
	uint32_t seq = 1;

	connected();
	/* The first segments of a connection are acknowledged at once. */
	for (int i = 0; i < 20; i++) {
		in(P | A, seq, 1, 1000);
		seq += 1000;
	}
	reads(20000);
	sets(IPPROTO_TCP, TCP_QUICKACK, 0);
	at(100);
	do
		next_out();
	while (st.last.ack != seq);
	none();
	in(P | A, seq, 1, 1000);
	reads(1000);
	none();
	in(P | A, seq + 1000, 1, 1000);
	reads(1000);
	out(A, 1, seq + 2000, 0);
	in(P | A, seq + 2000, 1, 1000);
	none();
	out_at(140, A, 1, seq + 3000, 0);
}

/* A peer that never closes does not keep us for ever. */
static void fin_wait2(void **state)
{
	setting("net.ipv4.tcp_fin_timeout", "10");
	connected();
	closes();
	out(F | A, 1, 1, 0);
	in(A, 1, 2, 0);
	at(9900);
	in(A, 1, 2, 0);
	none();
	at(21000);
	in(F | A, 1, 2, 0);
	out(R, 2, 0, 0);
}

static void user_timeout(void **state)
{
	connected();
	sets(IPPROTO_TCP, TCP_USER_TIMEOUT, 2000);
	writes(10);
	at(1900);
	fails(EAGAIN);
	at(4000);
	fails(ETIMEDOUT);
}

int main(void)
{
	const struct CMUnitTest stories[] = {
		story(keepalive),
		story(delayed_ack),
		story(fin_wait2),
		story(user_timeout),
	};

	return cmocka_run_group_tests(stories, NULL, NULL);
}
