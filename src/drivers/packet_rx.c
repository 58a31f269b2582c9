// SPDX-License-Identifier: BSD-2-Clause
/* Packet sockets: frames received, asked for or out of a ring. Never under the stack lock. */
#include <sys/socket.h>
#include <sys/uio.h>

#include "drivers/packet.h"

/* What the kernel says of a frame beside its bytes. */
struct about {
	u32 status;
	u16 vlan_tci;
	u16 vlan_tpid;
};

/*
 * The kernel takes a tag off the frame and tells it beside: it goes where a device with that
 * feature would have put it. Return: the frame, or NULL when it is no good and is counted.
 */
static struct sk_buff *complete(struct packet_dev *p, struct sk_buff *skb,
				const struct virtio_net_hdr *hdr, const struct about *about)
{
	if (p->vnet_hdr && virtio_net_hdr_to_skb(skb, hdr)) {
		fdev_refuse(&p->f, skb, false);
		return NULL;
	}
	if (about->status & TP_STATUS_VLAN_VALID)
		__vlan_hwaccel_put_tag(skb,
				       htons(about->status & TP_STATUS_VLAN_TPID_VALID ?
						     about->vlan_tpid :
						     ETH_P_8021Q),
				       about->vlan_tci);
	/*
	 * A frame of this machine may come without its checksum. Where no virtio header says where
	 * that would be, it is as good as one that was checked.
	 */
	if (about->status & (TP_STATUS_CSUM_VALID | TP_STATUS_CSUMNOTREADY) &&
	    skb->ip_summed == CHECKSUM_NONE)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

/* Asking for frames. */

/* A frame that is asked for. */
struct in {
	struct virtio_net_hdr hdr;
	struct sk_buff *skb;
	unsigned int room;
	u8 *overflow;
	struct sockaddr_ll from;
	struct iovec iov[3];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
};

static void prepare(const struct packet_dev *p, struct in *in, struct msghdr *msg, int index)
{
	in->room = READ_ONCE(p->f.dev->mtu) + ETH_HLEN + VLAN_HLEN;
	in->skb = netdev_alloc_skb_ip_align(p->f.dev, in->room);
	in->overflow = p->overflow + (size_t)index * FDEV_MAX_FRAME;
	/* Without memory it is still read, or it would be found readable for ever. */
	in->iov[0] = (struct iovec){ &in->hdr, p->vnet_hdr ? sizeof(in->hdr) : 0 };
	in->iov[1] =
		(struct iovec){ in->skb ? in->skb->data : in->overflow, in->skb ? in->room : 0 };
	in->iov[2] = (struct iovec){ in->overflow, FDEV_MAX_FRAME };
	*msg = (struct msghdr){
		.msg_name = &in->from,
		.msg_namelen = sizeof(in->from),
		.msg_iov = in->iov,
		.msg_iovlen = 3,
		.msg_control = &in->control,
		.msg_controllen = sizeof(in->control),
	};
}

static struct about get_about(struct msghdr *msg)
{
	const struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	struct tpacket_auxdata aux;

	if (!cmsg || cmsg->cmsg_level != SOL_PACKET || cmsg->cmsg_type != PACKET_AUXDATA ||
	    cmsg->cmsg_len < CMSG_LEN(sizeof(aux)))
		return (struct about){ .status = 0 };
	memcpy(&aux, CMSG_DATA(cmsg), sizeof(aux));
	return (struct about){ aux.tp_status, aux.tp_vlan_tci, aux.tp_vlan_tpid };
}

/* The frame did not fit its buffer: a larger one, with all of it. */
static struct sk_buff *enlarge(struct packet_dev *p, const struct in *in, unsigned int len)
{
	struct sk_buff *large = netdev_alloc_skb_ip_align(p->f.dev, len);

	if (!large) {
		fdev_refuse(&p->f, in->skb, true);
		return NULL;
	}
	__skb_put_data(large, in->skb->data, in->room);
	__skb_put_data(large, in->overflow, len - in->room);
	consume_skb(in->skb);
	return large;
}

static struct sk_buff *take(struct packet_dev *p, const struct in *in, struct mmsghdr *msg)
{
	unsigned int hdr_len = p->vnet_hdr ? sizeof(in->hdr) : 0, len = msg->msg_len - hdr_len;
	const struct about about = get_about(&msg->msg_hdr);
	/* prepare() was called for it. NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign) */
	struct sk_buff *skb = in->skb;

	if (in->from.sll_pkttype == PACKET_OUTGOING) {
		consume_skb(skb);
		return NULL;
	}
	if (!skb || msg->msg_len < hdr_len + ETH_HLEN || msg->msg_hdr.msg_flags & MSG_TRUNC) {
		fdev_refuse(&p->f, skb, !skb);
		return NULL;
	}
	if (len > in->room)
		skb = enlarge(p, in, len);
	else
		__skb_put(skb, len);
	return skb ? complete(p, skb, &in->hdr, &about) : NULL;
}

static int ask(struct packet_dev *p, struct sk_buff **frames, int n)
{
	struct mmsghdr msgs[FDEV_RX_BATCH];
	struct in in[FDEV_RX_BATCH];
	int got, error, i;

	for (i = 0; i < n; i++)
		prepare(p, &in[i], &msgs[i].msg_hdr, i);
	do {
		got = recvmmsg(p->f.fd, msgs, (unsigned int)n, MSG_DONTWAIT, NULL);
	} while (got < 0 && errno == EINTR);
	error = got < 0 ? errno : 0;
	for (i = 0; i < min(got, n); i++)
		frames[i] = take(p, &in[i], &msgs[i]);
	for (; i < n; i++)
		consume_skb(in[i].skb);
	/* Who has seen the error has taken it away: there may be no event for it any more. */
	if (error == ENETDOWN)
		packet_error(&p->f);
	return !error || error == EAGAIN || error == ENETDOWN ? max(got, 0) : -error;
}

/* The ring. */

static struct tpacket_block_desc *block_of(const struct packet_dev *p)
{
	return (struct tpacket_block_desc *)(p->ring + (size_t)p->block * PACKET_BLOCK_SIZE);
}

/* Give the block back to the kernel, and go to the next one. */
static void release_block(struct packet_dev *p)
{
	__atomic_store_n(&block_of(p)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	p->block = (p->block + 1) % p->blocks;
}

/* Return: whether there is a frame in the block that is read. */
static bool have_frame(struct packet_dev *p)
{
	struct tpacket_hdr_v1 *h;

	while (!p->left) {
		h = &block_of(p)->hdr.bh1;
		if (!(__atomic_load_n(&h->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			return false;
		p->left = h->num_pkts;
		p->next = h->offset_to_first_pkt;
		/* A block may have been handed over because its time was up, and empty. */
		if (!p->left)
			release_block(p);
	}
	return true;
}

/* The kernel keeps frames whole, so that a length that is short was cut. */
static struct sk_buff *copy_frame(struct packet_dev *p, const struct tpacket3_hdr *h)
{
	const struct about about = { h->tp_status, (u16)h->hv1.tp_vlan_tci, h->hv1.tp_vlan_tpid };
	const u8 *data = (const u8 *)h + h->tp_mac;
	struct virtio_net_hdr hdr = { .flags = 0 };
	struct sk_buff *skb;

	if (h->tp_snaplen < ETH_HLEN || h->tp_snaplen != h->tp_len) {
		fdev_refuse(&p->f, NULL, false);
		return NULL;
	}
	skb = netdev_alloc_skb_ip_align(p->f.dev, h->tp_snaplen);
	if (!skb) {
		fdev_refuse(&p->f, NULL, true);
		return NULL;
	}
	__skb_put_data(skb, data, h->tp_snaplen);
	if (p->vnet_hdr)
		memcpy(&hdr, data - sizeof(hdr), sizeof(hdr));
	return complete(p, skb, &hdr, &about);
}

static bool is_outgoing(const struct tpacket3_hdr *h)
{
	const struct sockaddr_ll *ll =
		(const struct sockaddr_ll *)((const u8 *)h + TPACKET_ALIGN(sizeof(*h)));

	return ll->sll_pkttype == PACKET_OUTGOING;
}

int packet_read(struct fdev *f, struct sk_buff **frames, int n)
{
	struct packet_dev *p = packet_of(f->dev);
	const struct tpacket3_hdr *h;
	int got;

	if (!p->ring)
		return ask(p, frames, n);
	for (got = 0; got < n && have_frame(p); got++) {
		h = (const struct tpacket3_hdr *)((const u8 *)block_of(p) + p->next);
		frames[got] = is_outgoing(h) ? NULL : copy_frame(p, h);
		p->next += h->tp_next_offset;
		if (!--p->left)
			release_block(p);
	}
	return got;
}
