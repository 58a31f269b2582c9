/* SPDX-License-Identifier: BSD-2-Clause */
/* Checksums of packets: computing them, and who knows what about them as a packet travels. */
#include <skiff/skbuff.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_SKB_CSUM_H
#define SKIFF_SKB_CSUM_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What skb->ip_summed says.
 *
 * On receive: CHECKSUM_NONE, nobody looked. CHECKSUM_UNNECESSARY, csum_level + 1 checksums from
 * the outermost on were found right. CHECKSUM_COMPLETE, skb->csum is the sum over all that
 * follows skb->data, so whoever pulls or pushes adjusts it with the *_rcsum() functions below.
 * CHECKSUM_PARTIAL, the sender is on this machine and has not filled in the checksum.
 *
 * On transmit: CHECKSUM_PARTIAL asks the device (or skb_checksum_help()) to sum from csum_start
 * to the end and to store the result csum_offset bytes behind csum_start; the field holds the sum
 * of the pseudo header meanwhile. Everything else: nothing is left to do.
 *
 * csum_valid says that software looked since; it survives skb->csum being used for other things.
 */

/**
 * struct skb_checksum_ops - a checksum other than the Internet's
 * @update: checksum of @len bytes at @mem, continuing @wsum
 * @combine: of two neighbouring pieces, of which the second starts at @offset and has @len bytes
 */
struct skb_checksum_ops {
	__wsum (*update)(const void *mem, int len, __wsum wsum);
	__wsum (*combine)(__wsum csum, __wsum csum2, int offset, int len);
};

/**
 * __skb_checksum() - checksum of a part of a packet, by the caller's own rule
 * @skb: the packet: linear data, fragments, fragment list
 * @offset: first byte, counted from skb->data
 * @len: bytes; @offset + @len must not exceed skb->len
 * @csum: sum so far
 * @ops: the rule
 *
 * A range outside of the packet is the caller's bug and ends the process. Any thread.
 * Return: the new sum.
 */
SKIFF_API __wsum __skb_checksum(const struct sk_buff *skb, int offset, int len, __wsum csum,
				const struct skb_checksum_ops *ops);

/* The Internet checksum (RFC 1071) of a part of a packet; otherwise as __skb_checksum(). */
SKIFF_API __wsum skb_checksum(const struct sk_buff *skb, int offset, int len, __wsum csum);

/**
 * skb_copy_and_csum_bits() - copy a part of a packet and sum it in one pass
 * @skb: the packet
 * @offset: first byte, counted from skb->data
 * @to: at least @len bytes
 * @len: bytes; @offset + @len must not exceed skb->len, or the process ends
 *
 * Any thread. Return: the sum of the copied bytes.
 */
SKIFF_API __wsum skb_copy_and_csum_bits(const struct sk_buff *skb, int offset, u8 *to, int len);

/**
 * skb_copy_and_csum_dev() - copy a packet to where the device takes it, checksum filled in
 * @skb: the packet, CHECKSUM_PARTIAL or finished
 * @to: at least skb->len bytes
 *
 * The packet itself does not change. A checksum that starts or is stored outside of the packet
 * is the caller's bug and ends the process.
 */
SKIFF_API void skb_copy_and_csum_dev(const struct sk_buff *skb, u8 *to);

/**
 * skb_checksum_help() - do in software what CHECKSUM_PARTIAL asks for
 * @skb: the packet, with the only reference; pointers into it are invalid afterwards
 *
 * A sum of 0 is stored as 0xffff, since 0 means "none" to UDP (RFC 768).
 * Return: 0 and the packet is CHECKSUM_NONE; -EINVAL when start or field are not in the linear
 * part, the packet is still to be segmented, or asks for another kind of checksum; -ENOMEM.
 */
SKIFF_API int skb_checksum_help(struct sk_buff *skb);

/**
 * __skb_checksum_complete() - verify a transport checksum by summing the whole packet
 * @skb: the packet, data at the transport header, skb->csum the sum of the pseudo header
 *
 * Unless the buffer is shared the result is remembered: csum_valid, and CHECKSUM_COMPLETE with
 * the sum of the packet. Return: 0 when it is right.
 */
