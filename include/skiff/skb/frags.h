/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of a packet that is not linear: page fragments, frag_list, and access to any byte. */
#include <skiff/skbuff.h> /* outside of the guard: alone, this header is part of that one */
#ifndef SKIFF_SKB_FRAGS_H
#define SKIFF_SKB_FRAGS_H

#include <skiff/netdev_features.h>
#include <skiff/skb/zerocopy.h>
#include <skiff/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct scatterlist;
struct ts_config;

/*
 * One fragment. A fragment lies in one block, which has one struct page however large it is: no
 * page loop is ever necessary, and its address is always to be had.
 */
static inline unsigned int skb_frag_size(const skb_frag_t *frag)
{
	return frag->bv_len;
}

static inline void skb_frag_size_set(skb_frag_t *frag, unsigned int size)
{
	frag->bv_len = size;
}

static inline void skb_frag_size_add(skb_frag_t *frag, int delta)
{
	frag->bv_len += (unsigned int)delta;
}

static inline void skb_frag_size_sub(skb_frag_t *frag, int delta)
{
	frag->bv_len -= (unsigned int)delta;
}

static inline unsigned int skb_frag_off(const skb_frag_t *frag)
{
	return frag->bv_offset;
}

static inline void skb_frag_off_add(skb_frag_t *frag, int delta)
{
	frag->bv_offset += (unsigned int)delta;
}

static inline void skb_frag_off_set(skb_frag_t *frag, unsigned int offset)
{
	frag->bv_offset = offset;
}

static inline void skb_frag_off_copy(skb_frag_t *fragto, const skb_frag_t *fragfrom)
{
	fragto->bv_offset = fragfrom->bv_offset;
}

static inline struct page *skb_frag_page(const skb_frag_t *frag)
{
	return frag->bv_page;
}

static inline void *skb_frag_address(const skb_frag_t *frag)
{
	return (unsigned char *)page_address(skb_frag_page(frag)) + skb_frag_off(frag);
}

static inline void *skb_frag_address_safe(const skb_frag_t *frag)
{
	return skb_frag_page(frag) ? skb_frag_address(frag) : NULL;
}

/* Take one more reference to the block; whoever gets the fragment owns it. */
static inline void __skb_frag_ref(skb_frag_t *frag)
{
	get_page(skb_frag_page(frag));
}

static inline void skb_frag_ref(struct sk_buff *skb, int f)
{
	__skb_frag_ref(&skb_shinfo(skb)->frags[f]);
}

/* Give a reference back. @recycle: the buffer's pp_recycle; a region takes its blocks itself. */
static inline void __skb_frag_unref(skb_frag_t *frag, bool recycle)
{
	(void)recycle;
	put_page(skb_frag_page(frag));
}

static inline void skb_frag_unref(struct sk_buff *skb, int f)
{
	if (!skb_zcopy_managed(skb))
		__skb_frag_unref(&skb_shinfo(skb)->frags[f], skb->pp_recycle);
}

static inline void skb_frag_page_copy(skb_frag_t *fragto, const skb_frag_t *fragfrom)
{
	fragto->bv_page = fragfrom->bv_page;
}

/* Put a block into a fragment, whose owner takes over the caller's reference. */
static inline void __skb_frag_set_page(skb_frag_t *frag, struct page *page)
{
	frag->bv_page = page;
}

static inline void skb_frag_set_page(struct sk_buff *skb, int f, struct page *page)
{
	__skb_frag_set_page(&skb_shinfo(skb)->frags[f], page);
}

static inline bool skb_frag_must_loop(const struct page *p)
{
	(void)p;
	return false;
}

/* For code that expects pages: one turn over the whole piece. */
#define skb_frag_foreach_page(f, f_off, f_len, p, p_off, p_len, copied)                            \
	for (p = skb_frag_page(f), p_off = (f_off), p_len = (f_len), copied = 0; copied < (f_len); \
	     copied += p_len)

/* Filling fragments. */

