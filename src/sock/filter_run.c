// SPDX-License-Identifier: BSD-2-Clause
/* Classic BPF: programs are decoded once and interpreted for each packet. */
#include <skiff/slab.h>
#include <skiff/unaligned.h>

#include "sock/filter.h"

/*
 * The program's codes are looked up when it is made: an instruction is a small number, jumps have
 * both distances, and loads of what is beside the packet are instructions of their own. Nothing
 * is checked here that bpf_check_classic() has checked. Each instruction jumps to the code of the
 * next one by itself, which processors predict better than a single jump of a switch. The most
 * common pair, a load whose result is compared with a constant, takes one such jump instead of two:
 * the load's code goes on with that of the comparison, which stays where it is for who jumps to it.
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

static void join_with_next(struct filter_insn *insn)
{
	if (insn[1].op != FILTER_JEQ_K)
		return;
	if (insn->op == FILTER_LDW)
		insn->op = FILTER_LDW_JEQ;
	else if (insn->op == FILTER_LDH)
		insn->op = FILTER_LDH_JEQ;
	else if (insn->op == FILTER_LDB)
		insn->op = FILTER_LDB_JEQ;
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
	for (i = 0; i + 1 < len; i++)
		join_with_next(&fp->insns[i]);
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

/* Loads of so many bytes that begin in front of this lie within the linear data. */
#define ENDS(size) (hlen >= (size) ? hlen - (size) + 1 : 0)

#define LOAD(offset, size, get)                              \
	do {                                                 \
		u32 __off = (offset);                        \
		if (likely(__off < end##size))               \
			A = (get);                           \
		else if (!filter_load(skb, __off, size, &A)) \
			return 0;                            \
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
	const unsigned int end4 = ENDS(4), end2 = ENDS(2), end1 = hlen;
	const unsigned char *data = skb->data;
	u32 A = 0, X = 0, M[BPF_MEMWORDS];

	__extension__({ goto *code[pc->op]; });

LDW:
	LOAD(pc->k, 4, get_unaligned_be32(data + __off));
	NEXT;
LDH:
	LOAD(pc->k, 2, get_unaligned_be16(data + __off));
	NEXT;
LDB:
	LOAD(pc->k, 1, data[__off]);
	NEXT;
LDW_JEQ:
	LOAD(pc->k, 4, get_unaligned_be32(data + __off));
	pc++;
	goto JEQ_K;
LDH_JEQ:
	LOAD(pc->k, 2, get_unaligned_be16(data + __off));
	pc++;
	goto JEQ_K;
LDB_JEQ:
	LOAD(pc->k, 1, data[__off]);
	pc++;
	goto JEQ_K;
LDW_IND:
	LOAD(X + pc->k, 4, get_unaligned_be32(data + __off));
	NEXT;
LDH_IND:
	LOAD(X + pc->k, 2, get_unaligned_be16(data + __off));
	NEXT;
LDB_IND:
	LOAD(X + pc->k, 1, data[__off]);
	NEXT;
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
	if (likely(pc->k < end1))
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
