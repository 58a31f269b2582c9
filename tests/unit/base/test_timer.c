// SPDX-License-Identifier: BSD-2-Clause
/* Timers: edges, order, and long random sequences against a naive twin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/env.h"
#include "base/timer.h"
#include "death.h"

/* A base on a clock of its own, and a log of what fired. */
static struct skiff_clock *vclock;
static struct timer_base *base;
static struct timer_list *fired[64];
static ktime_t fired_at[64];
static size_t nr_fired;

static int setup(void **state)
{
	vclock = skiff_clock_virtual(1000, 0);
	base = malloc(sizeof(*base));
	timer_base_init(base, vclock);
	nr_fired = 0;
	return 0;
}

static int teardown(void **state)
{
	timer_base_drain(base, NULL, NULL);
	free(base);
	skiff_clock_put(vclock);
	skiff_env = NULL;
	return 0;
}

static void note(struct timer_list *timer)
{
	assert_false(timer_pending(timer));
	assert_true(nr_fired < ARRAY_SIZE(fired));
	fired[nr_fired] = timer;
	fired_at[nr_fired++] = base->pos;
}

static void prepare(struct timer_list *timer)
{
	timer_setup_base(timer, base, note, 0, "note");
}

static int run_to(ktime_t now)
{
	clock_advance(vclock, now);
	return timer_base_run(base, now, 1 << 20);
}

static void test_one(void **state)
{
	struct timer_list t;

	prepare(&t);
	assert_false(timer_pending(&t));
	assert_int_equal(del_timer(&t), 0);
	assert_true(timer_base_next(base) == KTIME_MAX);
	assert_int_equal(mod_timer_ns(&t, 5000), 0);
	assert_true(timer_pending(&t));
	assert_true(timer_base_next(base) == 5000);
	assert_int_equal(run_to(4999), 0);
	assert_int_equal(run_to(5000), 1);
	assert_ptr_equal(fired[0], &t);
	assert_false(timer_pending(&t));
	assert_true(timer_base_next(base) == KTIME_MAX);
	assert_int_equal(base->armed, 0);
}

static void test_move_and_delete(void **state)
{
	struct timer_list t;

	prepare(&t);
	mod_timer_ns(&t, 5000);
	assert_int_equal(mod_timer_ns(&t, 5000), 1);
	assert_int_equal(mod_timer_ns(&t, 9000), 1);
	assert_true(timer_base_next(base) == 9000);
	assert_int_equal(mod_timer_ns(&t, 2000), 1);
	assert_true(timer_base_next(base) == 2000);
	assert_int_equal(del_timer(&t), 1);
	assert_int_equal(del_timer_sync(&t), 0);
	assert_int_equal(run_to(1 << 20), 0);
	assert_int_equal(nr_fired, 0);
}

/* Every distance from one nanosecond to centuries, alone and all together. */
static void test_every_distance(void **state)
{
	struct timer_list t[63];
	ktime_t start = base->pos;

	for (int i = 0; i < 62; i++) {
		prepare(&t[i]);
		mod_timer_ns(&t[i], start + (1LL << i));
	}
	prepare(&t[62]);
	mod_timer_ns(&t[62], KTIME_MAX - 1);
	for (int i = 0; i < 62; i++) {
		assert_true(timer_base_next(base) == start + (1LL << i));
		assert_int_equal(run_to(start + (1LL << i) - 1), 0);
		assert_int_equal(run_to(start + (1LL << i)), 1);
		assert_ptr_equal(fired[nr_fired - 1], &t[i]);
	}
	assert_int_equal(run_to(KTIME_MAX - 1), 1);
}

static void test_equal_instants(void **state)
{
	struct timer_list t[8];

	/* Armed from near and from far, in this order. */
	for (int i = 0; i < 8; i++) {
		prepare(&t[i]);
		mod_timer_ns(&t[i], 1000000);
		run_to(1000000 - (1 << (17 - 2 * i)));
	}
	/* Arming again for the same instant keeps the place; going away and back loses it. */
	mod_timer_ns(&t[2], 1000000);
	mod_timer_ns(&t[3], 1000001);
	mod_timer_ns(&t[3], 1000000);
	assert_int_equal(run_to(2000000), 8);
	for (int i = 0, expected = 0; i < 7; i++, expected++) {
		expected += expected == 3;
		assert_ptr_equal(fired[i], &t[expected]);
		assert_true(fired_at[i] == 1000000);
	}
	assert_ptr_equal(fired[7], &t[3]);
}

