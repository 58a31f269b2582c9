// SPDX-License-Identifier: BSD-2-Clause
/* netem: exact delays and rates, chance by its statistics, and settings as text. */
#include <skiff/fault.h>
#include <skiff/netem.h>

#include "testdev.h"

#define MANY 20000
#define MS 1000000ll

static int seeded(void **state)
{
	fixture_setup(state);
	skiff_rng_seed(&fixture.net->rng, 1);
	return 0;
}

static void configure(struct net_device *dev, const char *text)
{
	struct netem_params params;
	char err[256];

	if (netem_parse(&params, text, err, sizeof(err)))
		fail_msg("%s: %s", text, err);
	assert_int_equal(netem_configure(dev, &params), 0);
}

static struct net_device *up_with(const char *text)
{
	struct net_device *dev = testdev_up("net0");

	configure(dev, text);
	return dev;
}

static struct netem_stats stats_of(struct net_device *dev)
{
	struct netem_stats s;

	assert_int_equal(netem_get_stats(dev, &s), 0);
	return s;
}

static void send_one(struct net_device *dev, unsigned int len, u8 tag)
{
	assert_int_equal(dev_queue_xmit(packet(dev, len, tag)), NET_XMIT_SUCCESS);
}

/* Let the clock run to @ns after the start of the test. */
static void run_to(ktime_t ns)
{
	net_unlock(fixture.net);
	assert_int_equal(skiff_clock_run_until(fixture.clock, ns), 0);
	net_lock(fixture.net);
}

static void assert_sent_at(struct net_device *dev, unsigned int nr, ktime_t ns)
{
	run_to(ns - 1);
	assert_int_equal(testdev(dev)->nr_sent, nr - 1);
	run_to(ns);
	assert_int_equal(testdev(dev)->nr_sent, nr);
}

static void test_delay_is_exact(void **state)
{
	struct net_device *dev = up_with("delay=10ms");

	send_one(dev, 60, 1);
	run_to(3);
	send_one(dev, 60, 2);
	send_one(dev, 60, 3);
	assert_sent_at(dev, 1, 10 * MS);
	run_to(10 * MS + 2);
	assert_int_equal(testdev(dev)->nr_sent, 1);
	run_to(10 * MS + 3);
	assert_int_equal(testdev(dev)->nr_sent, 3);
	assert_int_equal(testdev(dev)->sent[1]->data[0], 2);
	assert_int_equal(testdev(dev)->sent[2]->data[0], 3);
	testdev_destroy(dev);
}

static void test_change_on_the_way(void **state)
{
	struct net_device *dev = up_with("delay=10ms");

	send_one(dev, 60, 1);
	configure(dev, "delay=1ms");
	send_one(dev, 60, 2);
	assert_sent_at(dev, 1, 1 * MS);
	assert_int_equal(testdev(dev)->sent[0]->data[0], 2);
	assert_sent_at(dev, 2, 10 * MS);
	assert_int_equal(stats_of(dev).packets, 2);
	send_one(dev, 60, 3);
	assert_int_equal(netem_configure(dev, NULL), 0);
	assert_int_equal(netem_get_stats(dev, &(struct netem_stats){ 0 }), -ENOENT);
	assert_int_equal(netem_configure(dev, NULL), 0);
	send_one(dev, 60, 4);
	assert_int_equal(testdev(dev)->nr_sent, 3);
	testdev_destroy(dev);
}

static void test_rate_is_exact(void **state)
{
	/* 1000 bytes a millisecond. */
	struct net_device *dev = up_with("rate=8mbit");

	send_one(dev, 1000, 1);
	send_one(dev, 123, 2);
	assert_sent_at(dev, 1, 1 * MS);
	assert_sent_at(dev, 2, 1123000);
	run_to(2 * MS);
	send_one(dev, 500, 3);
	assert_sent_at(dev, 3, 2500000);
	/* 7 bytes a second: 1/7 s is 142857142.86 ns. */
	configure(dev, "rate=56bit");
	send_one(dev, 1, 4);
	assert_sent_at(dev, 4, 2500000 + 142857142);
	testdev_destroy(dev);
}

