// SPDX-License-Identifier: BSD-2-Clause
/*
 * A process in front of a program.
 *
 * Whoever has started it knows its number, sends it signals and waits for it: it has to look like the program.
 * Both are in one process group, so that the program has the terminal. What the terminal sends goes to all of
 * the group, and is left to the program; what others send to the process in front is passed on. It waits for
 * signals, blocked, so that what was ignored or blocked when it was started is the same for the program.
 */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "front.h"

/* All but those by which the kernel tells this process of a mistake of its own. */
static void choose_signals(sigset_t *set)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS };

	sigfillset(set);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		sigdelset(set, faults[i]);
}

/* Be the program to come: with the signals of who started us, and not without the process in front. */
static void be_child(const struct front *f, pid_t front)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have gone before. */
	if (getppid() != front)
		_exit(STATUS_LAUNCH);
	sigaction(SIGCHLD, &f->on_child, NULL);
	sigprocmask(SIG_SETMASK, &f->mask, NULL);
}

pid_t front_fork(struct front *f)
{
	const struct sigaction heard = { .sa_handler = SIG_DFL };
	pid_t front = getpid();

	choose_signals(&f->waited);
	sigprocmask(SIG_BLOCK, &f->waited, &f->mask);
	/* Of who ignores it children are gone without a status. */
	sigaction(SIGCHLD, &heard, &f->on_child);
	f->child = fork();
	if (!f->child)
		be_child(f, front);
	return f->child;
}

/*
 * Not what comes of the terminal, nor what the program has sent to all of its group. A timer goes on when a program
 * is executed, so SIGALRM may have been meant for it.
 */
static bool is_for_program(const struct front *f, const siginfo_t *info)
{
	if (info->si_code == SI_KERNEL)
		return info->si_signo == SIGALRM;
	return info->si_pid != f->child;
}

/* Return: whether it has ended, by *@how. */
static bool has_ended(const struct front *f, int *how)
{
	while (waitpid(f->child, how, WNOHANG | WUNTRACED) == f->child) {
		if (!WIFSTOPPED(*how))
			return true;
		/* The shell is to see it. Whoever continues the job continues both. */
		raise(SIGSTOP);
	}
	return false;
}

int front_wait(const struct front *f)
{
	siginfo_t info;
	int how;

	for (;;) {
		if (sigwaitinfo(&f->waited, &info) < 0)
			continue;
		if (info.si_signo != SIGCHLD) {
			if (is_for_program(f, &info))
				kill(f->child, info.si_signo);
		} else if (has_ended(f, &how)) {
			return how;
		}
	}
}

enum status front_end(int how)
{
	const struct rlimit none = { 0, 0 };
	sigset_t set;

	if (!WIFSIGNALED(how))
		return (enum status)WEXITSTATUS(how);
	/* The program's own core is the one that is wanted. */
	setrlimit(RLIMIT_CORE, &none);
	signal(WTERMSIG(how), SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, WTERMSIG(how));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(WTERMSIG(how));
	return (enum status)(128 + WTERMSIG(how));
}
