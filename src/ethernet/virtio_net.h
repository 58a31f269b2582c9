/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtio header in front of a frame: what it says about checksums and segments. */
#ifndef SKIFF_ETHERNET_VIRTIO_NET_H
#define SKIFF_ETHERNET_VIRTIO_NET_H

#include <linux/virtio_net.h>

#include <skiff/skbuff.h>

/**
 * virtio_net_hdr_to_skb() - take what a header says into a received frame
 * @skb: the frame, data at its Ethernet header
 * @hdr: the header, in the machine's byte order; nothing of it is trusted
 *
 * Segments are marked SKB_GSO_DODGY. Return: 0, or -EINVAL when the header contradicts the frame.
 */
int virtio_net_hdr_to_skb(struct sk_buff *skb, const struct virtio_net_hdr *hdr);

/**
 * virtio_net_hdr_from_skb() - say in a header what is left to do for a frame
 * @skb: the frame to be sent, data at its Ethernet header
 * @hdr: filled in
 *
 * Return: 0, or -EINVAL for segments that the header has no word for.
 */
int virtio_net_hdr_from_skb(const struct sk_buff *skb, struct virtio_net_hdr *hdr);

#endif /* SKIFF_ETHERNET_VIRTIO_NET_H */
