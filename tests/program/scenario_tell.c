// SPDX-License-Identifier: BSD-2-Clause
/* Waiting that is noticed: alarms, threads that sleep, children, and how all that is told. */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "scenario.h"

volatile sig_atomic_t signals[65];

static int line_open;

void say(const char *fmt, ...)
{
	char buf[512];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	/* In one piece, since children write to it as well. */
	fwrite(buf, 1, (size_t)len < sizeof(buf) ? (size_t)len : sizeof(buf) - 1, out);
	line_open = 1;
}

void line(const char *what)
{
	if (line_open)
		say("\n");
	say("%s:", what);
}

static void note(int sig)
{
	signals[sig]++;
}

void catch_signal(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = note, .sa_flags = flags };

	signals[sig] = 0;
	sigaction(sig, &sa, NULL);
}

void tell_signals(void)
{
	int i;

	for (i = 1; i < 65; i++) {
		if (signals[i])
			say(" %s", sigabbrev_np(i) ? sigabbrev_np(i) : "RT");
		signals[i] = 0;
	}
}

/* Calls that block. */

static int blocks_ms(void)
{
	return BLOCKS_MS * (1 + (int)kernel_patience / 4);
}

static void set_alarm(int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	struct itimerval it = { .it_interval = tv, .it_value = tv };

	setitimer(ITIMER_REAL, &it, NULL);
}

void alarm_begin(void)
{
	catch_signal(SIGALRM, 0);
	/* Again and again: the first one may come before the call. */
	set_alarm(blocks_ms());
}

long tell_result(long ret)
{
	int err = errno;

	set_alarm(0);
	if (ret >= 0)
		say(" %ld", ret);
	else if (err == EINTR && signals[SIGALRM])
		say(" blocks");
	else
		say(" %s", strerrorname_np(err));
	signals[SIGALRM] = 0;
	errno = err;
	return ret;
}

int await_poll(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int ret = poll(&p, 1, PATIENCE_MS);

	return ret > 0 ? p.revents : 0;
}

void fill_up(int fd)
{
	do {
		while (send_bytes(fd, 5000, MSG_DONTWAIT) > 0)
			side->settle(1);
		/* Whoever carries it may have been late. */
		side->settle(100);
	} while (send_bytes(fd, 5000, MSG_DONTWAIT) > 0);
}

/* Threads that wait. */

static void *waiter_run(void *arg)
{
	struct waiter *w = arg;

	w->tid = (int)syscall(SYS_gettid);
	w->ret = w->call(w->fd);
	w->err = errno;
	w->done = 1;
	return NULL;
}

/* Whether a thread sleeps, and has done so for a while. */
static int sleeps(const struct waiter *w)
{
	char path[64], text[512], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", w->tid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fgets(text, sizeof(text), f) && strrchr(text, ')'))
		state = strrchr(text, ')')[2];
	fclose(f);
	return state == 'S';
}

void waiter_begin(struct waiter *w, long (*call)(int fd), int fd)
{
	int i, asleep = 0;

	*w = (struct waiter){ .call = call, .fd = fd };
	if (pthread_create(&w->thread, NULL, waiter_run, w))
		exit(3);
	for (i = 0; i < 1000 && asleep < 10 && !w->done; i++) {
		usleep(2000);
		asleep = w->tid && sleeps(w) ? asleep + 1 : 0;
	}
}

void waiter_look(struct waiter *w)
{
	int i;

	for (i = 0; i < blocks_ms() / 5 && !w->done; i++)
		usleep(5000);
	say(w->done ? " done" : " waits");
}

void waiter_end(struct waiter *w)
{
	int i;

	for (i = 0; i < PATIENCE_MS / 5 && !w->done; i++)
		usleep(5000);
	if (!w->done) {
		say(" stuck");
		return;
	}
	pthread_join(w->thread, NULL);
	if (w->ret < 0)
		say(" %s", strerrorname_np(w->err));
	else
		say(" %ld", w->ret);
}

/* Children. */

static int steps[2][2]; /* pipes: to the parent, to the child */

pid_t child_begin(void)
{
	pid_t pid;

	if (pipe2(steps[0], O_CLOEXEC) || pipe2(steps[1], O_CLOEXEC))
		exit(3);
	pid = fork();
	if (pid < 0)
		exit(3);
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Each keeps its ends, so that the other one's death ends the waiting. */
	close(steps[0][pid ? 1 : 0]);
	close(steps[1][pid ? 0 : 1]);
	return pid;
}

void child_end(void)
{
	_exit(0);
}

void child_wait(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0)
		exit(3);
	if (WIFSIGNALED(status))
		say(" signal %d", WTERMSIG(status));
	else
		say(" exit %d", WEXITSTATUS(status));
}

/* @who is the one that is told: 0 is the parent, 1 the child. */
void step_say(int who)
{
	if (write(steps[who][1], "", 1) != 1)
		exit(3);
}

void step_wait(int who)
{
	char c;

	if (read(steps[who][0], &c, 1) != 1)
		exit(3);
}
