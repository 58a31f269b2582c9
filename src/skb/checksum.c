// SPDX-License-Identifier: BSD-2-Clause
/* Summing packets piece by piece, and filling checksums in or verifying them. */
#include <skiff/skbuff.h>

#include "skb/walk.h"

/*
 * A piece that starts at an odd distance from the start of the sum contributes with its bytes
 * swapped, wherever it lies in memory: csum_block_add() with that distance as offset.
 */
struct sum_state {
	const struct skb_checksum_ops *ops;
	__wsum csum;
	int pos;
	u8 *to;
};

static int sum_piece(void *arg, unsigned char *piece, unsigned int len)
{
	struct sum_state *st = arg;

	st->csum = csum_block_add(st->csum, csum_partial(piece, (int)len, 0), st->pos);
	st->pos += (int)len;
	return 0;
}

static int sum_piece_ops(void *arg, unsigned char *piece, unsigned int len)
{
	struct sum_state *st = arg;
	__wsum part;

	/* The first piece continues the caller's value, the others are sums of their own. */
	if (st->pos == 0) {
		st->csum = st->ops->update(piece, (int)len, st->csum);
	} else {
		part = st->ops->update(piece, (int)len, 0);
		st->csum = st->ops->combine(st->csum, part, st->pos, (int)len);
	}
	st->pos += (int)len;
	return 0;
}

static int copy_sum_piece(void *arg, unsigned char *piece, unsigned int len)
{
	struct sum_state *st = arg;
	__wsum part = csum_partial_copy(piece, st->to, (int)len, 0);

	st->csum = csum_block_add(st->csum, part, st->pos);
	st->pos += (int)len;
	st->to += len;
	return 0;
}

/* Whether the range is in the linear part, where there is nothing to walk. */
static bool range_is_linear(const struct sk_buff *skb, int offset, int len)
{
	return offset >= 0 && len >= 0 && (u64)offset + (u64)len <= skb_headlen(skb);
}

static void walk_or_die(const struct sk_buff *skb, int offset, int len, skb_piece_fn fn,
			struct sum_state *st, const char *who)
{
	if (unlikely(skb_for_each_piece(skb, offset, len, fn, st)))
		skb_bounds_panic(skb, who, (long long)offset + len);
}

__wsum __skb_checksum(const struct sk_buff *skb, int offset, int len, __wsum csum,
		      const struct skb_checksum_ops *ops)
{
	struct sum_state st = { .ops = ops, .csum = csum };

	walk_or_die(skb, offset, len, sum_piece_ops, &st, "__skb_checksum");
	return st.csum;
}

__wsum skb_checksum(const struct sk_buff *skb, int offset, int len, __wsum csum)
{
	struct sum_state st = { .csum = csum };

	if (likely(range_is_linear(skb, offset, len)))
		return csum_partial(skb->data + offset, len, csum);
	walk_or_die(skb, offset, len, sum_piece, &st, "skb_checksum");
	return st.csum;
}

__wsum skb_copy_and_csum_bits(const struct sk_buff *skb, int offset, u8 *to, int len)
{
	struct sum_state st = { .to = to };

	if (likely(range_is_linear(skb, offset, len)))
		return csum_partial_copy(skb->data + offset, to, len, 0);
	walk_or_die(skb, offset, len, copy_sum_piece, &st, "skb_copy_and_csum_bits");
	return st.csum;
}

/* Where CHECKSUM_PARTIAL's sum starts and is stored; false when that is outside of @limit. */
static bool partial_fits(const struct sk_buff *skb, unsigned int limit, int *start, int *field)
{
	*start = skb_checksum_start_offset(skb);
	*field = *start + skb->csum_offset;
	return *start >= 0 && (unsigned int)*field + sizeof(__sum16) <= limit;
}

void skb_copy_and_csum_dev(const struct sk_buff *skb, u8 *to)
{
	int start, field;
	__sum16 check;

	if (skb->ip_summed != CHECKSUM_PARTIAL) {
		BUG_ON(skb_copy_bits(skb, 0, to, (int)skb->len));
		return;
	}
	if (unlikely(!partial_fits(skb, skb->len, &start, &field)))
		skb_bounds_panic(skb, "skb_copy_and_csum_dev", skb->csum_start);
	BUG_ON(skb_copy_bits(skb, 0, to, start));
	check = csum_fold(skb_copy_and_csum_bits(skb, start, to + start, (int)skb->len - start));
	memcpy(to + field, &check, sizeof(check));
}

