// SPDX-License-Identifier: BSD-2-Clause
/*
 * What everything rests on: whose effective user made a user namespace may look into every process that was
 * executed in it, those included that have closed themselves, without any capability of its own. What is in the way
 * are their descriptors in /proc, which are files of root then; borrowing them goes.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/capability.h>

#include "program/rights.h"

#define ORDINARY 65534
#define SKIPPED 77

static char secret[] = "in child";
static char self[256];

/* What a parent can do with a closed child, as bits of an exit status. */
enum { MEMORY_READ = 1, MEMORY_WRITTEN = 2, DESCRIPTOR_TAKEN = 4, FLAGS_READ = 8, EVERYTHING = 15 };

static bool transfer(pid_t pid, void *addr, bool write, char *text)
{
	struct iovec ours = { text, sizeof(secret) }, theirs = { addr, sizeof(secret) };

	return (write ? process_vm_writev(pid, &ours, 1, &theirs, 1, 0) :
			process_vm_readv(pid, &ours, 1, &theirs, 1, 0)) == sizeof(secret);
}

/* @addr: of its secret; @fd: a descriptor of it. */
static int look_into(pid_t pid, void *addr, int fd)
{
	char text[sizeof(secret)] = "", path[64];
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), taken, info, found = 0;

	if (transfer(pid, addr, false, text) && !strcmp(text, secret))
		found |= MEMORY_READ;
	if (transfer(pid, addr, true, text))
		found |= MEMORY_WRITTEN;
	taken = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (taken >= 0)
		found |= DESCRIPTOR_TAKEN;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	info = open(path, O_RDONLY);
	if (info >= 0 && read(info, text, 1) == 1)
		found |= FLAGS_READ;
	return found;
}

/* The program in the child: closes itself, tells where its secret is, and waits until it has been looked at. */
static int closed_program(int gate)
{
	void *addr = secret;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || write(gate, &addr, sizeof(addr)) != sizeof(addr))
		return 1;
	return read(gate, &addr, 1) < 0;
}

/* The rights to a process go by the namespace in which it was executed. */
static void become_closed_program(bool namespace, int gate)
{
	void *none = NULL;
	char number[16];

	snprintf(number, sizeof(number), "%d", gate);
	if (!namespace || !unshare(CLONE_NEWUSER))
		execl(self, self, number, NULL);
	_exit(write(gate, &none, sizeof(none)) < 0);
}

/* As an ordinary user: what can be done with such a child. Return: for the exit status. */
static int try_child(bool namespace)
{
	int gate[2], status, found;
	void *addr;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, gate))
		return 98;
	pid = fork();
	if (!pid)
		become_closed_program(namespace, gate[1]);
	if (read(gate[0], &addr, sizeof(addr)) != sizeof(addr))
		return 98;
	found = addr ? look_into(pid, addr, gate[0]) : SKIPPED;
	if (write(gate[0], "", 1) != 1)
		return 98;
	waitpid(pid, &status, 0);
	return found;
}

/* In a process that is an ordinary user's, and has given up what a host gives up. */
static int as_ordinary(bool namespace)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		if (!geteuid() && (setgroups(0, NULL) || setresgid(ORDINARY, ORDINARY, ORDINARY) ||
				   setresuid(ORDINARY, ORDINARY, ORDINARY)))
			_exit(SKIPPED);
		/* The change of user has closed this one to what it starts. */
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		if (rights_drop(0))
			_exit(99);
		_exit(try_child(namespace));
	}
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIPPED)
		skip();
	return WEXITSTATUS(status);
}

static void a_namespaces_maker_sees_everything(void **state)
{
	assert_int_equal(as_ordinary(true), EVERYTHING);
}

static void without_a_namespace_it_is_closed(void **state)
{
	assert_int_equal(as_ordinary(false), 0);
}

static int drop_in_child(u64 keep)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		bool had = rights_have(CAP_SYS_PTRACE);

		if (rights_drop(keep) || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 ||
		    rights_have(CAP_SYS_ADMIN) || rights_have(CAP_NET_ADMIN))
			_exit(1);
		_exit(rights_have(CAP_SYS_PTRACE) == (had && keep) ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void rights_are_dropped_but_one(void **state)
{
	assert_int_equal(drop_in_child(0), 0);
	assert_int_equal(drop_in_child(BIT_ULL(CAP_SYS_PTRACE)), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_namespaces_maker_sees_everything),
		cmocka_unit_test(without_a_namespace_it_is_closed),
		cmocka_unit_test(rights_are_dropped_but_one),
	};

	if (argc == 2)
		return closed_program(atoi(argv[1]));
	if (!realpath("/proc/self/exe", self))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
