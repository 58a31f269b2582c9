// SPDX-License-Identifier: BSD-2-Clause
/* The pcapng encoder: blocks read back by a reader of our own and by tshark, sizes, limits. */
#include "frames.h"

#include <unistd.h>

#include "pcapng_reader.h"
#include "wire/pcapng.h"

#define SECTION 0x0a0d0d0au
#define INTERFACE 1u
#define STATISTICS 5u
#define PACKET 6u

/* The only block in @len bytes. */
static struct pcapng_reader only_block(const u8 *buf, size_t len, u32 type)
{
	struct pcapng_reader r = { .pos = buf, .end = buf + len };

	assert_int_equal(pcapng_next(&r), 1);
	assert_int_equal(r.type, type);
	assert_ptr_equal(r.pos, r.end);
	return r;
}

static void assert_option(const struct pcapng_reader *r, size_t fixed, u16 code, const void *want,
			  size_t want_len)
{
	size_t len;
	const u8 *value = pcapng_option(r, fixed, code, &len);

	if (!want) {
		assert_null(value);
		assert_int_equal(len, 0);
		return;
	}
	assert_non_null(value);
	assert_int_equal(len, want_len);
	assert_memory_equal(value, want, want_len);
}

static void section(void **state)
{
	struct pcapng_section s = { .hardware = "x86-64", .os = "Linux", .application = "skiff" };
	struct pcapng_reader r;
	u8 buf[256];
	ssize_t len = pcapng_section(buf, sizeof(buf), &s);

	assert_in_range(len, 28, sizeof(buf));
	r = only_block(buf, (size_t)len, SECTION);
	assert_int_equal(pcapng_u32(r.body), 0x1a2b3c4d);
	assert_int_equal(pcapng_u16(r.body + 4), 1);
	assert_int_equal(pcapng_u16(r.body + 6), 0);
	assert_true(pcapng_u64(r.body + 8) == ~0ull);
	assert_option(&r, 16, 2, "x86-64", 6);
	assert_option(&r, 16, 3, "Linux", 5);
	assert_option(&r, 16, 4, "skiff", 5);

	memset(&s, 0, sizeof(s));
	s.os = "";
	len = pcapng_section(buf, sizeof(buf), &s);
	r = only_block(buf, (size_t)len, SECTION);
	assert_option(&r, 16, 2, NULL, 0);
	assert_option(&r, 16, 3, NULL, 0);
}

static void interface(void **state)
{
	static const u8 mac[6] = { 2, 0, 0, 0, 0, 1 };
	struct pcapng_interface i = { .link_type = PCAPNG_LINK_SLIP,
				      .snap_len = 0x12345678,
				      .name = "sk0",
				      .description = "a TAP",
				      .os = "Linux",
				      .mac = mac };
	struct pcapng_reader r;
	u8 buf[256];
	ssize_t len = pcapng_interface(buf, sizeof(buf), &i);

	r = only_block(buf, (size_t)len, INTERFACE);
	assert_int_equal(pcapng_u16(r.body), 8);
	assert_int_equal(pcapng_u16(r.body + 2), 0);
	assert_int_equal(pcapng_u32(r.body + 4), 0x12345678);
	assert_option(&r, 8, 2, "sk0", 3);
	assert_option(&r, 8, 3, "a TAP", 5);
	assert_option(&r, 8, 6, mac, 6);
	assert_option(&r, 8, 9, "\x09", 1);
	assert_option(&r, 8, 12, "Linux", 5);

	memset(&i, 0, sizeof(i));
	len = pcapng_interface(buf, sizeof(buf), &i);
	r = only_block(buf, (size_t)len, INTERFACE);
	assert_option(&r, 8, 2, NULL, 0);
	assert_option(&r, 8, 6, NULL, 0);
	assert_option(&r, 8, 9, "\x09", 1);
}

