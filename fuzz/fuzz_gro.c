// SPDX-License-Identifier: BSD-2-Clause
/* Frames of one poll: whatever was merged has to be cut into the very frames that came. */
#include <skiff/printk.h>

#include "../tests/unit/gro_host.h"

/*
 * The input is a list of records. A record is a frame made of a template, which follows the
 * template's last frame as a flow would, with bytes of it overwritten: a flag byte, how many
 * changes, and for each of those where and what.
 */

#define FRAMES_MAX 64
#define TEMPLATES 4

static struct gro_host host;
static struct sock *sock;

static struct {
	u8 bytes[FRAME_MAX];
	size_t len;
	bool back;
} frames[FRAMES_MAX];

static struct gro_host *start(void)
{
	const struct udp_port_cfg cfg = { .family = AF_INET, .local_udp_port = htons(80) };
	int on = 1;

	if (host.w.net)
		return &host;
	skiff_log_level(-1);
	gro_open(&host);
	net_lock(host.w.net);
	BUG_ON(udp_sock_create(host.w.net, &cfg, &sock));
	BUG_ON(sock->sk_prot->setsockopt(sock, SOL_UDP, UDP_GRO, &on, sizeof(on)));
	net_unlock(host.w.net);
	wire_teach_peer(&host.w);
	gro_forget(&host);
	return &host;
}

/* A TCP segment as a UDP datagram of the same length and ports. */
static size_t make_udp(u8 *f, size_t len)
{
	u8 *udp = f + ETH_HLEN + WIRE_IP_HLEN;

	f[ETH_HLEN + 9] = IPPROTO_UDP;
	frame_fix_ip(f);
	wire_put16(udp, 4, (u16)(len - ETH_HLEN - WIRE_IP_HLEN));
	wire_udp_set_csum(udp, PEER_IP, HOST_IP);
	return len;
}

static size_t make_tagged(u8 *f, size_t len)
{
	memmove(f + 16, f + 12, len - 12);
	wire_put16(f, 12, ETH_P_8021Q);
	wire_put16(f, 14, 0x2001);
	return len + 4;
}

/* Return: bytes of @data that were used. */
static size_t next_frame(struct seg flow[TEMPLATES], const u8 *data, size_t size, u8 *f,
			 size_t *len)
{
	u8 what = data[0], changes = size > 1 ? data[1] & 7 : 0, i;
	struct seg *s = &flow[what % TEMPLATES];
	size_t used = 2, at;

	if (what & 0x80)
		s->flags |= WIRE_TCP_PSH;
	*len = frame_tcp(f, s);
	s->flags &= (u8)~WIRE_TCP_PSH;
	s->seq += s->len;
	s->id++;
	if (what & 4)
		*len = make_udp(f, *len);
	for (i = 0; i < changes && used + 3 <= size; i++, used += 3) {
		at = (size_t)(data[used] | data[used + 1] << 8) % *len;
		f[at] = data[used + 2];
	}
	/* Bytes that matter are behind checksums, which nobody guesses. */
	if (what & 0x10 && !(what & 4))
		frame_tcp_csum(f + ETH_HLEN + 20, *len - ETH_HLEN - 20);
	if (what & 0x20 && (f[ETH_HLEN] & 15) == 5)
		frame_fix_ip(f);
	if (what & 8)
		*len = make_tagged(f, *len);
	return used;
}

/* Each frame comes back once. What nobody merged has not even been looked at closely. */
static void take_back(struct sk_buff *skb, unsigned int n)
{
	static u8 frame[70000];
	size_t len = gro_bytes(skb, frame, sizeof(frame));
	unsigned int i;

	consume_skb(skb);
	for (i = 0; i < n; i++)
		if (!frames[i].back && frames[i].len == len && !memcmp(frame, frames[i].bytes, len))
			break;
	BUG_ON(i == n);
	frames[i].back = true;
}

static void all_back(struct gro_host *g, unsigned int n)
{
	struct sk_buff *segs, *next;
	unsigned int i, count = 0;

	for (i = 0; i < g->nr; i++) {
		segs = gro_cut(g, g->got[i], n & 1 ? NETIF_F_SG : 0);
		BUG_ON(!segs);
		for (; segs; segs = next, count++) {
			next = segs->next;
			skb_mark_not_on_list(segs);
			take_back(segs, n);
		}
	}
	BUG_ON(count != n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gro_host *g = start();
	struct seg flow[TEMPLATES];
	unsigned int n = 0, i;

	if (size < 2 || size > 1000)
		return -1;
	gro_switch(g, NETIF_F_GRO_FRAGLIST, data[0] & 0x40);
	for (i = 0; i < TEMPLATES; i++) {
		flow[i] = seg_of(0u - 300 * i, (u16)(100 + 400 * i), (u16)(65500 + i));
		flow[i].sport = (u16)(1000 + i / 2);
		flow[i].fragment = i & 1 ? WIRE_IP_DF : 0;
	}
	while (size >= 2 && n < FRAMES_MAX) {
		size_t used = next_frame(flow, data, size, frames[n].bytes, &frames[n].len);
		enum gro_form form = (enum gro_form)(data[1] >> 3 & 3);

		if (used > size)
			used = size;
		frames[n].back = false;
		__skb_queue_tail(&g->in, gro_skb(g, frames[n].bytes, frames[n].len, form,
						 ETH_HLEN + (data[1] >> 5) * 10u));
		n++;
		data += used;
		size -= used;
	}
	gro_run(g);
	all_back(g, n);
	gro_forget(g);
	net_lock(g->w.net);
	__skb_queue_purge(&sock->sk_receive_queue);
	net_unlock(g->w.net);
	wire_sleep(&g->w, 40 * NSEC_PER_SEC);
	wire_drop_sent(&g->w);
	BUG_ON(skb_live_buffers());
	return 0;
}
