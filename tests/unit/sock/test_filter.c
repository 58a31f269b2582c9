// SPDX-License-Identifier: BSD-2-Clause
/* Classic BPF against a naive twin: what programs are valid, what they compute, what they read. */
#include <linux/netlink.h>

#include <skiff/netdevice.h>
#include <skiff/sock.h>

#include "filter_programs.h"

/* The machine as its definition says, on flat bytes; SKF_* offsets are not asked of it. */
static bool twin_load(const u8 *pkt, unsigned int len, u32 off, unsigned int size, u32 *v)
{
	if ((s32)off < 0 || (u64)off + size > len)
		return false;
	for (*v = 0; size--; off++)
		*v = *v << 8 | pkt[off];
	return true;
}

static unsigned int twin_size(u16 code)
{
	return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

static bool twin_alu(u16 op, u32 *a, u32 b)
{
	switch (op) {
	case BPF_ADD:
		*a += b;
		return true;
	case BPF_SUB:
		*a -= b;
		return true;
	case BPF_MUL:
		*a *= b;
		return true;
	case BPF_DIV:
	case BPF_MOD:
		if (b)
			*a = op == BPF_DIV ? *a / b : *a % b;
		return b;
	case BPF_AND:
		*a &= b;
		return true;
	case BPF_OR:
		*a |= b;
		return true;
	case BPF_XOR:
		*a ^= b;
		return true;
	case BPF_LSH:
		*a <<= b % 32;
		return true;
	case BPF_RSH:
		*a >>= b % 32;
		return true;
	default:
		*a = -*a;
		return true;
	}
}

static bool twin_jump(u16 op, u32 a, u32 b)
{
	return op == BPF_JEQ ? a == b : op == BPF_JGT ? a > b : op == BPF_JGE ? a >= b : (a & b);
}

static u32 twin_run(const struct sock_filter *f, const u8 *pkt, unsigned int len)
{
	u32 a = 0, x = 0, mem[BPF_MEMWORDS] = { 0 };

	for (;; f++) {
		u32 src = BPF_SRC(f->code) == BPF_X ? x : f->k, *to = &a;

		switch (BPF_CLASS(f->code)) {
		case BPF_LDX:
			to = &x;
			/* fall through */
		case BPF_LD:
			if (BPF_MODE(f->code) == BPF_IMM)
				*to = f->k;
			else if (BPF_MODE(f->code) == BPF_MEM)
				*to = mem[f->k];
			else if (BPF_MODE(f->code) == BPF_LEN)
				*to = len;
			else if (!twin_load(pkt, len,
					    BPF_MODE(f->code) == BPF_IND ? x + f->k : f->k,
					    twin_size(f->code), to))
				return 0;
			if (BPF_MODE(f->code) == BPF_MSH)
				x = (x & 15) * 4;
			break;
		case BPF_ST:
			mem[f->k] = a;
			break;
		case BPF_STX:
			mem[f->k] = x;
			break;
		case BPF_ALU:
			if (!twin_alu(BPF_OP(f->code), &a, src))
				return 0;
			break;
		case BPF_JMP:
			if (BPF_OP(f->code) == BPF_JA)
				f += f->k;
			else
				f += twin_jump(BPF_OP(f->code), a, src) ? f->jt : f->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(f->code) == BPF_A ? a : f->k;
		default:
			if (BPF_MISCOP(f->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		}
	}
}

static void test_runs_as_twin(void **state)
{
	struct sock_filter p[PROGRAM_MAX];
	unsigned int different = 0;

	for (int n = 0; n < 3000; n++) {
		struct sk_buff *skb = shape_packet(below(150), below(3) ? SHAPE_ALL : 0);
		unsigned char *flat = flatten(skb);
		unsigned int len = random_program(p, true);
		u32 want = twin_run(p, flat, skb->len);

		assert_int_equal(run_program(p, len, skb), want);
		different += want != 0;
		free(flat);
		kfree_skb(skb);
	}
	/* They are not all cut short. */
	assert_true(different > 500);
}

/* Arithmetic and comparisons at the edges of 32 bits, with constants and with X. */
static void test_each_operation(void **state)
{
	static const u32 values[] = { 0, 1, 2, 31, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
	struct sk_buff *skb = shape_packet(20, 0);

	for (size_t i = 0; i < ARRAY_SIZE(random_codes) * 64; i++) {
		u16 code = random_codes[i / 64];
		u32 a = values[i / 8 % 8], b = values[i % 8];
		const struct sock_filter p[] = {
			BPF_STMT(BPF_LDX | BPF_IMM, b),
			BPF_STMT(BPF_LD | BPF_IMM, a),
			{ code, 1, 2, b },
			BPF_STMT(BPF_RET | BPF_A, 0),
			BPF_STMT(BPF_RET | BPF_K, 1111),
			BPF_STMT(BPF_RET | BPF_K, 2222),
		};

		if ((BPF_CLASS(code) == BPF_ALU || BPF_CLASS(code) == BPF_JMP) &&
		    !bpf_check_classic(p, ARRAY_SIZE(p)))
			assert_int_equal(run_program(p, ARRAY_SIZE(p), skb),
					 twin_run(p, skb->data, skb->len));
	}
	kfree_skb(skb);
}

/* Valid by walking every way: for short programs. @mem: words written so far. */
static bool twin_valid_from(const struct sock_filter *f, unsigned int pc, unsigned int len, u32 mem)
{
	for (; pc < len; pc++) {
		const struct sock_filter *at = &f[pc];

		if (BPF_CLASS(at->code) == BPF_RET)
			return true;
		if ((at->code == (BPF_LD | BPF_MEM) || at->code == (BPF_LDX | BPF_MEM)) &&
		    !(mem & 1u << at->k))
			return false;
		if (BPF_CLASS(at->code) == BPF_ST || BPF_CLASS(at->code) == BPF_STX)
			mem |= 1u << at->k;
		if (BPF_CLASS(at->code) != BPF_JMP)
			continue;
		if (BPF_OP(at->code) == BPF_JA)
			return twin_valid_from(f, pc + 1 + at->k, len, mem);
		return twin_valid_from(f, pc + 1 + at->jt, len, mem) &&
		       twin_valid_from(f, pc + 1 + at->jf, len, mem);
	}
	return false;
}

/* Every instruction can be reached, so that the twin sees them all: what is behind a RET is not. */
static void test_memory_is_written(void **state)
{
	struct sock_filter p[14];
	unsigned int valid = 0, invalid = 0;

	for (int n = 0; n < 20000; n++) {
		unsigned int len = 2 + below(ARRAY_SIZE(p) - 1), i;
		int err;

		for (i = 0; i < len - 1; i++) {
			do {
				p[i] = random_insn(len - 1 - i, true);
			} while (BPF_CLASS(p[i].code) == BPF_RET ||
				 p[i].code == (BPF_JMP | BPF_JA));
			if (BPF_CLASS(p[i].code) == BPF_JMP)
				p[i].jt = 0;
			p[i].k = BPF_CLASS(p[i].code) < BPF_ALU && p[i].k < BPF_MEMWORDS ?
					 p[i].k % 3 :
					 p[i].k;
		}
		p[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
		err = bpf_check_classic(p, len);
		assert_int_equal(err, twin_valid_from(p, 0, len, 0) ? 0 : -EINVAL);
		valid += !err;
		invalid += !!err;
	}
	assert_true(valid > 1000 && invalid > 1000);
}

static int check_one(u16 code, u8 jt, u8 jf, u32 k)
{
	const struct sock_filter p[] = {
		{ code, jt, jf, k },
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return bpf_check_classic(p, 3);
}

static void test_refused(void **state)
{
	static struct sock_filter many[BPF_MAXINSNS + 1];
	const struct sock_filter no_ret[] = { BPF_STMT(BPF_LD | BPF_IMM, 1) };
	unsigned int known = 0;

	assert_int_equal(bpf_check_classic(NULL, 1), -EINVAL);
	assert_int_equal(bpf_check_classic(no_ret, 0), -EINVAL);
	assert_int_equal(bpf_check_classic(no_ret, 1), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	assert_int_equal(bpf_check_classic(many, BPF_MAXINSNS), 0);
	assert_int_equal(bpf_check_classic(many, BPF_MAXINSNS + 1), -EINVAL);
	for (unsigned int code = 0; code <= 0xffff; code++)
		known += !check_one((u16)code, 0, 0, 1) || (code & 0xffff) == (BPF_LD | BPF_MEM) ||
			 (code & 0xffff) == (BPF_LDX | BPF_MEM);
	/* As many as Linux has. */
	assert_int_equal(known, 49);
	assert_int_equal(check_one(BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0), -EINVAL);
	assert_int_equal(check_one(BPF_ALU | BPF_MOD | BPF_K, 0, 0, 0), -EINVAL);
	assert_int_equal(check_one(BPF_ALU | BPF_LSH | BPF_K, 0, 0, 31), 0);
	assert_int_equal(check_one(BPF_ALU | BPF_LSH | BPF_K, 0, 0, 32), -EINVAL);
	assert_int_equal(check_one(BPF_ALU | BPF_RSH | BPF_K, 0, 0, 32), -EINVAL);
	assert_int_equal(check_one(BPF_ST, 0, 0, BPF_MEMWORDS - 1), 0);
	assert_int_equal(check_one(BPF_ST, 0, 0, BPF_MEMWORDS), -EINVAL);
	assert_int_equal(check_one(BPF_STX, 0, 0, UINT32_MAX), -EINVAL);
	assert_int_equal(check_one(BPF_JMP | BPF_JA, 0, 0, 1), 0);
	assert_int_equal(check_one(BPF_JMP | BPF_JA, 0, 0, 2), -EINVAL);
	assert_int_equal(check_one(BPF_JMP | BPF_JA, 0, 0, UINT32_MAX), -EINVAL);
	assert_int_equal(check_one(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0), 0);
	assert_int_equal(check_one(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 0), -EINVAL);
	assert_int_equal(check_one(BPF_JMP | BPF_JEQ | BPF_X, 0, 2, 0), -EINVAL);
	assert_int_equal(check_one(BPF_LD | BPF_W | BPF_ABS, 0, 0, (u32)SKF_AD_OFF), 0);
	assert_int_equal(check_one(BPF_LD | BPF_B | BPF_ABS, 0, 0, (u32)SKF_AD_OFF + SKF_AD_MAX),
			 -EINVAL);
	assert_int_equal(check_one(BPF_LD | BPF_W | BPF_ABS, 0, 0, (u32)SKF_AD_OFF + 1), -EINVAL);
	assert_int_equal(check_one(BPF_LD | BPF_W | BPF_IND, 0, 0, (u32)SKF_AD_OFF + 1), 0);
}

/* Load from @k after A and X were set. */
static u32 load(const struct sk_buff *skb, u16 size, u32 a, u32 x, u32 k)
{
	const struct sock_filter p[] = {
		BPF_STMT(BPF_LDX | BPF_IMM, x),
		BPF_STMT(BPF_LD | BPF_IMM, a),
		BPF_STMT((u16)(BPF_LD | BPF_ABS | size), k),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};

	return run_program(p, 4, skb);
}

static u32 known(const struct sk_buff *skb, u32 what)
{
	return load(skb, BPF_W, 0, 0, (u32)SKF_AD_OFF + what);
}

static void test_beside_the_packet(void **state)
{
	static struct net_device dev = { .ifindex = 17, .type = ARPHRD_LOOPBACK };
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	skb_put_zero(skb, 60);
	assert_int_equal(known(skb, SKF_AD_IFINDEX), 0);
	skb->dev = &dev;
	skb->protocol = htons(ETH_P_ARP);
	skb->pkt_type = PACKET_OTHERHOST;
	skb->mark = 0xcafe0001;
	skb->queue_mapping = 5;
	skb->hash = 0x12345678;
	skb->vlan_present = 1;
	skb->vlan_tci = 0x2003;
	skb->vlan_proto = htons(ETH_P_8021AD);
	assert_int_equal(known(skb, SKF_AD_PROTOCOL), ETH_P_ARP);
	assert_int_equal(known(skb, SKF_AD_PKTTYPE), PACKET_OTHERHOST);
	assert_int_equal(known(skb, SKF_AD_IFINDEX), 17);
	assert_int_equal(known(skb, SKF_AD_HATYPE), ARPHRD_LOOPBACK);
	assert_int_equal(known(skb, SKF_AD_MARK), 0xcafe0001);
	assert_int_equal(known(skb, SKF_AD_QUEUE), 5);
	assert_int_equal(known(skb, SKF_AD_RXHASH), 0x12345678);
	assert_int_equal(known(skb, SKF_AD_CPU), 0);
	assert_int_equal(known(skb, SKF_AD_VLAN_TAG), 0x2003);
	assert_int_equal(known(skb, SKF_AD_VLAN_TAG_PRESENT), 1);
	assert_int_equal(known(skb, SKF_AD_VLAN_TPID), ETH_P_8021AD);
	assert_int_equal(known(skb, SKF_AD_PAY_OFFSET), 0);
	assert_int_equal(load(skb, BPF_W, 0xff, 0x0f, (u32)SKF_AD_OFF + SKF_AD_ALU_XOR_X), 0xf0);
	assert_int_not_equal(known(skb, SKF_AD_RANDOM), known(skb, SKF_AD_RANDOM));
	skb->dev = NULL;
	kfree_skb(skb);
}

static void test_headers_in_front(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	for (u8 i = 0; i < 40; i++)
		skb_put_u8(skb, i);
	/* before they are known */
	assert_int_equal(load(skb, BPF_B, 0, 0, (u32)SKF_LL_OFF), 0);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, 14);
	skb_pull(skb, 20);
	assert_int_equal(load(skb, BPF_B, 0, 0, (u32)SKF_LL_OFF + 3), 3);
	assert_int_equal(load(skb, BPF_H, 0, 0, (u32)SKF_NET_OFF + 1), 0x0f10);
	assert_int_equal(load(skb, BPF_W, 0, 0, (u32)SKF_NET_OFF + 22), 0x24252627);
	assert_int_equal(load(skb, BPF_W, 0, 0, (u32)SKF_NET_OFF + 23), 0);
	assert_int_equal(load(skb, BPF_W, 0, 0, (u32)SKF_LL_OFF - 1), 0);
	assert_int_equal(load(skb, BPF_W, 0, 0, INT32_MAX), 0);
	assert_int_equal(load(skb, BPF_W, 0, 0, (u32)INT32_MIN), 0);
	kfree_skb(skb);
}

static void test_attributes(void **state)
{
	/* Type 1 of 4 bytes, type 2 with types 7 and 8 of 0 and 2 bytes inside. */
	static const u16 attrs[] = { 8, 1, 0xffff, 0xffff, 14, 2, 4, 7, 6, 8, 0x1234 };
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);
	const u32 flat = (u32)SKF_AD_OFF + SKF_AD_NLATTR, nest = flat + 4;

	skb_put_data(skb, attrs, sizeof(attrs));
	assert_int_equal(load(skb, BPF_W, 0, 2, flat), 8);
	assert_int_equal(load(skb, BPF_W, 0, 3, flat), 0);
	assert_int_equal(load(skb, BPF_W, 8, 2, flat), 8);
	assert_int_equal(load(skb, BPF_W, 8, 1, flat), 0);
	assert_int_equal(load(skb, BPF_W, 8, 8, nest), 16);
	assert_int_equal(load(skb, BPF_W, 8, 7, nest), 12);
	assert_int_equal(load(skb, BPF_W, 0, 7, nest), 0);
	assert_int_equal(load(skb, BPF_W, 19, 0, flat), 0);
	assert_int_equal(load(skb, BPF_W, UINT32_MAX, 1, flat), 0);
	((u16 *)(void *)skb->data)[4] = 15;
	assert_int_equal(load(skb, BPF_W, 0, 2, flat), 0);
	assert_int_equal(load(skb, BPF_W, 8, 8, nest), 0);
	((u16 *)(void *)skb->data)[4] = 3;
	assert_int_equal(load(skb, BPF_W, 8, 8, nest), 0);
	kfree_skb(skb);
}

static struct proto test_proto = { .name = "test" };

static struct sock *new_sock(void)
{
	struct sock *sk = sk_alloc(NULL, AF_PACKET, GFP_KERNEL, &test_proto, 0);

	assert_non_null(sk);
	sock_init_data(NULL, sk);
	return sk;
}

static int attach(struct sock *sk, struct sock_filter *f, unsigned int len)
{
	return sk_attach_filter(&(struct sock_fprog){ .len = (unsigned short)len, .filter = f },
				sk);
}

static struct sk_buff *packet(unsigned int len)
{
	struct sk_buff *skb = alloc_skb(len, GFP_KERNEL);

	assert_non_null(skb);
	skb_put_zero(skb, len);
	return skb;
}

static void test_judges_packets(void **state)
{
	struct sock_filter keep[] = { BPF_STMT(BPF_RET | BPF_K, 30) };
	struct sock_filter none[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	enum skb_drop_reason reason;
	struct sock *sk = new_sock();
	struct sk_buff *skb = packet(100);

	assert_int_equal(attach(sk, keep, 1), 0);
	assert_true(atomic_read(&sk->sk_omem_alloc) > 0);
	assert_int_equal(sk_filter_trim_cap(sk, skb, 50), 0);
	assert_int_equal(skb->len, 50);
	assert_int_equal(sock_queue_rcv_skb_reason(sk, skb, &reason), 0);
	assert_int_equal(skb->len, 30);
	assert_int_equal(attach(sk, none, 1), 0);
	skb = packet(100);
	assert_int_equal(sock_queue_rcv_skb_reason(sk, skb, &reason), -EPERM);
	assert_int_equal(reason, SKB_DROP_REASON_SOCKET_FILTER);
	assert_int_equal(atomic_read(&sk->sk_drops), 0);
	kfree_skb(skb);
	sock_put(sk); /* with the filter */
}

static void test_limit(void **state)
{
	static struct sock_filter many[BPF_MAXINSNS];
	const int others = sock_limits(NULL)->optmem_max - 16384;
	struct sk_filter *fp;
	struct sock *sk = new_sock(), *heir = new_sock();

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 1);
	assert_int_equal(attach(sk, many, 0), -EINVAL);
	/* Other options have most of what there is. */
	atomic_add(others, &sk->sk_omem_alloc);
	assert_int_equal(attach(sk, many, BPF_MAXINSNS), -ENOMEM);
	assert_int_equal(atomic_read(&sk->sk_omem_alloc), others);
	assert_int_equal(attach(sk, many, 100), 0);
	assert_int_equal(attach(sk, many, BPF_MAXINSNS), -ENOMEM);
	atomic_sub(others, &sk->sk_omem_alloc);
	assert_int_equal(sk_get_filter(sk, NULL, 0), 100);
	/* as a connection that was accepted inherits it */
	fp = sk->sk_filter;
	assert_true(sk_filter_charge(heir, fp));
	heir->sk_filter = fp;
	sock_put(sk);
	assert_int_equal(sk_detach_filter(heir), 0);
	assert_int_equal(atomic_read(&heir->sk_omem_alloc), 0);
	sock_put(heir);
}

static void test_no_memory(void **state)
{
	struct sock_filter keep[] = { BPF_STMT(BPF_RET | BPF_K, 30) };
	struct sock *sk;

	faults_or_skip();
	sk = new_sock();
	for (long n = 1; n <= 3; n++) {
		fault_arm(n);
		assert_int_equal(attach(sk, keep, 1), -ENOMEM);
		assert_true(fault_disarm(n));
		assert_null(sk->sk_filter);
	}
	fault_arm(4);
	assert_int_equal(attach(sk, keep, 1), 0);
	assert_false(fault_disarm(4));
	sock_put(sk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_runs_as_twin),
		SHAPE_TEST(test_each_operation),
		SHAPE_TEST(test_memory_is_written),
		SHAPE_TEST(test_refused),
		SHAPE_TEST(test_beside_the_packet),
		SHAPE_TEST(test_headers_in_front),
		SHAPE_TEST(test_attributes),
		SHAPE_TEST(test_judges_packets),
		SHAPE_TEST(test_limit),
		SHAPE_TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
