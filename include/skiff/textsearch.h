/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding a pattern in data that may come in blocks; skb_find_text() searches packets. */
#ifndef SKIFF_TEXTSEARCH_H
#define SKIFF_TEXTSEARCH_H

#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TS_AUTOLOAD 1	/* kernel code passes it; there is nothing to load here */
#define TS_IGNORECASE 2 /* letters of ASCII match in either case */

/* The longest pattern in bytes. */
#define TS_MAX_PATTERN 65536U

struct ts_config;

/**
 * struct ts_state - one search; belongs to the caller
 * @offset: byte behind the last occurrence
 * @data: of textsearch_find_continuous()
 * @len: of it
 */
struct ts_state {
	unsigned int offset;
	unsigned int len;
	const u8 *data;
};

/**
 * struct ts_config - a pattern, prepared
 * @flags: TS_*
 * @patlen: bytes of the pattern
 * @pattern: the pattern
 * @prefix: how to go on after a mismatch
 * @get_next_block: set *@dst to the data behind the first @consumed bytes; returns how much is
 *                  there, 0 at the end
 *
 * One search at a time.
 */
struct ts_config {
	int flags;
	unsigned int patlen;
	u8 *pattern;
	unsigned int *prefix;
	unsigned int (*get_next_block)(unsigned int consumed, const u8 **dst,
				       struct ts_config *conf, struct ts_state *state);
};

/**
 * textsearch_prepare() - prepare a search
 * @algo: "kmp", the one algorithm there is
 * @pattern: the pattern, copied
 * @len: bytes of it, 1 to TS_MAX_PATTERN
 * @gfp_mask: allocation flags
 * @flags: TS_*
 *
 * Return: the configuration, for textsearch_destroy(); ERR_PTR(-ENOENT) for another algorithm,
 * ERR_PTR(-EINVAL) for other arguments that make no sense, ERR_PTR(-ENOMEM).
 */
SKIFF_API struct ts_config *textsearch_prepare(const char *algo, const void *pattern,
					       unsigned int len, gfp_t gfp_mask, int flags);

/* Free a configuration. */
SKIFF_API void textsearch_destroy(struct ts_config *conf);

/* The first occurrence, as an offset; UINT_MAX when there is none. */
SKIFF_API unsigned int textsearch_find(struct ts_config *conf, struct ts_state *state);

/* The next one behind the last that was found; occurrences do not overlap. */
SKIFF_API unsigned int textsearch_next(struct ts_config *conf, struct ts_state *state);

/* textsearch_find() in @len bytes of memory. */
SKIFF_API unsigned int textsearch_find_continuous(struct ts_config *conf, struct ts_state *state,
						  const void *data, unsigned int len);

static inline void *textsearch_get_pattern(struct ts_config *conf)
{
	return conf->pattern;
}

static inline unsigned int textsearch_get_pattern_len(const struct ts_config *conf)
{
	return conf->patlen;
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_TEXTSEARCH_H */
