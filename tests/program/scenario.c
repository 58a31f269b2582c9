// SPDX-License-Identifier: BSD-2-Clause
/* An ordinary program with sockets: what is done and what came of it, line by line. */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "scenario.h"

/*
 *	scenario [OPTION...] [NAME...]
 *		--list		names only
 *		--jobs N	so many at once
 *		--settle N	what is under way gets N times as long to arrive
 *		--timeout S	how long one scenario may take
 *		--tables PART	the tables of tests/netns (socket_twin.h says where): sockets, streams/N
 *
 * It knows nothing of skiff: what a kernel does with it is written down in scenario.txt, and what comes
 * of it under `skiff run` has to be the same, but for what differences.txt names. A NAME is the beginning of one
 * or of many. Each scenario has a process of its own, so that none disturbs the next one, whatever becomes of it.
 */

static struct {
	int list, jobs, settle, timeout;
	const char *tables;
	char **names;
	int count;
} opt = { .jobs = 8, .settle = 1, .timeout = 20 };

/* Scenarios that run, the oldest first. */
struct job {
	char name[160];
	pid_t pid;
	int pidfd, text;
	struct timespec start;
};

#define MAX_JOBS 32
static struct job jobs[MAX_JOBS];
static unsigned int first_job, next_job;
static unsigned int scenarios; /* so far */
static int bare;	       /* lines are told as they are, without the scenario's name */

static void die(const char *what)
{
	perror(what);
	exit(3);
}

static long since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

static void print_text(const struct job *j)
{
	FILE *text = fdopen(j->text, "r");
	char buf[4096];

	rewind(text);
	while (fgets(buf, sizeof(buf), text)) {
		buf[strcspn(buf, "\n")] = 0;
		if (bare)
			printf("%s\n", buf);
		else
			printf("%s: %s\n", j->name, buf + strspn(buf, " "));
	}
	fclose(text);
}

/* The oldest one has its time; then nothing of it is left. */
static void finish_job(void)
{
	struct job *j = &jobs[first_job++ % MAX_JOBS];
	struct pollfd p = { .fd = j->pidfd, .events = POLLIN };
	long left = opt.timeout * 1000L - since(&j->start);
	int status, late = poll(&p, 1, left < 0 ? 0 : (int)left) == 0;

	kill(-j->pid, SIGKILL);
	kill(j->pid, SIGKILL);
	if (waitpid(j->pid, &status, 0) < 0)
		die("waitpid");
	print_text(j);
	if (late)
		printf("%s: hangs\n", j->name);
	else if (WIFSIGNALED(status))
		printf("%s: signal %d\n", j->name, WTERMSIG(status));
	else if (WEXITSTATUS(status))
		printf("%s: exit %d\n", j->name, WEXITSTATUS(status));
	fflush(stdout);
	close(j->pidfd);
}

static int wanted(const char *name)
{
	int i;

	for (i = 0; i < opt.count; i++)
		if (!strncmp(name, opt.names[i], strlen(opt.names[i])))
			return 1;
	return !opt.count;
}

static int start_job(const char *name)
{
	struct job *j;

	while (next_job - first_job >= (unsigned int)opt.jobs)
		finish_job();
	j = &jobs[next_job++ % MAX_JOBS];
	snprintf(j->name, sizeof(j->name), "%s", name);
	j->text = memfd_create("scenario", MFD_CLOEXEC);
	if (j->text < 0)
		die("memfd_create");
	clock_gettime(CLOCK_MONOTONIC, &j->start);
	j->pid = fork();
	if (j->pid < 0)
		die("fork");
	if (!j->pid) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		out = fdopen(j->text, "w");
		/* It is written by children of this one as well. */
		setvbuf(out, NULL, _IONBF, 0);
		return 1;
	}
	setpgid(j->pid, j->pid);
	j->pidfd = (int)syscall(SYS_pidfd_open, j->pid, 0);
	if (j->pidfd < 0)
		die("pidfd_open");
	if (opt.jobs == 1)
		finish_job();
	return 0;
}