SKIFF_API __sum16 __skb_checksum_complete(struct sk_buff *skb);

/* The same over the first @len bytes only, as UDP-Lite needs it; skb->csum is not replaced. */
SKIFF_API __sum16 __skb_checksum_complete_head(struct sk_buff *skb, int len);

/**
 * skb_checksum_setup() - find out what CHECKSUM_PARTIAL refers to, from the packet itself
 * @skb: the packet, network header set and data there; pointers into it are invalid afterwards
 * @recalculate: store the sum of the pseudo header in the field as well
 *
 * For packets whose source says "partial" but not where. TCP and UDP over IPv4 and IPv6.
 * Return: 0; -EPROTO when the headers are too short, inconsistent or the packet is a fragment;
 * -ENOMEM.
 */
SKIFF_API int skb_checksum_setup(struct sk_buff *skb, bool recalculate);

/**
 * skb_checksum_trimmed() - verify a packet of which only the first bytes are the message
 * @skb: the packet, transport header set
 * @transport_len: bytes from the transport header on
 * @skb_chkf: verifies, with skb->data at the transport header; 0 when right
 *
 * Return: @skb itself when nothing had to be trimmed, else a trimmed clone that belongs to the
 * caller; NULL when it is too short, wrong, or memory ended. @skb is not consumed.
 */
SKIFF_API struct sk_buff *skb_checksum_trimmed(struct sk_buff *skb, unsigned int transport_len,
					       __sum16 (*skb_chkf)(struct sk_buff *skb));

/**
 * skb_partial_csum_set() - mark a packet from an untrusted source as CHECKSUM_PARTIAL
 * @skb: the packet
 * @start: offset of the sum's start from skb->data
 * @off: offset of the field from @start
 *
 * Sets the transport header too. Return: false, and nothing changed, when the field would not be
 * in the linear part.
 */
SKIFF_API bool skb_partial_csum_set(struct sk_buff *skb, u16 start, u16 off);

/* skb_pull() that keeps CHECKSUM_COMPLETE right. More than skb->len ends the process. */
SKIFF_API void *skb_pull_rcsum(struct sk_buff *skb, unsigned int len);

/* What pskb_trim_rcsum() does when the checksum has to follow. */
SKIFF_API int pskb_trim_rcsum_slow(struct sk_buff *skb, unsigned int len);

/* Whether no checksum of this packet needs to be looked at. */
static inline int skb_csum_unnecessary(const struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_UNNECESSARY || skb->csum_valid)
		return 1;
	return skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_start_offset(skb) >= 0;
}

/* Verify, unless that is known to be right. Return: 0 when right. */
static inline __sum16 skb_checksum_complete(struct sk_buff *skb)
{
	return skb_csum_unnecessary(skb) ? 0 : __skb_checksum_complete(skb);
}

/* One checksum of those that the device vouches for has been used up. */
static inline void __skb_decr_checksum_unnecessary(struct sk_buff *skb)
{
	if (skb->ip_summed != CHECKSUM_UNNECESSARY)
		return;
	if (skb->csum_level == 0)
		skb->ip_summed = CHECKSUM_NONE;
	else
		skb->csum_level--;
}

/* One more checksum, in front of those, is known to be right. */
static inline void __skb_incr_checksum_unnecessary(struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_UNNECESSARY) {
		if (skb->csum_level < SKB_MAX_CSUM_LEVEL)
			skb->csum_level++;
	} else if (skb->ip_summed == CHECKSUM_NONE) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		skb->csum_level = 0;
	}
}

static inline void __skb_reset_checksum_unnecessary(struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_UNNECESSARY) {
		skb->ip_summed = CHECKSUM_NONE;
		skb->csum_level = 0;
	}
}

/* A fresh buffer is CHECKSUM_NONE: drivers state that they rely on it. */
static inline void skb_checksum_none_assert(const struct sk_buff *skb)
{
	DEBUG_NET_WARN_ON_ONCE(skb->ip_summed != CHECKSUM_NONE);
}

