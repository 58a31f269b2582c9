// SPDX-License-Identifier: BSD-2-Clause
/* The frames of a device as they pass, one decoded line each. */
#include <stdlib.h>

#include <skiff/decode.h>
#include <skiff/if_ether.h>
#include <skiff/skbuff.h>

#include "demo.h"

/* Lines that are kept; more frames are counted. */
#define LINES 24

struct packet_line {
	ktime_t time;
	bool sent;
	char text[200];
};

/**
 * struct packets - a tap on a device
 * @net: the device's host, whose stack lock guards all this
 * @dev: the device, held
 * @tap: the handler
 * @start: when packets_begin() was called
 * @count: frames since then
 * @line: the first of them
 */
struct packets {
	struct net *net;
	struct net_device *dev;
	struct packet_type tap;
	ktime_t start;
	unsigned int count;
	struct packet_line line[LINES];
};

/* The kernel's own IPv6 and the like do not belong to the conversation. */
static bool is_shown(const u8 *frame, unsigned int len)
{
	const struct ethhdr *eth = (const struct ethhdr *)(const void *)frame;

	return len >= ETH_HLEN &&
	       (eth->h_proto == htons(ETH_P_IP) || eth->h_proto == htons(ETH_P_ARP));
}

static int see(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
	       struct net_device *orig_dev)
{
	struct packets *p = pt->af_packet_priv;
	bool sent = skb->pkt_type == PACKET_OUTGOING;
	int start = sent ? 0 : skb_mac_offset(skb);
	unsigned int len = min_t(unsigned int, skb->len + (unsigned int)-start, ETH_FRAME_LEN);
	unsigned int flags = 0;
	u8 frame[ETH_FRAME_LEN];

	(void)dev;
	(void)orig_dev;
	/* The checksum is still to come, or was never needed. */
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		flags |= SKIFF_DECODE_NO_L4_CSUM;
	if (!skb_copy_bits(skb, start, frame, (int)len) && is_shown(frame, len)) {
		if (p->count < LINES) {
			struct packet_line *line = &p->line[p->count];

			line->time = skiff_net_now(p->net);
			line->sent = sent;
			skiff_decode_frame(line->text, sizeof(line->text), frame, len, flags);
		}
		p->count++;
	}
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

struct packets *packets_watch(struct net *net, const char *dev)
{
	struct packets *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	net_lock(net);
	p->net = net;
	p->dev = dev_get_by_name(net, dev);
	p->tap.type = htons(ETH_P_ALL);
	p->tap.dev = p->dev;
	p->tap.func = see;
	p->tap.af_packet_priv = p;
	if (p->dev)
		dev_add_pack(&p->tap);
	net_unlock(net);
	return p;
}

void packets_unwatch(struct packets *packets)
{
	if (!packets)
		return;
	net_lock(packets->net);
	if (packets->dev) {
		dev_remove_pack(&packets->tap);
		dev_put(packets->dev);
	}
	net_unlock(packets->net);
	free(packets);
}

void packets_begin(struct packets *packets)
{
	net_lock(packets->net);
	packets->count = 0;
	packets->start = skiff_net_now(packets->net);
	net_unlock(packets->net);
}

unsigned int packets_print(struct packets *packets)
{
	unsigned int count;

	net_lock(packets->net);
	count = packets->count;
	for (unsigned int i = 0; i < count && i < LINES; i++) {
		const struct packet_line *line = &packets->line[i];

		printf("%9.3f ms  %s  %s\n", (double)(line->time - packets->start) / 1e6,
		       line->sent ? "sent" : "recv", line->text);
	}
	net_unlock(packets->net);
	if (count > LINES)
		printf("              and %u more\n", count - LINES);
	return count;
}
