/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames as those see them who listen beside a device. */
#ifndef SKIFF_DEVICE_FRAME_H
#define SKIFF_DEVICE_FRAME_H

#include <skiff/skbuff.h>

/* Where the frame begins, relative to skb->data: at the MAC header, if that is still there. */
int frame_offset(const struct sk_buff *skb);

/**
 * frame_copy() - copy a frame from its beginning on
 * @skb: it, which stays the caller's and as it is
 * @to: room for @len bytes
 * @len: no more than the frame has
 * @checksum: fill in the checksum that the sender left to the device, if the copy has its place
 *
 * Return: 0, -EFAULT.
 */
int frame_copy(const struct sk_buff *skb, u8 *to, size_t len, bool checksum);

#endif /* SKIFF_DEVICE_FRAME_H */