/* Nothing is due: the position may stay behind, and what is armed then is as exact. */
static void test_quiet(void **state)
{
	const ktime_t lag = 1LL << (TIMER_LAG_LEVELS * TIMER_LEVEL_BITS);
	struct timer_list near, far;

	prepare(&near);
	prepare(&far);
	assert_true(timer_base_quiet(base, 2000));
	assert_false(timer_base_quiet(base, lag));
	mod_timer_ns(&far, 9000);
	assert_true(timer_base_quiet(base, 8999));
	assert_false(timer_base_quiet(base, 9000));
	clock_advance(vclock, 8000);
	mod_timer_ns(&near, 8001);
	assert_true(timer_base_next(base) == 8001);
	assert_false(timer_base_quiet(base, 8001));
	assert_int_equal(run_to(8500), 1);
	assert_ptr_equal(fired[0], &near);
	assert_int_equal(run_to(9000), 1);
	assert_ptr_equal(fired[1], &far);
}

static void test_past(void **state)
{
	struct timer_list a, b, c;

	run_to(50000);
	prepare(&a);
	prepare(&b);
	prepare(&c);
	mod_timer_ns(&a, 60000);
	mod_timer_ns(&b, 7);
	mod_timer_ns(&c, -5);
	assert_true(timer_base_next(base) == 50000);
	assert_int_equal(run_to(50000), 2);
	assert_ptr_equal(fired[0], &b);
	assert_ptr_equal(fired[1], &c);
	assert_int_equal(run_to(60000), 1);
}

static void test_budget(void **state)
{
	struct timer_list t[5];

	for (int i = 0; i < 5; i++) {
		prepare(&t[i]);
		mod_timer_ns(&t[i], 2000 + i);
	}
	clock_advance(vclock, 3000);
	assert_int_equal(timer_base_run(base, 3000, 0), 0);
	assert_int_equal(timer_base_run(base, 3000, 2), 2);
	assert_true(timer_base_next(base) == 2002);
	assert_int_equal(timer_base_run(base, 3000, 3), 3);
	assert_int_equal(timer_base_run(base, 3000, 3), 0);
}

/* Callbacks that change what is armed. */
static struct timer_list other;
static int repeats;

static void repeat(struct timer_list *timer)
{
	if (++repeats < 5)
		mod_timer_ns(timer, base->pos + 10);
	else
		del_timer(timer);
}

static void kill_other(struct timer_list *timer)
{
	assert_int_equal(del_timer(&other), 1);
}

static void arm_other_now(struct timer_list *timer)
{
	mod_timer_ns(&other, base->pos);
}

static void free_self(struct timer_list *timer)
{
	repeats++;
	free(timer);
}

static void test_callbacks(void **state)
{
	struct timer_list t;
	struct timer_list *heap = malloc(sizeof(*heap));

	repeats = 0;
	timer_setup_base(&t, base, repeat, 0, "repeat");
	mod_timer_ns(&t, 2000);
	assert_int_equal(run_to(2039), 4);
	assert_int_equal(run_to(2040), 1);
	assert_int_equal(repeats, 5);

	prepare(&other);
	timer_setup_base(&t, base, kill_other, 0, "kill_other");
	mod_timer_ns(&t, 3000);
	mod_timer_ns(&other, 3000);
	assert_int_equal(run_to(4000), 1);

	timer_setup_base(&t, base, arm_other_now, 0, "arm_other_now");
	mod_timer_ns(&t, 5000);
	assert_int_equal(run_to(5000), 2);
	assert_ptr_equal(fired[nr_fired - 1], &other);

	timer_setup_base(heap, base, free_self, 0, "free_self");
	mod_timer_ns(heap, 6000);
	run_to(6000);
	assert_int_equal(repeats, 6);
}

/* The kernel's calls: jiffies, and the host that is current. */
static void test_jiffies(void **state)
{
	struct skiff_env env = { .clock = vclock, .timers = base };
	struct timer_list t;

	skiff_env = &env;
	timer_setup(&t, note, TIMER_DEFERRABLE);
	assert_string_equal(t.name, "note");
	assert_int_equal(mod_timer_pending(&t, jiffies + 1), 0);
	assert_int_equal(mod_timer(&t, jiffies + 3), 0);
	assert_true(t.base == base);
	assert_true(t.expires == jiffies + 3);
	assert_true(t.when == 3 * NSEC_PER_JIFFY);
	/* It fires exactly when jiffies gets there. */
	run_to(3 * NSEC_PER_JIFFY - 1);
	assert_false(time_after_eq(jiffies, t.expires));
	assert_int_equal(nr_fired, 0);
	run_to(3 * NSEC_PER_JIFFY);
	assert_true(time_after_eq(jiffies, t.expires));
	assert_int_equal(nr_fired, 1);

	/* Now and the past are the next jiffy. */
	mod_timer(&t, jiffies);
	assert_true(t.when == 4 * NSEC_PER_JIFFY);
	mod_timer(&t, jiffies - 1000);
	assert_true(t.when == 4 * NSEC_PER_JIFFY);
	assert_int_equal(mod_timer_pending(&t, jiffies + 7), 1);
	assert_int_equal(timer_reduce(&t, jiffies + 9), 1);
	assert_true(t.when == 10 * NSEC_PER_JIFFY);
	assert_int_equal(timer_reduce(&t, jiffies + 5), 1);
	assert_true(t.when == 8 * NSEC_PER_JIFFY);
	del_timer(&t);
	assert_int_equal(timer_reduce(&t, jiffies + 5), 0);
	del_timer(&t);
	t.expires = jiffies + 2;
	add_timer(&t);
	assert_true(t.when == 5 * NSEC_PER_JIFFY);
	/* As far as jiffies go. */
	mod_timer(&t, jiffies + MAX_JIFFY_OFFSET);
	assert_true(t.when > 1000000 * NSEC_PER_SEC);
	del_timer(&t);
}

