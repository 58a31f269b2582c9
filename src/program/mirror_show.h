/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of the host's, as those see them who listen in an image. */
#ifndef PROGRAM_MIRROR_SHOW_H
#define PROGRAM_MIRROR_SHOW_H

#include <linux/virtio_net.h>

#include <skiff/skbuff.h>

#include "program/image.h"

/* The largest frame: a merged packet with its link-layer header. */
#define SHOWN_FRAME_MAX (65536 + 64)

/**
 * struct shown_frame - a frame that is shown
 * @header: says of an outgoing one how it would have been cut
 * @protocol: ETH_P_*
 * @len: bytes of @data
 * @data: the frame, with its checksum
 */
struct shown_frame {
	struct virtio_net_hdr header;
	__be16 protocol;
	size_t len;
	u8 data[SHOWN_FRAME_MAX];
};

/* Return: 0, or a negative errno for one that is too large. */
int shown_frame_make(struct shown_frame *frame, const struct sk_buff *skb);

/* Show it as what device @ifindex has received, or sent. */
void shown_frame_show(const struct shown_frame *frame, struct image *image, int ifindex, bool out);

/* Settings of the socket by which outgoing ones are shown. Return: 0 or a negative errno. */
int shown_frame_prepare(int packet);

/* The filter of a TAP's queue: of what is sent by it only what is shown comes to us, to be counted. */
int shown_frame_filter(int fd);

#endif /* PROGRAM_MIRROR_SHOW_H */
