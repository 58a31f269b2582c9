// SPDX-License-Identifier: BSD-2-Clause
/* Captures: what is in the file, and what stops a capture. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skiff/capture.h>

#include "testdev.h"

static char path[64];

static int capture_setup(void **state)
{
	int fd;

	strcpy(path, "/tmp/skiff-capture-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	return fixture_setup(state);
}

static int capture_teardown(void **state)
{
	unlink(path);
	return fixture_teardown(state);
}

static struct skiff_capture *start(const struct skiff_capture_params *params)
{
	struct skiff_capture *cap;

	net_unlock(fixture.net);
	assert_int_equal(skiff_capture_start(fixture.net, "a", path, params, &cap), 0);
	net_lock(fixture.net);
	return cap;
}

static int stop(struct skiff_capture *cap)
{
	int err;

	net_unlock(fixture.net);
	err = skiff_capture_stop(cap);
	net_lock(fixture.net);
	return err;
}

/* The file, read whole. */
static u8 *contents(size_t *len)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	u8 *data;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	data = malloc((size_t)st.st_size + 1);
	assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size);
	close(fd);
	*len = (size_t)st.st_size;
	return data;
}

static u32 word(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static u16 half(const u8 *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The nth block of a type (0x00000006 a packet), NULL when there are fewer. */
static const u8 *block(const u8 *data, size_t len, u32 type, int nth)
{
	size_t at = 0;

	while (at + 12 <= len) {
		u32 size = word(data + at + 4);

		assert_true(size >= 12 && size <= len - at);
		assert_int_equal(word(data + at + size - 4), size);
		if (word(data + at) == type && nth-- == 0)
			return data + at;
		at += size;
	}
	assert_int_equal(at, len);
	return NULL;
}

#define SHB 0x0a0d0d0a
#define IDB 1
#define ISB 5
#define EPB 6

static void test_both_ways(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct skiff_capture *cap = start(NULL);
	struct skiff_capture_stats stats;
	struct sk_buff *skb;
	const u8 *b;
	size_t len;
	u8 *data;

	run_ms(7);
	dev_queue_xmit(packet(dev, 61, 0xaa));
	skb = packet(dev, 60, 0xbb);
	skb->pkt_type = PACKET_BROADCAST;
	skb_pull(skb, ETH_HLEN);
	netif_receive_skb(skb);
	skiff_capture_stats(cap, &stats);
	assert_int_equal(stats.written, 2);
	assert_int_equal(stats.lost, 0);
	assert_int_equal(stop(cap), 0);
	data = contents(&len);
	assert_int_equal(len, stats.bytes + word(block(data, len, ISB, 0) + 4));
	assert_non_null(block(data, len, SHB, 0));
	assert_non_null(block(data, len, IDB, 0));
	b = block(data, len, EPB, 0);
	assert_int_equal(((u64)word(b + 12) << 32 | word(b + 16)),
			 1700000000ll * 1000000000 + 7000000);
	assert_int_equal(word(b + 20), 61);
	assert_int_equal(word(b + 24), 61);
	assert_int_equal(b[28], 0xaa);
	b = block(data, len, EPB, 1);
	assert_int_equal(word(b + 20), 60);
	assert_int_equal(b[28], 0xbb);
	/* epb_flags: option 2, 4 bytes. */
	assert_int_equal(half(b + 28 + 60), 2);
	assert_int_equal(half(b + 28 + 62), 4);
	assert_int_equal(word(b + 28 + 64), 0x1 | 3 << 2);
	assert_null(block(data, len, EPB, 2));
	free(data);
	testdev_destroy(dev);
}

static void test_open_checksums_are_completed(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct skiff_capture *cap;
	struct sk_buff *skb = packet(dev, 60, 0x55);
	const u8 *b;
	size_t len;
	u8 *data;

	dev->features |= NETIF_F_HW_CSUM | NETIF_F_SG;
	cap = start(NULL);
	assert_true(skb_partial_csum_set(skb, 34, 6));
	dev_queue_xmit(skb);
	/* The packet itself is as it was. */
	assert_int_equal(testdev(dev)->sent[0]->ip_summed, CHECKSUM_PARTIAL);
	assert_int_equal(testdev(dev)->sent[0]->data[40], 0);
	assert_int_equal(stop(cap), 0);
	data = contents(&len);
	b = block(data, len, EPB, 0) + 28;
	assert_int_equal(csum_fold(csum_partial(b + 34, 26, 0)), 0);
	assert_memory_equal(b + 40, "\xff\xff", 2);
	free(data);
	testdev_destroy(dev);
}

static void test_snaplen_and_fragments(void **state)
{
	struct net_device *dev = testdev_up("a");
	const struct skiff_capture_params params = { .snaplen = 50 };
	struct skiff_capture *cap = start(&params);
	struct sk_buff *skb = packet(dev, 20, 1);
	struct page *page = alloc_page(GFP_KERNEL);
	const u8 *b;
	size_t len;
	u8 *data;
	int i;

	dev->features |= NETIF_F_SG;
	for (i = 0; i < 100; i++)
		((u8 *)page_address(page))[i] = (u8)i;
	skb_add_rx_frag(skb, 0, page, 0, 100, PAGE_SIZE);
	dev_queue_xmit(skb);
	assert_int_equal(stop(cap), 0);
	data = contents(&len);
	b = block(data, len, EPB, 0);
	assert_int_equal(word(b + 20), 50);
	assert_int_equal(word(b + 24), 120);
	for (i = 0; i < 30; i++)
		assert_int_equal(b[28 + 20 + i], i);
	free(data);
	testdev_destroy(dev);
}

static void test_idle_flush(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct skiff_capture *cap = start(NULL);
	size_t before, after;

	free(contents(&before));
	assert_true(before > 0);
	dev_queue_xmit(packet(dev, 61, 1));
	run_ms(1);
	free(contents(&after));
	assert_int_equal(after, before);
	run_ms(150);
	free(contents(&after));
	assert_true(after > before);
	assert_int_equal(stop(cap), 0);
	testdev_destroy(dev);
}

static int flush(struct skiff_capture *cap)
{
	int err;

	net_unlock(fixture.net);
	err = skiff_capture_flush(cap);
	net_lock(fixture.net);
	return err;
}

/* Who asks does not wait for the time of test_idle_flush(), and the capture goes on. */
static void test_flush(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct skiff_capture *cap = start(NULL);
	size_t len;
	u8 *data;

	assert_int_equal(flush(NULL), 0);
	for (int i = 0; i < 3; i++) {
		dev_queue_xmit(packet(dev, 61, 1));
		assert_int_equal(flush(cap), 0);
		data = contents(&len);
		assert_non_null(block(data, len, EPB, i));
		assert_null(block(data, len, EPB, i + 1));
		assert_null(block(data, len, ISB, 0));
		free(data);
	}
	assert_int_equal(stop(cap), 0);
	data = contents(&len);
	assert_non_null(block(data, len, ISB, 0));
	free(data);
	testdev_destroy(dev);
}

static void test_drops(void **state)
{
	struct net_device *dev = testdev_up("a"), *other = testdev_up("b");
	struct skiff_capture *cap = start(NULL);
	struct sk_buff *skb = packet(dev, 30, 1);
	size_t len;
	u8 *data;

	capture_drop(skb, SKB_DROP_REASON_NO_SOCKET);
	skb->dev = other;
	capture_drop(skb, SKB_DROP_REASON_NO_SOCKET);
	skb->dev = NULL;
	capture_drop(skb, SKB_DROP_REASON_NO_SOCKET);
	consume_skb(skb);
	assert_int_equal(stop(cap), 0);
	data = contents(&len);
	assert_null(block(data, len, EPB, 1));
	assert_non_null(memmem(data, len, "dropped: NO_SOCKET", 18));
	free(data);
	testdev_destroy(dev);
	testdev_destroy(other);
}

static void test_much(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct skiff_capture *cap = start(NULL);
	struct skiff_capture_stats stats;
	size_t len;
	int i;

	/* Twice what both buffers hold, while nobody else can write: a file takes it at once. */
	for (i = 0; i < 3000; i++) {
		dev_queue_xmit(packet(dev, 1400, 1));
		testdev_free_sent(dev);
	}
	skiff_capture_stats(cap, &stats);
	assert_int_equal(stats.seen, 3000);
	assert_int_equal(stats.written, 3000);
	assert_int_equal(stats.lost, 0);
	net_unlock(fixture.net);
	net_lock(fixture.net);
	dev_queue_xmit(packet(dev, 1400, 1));
	skiff_capture_stats(cap, &stats);
	assert_int_equal(stats.error, 0);
	assert_int_equal(stop(cap), 0);
	free(contents(&len));
	assert_true(len >= stats.bytes && stats.bytes > 3000 * 1400);
	testdev_destroy(dev);
}

static void test_limit(void **state)
{
	struct net_device *dev = testdev_up("a");
	const struct skiff_capture_params params = { .max_bytes = 1000 };
	struct skiff_capture *cap = start(&params);
	struct skiff_capture_stats stats;
	size_t len;
	int i;

	for (i = 0; i < 20; i++)
		dev_queue_xmit(packet(dev, 100, 1));
	skiff_capture_stats(cap, &stats);
	assert_int_equal(stats.error, -EFBIG);
	assert_true(stats.written > 0 && stats.written < 10);
	assert_int_equal(stop(cap), 0);
	free(contents(&len));
	assert_true(len <= 1000);
	assert_non_null(strstr(fixture.log, "complete"));
	assert_int_equal(testdev(dev)->nr_sent, 20);
	testdev_destroy(dev);
}

static void test_wrong_names(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct skiff_capture *cap = (struct skiff_capture *)dev;

	net_unlock(fixture.net);
	unlink(path);
	assert_int_equal(skiff_capture_start(fixture.net, "none", path, NULL, &cap), -ENODEV);
	assert_null(cap);
	/* A wrong device costs nobody a file. */
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(skiff_capture_start(fixture.net, "a", "/nowhere/x", NULL, &cap), -ENOENT);
	assert_int_equal(skiff_capture_start(fixture.net, "a", "/tmp", NULL, &cap), -EISDIR);
	assert_int_equal(skiff_capture_start(fixture.net, NULL, path, NULL, &cap), -EINVAL);
	assert_int_equal(skiff_capture_stop(NULL), 0);
	net_lock(fixture.net);
	testdev_destroy(dev);
}

static void test_full_disk_at_the_start(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct skiff_capture *cap;

	if (access("/dev/full", W_OK))
		skip();
	net_unlock(fixture.net);
	assert_int_equal(skiff_capture_start(fixture.net, "a", "/dev/full", NULL, &cap), -ENOSPC);
	net_lock(fixture.net);
	assert_null(cap);
	assert_non_null(strstr(fixture.log, "/dev/full stopped: No space left on device"));
	dev_queue_xmit(packet(dev, 100, 1));
	assert_int_equal(testdev(dev)->nr_sent, 1);
	testdev_destroy(dev);
}

/* The disk fills up later: a pipe whose reader goes. */
static void test_broken_later(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct skiff_capture *cap;
	struct skiff_capture_stats stats;
	char fifo[sizeof(path) + 8];
	int fd;

	/* No handler: the library must not let SIGPIPE happen. */
	signal(SIGPIPE, SIG_DFL);
	snprintf(fifo, sizeof(fifo), "%s.fifo", path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	fd = open(fifo, O_RDONLY | O_NONBLOCK);
	net_unlock(fixture.net);
	assert_int_equal(skiff_capture_start(fixture.net, "a", fifo, NULL, &cap), 0);
	net_lock(fixture.net);
	close(fd);
	dev_queue_xmit(packet(dev, 100, 1));
	run_ms(150);
	dev_queue_xmit(packet(dev, 100, 1));
	run_ms(150);
	skiff_capture_stats(cap, &stats);
	assert_int_equal(stats.error, -EPIPE);
	assert_int_equal(flush(cap), -EPIPE);
	/* The pipe took neither: one was encoded before that was known. */
	assert_int_equal(stats.lost, 2);
	assert_int_equal(stats.written, 0);
	/* The host goes on. */
	assert_int_equal(testdev(dev)->nr_sent, 2);
	assert_int_equal(stop(cap), -EPIPE);
	unlink(fifo);
	testdev_destroy(dev);
}

static void fifo_name(char *fifo, size_t size)
{
	snprintf(fifo, size, "%s.fifo", path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
}

static void test_fifo_without_reader(void **state)
{
	struct net_device *dev = testdev_up("a");
	char fifo[sizeof(path) + 8];
	struct skiff_capture *cap;

	fifo_name(fifo, sizeof(fifo));
	net_unlock(fixture.net);
	assert_int_equal(skiff_capture_start(fixture.net, "a", fifo, NULL, &cap), -ENXIO);
	net_lock(fixture.net);
	assert_non_null(strstr(fixture.log, fifo));
	unlink(fifo);
	testdev_destroy(dev);
}

/* Read what is there; the bytes. */
static size_t drain(int fd, u8 *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, buf + len, size - len)) > 0)
		len += (size_t)n;
	return len;
}

/* The host goes on while the reader of a pipe does not read, and when it reads again so do we. */
static void test_reader_stalls(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct skiff_capture_stats stats;
	char fifo[sizeof(path) + 8];
	struct skiff_capture *cap;
	const size_t size = 4 << 20;
	u8 *data = malloc(size);
	size_t len;
	int fd, i, packets = 0;

	fifo_name(fifo, sizeof(fifo));
	fd = open(fifo, O_RDONLY | O_NONBLOCK);
	net_unlock(fixture.net);
	assert_int_equal(skiff_capture_start(fixture.net, "a", fifo, NULL, &cap), 0);
	net_lock(fixture.net);
	for (i = 0; i < 3000; i++) {
		dev_queue_xmit(packet(dev, 1400, 1));
		testdev_free_sent(dev);
		if (i % 100 == 0)
			run_ms(1);
	}
	assert_int_equal(flush(cap), -EAGAIN);
	skiff_capture_stats(cap, &stats);
	assert_int_equal(stats.error, 0);
	assert_true(stats.lost > 0 && stats.written > 0);
	len = drain(fd, data, size);
	for (i = 0; i < 100; i++) {
		run_ms(150);
		len += drain(fd, data + len, size - len);
	}
	/* All that was kept has come, without another packet. */
	while (block(data, len, EPB, packets))
		packets++;
	assert_int_equal(packets, stats.written);
	assert_int_equal(stop(cap), 0);
	close(fd);
	unlink(fifo);
	free(data);
	testdev_destroy(dev);
}

static void test_reader_never_reads(void **state)
{
	struct net_device *dev = testdev_up("a");
	char fifo[sizeof(path) + 8];
	struct skiff_capture *cap;
	int fd, i;

	fifo_name(fifo, sizeof(fifo));
	fd = open(fifo, O_RDONLY | O_NONBLOCK);
	net_unlock(fixture.net);
	assert_int_equal(skiff_capture_start(fixture.net, "a", fifo, NULL, &cap), 0);
	net_lock(fixture.net);
	for (i = 0; i < 100; i++)
		dev_queue_xmit(packet(dev, 1400, 1));
	assert_int_equal(stop(cap), -ETIMEDOUT);
	assert_non_null(strstr(fixture.log, "stopped reading"));
	close(fd);
	unlink(fifo);
	testdev_destroy(dev);
}

/* The last write ends within a block: a size limit of the system stands for a full disk. */
static void test_full_disk_later(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct skiff_capture *cap = start(NULL);
	struct rlimit before;
	size_t len;
	u8 *data;
	int i;

	for (i = 0; i < 20; i++)
		dev_queue_xmit(packet(dev, 1400, 1));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 10000, before.rlim_max }), 0);
	stop(cap);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	data = contents(&len);
	/* block() looks at all of them, and finds nothing behind the last one. */
	assert_null(block(data, len, ISB, 0));
	assert_non_null(block(data, len, EPB, 5));
	assert_true(len <= 10000);
	free(data);
	testdev_destroy(dev);
}

