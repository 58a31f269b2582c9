/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a buffer's data lies: reserve, put, push, pull, trim, and asking for linear bytes. */
#include <skiff/skbuff.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_SKB_GEOMETRY_H
#define SKIFF_SKB_GEOMETRY_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Bounds are checked in every build. The panics name the buffer, its bounds, its device and the
 * caller; they do not return. What may end in one is inlined even without optimisation: the caller
 * is the function whose code called skb_put().
 */
SKIFF_API void skb_over_panic(const struct sk_buff *skb, unsigned int len)
	__attribute__((__noreturn__, __cold__, __noinline__));
SKIFF_API void skb_under_panic(const struct sk_buff *skb, unsigned int len)
	__attribute__((__noreturn__, __cold__, __noinline__));
SKIFF_API void skb_bounds_panic(const struct sk_buff *skb, const char *what, long long value)
	__attribute__((__noreturn__, __cold__, __noinline__));

static inline bool skb_is_nonlinear(const struct sk_buff *skb)
{
	return skb->data_len != 0;
}

static inline unsigned int skb_headlen(const struct sk_buff *skb)
{
	return skb->len - skb->data_len;
}

static inline unsigned char *skb_tail_pointer(const struct sk_buff *skb)
{
	return skb->head + skb->tail;
}

static inline void skb_reset_tail_pointer(struct sk_buff *skb)
{
	skb->tail = (sk_buff_data_t)(skb->data - skb->head);
}

static inline void skb_set_tail_pointer(struct sk_buff *skb, const int offset)
{
	skb_reset_tail_pointer(skb);
	skb->tail += (sk_buff_data_t)offset;
}

/* Bytes between the start of the data block and the data: room for skb_push(). */
static inline unsigned int skb_headroom(const struct sk_buff *skb)
{
	return (unsigned int)(skb->data - skb->head);
}

/* Bytes behind the linear data: room for skb_put(). None while there is data behind it. */
static inline int skb_tailroom(const struct sk_buff *skb)
{
	return skb_is_nonlinear(skb) ? 0 : (int)(skb->end - skb->tail);
}

/* skb_tailroom() less what skb_tailroom_reserve() keeps. */
static inline int skb_availroom(const struct sk_buff *skb)
{
	if (skb_is_nonlinear(skb))
		return 0;
	return (int)(skb->end - skb->tail - skb->reserved_tailroom);
}

/**
 * skb_reserve() - move the empty data area up, to leave headroom
 * @skb: a buffer without data
 * @len: bytes; negative moves it back down
 *
 * Leaving the data block, or calling it with data in the buffer, ends the process.
 */
static __always_inline void skb_reserve(struct sk_buff *skb, int len)
{
	/* Both directions in one comparison: a negative len wraps to a huge sum unless valid. */
	if (unlikely(skb->len || (u64)((s64)(skb->data - skb->head) + len) > (u64)(skb->end)))
		skb_bounds_panic(skb, "skb_reserve", len);
	skb->data += len;
	skb->tail += (sk_buff_data_t)len;
}

/**
 * skb_tailroom_reserve() - keep tailroom from being used by skb_availroom() users
 * @skb: the buffer
 * @mtu: largest packet
 * @needed_tailroom: bytes to keep
 */
static inline void skb_tailroom_reserve(struct sk_buff *skb, unsigned int mtu,
					unsigned int needed_tailroom)
{
	unsigned int room = (unsigned int)skb_tailroom(skb);

	if (room < (u64)mtu + needed_tailroom)
		skb->reserved_tailroom = needed_tailroom;
	else
		skb->reserved_tailroom = room - mtu;
}

static inline void *__skb_put(struct sk_buff *skb, unsigned int len)
{
	void *tmp = skb_tail_pointer(skb);

	skb->tail += len;
	skb->len += len;
	return tmp;
}

