// SPDX-License-Identifier: BSD-2-Clause
/* A program that a host serves: from the listener of its calls to the last process of it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "program/control_host.h"

/* The kernel hangs up a listener when no process is left under its filter. */
static void listener_ready(void *arg, u32 events)
{
	struct control_session *s = arg;
	struct control *control = s->control;

	control_session_destroy(s);
	control_look_idle(control);
}

static bool is_listener(int fd)
{
	char path[64], target[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return !strcmp(target, "anon_inode:seccomp notify");
}

/* Where Yama is in force, its setting; else -1. */
static int yama_scope(void)
{
	FILE *f = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	int scope = f ? fgetc(f) - '0' : -1;

	if (f)
		fclose(f);
	return scope;
}

static void say_why(int error, FILE *out)
{
	int scope = yama_scope();

	if (error != EPERM)
		fprintf(out, "error a descriptor of the program can't be fetched: %s\n",
			strerror(error));
	else if (scope > 0)
		fprintf(out,
			"error the host may not look into this program: it is in no user namespace, "
			"and kernel.yama.ptrace_scope is %d\n",
			scope);
	else
		fputs("error the host may not look into this program, which is another user's or "
		      "has more rights\n",
		      out);
}

/* Return: a descriptor of the client's process, or -1 after a reply. */
static int fetch(const struct client *c, int number, FILE *out)
{
	int fd = (int)syscall(SYS_pidfd_getfd, c->pidfd, number, 0);

	if (fd < 0)
		say_why(errno, out);
	return fd;
}

static const char *const parts[] = {
	[IMAGE_RTNL] = "rtnl",
	[IMAGE_PACKET] = "packet",
	[IMAGE_SPARE] = "spare",
	[IMAGE_DEVICE] = "device",
};

bool control_take_part(struct client *c, int number, const char *part, const char *name, FILE *out)
{
	unsigned int i = 0;
	int fd, err;

	while (i < ARRAY_SIZE(parts) && strcmp(part, parts[i]) != 0)
		i++;
	if (i == ARRAY_SIZE(parts) || (i == IMAGE_DEVICE && !name)) {
		fputs("error an image has no such part\n", out);
		return false;
	}
	fd = fetch(c, number, out);
	if (fd < 0)
		return false;
	err = image_take(&c->image, (enum image_part)i, fd, name);
	if (!err) {
		fputs("ok\n", out);
		return true;
	}
	fprintf(out, "error descriptor %d is no such part of an image: %s\n", number,
		strerror(-err));
	close(fd);
	return false;
}

/* Return: the listener of the client, or -1 after a reply. */
static int fetch_listener(const struct client *c, int number, FILE *out)
{
	int fd = fetch(c, number, out);

	if (fd < 0)
		return -1;
	if (is_listener(fd))
		return fd;
	fprintf(out, "error descriptor %d is no listener of seccomp\n", number);
	close(fd);
	return -1;
}

static void copy_name(char *to, const char *name)
{
	size_t i;

	for (i = 0; name[i] && i < CONTROL_PROGRAM_NAME - 1; i++)
		to[i] = name[i] > ' ' && name[i] < 0x7f ? name[i] : '?';
	to[i] = '\0';
}

/* @listener is not the caller's any more, whatever comes of it. */
static int begin(struct control_session *s, struct client *c, int listener)
{
	struct control *control = s->control;
	int err;

	/* The host closes its own when it likes. */
	s->listener = fcntl(listener, F_DUPFD_CLOEXEC, 0);
	err = s->listener < 0 ?
		      -errno :
		      control->ops->watch(control->host, s->listener, 0, listener_ready, s);
	if (err) {
		close(listener);
	} else {
		err = control->ops->attach(control->host, listener, &c->image, c->lines, &s->image);
		if (!err)
			return 0;
		control->ops->unwatch(control->host, s->listener);
	}
	if (s->listener >= 0)
		close(s->listener);
	return err;
}

/* Return: whether there is such a process, with a network. */
static bool find_netns(const char *pid, struct stat *netns)
{
	char path[NAME_MAX + 16];

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	return !stat(path, netns);
}

/* One that this process is in as well tells nobody from others. */
static void note_netns(struct control_session *s)
{
	struct stat ours;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", s->pid);
	if (!find_netns("self", &ours) || !find_netns(pid, &s->netns) ||
	    (s->netns.st_ino == ours.st_ino && s->netns.st_dev == ours.st_dev))
		s->netns.st_ino = 0;
}

static bool is_alive(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return pidfd >= 0 && !poll(&p, 1, 0);
}

/* Whoever has the number now that the first process had is looked at as all others. */
static pid_t find_process(const struct stat *netns)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	struct stat st;
	pid_t pid = 0, this;

	while (dir && (entry = readdir(dir)) != NULL) {
		this = (pid_t)strtol(entry->d_name, NULL, 10);
		if (this > 0 && (!pid || this < pid) && find_netns(entry->d_name, &st) &&
		    st.st_ino == netns->st_ino && st.st_dev == netns->st_dev)
			pid = this;
	}
	if (dir)
		closedir(dir);
	return pid;
}

pid_t control_session_pid(const struct control_session *s)
{
	if (is_alive(s->pidfd))
		return s->pid;
	return s->netns.st_ino ? find_process(&s->netns) : 0;
}

static struct control_session *session_of(const struct client *c, const char *name)
{
	struct control_session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->control = c->control;
	s->pid = c->pid;
	s->pidfd = c->pidfd < 0 ? -1 : fcntl(c->pidfd, F_DUPFD_CLOEXEC, 0);
	note_netns(s);
	s->since = control_now();
	copy_name(s->name, name);
	return s;
}

static void session_free(struct control_session *s)
{
	if (s && s->pidfd >= 0)
		close(s->pidfd);
	free(s);
}

bool control_session_create(struct client *c, int number, const char *name, FILE *out)
{
	struct control_session *s = session_of(c, name);
	int listener = s ? fetch_listener(c, number, out) : -1;
	int err = !s ? -ENOMEM : listener < 0 ? 0 : begin(s, c, listener);

	if (err)
		fprintf(out, "error the host can't serve the program: %s\n", strerror(-err));
	if (err || listener < 0) {
		session_free(s);
		return false;
	}
	list_add_tail(&s->list, &c->control->sessions);
	c->control->nr_sessions++;
	c->state = CLIENT_NEW;
	fputs("ok\n", out);
	return true;
}

void control_session_destroy(struct control_session *s)
{
	s->control->ops->unwatch(s->control->host, s->listener);
	s->control->ops->detach(s->control->host, s->image);
	s->control->nr_sessions--;
	list_del(&s->list);
	close(s->listener);
	session_free(s);
}
