/* SPDX-License-Identifier: BSD-2-Clause */
/* Timing of two ways to do a thing, turn by turn in one run, and the lines that report it. */
#ifndef SKIFF_BENCH_HARNESS_H
#define SKIFF_BENCH_HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BENCH_ROUNDS 21

/* Do the thing @times over; @arg is the benchmark's. */
typedef void (*bench_fn)(size_t times, void *arg);

struct bench_case {
	const char *name;
	bench_fn ours;
	bench_fn peer;	       /* NULL: not installed, or there is none */
	const char *peer_name; /* NULL with @peer */
	size_t times;	       /* per round */
	size_t units;	       /* what one time counts for: buffers of a burst, ... */
	size_t peer_times;     /* of @peer, which does one unit at a time; 0: as many as ours */
	const char *rate;      /* NULL: report nanoseconds; otherwise "frames/s" or the like */
	void *arg;
	void *peer_arg;
};

static inline uint64_t bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Processor time of this thread, nanoseconds. */
static inline uint64_t bench_cpu(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int bench_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static inline double bench_median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), bench_compare);
	return v[n / 2];
}

/* Nanoseconds per unit of one round. */
static inline double bench_round(bench_fn fn, const struct bench_case *c, void *arg)
{
	size_t times = fn == c->peer && c->peer_times ? c->peer_times : c->times;
	uint64_t start = bench_now();

	fn(times, arg);
	return (double)(bench_now() - start) / (double)(c->times * c->units);
}

/* What is reported of a time in nanoseconds. */
static inline double bench_value(const struct bench_case *c, double ns)
{
	return c->rate ? 1e9 / ns : ns;
}

/* One line of JSON. @ratio: above 1 where skiff is better; nothing of the peer without @peer. */
static inline void bench_line(const char *name, double value, const char *unit, bool higher,
			      const char *peer, double peer_value, double ratio)
{
	printf("{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\", \"better\": \"%s\", ", name,
	       value, unit, higher ? "higher" : "lower");
	if (peer)
		printf("\"peer\": \"%s\", \"peer_value\": %.3f, \"ratio\": %.3f}\n", peer,
		       peer_value, ratio);
	else
		printf("\"peer\": null, \"peer_value\": null, \"ratio\": null}\n");
	fflush(stdout);
}

/* Both in turn, medians, one line of JSON. */
static inline void bench_run(const struct bench_case *c)
{
	double ours[BENCH_ROUNDS], peer[BENCH_ROUNDS], o, p;
	int i;

	bench_round(c->ours, c, c->arg);
	if (c->peer)
		bench_round(c->peer, c, c->peer_arg);
	for (i = 0; i < BENCH_ROUNDS; i++) {
		ours[i] = bench_round(c->ours, c, c->arg);
		if (c->peer)
			peer[i] = bench_round(c->peer, c, c->peer_arg);
	}
	o = bench_median(ours, BENCH_ROUNDS);
	p = c->peer ? bench_median(peer, BENCH_ROUNDS) : o;
	bench_line(c->name, bench_value(c, o), c->rate ? c->rate : "ns", c->rate != NULL,
		   c->peer ? c->peer_name : NULL, bench_value(c, p), p / o);
}

/* Keep the compiler from removing work whose result nobody uses. */
#define bench_keep(x) __asm__ __volatile__("" : : "g"(x) : "memory")

#endif /* SKIFF_BENCH_HARNESS_H */