/**
 * skb_put() - append to the linear data
 * @skb: a linear buffer
 * @len: bytes, at most skb_tailroom()
 *
 * Return: where the new bytes are, uninitialised. Too many end the process.
 */
static __always_inline void *skb_put(struct sk_buff *skb, unsigned int len)
{
	if (unlikely(len > skb->end - skb->tail || skb->data_len))
		skb_over_panic(skb, len);
	return __skb_put(skb, len);
}

static inline void *__skb_put_zero(struct sk_buff *skb, unsigned int len)
{
	return memset(__skb_put(skb, len), 0, len);
}

static inline void *__skb_put_data(struct sk_buff *skb, const void *data, unsigned int len)
{
	return memcpy(__skb_put(skb, len), data, len);
}

static inline void __skb_put_u8(struct sk_buff *skb, u8 val)
{
	*(u8 *)__skb_put(skb, 1) = val;
}

static __always_inline void *skb_put_zero(struct sk_buff *skb, unsigned int len)
{
	void *tmp = skb_put(skb, len);

	return len ? memset(tmp, 0, len) : tmp;
}

static __always_inline void *skb_put_data(struct sk_buff *skb, const void *data, unsigned int len)
{
	void *tmp = skb_put(skb, len);

	return len ? memcpy(tmp, data, len) : tmp;
}

static __always_inline void skb_put_u8(struct sk_buff *skb, u8 val)
{
	*(u8 *)skb_put(skb, 1) = val;
}

static inline void *__skb_push(struct sk_buff *skb, unsigned int len)
{
	skb->data -= len;
	skb->len += len;
	return skb->data;
}

/**
 * skb_push() - prepend to the data
 * @skb: the buffer
 * @len: bytes, at most skb_headroom()
 *
 * Return: the new start of the data, uninitialised. Too many end the process.
 */
static __always_inline void *skb_push(struct sk_buff *skb, unsigned int len)
{
	if (unlikely(len > skb_headroom(skb)))
		skb_under_panic(skb, len);
	return __skb_push(skb, len);
}

static __always_inline void *__skb_pull(struct sk_buff *skb, unsigned int len)
{
	if (unlikely(len > skb_headlen(skb)))
		skb_bounds_panic(skb, "__skb_pull", len);
	skb->len -= len;
	return skb->data += len;
}

/**
 * skb_pull() - take bytes off the front
 * @skb: the buffer
 * @len: bytes, which must be linear
 *
 * Return: the new start of the data; NULL, and nothing happened, when the packet is shorter. In
 * the packet but not linear is the caller's bug (pskb_pull() is for that) and ends the process.
 */
static __always_inline void *skb_pull_inline(struct sk_buff *skb, unsigned int len)
{
	return unlikely(len > skb->len) ? NULL : __skb_pull(skb, len);
}

static __always_inline void *skb_pull(struct sk_buff *skb, unsigned int len)
{
	return skb_pull_inline(skb, len);
}

/* Return what was pulled, NULL when the packet is shorter. Makes the bytes linear. */
SKIFF_API void *skb_pull_data(struct sk_buff *skb, size_t len);

/**
 * __pskb_pull_tail() - make more of the packet linear
 * @skb: the buffer, with the only reference; pointers into it are invalid afterwards
 * @delta: bytes to move from the fragments to the end of the linear data, at most data_len
 *
 * Return: the new tail; NULL without memory or when @delta is too large.
 */
SKIFF_API void *__pskb_pull_tail(struct sk_buff *skb, int delta);

/**
 * pskb_may_pull() - make sure that the first bytes are there and linear
 * @skb: the buffer, with the only reference; when it returns, reload pointers into it
 * @len: bytes
 *
 * Return: false when the packet is shorter or memory ended.
 */
static inline bool pskb_may_pull(struct sk_buff *skb, unsigned int len)
{
	if (likely(len <= skb_headlen(skb)))
		return true;
	if (unlikely(len > skb->len))
		return false;
	return __pskb_pull_tail(skb, (int)(len - skb_headlen(skb))) != NULL;
}

