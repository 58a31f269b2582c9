// SPDX-License-Identifier: BSD-2-Clause
/* Bytes between packets and programs, with and without the checksum in the same pass. */
#include <skiff/skbuff.h>

#include "skb/walk.h"

static int piece_to_iter(void *arg, unsigned char *piece, unsigned int len)
{
	return copy_to_iter(piece, len, (struct iov_iter *)arg) == len ? 0 : -EFAULT;
}

int skb_copy_datagram_iter(const struct sk_buff *from, int offset, struct iov_iter *to, int len)
{
	size_t before = iov_iter_count(to);
	int err = skb_for_each_piece(from, offset, len, piece_to_iter, to);

	if (err)
		iov_iter_revert(to, before - iov_iter_count(to));
	return err;
}

static int piece_from_iter(void *arg, unsigned char *piece, unsigned int len)
{
	return copy_from_iter(piece, len, (struct iov_iter *)arg) == len ? 0 : -EFAULT;
}

int skb_copy_datagram_from_iter(struct sk_buff *skb, int offset, struct iov_iter *from, int len)
{
	return skb_for_each_piece(skb, offset, len, piece_from_iter, from);
}

struct csum_copy {
	struct iov_iter *to;
	struct csum_state state;
};

static int piece_csum_to_iter(void *arg, unsigned char *piece, unsigned int len)
{
	struct csum_copy *copy = (struct csum_copy *)arg;

	return csum_and_copy_to_iter(piece, len, &copy->state, copy->to) == len ? 0 : -EFAULT;
}

int skb_copy_and_csum_datagram_msg(struct sk_buff *skb, int hlen, struct skiff_msghdr *msg)
{
	struct csum_copy copy = { .to = &msg->msg_iter };
	size_t before = msg_data_left(msg);
	int err, chunk;

	if (hlen < 0 || (unsigned int)hlen > skb->len)
		return -EFAULT;
	chunk = (int)skb->len - hlen;
	if (!chunk)
		return 0;
	/* Not all of it goes to the program, so the sum can't come from the copy. */
	if (before < (size_t)chunk)
		return __skb_checksum_complete(skb) ? -EINVAL : -EFAULT;
	copy.state.csum = skb_checksum(skb, 0, hlen, skb->csum);
	copy.state.off = (size_t)hlen;
	err = skb_for_each_piece(skb, hlen, chunk, piece_csum_to_iter, &copy);
	if (!err && csum_fold(copy.state.csum))
		err = -EINVAL;
	if (err)
		iov_iter_revert(&msg->msg_iter, before - msg_data_left(msg));
	return err;
}

int skb_add_data(struct sk_buff *skb, struct iov_iter *from, int copy)
{
	unsigned int off = skb->len;
	void *to;

	BUG_ON(copy < 0);
	to = skb_put(skb, (unsigned int)copy);
	if (skb->ip_summed == CHECKSUM_NONE) {
		__wsum csum = 0;

		if (csum_and_copy_from_iter_full(to, (size_t)copy, &csum, from)) {
			skb->csum = csum_block_add(skb->csum, csum, (int)off);
			return 0;
		}
	} else if (copy_from_iter_full(to, (size_t)copy, from)) {
		return 0;
	}
	__skb_trim(skb, off);
	return -EFAULT;
}
