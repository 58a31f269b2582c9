/* SPDX-License-Identifier: BSD-2-Clause */
/* The spellings of "Network Buffers and Memory Management" (Linux Journal, 1996), on modern ones. */
#ifndef SKIFF_LJ1996_H
#define SKIFF_LJ1996_H

#include <skiff/etherdevice.h>
#include <skiff/net_namespace.h>
#include <skiff/skbuff.h>
#include <skiff/sock.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A source file that includes this header sees the interface as the article describes it:
 *
 *	kfree_skb(skb, FREE_READ)	releases, unless skb->free is 0
 *	dev_kfree_skb(skb, FREE_WRITE)	the driver is done with the buffer
 *	skb_append(where, skb)		behind a buffer, or at the end of a list
 *	skb_insert(where, skb)		in front of a buffer
 *	skb_unlink(skb)			out of whatever list; nothing for a buffer in none
 *	skb_device_lock(skb) ...	a buffer that a driver has can't be taken away
 *
 * The modern forms stay available where the number of arguments tells them apart, so headers may
 * be included in any order.
 *
 * How a buffer knows its list: the locked functions, which this header replaces by recording ones,
 * note it in the buffer. A list is used either through these or through the modern functions,
 * whose members skb_unlink(skb) takes for buffers in no list.
 *
 * skb->free: every new buffer, and every copy, may be freed: 1. A protocol that keeps a buffer,
 * for retransmission, say, while it hands it to others, sets 0: kfree_skb() and dev_kfree_skb()
 * leave the buffer alone then, until its keeper sets 1 and frees it. The modern kfree_skb(skb) and
 * consume_skb(skb) do not look at the flag: between modern layers a keeper holds a reference.
 */

/* Second argument of kfree_skb(): which of the socket's counts the buffer stands in. */
#define FREE_WRITE 0
#define FREE_READ 1

/* Bits of sk_buff.lj_flags, changed atomically. */
#define LJ_LISTED 0x01 /* on lj_list */
#define LJ_LOCKED 0x02 /* a driver has it */
#define LJ_DOOMED 0x04 /* freed while a driver has it: goes when the driver is done */
#define LJ_KEPT 0x08   /* skb->free was 0 when the driver took it */

/**
 * lj_kfree_skb() - kfree_skb() in its 1996 form
 * @skb: the buffer, or NULL
 * @rw: FREE_READ or FREE_WRITE
 *
 * Lowers the memory counts of skb->sk: by the buffer's destructor when it has one, else, for a
 * protocol that raised the count itself, the one that @rw names. A buffer with skb->free 0 is left
 * alone. A buffer that a driver has goes when the driver is done with it. A buffer in a list is
 * somebody's bug: it is reported and taken out first.
 */
SKIFF_API void lj_kfree_skb(struct sk_buff *skb, int rw);

/**
 * lj_dev_kfree_skb() - a driver is done with a buffer
 * @skb: the buffer; the device lock is gone afterwards, and the buffer too unless skb->free was 0
 *       when the driver took it
 * @rw: FREE_READ or FREE_WRITE
 *
 * A buffer that was freed in the meantime goes now in any case.
 */
SKIFF_API void lj_dev_kfree_skb(struct sk_buff *skb, int rw);

/**
 * skb_device_lock() - a driver takes a buffer
 * @skb: the buffer
 *
 * Until the driver lets go, skb_unlink(skb) and kfree_skb(skb, rw) leave it where it is. Taking it
 * twice is reported.
 */
SKIFF_API void skb_device_lock(struct sk_buff *skb);

/**
 * skb_device_unlock() - a driver gives a buffer back without freeing it, having refused it
 * @skb: the buffer, locked; anything else is reported
 *
 * Return: true; false when it was freed in the meantime: the caller then has to free it with
 * dev_kfree_skb() and must not offer it again.
 */
SKIFF_API bool skb_device_unlock(struct sk_buff *skb);

static inline bool skb_device_locked(const struct sk_buff *skb)
{
	return __atomic_load_n(&skb->lj_flags, __ATOMIC_ACQUIRE) & LJ_LOCKED;
}