/* Take bytes off the front, wherever they are. Return: NULL when the packet is shorter. */
static inline void *pskb_pull(struct sk_buff *skb, unsigned int len)
{
	if (!pskb_may_pull(skb, len))
		return NULL;
	skb->len -= len;
	return skb->data += len;
}

/* ___pskb_trim() cuts fragments as well. Return: 0 or -ENOMEM. */
SKIFF_API int ___pskb_trim(struct sk_buff *skb, unsigned int len);

/**
 * __skb_set_length() - set the length of a linear buffer
 * @skb: the buffer; with fragments nothing happens but a warning
 * @len: new length in bytes; bytes added at the end are uninitialised
 *
 * More than there is room for ends the process.
 */
static __always_inline void __skb_set_length(struct sk_buff *skb, unsigned int len)
{
	if (WARN_ON(skb_is_nonlinear(skb)))
		return;
	if (unlikely(len > skb->end - skb_headroom(skb)))
		skb_bounds_panic(skb, "__skb_set_length", len);
	skb->len = len;
	skb_set_tail_pointer(skb, (int)len);
}

static __always_inline void __skb_trim(struct sk_buff *skb, unsigned int len)
{
	__skb_set_length(skb, len);
}

/**
 * skb_trim() - cut a linear buffer
 * @skb: the buffer
 * @len: new length in bytes; a longer one changes nothing
 */
static __always_inline void skb_trim(struct sk_buff *skb, unsigned int len)
{
	if (skb->len > len)
		__skb_trim(skb, len);
}

static inline int __pskb_trim(struct sk_buff *skb, unsigned int len)
{
	if (skb->data_len)
		return ___pskb_trim(skb, len);
	__skb_trim(skb, len);
	return 0;
}

/* skb_trim() for any buffer. Return: 0 or -ENOMEM. */
static inline int pskb_trim(struct sk_buff *skb, unsigned int len)
{
	return len < skb->len ? __pskb_trim(skb, len) : 0;
}

/* pskb_trim() of a buffer whose data nobody shares, which can't fail. */
static inline void pskb_trim_unique(struct sk_buff *skb, unsigned int len)
{
	BUG_ON(pskb_trim(skb, len));
}

/**
 * __skb_grow() - set the length, with more room if necessary
 * @skb: the buffer, with the only reference; pointers into it are invalid afterwards
 * @len: new length in bytes; bytes added at the end are uninitialised
 *
 * Return: 0, -ENOMEM, or -EINVAL for a buffer with fragments.
 */
static inline int __skb_grow(struct sk_buff *skb, unsigned int len)
{
	if (unlikely(skb_is_nonlinear(skb)))
		return -EINVAL;
	if (unlikely(len > SKB_MAX_SIZE))
		return -ENOMEM;
	if (len > skb->len) {
		unsigned int add = len - skb->len;

		if (add > (unsigned int)skb_tailroom(skb)) {
			int err = pskb_expand_head(
				skb, 0, (int)(add - (unsigned int)skb_tailroom(skb)), GFP_ATOMIC);

			if (err)
				return err;
		}
	}
	__skb_set_length(skb, len);
	return 0;
}

/* Make all of it linear. Return: 0 or -ENOMEM. */
static inline int __skb_linearize(struct sk_buff *skb)
{
	return __pskb_pull_tail(skb, (int)skb->data_len) ? 0 : -ENOMEM;
}

static inline int skb_linearize(struct sk_buff *skb)
{
	return skb_is_nonlinear(skb) ? __skb_linearize(skb) : 0;
}

/* A packet without data is somebody's bug: say so. */
static inline void skb_assert_len(struct sk_buff *skb)
{
	DEBUG_NET_WARN_ON_ONCE(!skb->len);
}

