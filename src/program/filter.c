// SPDX-License-Identifier: BSD-2-Clause
/*
 * The seccomp filter, built from a table of system calls.
 *
 * The numbers of all calls are cut into ranges that are treated alike, and a balanced tree of comparisons
 * finds the range; what depends on arguments is looked at in its leaf. Calls that are let pass whatever their
 * arguments are cost nothing at all on Linux 5.11 and later, which finds them out when the filter is installed
 * and does not run it for them; before, read() costs a comparison per level of the tree.
 *
 * Calls that have a descriptor and plain data in hand pass: the descriptor is one end of a socket pair. What has
 * addresses, options or control messages is for the host. Whatever could reach a network by another way is
 * refused: families that are not listed, io_uring, and the calls of another architecture, whose numbers
 * mean other things.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <skiff/kernel.h>

#include "program/filter.h"

/* x86-64's third set of calls, with pointers of 32 bits: a bit in the number. */
#define X32_FIRST 0x40000000

/* Of <linux/sockios.h> and <linux/wireless.h>, and the two that have terminals' names. */
#define SIOC_FIRST 0x8900
#define SIOC_LAST 0x89ff
#define SIOCIW_FIRST 0x8b00
#define SIOCIW_LAST 0x8bff
#define IOC_INQ 0x541b
#define IOC_OUTQ 0x5411

/* Flags with which a call on the pair does what the socket would. */
#define PLAIN_SEND (MSG_DONTWAIT | MSG_NOSIGNAL)
#define PLAIN_RECV (MSG_DONTWAIT | MSG_NOSIGNAL | MSG_PEEK | MSG_WAITALL | MSG_CMSG_CLOEXEC)

enum treatment { PASS, NOTIFY, NO_SUCH_CALL, SOCKET, SENDTO, RECVFROM, IOCTL };

/**
 * struct call - a system call that is not simply let pass
 * @x86_64: its number
 * @generic: its number on aarch64 and other architectures of its time
 * @treatment: what is done with it
 */
struct call {
	u32 x86_64;
	u32 generic;
	enum treatment treatment;
};

#ifdef __x86_64__
#define NUMBERS(name, x86_64, generic) _Static_assert(SYS_##name == (x86_64), "number of " #name)
#elif defined(__aarch64__)
#define NUMBERS(name, x86_64, generic) _Static_assert(SYS_##name == (generic), "number of " #name)
#else
#define NUMBERS(name, x86_64, generic) _Static_assert(1, "")
#endif

/* What is not here passes. The two architectures have these calls in different orders. */
static const struct call calls[] = {
	{ 16, 29, IOCTL },	    { 41, 198, SOCKET },   { 42, 203, NOTIFY }, /* connect */
	{ 43, 202, NOTIFY },							/* accept */
	{ 44, 206, SENDTO },	    { 45, 207, RECVFROM }, { 46, 211, NOTIFY }, /* sendmsg */
	{ 47, 212, NOTIFY },							/* recvmsg */
	{ 48, 210, NOTIFY },							/* shutdown */
	{ 49, 200, NOTIFY },							/* bind */
	{ 50, 201, NOTIFY },							/* listen */
	{ 51, 204, NOTIFY },							/* getsockname */
	{ 52, 205, NOTIFY },							/* getpeername */
	{ 54, 208, NOTIFY },							/* setsockopt */
	{ 55, 209, NOTIFY },							/* getsockopt */
	{ 288, 242, NOTIFY },							/* accept4 */
	{ 299, 243, NOTIFY },							/* recvmmsg */
	{ 307, 269, NOTIFY },							/* sendmmsg */
	{ 425, 425, NO_SUCH_CALL },						/* io_uring_setup */
	{ 426, 426, NO_SUCH_CALL },						/* io_uring_enter */
	{ 427, 427, NO_SUCH_CALL }, /* io_uring_register */
};

NUMBERS(ioctl, 16, 29);
NUMBERS(socket, 41, 198);
NUMBERS(connect, 42, 203);
NUMBERS(accept, 43, 202);
NUMBERS(sendto, 44, 206);
NUMBERS(recvfrom, 45, 207);
NUMBERS(sendmsg, 46, 211);
NUMBERS(recvmsg, 47, 212);
NUMBERS(shutdown, 48, 210);
NUMBERS(bind, 49, 200);
NUMBERS(listen, 50, 201);
NUMBERS(getsockname, 51, 204);
NUMBERS(getpeername, 52, 205);
NUMBERS(setsockopt, 54, 208);
NUMBERS(getsockopt, 55, 209);
NUMBERS(accept4, 288, 242);
NUMBERS(recvmmsg, 299, 243);
NUMBERS(sendmmsg, 307, 269);

