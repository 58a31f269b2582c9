// SPDX-License-Identifier: BSD-2-Clause
/* Extensions: one counted block per packet, shared by its clones, copied by whoever adds to it. */
#include <skiff/slab.h>
#include <skiff/skbuff.h>

/*
 * All extensions have a fixed place in the block. There are few and they are small: one size of
 * block is simpler than growing it, and whoever needs one extension often needs the next.
 */
struct skb_ext {
	refcount_t refcnt;
	u8 present;
	struct sec_path sec_path;
	struct tc_skb_ext tc;
};

static const struct {
	size_t offset;
	size_t size;
} places[SKB_EXT_NUM] = {
	[SKB_EXT_SEC_PATH] = { offsetof(struct skb_ext, sec_path), sizeof(struct sec_path) },
	[TC_SKB_EXT] = { offsetof(struct skb_ext, tc), sizeof(struct tc_skb_ext) },
};

_Static_assert(SKB_EXT_NUM <= 8, "active_extensions has eight bits");

static const struct skb_ext_ops *ext_ops[SKB_EXT_NUM];

int skb_ext_register(enum skb_ext_id id, const struct skb_ext_ops *ops)
{
	if ((unsigned int)id >= SKB_EXT_NUM)
		return -EINVAL;
	ext_ops[id] = ops;
	return 0;
}

void *__skb_ext_find(const struct skb_ext *ext, enum skb_ext_id id)
{
	return (unsigned char *)(uintptr_t)ext + places[id].offset;
}

void __skb_ext_ref(struct skb_ext *ext)
{
	refcount_inc(&ext->refcnt);
}

static void release_one(struct skb_ext *ext, enum skb_ext_id id)
{
	if (ext_ops[id] && ext_ops[id]->release)
		ext_ops[id]->release(__skb_ext_find(ext, id));
	ext->present &= (u8)~BIT(id);
}

void __skb_ext_put(struct skb_ext *ext)
{
	int id;

	if (!refcount_dec_and_test(&ext->refcnt))
		return;
	for (id = 0; id < SKB_EXT_NUM; id++)
		if (ext->present & BIT(id))
			release_one(ext, id);
	kfree(ext);
}

/* A block of this buffer's own with the extensions in @active; drops the shared one. */
static struct skb_ext *unshare(struct skb_ext *old, u8 active)
{
	struct skb_ext *ext;
	int id;

	if (refcount_read(&old->refcnt) == 1)
		return old;
	ext = kmemdup(old, sizeof(*old), GFP_ATOMIC);
	if (!ext)
		return NULL;
	refcount_set(&ext->refcnt, 1);
	ext->present &= active;
	for (id = 0; id < SKB_EXT_NUM; id++)
		if ((ext->present & BIT(id)) && ext_ops[id] && ext_ops[id]->copied)
			ext_ops[id]->copied(__skb_ext_find(ext, id));
	__skb_ext_put(old);
	return ext;
}

void *skb_ext_add(struct sk_buff *skb, enum skb_ext_id id)
{
	struct skb_ext *ext;

	if (unlikely((unsigned int)id >= SKB_EXT_NUM))
		return NULL;
	if (skb->active_extensions) {
		ext = unshare(skb->extensions, skb->active_extensions);
	} else {
		ext = kzalloc(sizeof(*ext), GFP_ATOMIC);
		if (ext)
			refcount_set(&ext->refcnt, 1);
	}
	if (!ext)
		return NULL;
	skb->extensions = ext;
	skb->slow_gro = 1;
	if (!(skb->active_extensions & BIT(id))) {
		/* Left behind by a holder that shared the block and dropped its bit. */
		if (ext->present & BIT(id))
			release_one(ext, id);
		memset(__skb_ext_find(ext, id), 0, places[id].size);
		ext->present |= (u8)BIT(id);
		skb->active_extensions |= (u8)BIT(id);
	}
	return __skb_ext_find(ext, id);
}

void __skb_ext_del(struct sk_buff *skb, enum skb_ext_id id)
{
	struct skb_ext *ext = skb->extensions;

	skb->active_extensions &= (u8)~BIT(id);
	if (!skb->active_extensions) {
		skb->extensions = NULL;
		__skb_ext_put(ext);
	} else if (refcount_read(&ext->refcnt) == 1) {
		release_one(ext, id);
	}
}
