// SPDX-License-Identifier: BSD-2-Clause
/* Classic BPF: programs are decoded once and interpreted for each packet. */
#include <skiff/slab.h>
#include <skiff/unaligned.h>

#include "sock/filter.h"

/*
 * The program's codes are looked up when it is made: an instruction is a small number, jumps have
 * both distances, and loads of what is beside the packet are instructions of their own. Nothing
 * is checked here that bpf_check_classic() has checked. Each instruction jumps to the code of the
 * next one by itself, which processors predict better than a single jump of a switch.
 */

static void decode(struct filter_insn *to, const struct sock_filter *f)
{
	enum filter_op op = filter_decode(f);

	*to = (struct filter_insn){ .op = (u8)op, .jt = f->jt, .jf = f->jf, .k = f->k };
	if ((op == FILTER_LDW || op == FILTER_LDH || op == FILTER_LDB) && filter_is_ancillary(f)) {
		to->k = f->k - (u32)SKF_AD_OFF;
		to->op = to->k == SKF_AD_ALU_XOR_X ? FILTER_XOR_X : FILTER_AD;
	}
}

int bpf_prog_create(struct bpf_prog **pfp, const struct sock_fprog *fprog)
{
	unsigned int i, len = fprog->len;
	struct bpf_prog *fp;
	size_t size;
	int err;

	err = bpf_check_classic(fprog->filter, len);
	if (err)
		return err;
	size = sizeof(*fp) + len * (sizeof(fp->insns[0]) + sizeof(fp->orig[0]));
	fp = kmalloc(size, GFP_KERNEL);
	if (!fp)
		return -ENOMEM;
	fp->len = len;
	fp->size = (unsigned int)size;
	fp->orig = (struct sock_filter *)(void *)&fp->insns[len];
	memcpy(fp->orig, fprog->filter, len * sizeof(fp->orig[0]));
	for (i = 0; i < len; i++)
		decode(&fp->insns[i], &fp->orig[i]);
	*pfp = fp;
	return 0;
}

void bpf_prog_destroy(struct bpf_prog *fp)
{
	kfree(fp);
}

/* The next instruction, @skip further on. */
#define NEXT_AFTER(skip)                                \
	do {                                            \
		pc += (unsigned int)(skip) + 1;         \
		__extension__({ goto *code[pc->op]; }); \
	} while (0)
#define NEXT NEXT_AFTER(0)

#define LOAD(offset, size, get)                                       \
	do {                                                          \
		u32 __off = (offset);                                 \
		if (likely(hlen >= (size) && __off <= hlen - (size))) \
			A = (get);                                    \
		else if (!filter_load(skb, __off, (size), &A))        \
			return 0;                                     \
		NEXT;                                                 \
	} while (0)

#define ALU(name, statement_k, statement_x) \
	name##_K : statement_k;             \
	NEXT;                               \
	name##_X : statement_x;             \
	NEXT

#define JUMP_IF(name, condition_k, condition_x)                 \
	name##_K : NEXT_AFTER((condition_k) ? pc->jt : pc->jf); \
	name##_X : NEXT_AFTER((condition_x) ? pc->jt : pc->jf)

u32 bpf_prog_run(const struct bpf_prog *prog, const struct sk_buff *skb)
{
#define __FILTER_LABEL(name) [FILTER_##name] = __extension__ && name,
	static const void *const code[] = { FILTER_OPS(__FILTER_LABEL) };
#undef __FILTER_LABEL
	const struct filter_insn *pc = prog->insns;
	const unsigned int hlen = skb_headlen(skb);
	const unsigned char *data = skb->data;
	u32 A = 0, X = 0, M[BPF_MEMWORDS];

	__extension__({ goto *code[pc->op]; });

LDW:
	LOAD(pc->k, 4u, get_unaligned_be32(data + __off));
LDH:
	LOAD(pc->k, 2u, get_unaligned_be16(data + __off));
LDB:
	LOAD(pc->k, 1u, data[__off]);
LDW_IND:
	LOAD(X + pc->k, 4u, get_unaligned_be32(data + __off));
LDH_IND:
	LOAD(X + pc->k, 2u, get_unaligned_be16(data + __off));
LDB_IND:
	LOAD(X + pc->k, 1u, data[__off]);
LD_LEN:
	A = skb->len;
	NEXT;
LD_IMM:
	A = pc->k;
	NEXT;
LD_MEM:
	A = M[pc->k];
	NEXT;
LDX_LEN:
	X = skb->len;
	NEXT;
LDX_IMM:
	X = pc->k;
	NEXT;
LDX_MEM:
	X = M[pc->k];
	NEXT;
LDX_MSH:
	/* The length of the IPv4 header whose first byte is at k. */
	if (likely(pc->k < hlen))
		X = data[pc->k];
	else if (!filter_load(skb, pc->k, 1, &X))
		return 0;
	X = (X & 0xf) << 2;
	NEXT;
ST:
	M[pc->k] = A;
	NEXT;
STX:
	M[pc->k] = X;
	NEXT;
TAX:
	X = A;
	NEXT;
TXA:
	A = X;
	NEXT;

	ALU(ADD, A += pc->k, A += X);
	ALU(SUB, A -= pc->k, A -= X);
	ALU(MUL, A *= pc->k, A *= X);
	ALU(AND, A &= pc->k, A &= X);
	ALU(OR, A |= pc->k, A |= X);
	ALU(XOR, A ^= pc->k, A ^= X);
	/* As Linux's machine does: the lower five bits of X. */
	ALU(LSH, A <<= pc->k, A <<= X & 31);
	ALU(RSH, A >>= pc->k, A >>= X & 31);
DIV_K:
	A /= pc->k;
	NEXT;
DIV_X:
	if (!X)
		return 0;
	A /= X;
	NEXT;
MOD_K:
	A %= pc->k;
	NEXT;
MOD_X:
	if (!X)
		return 0;
	A %= X;
	NEXT;
NEG:
	A = -A;
	NEXT;

JA:
	NEXT_AFTER(pc->k);
	JUMP_IF(JEQ, A == pc->k, A == X);
	JUMP_IF(JGT, A > pc->k, A > X);
	JUMP_IF(JGE, A >= pc->k, A >= X);
	JUMP_IF(JSET, A & pc->k, A & X);

AD:
	if (!filter_ancillary(skb, pc->k, X, &A))
		return 0;
	NEXT;
RET_K:
	return pc->k;
RET_A:
	return A;
}