/**
 * struct range - calls that are treated alike
 * @first: the first number; the next range's first ends it
 * @treatment: what is done with them
 */
struct range {
	u32 first;
	enum treatment treatment;
};

/* Each call begins a range and may begin one of those that pass behind it; one more at either end. */
#define RANGES_MAX (2 * ARRAY_SIZE(calls) + 2)

/**
 * struct builder - a filter that is being written
 * @insns: where
 * @len: how many there are
 * @range: sorted by their first numbers
 * @nr_ranges: how many
 */
struct builder {
	struct sock_filter *insns;
	unsigned int len;
	struct range range[RANGES_MAX];
	unsigned int nr_ranges;
};

/* By rising numbers; another treatment of the same number counts instead. */
static void add_range(struct builder *b, u32 first, enum treatment treatment)
{
	if (b->nr_ranges && b->range[b->nr_ranges - 1].first == first)
		b->nr_ranges--;
	if (!b->nr_ranges || b->range[b->nr_ranges - 1].treatment != treatment)
		b->range[b->nr_ranges++] = (struct range){ first, treatment };
}

static u32 number_of(const struct call *call, u32 arch)
{
	return arch == AUDIT_ARCH_X86_64 ? call->x86_64 : call->generic;
}

/* The listed call with the least number that is at least @from, or NULL. */
static const struct call *next_call(u32 from, u32 arch)
{
	const struct call *next = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (number_of(&calls[i], arch) >= from &&
		    (!next || number_of(&calls[i], arch) < number_of(next, arch)))
			next = &calls[i];
	return next;
}

static void make_ranges(struct builder *b, u32 arch)
{
	const struct call *call;

	add_range(b, 0, PASS);
	for (u32 from = 0; (call = next_call(from, arch)) != NULL;) {
		from = number_of(call, arch);
		add_range(b, from, call->treatment);
		add_range(b, ++from, PASS);
	}
	if (arch == AUDIT_ARCH_X86_64)
		add_range(b, X32_FIRST, NO_SUCH_CALL);
}

static void statement(struct builder *b, u16 code, u32 k)
{
	b->insns[b->len++] = (struct sock_filter)BPF_STMT(code, k);
}

static void load(struct builder *b, size_t offset)
{
	statement(b, BPF_LD | BPF_W | BPF_ABS, (u32)offset);
}

/*
 * The low half of an argument. All that the kernel takes as an int or an unsigned int is that half; both
 * architectures are little-endian.
 */
static void load_arg(struct builder *b, unsigned int n)
{
	load(b, offsetof(struct seccomp_data, args) + 8 * n);
}

static void ret(struct builder *b, u32 action)
{
	statement(b, BPF_RET | BPF_K, action);
}

/* When the comparison of what is loaded says yes, return @action; otherwise go on. */
static void ret_if(struct builder *b, u16 comparison, u32 k, u32 action)
{
	b->insns[b->len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | comparison | BPF_K, k, 0, 1);
	ret(b, action);
}

static void ret_unless(struct builder *b, u16 comparison, u32 k, u32 action)
{
	b->insns[b->len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | comparison | BPF_K, k, 1, 0);
	ret(b, action);
}