/**
 * __skb_pad() - make sure of zero bytes behind the data
 * @skb: the buffer
 * @pad: bytes
 * @free_on_error: drop @skb when it fails
 *
 * The length does not change. Return: 0 or -ENOMEM.
 */
SKIFF_API int __skb_pad(struct sk_buff *skb, int pad, bool free_on_error);

static inline int skb_pad(struct sk_buff *skb, int pad)
{
	return __skb_pad(skb, pad, true);
}

/* Zero bytes behind the data up to @len, length unchanged. Consumes @skb on failure. */
static inline int skb_padto(struct sk_buff *skb, unsigned int len)
{
	/* More than there can be stays more than there can be. */
	return likely(skb->len >= len) ? 0 :
					 skb_pad(skb, (int)min_t(u32, len - skb->len, INT32_MAX));
}

static inline int __skb_put_padto(struct sk_buff *skb, unsigned int len, bool free_on_error)
{
	unsigned int size = skb->len;

	if (unlikely(size < len)) {
		len = min_t(u32, len - size, INT32_MAX);
		if (__skb_pad(skb, (int)len, free_on_error))
			return -ENOMEM;
		__skb_put(skb, len);
	}
	return 0;
}

/* Extend with zero bytes to at least @len. Consumes @skb on failure. Return: 0 or -ENOMEM. */
static inline int skb_put_padto(struct sk_buff *skb, unsigned int len)
{
	return __skb_put_padto(skb, len, true);
}

static inline void skb_copy_from_linear_data(const struct sk_buff *skb, void *to,
					     const unsigned int len)
{
	memcpy(to, skb->data, len);
}

static inline void skb_copy_from_linear_data_offset(const struct sk_buff *skb, const int offset,
						    void *to, const unsigned int len)
{
	memcpy(to, skb->data + offset, len);
}

static inline void skb_copy_to_linear_data(struct sk_buff *skb, const void *from,
					   const unsigned int len)
{
	memcpy(skb->data, from, len);
}

static inline void skb_copy_to_linear_data_offset(struct sk_buff *skb, const int offset,
						  const void *from, const unsigned int len)
{
	memcpy(skb->data + offset, from, len);
}

/* Sharing: who may write. */

/* Whether the headers are shared with someone who still looks at them. */
static inline int skb_header_cloned(const struct sk_buff *skb)
{
	int dataref;

	if (!skb->cloned)
		return 0;
	dataref = atomic_read_acquire(&__skb_shinfo(skb)->dataref);
	return (dataref & SKB_DATAREF_MASK) - (dataref >> SKB_DATAREF_SHIFT) != 1;
}

/* Leave the headers to other holders: from now on only the payload is referred to. */
static inline void __skb_header_release(struct sk_buff *skb)
{
	skb->nohdr = 1;
	atomic_set(&skb_shinfo(skb)->dataref, 1 + (1 << SKB_DATAREF_SHIFT));
}

static inline int skb_clone_writable(const struct sk_buff *skb, unsigned int len)
{
	return !skb_header_cloned(skb) && skb_headroom(skb) + len <= skb->hdr_len;
}

static inline int skb_try_make_writable(struct sk_buff *skb, unsigned int write_len)
{
	return skb_cloned(skb) && !skb_clone_writable(skb, write_len) &&
	       pskb_expand_head(skb, 0, 0, GFP_ATOMIC);
}

/* A private linear part, unless it already is. Return: 0 or -ENOMEM. */
static inline int skb_unclone(struct sk_buff *skb, gfp_t pri)
{
	return skb_cloned(skb) ? pskb_expand_head(skb, 0, 0, pri) : 0;
}

