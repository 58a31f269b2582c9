// SPDX-License-Identifier: BSD-2-Clause
/* Receive merging of TCP: what is merged, what is not and why, and that cutting gives it back. */
#include "gro_put.h"

/* One of the frames that were put in and have not come back, the next one if @in_order. */
static void take_back(const u8 *frame, size_t len, bool in_order)
{
	unsigned int n;

	for (n = 0; n < nr_put; n++) {
		if (!put[n].len)
			continue;
		if (len == put[n].len && !memcmp(frame, put[n].bytes, len))
			break;
		if (in_order)
			fail_msg("frame %u has %zu bytes of %zu, or others", n, len, put[n].len);
	}
	assert_true(n < nr_put);
	put[n].len = 0;
}

/* All that was delivered, cut again, are the frames that were put in. */
static void comes_back_as(bool in_order)
{
	static u8 frame[70000];
	unsigned int i, n = 0;

	for (i = 0; i < g.nr; i++) {
		struct sk_buff *segs = gro_cut(&g, g.got[i], i & 1 ? NETIF_F_SG : 0), *next;

		assert_non_null(segs);
		for (; segs; segs = next, n++) {
			next = segs->next;
			skb_mark_not_on_list(segs);
			take_back(frame, gro_bytes(segs, frame, sizeof(frame)), in_order);
			consume_skb(segs);
		}
	}
	assert_int_equal(n, nr_put);
}

static void comes_back(void)
{
	comes_back_as(true);
}

/* @n segments of @len bytes, from sequence number 1 on. */
static void put_burst(unsigned int n, u16 len, enum gro_form form)
{
	u8 f[FRAME_MAX];
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct seg s = seg_of(1 + i * len, len, (u16)(100 + i));

		put_form(f, frame_tcp(f, &s), form, ETH_HLEN + WIRE_IP_HLEN + 32);
	}
}

static void segments_become_one(void **state)
{
	const struct skb_shared_info *shinfo;
	struct seg s = seg_of(3001, 500, 103);

	(void)state;
	put_burst(3, 1000, FORM_LINEAR);
	s.flags |= WIRE_TCP_PSH;
	put_seg(&s);
	gro_run(&g);
	assert_int_equal(g.nr, 1);
	shinfo = __skb_shinfo(g.got[0]);
	assert_int_equal(shinfo->gso_size, 1000);
	assert_int_equal(shinfo->gso_segs, 4);
	assert_int_equal(shinfo->gso_type, SKB_GSO_TCPV4);
	assert_int_equal(g.got[0]->len, 20 + 32 + 3500);
	assert_int_equal(g.got[0]->ip_summed, CHECKSUM_PARTIAL);
	assert_int_equal(ntohs(ip_hdr(g.got[0])->tot_len), g.got[0]->len);
	assert_int_equal(wire_ip_check(g.got[0]->data, g.got[0]->len), WIRE_IP_OK);
	comes_back();
}

static void every_form_of_buffer(void **state)
{
	enum gro_form form;

	(void)state;
	for (form = FORM_LINEAR; form < FORM_MAX; form++) {
		put_burst(40, 1000, form);
		gro_run(&g);
		assert_int_equal(g.nr, 1);
		assert_int_equal(__skb_shinfo(g.got[0])->gso_segs, 40);
		comes_back();
		gro_forget(&g);
		nr_put = 0;
	}
}

static void alternating_forms(void **state)
{
	u8 f[FRAME_MAX];
	unsigned int i;

	(void)state;
	for (i = 0; i < 60; i++) {
		struct seg s = seg_of(1 + i * 900, 900, (u16)i);

		put_form(f, frame_tcp(f, &s), (enum gro_form)(i % FORM_MAX),
			 ETH_HLEN + WIRE_IP_HLEN + 32);
	}
	gro_run(&g);
	assert_int_equal(g.nr, 1);
	comes_back();
}

