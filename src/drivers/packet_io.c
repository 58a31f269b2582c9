// SPDX-License-Identifier: BSD-2-Clause
/* Packet sockets: frames sent, and errors. System calls, never under the stack lock. */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "drivers/packet.h"

/* The virtio header, linear data, fragments. */
#define PACKET_MAX_IOV (2 + MAX_SKB_FRAGS)

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

void packet_error(struct fdev *f)
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

	if (p->ring)
		munmap(p->ring, (size_t)p->blocks * PACKET_BLOCK_SIZE);
	fdev_overflow_free(p->overflow, FDEV_RX_BATCH);
}

const struct fdev_ops packet_ops = {
	.other_end = "the kernel's interface",
	.read = packet_read,
	.write = packet_write,
	.error = packet_error,
	.free = packet_free,
};
