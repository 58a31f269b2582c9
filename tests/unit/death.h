/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs what has to end the process in a child, and looks at how it ended and what it said. */
#ifndef TESTS_DEATH_H
#define TESTS_DEATH_H

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Call after <cmocka.h>. */
static inline int run_in_child(void (*fn)(void), char *said, size_t size)
{
	const struct rlimit no_core = { 0, 0 };
	int out[2];
	size_t len = 0;
	ssize_t n;
	int status;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* cmocka's handlers would turn the abort into a report of its own. */
		signal(SIGABRT, SIG_DFL);
		setrlimit(RLIMIT_CORE, &no_core);
		dup2(out[1], STDERR_FILENO);
		close(out[0]);
		close(out[1]);
		fn();
		_exit(0);
	}
	close(out[1]);
	while (len < size - 1 && (n = read(out[0], said + len, size - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* @fn has to end in skiff_panic() with @words in its message. */
static inline void assert_dies(void (*fn)(void), const char *words)
{
	static char said[65536];
	int status = run_in_child(fn, said, sizeof(said));

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
		fail_msg("ended with status %#x and not by abort(): %s", status, said);
	if (!strstr(said, words))
		fail_msg("\"%s\" is not in: %s", words, said);
}

#endif /* TESTS_DEATH_H */
