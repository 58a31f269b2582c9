// SPDX-License-Identifier: BSD-2-Clause
/* The filter, run by a small interpreter: every call, and the arguments that decide. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>

#include <skiff/kernel.h>

#include "program/filter.h"

#define NOSYS (SECCOMP_RET_ERRNO | ENOSYS)
#define ALLOW SECCOMP_RET_ALLOW
#define NOTIFY SECCOMP_RET_USER_NOTIF

/* Numbers beyond any call of either architecture. */
#define NR_MAX 1024

/* Most instructions of a call that passes or is passed on whatever its arguments are. */
#define STEPS_MAX 10

static struct sock_filter filter[FILTER_MAX];
static int filter_len;
static u32 arch;

/* How many instructions the last run took. */
static int steps;

static u32 word(const struct seccomp_data *data, u32 offset)
{
	u32 value;

	assert_true(offset % 4 == 0 && offset + 4 <= sizeof(*data));
	memcpy(&value, (const char *)data + offset, 4);
	return value;
}

static bool holds(u16 code, u32 a, u32 k)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGT:
		return a > k;
	case BPF_JGE:
		return a >= k;
	case BPF_JSET:
		return (a & k) != 0;
	}
	fail_msg("comparison %#x", code);
	return false;
}

static u32 run(const struct seccomp_data *data)
{
	u32 a = 0;

	steps = 0;
	for (int pc = 0; pc < filter_len; pc++) {
		const struct sock_filter *i = &filter[pc];

		steps++;
		if (i->code == (BPF_LD | BPF_W | BPF_ABS))
			a = word(data, i->k);
		else if (i->code == (BPF_RET | BPF_K))
			return i->k;
		else if (BPF_CLASS(i->code) == BPF_JMP)
			pc += holds(i->code, a, i->k) ? i->jt : i->jf;
		else
			fail_msg("instruction %d: code %#x", pc, i->code);
	}
	fail_msg("the filter ends without an answer");
	return 0;
}

/* What the filter says of call @nr; @args: six of them, or NULL for zeroes. */
static u32 answer(u32 nr, const u64 *args)
{
	struct seccomp_data data = { .nr = (int)nr, .arch = arch };
	u32 half[12];

	/* As on the architectures in question, the low half first, whatever runs this test. */
	for (int i = 0; args && i < 6; i++) {
		half[2 * i] = (u32)args[i];
		half[2 * i + 1] = (u32)(args[i] >> 32);
	}
	if (args)
		memcpy(data.args, half, sizeof(half));
	return run(&data);
}

/* The same table written once more, by hand: names, numbers, and what is expected of them. */
struct named_call {
	const char *name;
	u32 x86_64, aarch64;
};

static const struct named_call passed_on[] = {
	{ "connect", 42, 203 },	   { "accept", 43, 202 },      { "sendmsg", 46, 211 },
	{ "recvmsg", 47, 212 },	   { "shutdown", 48, 210 },    { "bind", 49, 200 },
	{ "listen", 50, 201 },	   { "getsockname", 51, 204 }, { "getpeername", 52, 205 },
	{ "setsockopt", 54, 208 }, { "getsockopt", 55, 209 },  { "accept4", 288, 242 },
	{ "recvmmsg", 299, 243 },  { "sendmmsg", 307, 269 },
};
static const struct named_call refused[] = {
	{ "io_uring_setup", 425, 425 },
	{ "io_uring_enter", 426, 426 },
	{ "io_uring_register", 427, 427 },
};
static const struct named_call call_socket = { "socket", 41, 198 };
static const struct named_call call_socketpair = { "socketpair", 53, 199 };
static const struct named_call call_sendto = { "sendto", 44, 206 };
static const struct named_call call_recvfrom = { "recvfrom", 45, 207 };
static const struct named_call call_ioctl = { "ioctl", 16, 29 };

static u32 nr(const struct named_call *call)
{
	return arch == AUDIT_ARCH_X86_64 ? call->x86_64 : call->aarch64;
}

static bool is_in(u32 number, const struct named_call *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (nr(&list[i]) == number)
			return true;
	return false;
}

/* With these it is the arguments that decide. */
static bool has_leaf(u32 number)
{
	return number == nr(&call_socket) || number == nr(&call_sendto) ||
	       number == nr(&call_recvfrom) || number == nr(&call_ioctl);
}

static u32 expected(u32 number)
{
	if (is_in(number, passed_on, ARRAY_SIZE(passed_on)))
		return NOTIFY;
	if (is_in(number, refused, ARRAY_SIZE(refused)))
		return NOSYS;
	return ALLOW;
}

static void every_number_has_its_answer(void **state)
{
	const u64 ones[6] = { ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL };

	for (u32 number = 0; number < NR_MAX; number++) {
		if (has_leaf(number))
			continue;
		assert_int_equal(answer(number, NULL), expected(number));
		assert_int_equal(answer(number, ones), expected(number));
		assert_true(steps <= STEPS_MAX);
	}
	assert_int_equal(answer(nr(&call_socketpair), NULL), ALLOW);
}

