// SPDX-License-Identifier: BSD-2-Clause
/* A program's memory as iov_iter: moving in it, copying from and to it. */
#include <string.h>

#include <skiff/mm.h>
#include <skiff/uio.h>

void iov_iter_init(struct iov_iter *i, unsigned int direction, const struct iovec *iov,
		   unsigned long nr_segs, size_t count)
{
	size_t held = 0;
	unsigned long n;

	/* What the pieces hold bounds everything that follows. */
	for (n = 0; n < nr_segs && held < count; n++)
		held += min(iov[n].iov_len, count - held);
	*i = (struct iov_iter){
		.iov = iov,
		.nr_segs = nr_segs,
		.count = held,
		.data_source = direction == ITER_SOURCE,
	};
}

void iov_iter_ubuf(struct iov_iter *i, unsigned int direction, void *buf, size_t count)
{
	*i = (struct iov_iter){
		.nr_segs = 1,
		.count = count,
		.data_source = direction == ITER_SOURCE,
		.single = { .iov_base = buf, .iov_len = count },
	};
}

/* Past pieces that are done; only while there is something left. */
static const struct iovec *current_piece(struct iov_iter *i)
{
	if (iter_is_ubuf(i))
		return &i->single;
	while (i->iov_offset >= i->iov->iov_len) {
		i->iov_offset = 0;
		i->iov++;
		i->nr_segs--;
	}
	return i->iov;
}

void *iov_iter_piece(const struct iov_iter *i, size_t *len)
{
	struct iov_iter here = *i;
	const struct iovec *iov;

	*len = 0;
	if (!i->count)
		return NULL;
	iov = current_piece(&here);
	*len = min(iov->iov_len - here.iov_offset, i->count);
	return (unsigned char *)iov->iov_base + here.iov_offset;
}

size_t iov_iter_single_seg_count(const struct iov_iter *i)
{
	size_t len;

	(void)iov_iter_piece(i, &len);
	return len;
}

void iov_iter_advance(struct iov_iter *i, size_t bytes)
{
	bytes = min(bytes, i->count);
	while (bytes) {
		size_t n = min(current_piece(i)->iov_len - i->iov_offset, bytes);

		i->iov_offset += n;
		i->count -= n;
		bytes -= n;
	}
}

void iov_iter_revert(struct iov_iter *i, size_t bytes)
{
	i->count += bytes;
	while (bytes > i->iov_offset && !iter_is_ubuf(i)) {
		bytes -= i->iov_offset;
		i->iov--;
		i->nr_segs++;
		i->iov_offset = i->iov->iov_len;
	}
	BUG_ON(bytes > i->iov_offset);
	i->iov_offset -= bytes;
}

/* One contiguous piece of the program's memory, @done bytes into what is to be copied. */
typedef void (*iov_step_fn)(void *arg, void *base, size_t len, size_t done);

static size_t for_each_step(struct iov_iter *i, size_t bytes, iov_step_fn fn, void *arg)
{
	size_t done = 0;

	bytes = min(bytes, i->count);
	while (done < bytes) {
		const struct iovec *iov = current_piece(i);
		size_t n = min(iov->iov_len - i->iov_offset, bytes - done);

		fn(arg, (unsigned char *)iov->iov_base + i->iov_offset, n, done);
		i->iov_offset += n;
		i->count -= n;
		done += n;
	}
	return done;
}

static void step_to_user(void *arg, void *base, size_t len, size_t done)
{
	memcpy(base, (const unsigned char *)arg + done, len);
}

static void step_from_user(void *arg, void *base, size_t len, size_t done)
{
	memcpy((unsigned char *)arg + done, base, len);
}

static void step_zero(void *arg, void *base, size_t len, size_t done)
{
	(void)arg;
	(void)done;
	memset(base, 0, len);
}

size_t copy_to_iter(const void *addr, size_t bytes, struct iov_iter *i)
{
	if (WARN_ON_ONCE(i->data_source))
		return 0;
	return for_each_step(i, bytes, step_to_user, (void *)(uintptr_t)addr);
}

size_t copy_from_iter(void *addr, size_t bytes, struct iov_iter *i)
{
	if (WARN_ON_ONCE(!i->data_source))
		return 0;
	return for_each_step(i, bytes, step_from_user, addr);
}

bool copy_from_iter_full(void *addr, size_t bytes, struct iov_iter *i)
{
	return i->count >= bytes && copy_from_iter(addr, bytes, i) == bytes;
}

size_t iov_iter_zero(size_t bytes, struct iov_iter *i)
{
	if (WARN_ON_ONCE(i->data_source))
		return 0;
	return for_each_step(i, bytes, step_zero, NULL);
}

/* Bytes of a block from @offset on, at most @bytes. */
static size_t in_page(const struct page *page, size_t offset, size_t bytes)
{
	return offset < page_size(page) ? min(bytes, page_size(page) - offset) : 0;
}

size_t copy_page_to_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i)
{
	return copy_to_iter((unsigned char *)page_address(page) + offset,
			    in_page(page, offset, bytes), i);
}

size_t copy_page_from_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i)
{
	return copy_from_iter((unsigned char *)page_address(page) + offset,
			      in_page(page, offset, bytes), i);
}

struct csum_step {
	unsigned char *addr;
	__wsum csum;
	size_t off; /* bytes that csum is over */
};

/* csum_partial_copy() takes an int: huge pieces go in parts of even length. */
#define CSUM_STEP ((size_t)1 << 30)

static void csum_copy(struct csum_step *step, const unsigned char *src, unsigned char *dst,
		      size_t len)
{
	while (len) {
		size_t n = min(len, CSUM_STEP);

		step->csum = csum_block_add(step->csum, csum_partial_copy_nocheck(src, dst, (int)n),
					    (int)(step->off & 1));
		step->off += n;
		src += n;
		dst += n;
		len -= n;
	}
}

static void step_csum_to_user(void *arg, void *base, size_t len, size_t done)
{
	struct csum_step *step = (struct csum_step *)arg;

	csum_copy(step, step->addr + done, (unsigned char *)base, len);
}

static void step_csum_from_user(void *arg, void *base, size_t len, size_t done)
{
	struct csum_step *step = (struct csum_step *)arg;

	csum_copy(step, (const unsigned char *)base, step->addr + done, len);
}

size_t csum_and_copy_to_iter(const void *addr, size_t bytes, void *csstate, struct iov_iter *i)
{
	struct csum_state *state = (struct csum_state *)csstate;
	struct csum_step step = { (unsigned char *)(uintptr_t)addr, state->csum, state->off };
	size_t copied;

	if (WARN_ON_ONCE(i->data_source))
		return 0;
	copied = for_each_step(i, bytes, step_csum_to_user, &step);
	state->csum = step.csum;
	state->off = step.off;
	return copied;
}

size_t csum_and_copy_from_iter(void *addr, size_t bytes, __wsum *csum, struct iov_iter *i)
{
	struct csum_step step = { (unsigned char *)addr, *csum, 0 };
	size_t copied;

	if (WARN_ON_ONCE(!i->data_source))
		return 0;
	copied = for_each_step(i, bytes, step_csum_from_user, &step);
	*csum = step.csum;
	return copied;
}

bool csum_and_copy_from_iter_full(void *addr, size_t bytes, __wsum *csum, struct iov_iter *i)
{
	return i->count >= bytes && csum_and_copy_from_iter(addr, bytes, csum, i) == bytes;
}