static void test_rate_with_delay(void **state)
{
	struct net_device *dev = up_with("rate=8mbit,delay=10ms");

	send_one(dev, 1000, 1);
	send_one(dev, 1000, 2);
	run_to(5 * MS);
	send_one(dev, 1000, 3);
	assert_sent_at(dev, 1, 11 * MS);
	assert_sent_at(dev, 2, 12 * MS);
	assert_sent_at(dev, 3, 16 * MS);
	testdev_destroy(dev);
}

static void test_rate_of_cells(void **state)
{
	/* ATM: 48 bytes in cells of 53; 100 and 10 bytes are three cells. */
	struct net_device *dev = up_with("rate=8mbit,overhead=10,cell=48,cell_overhead=5");

	send_one(dev, 100, 1);
	assert_sent_at(dev, 1, 3 * 53 * 1000);
	configure(dev, "rate=8mbit,overhead=-200");
	send_one(dev, 100, 2);
	assert_int_equal(testdev(dev)->nr_sent, 2);
	testdev_destroy(dev);
}

/* So many have left when the link is ours, and so many fewer just before. */
static void assert_leave_at(struct net_device *dev, unsigned int before, unsigned int after,
			    ktime_t ns)
{
	run_to(ns - 1);
	assert_int_equal(testdev(dev)->nr_sent, before);
	run_to(ns);
	assert_int_equal(testdev(dev)->nr_sent, after);
}

/* Packets wait for each other, and leave together. */
/* Each packet takes three years: the hundredth is due beyond the end of time. */
static void test_rate_beyond_all_bounds(void **state)
{
	struct net_device *dev = up_with("rate=8bit,cell=1,cell_overhead=65535,slot=1ms");
	int i;

	for (i = 0; i < 150; i++)
		send_one(dev, 1500, 1);
	run_to(3600 * 1000 * MS);
	assert_int_equal(testdev(dev)->nr_sent, 0);
	testdev_destroy(dev);
}

static void test_slots(void **state)
{
	struct net_device *dev = up_with("slot=10ms");
	u8 i;

	for (i = 1; i < 4; i++) {
		send_one(dev, 60, i);
		run_ms(2);
	}
	assert_leave_at(dev, 0, 3, 10 * MS);
	/* One that comes when no slot is waited for makes one. */
	run_to(15 * MS);
	send_one(dev, 60, 4);
	assert_leave_at(dev, 3, 4, 25 * MS);
	testdev_destroy(dev);
}

static void test_slots_that_are_used_up(void **state)
{
	struct net_device *dev = up_with("slot=10ms,slot_packets=2");
	u8 i;

	for (i = 1; i < 6; i++)
		send_one(dev, 60, i);
	assert_leave_at(dev, 0, 2, 10 * MS);
	assert_leave_at(dev, 2, 4, 20 * MS);
	assert_leave_at(dev, 4, 5, 30 * MS);
	/* The packet that uses up the bytes still leaves. */
	configure(dev, "slot=10ms,slot_bytes=150");
	run_to(100 * MS);
	for (i = 6; i < 9; i++)
		send_one(dev, 100, i);
	assert_leave_at(dev, 5, 7, 110 * MS);
	assert_leave_at(dev, 7, 8, 120 * MS);
	testdev_destroy(dev);
}

static void test_slots_of_chance(void **state)
{
	struct net_device *dev = up_with("slot=1ms,slot_max=3ms,slot_packets=1");
	int i;

	for (i = 0; i < 1000; i++)
		send_one(dev, 60, 1);
	run_to(1000 * MS);
	assert_in_range(testdev(dev)->nr_sent, 450, 550);
	run_to(3000 * MS);
	assert_int_equal(testdev(dev)->nr_sent, 1000);
	testdev_destroy(dev);
}