static void identifications(void **state)
{
	/* DF, the second's distance, the third's: packets that come of the three. */
	static const struct {
		bool df;
		u16 id[3];
		unsigned int packets;
		bool fixed;
	} cases[] = {
		{ true, { 0, 0, 0 }, 1, true },	      { true, { 7, 7, 7 }, 1, true },
		{ true, { 7, 8, 9 }, 1, false },      { true, { 7, 8, 8 }, 2, false },
		{ true, { 7, 7, 8 }, 2, true },	      { true, { 7, 9, 11 }, 3, false },
		{ false, { 7, 8, 9 }, 1, false },     { false, { 7, 7, 7 }, 3, false },
		{ false, { 65535, 0, 1 }, 1, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int k = 0; k < 3; k++) {
			struct seg s = seg_of(1 + (u32)k * 100, 100, cases[i].id[k]);

			s.fragment = cases[i].df ? WIRE_IP_DF : 0;
			put_seg(&s);
		}
		gro_run(&g);
		assert_int_equal(g.nr, cases[i].packets);
		if (cases[i].packets < 3)
			assert_int_equal(!!(__skb_shinfo(g.got[0])->gso_type & SKB_GSO_TCP_FIXEDID),
					 cases[i].fixed);
		comes_back();
		gro_forget(&g);
		nr_put = 0;
	}
}

/* Changes to the second of two segments that would be merged without them. */

static void make_gap(struct seg *s)
{
	s->seq++;
}

static void make_overlap(struct seg *s)
{
	s->seq--;
}

static void make_old(struct seg *s)
{
	s->seq = 1;
}

static void make_ack(struct seg *s)
{
	s->ack++;
}

static void make_window(struct seg *s)
{
	s->window--;
}

static void make_option(struct seg *s)
{
	s->option_byte++;
}

static void make_option_len(struct seg *s)
{
	s->options = 8;
}

static void make_ttl(struct seg *s)
{
	s->ttl--;
}

static void make_ce(struct seg *s)
{
	s->tos = 3;
}

static void make_dscp(struct seg *s)
{
	s->tos = 0x20;
}

static void make_df(struct seg *s)
{
	s->fragment = WIRE_IP_DF;
}

static void make_mf(struct seg *s)
{
	s->fragment = WIRE_IP_MF;
}

static void make_offset(struct seg *s)
{
	s->fragment = 1;
}

static void make_id(struct seg *s)
{
	s->id++;
}

static void make_syn(struct seg *s)
{
	s->flags |= WIRE_TCP_SYN;
}

static void make_rst(struct seg *s)
{
	s->flags |= WIRE_TCP_RST;
}

static void make_urgent(struct seg *s)
{
	s->flags |= WIRE_TCP_URG;
}

static void make_urgent_pointer(struct seg *s)
{
	s->urg = 9;
}

static void make_ece(struct seg *s)
{
	s->flags |= WIRE_TCP_ECE;
}

static void make_cwr(struct seg *s)
{
	s->flags |= WIRE_TCP_CWR;
}

static void make_no_ack(struct seg *s)
{
	s->flags = 0;
}

static void make_larger(struct seg *s)
{
	s->len++;
}

static void make_empty(struct seg *s)
{
	s->len = 0;
}

static void make_port(struct seg *s)
{
	s->sport++;
}

static void not_merged(void **state)
{
	static void (*const changes[])(struct seg *) = {
		make_gap,	 make_overlap, make_old,
		make_ack,	 make_window,  make_option,
		make_option_len, make_ttl,     make_ce,
		make_dscp,	 make_df,      make_mf,
		make_offset,	 make_id,      make_syn,
		make_rst,	 make_urgent,  make_urgent_pointer,
		make_ece,	 make_cwr,     make_port,
		make_no_ack,	 make_larger,  make_empty,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		struct seg s = seg_of(501, 500, 101);

		put_burst(1, 500, FORM_LINEAR);
		changes[i](&s);
		put_seg(&s);
		gro_run(&g);
		if (g.nr != 2)
			fail_msg("change %zu: %u packets", i, g.nr);
		comes_back_as(false);
		gro_forget(&g);
		nr_put = 0;
	}
}

