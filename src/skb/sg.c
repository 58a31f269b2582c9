// SPDX-License-Identifier: BSD-2-Clause
/* Packets described as arrays of pieces, for ciphers and for system calls. */
#include <skiff/scatterlist.h>
#include <skiff/skbuff.h>

#include "skb/walk.h"

struct sg_fill {
	struct scatterlist *sg;
	int n;
};

static int add_sg(void *arg, unsigned char *piece, unsigned int len)
{
	struct sg_fill *fill = (struct sg_fill *)arg;

	if (fill->n && sg_is_last(&fill->sg[fill->n - 1]))
		return -EMSGSIZE;
	sg_set_buf(&fill->sg[fill->n++], piece, len);
	return 0;
}

int skb_to_sgvec_nomark(struct sk_buff *skb, struct scatterlist *sg, int offset, int len)
{
	struct sg_fill fill = { .sg = sg };

	/* Ranges outside of the packet are -EMSGSIZE as well: that is what callers look for. */
	return skb_for_each_piece(skb, offset, len, add_sg, &fill) ? -EMSGSIZE : fill.n;
}

int skb_to_sgvec(struct sk_buff *skb, struct scatterlist *sg, int offset, int len)
{
	int n = skb_to_sgvec_nomark(skb, sg, offset, len);

	if (n > 0)
		sg_mark_end(&sg[n - 1]);
	return n;
}

struct iov_fill {
	struct iovec *iov;
	int n;
	int max;
};

static int add_iov(void *arg, unsigned char *piece, unsigned int len)
{
	struct iov_fill *fill = (struct iov_fill *)arg;

	if (fill->n >= fill->max)
		return -EMSGSIZE;
	fill->iov[fill->n++] = (struct iovec){ .iov_base = piece, .iov_len = len };
	return 0;
}

int skb_to_iovec(const struct sk_buff *skb, struct iovec *iov, int max, int offset, int len)
{
	struct iov_fill fill = { .iov = iov, .max = max };
	int err = skb_for_each_piece(skb, offset, len, add_iov, &fill);

	return err ? err : fill.n;
}