/* The packet goes out again: a sum of what was received means nothing to the next device. */
static inline void skb_forward_csum(struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
}

static inline void skb_checksum_complete_unset(struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
}

/* A checksum that is not the Internet's is to be filled in: SCTP's CRC32c. */
static inline bool skb_csum_is_sctp(struct sk_buff *skb)
{
	return skb->csum_not_inet;
}

/* Keeping CHECKSUM_COMPLETE right while the packet's start and end move. */

static inline void __skb_postpull_rcsum(struct sk_buff *skb, const void *start, unsigned int len,
					unsigned int off)
{
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->csum = csum_block_sub(skb->csum, csum_partial(start, (int)len, 0), (int)off);
	else if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_start_offset(skb) < 0)
		skb->ip_summed = CHECKSUM_NONE;
}

/**
 * skb_postpull_rcsum() - take bytes out of the sum that were pulled off the front
 * @skb: the packet, after the pull
 * @start: the bytes
 * @len: how many
 */
static inline void skb_postpull_rcsum(struct sk_buff *skb, const void *start, unsigned int len)
{
	/* Subtract by adding to the negative: one's complement keeps 0xffff apart from 0. */
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->csum = wsum_negate(csum_partial(start, (int)len, wsum_negate(skb->csum)));
	else
		__skb_postpull_rcsum(skb, start, len, 0);
}

static inline void __skb_postpush_rcsum(struct sk_buff *skb, const void *start, unsigned int len,
					unsigned int off)
{
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->csum = csum_block_add(skb->csum, csum_partial(start, (int)len, 0), (int)off);
}

/* Take bytes into the sum that were pushed in front and are filled in. */
static inline void skb_postpush_rcsum(struct sk_buff *skb, const void *start, unsigned int len)
{
	__skb_postpush_rcsum(skb, start, len, 0);
}

/* skb_push() of bytes that are in place already. Return: the new start of the data. */
static inline void *skb_push_rcsum(struct sk_buff *skb, unsigned int len)
{
	skb_push(skb, len);
	skb_postpush_rcsum(skb, skb->data, len);
	return skb->data;
}

/**
 * pskb_trim_rcsum() - cut the end off, the checksum follows
 * @skb: the packet
 * @len: new length in bytes; a longer one changes nothing
 *
 * Return: 0, -ENOMEM, or -EINVAL when the cut would leave no room for a partial checksum.
 */
static inline int pskb_trim_rcsum(struct sk_buff *skb, unsigned int len)
{
	return likely(len >= skb->len) ? 0 : pskb_trim_rcsum_slow(skb, len);
}

/* For linear buffers: the sum is given up, not adjusted. Return: 0, or as __skb_grow(). */
static inline int __skb_trim_rcsum(struct sk_buff *skb, unsigned int len)
{
	skb_checksum_complete_unset(skb);
	__skb_trim(skb, len);
	return 0;
}

static inline int __skb_grow_rcsum(struct sk_buff *skb, unsigned int len)
{
	skb_checksum_complete_unset(skb);
	return __skb_grow(skb, len);
}

/* Validation by protocols. */

/* Packets up to this length are summed at once, before it is known that somebody wants them. */
#define CHECKSUM_BREAK 76

/* False, and the packet is valid, when the checksum is known to be right or may be absent. */
static inline bool __skb_checksum_validate_needed(struct sk_buff *skb, bool zero_okay,
						  __sum16 check)
{
	if (!skb_csum_unnecessary(skb) && !(zero_okay && !check))
		return true;
	skb->csum_valid = 1;
	__skb_decr_checksum_unnecessary(skb);
	return false;
}

/*
 * With the sum of the pseudo header: 0 when valid, or when the decision is left to a later
 * skb_checksum_complete(), which finds @psum in skb->csum.
 */
static inline __sum16 __skb_checksum_validate_complete(struct sk_buff *skb, bool complete,
						       __wsum psum)
{
	__sum16 csum;

	if (skb->ip_summed == CHECKSUM_COMPLETE && !csum_fold(csum_add(psum, skb->csum))) {
		skb->csum_valid = 1;
		return 0;
	}
	skb->csum = psum;
	if (!complete && skb->len > CHECKSUM_BREAK)
		return 0;
	csum = __skb_checksum_complete(skb);
	skb->csum_valid = !csum;
	return csum;
}

