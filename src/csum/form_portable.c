// SPDX-License-Identifier: BSD-2-Clause
/* Checksums of long blocks in plain C, in 64-bit words. */
#include "csum/csum.h"

#include "csum/words.h"

static bool portable_usable(void)
{
	return true;
}

static __wsum portable_sum(const void *buff, size_t len, __wsum sum)
{
	struct csum_wide wide = { (__force u32)sum, 0 };
	const u8 *p = (const u8 *)buff;

	for (; len >= 32; len -= 32, p += 32) {
		csum_wide_add(&wide, csum_load64(p));
		csum_wide_add(&wide, csum_load64(p + 8));
		csum_wide_add(&wide, csum_load64(p + 16));
		csum_wide_add(&wide, csum_load64(p + 24));
	}
	return csum_finish(csum_words(p, len, csum_add64(wide.low, wide.carries)));
}

static __wsum portable_copy(void *dst, const void *src, size_t len, __wsum sum)
{
	struct csum_wide wide = { (__force u32)sum, 0 };
	const u8 *p = (const u8 *)src;
	u8 *to = (u8 *)dst;

	for (; len >= 32; len -= 32, p += 32, to += 32) {
		u64 words[4];

		memcpy(words, p, sizeof(words));
		memcpy(to, words, sizeof(words));
		csum_wide_add(&wide, words[0]);
		csum_wide_add(&wide, words[1]);
		csum_wide_add(&wide, words[2]);
		csum_wide_add(&wide, words[3]);
	}
	return csum_finish(csum_copy_words(to, p, len, csum_add64(wide.low, wide.carries)));
}

const struct csum_form csum_form_portable = {
	.name = "portable",
	.usable = portable_usable,
	.sum = portable_sum,
	.copy = portable_copy,
};
