/* SPDX-License-Identifier: BSD-2-Clause */
/* Fragments of somebody else's memory: who is told when the last buffer lets go of it. */
#include <skiff/skbuff.h> /* outside of the guard: alone, this header is part of that one */
#ifndef SKIFF_SKB_ZEROCOPY_H
#define SKIFF_SKB_ZEROCOPY_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A buffer whose fragments lie in memory that its owner wants back (a sender's own buffers, a
 * ring shared with a device) carries a struct ubuf_info. Each data block that refers to the
 * memory holds one reference to it; clones share their block's. With the last one the callback
 * tells the owner. Who keeps a packet longer than the path to the wire (a receive queue, a tap)
 * must copy such fragments first, with skb_orphan_frags_rx(), or the owner waits forever.
 *
 * Normally each fragment also counts a reference to its page. With SKBFL_MANAGED_FRAG_REFS it does
 * not, the ubuf_info stands for all of them; skb_zcopy_downgrade_managed() takes the references
 * before fragments move to another buffer.
 */
#define skb_uarg(SKB) ((struct ubuf_info *)(__skb_shinfo(SKB)->destructor_arg))

/* Whether foreign memory is in @skb: its owner, else NULL. Any holder. */
static inline struct ubuf_info *skb_zcopy(const struct sk_buff *skb)
{
	if (skb && (__skb_shinfo(skb)->flags & SKBFL_ZEROCOPY_ENABLE))
		return skb_uarg(skb);
	return NULL;
}

/* Whether all payload is foreign memory, which is then not charged to the socket. */
static inline bool skb_zcopy_pure(const struct sk_buff *skb)
{
	return __skb_shinfo(skb)->flags & SKBFL_PURE_ZEROCOPY;
}

/* Whether the fragments hold no references of their own. */
static inline bool skb_zcopy_managed(const struct sk_buff *skb)
{
	return __skb_shinfo(skb)->flags & SKBFL_MANAGED_FRAG_REFS;
}

/* Whether two buffers are charged the same way, so that fragments may move between them. */
static inline bool skb_pure_zcopy_same(const struct sk_buff *skb1, const struct sk_buff *skb2)
{
	return skb_zcopy_pure(skb1) == skb_zcopy_pure(skb2);
}

static inline void net_zcopy_get(struct ubuf_info *uarg)
{
	refcount_inc(&uarg->refcnt);
}

/* Let go of one reference; the callback counts. NULL does nothing. Any thread. */
static inline void net_zcopy_put(struct ubuf_info *uarg)
{
	if (uarg)
		uarg->callback(NULL, uarg, true);
}

/* A send failed before any buffer took the reference: @have_uref says that we hold one. */
static inline void net_zcopy_put_abort(struct ubuf_info *uarg, bool have_uref)
{
	if (uarg && have_uref)
		net_zcopy_put(uarg);
}

/* Note @uarg in @skb, which takes over the caller's reference. Only holder of the data. */
static inline void skb_zcopy_init(struct sk_buff *skb, struct ubuf_info *uarg)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	shinfo->destructor_arg = uarg;
	shinfo->flags |= uarg->flags;
}

/**
 * skb_zcopy_set() - note the owner of foreign memory in a buffer
 * @skb: the buffer, only holder of its data; NULL, or one that has an owner, stays as it is
 * @uarg: the owner, may be NULL
 * @have_ref: if it points to true, the buffer takes over the caller's reference and it becomes
 *            false; otherwise the buffer takes one of its own. May be NULL
 */
static inline void skb_zcopy_set(struct sk_buff *skb, struct ubuf_info *uarg, bool *have_ref)
{
	if (!skb || !uarg || skb_zcopy(skb))
		return;
	if (unlikely(have_ref && *have_ref))
		*have_ref = false;
	else
		net_zcopy_get(uarg);
	skb_zcopy_init(skb, uarg);
}

/*
 * An owner that counts by itself: only a value, with the lowest bit free, is noted. Nobody is
 * told when the buffer lets go.
 */
static inline void skb_zcopy_set_nouarg(struct sk_buff *skb, void *val)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	shinfo->destructor_arg = (void *)((uintptr_t)val | 1UL);
	shinfo->flags |= SKBFL_ZEROCOPY_FRAG;
}

static inline bool skb_zcopy_is_nouarg(const struct sk_buff *skb)
{
	return (uintptr_t)__skb_shinfo(skb)->destructor_arg & 1UL;
}

static inline void *skb_zcopy_get_nouarg(const struct sk_buff *skb)
{
	return (void *)((uintptr_t)__skb_shinfo(skb)->destructor_arg & ~(uintptr_t)1);
}

