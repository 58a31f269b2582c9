/* SPDX-License-Identifier: BSD-2-Clause */
/* Random filter programs that are valid, and packets for them, for the tests of filters. */
#ifndef TESTS_SOCK_FILTER_PROGRAMS_H
#define TESTS_SOCK_FILTER_PROGRAMS_H

#include "skb/shape.h"

#include <skiff/filter.h>

#define PROGRAM_MAX 80

static const u16 random_codes[] = {
	BPF_LD | BPF_W | BPF_ABS,
	BPF_LD | BPF_H | BPF_ABS,
	BPF_LD | BPF_B | BPF_ABS,
	BPF_LD | BPF_W | BPF_IND,
	BPF_LD | BPF_H | BPF_IND,
	BPF_LD | BPF_B | BPF_IND,
	BPF_LD | BPF_W | BPF_LEN,
	BPF_LD | BPF_IMM,
	BPF_LD | BPF_MEM,
	BPF_LDX | BPF_W | BPF_LEN,
	BPF_LDX | BPF_IMM,
	BPF_LDX | BPF_MEM,
	BPF_LDX | BPF_B | BPF_MSH,
	BPF_ST,
	BPF_STX,
	BPF_MISC | BPF_TAX,
	BPF_MISC | BPF_TXA,
	BPF_ALU | BPF_NEG,
	BPF_ALU | BPF_ADD | BPF_K,
	BPF_ALU | BPF_SUB | BPF_K,
	BPF_ALU | BPF_MUL | BPF_K,
	BPF_ALU | BPF_DIV | BPF_K,
	BPF_ALU | BPF_MOD | BPF_K,
	BPF_ALU | BPF_AND | BPF_K,
	BPF_ALU | BPF_OR | BPF_K,
	BPF_ALU | BPF_XOR | BPF_K,
	BPF_ALU | BPF_LSH | BPF_K,
	BPF_ALU | BPF_RSH | BPF_K,
	BPF_ALU | BPF_ADD | BPF_X,
	BPF_ALU | BPF_SUB | BPF_X,
	BPF_ALU | BPF_MUL | BPF_X,
	BPF_ALU | BPF_DIV | BPF_X,
	BPF_ALU | BPF_MOD | BPF_X,
	BPF_ALU | BPF_AND | BPF_X,
	BPF_ALU | BPF_OR | BPF_X,
	BPF_ALU | BPF_XOR | BPF_X,
	BPF_JMP | BPF_JA,
	BPF_JMP | BPF_JEQ | BPF_K,
	BPF_JMP | BPF_JGT | BPF_K,
	BPF_JMP | BPF_JGE | BPF_K,
	BPF_JMP | BPF_JSET | BPF_K,
	BPF_JMP | BPF_JEQ | BPF_X,
	BPF_JMP | BPF_JGT | BPF_X,
	BPF_JMP | BPF_JGE | BPF_X,
	BPF_JMP | BPF_JSET | BPF_X,
	BPF_RET | BPF_K,
	BPF_RET | BPF_A,
	/* From here on machines differ for large X. */
	BPF_ALU | BPF_LSH | BPF_X,
	BPF_ALU | BPF_RSH | BPF_X,
};

/* A constant: small ones, ones around the length of packets, any, but none of SKF_*. */
static inline u32 random_k(void)
{
	switch (below(4)) {
	case 0:
		return below(20);
	case 1:
		return below(200);
	case 2:
		return 0x80000000u - below(3);
	default:
		return shape_random() >> 1;
	}
}

/* One instruction with @left behind it. @all: those that not all machines agree on as well. */
static inline struct sock_filter random_insn(unsigned int left, bool all)
{
	struct sock_filter f = {
		.code = random_codes[below(ARRAY_SIZE(random_codes) - (all ? 0 : 2))],
		.k = random_k()
	};

	if (BPF_CLASS(f.code) == BPF_LD && BPF_MODE(f.code) <= BPF_IND)
		f.k &= 0x7fffffff;
	if (BPF_CLASS(f.code) == BPF_LD && BPF_MODE(f.code) != BPF_IMM && below(4))
		f.k = below(120);
	if (f.code == (BPF_LDX | BPF_B | BPF_MSH))
		f.k = below(120);
	if (BPF_CLASS(f.code) == BPF_ST || BPF_CLASS(f.code) == BPF_STX ||
	    f.code == (BPF_LD | BPF_MEM) || f.code == (BPF_LDX | BPF_MEM))
		f.k = below(BPF_MEMWORDS);
	if (BPF_CLASS(f.code) == BPF_ALU && BPF_SRC(f.code) == BPF_K) {
		f.k += !f.k;
		if (BPF_OP(f.code) == BPF_LSH || BPF_OP(f.code) == BPF_RSH)
			f.k %= 32;
	}
	if (BPF_CLASS(f.code) == BPF_JMP) {
		f.jt = (u8)below(min(left, 6u));
		f.jf = (u8)below(min(left, 6u));
		if (BPF_OP(f.code) == BPF_JA)
			f.k = below(min(left, 6u));
	}
	return f;
}

/*
 * A valid program. All memory is written first, so that it may be read anywhere. Without @all, X is
 * small where it is an offset, for machines differ in what they do when that wraps. Return: length.
 */
static inline unsigned int random_program(struct sock_filter *p, bool all)
{
	unsigned int n = 0, len = BPF_MEMWORDS + 3 + below(PROGRAM_MAX - BPF_MEMWORDS - 3);

	for (n = 0; n < BPF_MEMWORDS; n++)
		p[n] = (struct sock_filter)BPF_STMT(BPF_ST, n);
	while (n < len - 1) {
		p[n] = random_insn(len - 1 - n, all);
		if (!all && BPF_CLASS(p[n].code) == BPF_LD && BPF_MODE(p[n].code) == BPF_IND)
			p[n].code = (u16)((p[n].code & ~0xe0) | BPF_ABS);
		n++;
	}
	p[n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	return len;
}

static inline u32 run_program(const struct sock_filter *p, unsigned int len,
			      const struct sk_buff *skb)
{
	const struct sock_fprog fprog = { .len = (unsigned short)len,
					  .filter = (struct sock_filter *)(uintptr_t)p };
	struct bpf_prog *prog;
	u32 ret;

	assert_int_equal(bpf_prog_create(&prog, &fprog), 0);
	ret = bpf_prog_run(prog, skb);
	bpf_prog_destroy(prog);
	return ret;
}

#endif /* TESTS_SOCK_FILTER_PROGRAMS_H */
