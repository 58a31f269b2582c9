// SPDX-License-Identifier: BSD-2-Clause
/* AF_PACKET input: a frame that a device received or sends comes to a socket. */
#include "packet/packet.h"

/* Where data began when the packet came: others that hold it must find it there again. */
struct saved_data {
	unsigned char *data;
	unsigned int len;
};

static void restore(struct sk_buff *skb, const struct saved_data *saved)
{
	skb->data = saved->data;
	skb->len = saved->len;
}

/*
 * Data to what the socket sees: with the link-layer header or without. What is received comes
 * without it, what is sent with it.
 */
static void show_headers(struct sk_buff *skb, const struct net_device *dev, const struct sock *sk)
{
	if (!dev_has_header(dev))
		return;
	if (sk->sk_type != SOCK_DGRAM)
		skb_push(skb, (unsigned int)-skb_mac_offset(skb));
	else if (skb->pkt_type == PACKET_OUTGOING)
		skb_pull(skb, (unsigned int)skb_network_offset(skb));
}

/* How many bytes the socket wants: 0 for none of the packet. */
static u32 run_filter(const struct sk_buff *skb, const struct sock *sk)
{
	return sk->sk_filter ? bpf_prog_run(sk->sk_filter->prog, skb) : skb->len;
}

/* The packet, or a clone of one that others hold; NULL without memory. */
static struct sk_buff *make_own(struct sk_buff *skb, const struct saved_data *saved)
{
	struct sk_buff *own;

	if (!skb_shared(skb))
		return skb;
	own = skb_clone(skb, GFP_ATOMIC);
	if (!own)
		return NULL;
	restore(skb, saved);
	consume_skb(skb);
	return own;
}

static void note_origin(struct packet_sock *po, struct sk_buff *skb,
			const struct net_device *orig_dev)
{
	struct packet_skb_cb *cb = PACKET_SKB_CB(skb);

	cb->origlen = skb->len;
	cb->ifindex = po->origdev ? orig_dev->ifindex : skb->dev->ifindex;
	cb->hatype = skb->dev->type;
	cb->halen = (u8)dev_parse_header(skb, cb->addr);
}

static void enqueue(struct packet_sock *po, struct sk_buff *skb)
{
	struct sock *sk = &po->sk;

	skb_set_owner_r(skb, sk);
	skb->dev = NULL;
	skb_dst_drop(skb);
	po->tp_packets++;
	skb_clear_delivery_time(skb);
	spin_lock(&sk->sk_receive_queue.lock);
	SOCK_SKB_CB(skb)->dropcount = (u32)atomic_read(&sk->sk_drops);
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	spin_unlock(&sk->sk_receive_queue.lock);
	sk->sk_data_ready(sk);
}

/* Take the packet. Return: why that is not possible; then it is still the caller's. */
static enum skb_drop_reason take(struct packet_sock *po, struct sk_buff **skbp, u32 snaplen,
				 const struct saved_data *saved, const struct net_device *orig_dev)
{
	struct sock *sk = &po->sk;
	struct sk_buff *skb;

	if (atomic_read(&sk->sk_rmem_alloc) >= READ_ONCE(sk->sk_rcvbuf))
		return SKB_DROP_REASON_SOCKET_RCVBUFF;
	if (sk_host_full(sk))
		return SKB_DROP_REASON_PROTO_MEM;
	skb = make_own(*skbp, saved);
	if (!skb)
		return SKB_DROP_REASON_NOMEM;
	*skbp = skb;
	note_origin(po, skb, orig_dev);
	if (pskb_trim(skb, snaplen))
		return SKB_DROP_REASON_NOMEM;
	enqueue(po, skb);
	return SKB_NOT_DROPPED_YET;
}

int packet_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
	       struct net_device *orig_dev)
{
	struct packet_sock *po = (struct packet_sock *)pt->af_packet_priv;
	struct saved_data saved = { .data = skb->data, .len = skb->len };
	enum skb_drop_reason reason;
	u32 wanted;

	if (unlikely(skb->pkt_type == PACKET_LOOPBACK)) {
		consume_skb(skb);
		return 0;
	}
	skb->dev = dev;
	show_headers(skb, dev, &po->sk);
	wanted = run_filter(skb, &po->sk);
	if (!wanted) {
		/* Not for this socket, which is no loss. */
		if (skb_shared(skb))
			restore(skb, &saved);
		consume_skb(skb);
		return 0;
	}
	reason = take(po, &skb, wanted, &saved, orig_dev);
	if (likely(!reason))
		return 0;
	po->tp_drops++;
	sk_drops_add(&po->sk, 1);
	if (skb_shared(skb))
		restore(skb, &saved);
	kfree_skb_reason(skb, reason);
	return 0;
}