static void statistics(void **state)
{
	struct pcapng_statistics s = { .interface = 3,
				       .time_ns = 0x1122334455667788,
				       .start_ns = 1,
				       .end_ns = 0xffffffffffffffff,
				       .received = 1000000000000,
				       .dropped = 7,
				       .delivered = 0 };
	struct pcapng_reader r;
	size_t n;
	u8 buf[256];
	ssize_t len = pcapng_statistics(buf, sizeof(buf), &s);

	r = only_block(buf, (size_t)len, STATISTICS);
	assert_int_equal(pcapng_u32(r.body), 3);
	assert_true(pcapng_time(r.body + 4) == s.time_ns);
	assert_true(pcapng_time(pcapng_option(&r, 12, 2, &n)) == s.start_ns);
	assert_true(pcapng_time(pcapng_option(&r, 12, 3, &n)) == s.end_ns);
	assert_option(&r, 12, 4, &s.received, 8);
	assert_option(&r, 12, 7, &s.dropped, 8);
	assert_option(&r, 12, 8, &s.delivered, 8);
}

static void fill(u8 *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = (u8)(i * 13 + 1);
}

static void packet_at_every_length(void **state)
{
	u8 data[70], buf[256];
	u32 n, pad;

	fill(data, sizeof(data));
	for (n = 0; n <= sizeof(data); n++) {
		struct pcapng_packet p = { .interface = 1,
					   .time_ns = 0x1700000012345678,
					   .captured = n,
					   .original = n + 1 };
		struct pcapng_reader r;
		ssize_t len;

		memset(buf, 0xee, sizeof(buf));
		len = pcapng_packet(buf, sizeof(buf), &p, n ? data : NULL);
		assert_int_equal(len, 32 + (n + 3) / 4 * 4);
		assert_int_equal(buf[len], 0xee);
		r = only_block(buf, (size_t)len, PACKET);
		assert_int_equal(pcapng_u32(r.body), 1);
		assert_true(pcapng_time(r.body + 4) == p.time_ns);
		assert_int_equal(pcapng_u32(r.body + 12), n);
		assert_int_equal(pcapng_u32(r.body + 16), n + 1);
		assert_memory_equal(r.body + 20, data, n);
		for (pad = n; pad % 4; pad++)
			assert_int_equal(r.body[20 + pad], 0);
		assert_option(&r, 20 + ALIGN(n, 4), 1, NULL, 0);
	}
}

/* All combinations of the options, with comments of every length to 9. */
static void packet_options(void **state)
{
	static const char comment[] = "NEIGH_FAIL";
	unsigned int which;
	size_t c;

	for (which = 0; which < 4; which++) {
		for (c = 0; c < sizeof(comment); c++) {
			char text[sizeof(comment)] = "";
			struct pcapng_packet p = {
				.captured = 5,
				.original = 5,
				.flags = which & 1 ? PCAPNG_INBOUND | PCAPNG_BROADCAST : 0,
				.has_dropped = which & 2,
				.dropped = 0x100000002,
				.comment = c ? text : NULL
			};
			struct pcapng_reader r;
			u8 buf[128];
			ssize_t len;

			memcpy(text, comment, c);
			len = pcapng_packet(buf, sizeof(buf), &p, "hello");
			r = only_block(buf, (size_t)len, PACKET);
			assert_option(&r, 28, 1, c ? text : NULL, c);
			assert_option(&r, 28, 2, which & 1 ? &p.flags : NULL, 4);
			assert_option(&r, 28, 4, which & 2 ? &p.dropped : NULL, 8);
		}
	}
}

/* Head, bytes and tail put together are the block. */
static void gathered_packet(void **state)
{
	u8 data[16], whole[128], parts[128];
	u32 n;

	fill(data, sizeof(data));
	for (n = 0; n <= sizeof(data); n++) {
		struct pcapng_packet p = { .time_ns = 5,
					   .captured = n,
					   .original = 1500,
					   .flags = PCAPNG_OUTBOUND,
					   .comment = "sent" };
		ssize_t total = pcapng_packet(whole, sizeof(whole), &p, data);
		ssize_t tail;
		u8 *copy;

		assert_int_equal(pcapng_packet_head(parts, &p), total);
		memcpy(parts + PCAPNG_PACKET_HEAD, data, n);
		tail = total - PCAPNG_PACKET_HEAD - (ssize_t)n;
		assert_int_equal(pcapng_packet_tail(NULL, 0, &p), tail);
		copy = exact_copy(parts, (size_t)tail);
		assert_int_equal(pcapng_packet_tail(copy, (size_t)tail, &p), tail);
		memcpy(parts + PCAPNG_PACKET_HEAD + n, copy, (size_t)tail);
		assert_memory_equal(parts, whole, (size_t)total);
		free(copy);
	}
}

