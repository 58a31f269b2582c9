/* SPDX-License-Identifier: BSD-2-Clause */
/* Filters inside: programs in the form in which they run. */
#ifndef SOCK_FILTER_H
#define SOCK_FILTER_H

#include <skiff/filter.h>

/* What an instruction does, in the order of the interpreter's table. */
/* clang-format off */
#define FILTER_OPS(X) \
	X(LDW) X(LDH) X(LDB) X(LDW_IND) X(LDH_IND) X(LDB_IND) \
	X(LD_LEN) X(LD_IMM) X(LD_MEM) X(LDX_LEN) X(LDX_IMM) X(LDX_MEM) X(LDX_MSH) \
	X(ST) X(STX) X(TAX) X(TXA) \
	X(ADD_K) X(SUB_K) X(MUL_K) X(DIV_K) X(MOD_K) X(AND_K) X(OR_K) X(XOR_K) X(LSH_K) X(RSH_K) \
	X(ADD_X) X(SUB_X) X(MUL_X) X(DIV_X) X(MOD_X) X(AND_X) X(OR_X) X(XOR_X) X(LSH_X) X(RSH_X) \
	X(NEG) \
	X(JA) X(JEQ_K) X(JGT_K) X(JGE_K) X(JSET_K) X(JEQ_X) X(JGT_X) X(JGE_X) X(JSET_X) \
	X(RET_K) X(RET_A) X(AD) \
	X(LDW_JEQ) X(LDH_JEQ) X(LDB_JEQ)
/* clang-format on */

enum filter_op {
	FILTER_INVALID,
#define __FILTER_OP(name) FILTER_##name,
	FILTER_OPS(__FILTER_OP)
#undef __FILTER_OP
};

/**
 * struct filter_insn - one instruction
 * @op: enum filter_op
 * @jt: instructions to skip when the condition holds
 * @jf: and when it does not
 * @k: constant, offset or SKF_AD_* without SKF_AD_OFF
 */
struct filter_insn {
	u8 op;
	u8 jt;
	u8 jf;
	u32 k;
};

/**
 * struct bpf_prog - a program that was checked
 * @len: instructions
 * @size: bytes of it in all
 * @orig: as the program gave it; behind @insns in the same memory
 * @insns: as it runs
 */
struct bpf_prog {
	unsigned int len;
	unsigned int size;
	struct sock_filter *orig;
	struct filter_insn insns[];
};

/* What an instruction does; FILTER_INVALID for one that there is not. */
enum filter_op filter_decode(const struct sock_filter *f);

/* Whether an absolute load names something beside the packet: SKF_AD_OFF and what follows it. */
static inline bool filter_is_ancillary(const struct sock_filter *f)
{
	return f->k >= (u32)SKF_AD_OFF;
}

/* Loads that are not within the linear data. Return: false when the packet has no such bytes. */
bool filter_load(const struct sk_buff *skb, u32 offset, unsigned int size, u32 *value);

/* What is known beside the packet: SKF_AD_* @what. Return: false when it is not known. */
bool filter_ancillary(const struct sk_buff *skb, u32 what, u32 x, u32 *a);

#endif /* SOCK_FILTER_H */
