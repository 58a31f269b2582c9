/* SPDX-License-Identifier: BSD-2-Clause */
/* MD5, RFC 1321: for TCP signatures, which nothing else can be used for. */
#ifndef SKIFF_TCP_MD5_DIGEST_H
#define SKIFF_TCP_MD5_DIGEST_H

#include <skiff/types.h>

#define MD5_DIGEST_SIZE 16
#define MD5_BLOCK_SIZE 64

/**
 * struct md5_state - a digest that is being computed
 * @h: the four words
 * @bytes: how many have gone in
 * @block: those of them that make no whole block yet
 */
struct md5_state {
	u32 h[4];
	u64 bytes;
	u8 block[MD5_BLOCK_SIZE];
};

void md5_init(struct md5_state *s);
void md5_update(struct md5_state *s, const void *data, size_t len);
void md5_final(struct md5_state *s, u8 out[MD5_DIGEST_SIZE]);

#endif /* SKIFF_TCP_MD5_DIGEST_H */