static void static_fn(struct timer_list *timer)
{
	note(timer);
}

static DEFINE_TIMER(static_timer, static_fn);

struct holder {
	int before;
	struct timer_list timer;
};

static void test_initialisers(void **state)
{
	struct skiff_env env = { .clock = vclock, .timers = base };
	struct holder h;
	struct holder *found = from_timer(found, &h.timer, timer);

	assert_ptr_equal(found, &h);
	skiff_env = &env;
	assert_false(timer_pending(&static_timer));
	mod_timer(&static_timer, jiffies + 1);
	assert_true(timer_pending(&static_timer));
	run_to(NSEC_PER_JIFFY);
	assert_ptr_equal(fired[0], &static_timer);
	static_timer.base = NULL;
}

static void without_host(void)
{
	struct timer_list t;

	timer_setup(&t, note, 0);
	mod_timer(&t, 5);
}

static void without_function(void)
{
	struct timer_list t;

	timer_setup_base(&t, base, NULL, 0, NULL);
	mod_timer_ns(&t, 5);
}

static void test_misuse(void **state)
{
	assert_dies(without_host, "timer note armed without a host");
	assert_dies(without_function, "armed before timer_setup()");
}

static void report(const struct timer_list *timer, void *arg)
{
	assert_string_equal(timer->name, "note");
	(*(int *)arg)++;
}

static void test_drain(void **state)
{
	struct timer_list t[10];
	int reported = 0;

	for (int i = 0; i < 10; i++) {
		prepare(&t[i]);
		mod_timer_ns(&t[i], 2000LL << (3 * i));
	}
	assert_int_equal(timer_base_drain(base, report, &reported), 10);
	assert_int_equal(reported, 10);
	for (int i = 0; i < 10; i++)
		assert_false(timer_pending(&t[i]));
	assert_int_equal(timer_base_drain(base, report, &reported), 0);
	assert_true(timer_base_next(base) == KTIME_MAX);
}

/*
 * The twin: an array of instants and arming numbers, searched from end to end for each question.
 */
#define TWIN_TIMERS 200

static struct twin {
	struct timer_list timer;
	bool armed;
	ktime_t when;
	u64 seq;
} twins[TWIN_TIMERS];
static ktime_t twin_pos;
static u64 twin_seq;
static struct rnd_state rnd;

static struct twin *twin_first(void)
{
	struct twin *first = NULL;

	for (struct twin *t = twins; t < twins + TWIN_TIMERS; t++)
		if (t->armed && (!first || t->when < first->when ||
				 (t->when == first->when && t->seq < first->seq)))
			first = t;
	return first;
}

static void twin_arm(struct twin *t, ktime_t when)
{
	if (!t->armed || t->when != when) {
		t->armed = true;
		t->when = max(when, twin_pos);
		t->seq = ++twin_seq;
	}
}

/* Near and far, round numbers and not, and often an instant that another one has. */
static ktime_t random_instant(void)
{
	unsigned int bits = prandom_u32_state(&rnd) % 44;
	const struct twin *t = &twins[prandom_u32_state(&rnd) % TWIN_TIMERS];

	switch (prandom_u32_state(&rnd) % 8) {
	case 0:
		return t->when;
	case 1:
		return t->when - 1;
	case 2:
		return twin_pos;
	case 3:
		return twin_pos - (ktime_t)(prandom_u32_state(&rnd) % 1000);
	default:
		return twin_pos + (ktime_t)(prandom_u64_state(&rnd) >> (63 - bits));
	}
}

