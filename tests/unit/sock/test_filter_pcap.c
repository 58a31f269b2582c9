// SPDX-License-Identifier: BSD-2-Clause
/* Classic BPF against libpcap: its compiler's programs and random ones, on packets of all shapes. */
#include "filter_programs.h"
#include "pcap_judge.h"

static const char *const expressions[] = {
	"",
	"ip",
	"arp or rarp",
	"ip6",
	"udp port 53",
	"tcp and not port 22",
	"host 192.0.2.1 and (udp or icmp)",
	"net 10.0.0.0/8",
	"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
	"ip[8] < 64 and ip[2:2] > 100",
	"ether src 02:00:00:00:00:01",
	"ether multicast",
	"vlan 7 and udp",
	"ip6 and tcp dst portrange 1000-2000",
	"less 80 or greater 120",
	"icmp[icmptype] == icmp-echo",
	"len % 3 == 1 and ether[13] * 5 - 3 > ether[12] << 2",
};

/* Bytes that look like a header now and then, so that programs get further than the first test. */
static void dress(struct sk_buff *skb)
{
	static const u16 types[] = { 0x0800, 0x0806, 0x86dd, 0x8100 };
	u8 head[34] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	u16 type = types[below(4)];

	head[12] = (u8)(type >> 8);
	head[13] = (u8)type;
	head[14] = type == 0x86dd ? 0x60 : (u8)(0x45 + below(3));
	head[20] = below(3) ? 0 : 0x20;
	head[23] = (u8)(below(2) ? 6 : below(2) ? 17 : 1);
	head[26] = 192;
	head[28] = 2;
	head[29] = 1;
	if (below(4))
		skb_store_bits(skb, 0, head, (int)min_t(unsigned int, skb->len, sizeof(head)));
}

static void test_compiled(void **state)
{
	struct sock_filter p[300];
	unsigned int accepted = 0, refused = 0;

	for (size_t i = 0; i < ARRAY_SIZE(expressions); i++) {
		unsigned int len = judge_compile(expressions[i], p, ARRAY_SIZE(p));

		assert_true(len > 0);
		for (int n = 0; n < 300; n++) {
			struct sk_buff *skb = shape_packet(below(160), below(3) ? SHAPE_ALL : 0);
			unsigned char *flat;
			u32 want;

			dress(skb);
			flat = flatten(skb);
			want = judge_run(p, flat, skb->len);
			assert_int_equal(run_program(p, len, skb), want);
			accepted += want != 0;
			refused += want == 0;
			free(flat);
			kfree_skb(skb);
		}
	}
	assert_true(accepted > 500 && refused > 500);
}

static void test_random(void **state)
{
	struct sock_filter p[PROGRAM_MAX];

	for (int n = 0; n < 5000; n++) {
		struct sk_buff *skb = shape_packet(below(150), below(3) ? SHAPE_ALL : 0);
		unsigned char *flat = flatten(skb);
		unsigned int len = random_program(p, false);

		assert_int_equal(run_program(p, len, skb), judge_run(p, flat, skb->len));
		free(flat);
		kfree_skb(skb);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_compiled),
		SHAPE_TEST(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