typedef ssize_t (*encode_fn)(void *buf, size_t size);

static ssize_t a_section(void *buf, size_t size)
{
	struct pcapng_section s = { .application = "skiff" };

	return pcapng_section(buf, size, &s);
}

static ssize_t an_interface(void *buf, size_t size)
{
	struct pcapng_interface i = { .name = "sk0" };

	return pcapng_interface(buf, size, &i);
}

static ssize_t a_packet(void *buf, size_t size)
{
	struct pcapng_packet p = { .captured = 3, .original = 3, .comment = "x" };

	return pcapng_packet(buf, size, &p, "abc");
}

static ssize_t a_tail(void *buf, size_t size)
{
	struct pcapng_packet p = { .captured = 3, .original = 3, .comment = "x" };

	return pcapng_packet_tail(buf, size, &p);
}

static ssize_t some_statistics(void *buf, size_t size)
{
	struct pcapng_statistics s = { .interface = 0 };

	return pcapng_statistics(buf, size, &s);
}

/* All or nothing at every buffer size, and the length is always told. */
static void every_buffer_size(void **state)
{
	static const encode_fn encoders[] = { a_section, an_interface, a_packet, a_tail,
					      some_statistics };
	static const u8 untouched[256];
	size_t i, size;

	for (i = 0; i < ARRAY_SIZE(encoders); i++) {
		ssize_t need = encoders[i](NULL, 0);

		assert_in_range(need, 12, sizeof(untouched));
		assert_int_equal(encoders[i](NULL, 1000), need);
		for (size = 0; size <= (size_t)need; size++) {
			u8 *buf = exact_copy(untouched, size);

			assert_int_equal(encoders[i](buf, size), need);
			if (size < (size_t)need)
				assert_memory_equal(buf, untouched, size);
			else
				assert_memory_not_equal(buf, untouched, size);
			free(buf);
		}
	}
}

static void limits(void **state)
{
	char *text = (char *)malloc(PCAPNG_MAX_STRING + 2);
	struct pcapng_packet p = { .captured = PCAPNG_MAX_CAPTURED,
				   .original = PCAPNG_MAX_CAPTURED };
	struct pcapng_interface i = { .name = text };
	struct pcapng_section s = { .os = text };
	u8 head[PCAPNG_PACKET_HEAD];

	assert_non_null(text);
	memset(text, 'a', PCAPNG_MAX_STRING + 1);
	text[PCAPNG_MAX_STRING + 1] = '\0';
	assert_int_equal(pcapng_interface(NULL, 0, &i), -EINVAL);
	assert_int_equal(pcapng_section(NULL, 0, &s), -EINVAL);
	p.comment = text;
	assert_int_equal(pcapng_packet(NULL, 0, &p, NULL), -EINVAL);
	assert_int_equal(pcapng_packet_head(head, &p), -EINVAL);
	assert_int_equal(pcapng_packet_tail(NULL, 0, &p), -EINVAL);
	text[PCAPNG_MAX_STRING] = '\0';
	assert_true(pcapng_interface(NULL, 0, &i) > 65535);
	assert_true(pcapng_section(NULL, 0, &s) > 65535);
	assert_true(pcapng_packet(NULL, 0, &p, NULL) > 65535 + 262144);
	p.captured++;
	p.original++;
	assert_int_equal(pcapng_packet(NULL, 0, &p, NULL), -EINVAL);
	p.captured = 10;
	p.original = 9;
	assert_int_equal(pcapng_packet(NULL, 0, &p, NULL), -EINVAL);
	p.captured = 0;
	p.original = 0xffffffff;
	assert_true(pcapng_packet_head(head, &p) > 0);
	free(text);
}

static const u8 arp[42] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0,   0, 0, 0, 2, 0x08, 0x06, 0, 1, 8, 0,	  6, 4, 0,
	1,    2,    0,	  0,	0,    0,    2, 192, 0, 2, 1, 0, 0,    0,    0, 0, 0, 192, 0, 2, 2,
};

