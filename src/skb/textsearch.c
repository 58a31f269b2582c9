// SPDX-License-Identifier: BSD-2-Clause
/* Finding a pattern in data that comes in blocks: Knuth, Morris and Pratt's algorithm. */
/*
 * prefix[i] is the length of the longest proper prefix of the pattern that is also the end of
 * its first i + 1 bytes. After a mismatch the search goes on from there, so no byte of the data
 * is read twice, which is what makes it fit for data that comes in blocks.
 */
#include <ctype.h>
#include <limits.h>
#include <string.h>

#include <skiff/slab.h>
#include <skiff/textsearch.h>

static u8 fold(const struct ts_config *conf, u8 byte)
{
	return conf->flags & TS_IGNORECASE ? (u8)tolower(byte) : byte;
}

static void compute_prefix(struct ts_config *conf)
{
	unsigned int i, q = 0;

	conf->prefix[0] = 0;
	for (i = 1; i < conf->patlen; i++) {
		while (q && conf->pattern[q] != conf->pattern[i])
			q = conf->prefix[q - 1];
		if (conf->pattern[q] == conf->pattern[i])
			q++;
		conf->prefix[i] = q;
	}
}

struct ts_config *textsearch_prepare(const char *algo, const void *pattern, unsigned int len,
				     gfp_t gfp_mask, int flags)
{
	struct ts_config *conf;
	unsigned int i;

	if (!algo || strcmp(algo, "kmp") != 0)
		return (struct ts_config *)ERR_PTR(-ENOENT);
	if (!pattern || !len || len > TS_MAX_PATTERN || (flags & ~(TS_AUTOLOAD | TS_IGNORECASE)))
		return (struct ts_config *)ERR_PTR(-EINVAL);
	conf = (struct ts_config *)kzalloc(sizeof(*conf) + (size_t)len * (sizeof(unsigned int) + 1),
					   gfp_mask);
	if (!conf)
		return (struct ts_config *)ERR_PTR(-ENOMEM);
	conf->flags = flags;
	conf->patlen = len;
	conf->prefix = (unsigned int *)(void *)(conf + 1);
	conf->pattern = (u8 *)(conf->prefix + len);
	for (i = 0; i < len; i++)
		conf->pattern[i] = fold(conf, ((const u8 *)pattern)[i]);
	compute_prefix(conf);
	return conf;
}

void textsearch_destroy(struct ts_config *conf)
{
	kfree(conf);
}

unsigned int textsearch_next(struct ts_config *conf, struct ts_state *state)
{
	unsigned int consumed = state->offset, q = 0, i, len;
	const u8 *text;

	while ((len = conf->get_next_block(consumed, &text, conf, state)) != 0) {
		for (i = 0; i < len; i++) {
			u8 byte = fold(conf, text[i]);

			while (q && conf->pattern[q] != byte)
				q = conf->prefix[q - 1];
			if (conf->pattern[q] == byte)
				q++;
			if (q == conf->patlen) {
				state->offset = consumed + i + 1;
				return state->offset - conf->patlen;
			}
		}
		consumed += len;
	}
	return UINT_MAX;
}

unsigned int textsearch_find(struct ts_config *conf, struct ts_state *state)
{
	state->offset = 0;
	return textsearch_next(conf, state);
}

static unsigned int linear_block(unsigned int consumed, const u8 **dst, struct ts_config *conf,
				 struct ts_state *state)
{
	(void)conf;
	if (consumed >= state->len)
		return 0;
	*dst = state->data + consumed;
	return state->len - consumed;
}

unsigned int textsearch_find_continuous(struct ts_config *conf, struct ts_state *state,
					const void *data, unsigned int len)
{
	conf->get_next_block = linear_block;
	state->data = (const u8 *)data;
	state->len = len;
	return textsearch_find(conf, state);
}