/* The list functions that record the list; locked, any thread. See <skiff/skb/queue.h>. */
SKIFF_API void lj_queue_head(struct sk_buff_head *list, struct sk_buff *newsk);
SKIFF_API void lj_queue_tail(struct sk_buff_head *list, struct sk_buff *newsk);
SKIFF_API struct sk_buff *lj_dequeue(struct sk_buff_head *list);
SKIFF_API struct sk_buff *lj_dequeue_tail(struct sk_buff_head *list);
SKIFF_API void lj_queue_purge(struct sk_buff_head *list);

/**
 * lj_unlink() - take a buffer out of whatever list it is in
 * @skb: the buffer; not freed
 *
 * Return: true; false when it is in no list, or a driver has it.
 */
SKIFF_API bool lj_unlink(struct sk_buff *skb);

/**
 * lj_append_skb() - put a buffer behind another one, in the list that it is in
 * @old: member of a list
 * @newsk: the buffer
 *
 * Return: 0; -ENOENT, reported, when @old is in no list: @newsk is still the caller's.
 */
SKIFF_API int lj_append_skb(struct sk_buff *old, struct sk_buff *newsk);

/* The same in front of @old: skb_insert() of 1996. */
SKIFF_API int skb_insert(struct sk_buff *old, struct sk_buff *newsk);

/* A list head where a member is expected: the end of the list. Return: 0. */
static inline int lj_append_list(struct sk_buff_head *list, struct sk_buff *newsk)
{
	lj_queue_tail(list, newsk);
	return 0;
}

/*
 * Moving whole lists. The heads are the caller's, as with the modern forms: no lock is taken. The
 * members note their new list, so the time grows with their number.
 */
SKIFF_API void lj_queue_splice(struct sk_buff_head *list, struct sk_buff_head *head, bool tail);

#ifdef __cplusplus
}

static inline int lj_append_any(struct sk_buff_head *list, struct sk_buff *newsk)
{
	return lj_append_list(list, newsk);
}

static inline int lj_append_any(struct sk_buff *old, struct sk_buff *newsk)
{
	return lj_append_skb(old, newsk);
}
#else
/* clang-format off */
#define lj_append_any(where, newsk)                                                            \
	_Generic((where),                                                                      \
		struct sk_buff_head *: lj_append_list,                                         \
		struct sk_buff *: lj_append_skb)(where, newsk)
/* clang-format on */
#endif

/* The form by the number of arguments: modern names inside their own macro are the functions. */
#define __LJ_SECOND(a, b, name, ...) name
#define __LJ_THIRD(a, b, c, name, ...) name

#undef dev_kfree_skb
#define kfree_skb(...) __LJ_SECOND(__VA_ARGS__, lj_kfree_skb, kfree_skb, )(__VA_ARGS__)
#define dev_kfree_skb(...) __LJ_SECOND(__VA_ARGS__, lj_dev_kfree_skb, consume_skb, )(__VA_ARGS__)
#define skb_unlink(...) __LJ_SECOND(__VA_ARGS__, skb_unlink, lj_unlink, )(__VA_ARGS__)
#define skb_append(...) __LJ_THIRD(__VA_ARGS__, skb_append, lj_append_any, )(__VA_ARGS__)

#define skb_queue_head(list, newsk) lj_queue_head(list, newsk)
#define skb_queue_tail(list, newsk) lj_queue_tail(list, newsk)
#define skb_dequeue(list) lj_dequeue(list)
#define skb_dequeue_tail(list) lj_dequeue_tail(list)
#define skb_queue_purge(list) lj_queue_purge(list)
#define skb_queue_splice(list, head) lj_queue_splice(list, head, false)
#define skb_queue_splice_tail(list, head) lj_queue_splice(list, head, true)
#define skb_queue_splice_init(list, head)           \
	do {                                        \
		lj_queue_splice(list, head, false); \
		__skb_queue_head_init(list);        \
	} while (0)
#define skb_queue_splice_tail_init(list, head)     \
	do {                                       \
		lj_queue_splice(list, head, true); \
		__skb_queue_head_init(list);       \
	} while (0)

/* Drivers: struct device, and the functions that take one. */
#include <skiff/lj1996_device.h>

#define dev_queue_xmit(...) \
	__LJ_THIRD(__VA_ARGS__, lj_dev_queue_xmit, lj_dev_queue_xmit, dev_queue_xmit, )(__VA_ARGS__)

#endif /* SKIFF_LJ1996_H */
