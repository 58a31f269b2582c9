// SPDX-License-Identifier: BSD-2-Clause
/* Bytes of a packet wherever they lie: the walk over its pieces, copying out and in. */
#include <skiff/skbuff.h>

#include "skb/walk.h"

struct piece_walk {
	unsigned int skip; /* bytes until the range begins */
	unsigned int left; /* bytes of the range not visited */
	unsigned int depth;
	skb_piece_fn fn;
	void *arg;
};

static int visit(struct piece_walk *w, unsigned char *piece, unsigned int len)
{
	if (w->skip >= len) {
		w->skip -= len;
		return 0;
	}
	piece += w->skip;
	len = min(len - w->skip, w->left);
	w->skip = 0;
	w->left -= len;
	return w->fn(w->arg, piece, len);
}

static int walk_frags(struct piece_walk *w, const struct skb_shared_info *shinfo)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < shinfo->nr_frags && w->left && !ret; i++)
		ret = visit(w, (unsigned char *)skb_frag_address(&shinfo->frags[i]),
			    skb_frag_size(&shinfo->frags[i]));
	return ret;
}

static int walk_buffer(struct piece_walk *w, const struct sk_buff *skb)
{
	struct sk_buff *member;
	int ret = 0;

	if (w->depth == SKB_MAX_NESTING)
		return -EFAULT;
	if (w->left)
		ret = visit(w, skb->data, skb_headlen(skb));
	if (ret || !w->left || !skb_is_nonlinear(skb))
		return ret;
	ret = walk_frags(w, __skb_shinfo(skb));
	if (ret)
		return ret;
	w->depth++;
	for (member = __skb_shinfo(skb)->frag_list; member && w->left; member = member->next) {
		ret = walk_buffer(w, member);
		if (ret)
			return ret;
	}
	w->depth--;
	return 0;
}

static bool range_ok(const struct sk_buff *skb, int offset, int len)
{
	return len >= 0 && (s64)offset + len <= (s64)skb->len &&
	       (s64)offset >= -(s64)skb_headroom(skb);
}

int skb_for_each_piece(const struct sk_buff *skb, int offset, int len, skb_piece_fn fn, void *arg)
{
	struct piece_walk w = { .left = (unsigned int)len, .fn = fn, .arg = arg };
	int ret;

	if (!range_ok(skb, offset, len))
		return -EFAULT;
	if (offset >= 0) {
		w.skip = (unsigned int)offset;
	} else if (len) {
		unsigned int front = min((unsigned int)-offset, w.left);

		w.left -= front;
		ret = fn(arg, skb->data + offset, front);
		if (ret)
			return ret;
	}
	ret = walk_buffer(&w, skb);
	if (ret)
		return ret;
	/* len said that there was more than the pieces hold. */
	return WARN_ON_ONCE(w.left) ? -EFAULT : 0;
}

static int copy_out(void *arg, unsigned char *piece, unsigned int len)
{
	unsigned char **to = (unsigned char **)arg;

	memcpy(*to, piece, len);
	*to += len;
	return 0;
}

static int copy_in(void *arg, unsigned char *piece, unsigned int len)
{
	const unsigned char **from = (const unsigned char **)arg;

	memcpy(piece, *from, len);
	*from += len;
	return 0;
}

static bool range_is_linear(const struct sk_buff *skb, int offset, int len)
{
	return len >= 0 && (s64)offset + len <= (s64)skb_headlen(skb) &&
	       (s64)offset >= -(s64)skb_headroom(skb);
}

int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len)
{
	unsigned char *out = (unsigned char *)to;

	if (likely(range_is_linear(skb, offset, len))) {
		if (len)
			memcpy(to, skb->data + offset, (size_t)len);
		return 0;
	}
	return skb_for_each_piece(skb, offset, len, copy_out, &out);
}

int skb_store_bits(struct sk_buff *skb, int offset, const void *from, int len)
{
	const unsigned char *in = (const unsigned char *)from;

	if (likely(range_is_linear(skb, offset, len))) {
		if (len)
			memcpy(skb->data + offset, from, (size_t)len);
		return 0;
	}
	return skb_for_each_piece(skb, offset, len, copy_in, (void *)&in);
}