/**
 * skb_fill_page_desc() - make a fragment of a block, the last one of the buffer
 * @skb: the buffer, only holder of its data
 * @i: index, at most nr_frags and less than MAX_SKB_FRAGS; more ends the process
 * @page: the block; the buffer takes over the caller's reference
 * @off: first byte in the block
 * @size: bytes
 *
 * Lengths and truesize are left to the caller. The __ forms leave nr_frags as well; the _noacc
 * forms are for memory that is accounted elsewhere.
 */
static inline void __skb_fill_page_desc_noacc(struct skb_shared_info *shinfo, int i,
					      struct page *page, int off, int size)
{
	skb_frag_t *frag = &shinfo->frags[i];

	BUG_ON((unsigned int)i >= MAX_SKB_FRAGS);
	frag->bv_page = page;
	frag->bv_offset = (unsigned int)off;
	frag->bv_len = (unsigned int)size;
}

static inline void __skb_fill_page_desc(struct sk_buff *skb, int i, struct page *page, int off,
					int size)
{
	__skb_fill_page_desc_noacc(skb_shinfo(skb), i, page, off, size);
	if (page_is_pfmemalloc(page))
		skb->pfmemalloc = true;
}

static inline void skb_fill_page_desc(struct sk_buff *skb, int i, struct page *page, int off,
				      int size)
{
	__skb_fill_page_desc(skb, i, page, off, size);
	skb_shinfo(skb)->nr_frags = (__u8)(i + 1);
}

static inline void skb_fill_page_desc_noacc(struct sk_buff *skb, int i, struct page *page, int off,
					    int size)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	__skb_fill_page_desc_noacc(shinfo, i, page, off, size);
	shinfo->nr_frags = (__u8)(i + 1);
}

/* Count @delta bytes that were added to the fragments. */
static inline void skb_len_add(struct sk_buff *skb, int delta)
{
	skb->len += (unsigned int)delta;
	skb->data_len += (unsigned int)delta;
	skb->truesize += (unsigned int)delta;
}

/* skb_fill_page_desc(), lengths included; @truesize: bytes of memory that this ties up. */
SKIFF_API void skb_add_rx_frag(struct sk_buff *skb, int i, struct page *page, int off, int size,
			       unsigned int truesize);

/* Extend fragment @i by @size bytes that follow it in its block. */
SKIFF_API void skb_coalesce_rx_frag(struct sk_buff *skb, int i, int size, unsigned int truesize);

/* Whether bytes at @off of @page continue fragment @i - 1, so that it can be extended. */
static inline bool skb_can_coalesce(struct sk_buff *skb, int i, const struct page *page, int off)
{
	const skb_frag_t *frag;

	if (skb_zcopy(skb) || !i)
		return false;
	frag = &__skb_shinfo(skb)->frags[i - 1];
	return page == skb_frag_page(frag) &&
	       (unsigned int)off == skb_frag_off(frag) + skb_frag_size(frag);
}

/**
 * skb_append_pagefrags() - append bytes of a block to a buffer
 * @skb: the buffer, only holder of its data; lengths are left to the caller
 * @page: the block; the buffer takes a reference of its own where it needs one
 * @offset: first byte in the block
 * @size: bytes
 *
 * Return: 0, or -EMSGSIZE when all fragments are in use.
 */
SKIFF_API int skb_append_pagefrags(struct sk_buff *skb, struct page *page, int offset, size_t size);

/* Looking at them. */
static inline bool skb_has_frag_list(const struct sk_buff *skb)
{
	return __skb_shinfo(skb)->frag_list != NULL;
}

static inline void skb_frag_list_init(struct sk_buff *skb)
{
	skb_shinfo(skb)->frag_list = NULL;
}

/* Whether somebody may change fragments while the packet is on its way: a checksum won't hold. */
static inline bool skb_has_shared_frag(const struct sk_buff *skb)
{
	return skb_is_nonlinear(skb) && (__skb_shinfo(skb)->flags & SKBFL_SHARED_FRAG);
}

/* Bytes in page fragments; with the linear part, without frag_list. */
static inline unsigned int __skb_pagelen(const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(skb);
	unsigned int i, len = 0;

	for (i = 0; i < shinfo->nr_frags; i++)
		len += skb_frag_size(&shinfo->frags[i]);
	return len;
}