static void random_op(void)
{
	struct twin *t = &twins[prandom_u32_state(&rnd) % TWIN_TIMERS];
	struct twin *first = twin_first();
	ktime_t when;

	switch (prandom_u32_state(&rnd) % 6) {
	case 0:
		assert_int_equal(del_timer(&t->timer), t->armed);
		t->armed = false;
		break;
	case 1:
		/* The earliest is the interesting one. */
		if (first) {
			assert_int_equal(del_timer(&first->timer), 1);
			first->armed = false;
		}
		break;
	default:
		when = random_instant();
		assert_int_equal(mod_timer_ns(&t->timer, when), t->armed);
		twin_arm(t, when);
	}
}

static void twin_fired(struct timer_list *timer)
{
	struct twin *t = container_of(timer, struct twin, timer);

	assert_ptr_equal(t, twin_first());
	assert_true(base->pos == t->when);
	t->armed = false;
	twin_pos = t->when;
	/* What callbacks do is part of the sequence. */
	if (prandom_u32_state(&rnd) % 4 == 0)
		random_op();
}

static void check_twin(void)
{
	const struct twin *first = twin_first();
	size_t armed = 0;

	assert_true(timer_base_next(base) == (first ? first->when : KTIME_MAX));
	for (const struct twin *t = twins; t < twins + TWIN_TIMERS; t++) {
		assert_int_equal(timer_pending(&t->timer), t->armed);
		armed += t->armed;
	}
	assert_int_equal(base->armed, armed);
}

static void twin_round(u64 seed, int steps)
{
	prandom_seed_state(&rnd, seed);
	twin_pos = base->pos;
	for (struct twin *t = twins; t < twins + TWIN_TIMERS; t++) {
		timer_setup_base(&t->timer, base, twin_fired, 0, "twin_fired");
		t->armed = false;
		t->when = twin_pos;
	}
	for (int i = 0; i < steps; i++) {
		for (u32 n = prandom_u32_state(&rnd) % 50; n > 0; n--)
			random_op();
		check_twin();
		if (prandom_u32_state(&rnd) % 3 == 0) {
			const struct twin *first = twin_first();
			ktime_t now = max(twin_pos + (ktime_t)(prandom_u64_state(&rnd) >>
							       (63 - prandom_u32_state(&rnd) % 40)),
					  skiff_clock_now(vclock));

			if (first && prandom_u32_state(&rnd) % 2)
				now = max(first->when, skiff_clock_now(vclock));
			run_to(now);
			first = twin_first();
			assert_true(!first || first->when > now);
			twin_pos = base->pos;
			check_twin();
		}
	}
	timer_base_drain(base, NULL, NULL);
}

static void test_twin(void **state)
{
	for (u64 seed = 1; seed <= 40; seed++)
		twin_round(seed, 200);
}

/* A million timers: each fires at its instant, in order, and nothing takes quadratic time. */
#define MANY 1000000

static u32 many_fired;
static ktime_t many_last;

static void many_note(struct timer_list *timer)
{
	assert_true(timer->when >= many_last);
	assert_true(timer->when == base->pos);
	many_last = timer->when;
	many_fired++;
}

static void test_million(void **state)
{
	struct timer_list *t = calloc(MANY, sizeof(*t));
	u32 deleted = 0;

	prandom_seed_state(&rnd, 42);
	many_fired = 0;
	many_last = 0;
	for (u32 i = 0; i < MANY; i++) {
		timer_setup_base(&t[i], base, many_note, 0, "many_note");
		mod_timer_ns(&t[i], (ktime_t)(prandom_u64_state(&rnd) % (100 * NSEC_PER_SEC)));
	}
	assert_int_equal(base->armed, MANY);
	/* The earliest, deleted again and again with the question after each. */
	for (; deleted < 100000; deleted++) {
		ktime_t next = timer_base_next(base);
		u32 level = (u32)__builtin_ctz(base->levels);
		u32 slot = (u32)__builtin_ctzll(base->occupied[level]);

		assert_true(base->slots[level][slot].first->when == next);
		assert_int_equal(del_timer(base->slots[level][slot].first), 1);
	}
	for (u32 i = 0; i < MANY; i += 3)
		deleted += (u32)del_timer(&t[i]);
	run_to(100 * NSEC_PER_SEC);
	assert_int_equal(many_fired + deleted, MANY);
	assert_int_equal(base->armed, 0);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_move_and_delete, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_distance, setup, teardown),
		cmocka_unit_test_setup_teardown(test_equal_instants, setup, teardown),
		cmocka_unit_test_setup_teardown(test_past, setup, teardown),
		cmocka_unit_test_setup_teardown(test_quiet, setup, teardown),
		cmocka_unit_test_setup_teardown(test_budget, setup, teardown),
		cmocka_unit_test_setup_teardown(test_callbacks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_jiffies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_initialisers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_misuse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_drain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_twin, setup, teardown),
		cmocka_unit_test_setup_teardown(test_million, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