/* Changes to the bytes of the second frame. */
static void damaged_frames(void **state)
{
	static const struct {
		size_t at;
		u8 flip;
		bool csum; /* of TCP made right again */
		bool ip;   /* of IPv4 */
	} cases[] = {
		{ ETH_HLEN + 20 + 40, 1, false, false },   /* payload */
		{ ETH_HLEN + 20 + 16, 1, false, false },   /* checksum */
		{ ETH_HLEN + 10, 1, false, false },	   /* IPv4's */
		{ ETH_HLEN + 12, 1, false, true },	   /* another source */
		{ ETH_HLEN + 9, 1, false, true },	   /* another protocol */
		{ ETH_HLEN + 6, 0x80, false, true },	   /* the reserved bit of RFC 791 */
		{ ETH_HLEN + 20 + 12, 1, true, false },	   /* a reserved bit of TCP */
		{ ETH_HLEN + 20 + 12, 0xf0, true, false }, /* a header of no length */
		{ ETH_HLEN + 3, 1, false, true },	   /* another length */
		{ 0, 2, false, false },			   /* another receiver */
		{ 6, 2, false, false },			   /* another sender */
	};
	size_t i, len;
	u8 f[FRAME_MAX];

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct seg s = seg_of(501, 500, 101);

		put_burst(1, 500, FORM_LINEAR);
		len = frame_tcp(f, &s);
		f[cases[i].at] ^= cases[i].flip;
		if (cases[i].csum)
			frame_tcp_csum(f + ETH_HLEN + 20, len - ETH_HLEN - 20);
		if (cases[i].ip)
			frame_fix_ip(f);
		put_frame(f, len);
		gro_run(&g);
		if (g.nr != 2)
			fail_msg("case %zu: %u packets", i, g.nr);
		comes_back_as(false);
		gro_forget(&g);
		nr_put = 0;
	}
}

static void padding_and_truncation(void **state)
{
	struct seg s = seg_of(501, 500, 101);
	u8 f[FRAME_MAX] = { 0 };
	size_t len = frame_tcp(f, &s), cut;

	(void)state;
	put_burst(1, 500, FORM_LINEAR);
	put_frame(f, len + 4);
	gro_run(&g);
	assert_int_equal(g.nr, 2);
	comes_back_as(false);
	for (cut = ETH_HLEN; cut < len; cut += cut < 90 ? 1 : 37) {
		gro_forget(&g);
		nr_put = 0;
		put_burst(1, 500, FORM_LINEAR);
		put_form(f, cut, cut & 1 ? FORM_LINEAR : FORM_FRAGS, ETH_HLEN);
		gro_run(&g);
		assert_int_equal(g.nr, 2);
		comes_back_as(false);
	}
}

static void bursts_end(void **state)
{
	static const u8 ending[] = { WIRE_TCP_PSH, WIRE_TCP_FIN, WIRE_TCP_FIN | WIRE_TCP_PSH };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ending); i++) {
		struct seg s = seg_of(201, 100, 102);

		put_burst(2, 100, FORM_LINEAR);
		s.flags |= ending[i];
		put_seg(&s);
		s = seg_of(301, 100, 103);
		put_seg(&s);
		gro_run(&g);
		assert_int_equal(g.nr, 2);
		assert_int_equal(__skb_shinfo(g.got[0])->gso_segs, 3);
		comes_back();
		gro_forget(&g);
		nr_put = 0;
	}
}

/* Congestion window reduced: in front of what it says it of, RFC 3168 section 6.1.2. */
static void cwr_comes_first(void **state)
{
	struct seg s = seg_of(1, 100, 100);

	(void)state;
	s.flags |= WIRE_TCP_CWR;
	put_seg(&s);
	s = seg_of(101, 100, 101);
	put_seg(&s);
	s = seg_of(201, 100, 102);
	put_seg(&s);
	gro_run(&g);
	assert_int_equal(g.nr, 1);
	assert_true(__skb_shinfo(g.got[0])->gso_type & SKB_GSO_TCP_ECN);
	comes_back();
}

static void acknowledgements_pass(void **state)
{
	struct seg s = seg_of(501, 0, 101);

	(void)state;
	put_burst(1, 500, FORM_LINEAR);
	put_seg(&s);
	s.ack++;
	s.id++;
	put_seg(&s);
	gro_run(&g);
	assert_int_equal(g.nr, 3);
	comes_back();
}

static void ip_options_are_not_merged(void **state)
{
	u8 f[FRAME_MAX], ip[FRAME_MAX];
	struct wire_ip_fields fields = { .ttl = 64,
					 .protocol = IPPROTO_TCP,
					 .payload_len = 132,
					 .saddr = PEER_IP,
					 .daddr = HOST_IP,
					 .options = "\1\1\1\0",
					 .options_len = 4 };
	u32 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct seg s = seg_of(1 + i * 100, 100, (u16)i);

		frame_tcp(f, &s);
		fields.id = (u16)i;
		assert_int_equal(wire_ip_build(ip, sizeof(ip), &fields), 24);
		memcpy(ip + 24, f + ETH_HLEN + 20, 132);
		memcpy(f + ETH_HLEN, ip, 24 + 132);
		put_frame(f, ETH_HLEN + 24 + 132);
	}
	gro_run(&g);
	assert_int_equal(g.nr, 2);
	comes_back();
}

