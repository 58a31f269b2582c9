// SPDX-License-Identifier: BSD-2-Clause
/* Making a packet forget where it came from, and writing it down for a human. */
#include <stdarg.h>

#include <skiff/printk.h>
#include <skiff/skbuff.h>

#include "skb/walk.h"

void skb_scrub_packet(struct sk_buff *skb, bool xnet)
{
	skb->pkt_type = PACKET_HOST;
	skb->skb_iif = 0;
	skb->ignore_df = 0;
	skb_dst_drop(skb);
	skb_ext_reset(skb);
	nf_reset_ct(skb);
	nf_reset_trace(skb);
	skb->offload_fwd_mark = 0;
	skb->offload_l3_fwd_mark = 0;
	if (!xnet)
		return;
	skb->mark = 0;
	skb_clear_tstamp(skb);
}

/* Bytes of a packet that are enough for its headers and the start of its payload. */
#define DUMP_SHORT 128
#define DUMP_ROW 16

struct dump {
	FILE *out;
	const char *level;
	unsigned int pos;
	unsigned int in_row;
	char row[8 + 3 * DUMP_ROW + 4];
};

static void dump_line(struct dump *d, const char *fmt, ...) __printf(2, 3);

static void dump_line(struct dump *d, const char *fmt, ...)
{
	char line[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (d->out)
		fprintf(d->out, "%s\n", line);
	else
		printk("%s%s\n", d->level ? d->level : KERN_ERR, line);
}

static void flush_row(struct dump *d)
{
	if (d->in_row)
		dump_line(d, "skb data %05x: %s", d->pos - d->in_row, d->row);
	d->in_row = 0;
}

/* Rows go on across the borders of pieces. */
static int dump_piece(void *arg, unsigned char *piece, unsigned int len)
{
	struct dump *d = arg;
	unsigned int i;

	for (i = 0; i < len; i++) {
		snprintf(d->row + 3 * d->in_row, 4, "%02x ", piece[i]);
		d->pos++;
		if (++d->in_row == DUMP_ROW)
			flush_row(d);
	}
	return 0;
}

static void dump_headers(struct dump *d, const struct sk_buff *skb)
{
	dump_line(d, "skb %p len=%u headroom=%u headlen=%u tailroom=%d users=%u truesize=%u",
		  (const void *)skb, skb->len, skb_headroom(skb), skb_headlen(skb),
		  (int)(skb->end - skb->tail), refcount_read(&skb->users), skb->truesize);
	dump_line(d, "mac=(%d,%u) net=(%d,%d) trans=%d, offsets from data",
		  skb_mac_header_was_set(skb) ? skb_mac_offset(skb) : -1, skb->mac_len,
		  skb_network_offset(skb),
		  skb_transport_header_was_set(skb) ? (int)skb_network_header_len(skb) : -1,
		  skb_transport_header_was_set(skb) ? skb_transport_offset(skb) : -1);
	dump_line(d,
		  "csum(0x%08x start=%u offset=%u ip_summed=%u complete_sw=%u valid=%u level=%u)",
		  (__force u32)skb->csum, skb->csum_start, skb->csum_offset, skb->ip_summed,
		  skb->csum_complete_sw, skb->csum_valid, skb->csum_level);
	dump_line(d, "hash(0x%08x sw=%u l4=%u) proto=0x%02x%02x pkttype=%u iif=%d mark=0x%x",
		  skb->hash, skb->sw_hash, skb->l4_hash, ((const u8 *)&skb->protocol)[0],
		  ((const u8 *)&skb->protocol)[1], skb->pkt_type, skb->skb_iif, skb->mark);
	if (skb_vlan_tag_present(skb))
		dump_line(d, "vlan tci=0x%04x", skb->vlan_tci);
}

static void dump_shinfo(struct dump *d, const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(skb);
	unsigned int i;

	dump_line(d, "shinfo(flags=0x%x nr_frags=%u frag_list=%s gso(size=%u type=0x%x segs=%u))",
		  shinfo->flags, shinfo->nr_frags, shinfo->frag_list ? "yes" : "no",
		  shinfo->gso_size, shinfo->gso_type, shinfo->gso_segs);
	for (i = 0; i < shinfo->nr_frags && i < MAX_SKB_FRAGS; i++)
		dump_line(d, "frag %u: offset=%u size=%u", i, skb_frag_off(&shinfo->frags[i]),
			  skb_frag_size(&shinfo->frags[i]));
}

static void dump_all(struct dump *d, const struct sk_buff *skb, bool full_pkt)
{
	unsigned int len = full_pkt ? skb->len : min_t(unsigned int, skb->len, DUMP_SHORT);

	dump_headers(d, skb);
	dump_shinfo(d, skb);
	if (skb_for_each_piece(skb, 0, (int)len, dump_piece, d))
		dump_line(d, "the data ends before len");
	flush_row(d);
}

void skb_dump(const char *level, const struct sk_buff *skb, bool full_pkt)
{
	struct dump d = { .level = level };

	dump_all(&d, skb, full_pkt);
}

void skb_dump_file(FILE *out, const struct sk_buff *skb, bool full_pkt)
{
	struct dump d = { .out = out };

	dump_all(&d, skb, full_pkt);
}