static int begin(const char *fmt, va_list args)
{
	char name[160];

	vsnprintf(name, sizeof(name), fmt, args);
	scenarios++;
	if (!wanted(name))
		return 0;
	if (opt.list) {
		printf("%s\n", name);
		return 0;
	}
	return start_job(name);
}

int apart_begin(const char *name, ...)
{
	va_list args;
	int ret;

	va_start(args, name);
	ret = begin(name, args);
	va_end(args);
	return ret;
}

int scene_begin(const char *name, ...)
{
	va_list args;
	int ret;

	va_start(args, name);
	ret = begin(name, args);
	va_end(args);
	st = (struct streams){ .family = AF_INET, .fd = -1, .peer = -1, .listener = -1 };
	/* Below the ports that are chosen by themselves; never one of a scenario just before. */
	st.port = (unsigned short)(5001 + scenarios * 3 % 26000);
	return ret;
}

void apart_end(void)
{
	fflush(out);
	_exit(0);
}

void each_story(const char *group, const struct story *stories, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!scene_begin("%s/%s", group, stories[i].name))
			continue;
		stories[i].tell();
		say("\n");
		apart_end();
	}
}

/* Lists of tests/netns. */
static void run_tables(void)
{
	bare = 1;
	opt.jobs = 1;
	if (!strcmp(opt.tables, "sockets")) {
		do_calls();
		if (apart_begin("sockets, options")) {
			do_options();
			apart_end();
		}
		if (apart_begin("sockets, events")) {
			do_events();
			apart_end();
		}
		if (apart_begin("sockets, traffic")) {
			do_traffic();
			apart_end();
		}
		if (apart_begin("sockets, sending")) {
			do_sending();
			apart_end();
		}
		if (apart_begin("sockets, ioctls")) {
			do_ioctls();
			apart_end();
		}
	} else if (strncmp(opt.tables, "streams/", 8) || !do_streams(atoi(opt.tables + 8))) {
		fprintf(stderr, "scenario: no table %s\n", opt.tables);
		exit(2);
	}
}

static void run(void)
{
	if (opt.tables) {
		run_tables();
		return;
	}
	do_sockets();
	do_table();
	do_waiting();
	do_readiness();
	do_signals();
	do_processes();
	do_moving();
	do_ends();
}

static int option_number(int argc, char **argv, int *i)
{
	if (*i + 1 == argc || atoi(argv[*i + 1]) < 1) {
		fprintf(stderr, "scenario: %s needs a number\n", argv[*i]);
		exit(2);
	}
	return atoi(argv[++*i]);
}

static int read_options(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && !strncmp(argv[i], "--", 2); i++) {
		if (!strcmp(argv[i], "--list")) {
			opt.list = 1;
		} else if (!strcmp(argv[i], "--jobs")) {
			opt.jobs = option_number(argc, argv, &i);
		} else if (!strcmp(argv[i], "--settle")) {
			opt.settle = option_number(argc, argv, &i);
		} else if (!strcmp(argv[i], "--timeout")) {
			opt.timeout = option_number(argc, argv, &i);
		} else if (!strcmp(argv[i], "--tables") && i + 1 < argc) {
			opt.tables = argv[++i];
		} else {
			fprintf(stderr,
				"usage: scenario [--list] [--jobs N] [--settle N] [--timeout S]"
				" [--tables sockets | streams/N] [NAME...]\n");
			return 0;
		}
	}
	opt.names = argv + i;
	opt.count = argc - i;
	if (opt.jobs > MAX_JOBS)
		opt.jobs = MAX_JOBS;
	return 1;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "inherited"))
		return inherited(argc, argv);
	if (!read_options(argc, argv))
		return 2;
	side = &kernel_side;
	kernel_patience = (unsigned int)opt.settle;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	run();
	while (first_job != next_job)
		finish_job();
	return 0;
}