/* A packet stays below 64 KB, or what the device is told. */
static void size_is_limited(void **state)
{
	(void)state;
	put_burst(60, 1448, FORM_LINEAR);
	gro_run(&g);
	assert_int_equal(g.nr, 2);
	assert_int_equal(g.got[0]->len, 52 + 45 * 1448);
	comes_back();
	gro_forget(&g);
	nr_put = 0;
	net_lock(g.w.net);
	netif_set_gro_max_size(g.w.dev, 5000);
	net_unlock(g.w.net);
	put_burst(6, 1448, FORM_LINEAR);
	gro_run(&g);
	assert_int_equal(g.nr, 2);
	assert_int_equal(__skb_shinfo(g.got[0])->gso_segs, 3);
	comes_back();
}

/* Eight flows are held; the ninth has the one delivered that waits longest. */
static void flows_are_limited(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < MAX_GRO_SKBS + 1; i++) {
		struct seg s = seg_of(1, 100, 5);

		s.sport = (u16)(1000 + i);
		put_seg(&s);
	}
	for (i = 0; i < MAX_GRO_SKBS + 1; i++) {
		struct seg s = seg_of(101, 100, 6);

		s.sport = (u16)(1000 + (i + 1) % (MAX_GRO_SKBS + 1));
		put_seg(&s);
	}
	gro_run(&g);
	assert_int_equal(g.nr, MAX_GRO_SKBS + 2);
	/* The first flow went alone, twice; all others in pairs. */
	assert_int_equal(wire_tcp_source(g.got[0]->data + 20), 1000);
	assert_false(skb_is_gso(g.got[0]));
	for (i = 1; i <= MAX_GRO_SKBS; i++)
		assert_int_equal(__skb_shinfo(g.got[i])->gso_segs, i <= MAX_GRO_SKBS ? 2 : 0);
	assert_false(skb_is_gso(g.got[MAX_GRO_SKBS + 1]));
}

static void off_by_feature(void **state)
{
	(void)state;
	gro_switch(&g, NETIF_F_GRO, false);
	put_burst(5, 100, FORM_LINEAR);
	gro_run(&g);
	assert_int_equal(g.nr, 5);
	comes_back();
	gro_switch(&g, NETIF_F_GRO, true);
	gro_forget(&g);
	nr_put = 0;
	put_burst(5, 100, FORM_LINEAR);
	gro_run(&g);
	assert_int_equal(g.nr, 1);
}

static void a_poll_ends_the_wait(void **state)
{
	(void)state;
	put_burst(1, 100, FORM_LINEAR);
	gro_run(&g);
	assert_int_equal(g.nr, 1);
}

static void a_timeout_prolongs_it(void **state)
{
	struct seg s = seg_of(101, 100, 101);

	(void)state;
	net_lock(g.w.net);
	assert_int_equal(dev_set_gro_flush_timeout(g.w.dev, ~0ul), -ERANGE);
	assert_int_equal(dev_set_gro_flush_timeout(g.w.dev, 500000), 0);
	net_unlock(g.w.net);
	put_burst(1, 100, FORM_LINEAR);
	gro_run(&g);
	assert_int_equal(g.nr, 0);
	wire_sleep(&g.w, 400000);
	assert_int_equal(g.nr, 0);
	put_seg(&s);
	gro_run(&g);
	assert_int_equal(g.nr, 0);
	wire_sleep(&g.w, 600000);
	assert_int_equal(g.nr, 1);
	assert_int_equal(__skb_shinfo(g.got[0])->gso_segs, 2);
	comes_back();
}