/* Every kind of block, two interfaces. */
static size_t whole_file(u8 *buf, size_t size)
{
	struct pcapng_section s = { .hardware = "machine", .os = "system", .application = "skiff" };
	struct pcapng_interface eth = { .link_type = PCAPNG_LINK_ETHERNET,
					.name = "sk0",
					.description = "first",
					.mac = arp + 6 };
	struct pcapng_interface raw = { .link_type = PCAPNG_LINK_RAW,
					.name = "sl0",
					.os = "skiff" };
	struct pcapng_packet in = { .interface = 0,
				    .time_ns = 1700000000123456789,
				    .captured = 42,
				    .original = 42,
				    .flags = PCAPNG_INBOUND | PCAPNG_BROADCAST };
	struct pcapng_packet dropped = { .interface = 0,
					 .time_ns = 1700000001000000001,
					 .captured = 41,
					 .original = 60,
					 .flags = PCAPNG_OUTBOUND,
					 .has_dropped = true,
					 .dropped = 3,
					 .comment = "dropped: NEIGH_FAILED" };
	struct pcapng_statistics isb = { .interface = 0,
					 .time_ns = 1700000002000000000,
					 .start_ns = 1700000000000000000,
					 .end_ns = 1700000002000000000,
					 .received = 5,
					 .dropped = 3,
					 .delivered = 2 };
	size_t n = 0;

	n += (size_t)pcapng_section(buf + n, size - n, &s);
	n += (size_t)pcapng_interface(buf + n, size - n, &eth);
	n += (size_t)pcapng_interface(buf + n, size - n, &raw);
	n += (size_t)pcapng_packet(buf + n, size - n, &in, arp);
	n += (size_t)pcapng_packet(buf + n, size - n, &dropped, arp);
	n += (size_t)pcapng_statistics(buf + n, size - n, &isb);
	assert_true(n <= size);
	return n;
}

static void whole_file_read_back(void **state)
{
	static const u32 want[] = { SECTION, INTERFACE, INTERFACE, PACKET, PACKET, STATISTICS };
	struct pcapng_reader r = { 0 };
	size_t i, len;
	u8 buf[2048];

	len = whole_file(buf, sizeof(buf));
	r.pos = buf;
	r.end = buf + len;
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(pcapng_next(&r), 1);
		assert_int_equal(r.type, want[i]);
	}
	assert_int_equal(pcapng_next(&r), 0);
}

/* The standard output of a shell command, which must succeed. */
static void run(const char *command, char *out, size_t size)
{
	FILE *pipe = popen(command, "r");
	size_t n;

	assert_non_null(pipe);
	n = fread(out, 1, size - 1, pipe);
	out[n] = '\0';
	assert_int_equal(pclose(pipe), 0);
}

static void whole_file_in_tshark(void **state)
{
	char path[] = "/tmp/skiff-pcapng-XXXXXX";
	char command[512], out[4096];
	u8 buf[2048];
	size_t len = whole_file(buf, sizeof(buf));
	int fd;

	if (system("command -v tshark >/dev/null 2>&1")) {
		print_message("whole_file_in_tshark: skipped, there is no tshark\n");
		skip();
	}
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, buf, len), len);
	close(fd);
	snprintf(
		command, sizeof(command),
		"tshark -n -r %s -T fields -E separator='|' -e frame.time_epoch "
		"-e frame.interface_name -e frame.interface_description -e frame.cap_len "
		"-e frame.len -e frame.packet_flags_direction -e frame.comment -e arp.dst.proto_ipv4 "
		"2>/dev/null",
		path);
	run(command, out, sizeof(out));
	unlink(path);
	assert_string_equal(out, "1700000000.123456789|sk0|first|42|42|0x00000001||192.0.2.2\n"
				 "1700000001.000000001|sk0|first|41|60|0x00000002|"
				 "dropped: NEIGH_FAILED|\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(section),
		cmocka_unit_test(interface),
		cmocka_unit_test(statistics),
		cmocka_unit_test(packet_at_every_length),
		cmocka_unit_test(packet_options),
		cmocka_unit_test(gathered_packet),
		cmocka_unit_test(every_buffer_size),
		cmocka_unit_test(limits),
		cmocka_unit_test(whole_file_read_back),
		cmocka_unit_test(whole_file_in_tshark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