static void another_architecture_has_no_calls(void **state)
{
	static const u32 others[] = { AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_S390X, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		for (int number = 0; number < NR_MAX; number++) {
			struct seccomp_data data = { .nr = number, .arch = others[i] };

			assert_int_equal(run(&data), NOSYS);
		}
}

static void x32_has_no_calls(void **state)
{
	u32 want = arch == AUDIT_ARCH_X86_64 ? NOSYS : ALLOW;

	for (u32 number = 0; number < NR_MAX; number++)
		assert_int_equal(answer(0x40000000 + number, NULL), want);
	assert_int_equal(answer(~0U, NULL), want);
}

static u32 socket_answer(u64 family)
{
	const u64 args[6] = { family, SOCK_STREAM };

	return answer(nr(&call_socket), args);
}

static void families_are_listed(void **state)
{
	for (u64 family = 0; family < 64; family++) {
		u32 want = SECCOMP_RET_ERRNO | EAFNOSUPPORT;

		if (family == AF_UNIX)
			want = ALLOW;
		else if (family == AF_INET || family == AF_INET6 || family == AF_PACKET ||
			 family == AF_NETLINK)
			want = NOTIFY;
		assert_int_equal(socket_answer(family), want);
		/* The kernel takes it as an int. */
		assert_int_equal(socket_answer(family | 0xdeadbeef00000000), want);
	}
	assert_int_equal(socket_answer(0xffffffff), SECCOMP_RET_ERRNO | EAFNOSUPPORT);
}

/* sendto() or recvfrom() with each flag alone: @plain ones pass when there is no address. */
static void transfers(const struct named_call *call, u32 plain)
{
	for (int bit = -1; bit < 32; bit++) {
		u64 flags = bit < 0 ? 0 : 1ULL << bit;
		u64 args[6] = { 3, 0x1000, 10, flags, 0, 16 };
		u32 want = flags & ~(u64)plain ? NOTIFY : ALLOW;

		assert_int_equal(answer(nr(call), args), want);
		args[3] |= plain | 0xffffffff00000000;
		assert_int_equal(answer(nr(call), args), want);
		args[4] = 0x7fff00000000;
		assert_int_equal(answer(nr(call), args), NOTIFY);
		args[4] = 0x10;
		assert_int_equal(answer(nr(call), args), NOTIFY);
	}
}

static void plain_transfers_pass(void **state)
{
	transfers(&call_sendto, MSG_DONTWAIT | MSG_NOSIGNAL);
	transfers(&call_recvfrom,
		  MSG_DONTWAIT | MSG_NOSIGNAL | MSG_PEEK | MSG_WAITALL | MSG_CMSG_CLOEXEC);
}

static void ioctls_of_sockets_are_passed_on(void **state)
{
	for (u64 request = 0; request < 0x10000; request++) {
		bool ours = (request >= 0x8900 && request <= 0x89ff) ||
			    (request >= 0x8b00 && request <= 0x8bff) || request == 0x541b ||
			    request == 0x5411;
		u64 args[6] = { 0, request, 0x1000 };

		assert_int_equal(answer(nr(&call_ioctl), args), ours ? NOTIFY : ALLOW);
		args[1] |= 0xffffffff00000000;
		assert_int_equal(answer(nr(&call_ioctl), args), ours ? NOTIFY : ALLOW);
		/* A request of the same low half with a size in it is another one. */
		args[1] = request | 0x80040000;
		assert_int_equal(answer(nr(&call_ioctl), args), ALLOW);
	}
	assert_in_range(SIOCATMARK, 0x8900, 0x89ff);
}

static int set_up(void **state)
{
	arch = *(const u32 *)*state;
	filter_len = filter_build(filter, arch);
	return filter_len <= 0;
}

static void other_architectures_have_no_filter(void **state)
{
	assert_int_equal(filter_build(filter, AUDIT_ARCH_I386), -EOPNOTSUPP);
	assert_int_equal(filter_build(filter, 0), -EOPNOTSUPP);
}

static u32 architectures[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64 };

#define ON_BOTH(test)                                                                    \
	cmocka_unit_test_prestate_setup_teardown(test, set_up, NULL, &architectures[0]), \
		cmocka_unit_test_prestate_setup_teardown(test, set_up, NULL, &architectures[1])

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(every_number_has_its_answer),
		ON_BOTH(another_architecture_has_no_calls),
		ON_BOTH(x32_has_no_calls),
		ON_BOTH(families_are_listed),
		ON_BOTH(plain_transfers_pass),
		ON_BOTH(ioctls_of_sockets_are_passed_on),
		cmocka_unit_test(other_architectures_have_no_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
