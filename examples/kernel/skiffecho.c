// SPDX-License-Identifier: BSD-2-Clause
/* A protocol for two homes, Linux and skiff: it answers questions in frames of its own type. */
#include <linux/etherdevice.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

/* IEEE Std 802, "Local Experimental Ethertype 1": free for whoever owns the network. */
#define ETH_P_SKIFFECHO 0x88B5

#define ECHO_VERSION 1

enum {
	ECHO_REQUEST = 1,
	ECHO_REPLY = 2,
};

/**
 * struct echohdr - behind the Ethernet header
 * @version: ECHO_VERSION
 * @op: ECHO_REQUEST or ECHO_REPLY
 * @len: bytes of data that follow; the frame may be longer, as short ones are padded
 */
struct echohdr {
	__u8 version;
	__u8 op;
	__be16 len;
};

/* Return: the header with all of its data within the frame, or NULL. */
static struct echohdr *echo_header(struct sk_buff *skb)
{
	struct echohdr *echo;

	if (!pskb_may_pull(skb, sizeof(*echo)))
		return NULL;
	echo = (struct echohdr *)skb->data;
	if (echo->version != ECHO_VERSION || ntohs(echo->len) > skb->len - sizeof(*echo))
		return NULL;
	return echo;
}

/* Send the question back as its own answer, data and all. Consumes @skb. */
static int echo_reply(struct sk_buff *skb, struct net_device *dev)
{
	unsigned char asker[ETH_ALEN];
	struct echohdr *echo;

	ether_addr_copy(asker, eth_hdr(skb)->h_source);
	/* The data may be shared with a tap, or have no room for the header in front of it. */
	if (skb_ensure_writable(skb, sizeof(*echo)) || skb_cow_head(skb, LL_RESERVED_SPACE(dev)))
		goto drop;
	echo = (struct echohdr *)skb->data;
	echo->op = ECHO_REPLY;
	skb_trim(skb, sizeof(*echo) + ntohs(echo->len));
	skb_reset_network_header(skb);
	skb->ip_summed = CHECKSUM_NONE;
	skb->pkt_type = PACKET_OUTGOING;
	if (dev_hard_header(skb, dev, ETH_P_SKIFFECHO, asker, dev->dev_addr, skb->len) < 0)
		goto drop;
	dev_queue_xmit(skb);
	return NET_RX_SUCCESS;

drop:
	kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
	return NET_RX_DROP;
}

/* One reference to @skb is ours; others may look at the same frame. */
static int echo_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		    struct net_device *orig_dev)
{
	struct echohdr *echo;

	if (skb->pkt_type == PACKET_OTHERHOST) {
		kfree_skb_reason(skb, SKB_DROP_REASON_OTHERHOST);
		return NET_RX_DROP;
	}
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb)
		return NET_RX_DROP;
	echo = echo_header(skb);
	if (!echo) {
		kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_SMALL);
		return NET_RX_DROP;
	}
	/* Answers are not answered, nor are questions in the name of a group. */
	if (echo->op != ECHO_REQUEST || !is_valid_ether_addr(eth_hdr(skb)->h_source)) {
		consume_skb(skb);
		return NET_RX_SUCCESS;
	}
	return echo_reply(skb, dev);
}

static struct packet_type echo_packet_type = {
	.type = htons(ETH_P_SKIFFECHO),
	.func = echo_rcv,
};

static int __init echo_init(void)
{
	dev_add_pack(&echo_packet_type);
	return 0;
}

static void __exit echo_exit(void)
{
	dev_remove_pack(&echo_packet_type);
}

module_init(echo_init);
module_exit(echo_exit);

MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("Answers echo requests in frames of an experimental type");