/* For protocols without a pseudo header. */
static inline __wsum null_compute_pseudo(struct sk_buff *skb, int proto)
{
	(void)skb;
	(void)proto;
	return 0;
}

/*
 * Validate the checksum of a packet whose data is at the transport header. 0: valid, or (the
 * _init forms) not decided yet. @compute_pseudo(skb, proto) gives the pseudo header's sum; with
 * the _zero_check forms a field @check of 0 means that the sender left it out.
 */
#define __skb_checksum_validate(skb, proto, complete, zero_okay, check, compute_pseudo)            \
	__extension__({                                                                            \
		__sum16 __csum_ret = 0;                                                            \
		(skb)->csum_valid = 0;                                                             \
		if (__skb_checksum_validate_needed(skb, zero_okay, check))                         \
			__csum_ret = __skb_checksum_validate_complete(skb, complete,               \
								      compute_pseudo(skb, proto)); \
		__csum_ret;                                                                        \
	})

#define skb_checksum_init(skb, proto, compute_pseudo) \
	__skb_checksum_validate(skb, proto, false, false, 0, compute_pseudo)
#define skb_checksum_init_zero_check(skb, proto, check, compute_pseudo) \
	__skb_checksum_validate(skb, proto, false, true, check, compute_pseudo)
#define skb_checksum_validate(skb, proto, compute_pseudo) \
	__skb_checksum_validate(skb, proto, true, false, 0, compute_pseudo)
#define skb_checksum_validate_zero_check(skb, proto, check, compute_pseudo) \
	__skb_checksum_validate(skb, proto, true, true, check, compute_pseudo)
#define skb_checksum_simple_validate(skb) \
	__skb_checksum_validate(skb, 0, true, false, 0, null_compute_pseudo)

/*
 * A valid outer checksum tells the sum of the whole packet: all of it together with the pseudo
 * header is zero. What is inside can then be verified without another pass.
 */
static inline bool __skb_checksum_convert_check(struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_NONE && skb->csum_valid;
}

static inline void __skb_checksum_convert(struct sk_buff *skb, __wsum pseudo)
{
	skb->csum = (__force __wsum) ~(__force u32)pseudo;
	skb->ip_summed = CHECKSUM_COMPLETE;
}

#define skb_checksum_try_convert(skb, proto, compute_pseudo)                     \
	do {                                                                     \
		if (__skb_checksum_convert_check(skb))                           \
			__skb_checksum_convert(skb, compute_pseudo(skb, proto)); \
	} while (0)

/* Remote checksum offload: the tunnel header says where the inner checksum is to be. */

static inline void skb_remcsum_adjust_partial(struct sk_buff *skb, void *ptr, u16 start, u16 offset)
{
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (__u16)((unsigned char *)ptr + start - skb->head);
	skb->csum_offset = (__u16)(offset - start);
}

/**
 * skb_remcsum_process() - honour a remote checksum offload
 * @skb: the packet, linear from @ptr to the field
 * @ptr: first byte behind the tunnel header
 * @start: where the sum starts, from @ptr
 * @offset: where the field is, from @ptr, not before @start; the caller checked both
 * @nopartial: compute now; else leave it as CHECKSUM_PARTIAL
 */
static inline void skb_remcsum_process(struct sk_buff *skb, void *ptr, int start, int offset,
				       bool nopartial)
{
	if (!nopartial) {
		skb_remcsum_adjust_partial(skb, ptr, (u16)start, (u16)offset);
		return;
	}
	if (unlikely(skb->ip_summed != CHECKSUM_COMPLETE)) {
		__skb_checksum_complete(skb);
		skb_postpull_rcsum(skb, skb->data,
				   (unsigned int)((unsigned char *)ptr - skb->data));
	}
	skb->csum = csum_add(skb->csum, remcsum_adjust(ptr, skb->csum, start, offset));
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKB_CSUM_H */
