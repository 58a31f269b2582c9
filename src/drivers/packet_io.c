// SPDX-License-Identifier: BSD-2-Clause
/* Packet sockets: frames out of the ring, and frames sent. System calls, never under the stack lock. */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "drivers/packet.h"

/* The virtio header, linear data, fragments. */
#define PACKET_MAX_IOV (2 + MAX_SKB_FRAGS)

/* In. */

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

/*
 * The kernel takes a tag off the frame and tells it beside: it goes where a device with that
 * feature would have put it. It keeps frames whole, so that a length that is short was cut.
 */
static struct sk_buff *copy_frame(struct packet_dev *p, const struct tpacket3_hdr *h)
{
	const u8 *data = (const u8 *)h + h->tp_mac;
	struct virtio_net_hdr hdr;
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
	if (p->vnet_hdr) {
		memcpy(&hdr, data - sizeof(hdr), sizeof(hdr));
		if (virtio_net_hdr_to_skb(skb, &hdr)) {
			fdev_refuse(&p->f, skb, false);
			return NULL;
		}
	}
	if (h->tp_status & TP_STATUS_VLAN_VALID)
		__vlan_hwaccel_put_tag(skb,
				       htons(h->tp_status & TP_STATUS_VLAN_TPID_VALID ?
						     h->hv1.tp_vlan_tpid :
						     ETH_P_8021Q),
				       (u16)h->hv1.tp_vlan_tci);
	/*
	 * A frame of this machine may come without its checksum. Where no virtio header says where
	 * that would be, it is as good as one that was checked.
	 */
	if (h->tp_status & (TP_STATUS_CSUM_VALID | TP_STATUS_CSUMNOTREADY) &&
	    skb->ip_summed == CHECKSUM_NONE)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

static bool is_outgoing(const struct tpacket3_hdr *h)
{
	const struct sockaddr_ll *ll =
		(const struct sockaddr_ll *)((const u8 *)h + TPACKET_ALIGN(sizeof(*h)));

	return ll->sll_pkttype == PACKET_OUTGOING;
}

static int packet_read(struct fdev *f, struct sk_buff **frame)
{
	struct packet_dev *p = packet_of(f->dev);
	const struct tpacket3_hdr *h;

	*frame = NULL;
	if (!have_frame(p))
		return 0;
	h = (const struct tpacket3_hdr *)((const u8 *)block_of(p) + p->next);
	if (!is_outgoing(h))
		*frame = copy_frame(p, h);
	p->next += h->tp_next_offset;
	if (!--p->left)
		release_block(p);
	return 1;
}

/* Out. */

struct out {
	struct virtio_net_hdr hdr;
	struct iovec iov[PACKET_MAX_IOV];
};

/* Return: 0, or -EINVAL for a frame that can't be told. */
static int fill(const struct packet_dev *p, const struct sk_buff *skb, struct out *out,
		struct msghdr *msg)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(skb);
	size_t n = 0;
	int i;

	if (p->vnet_hdr) {
		if (virtio_net_hdr_from_skb(skb, &out->hdr))
			return -EINVAL;
		/* To a socket this means something else on its way out. */
		out->hdr.flags &= (u8)~VIRTIO_NET_HDR_F_DATA_VALID;
		out->iov[n++] = (struct iovec){ &out->hdr, sizeof(out->hdr) };
	}
	out->iov[n++] = (struct iovec){ skb->data, skb_headlen(skb) };
	for (i = 0; skb_is_nonlinear(skb) && i < shinfo->nr_frags; i++)
		out->iov[n++] = (struct iovec){ skb_frag_address(&shinfo->frags[i]),
						skb_frag_size(&shinfo->frags[i]) };
	msg->msg_iov = out->iov;
	msg->msg_iovlen = n;
	return 0;
}

static int packet_write(struct fdev *f, struct sk_buff **skbs, int n)
{
	const struct packet_dev *p = packet_of(f->dev);
	struct mmsghdr msgs[FDEV_TX_BATCH];
	struct out out[FDEV_TX_BATCH];
	int i, sent;

	memset(msgs, 0, (size_t)n * sizeof(msgs[0]));
	for (i = 0; i < n; i++)
		if (fill(p, skbs[i], &out[i], &msgs[i].msg_hdr))
			break;
	if (!i)
		return -EINVAL;
	do {
		sent = sendmmsg(f->fd, msgs, (unsigned int)i, MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		/* The interface's own queue is full: nothing tells when it is not any more. */
		return errno == ENOBUFS ? -EIO : -errno;
	return sent;
}

/* The interface goes down, or away. */

int packet_state(const struct packet_dev *p)
{
	struct sockaddr_ll ll = { .sll_ifindex = 0 };
	socklen_t len = sizeof(ll);
	struct ifreq ifr = { .ifr_flags = 0 };

	if (getsockname(p->f.fd, (struct sockaddr *)&ll, &len) || ll.sll_ifindex <= 0)
		return -ENODEV;
	/* By its number, for it may have been renamed. */
	ifr.ifr_ifindex = p->ifindex;
	if (ioctl(p->f.fd, SIOCGIFNAME, &ifr) || ioctl(p->f.fd, SIOCGIFFLAGS, &ifr))
		return -ENODEV;
	return ifr.ifr_flags & IFF_UP ? 0 : -ENETDOWN;
}

static void packet_error(struct fdev *f)
{
	struct packet_dev *p = packet_of(f->dev);
	socklen_t len = sizeof(int);
	int error = 0;

	/* Reading takes the error away. */
	if (getsockopt(f->fd, SOL_SOCKET, SO_ERROR, &error, &len) || packet_state(p) == -ENODEV) {
		fdev_lost(f);
		return;
	}
	dev_hold(f->dev);
	if (!net_defer(dev_net(f->dev), &p->down_work))
		dev_put(f->dev);
}

static void packet_free(struct fdev *f)
{
	struct packet_dev *p = packet_of(f->dev);

	munmap(p->ring, (size_t)p->blocks * PACKET_BLOCK_SIZE);
}

const struct fdev_ops packet_ops = {
	.other_end = "the kernel's interface",
	.tx_batch = FDEV_TX_BATCH,
	.read = packet_read,
	.write = packet_write,
	.error = packet_error,
	.free = packet_free,
};