static void socket_leaf(struct builder *b)
{
	static const u32 ours[] = { AF_INET, AF_INET6, AF_NETLINK, AF_PACKET };

	load_arg(b, 0);
	ret_if(b, BPF_JEQ, AF_UNIX, SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		ret_if(b, BPF_JEQ, ours[i], SECCOMP_RET_USER_NOTIF);
	ret(b, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
}

/* sendto() and recvfrom(): without an address and with @plain flags only, they pass. */
static void transfer_leaf(struct builder *b, u32 plain)
{
	load_arg(b, 4);
	ret_unless(b, BPF_JEQ, 0, SECCOMP_RET_USER_NOTIF);
	load(b, offsetof(struct seccomp_data, args[4]) + 4);
	ret_unless(b, BPF_JEQ, 0, SECCOMP_RET_USER_NOTIF);
	load_arg(b, 3);
	ret_if(b, BPF_JSET, ~plain, SECCOMP_RET_USER_NOTIF);
	ret(b, SECCOMP_RET_ALLOW);
}

static void ioctl_leaf(struct builder *b)
{
	load_arg(b, 1);
	ret_if(b, BPF_JEQ, IOC_INQ, SECCOMP_RET_USER_NOTIF);
	ret_if(b, BPF_JEQ, IOC_OUTQ, SECCOMP_RET_USER_NOTIF);
	ret_unless(b, BPF_JGE, SIOC_FIRST, SECCOMP_RET_ALLOW);
	ret_if(b, BPF_JGT, SIOCIW_LAST, SECCOMP_RET_ALLOW);
	ret_unless(b, BPF_JGT, SIOC_LAST, SECCOMP_RET_USER_NOTIF);
	ret_if(b, BPF_JGE, SIOCIW_FIRST, SECCOMP_RET_USER_NOTIF);
	ret(b, SECCOMP_RET_ALLOW);
}

static void leaf(struct builder *b, enum treatment treatment)
{
	switch (treatment) {
	case PASS:
		ret(b, SECCOMP_RET_ALLOW);
		break;
	case NOTIFY:
		ret(b, SECCOMP_RET_USER_NOTIF);
		break;
	case NO_SUCH_CALL:
		ret(b, SECCOMP_RET_ERRNO | ENOSYS);
		break;
	case SOCKET:
		socket_leaf(b);
		break;
	case SENDTO:
		transfer_leaf(b, PLAIN_SEND);
		break;
	case RECVFROM:
		transfer_leaf(b, PLAIN_RECV);
		break;
	case IOCTL:
		ioctl_leaf(b);
		break;
	}
}

/* The ranges from @low to before @high, of which there is one at least. */
static void tree(struct builder *b, unsigned int low, unsigned int high)
{
	unsigned int middle = low + (high - low) / 2, jump = b->len;

	if (high - low == 1) {
		leaf(b, b->range[low].treatment);
		return;
	}
	statement(b, BPF_JMP | BPF_JGE | BPF_K, b->range[middle].first);
	tree(b, low, middle);
	b->insns[jump].jt = (u8)(b->len - jump - 1);
	tree(b, middle, high);
}

u32 filter_native_arch(void)
{
#if defined(__x86_64__) && !defined(__ILP32__)
	return AUDIT_ARCH_X86_64;
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && !defined(__ILP32__)
	return AUDIT_ARCH_AARCH64;
#else
	return 0;
#endif
}

int filter_build(struct sock_filter *insns, u32 arch)
{
	struct builder b = { .insns = insns };

	if (arch != AUDIT_ARCH_X86_64 && arch != AUDIT_ARCH_AARCH64)
		return -EOPNOTSUPP;
	make_ranges(&b, arch);
	load(&b, offsetof(struct seccomp_data, arch));
	ret_unless(&b, BPF_JEQ, arch, SECCOMP_RET_ERRNO | ENOSYS);
	load(&b, offsetof(struct seccomp_data, nr));
	tree(&b, 0, b.nr_ranges);
	return (int)b.len;
}

static long seccomp(unsigned int operation, unsigned int flags, void *arg)
{
	return syscall(SYS_seccomp, operation, flags, arg);
}

int filter_check_kernel(void)
{
	struct seccomp_notif_sizes sizes;
	u32 action = SECCOMP_RET_USER_NOTIF;

	if (!filter_native_arch() || seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action) ||
	    seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes))
		return -EOPNOTSUPP;
	return 0;
}

int filter_install(void)
{
	/* This is no cage, so programs need not pay for one that keeps the processor from speculating. */
	unsigned int flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	struct sock_filter insns[FILTER_MAX];
	struct sock_fprog program = { .filter = insns };
	int len = filter_build(insns, filter_native_arch());
	long fd;

	if (len < 0)
		return len;
	program.len = (unsigned short)len;
	fd = seccomp(SECCOMP_SET_MODE_FILTER, flags, &program);
	return fd < 0 ? -errno : (int)fd;
}

/* For a child that ends at once: nothing but the attempt tells. */
static int try_to_listen(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { .len = 1, .filter = &allow };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) >= 0)
		return 0;
	return errno;
}

bool filter_is_taken(void)
{
	pid_t child = fork();
	int status = 0;

	if (!child)
		_exit(try_to_listen());
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EBUSY;
}