/* What comes again and again keeps nothing here for longer than a jiffy. */
static void a_timeout_is_bounded(void **state)
{
	struct seg s = seg_of(1, 100, 1);
	int i;

	(void)state;
	net_lock(g.w.net);
	assert_int_equal(dev_set_gro_flush_timeout(g.w.dev, 100 * NSEC_PER_MSEC), 0);
	net_unlock(g.w.net);
	for (i = 0; i < 3; i++) {
		put_seg(&s);
		s.seq += 100;
		s.id++;
		gro_run(&g);
		wire_sleep(&g.w, NSEC_PER_MSEC);
	}
	assert_true(g.nr >= 1);
}

static void a_device_is_put_off(void **state)
{
	unsigned int polls;

	(void)state;
	net_lock(g.w.net);
	assert_int_equal(dev_set_napi_defer_hard_irqs(g.w.dev, 1ul << 31), -ERANGE);
	assert_int_equal(dev_set_napi_defer_hard_irqs(g.w.dev, 2), 0);
	assert_int_equal(dev_set_gro_flush_timeout(g.w.dev, NSEC_PER_MSEC), 0);
	net_unlock(g.w.net);
	put_burst(1, 100, FORM_LINEAR);
	gro_run(&g);
	polls = g.polls;
	/* It is not heard now, but found when it is looked at. */
	put_burst(1, 100, FORM_LINEAR);
	assert_false(napi_schedule(&g.napi));
	wire_run(&g.w);
	assert_int_equal(g.polls, polls);
	wire_sleep(&g.w, 10 * NSEC_PER_MSEC);
	assert_int_equal(g.polls, polls + 3); /* the second frame, and two that find nothing */
	assert_int_equal(g.nr, 2);
	put_burst(1, 100, FORM_LINEAR);
	gro_run(&g);
	assert_int_equal(g.polls, polls + 4);
}

static void closing_drops_what_is_held(void **state)
{
	(void)state;
	net_lock(g.w.net);
	assert_int_equal(dev_set_gro_flush_timeout(g.w.dev, NSEC_PER_SEC), 0);
	net_unlock(g.w.net);
	put_burst(3, 100, FORM_LINEAR);
	gro_run(&g);
	net_lock(g.w.net);
	napi_disable(&g.napi);
	net_unlock(g.w.net);
	wire_sleep(&g.w, 2 * NSEC_PER_SEC);
	assert_int_equal(g.nr, 0);
	assert_int_equal(wire_drops(&g.w, SKB_DROP_REASON_DEV_GONE), 1);
}

/* A sender in this process may hold on to what it sent: its bytes do not change. */
static void clones_are_not_written_to(void **state)
{
	struct sk_buff *mine[3];
	u8 f[3][FRAME_MAX];
	size_t len = 0;
	u32 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct seg s = seg_of(1 + i * 100, 100, (u16)i);
		struct sk_buff *skb;

		len = frame_tcp(f[i], &s);
		skb = gro_skb(&g, f[i], len, i & 1 ? FORM_FRAGS : FORM_LINEAR, 66);
		mine[i] = skb_clone(skb, GFP_KERNEL);
		assert_non_null(mine[i]);
		__skb_queue_tail(&g.in, skb);
	}
	gro_run(&g);
	assert_int_equal(g.nr, 1);
	for (i = 0; i < 3; i++) {
		u8 now[FRAME_MAX];

		assert_int_equal(skb_copy_bits(mine[i], 0, now, (int)(len - ETH_HLEN)), 0);
		assert_memory_equal(now, f[i] + ETH_HLEN, len - ETH_HLEN);
		consume_skb(mine[i]);
	}
}

static size_t tag_frame(u8 *f, size_t len, u16 tci)
{
	memmove(f + 16, f + 12, len - 12);
	wire_put16(f, 12, ETH_P_8021Q);
	wire_put16(f, 14, tci);
	return len + 4;
}

static void behind_vlan_tags(void **state)
{
	u8 f[FRAME_MAX];
	u32 i;

	(void)state;
	for (i = 0; i < 6; i++) {
		struct seg s = seg_of(1 + i * 100, 100, (u16)i);

		put_frame(f, tag_frame(f, frame_tcp(f, &s), i < 4 ? 0x2001 : 0x2002));
	}
	gro_run(&g);
	assert_int_equal(g.nr, 2);
	assert_int_equal(__skb_shinfo(g.got[0])->gso_segs, 4);
	comes_back();
}