static inline unsigned int skb_pagelen(const struct sk_buff *skb)
{
	return skb_headlen(skb) + __skb_pagelen(skb);
}

/* Whether a device with @features can't send this buffer as it is. */
static inline bool skb_needs_linearize(struct sk_buff *skb, netdev_features_t features)
{
	return skb_is_nonlinear(skb) &&
	       ((skb_has_frag_list(skb) && !(features & NETIF_F_FRAGLIST)) ||
		(__skb_shinfo(skb)->nr_frags && !(features & NETIF_F_SG)));
}

/* Linear, and nobody else's. Only reference; reload pointers. Return: 0 or -ENOMEM. */
static inline int skb_linearize_cow(struct sk_buff *skb)
{
	return skb_is_nonlinear(skb) || skb_cloned(skb) ? __skb_linearize(skb) : 0;
}

/* Access to any bytes. Ranges that are not wholly in the packet are refused with -EFAULT. */

/**
 * skb_copy_bits() - copy bytes out of a packet
 * @skb: the buffer; any holder
 * @offset: first byte, from skb->data; down to minus skb_headroom() reaches pulled headers
 * @to: where to
 * @len: bytes, >= 0
 *
 * Return: 0, or -EFAULT and @to may have been written in part.
 */
SKIFF_API int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len);

/**
 * skb_store_bits() - overwrite bytes of a packet
 * @skb: the buffer, only holder of its data
 * @offset: first byte, as above
 * @from: what to write
 * @len: bytes, >= 0
 *
 * Return: 0, or -EFAULT and nothing but a leading part may have been written.
 */
SKIFF_API int skb_store_bits(struct sk_buff *skb, int offset, const void *from, int len);

/**
 * skb_header_pointer() - see bytes wherever they are, without changing the buffer
 * @skb: the buffer; any holder
 * @offset: first byte, from skb->data
 * @len: bytes
 * @buffer: @len bytes, used when they are not linear
 *
 * Return: a pointer to the bytes, inside the packet or @buffer; NULL when the packet is shorter.
 */
static inline void *__must_check __skb_header_pointer(const struct sk_buff *skb, int offset,
						      int len, const void *data, int hlen,
						      void *buffer)
{
	/* As unsigned numbers negative ones fail, and nothing wraps. */
	if (likely(hlen >= 0 && (unsigned int)offset <= (unsigned int)hlen &&
		   (unsigned int)len <= (unsigned int)hlen - (unsigned int)offset))
		return (unsigned char *)(uintptr_t)data + offset;
	if (!skb || unlikely(skb_copy_bits(skb, offset, buffer, len) < 0))
		return NULL;
	return buffer;
}

static inline void *__must_check skb_header_pointer(const struct sk_buff *skb, int offset, int len,
						    void *buffer)
{
	return __skb_header_pointer(skb, offset, len, skb->data, (int)skb_headlen(skb), buffer);
}

/**
 * struct skb_seq_state - a walk through a packet, block by block
 *
 * Belongs to skb_prepare_seq_read() and skb_seq_read(); other fields are nobody's business.
 */
struct skb_seq_state {
	__u32 lower_offset;
	__u32 upper_offset;
	__u32 stepped_offset; /* packet offset where cur_skb begins */
	struct sk_buff *root_skb;
	struct sk_buff *cur_skb;
};

/* Walk bytes @from to @to - 1 of @skb, which must not change meanwhile. Any holder. */
SKIFF_API void skb_prepare_seq_read(struct sk_buff *skb, unsigned int from, unsigned int to,
				    struct skb_seq_state *st);

/**
 * skb_seq_read() - the block at a place of the walk
 * @consumed: bytes of the walk that the caller is done with
 * @data: set to the next byte
 * @st: the walk
 *
 * Return: bytes readable at @data, maybe beyond the end of the walk; 0 at its end.
 */
SKIFF_API unsigned int skb_seq_read(unsigned int consumed, const u8 **data,
				    struct skb_seq_state *st);

/* End a walk early; there is nothing to release, but kernel-style code calls it. */
SKIFF_API void skb_abort_seq_read(struct skb_seq_state *st);

