/* SPDX-License-Identifier: BSD-2-Clause */
/* Extensions: fields that few packets need, in a block of their own that clones share. */
#include <skiff/skbuff.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_SKB_EXT_H
#define SKIFF_SKB_EXT_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One block holds all extensions of a packet; skb->active_extensions has a bit per extension that
 * counts. The block is shared by reference and copied by the first holder that adds to it, so
 * what skb_ext_find() gives is read-only unless skb_ext_add() was called on the same buffer.
 */
enum skb_ext_id {
	SKB_EXT_SEC_PATH, /* struct sec_path */
	TC_SKB_EXT,	  /* struct tc_skb_ext */
	SKB_EXT_NUM,
};

#define XFRM_MAX_DEPTH 6

struct xfrm_state;

/**
 * struct sec_path - the transformations that a packet went through on its way in
 * @len: valid entries of @xvec
 * @olen: those of them that the device did
 * @verified_cnt: those that a policy has accepted
 * @xvec: first the outermost
 */
struct sec_path {
	int len;
	int olen;
	int verified_cnt;
	struct xfrm_state *xvec[XFRM_MAX_DEPTH];
};

/* What a classifier at the device leaves to those above it. */
struct tc_skb_ext {
	__u32 chain;
	__u16 mru;
	__u16 zone;
	u8 post_ct : 1;
	u8 post_ct_snat : 1;
	u8 post_ct_dnat : 1;
};

/**
 * struct skb_ext_ops - references that an extension's content holds
 * @copied: the content was copied to @ext, take references
 * @release: the content at @ext goes, drop references
 */
struct skb_ext_ops {
	void (*copied)(void *ext);
	void (*release)(void *ext);
};

/**
 * skb_ext_register() - say how an extension's references are counted
 * @id: the extension
 * @ops: stays with the library; NULL for none
 *
 * Before the first packet carries @id. Return: 0, -EINVAL for an unknown @id.
 */
SKIFF_API int skb_ext_register(enum skb_ext_id id, const struct skb_ext_ops *ops);

/**
 * skb_ext_add() - give a packet an extension, or make the one it has writable
 * @skb: the packet, with the only reference
 * @id: the extension
 *
 * Return: its content, as it was or zeroed when new; NULL without memory, and the packet is as it
 * was.
 */
SKIFF_API void *skb_ext_add(struct sk_buff *skb, enum skb_ext_id id);

/* Drop one extension / the packet's reference to the block. For the inline forms below. */
SKIFF_API void __skb_ext_del(struct sk_buff *skb, enum skb_ext_id id);
SKIFF_API void __skb_ext_put(struct skb_ext *ext);
SKIFF_API void __skb_ext_ref(struct skb_ext *ext);
SKIFF_API void *__skb_ext_find(const struct skb_ext *ext, enum skb_ext_id id);

static inline bool skb_ext_exist(const struct sk_buff *skb, enum skb_ext_id id)
{
	return skb->active_extensions & (1u << id);
}

static inline bool skb_has_extensions(const struct sk_buff *skb)
{
	return unlikely(skb->active_extensions);
}

/* The content, NULL when the packet has none. Others may share it. */
static inline void *skb_ext_find(const struct sk_buff *skb, enum skb_ext_id id)
{
	return skb_ext_exist(skb, id) ? __skb_ext_find(skb->extensions, id) : NULL;
}

static inline void skb_ext_del(struct sk_buff *skb, enum skb_ext_id id)
{
	if (skb_ext_exist(skb, id))
		__skb_ext_del(skb, id);
}

/* Drop all: when the packet is released. Fields keep their values. */
static inline void skb_ext_put(struct sk_buff *skb)
{
	if (skb->active_extensions)
		__skb_ext_put(skb->extensions);
}

static inline void skb_ext_reset(struct sk_buff *skb)
{
	if (unlikely(skb->active_extensions)) {
		__skb_ext_put(skb->extensions);
		skb->active_extensions = 0;
	}
}

/* For a @dst that has none of its own: it shares those of @src. */
static inline void __skb_ext_copy(struct sk_buff *dst, const struct sk_buff *src)
{
	dst->active_extensions = src->active_extensions;
	if (src->active_extensions) {
		__skb_ext_ref(src->extensions);
		dst->extensions = src->extensions;
	}
}

static inline void skb_ext_copy(struct sk_buff *dst, const struct sk_buff *src)
{
	skb_ext_put(dst);
	__skb_ext_copy(dst, src);
}

static inline struct sec_path *skb_sec_path(const struct sk_buff *skb)
{
	return (struct sec_path *)skb_ext_find(skb, SKB_EXT_SEC_PATH);
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKB_EXT_H */
