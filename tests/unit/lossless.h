/* SPDX-License-Identifier: BSD-2-Clause */
/* A stream while memory is wanting: it takes longer, and loses nothing. */
#ifndef TESTS_LOSSLESS_H
#define TESTS_LOSSLESS_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <skiff/fault.h>

#define LOSSLESS_BULK 300000
#define LOSSLESS_NTH_MAX 60

/**
 * struct lossless_way - a stream in one direction
 * @give: as send(), without waiting
 * @take: as recv(), without waiting
 * @step: what is between the two goes on
 */
struct lossless_way {
	ssize_t (*give)(const char *data, size_t len);
	ssize_t (*take)(char *data, size_t len);
	void (*step)(void);
};

/* Send the block through and compare; allocation @nth fails meanwhile. Return: whether there were as many. */
static inline bool lossless_once(const struct lossless_way *way, const char *block, char *got,
				 long nth)
{
	size_t sent = 0, received = 0;
	bool happened = false;

	for (int i = 0; i < 20000 && received < LOSSLESS_BULK; i++) {
		ssize_t n = way->give(block + sent, LOSSLESS_BULK - sent);

		sent += n > 0 ? (size_t)n : 0;
		if (!i)
			assert_int_equal(skiff_fail_nth(nth), 0);
		way->step();
		happened |= skiff_fail_count() >= nth;
		if (happened)
			skiff_fail_nth(0);
		n = way->take(got + received, LOSSLESS_BULK - received);
		assert_int_not_equal(n, 0);
		received += n > 0 ? (size_t)n : 0;
		/* A packet that was lost for want of memory is sent again, after a while. */
		if (i > 1000)
			usleep(1000);
	}
	skiff_fail_nth(0);
	assert_int_equal(received, LOSSLESS_BULK);
	assert_memory_equal(block, got, LOSSLESS_BULK);
	return happened;
}

/* The same with each allocation in turn. Skips the test in builds where none can be made to fail. */
static inline void lossless(const struct lossless_way *way)
{
	char *block, *got;

	if (skiff_fail_nth(0) == -EOPNOTSUPP)
		skip();
	block = test_malloc(LOSSLESS_BULK);
	got = test_malloc(LOSSLESS_BULK);
	for (int i = 0; i < LOSSLESS_BULK; i++)
		block[i] = (char)(i * 7 + i / 251);
	for (long nth = 1; nth < LOSSLESS_NTH_MAX && lossless_once(way, block, got, nth); nth++)
		memset(got, 0, LOSSLESS_BULK);
	test_free(block);
	test_free(got);
}

#endif /* TESTS_LOSSLESS_H */
