// SPDX-License-Identifier: BSD-2-Clause
/* What Internet checksums cost beside DPDK's, and copying with a sum beside copying without. */
#include <string.h>
#include <sys/mman.h>

#include <skiff/checksum.h>

#include "harness.h"
#include "peer_dpdk_csum.h"

/* Where data lies: behind Ethernet and IPv4 headers; a copied frame aligns its IPv4 header. */
#define SUM_OFFSET 34
#define COPY_OFFSET 2

/* Twice this much is far more than the caches hold. */
#define COLD_BYTES ((size_t)128 << 20)

/* One block, or many that are visited in an order no prefetcher knows. */
struct blocks {
	const unsigned char *src;
	unsigned char *dst;
	size_t len;
	size_t slot;  /* from one block to the next */
	size_t count; /* a power of two, 1 for hot memory */
	size_t at;
};

static const unsigned char *next_src(struct blocks *b)
{
	b->at = (b->at + 0x9e37) & (b->count - 1);
	return b->src + b->at * b->slot;
}

static unsigned char *dst_of(const struct blocks *b)
{
	return b->dst + ((b->at * 5 + 3) & (b->count - 1)) * b->slot;
}

static void sum(size_t times, void *arg)
{
	struct blocks *b = arg;

	while (times--) {
		__wsum got = csum_partial(b->src, (int)b->len, 0);

		bench_keep(got);
	}
}

static void copy_and_sum(size_t times, void *arg)
{
	struct blocks *b = arg;

	while (times--) {
		const unsigned char *src = next_src(b);
		__wsum got = csum_partial_copy(src, dst_of(b), (int)b->len, 0);

		bench_keep(got);
	}
}

static void copy_alone(size_t times, void *arg)
{
	struct blocks *b = arg;

	while (times--) {
		const unsigned char *src = next_src(b);
		unsigned char *dst = dst_of(b);

		memcpy(dst, src, b->len);
		bench_keep(dst);
	}
}

#if SKIFF_BENCH_DPDK
static void peer_sum(size_t times, void *arg)
{
	struct blocks *b = arg;

	bench_keep(peer_raw_cksum(b->src, b->len, times));
}

static void peer_copy_and_sum(size_t times, void *arg)
{
	struct blocks *b = arg;

	bench_keep(peer_copy_cksum(b->dst, b->src, b->len, times));
}
#define PEER(fn, text) .peer = (fn), .peer_name = (text)
#else
#define PEER(fn, text) .peer = NULL
#endif

/* About 50 µs a round: short, so that both see the same clock frequency. */
static size_t times_of(size_t len)
{
	return 800000 / (len + 100) + 20;
}

static void bench_sum(const char *name, const unsigned char *src, size_t len)
{
	struct blocks hot = { src + SUM_OFFSET, NULL, len, 0, 1, 0 };
	struct bench_case c = { .name = name,
				.ours = sum,
				PEER(peer_sum, "rte_raw_cksum"),
				.times = times_of(len),
				.units = 1,
				.arg = &hot,
				.peer_arg = &hot };

	bench_run(&c);
}

static void bench_hot_copies(const unsigned char *src, unsigned char *dst)
{
	struct blocks small = { src, dst + COPY_OFFSET, 1500, 0, 1, 0 };
	struct blocks large = { src, dst + COPY_OFFSET, 65536, 0, 1, 0 };
	struct bench_case packet = { .name = "csum/copy-and-sum-1500",
				     .ours = copy_and_sum,
				     PEER(peer_copy_and_sum, "memcpy+rte_raw_cksum"),
				     .times = times_of(1500),
				     .units = 1,
				     .arg = &small,
				     .peer_arg = &small };
	struct bench_case segment = { .name = "csum/copy-and-sum-65536",
				      .ours = copy_and_sum,
				      .peer = copy_alone,
				      .peer_name = "memcpy",
				      .times = times_of(65536),
				      .units = 1,
				      .arg = &large,
				      .peer_arg = &large };

	bench_run(&packet);
	bench_run(&segment);
}

/* The two walk the same memory half a round apart: neither finds what the other has warmed. */
static void bench_cold_copy(const char *name, const unsigned char *src, unsigned char *dst,
			    size_t len, size_t slot)
{
	size_t count = COLD_BYTES / slot;
	struct blocks ours = { src, dst + COPY_OFFSET, len, slot, count, 0 };
	struct blocks other = { src, dst + COPY_OFFSET, len, slot, count, count / 2 };
	struct bench_case c = { .name = name,
				.ours = copy_and_sum,
				.peer = copy_alone,
				.peer_name = "memcpy",
				.times = 2000000 / (len + 1000),
				.units = 1,
				.arg = &ours,
				.peer_arg = &other };

	bench_run(&c);
}

/* Touched, and in huge pages where there are some: it is memory that is measured, not the TLB. */
static unsigned char *map_bytes(size_t size, int fill)
{
	unsigned char *p =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, size, MADV_HUGEPAGE);
	memset(p, fill, size);
	return p;
}

int main(void)
{
	/* A slot longer, because copies start COPY_OFFSET bytes into it. */
	unsigned char *src = map_bytes(COLD_BYTES + 65536, 0xa5);
	unsigned char *dst = map_bytes(COLD_BYTES + 65536, 0);

	if (!src || !dst) {
		fprintf(stderr, "bench-csum: no memory for 2 * %zu bytes\n", COLD_BYTES);
		return 1;
	}
	if (!SKIFF_BENCH_DPDK)
		printf("built without libdpdk: sums have no peer\n");
	bench_sum("csum/partial-64", src, 64);
	bench_sum("csum/partial-256", src, 256);
	bench_sum("csum/partial-1500", src, 1500);
	bench_sum("csum/partial-65536", src, 65536);
	bench_hot_copies(src, dst);
	bench_cold_copy("csum/copy-and-sum-1500-cold", src, dst, 1500, 2048);
	bench_cold_copy("csum/copy-and-sum-65536-cold", src, dst, 65536, 65536);
	return 0;
}