/**
 * skb_find_text() - find a pattern in a packet, across block boundaries
 * @skb: the buffer; any holder
 * @from: search from this byte on
 * @to: up to this one; the whole occurrence lies below it
 * @config: from textsearch_prepare(), see <skiff/textsearch.h>
 *
 * Return: where the first occurrence starts, counted from @from; UINT_MAX when there is none.
 */
SKIFF_API unsigned int skb_find_text(struct sk_buff *skb, unsigned int from, unsigned int to,
				     struct ts_config *config);

/* Changing the shape of packets. */

/*
 * Cut a packet and keep its checksum right. Return: 0, -ENOMEM, or -EINVAL when the cut would take
 * the field that a CHECKSUM_PARTIAL is to be stored in.
 */
SKIFF_API int pskb_trim_rcsum_slow(struct sk_buff *skb, unsigned int len);

/* Give back memory that the packet doesn't need, when that is cheap. Only reference. */
SKIFF_API void skb_condense(struct sk_buff *skb);

/**
 * pskb_put() - append to a buffer whose last bytes are in @tail
 * @skb: the packet
 * @tail: @skb itself or the last member of its frag_list, as skb_cow_data() gave it
 * @len: bytes, at most skb_tailroom(@tail)
 *
 * Return: where the new bytes are, uninitialised.
 */
SKIFF_API void *pskb_put(struct sk_buff *skb, struct sk_buff *tail, int len);

/**
 * skb_cow_data() - make every byte of a packet writable, with room at the end
 * @skb: the buffer, with the only reference; pointers into it are invalid afterwards
 * @tailbits: bytes of tailroom needed behind the last byte
 * @trailer: set to the buffer that holds the last byte, for pskb_put()
 *
 * Return: how many scatterlist entries the packet takes, or -ENOMEM.
 */
SKIFF_API int skb_cow_data(struct sk_buff *skb, int tailbits, struct sk_buff **trailer);

/**
 * skb_split() - move everything from @len on into another buffer
 * @skb: the packet, with the only reference to its data; @len bytes remain
 * @skb1: an empty buffer, with tailroom for what lies beyond @len in the linear part of @skb
 * @len: bytes, less than skb->len
 *
 * Fragments move, bytes of the linear part are copied. A frag_list is not for this function: it
 * must be none, or the process ends. truesize is left to the caller.
 */
SKIFF_API void skb_split(struct sk_buff *skb, struct sk_buff *skb1, const u32 len);

/**
 * skb_shift() - move bytes from the front of one buffer to the end of another
 * @tgt: gets them, as fragments; it must have no tailroom in use behind its linear part
 * @skb: gives them; all its data in fragments, both with the only references
 * @shiftlen: bytes, at most skb->len; -1 would be the caller's bug, 0 does nothing
 *
 * Return: @shiftlen, or 0 and nothing has changed, when fragments can't hold it all.
 */
SKIFF_API int skb_shift(struct sk_buff *tgt, struct sk_buff *skb, int shiftlen);

/**
 * skb_try_coalesce() - append the data of one buffer to another without moving it
 * @to: gets the data; must not be cloned
 * @from: gives it, with the only reference
 * @fragstolen: set to true when the data block of @from belongs to @to by now
 * @delta_truesize: set to what truesize of @to grew by
 *
 * When it succeeds the caller releases @from with kfree_skb_partial(from, *fragstolen).
 * Return: false, and nothing has changed, when that can't be done.
 */
SKIFF_API bool skb_try_coalesce(struct sk_buff *to, struct sk_buff *from, bool *fragstolen,
				int *delta_truesize);

/* Whether a data block can't be shared by page reference: it is cloned or no region's. */
static inline bool skb_head_is_locked(const struct sk_buff *skb)
{
	return (skb->head_kind != SKB_HEAD_POOL && skb->head_kind != SKB_HEAD_PAGE) ||
	       skb_cloned(skb);
}

/**
 * pskb_extract() - a buffer of some bytes out of the middle of a packet
 * @skb: the packet, not consumed
 * @off: first byte
 * @to_copy: bytes
 * @gfp: allocation flags
 *
 * Fragments are shared. Any holder. Return: the new buffer; NULL without memory or when the range
 * is not in the packet.
 */