/**
 * skb_zcopy_clear() - a buffer lets go of foreign memory
 * @skb: the buffer, only holder of its data; nothing happens when it has none
 * @zerocopy_success: false when the memory was copied after all
 *
 * Tells the owner. The fragments must be gone, or be replaced, or go right afterwards.
 */
static inline void skb_zcopy_clear(struct sk_buff *skb, bool zerocopy_success)
{
	struct ubuf_info *uarg = skb_zcopy(skb);

	if (!uarg)
		return;
	if (!skb_zcopy_is_nouarg(skb))
		uarg->callback(skb, uarg, zerocopy_success);
	skb_shinfo(skb)->flags &= (__u8)~SKBFL_ALL_ZEROCOPY;
}

SKIFF_API void __skb_zcopy_downgrade_managed(struct sk_buff *skb);

/* Give each fragment its own page reference; before fragments are shared, moved or added. */
static inline void skb_zcopy_downgrade_managed(struct sk_buff *skb)
{
	if (unlikely(skb_zcopy_managed(skb)))
		__skb_zcopy_downgrade_managed(skb);
}

/**
 * skb_copy_ubufs() - replace foreign memory by a copy in our own
 * @skb: the buffer, with the only reference; if its data is shared it gets a linear part of its
 *       own first
 * @gfp_mask: allocation flags
 *
 * The owner is told, without success. Return: 0, or -ENOMEM and the packet is as it was, or
 * -EINVAL for a buffer that others refer to, or one with more than MAX_SKB_FRAGS blocks of
 * fragments.
 */
SKIFF_API int skb_copy_ubufs(struct sk_buff *skb, gfp_t gfp_mask);

/* Before a buffer is cloned or queued: copies, unless the owner allows to hold on. 0 or error. */
static inline int skb_orphan_frags(struct sk_buff *skb, gfp_t gfp_mask)
{
	if (likely(!skb_zcopy(skb)))
		return 0;
	if (!skb_zcopy_is_nouarg(skb) && (__skb_shinfo(skb)->flags & SKBFL_DONT_ORPHAN))
		return 0;
	return skb_copy_ubufs(skb, gfp_mask);
}

/* Before a buffer waits in a queue for an unknown time: copies in any case. 0 or error. */
static inline int skb_orphan_frags_rx(struct sk_buff *skb, gfp_t gfp_mask)
{
	if (likely(!skb_zcopy(skb)))
		return 0;
	return skb_copy_ubufs(skb, gfp_mask);
}

/* Transmission failed: tell the owner; the buffer is freed next. Only holder of the data. */
SKIFF_API void skb_tx_error(struct sk_buff *skb);

/**
 * skb_zerocopy_clone() - let a second buffer refer to the same foreign memory
 * @nskb: gets fragments of @orig; it may have an owner already
 * @orig: the source, not changed unless its fragments had to be copied
 * @gfp_mask: allocation flags
 *
 * Return: 0; -EIO when @nskb has another owner's memory, of which a copy could not be made.
 */
SKIFF_API int skb_zerocopy_clone(struct sk_buff *nskb, struct sk_buff *orig, gfp_t gfp_mask);

/**
 * skb_zerocopy_iter_dgram() - append a sender's own memory to a buffer, as fragments
 * @skb: the buffer, only holder of its data; grows by @len
 * @msg: where the memory is; advances
 * @len: bytes
 *
 * The memory must stay as it is until the ubuf_info of @skb (see skb_zcopy_set()) says so. What
 * lies in a registered region is counted there. truesize grows; charging the socket with that is
 * left to the caller. Return: 0; -EINVAL for a negative or huge length, for the wrong direction or
 * a buffer with a frag_list; -EFAULT when @msg is shorter; -EMSGSIZE when it takes too many
 * fragments; -ENOMEM. In the last three cases the part that fitted is in the buffer.
 */
struct skiff_msghdr;
SKIFF_API int skb_zerocopy_iter_dgram(struct sk_buff *skb, struct skiff_msghdr *msg, int len);

/**
 * skb_zerocopy_iter_stream() - the same for a stream, with the owner
 * @sk: the sending socket; not touched here
 * @skb: the buffer
 * @msg: where the memory is; advances by what was taken
 * @len: bytes, at most
 * @uarg: the owner; the buffer takes a reference of its own unless it has one
 *
 * Return: bytes appended, at least 1; -EEXIST when the buffer belongs to another owner; else as
 * skb_zerocopy_iter_dgram(), and then buffer and @msg are as they were.
 */
SKIFF_API int skb_zerocopy_iter_stream(struct sock *sk, struct sk_buff *skb,
				       struct skiff_msghdr *msg, int len, struct ubuf_info *uarg);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKB_ZEROCOPY_H */