static void test_limit(void **state)
{
	struct net_device *dev = up_with("delay=1ms,limit=3");
	int i;

	for (i = 0; i < 3; i++)
		send_one(dev, 60, 1);
	assert_int_equal(dev_queue_xmit(packet(dev, 60, 1)), NET_XMIT_DROP);
	assert_int_equal(stats_of(dev).overlimit, 1);
	assert_int_equal(atomic_long_read(&dev->tx_dropped), 1);
	run_ms(1);
	assert_int_equal(testdev(dev)->nr_sent, 3);
	configure(dev, "delay=1ms");
	for (i = 0; i < NETEM_LIMIT_DEFAULT; i++)
		send_one(dev, 60, 1);
	assert_int_equal(dev_queue_xmit(packet(dev, 60, 1)), NET_XMIT_DROP);
	testdev_destroy(dev);
}

/* Send @n packets a millisecond apart. @arrived, if wanted, gets a mark per packet that came. */
static void send_many(struct net_device *dev, int n, bool *arrived)
{
	int i;

	for (i = 0; i < n; i++) {
		struct sk_buff *skb = packet(dev, 60, 0);

		memcpy(skb->data, &i, sizeof(i));
		dev_queue_xmit(skb);
		run_ms(1);
		while (testdev(dev)->nr_sent) {
			int nr;

			skb = testdev(dev)->sent[--testdev(dev)->nr_sent];
			memcpy(&nr, skb->data, sizeof(nr));
			if (arrived && nr >= 0 && nr < n)
				arrived[nr] = true;
			consume_skb(skb);
		}
	}
}

static void assert_near(double value, double expected, double tolerance)
{
	if (value < expected - tolerance || value > expected + tolerance)
		fail_msg("%g is not within %g of %g", value, tolerance, expected);
}

/* How many of @n are lost, and how often one is that follows a lost one. */
static double loss_of(const bool *arrived, int n, double *after_loss)
{
	int i, lost = 0, pairs = 0;

	for (i = 0; i < n; i++) {
		lost += !arrived[i];
		if (i && !arrived[i - 1])
			pairs += !arrived[i];
	}
	*after_loss = lost ? (double)pairs / lost : 0;
	return (double)lost / n;
}

static void assert_loss(const char *text, double loss, double after_loss)
{
	static bool arrived[MANY];
	struct net_device *dev = up_with(text);
	double after, p;

	memset(arrived, 0, sizeof(arrived));
	send_many(dev, MANY, arrived);
	p = loss_of(arrived, MANY, &after);
	assert_near(p, loss, 0.012);
	assert_near(after, after_loss, 0.05);
	assert_int_equal(stats_of(dev).lost, (u64)(p * MANY + 0.5));
	/* Its sender has not been told. */
	assert_int_equal(atomic_long_read(&dev->tx_dropped), 0);
	testdev_destroy(dev);
}

static void test_random_loss(void **state)
{
	assert_loss("loss=10%", 0.10, 0.10);
}

static void test_correlated_loss(void **state)
{
	/* As many, but in groups: half of the decisions are the one before. */
	assert_loss("loss=10%,loss_corr=50%", 0.10, 0.55);
}

static void test_all_and_none(void **state)
{
	assert_loss("loss=100%", 1, 1);
	assert_loss("loss=0%", 0, 0);
}

static void test_gilbert_elliott_loss(void **state)
{
	/* In the bad state p/(p+r) of the time, which lasts. */
	assert_loss("gemodel=5%/20%", 0.2, 0.8);
	/* Half of the packets are lost there, some here. */
	assert_loss("gemodel=5%/20%/50%/2%", 0.2 * 0.5 + 0.8 * 0.02, 0.36);
	assert_loss("gemodel=7%", 0.07, 0.07);
}

