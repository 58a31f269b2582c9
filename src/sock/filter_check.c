// SPDX-License-Identifier: BSD-2-Clause
/* Classic BPF: what instructions there are, and which programs may run. */
#include <skiff/slab.h>

#include "sock/filter.h"

#define LD_ABS(size) (BPF_LD | BPF_ABS | (size))
#define LD_IND(size) (BPF_LD | BPF_IND | (size))

/* One arithmetic or jump instruction, with a constant and with X. */
#define BOTH(class, code, name)                         \
	[(class) | (code) | BPF_K] = FILTER_##name##_K, \
			    [(class) | (code) | BPF_X] = FILTER_##name##_X

static const u8 ops[] = {
	[LD_ABS(BPF_W)] = FILTER_LDW,
	[LD_ABS(BPF_H)] = FILTER_LDH,
	[LD_ABS(BPF_B)] = FILTER_LDB,
	[LD_IND(BPF_W)] = FILTER_LDW_IND,
	[LD_IND(BPF_H)] = FILTER_LDH_IND,
	[LD_IND(BPF_B)] = FILTER_LDB_IND,
	[BPF_LD | BPF_W | BPF_LEN] = FILTER_LD_LEN,
	[BPF_LD | BPF_IMM] = FILTER_LD_IMM,
	[BPF_LD | BPF_MEM] = FILTER_LD_MEM,
	[BPF_LDX | BPF_W | BPF_LEN] = FILTER_LDX_LEN,
	[BPF_LDX | BPF_IMM] = FILTER_LDX_IMM,
	[BPF_LDX | BPF_MEM] = FILTER_LDX_MEM,
	[BPF_LDX | BPF_B | BPF_MSH] = FILTER_LDX_MSH,
	[BPF_ST] = FILTER_ST,
	[BPF_STX] = FILTER_STX,
	[BPF_MISC | BPF_TAX] = FILTER_TAX,
	[BPF_MISC | BPF_TXA] = FILTER_TXA,
	BOTH(BPF_ALU, BPF_ADD, ADD),
	BOTH(BPF_ALU, BPF_SUB, SUB),
	BOTH(BPF_ALU, BPF_MUL, MUL),
	BOTH(BPF_ALU, BPF_DIV, DIV),
	BOTH(BPF_ALU, BPF_MOD, MOD),
	BOTH(BPF_ALU, BPF_AND, AND),
	BOTH(BPF_ALU, BPF_OR, OR),
	BOTH(BPF_ALU, BPF_XOR, XOR),
	BOTH(BPF_ALU, BPF_LSH, LSH),
	BOTH(BPF_ALU, BPF_RSH, RSH),
	[BPF_ALU | BPF_NEG] = FILTER_NEG,
	[BPF_JMP | BPF_JA] = FILTER_JA,
	BOTH(BPF_JMP, BPF_JEQ, JEQ),
	BOTH(BPF_JMP, BPF_JGT, JGT),
	BOTH(BPF_JMP, BPF_JGE, JGE),
	BOTH(BPF_JMP, BPF_JSET, JSET),
	[BPF_RET | BPF_K] = FILTER_RET_K,
	[BPF_RET | BPF_A] = FILTER_RET_A,
};

enum filter_op filter_decode(const struct sock_filter *f)
{
	return f->code < ARRAY_SIZE(ops) ? (enum filter_op)ops[f->code] : FILTER_INVALID;
}

static bool ancillary_known(u32 what)
{
	switch (what) {
	case SKF_AD_PROTOCOL:
	case SKF_AD_PKTTYPE:
	case SKF_AD_IFINDEX:
	case SKF_AD_NLATTR:
	case SKF_AD_NLATTR_NEST:
	case SKF_AD_MARK:
	case SKF_AD_QUEUE:
	case SKF_AD_HATYPE:
	case SKF_AD_RXHASH:
	case SKF_AD_CPU:
	case SKF_AD_ALU_XOR_X:
	case SKF_AD_VLAN_TAG:
	case SKF_AD_VLAN_TAG_PRESENT:
	case SKF_AD_PAY_OFFSET:
	case SKF_AD_RANDOM:
	case SKF_AD_VLAN_TPID:
		return true;
	default:
		return false;
	}
}

/* The instruction at @pc of @flen by itself. */
static bool insn_valid(const struct sock_filter *f, unsigned int pc, unsigned int flen)
{
	unsigned int left = flen - pc - 1; /* instructions behind it */

	switch (filter_decode(f)) {
	case FILTER_INVALID:
		return false;
	case FILTER_DIV_K:
	case FILTER_MOD_K:
		return f->k != 0;
	case FILTER_LSH_K:
	case FILTER_RSH_K:
		return f->k < 32;
	case FILTER_LD_MEM:
	case FILTER_LDX_MEM:
	case FILTER_ST:
	case FILTER_STX:
		return f->k < BPF_MEMWORDS;
	case FILTER_LDW:
	case FILTER_LDH:
	case FILTER_LDB:
		return !filter_is_ancillary(f) || ancillary_known(f->k - (u32)SKF_AD_OFF);
	case FILTER_JA:
		return f->k < left;
	default:
		return BPF_CLASS(f->code) != BPF_JMP || (f->jt < left && f->jf < left);
	}
}

/* The bit of the word of memory that an instruction names. */
static unsigned int word(const struct sock_filter *f)
{
	return 1u << f->k % BPF_MEMWORDS;
}

/*
 * Jumps lead forward only, so one pass knows every way to an instruction before it comes to it:
 * written[pc] has a bit for each word of memory that was written on all of them.
 */
static bool memory_written_first(const struct sock_filter *filter, unsigned int flen, u16 *written)
{
	unsigned int pc;
	u16 now = 0;

	BUILD_BUG_ON(BPF_MEMWORDS > 16);
	memset(written, 0xff, flen * sizeof(*written));
	for (pc = 0; pc < flen; pc++) {
		const struct sock_filter *f = &filter[pc];

		now &= written[pc];
		switch (filter_decode(f)) {
		case FILTER_ST:
		case FILTER_STX:
			now = (u16)(now | word(f));
			break;
		case FILTER_LD_MEM:
		case FILTER_LDX_MEM:
			if (!(now & word(f)))
				return false;
			break;
		case FILTER_JA:
			written[pc + 1 + f->k] &= now;
			now = 0xffff;
			break;
		default:
			if (BPF_CLASS(f->code) != BPF_JMP)
				break;
			written[pc + 1 + f->jt] &= now;
			written[pc + 1 + f->jf] &= now;
			now = 0xffff;
			break;
		}
	}
	return true;
}

int bpf_check_classic(const struct sock_filter *filter, unsigned int flen)
{
	unsigned int pc;
	u16 *written;
	bool ok;

	if (!filter || !flen || flen > BPF_MAXINSNS)
		return -EINVAL;
	for (pc = 0; pc < flen; pc++)
		if (!insn_valid(&filter[pc], pc, flen))
			return -EINVAL;
	if (BPF_CLASS(filter[flen - 1].code) != BPF_RET)
		return -EINVAL;
	written = kmalloc(flen * sizeof(*written), GFP_KERNEL);
	if (!written)
		return -ENOMEM;
	ok = memory_written_first(filter, flen, written);
	kfree(written);
	return ok ? 0 : -EINVAL;
}