SKIFF_API struct sk_buff *pskb_extract(struct sk_buff *skb, int off, int to_copy, gfp_t gfp);

/**
 * skb_zerocopy() - append the first bytes of a packet to a buffer, sharing what can be shared
 * @to: gets them; only holder of its data
 * @from: the packet, not changed unless foreign memory had to be copied
 * @len: bytes
 * @hlen: of these, bytes to be copied into the linear part of @to; from skb_zerocopy_headlen()
 *
 * Return: 0; -EFAULT when @from is shorter; -EMSGSIZE without tailroom for @hlen; -EIO when two
 * owners of foreign memory would meet; -ENOMEM.
 */
SKIFF_API int skb_zerocopy(struct sk_buff *to, struct sk_buff *from, int len, int hlen);

/* How many bytes of @from have to be copied by skb_zerocopy(). Any holder. */
SKIFF_API unsigned int skb_zerocopy_headlen(const struct sk_buff *from);

/**
 * skb_to_sgvec() - describe bytes of a packet by scatterlist entries
 * @skb: the buffer; any holder; the entries are valid as long as its data
 * @sg: array after sg_init_table(); the entry used last is marked as the end
 * @offset: first byte
 * @len: bytes
 *
 * Return: entries used; -EMSGSIZE when @sg is too short, when the range is not in the packet, or
 * frag_lists nest too deeply.
 */
SKIFF_API int skb_to_sgvec(struct sk_buff *skb, struct scatterlist *sg, int offset, int len);

/* The same without the mark, to be continued in the following entries. */
SKIFF_API int skb_to_sgvec_nomark(struct sk_buff *skb, struct scatterlist *sg, int offset, int len);

/**
 * skb_to_iovec() - describe bytes of a packet for writev() and its kin; skiff's own
 * @skb: the buffer; any holder; the entries are valid as long as its data
 * @iov: array
 * @max: its entries
 * @offset: first byte
 * @len: bytes
 *
 * Return: entries used; -EMSGSIZE when @max is too small; -EFAULT when the range is not in the
 * packet.
 */
SKIFF_API int skb_to_iovec(const struct sk_buff *skb, struct iovec *iov, int max, int offset,
			   int len);

/* Between packets and a program's memory, see <skiff/uio.h>. */

/* Append @copy bytes from @from to a linear buffer, its csum kept. 0 or -EFAULT, no change. */
SKIFF_API int skb_add_data(struct sk_buff *skb, struct iov_iter *from, int copy);

/**
 * skb_copy_datagram_iter() - copy bytes of a packet to a program
 * @from: the packet; any holder
 * @offset: first byte
 * @to: where to; advances by @len
 * @len: bytes
 *
 * Return: 0; -EFAULT, and @to is where it was, when the packet or @to is shorter.
 */
SKIFF_API int skb_copy_datagram_iter(const struct sk_buff *from, int offset, struct iov_iter *to,
				     int len);

static inline int skb_copy_datagram_msg(const struct sk_buff *from, int offset,
					struct skiff_msghdr *msg, int size)
{
	return skb_copy_datagram_iter(from, offset, &msg->msg_iter, size);
}

/* The other way: overwrite bytes that the packet has. Only holder of its data. 0 or -EFAULT. */
SKIFF_API int skb_copy_datagram_from_iter(struct sk_buff *skb, int offset, struct iov_iter *from,
					  int len);

/**
 * skb_copy_and_csum_datagram_msg() - copy a packet to a program and verify its checksum
 * @skb: the packet; any holder
 * @hlen: bytes in front that are not copied but belong to the sum
 * @msg: where to; advances by what was copied
 *
 * skb->csum holds the sum of the pseudo header, or of everything else that the checksum covers.
 * Return: 0; -EINVAL for a wrong checksum, else -EFAULT when @msg is too short for the packet:
 * then nothing was copied. @msg is where it was in both cases.
 */
SKIFF_API int skb_copy_and_csum_datagram_msg(struct sk_buff *skb, int hlen,
					     struct skiff_msghdr *msg);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKB_FRAGS_H */