static void test_markov_loss(void **state)
{
	/*
	 * Of the states' balance: p2 = p3 * p32 / p23, p1 * p13 = p3 * p31 and p4 = p1 * p14, with
	 * p3 and p4 lost: 0.2, and half of state 3 is followed by itself.
	 */
	double p1 = 1, p3 = p1 * 0.1 / 0.3, p2 = p3 * 0.2 / 0.5, p4 = p1 * 0.05;
	double lost = (p3 + p4) / (p1 + p2 + p3 + p4);

	assert_loss("markov=10%/30%/20%/50%/5%", lost, p3 * 0.5 / (p3 + p4));
}

static void test_duplicates(void **state)
{
	struct net_device *dev = up_with("duplicate=25%");

	send_many(dev, 4000, NULL);
	assert_near((double)stats_of(dev).duplicated / 4000, 0.25, 0.02);
	send_one(dev, 60, 1);
	configure(dev, "duplicate=100%,delay=1ms");
	testdev_free_sent(dev);
	send_one(dev, 60, 7);
	run_ms(1);
	assert_int_equal(testdev(dev)->nr_sent, 2);
	assert_int_equal(testdev(dev)->sent[0]->data[0], 7);
	assert_int_equal(testdev(dev)->sent[1]->data[0], 7);
	testdev_destroy(dev);
}

static void test_each_third_goes_past(void **state)
{
	struct net_device *dev = up_with("delay=10ms,reorder=100%,gap=3");
	u8 order[] = { 3, 6, 1, 2, 4, 5 };
	u8 i;

	for (i = 1; i <= 6; i++)
		send_one(dev, 60, i);
	assert_int_equal(testdev(dev)->nr_sent, 2);
	run_ms(10);
	assert_int_equal(testdev(dev)->nr_sent, 6);
	for (i = 0; i < 6; i++)
		assert_int_equal(testdev(dev)->sent[i]->data[0], order[i]);
	assert_int_equal(stats_of(dev).reordered, 2);
	testdev_destroy(dev);
}

static void test_some_go_past(void **state)
{
	struct net_device *dev = up_with("delay=5ms,reorder=25%,reorder_corr=50%");

	send_many(dev, MANY, NULL);
	assert_near((double)stats_of(dev).reordered / MANY, 0.25, 0.02);
	testdev_destroy(dev);
}

static unsigned int bits_set(const u8 *data, unsigned int len)
{
	unsigned int n = 0;

	while (len--)
		n += (unsigned int)__builtin_popcount(data[len]);
	return n;
}

static void test_one_bit_is_turned(void **state)
{
	struct net_device *dev = up_with("corrupt=100%");
	struct sk_buff *skb, *clone;
	unsigned int i, where = 0;

	for (i = 0; i < 200; i++) {
		skb = packet(dev, 200, 0);
		clone = skb_clone(skb, GFP_KERNEL);
		dev_queue_xmit(skb);
		assert_int_equal(bits_set(testdev(dev)->sent[i]->data, 200), 1);
		where |= bits_set(testdev(dev)->sent[i]->data, 100) ? 1 : 2;
		/* Whoever else has it keeps it as it was. */
		assert_int_equal(bits_set(clone->data, 200), 0);
		consume_skb(clone);
	}
	assert_int_equal(where, 3);
	assert_int_equal(stats_of(dev).corrupted, 200);
	configure(dev, "corrupt=10%");
	send_many(dev, 4000, NULL);
	assert_near((double)(stats_of(dev).corrupted - 200) / 4000, 0.1, 0.02);
	testdev_destroy(dev);
}

static void test_corruption_shows_in_the_checksum(void **state)
{
	struct net_device *dev = up_with("corrupt=100%");
	struct sk_buff *skb = packet(dev, 100, 0);

	dev->features |= NETIF_F_HW_CSUM;
	assert_true(skb_partial_csum_set(skb, 20, 6));
	dev_queue_xmit(skb);
	skb = testdev(dev)->sent[0];
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	/* The sum over zeroes, then one bit. */
	assert_true(bits_set(skb->data, 100) == 17 || bits_set(skb->data, 100) == 15);
	testdev_destroy(dev);
}

