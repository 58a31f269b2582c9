/* SPDX-License-Identifier: BSD-2-Clause */
/* scatterlist: an array that describes scattered memory, for skb_to_sgvec(). */
#ifndef SKIFF_SCATTERLIST_H
#define SKIFF_SCATTERLIST_H

#include <skiff/mm.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct scatterlist - one piece of memory
 * @addr: its first byte
 * @length: bytes
 * @end: the last entry in use, or of the array
 */
struct scatterlist {
	unsigned char *addr;
	unsigned int length;
	bool end;
};

static inline void sg_mark_end(struct scatterlist *sg)
{
	sg->end = true;
}

static inline void sg_unmark_end(struct scatterlist *sg)
{
	sg->end = false;
}

static inline bool sg_is_last(const struct scatterlist *sg)
{
	return sg->end;
}

/* Empty entries, the last one marked. @nents: at least 1, or nothing happens. */
static inline void sg_init_table(struct scatterlist *sg, unsigned int nents)
{
	unsigned int i;

	for (i = 0; i < nents; i++) {
		sg[i].addr = NULL;
		sg[i].length = 0;
		sg[i].end = i + 1 == nents;
	}
}

static inline void sg_set_buf(struct scatterlist *sg, const void *buf, unsigned int buflen)
{
	sg->addr = (unsigned char *)(uintptr_t)buf;
	sg->length = buflen;
}

static inline void sg_init_one(struct scatterlist *sg, const void *buf, unsigned int buflen)
{
	sg_init_table(sg, 1);
	sg_set_buf(sg, buf, buflen);
}

static inline void sg_set_page(struct scatterlist *sg, struct page *page, unsigned int len,
			       unsigned int offset)
{
	sg_set_buf(sg, (unsigned char *)page_address(page) + offset, len);
}

static inline void *sg_virt(const struct scatterlist *sg)
{
	return sg->addr;
}

/* The block that the piece lies in; NULL for memory of no region. */
static inline struct page *sg_page(const struct scatterlist *sg)
{
	return virt_to_page(sg->addr);
}

static inline struct scatterlist *sg_next(struct scatterlist *sg)
{
	return sg_is_last(sg) ? NULL : sg + 1;
}

#define for_each_sg(sglist, sg, nr, i) for (i = 0, sg = (sglist); i < (nr); i++, sg = sg_next(sg))

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SCATTERLIST_H */
