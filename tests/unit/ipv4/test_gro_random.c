// SPDX-License-Identifier: BSD-2-Clause
/* Receive merging of random traffic: cutting gives every frame back, flow by flow in order. */
#include "gro_put.h"

/* Random segments of a few flows: each flow's frames come back in order, byte for byte. */

static u64 seed;

static u32 rnd(u32 below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(seed >> 33) % below;
}

#define FLOWS 12

static void mutate(struct seg *s, u32 *seq)
{
	static const u8 flags[] = { WIRE_TCP_PSH, WIRE_TCP_FIN, WIRE_TCP_CWR, WIRE_TCP_ECE,
				    WIRE_TCP_URG, WIRE_TCP_SYN, WIRE_TCP_RST, WIRE_TCP_PSH };

	switch (rnd(14)) {
	case 0:
		s->seq += rnd(3) - 1;
		break;
	case 1:
		s->ack += rnd(2);
		break;
	case 2:
		s->id = (u16)(s->id + rnd(3));
		break;
	case 3:
		s->len = (u16)rnd(1448);
		break;
	case 4:
		s->option_byte = (u8)rnd(2);
		break;
	case 5:
		s->tos = (u8)rnd(4);
		break;
	case 6:
	case 7:
		s->flags |= flags[rnd(ARRAY_SIZE(flags))];
		break;
	case 8:
		s->fragment ^= WIRE_IP_DF;
		break;
	case 9:
		s->options = (u8)(rnd(4) * 4);
		break;
	default:
		break;
	}
	*seq = s->seq + s->len;
}

static void run_random(u64 with)
{
	static u8 frame[70000];
	struct seg flow[FLOWS];
	u32 i, n = 40 + rnd(100), flows = 1 + rnd(FLOWS), chance;
	bool taken[GOT_MAX] = { false };
	u8 f[FRAME_MAX];

	seed = with;
	chance = 1 + rnd(30);
	for (i = 0; i < FLOWS; i++) {
		flow[i] = seg_of(rnd(2) ? rnd(1000) : 0u - rnd(20000), (u16)(1 + rnd(1448)),
				 (u16)rnd(65536));
		flow[i].sport = (u16)(1000 + i);
		flow[i].fragment = rnd(2) ? WIRE_IP_DF : 0;
	}
	for (i = 0; i < n; i++) {
		struct seg *s = &flow[rnd(flows)], now = *s;
		u32 seq = now.seq + now.len;

		if (!rnd(chance))
			mutate(&now, &seq);
		put_form(f, frame_tcp(f, &now), (enum gro_form)rnd(FORM_MAX),
			 ETH_HLEN + WIRE_IP_HLEN + rnd(60));
		s->seq = seq;
		s->id = (u16)(s->id + (rnd(8) ? s->sport & 1 : 0) + 0);
		if (!rnd(10))
			gro_run(&g);
	}
	gro_run(&g);
	for (i = 0; i < g.nr; i++) {
		struct sk_buff *segs = gro_cut(&g, g.got[i], rnd(2) ? NETIF_F_SG : 0), *next;

		assert_non_null(segs);
		for (; segs; segs = next) {
			u16 sport;
			unsigned int k;
			size_t len;

			next = segs->next;
			skb_mark_not_on_list(segs);
			len = gro_bytes(segs, frame, sizeof(frame));
			consume_skb(segs);
			sport = wire_tcp_source(frame + ETH_HLEN + 20);
			for (k = 0; k < nr_put; k++)
				if (!taken[k] &&
				    wire_tcp_source(put[k].bytes + ETH_HLEN + 20) == sport)
					break;
			assert_true(k < nr_put);
			taken[k] = true;
			if (len != put[k].len || memcmp(frame, put[k].bytes, len) != 0)
				fail_msg("seed %llu: frame %u differs", (unsigned long long)with,
					 k);
		}
	}
	for (i = 0; i < nr_put; i++)
		assert_true(taken[i]);
	gro_forget(&g);
	nr_put = 0;
}

static void random_traffic(void **state)
{
	const char *env = getenv("GRO_SEEDS");
	u64 i, n = env ? strtoull(env, NULL, 10) : 150;

	(void)state;
	for (i = 0; i < n; i++)
		run_random(i * 2654435761u + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		gro_test(random_traffic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