/* Mean and deviation of the delays of @n packets, in milliseconds. */
static void delays(const char *text, int n, double *mean, double *square, double *most)
{
	struct net_device *dev = up_with(text);
	double sum = 0, squares = 0, at;
	int i;

	*most = 0;
	for (i = 0; i < n; i++) {
		ktime_t start = skiff_clock_now(fixture.clock), next;

		send_one(dev, 60, 1);
		net_unlock(fixture.net);
		next = skiff_clock_next(fixture.clock);
		net_lock(fixture.net);
		at = next == KTIME_MAX ? 0 : (double)(next - start) / 1e6;
		if (at > 0)
			run_to(next);
		assert_int_equal(testdev(dev)->nr_sent, 1);
		testdev_free_sent(dev);
		sum += at;
		squares += at * at;
		*most = at > *most ? at : *most;
	}
	*mean = sum / n;
	*square = squares / n - *mean * *mean;
	testdev_destroy(dev);
}

static void test_distributions(void **state)
{
	double mean, square, most;

	delays("delay=100ms,jitter=12ms", MANY, &mean, &square, &most);
	assert_near(mean, 100, 0.3);
	/* A width of 24: its square by twelve. */
	assert_near(square, 48, 2);
	assert_near(most, 112, 0.1);
	delays("delay=100ms,jitter=10ms,dist=normal", MANY, &mean, &square, &most);
	assert_near(mean, 100, 0.3);
	assert_near(square, 100, 4);
	assert_near(most, 135, 5);
	delays("delay=100ms,jitter=10ms,dist=pareto", MANY, &mean, &square, &most);
	assert_near(mean, 100, 0.5);
	assert_near(square, 100, 25);
	/* What is late can be very late, nothing is very early. */
	assert_true(most > 200);
	delays("delay=1ms,jitter=10ms", 1000, &mean, &square, &most);
	assert_near(most, 11, 0.5);
}

static void test_correlated_delays(void **state)
{
	struct net_device *dev = up_with("delay=100ms,jitter=50ms,delay_corr=100%");
	unsigned int i;

	/* All of them as the first. */
	for (i = 0; i < 10; i++)
		send_one(dev, 60, (u8)i);
	run_ms(150);
	assert_int_equal(testdev(dev)->nr_sent, 10);
	for (i = 0; i < 10; i++)
		assert_int_equal(testdev(dev)->sent[i]->data[0], i);
	testdev_destroy(dev);
}

static void test_jitter_reorders(void **state)
{
	struct net_device *dev = up_with("delay=100ms,jitter=50ms");
	unsigned int i, turned = 0;

	for (i = 0; i < 200; i++)
		send_one(dev, 60, (u8)i);
	run_ms(151);
	assert_int_equal(testdev(dev)->nr_sent, 200);
	for (i = 1; i < 200; i++)
		turned += testdev(dev)->sent[i]->data[0] < testdev(dev)->sent[i - 1]->data[0];
	assert_in_range(turned, 80, 120);
	testdev_destroy(dev);
}

/* A run's packets in a number. */
static u64 journey(u64 seed)
{
	struct net_device *dev;
	u64 sum = 0;
	int i;

	skiff_rng_seed(&fixture.net->rng, seed);
	dev = up_with("delay=5ms,jitter=5ms,dist=normal,loss=10%,duplicate=10%,corrupt=10%");
	for (i = 0; i < 500; i++) {
		send_one(dev, 60, (u8)i);
		run_ms(1);
	}
	run_ms(100);
	for (i = 0; i < (int)testdev(dev)->nr_sent; i++)
		sum = sum * 31 + testdev(dev)->sent[i]->data[0] +
		      bits_set(testdev(dev)->sent[i]->data + 1, 59);
	testdev_destroy(dev);
	return sum;
}

static void test_same_seed_same_packets(void **state)
{
	u64 first = journey(7);

	assert_true(first == journey(7));
	assert_false(first == journey(8));
}