int skb_checksum_help(struct sk_buff *skb)
{
	int start, field, err;
	__sum16 check;

	if (skb->ip_summed == CHECKSUM_COMPLETE) {
		skb->ip_summed = CHECKSUM_NONE;
		return 0;
	}
	/* A segment's checksum is made when it is cut; CRC32c is not ours to make. */
	if (unlikely(skb_is_gso(skb) || skb_csum_is_sctp(skb)))
		return -EINVAL;
	/* The owner of shared fragments may change them while we sum: sum a copy. */
	if (skb_has_shared_frag(skb)) {
		err = __skb_linearize(skb);
		if (err)
			return err;
	}
	if (unlikely(!partial_fits(skb, skb_headlen(skb), &start, &field)))
		return -EINVAL;
	check = csum_fold(skb_checksum(skb, start, (int)skb->len - start, 0));
	err = skb_ensure_writable(skb, (unsigned int)field + sizeof(check));
	if (err)
		return err;
	if (!check)
		check = CSUM_MANGLED_0;
	memcpy(skb->data + field, &check, sizeof(check));
	skb->ip_summed = CHECKSUM_NONE;
	return 0;
}

__sum16 __skb_checksum_complete_head(struct sk_buff *skb, int len)
{
	__sum16 sum = csum_fold(skb_checksum(skb, 0, len, skb->csum));

	if (!skb_shared(skb))
		skb->csum_valid = !sum;
	return sum;
}

__sum16 __skb_checksum_complete(struct sk_buff *skb)
{
	__wsum csum = skb_checksum(skb, 0, (int)skb->len, 0);
	/* skb->csum holds the pseudo header's sum by now, or the device's sum of the packet. */
	__sum16 sum = csum_fold(csum_add(skb->csum, csum));

	if (!skb_shared(skb)) {
		skb->csum = csum;
		skb->ip_summed = CHECKSUM_COMPLETE;
		skb->csum_complete_sw = 1;
		skb->csum_valid = !sum;
	}
	return sum;
}

void *skb_pull_rcsum(struct sk_buff *skb, unsigned int len)
{
	unsigned char *data = skb->data;

	if (unlikely(len > skb->len))
		skb_bounds_panic(skb, "skb_pull_rcsum", len);
	__skb_pull(skb, len);
	skb_postpull_rcsum(skb, data, len);
	return skb->data;
}

bool skb_partial_csum_set(struct sk_buff *skb, u16 start, u16 off)
{
	u32 end = (u32)start + (u32)off + sizeof(__sum16);
	u32 from_head = skb_headroom(skb) + (u32)start;

	/* csum_start is 16 bits wide and counts from head. */
	if (unlikely(from_head >= UINT16_MAX || end > skb_headlen(skb)))
		return false;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)from_head;
	skb->csum_offset = off;
	skb->transport_header = skb->csum_start;
	return true;
}

/* @skb, or a trimmed clone when bytes follow the message; NULL when it is too short. */
static struct sk_buff *trimmed_clone(struct sk_buff *skb, unsigned int transport_len)
{
	u64 len = (u64)(unsigned int)skb_transport_offset(skb) + transport_len;
	struct sk_buff *n;

	if (skb->len < len)
		return NULL;
	if (skb->len == len)
		return skb;
	n = skb_clone(skb, GFP_ATOMIC);
	if (n && pskb_trim_rcsum(n, (unsigned int)len)) {
		kfree_skb_reason(n, SKB_DROP_REASON_NOMEM);
		n = NULL;
	}
	return n;
}

struct sk_buff *skb_checksum_trimmed(struct sk_buff *skb, unsigned int transport_len,
				     __sum16 (*skb_chkf)(struct sk_buff *skb))
{
	int offset = skb_transport_offset(skb);
	struct sk_buff *n;
	__sum16 wrong;

	if (offset < 0 || (unsigned int)offset > skb->len)
		return NULL;
	n = trimmed_clone(skb, transport_len);
	if (!n)
		return NULL;
	if (!pskb_may_pull(n, (unsigned int)offset))
		goto err;
	skb_pull_rcsum(n, (unsigned int)offset);
	wrong = skb_chkf(n);
	skb_push_rcsum(n, (unsigned int)offset);
	if (!wrong)
		return n;
err:
	/* The packet is @skb, and its owner's to drop. */
	if (n != skb)
		consume_skb(n);
	return NULL;
}
