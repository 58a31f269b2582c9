// SPDX-License-Identifier: BSD-2-Clause
/*
 * Showing frames.
 *
 * What a device has received is written to its TAP's queue: the kernel takes it as received. What it has sent is sent
 * by a socket of AF_PACKET, and so goes past those who listen as outgoing and comes out of the queue, where
 * it is thrown away. Both happen at once, so the order and the times are those of the host's device.
 */
#include "program/mirror_show.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>

#include <skiff/tcp.h>
#include <skiff/udp.h>

#include "device/frame.h"

/* How the frames that are sent to be shown are told from those that the kernel sends. */
#define SHOWN_MARK 0x736b6966

/* Linux 6.2 */
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* Frames that may have stayed in a queue are fetched along with the one that was just sent. */
#define FETCH_MAX 4

static u8 gso_type(const struct sk_buff *skb)
{
	unsigned int type = skb_shinfo(skb)->gso_type;

	if (type & SKB_GSO_TCPV4)
		return VIRTIO_NET_HDR_GSO_TCPV4;
	return type & SKB_GSO_UDP_L4 ? VIRTIO_NET_HDR_GSO_UDP_L4 : VIRTIO_NET_HDR_GSO_NONE;
}

/*
 * One that is larger than the MTU is taken as one that the device would cut, and nobody cuts it. That it has no
 * checksum yet belongs to it, but those who listen get the one that it has.
 */
static struct virtio_net_hdr header_of(const struct sk_buff *skb, int offset)
{
	struct virtio_net_hdr h = { 0 };
	int start;

	if (!skb_is_gso(skb) || skb->ip_summed != CHECKSUM_PARTIAL)
		return h;
	start = skb_checksum_start_offset(skb) - offset;
	h.gso_type = gso_type(skb);
	if (h.gso_type == VIRTIO_NET_HDR_GSO_NONE || start < 0)
		return (struct virtio_net_hdr){ 0 };
	h.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h.gso_size = (__force __virtio16)skb_shinfo(skb)->gso_size;
	h.csum_start = (__force __virtio16)start;
	h.csum_offset = (__force __virtio16)skb->csum_offset;
	h.hdr_len = (__force __virtio16)start;
	return h;
}

int shown_frame_make(struct shown_frame *frame, const struct sk_buff *skb)
{
	int offset = frame_offset(skb);

	frame->len = skb->len + (size_t)-offset;
	frame->protocol = skb->protocol;
	if (frame->len > sizeof(frame->data))
		return -EMSGSIZE;
	frame->header = header_of(skb, offset);
	return frame_copy(skb, frame->data, frame->len, true);
}

static bool send_frame(const struct shown_frame *frame, int packet, int ifindex)
{
	struct iovec iov[2] = {
		{ .iov_base = (void *)&frame->header, .iov_len = sizeof(frame->header) },
		{ .iov_base = (void *)frame->data, .iov_len = frame->len },
	};
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = frame->protocol,
		.sll_ifindex = ifindex,
	};
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = iov, .msg_iovlen = 2
	};

	return sendmsg(packet, &msg, MSG_DONTWAIT) >= 0 || errno != EMSGSIZE;
}

/* What comes out of the queue is thrown away, but the device has counted it as sent then. */
static void fetch(int fd)
{
	char byte;

	for (int i = 0; i < FETCH_MAX; i++)
		if (read(fd, &byte, sizeof(byte)) < 0)
			return;
}

void shown_frame_show(const struct shown_frame *frame, struct image *image, int ifindex, bool out)
{
	const struct image_device *dev = image_find(image, ifindex);
	ssize_t n;

	if (!dev)
		return;
	if (out && send_frame(frame, image->packet, ifindex)) {
		if (dev->fd >= 0)
			fetch(dev->fd);
		return;
	}
	/* Larger than what can be sent by the image's device: better as received than not at all. */
	n = dev->fd < 0 ? 0 : write(dev->fd, frame->data, frame->len);
	(void)n;
}

int shown_frame_prepare(int packet)
{
	int on = 1, mark = SHOWN_MARK;

	if (setsockopt(packet, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) ||
	    setsockopt(packet, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)))
		return -errno;
	return 0;
}

int shown_frame_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (__u32)(SKF_AD_OFF + SKF_AD_MARK)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SHOWN_MARK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(code), .filter = code };

	return ioctl(fd, TUNATTACHFILTER, &program) ? -errno : 0;
}