static void test_busy_device(void **state)
{
	struct net_device *dev = up_with("delay=1ms");

	testdev(dev)->busy = 3;
	send_one(dev, 60, 1);
	send_one(dev, 60, 2);
	run_ms(10);
	assert_int_equal(testdev(dev)->nr_sent, 2);
	assert_int_equal(testdev(dev)->sent[0]->data[0], 1);
	testdev_destroy(dev);
}

static void test_down_with_packets_on_the_way(void **state)
{
	struct net_device *dev = up_with("delay=1ms");

	send_one(dev, 60, 1);
	dev_close(dev);
	run_ms(10);
	assert_int_equal(testdev(dev)->nr_sent, 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	send_one(dev, 60, 2);
	run_ms(1);
	assert_int_equal(testdev(dev)->nr_sent, 1);
	send_one(dev, 60, 3);
	testdev_destroy(dev);
}

static void test_without_memory(void **state)
{
	struct net_device *dev = testdev_up("net0");
	struct netem_params params = { .delay = MS, .duplicate = { NETEM_ALWAYS, 0 } };
	long n;
	int i;

	params.corrupt.probability = NETEM_ALWAYS;
	for (n = 1;; n++) {
		int ret;

		if (skiff_fail_nth(n) < 0)
			skip();
		ret = netem_configure(dev, &params);
		skiff_fail_nth(0);
		if (!ret)
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_int_equal(netem_get_stats(dev, &(struct netem_stats){ 0 }), -ENOENT);
	}
	for (n = 1; n < 8; n++) {
		struct sk_buff *skb[20];

		for (i = 0; i < 20; i++)
			skb[i] = packet(dev, 60, 1);
		skiff_fail_nth(n);
		for (i = 0; i < 20; i++)
			dev_queue_xmit(skb[i]);
		skiff_fail_nth(0);
		run_ms(2);
		assert_in_range(testdev(dev)->nr_sent, 38, 40);
		testdev_free_sent(dev);
	}
	testdev_destroy(dev);
}

static void assert_refused(const char *text, const char *message)
{
	struct netem_params params;
	char err[512];

	assert_int_equal(netem_parse(&params, text, err, sizeof(err)), -EINVAL);
	if (!strstr(err, message))
		fail_msg("%s: \"%s\" is not in \"%s\"", text, message, err);
}

static void test_refused_texts(void **state)
{
	char large[600];

	assert_refused("delay=10", "delay=10: a time up to an hour");
	assert_refused("delay=-1ms", "a time up to an hour");
	assert_refused("delay=3601s", "a time up to an hour");
	assert_refused("delay=99999999999999999999s", "a time up to an hour");
	assert_refused("delay=1.ms", "a time up to an hour");
	assert_refused("delay", "delay: not a setting; key=value");
	assert_refused("lag=1ms", "lag: no such setting; there are: delay, jitter");
	assert_refused("loss=101%", "loss=101%: 0% to 100%");
	assert_refused("loss=%", "0% to 100%");
	assert_refused("loss=1%x", "0% to 100%");
	assert_refused("rate=10", "rate=10: a rate of 8bit");
	assert_refused("rate=7bit", "a rate of 8bit");
	assert_refused("rate=8001gbit", "a rate of 8bit");
	assert_refused("dist=gauss,jitter=1ms", "uniform, normal or pareto");
	assert_refused("limit=0", "1 to 1000000");
	assert_refused("rate=1mbit,overhead=70000", "-65535 to 65535");
	assert_refused("rate=1mbit,cell=0", "1 to 65535");
	assert_refused("gemodel=1%/2%/3%/4%/5%", "P/R/1-H/1-K");
	assert_refused("gemodel=1%/", "P/R/1-H/1-K");
	assert_refused("markov=x", "P13");
	assert_refused("markov=60%/0%/0%/0%/50%", "the sum may be 100%");
	assert_refused("reorder=1%", "reorder: packets that nothing delays");
	assert_refused("delay=1ms,gap=2", "accepted with reorder");
	assert_refused("dist=normal", "accepted with jitter");
	assert_refused("loss=1%,gemodel=1%", "one of loss, gemodel and markov");
	assert_refused("loss_corr=1%", "accepted with loss");
	assert_refused("duplicate_corr=1%", "accepted with duplicate");
	assert_refused("corrupt_corr=1%", "accepted with corrupt");
	assert_refused("cell=48", "accepted with rate");
	assert_refused("rate=1mbit,cell_overhead=5", "accepted with cell");
	assert_refused("slot=2ms,slot_max=1ms", "at least as long as slot");
	assert_refused("slot_packets=5", "accepted with slot");
	assert_refused("slot=1ms,slot_bytes=0", "1 to 1000000000 bytes");
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	assert_refused(large, "at most 511 characters");
}

static void test_accepted_texts(void **state)
{
	struct netem_params p;
	char err[256];

	assert_int_equal(netem_parse(&p, "", err, sizeof(err)), 0);
	assert_int_equal(netem_parse(&p, "delay=1.5s,jitter=2.5us,rate=2.5mbps,gap=3,reorder=1",
				     err, sizeof(err)),
			 0);
	assert_int_equal(p.delay, 1500000000);
	assert_int_equal(p.jitter, 2500);
	assert_int_equal(p.rate, 2500000);
	assert_int_equal(p.gap, 3);
	assert_int_equal(p.reorder.probability, UINT32_MAX / 100);
	assert_int_equal(netem_parse(&p, "loss=100%,rate=8000gbit", err, sizeof(err)), 0);
	assert_int_equal(p.loss.probability, NETEM_ALWAYS);
	assert_true(p.rate == 1000000000000ull);
	assert_int_equal(netem_parse(&p, "loss=0.00000001%", NULL, 0), 0);
	assert_int_equal(p.loss.probability, 1);
	assert_int_equal(netem_parse(&p, "gemodel=25%", NULL, 0), 0);
	assert_int_equal(p.ge.p, UINT32_MAX / 4);
	assert_int_equal(p.ge.r, UINT32_MAX - UINT32_MAX / 4);
	assert_int_equal(p.ge.h1, NETEM_ALWAYS);
}

static void test_refused_params(void **state)
{
	struct net_device *dev = testdev_up("net0");

	assert_int_equal(netem_configure(dev, &(struct netem_params){ .delay = -1 }), -EINVAL);
	assert_int_equal(netem_configure(dev,
					 &(struct netem_params){ .jitter = NETEM_DELAY_MAX + 1 }),
			 -EINVAL);
	assert_int_equal(netem_configure(dev,
					 &(struct netem_params){ .limit = NETEM_LIMIT_MAX + 1 }),
			 -EINVAL);
	testdev_destroy(dev);
}

#define seeded_test(name) cmocka_unit_test_setup_teardown(name, seeded, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		seeded_test(test_delay_is_exact),
		seeded_test(test_change_on_the_way),
		seeded_test(test_rate_is_exact),
		seeded_test(test_rate_with_delay),
		seeded_test(test_rate_of_cells),
		seeded_test(test_rate_beyond_all_bounds),
		seeded_test(test_slots),
		seeded_test(test_slots_that_are_used_up),
		seeded_test(test_slots_of_chance),
		seeded_test(test_limit),
		seeded_test(test_random_loss),
		seeded_test(test_correlated_loss),
		seeded_test(test_all_and_none),
		seeded_test(test_gilbert_elliott_loss),
		seeded_test(test_markov_loss),
		seeded_test(test_duplicates),
		seeded_test(test_each_third_goes_past),
		seeded_test(test_some_go_past),
		seeded_test(test_one_bit_is_turned),
		seeded_test(test_corruption_shows_in_the_checksum),
		seeded_test(test_distributions),
		seeded_test(test_correlated_delays),
		seeded_test(test_jitter_reorders),
		seeded_test(test_same_seed_same_packets),
		seeded_test(test_busy_device),
		seeded_test(test_down_with_packets_on_the_way),
		seeded_test(test_without_memory),
		seeded_test(test_refused_texts),
		seeded_test(test_accepted_texts),
		seeded_test(test_refused_params),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
