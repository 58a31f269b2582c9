// SPDX-License-Identifier: BSD-2-Clause
/*
 * Attackers who see nothing of a connection but know its addresses and ports, and guess the numbers:
 * how often they are right is what RFC 5961 says it is.
 *
 * The receive window is a known part of all sequence numbers, and so are the acknowledgments that are
 * taken; guesses come from a generator that begins the same way each time. What is counted may be five
 * standard deviations from what is expected.
 */
#include "hostile.h"

#define GUESSES 40000
#define NUMBERS 4294967296.0

static u64 chance;

static u32 guess(void)
{
	chance = chance * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(chance >> 32);
}

static void assert_expected(u64 count, double probability)
{
	const double mean = GUESSES * probability, variance = mean * (1 - probability);
	const double apart = (double)count - mean;

	if (apart * apart > 25 * variance + 1)
		fail_msg("%llu, expected are %.0f with a variance of %.0f",
			 (unsigned long long)count, mean, variance);
}

/* Windows of a large part of all numbers, and no limit to the challenges: each is counted. */
static void connect_with_wide_windows(void)
{
	const u8 opts[] = { 2, 4, 1000 >> 8, 1000 & 0xff, 1, 1, 4, 2, 1, 3, 3, 14 };

	chance = 5961;
	peer_sysctl(&p, "net.ipv4.tcp_rmem", "4096 1000000000 1000000000");
	peer_sysctl(&p, "net.ipv4.tcp_invalid_ratelimit", "0");
	peer_syn_sent(&p, &s);
	memcpy(p.opts, opts, sizeof(opts));
	p.optlen = sizeof(opts);
	peer_send(&p, S_ | A_, 1, NULL, 0);
	p.optlen = 0;
	peer_ack(&p, 1);
	drop_sent();
	/* Guesses are of absolute numbers. */
	p.seq = p.iss = 0;
}

static void send_guess(u8 flags, u32 seq, u32 ack, size_t len)
{
	peer_send_at(&p, flags, (s32)(seq - p.seq), ack, peer_bytes, len);
	p.seq = 0;
	drop_sent();
}

static double part(u32 window)
{
	return window / NUMBERS;
}

/* RFC 5961 section 3.2: a guess within the window is asked about, only the exact number is a reset. */
static void resets(void **state)
{
	const struct tcp_sock *tp;
	u64 challenges;

	connect_with_wide_windows();
	tp = tcp_sk(the_sock());
	assert_true(tcp_receive_window(tp) > NUMBERS / 64);
	challenges = peer_mib(&p, LINUX_MIB_TCPCHALLENGEACK);
	for (int i = 0; i < GUESSES; i++)
		send_guess(R_, guess(), 0, 0);
	challenges = peer_mib(&p, LINUX_MIB_TCPCHALLENGEACK) - challenges;
	assert_expected(challenges, part(tcp_receive_window(tp)));
	assert_int_equal(the_sock()->sk_state, TCP_ESTABLISHED);
	send_guess(R_, tp->rcv_nxt + 1, 0, 0);
	send_guess(R_, tp->rcv_nxt - 1, 0, 0);
	assert_int_equal(the_sock()->sk_state, TCP_ESTABLISHED);
	send_guess(R_, tp->rcv_nxt, 0, 0);
	assert_int_equal(skiff_recv(p.fd, &(u8){ 0 }, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
}

/* Section 4.2: whatever the number of a SYN is, the peer is asked, and nothing else happens. */
static void syns(void **state)
{
	u64 challenges;

	connect_with_wide_windows();
	challenges = peer_mib(&p, LINUX_MIB_TCPSYNCHALLENGE);
	for (int i = 0; i < GUESSES; i++)
		send_guess(S_, guess(), 0, 0);
	assert_int_equal(peer_mib(&p, LINUX_MIB_TCPSYNCHALLENGE) - challenges, GUESSES);
	assert_int_equal(the_sock()->sk_state, TCP_ESTABLISHED);
}

/* Section 5.2: data needs an acknowledgment of what was sent not more than a window ago, too. */
static void injected_data(void **state)
{
	const struct tcp_sock *tp;
	double probability;

	connect_with_wide_windows();
	tp = tcp_sk(the_sock());
	probability = part(tcp_receive_window(tp)) * part(tp->max_window + 1);
	assert_true(tp->max_window > NUMBERS / 8);
	/* As long as less than a window was acknowledged ever, that is the limit. */
	tcp_sk(the_sock())->bytes_acked = tp->max_window;
	for (int i = 0; i < GUESSES; i++) {
		const u32 seq = guess();

		send_guess(A_, seq, guess(), 1);
	}
	assert_expected(tp->rcv_ooopack, probability);
	tcp_check_invariants(p.h.net);
	assert_int_equal(the_sock()->sk_state, TCP_ESTABLISHED);
}

/* With windows as they usually are, none of as many guesses hits. */
static void usual_windows(void **state)
{
	const struct tcp_sock *tp;

	peer_connect(&p);
	chance = 5961;
	tp = tcp_sk(the_sock());
	p.seq = p.iss = 0;
	for (int i = 0; i < GUESSES; i++) {
		const u32 seq = guess();

		send_guess(A_, seq, guess(), 1);
		send_guess(R_, guess(), 0, 0);
	}
	assert_int_equal(tp->rcv_ooopack + tp->bytes_received, 0);
	assert_int_equal(the_sock()->sk_state, TCP_ESTABLISHED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(resets),
		CASE(syns),
		CASE(injected_data),
		CASE(usual_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
