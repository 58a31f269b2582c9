// SPDX-License-Identifier: BSD-2-Clause
/* Copies of frames, for captures and for programs that listen. */
#include "device/frame.h"

#include <skiff/checksum.h>

int frame_offset(const struct sk_buff *skb)
{
	int offset = skb_mac_header_was_set(skb) ? skb_mac_offset(skb) : 0;

	return offset > 0 ? 0 : offset;
}

static void complete_checksum(const struct sk_buff *skb, int offset, u8 *copy, size_t len)
{
	int start = skb_checksum_start_offset(skb);
	__sum16 sum;
	size_t at;

	if (skb->ip_summed != CHECKSUM_PARTIAL || start < offset || start >= (int)skb->len)
		return;
	at = (size_t)(start - offset) + skb->csum_offset;
	if (at + sizeof(sum) > len)
		return;
	sum = csum_fold(skb_checksum(skb, start, (int)skb->len - start, 0));
	if (!sum)
		sum = CSUM_MANGLED_0;
	memcpy(copy + at, &sum, sizeof(sum));
}

int frame_copy(const struct sk_buff *skb, u8 *to, size_t len, bool checksum)
{
	int offset = frame_offset(skb);

	if (skb_copy_bits(skb, offset, to, (int)len))
		return -EFAULT;
	if (checksum)
		complete_checksum(skb, offset, to, len);
	return 0;
}
