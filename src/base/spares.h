/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces of memory of one size that come and go: some are kept at hand for the next one. */
#ifndef BASE_SPARES_H
#define BASE_SPARES_H

#include <string.h>

#include <skiff/slab.h>

/*
 * Not where allocations are to fail on demand and whoever touches a freed piece is to be caught.
 */
#ifdef SKIFF_DEBUG
#define SPARES_MAX 0u
#else
#define SPARES_MAX 64u
#endif

/**
 * struct spares - freed pieces of one size
 * @first: one of them, which begins with a pointer to the next one
 * @nr: how many
 *
 * All zero is empty. Whoever has it makes sure that one thread at a time uses it.
 */
struct spares {
	void *first;
	unsigned int nr;
};

/* kmalloc(), @size always that of what is kept. Return: memory for spares_put() or kfree(), or NULL. */
static inline void *spares_alloc(struct spares *s, size_t size, gfp_t gfp)
{
	void *p = s->first;

	if (!p)
		return kmalloc(size, gfp);
	memcpy((void *)&s->first, p, sizeof(s->first));
	s->nr--;
	return gfp & __GFP_ZERO ? memset(p, 0, size) : p;
}

/* kfree(). @p: of spares_alloc() and not NULL, at least a pointer long. */
static inline void spares_put(struct spares *s, void *p)
{
	if (s->nr == SPARES_MAX) {
		kfree(p);
		return;
	}
	memcpy(p, (const void *)&s->first, sizeof(s->first));
	s->first = p;
	s->nr++;
}

static inline void spares_free(struct spares *s)
{
	void *p;

	while ((p = s->first)) {
		memcpy((void *)&s->first, p, sizeof(s->first));
		kfree(p);
	}
	s->nr = 0;
}

#endif /* BASE_SPARES_H */
