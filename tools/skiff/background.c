// SPDX-License-Identifier: BSD-2-Clause
/* Processes in the background. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "background.h"

static void close_range_of(int first, int last)
{
	if (first <= last)
		syscall(SYS_close_range, (unsigned int)first, (unsigned int)last, 0);
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void keep_only(const int *keep, unsigned int nr_keep)
{
	unsigned int n = min_t(unsigned int, nr_keep, BACKGROUND_KEEP);
	int kept[BACKGROUND_KEEP], next = STDERR_FILENO + 1;

	memcpy(kept, keep, n * sizeof(*kept));
	qsort(kept, n, sizeof(*kept), compare);
	for (unsigned int i = 0; i < n; i++) {
		close_range_of(next, kept[i] - 1);
		next = max_t(int, next, kept[i] + 1);
	}
	close_range_of(next, 0x7fffffff);
}

/* Pipes of whoever has started us would not end before we do. */
static void close_others(int report, const int *keep, unsigned int nr_keep)
{
	unsigned int n = min_t(unsigned int, nr_keep, BACKGROUND_KEEP - 1);
	int kept[BACKGROUND_KEEP];

	memcpy(kept, keep, n * sizeof(*kept));
	kept[n++] = report;
	keep_only(kept, n);
}

static void report(struct background *bg, enum status status)
{
	ssize_t n;

	if (bg->report < 0)
		return;
	n = write(bg->report, &status, sizeof(status));
	(void)n;
	close(bg->report);
	bg->report = -1;
}

/* Messages go to a file if one was named, else to nobody. */
static void redirect(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), log = -1;
	const char *path = getenv("SKIFF_LOG");

	if (path && *path) {
		log = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
		if (log < 0)
			complain(STATUS_FAILED, "SKIFF_LOG %s: %s", path, strerror(errno));
	}
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(log >= 0 ? log : null, STDERR_FILENO);
	if (null >= 0)
		close(null);
	if (log >= 0)
		close(log);
}

void background_ready(struct background *bg)
{
	flush_output();
	redirect();
	/* No file system is kept from being unmounted. */
	if (chdir("/"))
		complain(STATUS_FAILED, "/: %s", strerror(errno));
	report(bg, STATUS_OK);
}

/* The first child, which is gone at once, so that the second one belongs to nobody. */
static _Noreturn void detach(struct background *bg,
			     enum status (*work)(void *, struct background *), void *arg,
			     const int *keep, unsigned int nr_keep)
{
	enum status status;
	pid_t pid;

	setsid();
	pid = fork();
	if (pid)
		_exit(pid < 0);
	close_others(bg->report, keep, nr_keep);
	status = work(arg, bg);
	flush_output();
	report(bg, status);
	exit((int)status);
}

static enum status wait_for_report(int fd)
{
	enum status status;
	ssize_t n;

	do
		n = read(fd, &status, sizeof(status));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(status))
		return complain(STATUS_FAILED, "the host has ended before it was up");
	return status;
}

enum status background_start(enum status (*work)(void *arg, struct background *bg), void *arg,
			     const int *keep, unsigned int nr_keep)
{
	enum status status;
	int ends[2], ignored;
	pid_t pid;

	flush_output();
	if (pipe2(ends, O_CLOEXEC))
		return complain(STATUS_FAILED, "a pipe can't be made: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		struct background bg = { .report = ends[1] };

		detach(&bg, work, arg, keep, nr_keep);
	}
	close(ends[1]);
	if (pid < 0) {
		status = complain(STATUS_FAILED, "a process can't be made: %s", strerror(errno));
	} else {
		waitpid(pid, &ignored, 0);
		status = wait_for_report(ends[0]);
	}
	close(ends[0]);
	return status;
}
