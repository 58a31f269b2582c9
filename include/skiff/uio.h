/* SPDX-License-Identifier: BSD-2-Clause */
/* iov_iter: a place in a program's memory that may be scattered, and copies from and to it. */
#ifndef SKIFF_UIO_H
#define SKIFF_UIO_H

#include <sys/uio.h>

#include <skiff/checksum.h>
#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

struct page;
struct sk_buff;
struct ubuf_info;

/* The direction of the data: out of the iterator's memory, or into it. */
#define ITER_SOURCE 1
#define ITER_DEST 0

/**
 * struct iov_iter - what is left of an array of pieces of memory
 * @iov: current piece; belongs to the caller and is not changed; NULL when @single is it
 * @nr_segs: pieces from there on
 * @iov_offset: bytes of the current piece that are done
 * @count: bytes left in all, at most what the pieces hold
 * @data_source: ITER_SOURCE or ITER_DEST
 * @single: the piece, for an iterator over one buffer
 *
 * Belongs to one thread, may be copied. Copies of data advance it; iov_iter_revert() goes back.
 */
struct iov_iter {
	const struct iovec *iov;
	unsigned long nr_segs;
	size_t iov_offset;
	size_t count;
	bool data_source;
	struct iovec single;
};

struct iov_iter_state {
	const struct iovec *iov;
	unsigned long nr_segs;
	size_t iov_offset;
	size_t count;
};

/**
 * struct skiff_msghdr - one call of a program: what the kernel calls struct msghdr inside
 * @msg_name: address, or NULL
 * @msg_namelen: bytes of it
 * @msg_inq: output: bytes left in the receive queue
 * @msg_iter: data
 * @msg_control: control messages, or NULL
 * @msg_controllen: bytes of them
 * @msg_flags: MSG_*
 * @msg_ubuf: owner of the data when it is not to be copied; sendmsg() of streams sets it with MSG_ZEROCOPY, and
 *            the caller drops that reference when the call is over
 *
 * The C library has another structure under the kernel's name.
 */
struct skiff_msghdr {
	void *msg_name;
	int msg_namelen;
	int msg_inq;
	struct iov_iter msg_iter;
	void *msg_control;
	size_t msg_controllen;
	unsigned int msg_flags;
	struct ubuf_info *msg_ubuf;
};

/**
 * iov_iter_init() - an iterator over an array
 * @i: the iterator
 * @direction: ITER_SOURCE or ITER_DEST
 * @iov: pieces, stay the caller's and must live as long as the iterator
 * @nr_segs: how many
 * @count: bytes; more than the pieces hold is cut
 */
SKIFF_API void iov_iter_init(struct iov_iter *i, unsigned int direction, const struct iovec *iov,
			     unsigned long nr_segs, size_t count);

/* An iterator over one piece. */
SKIFF_API void iov_iter_ubuf(struct iov_iter *i, unsigned int direction, void *buf, size_t count);

static inline bool iter_is_ubuf(const struct iov_iter *i)
{
	return !i->iov;
}

static inline bool iter_is_iovec(const struct iov_iter *i)
{
	return i->iov != NULL;
}

static inline size_t iov_iter_count(const struct iov_iter *i)
{
	return i->count;
}

static inline unsigned char iov_iter_rw(const struct iov_iter *i)
{
	return i->data_source ? ITER_SOURCE : ITER_DEST;
}

static inline bool iov_iter_is_source(const struct iov_iter *i)
{
	return i->data_source;
}

/* Leave at most @count bytes; iov_iter_reexpand() sets what was there before. */
static inline void iov_iter_truncate(struct iov_iter *i, u64 count)
{
	if (i->count > count)
		i->count = (size_t)count;
}

static inline void iov_iter_reexpand(struct iov_iter *i, size_t count)
{
	i->count = count;
}

static inline void iov_iter_save_state(const struct iov_iter *i, struct iov_iter_state *state)
{
	state->iov = i->iov;
	state->nr_segs = i->nr_segs;
	state->iov_offset = i->iov_offset;
	state->count = i->count;
}

static inline void iov_iter_restore(struct iov_iter *i, const struct iov_iter_state *state)
{
	i->iov = state->iov;
	i->nr_segs = state->nr_segs;
	i->iov_offset = state->iov_offset;
	i->count = state->count;
}

/* The memory that follows in one piece, and how much of it; NULL and 0 at the end. skiff's own. */
SKIFF_API void *iov_iter_piece(const struct iov_iter *i, size_t *len);

/* Bytes of it. */
SKIFF_API size_t iov_iter_single_seg_count(const struct iov_iter *i);

/* Skip @bytes, at most what is left. */
SKIFF_API void iov_iter_advance(struct iov_iter *i, size_t bytes);

/* Go back @bytes, which must have been advanced before. */
SKIFF_API void iov_iter_revert(struct iov_iter *i, size_t bytes);

/*
 * Copies advance the iterator and return how many bytes they did: less than asked for only at its
 * end. The _full forms return false in that case and leave the iterator where it was. Asking for
 * the wrong direction does nothing, says so in the log and returns 0.
 */
SKIFF_API size_t copy_to_iter(const void *addr, size_t bytes, struct iov_iter *i);
SKIFF_API size_t copy_from_iter(void *addr, size_t bytes, struct iov_iter *i);
SKIFF_API bool copy_from_iter_full(void *addr, size_t bytes, struct iov_iter *i);
SKIFF_API size_t iov_iter_zero(size_t bytes, struct iov_iter *i);

static inline bool copy_to_iter_full(const void *addr, size_t bytes, struct iov_iter *i)
{
	size_t copied = copy_to_iter(addr, bytes, i);

	if (likely(copied == bytes))
		return true;
	iov_iter_revert(i, copied);
	return false;
}

SKIFF_API size_t copy_page_to_iter(struct page *page, size_t offset, size_t bytes,
				   struct iov_iter *i);
SKIFF_API size_t copy_page_from_iter(struct page *page, size_t offset, size_t bytes,
				     struct iov_iter *i);

/* A sum over what was copied so far; @off: how many bytes that was. */
struct csum_state {
	__wsum csum;
	size_t off;
};

/* With the Internet checksum of what was copied, in the same pass. */
SKIFF_API size_t csum_and_copy_to_iter(const void *addr, size_t bytes, void *csstate,
				       struct iov_iter *i);
SKIFF_API size_t csum_and_copy_from_iter(void *addr, size_t bytes, __wsum *csum,
					 struct iov_iter *i);
SKIFF_API bool csum_and_copy_from_iter_full(void *addr, size_t bytes, __wsum *csum,
					    struct iov_iter *i);

/* What is left in the program's message. */
static inline size_t msg_data_left(const struct skiff_msghdr *msg)
{
	return iov_iter_count(&msg->msg_iter);
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_UIO_H */