/* skb_unclone() that keeps truesize and the end offset, for those who rely on either. */
static inline int skb_unclone_keeptruesize(struct sk_buff *skb, gfp_t pri)
{
	unsigned int truesize = skb->truesize, end = skb_end_offset(skb);
	struct skb_shared_info *shinfo;
	int err = skb_unclone(skb, pri);

	if (err || skb_end_offset(skb) == end)
		return err;
	shinfo = skb_shinfo(skb);
	skb_set_end_offset(skb, end);
	memmove(__skb_shinfo(skb), shinfo,
		offsetof(struct skb_shared_info, frags) + shinfo->nr_frags * sizeof(skb_frag_t));
	skb->truesize = truesize;
	return 0;
}

static inline int skb_header_unclone(struct sk_buff *skb, gfp_t pri)
{
	return skb_header_cloned(skb) ? pskb_expand_head(skb, 0, 0, pri) : 0;
}

/* Headroom in steps, so that the next layer's push rarely needs to expand again. */
static inline int __skb_cow(struct sk_buff *skb, unsigned int headroom, int cloned)
{
	int delta = 0;

	if (unlikely(headroom > SKB_MAX_SIZE))
		return -ENOMEM;
	if (headroom > skb_headroom(skb))
		delta = (int)(headroom - skb_headroom(skb));
	if (delta || cloned)
		return pskb_expand_head(skb, ALIGN(delta, NET_SKB_PAD), 0, GFP_ATOMIC);
	return 0;
}

/**
 * skb_cow() - make headroom and data private
 * @skb: the buffer, with the only reference; pointers into it are invalid afterwards
 * @headroom: bytes needed in front
 *
 * Return: 0 or -ENOMEM.
 */
static inline int skb_cow(struct sk_buff *skb, unsigned int headroom)
{
	return __skb_cow(skb, headroom, skb_cloned(skb));
}

/* skb_cow() for callers that write headers only. */
static inline int skb_cow_head(struct sk_buff *skb, unsigned int headroom)
{
	return __skb_cow(skb, headroom, skb_header_cloned(skb));
}

/**
 * skb_share_check() - a buffer that nobody else refers to
 * @skb: the buffer; consumed when it was shared
 * @pri: allocation flags
 *
 * Return: @skb, or a clone of it; NULL without memory.
 */
static inline struct sk_buff *skb_share_check(struct sk_buff *skb, gfp_t pri)
{
	if (skb_shared(skb)) {
		struct sk_buff *nskb = skb_clone(skb, pri);

		if (likely(nskb))
			consume_skb(skb);
		else
			kfree_skb(skb);
		skb = nskb;
	}
	return skb;
}

/**
 * skb_unshare() - a buffer whose data nobody else refers to
 * @skb: the buffer; consumed when its data was shared
 * @pri: allocation flags
 *
 * Return: @skb, or a copy of it; NULL without memory.
 */
static inline struct sk_buff *skb_unshare(struct sk_buff *skb, gfp_t pri)
{
	if (skb_cloned(skb)) {
		struct sk_buff *nskb = skb_copy(skb, pri);

		if (likely(nskb))
			consume_skb(skb);
		else
			kfree_skb(skb);
		skb = nskb;
	}
	return skb;
}

static inline struct sk_buff *__pskb_copy(struct sk_buff *skb, int headroom, gfp_t gfp)
{
	return __pskb_copy_fclone(skb, headroom, gfp, false);
}

/* A copy of the headers, fragments shared. @skb is not consumed. NULL without memory. */
static inline struct sk_buff *pskb_copy(struct sk_buff *skb, gfp_t gfp)
{
	return __pskb_copy(skb, (int)skb_headroom(skb), gfp);
}

static inline struct sk_buff *pskb_copy_for_clone(struct sk_buff *skb, gfp_t gfp)
{
	return __pskb_copy_fclone(skb, (int)skb_headroom(skb), gfp, true);
}

/* The first @write_len bytes linear and private. Return: 0 or -ENOMEM. */
SKIFF_API int skb_ensure_writable(struct sk_buff *skb, unsigned int write_len);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKB_GEOMETRY_H */