static void test_device_goes_first(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct skiff_capture *cap = start(NULL);
	size_t len;
	u8 *data;

	dev_queue_xmit(packet(dev, 100, 1));
	testdev_destroy(dev);
	assert_int_equal(stop(cap), 0);
	data = contents(&len);
	assert_non_null(block(data, len, EPB, 0));
	assert_non_null(block(data, len, ISB, 0));
	free(data);
}

static void test_host_goes_first(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct skiff_capture *cap = start(NULL);
	size_t len;
	u8 *data;

	dev_queue_xmit(packet(dev, 100, 1));
	testdev_free_sent(dev);
	dev->needs_free_netdev = true;
	net_unlock(fixture.net);
	assert_int_equal(skiff_net_destroy(fixture.net), 0);
	assert_int_equal(skiff_capture_stop(cap), 0);
	data = contents(&len);
	assert_non_null(block(data, len, EPB, 0));
	free(data);
	fixture.net = skiff_net_create(NULL);
}

#define tests_with_file(name) cmocka_unit_test_setup_teardown(name, capture_setup, capture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		tests_with_file(test_both_ways),
		tests_with_file(test_open_checksums_are_completed),
		tests_with_file(test_snaplen_and_fragments),
		tests_with_file(test_idle_flush),
		tests_with_file(test_flush),
		tests_with_file(test_drops),
		tests_with_file(test_much),
		tests_with_file(test_limit),
		tests_with_file(test_wrong_names),
		tests_with_file(test_full_disk_at_the_start),
		tests_with_file(test_broken_later),
		tests_with_file(test_fifo_without_reader),
		tests_with_file(test_reader_stalls),
		tests_with_file(test_reader_never_reads),
		tests_with_file(test_full_disk_later),
		tests_with_file(test_device_goes_first),
		tests_with_file(test_host_goes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