static void tags_beside_the_data(void **state)
{
	u8 f[FRAME_MAX];
	u32 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct seg s = seg_of(1 + i * 100, 100, (u16)i);
		struct sk_buff *skb = gro_skb(&g, f, frame_tcp(f, &s), FORM_LINEAR, 0);

		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), i < 2 ? 5 : 6);
		__skb_queue_tail(&g.in, skb);
	}
	gro_run(&g);
	assert_int_equal(g.nr, 2);
	assert_int_equal(__skb_shinfo(g.got[0])->gso_segs, 2);
}

/* What devices say of checksums, right and wrong. */
static void checksum_states(void **state)
{
	u8 f[FRAME_MAX];
	int kind, bad;
	u32 i;

	(void)state;
	for (kind = CHECKSUM_NONE; kind <= CHECKSUM_PARTIAL; kind++) {
		for (bad = 0; bad < 2; bad++) {
			/* Nobody looks again when the device vouches for it. */
			unsigned int expect = bad && kind <= CHECKSUM_NONE ? 3 : 1;

			if (kind == CHECKSUM_COMPLETE && bad)
				expect = 3;
			for (i = 0; i < 3; i++) {
				struct seg s = seg_of(1 + i * 100, 100, (u16)i);
				struct sk_buff *skb;
				size_t len = frame_tcp(f, &s);

				f[len - 1] ^= (u8)bad;
				skb = gro_skb(&g, f, len, FORM_LINEAR, 0);
				skb->ip_summed = (u8)kind & 3;
				if (kind == CHECKSUM_COMPLETE)
					skb->csum = csum_partial(skb->data, (int)skb->len, 0);
				if (kind == CHECKSUM_PARTIAL) {
					skb->csum_start = (u16)(skb_headroom(skb) + 20);
					skb->csum_offset = 16;
				}
				__skb_queue_tail(&g.in, skb);
			}
			gro_run(&g);
			assert_int_equal(g.nr, expect);
			gro_forget(&g);
		}
	}
}

/* What has been checked here is not checked again. */
static void checked_once(void **state)
{
	(void)state;
	put_burst(1, 100, FORM_LINEAR);
	gro_run(&g);
	assert_int_equal(g.nr, 1);
	assert_int_equal(g.got[0]->ip_summed, CHECKSUM_UNNECESSARY);
}

/* Packets that a device has merged: one that nobody vouches for stays as it is. */
static void merged_already(void **state)
{
	u8 f[FRAME_MAX];
	int dodgy;
	u32 i;

	(void)state;
	for (dodgy = 0; dodgy < 2; dodgy++) {
		for (i = 0; i < 3; i++) {
			struct seg s = seg_of(1 + i * 1000, 1000, (u16)(10 * i));
			struct sk_buff *skb = gro_skb(&g, f, frame_tcp(f, &s), FORM_LINEAR, 0);

			skb->ip_summed = CHECKSUM_PARTIAL;
			skb->csum_start = (u16)(skb_headroom(skb) + 20);
			skb->csum_offset = 16;
			skb_shinfo(skb)->gso_size = 100;
			skb_shinfo(skb)->gso_segs = 10;
			skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4 | (dodgy ? SKB_GSO_DODGY : 0u);
			__skb_queue_tail(&g.in, skb);
		}
		gro_run(&g);
		assert_int_equal(g.nr, dodgy ? 3 : 1);
		if (!dodgy)
			assert_int_equal(__skb_shinfo(g.got[0])->gso_segs, 30);
		gro_forget(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		gro_test(segments_become_one),
		gro_test(every_form_of_buffer),
		gro_test(alternating_forms),
		gro_test(identifications),
		gro_test(not_merged),
		gro_test(damaged_frames),
		gro_test(padding_and_truncation),
		gro_test(bursts_end),
		gro_test(cwr_comes_first),
		gro_test(acknowledgements_pass),
		gro_test(ip_options_are_not_merged),
		gro_test(size_is_limited),
		gro_test(flows_are_limited),
		gro_test(off_by_feature),
		gro_test(a_poll_ends_the_wait),
		gro_test(a_timeout_prolongs_it),
		gro_test(a_timeout_is_bounded),
		gro_test(a_device_is_put_off),
		gro_test(closing_drops_what_is_held),
		gro_test(clones_are_not_written_to),
		gro_test(behind_vlan_tags),
		gro_test(tags_beside_the_data),
		gro_test(checksum_states),
		gro_test(checked_once),
		gro_test(merged_already),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
