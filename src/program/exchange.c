// SPDX-License-Identifier: BSD-2-Clause
/*
 * Another open file behind a program's descriptors.
 *
 * A socket of the kernel's that has lost its other end gets no new one, so that a socket that begins again has
 * another pair. The program is not to notice: all its descriptors for the socket get the new end, and the sets of
 * epoll that had the old one by one of them have the new one by the same. A set knows what it watches by open file and
 * number, and the number is that of who adds it: so a thread does that which has a table of descriptors of its own,
 * where it may use any number.
 *
 * What can't be reached is descriptors of other processes, for which one may be given with an answer to a call of
 * theirs only, and sets that none but they have.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <skiff/slab.h>

#include "program/program.h"

/* Descriptors for one socket, and entries in sets; more of either are left as they are. */
#define NUMBERS_MAX 32
#define ENTRIES_MAX 64

/**
 * struct entry - what a set has to say of the socket
 * @set: a descriptor of ours
 * @fd: the program's number that was added to it
 * @event: for what, and with which data
 */
struct entry {
	int set;
	int fd;
	struct epoll_event event;
};

/**
 * struct exchange - one that is under way
 * @task: whose descriptors they are
 * @inode: of the old end
 * @old: ours for it
 * @new: ours for the new one
 * @number: the program's for the old one, first the one that the call is about
 * @nr_numbers: how many
 * @entry: in sets
 * @nr_entries: how many
 */
struct exchange {
	const struct task *task;
	u64 inode;
	int old, new;
	int number[NUMBERS_MAX];
	int nr_numbers;
	struct entry entry[ENTRIES_MAX];
	int nr_entries;
};

/* A number in a line of what /proc tells of a set. */
static u64 field(const char *line, const char *name, int base)
{
	const char *at = strstr(line, name);

	return at ? strtoull(at + strlen(name), NULL, base) : 0;
}

static void note_entry(struct exchange *x, int set, const char *line)
{
	struct entry *entry = &x->entry[x->nr_entries];

	if (strncmp(line, "tfd:", 4) != 0 || field(line, " ino:", 16) != x->inode)
		return;
	if (x->nr_entries == ENTRIES_MAX)
		return;
	entry->set = fcntl(set, F_DUPFD_CLOEXEC, 0);
	if (entry->set < 0)
		return;
	entry->fd = (int)field(line, "tfd:", 10);
	entry->event.events = (u32)field(line, "events:", 16);
	entry->event.data.u64 = field(line, "data:", 16);
	x->nr_entries++;
}

static void note_set(struct exchange *x, int fd)
{
	int set = task_borrow(x->task, fd);
	char path[64], *line = NULL;
	size_t size = 0;
	FILE *info;

	if (set < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", set);
	info = fopen(path, "re");
	while (info && getline(&line, &size, info) > 0)
		note_entry(x, set, line);
	if (info)
		fclose(info);
	free(line);
	close(set);
}

static void note_descriptor(struct exchange *x, int fd)
{
	char kind[64], sought[64];

	if (task_fd_link(x->task, fd, kind, sizeof(kind)))
		return;
	snprintf(sought, sizeof(sought), "socket:[%llu]", (unsigned long long)x->inode);
	if (!strcmp(kind, sought) && x->nr_numbers < NUMBERS_MAX)
		x->number[x->nr_numbers++] = fd;
	else if (!strcmp(kind, "anon_inode:[eventpoll]"))
		note_set(x, fd);
}

static void note_all(struct exchange *x, int first)
{
	int size = task_fd_size(x->task);

	note_descriptor(x, first);
	for (int fd = 0; fd < size; fd++)
		if (fd != first)
			note_descriptor(x, fd);
}

/* Descriptors at or above @from. Return: whether there are such. */
static bool move_up(int *fd, int n, int from)
{
	bool all = true;

	for (int i = 0; i < n; i++) {
		fd[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, from);
		all &= fd[i] >= 0;
	}
	return all;
}

/* In a table of our own, where all that is needed is above the numbers that are to be used. */
static void exchange_entries(const struct exchange *x)
{
	int fd[ENTRIES_MAX + 2] = { x->old, x->new }, top = 0;

	for (int i = 0; i < x->nr_entries; i++) {
		fd[2 + i] = x->entry[i].set;
		top = max_t(int, top, x->entry[i].fd + 1);
	}
	if (!move_up(fd, 2 + x->nr_entries, top))
		return;
	for (int i = 0; i < x->nr_entries; i++) {
		struct entry e = x->entry[i];

		/* One that has told of something once, and was not set again, tells of errors and the end. */
		if (dup2(fd[0], e.fd) == e.fd)
			epoll_ctl(fd[2 + i], EPOLL_CTL_DEL, e.fd, NULL);
		if (dup2(fd[1], e.fd) == e.fd)
			epoll_ctl(fd[2 + i], EPOLL_CTL_ADD, e.fd, &e.event);
	}
}

static void *with_own_table(void *arg)
{
	if (!unshare(CLONE_FILES))
		exchange_entries(arg);
	return NULL;
}

/* No handler is to run there, to which a descriptor would be another one. */
static void tell_sets(struct exchange *x)
{
	sigset_t all, before;
	pthread_t thread;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!pthread_create(&thread, NULL, with_own_table, x))
		pthread_join(thread, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* What is set of the pair itself. */
static void copy_settings(int old, int new)
{
	static const int names[] = { SO_RCVTIMEO, SO_SNDTIMEO, SO_OOBINLINE };
	struct f_owner_ex owner;
	char val[sizeof(struct timeval)];
	socklen_t len;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		len = sizeof(val);
		if (!getsockopt(old, SOL_SOCKET, names[i], val, &len))
			setsockopt(new, SOL_SOCKET, names[i], val, len);
	}
	if (!fcntl(old, F_GETOWN_EX, &owner) && owner.pid)
		fcntl(new, F_SETOWN_EX, &owner);
	fcntl(new, F_SETFL, fcntl(old, F_GETFL));
}

/* Return: how many descriptors have the new end now, or -errno if none has. */
static int give(struct exchange *x, const struct call *call)
{
	int given = 0, err = -EBADF;

	for (int i = 0; i < x->nr_numbers; i++) {
		int fd = x->number[i], flags = task_fd_flags(x->task, fd);

		/* Other threads go on, and may have closed it. */
		if (flags < 0 || task_socket_inode(x->task, fd) != (s64)x->inode)
			continue;
		err = notify_replace_fd(call->session->watch.fd, call->req.id, x->new, fd,
					flags & O_CLOEXEC);
		given += err >= 0;
	}
	return given ? given : err;
}

int exchange_end(const struct call *call, u64 inode, int old, int new)
{
	struct exchange *x = kzalloc(sizeof(*x), GFP_KERNEL);
	int err;

	if (!x)
		return -ENOMEM;
	x->task = call->task;
	x->inode = inode;
	x->old = old;
	x->new = new;
	note_all(x, call_int(call, 0));
	copy_settings(old, new);
	err = give(x, call);
	if (err > 0 && x->nr_entries)
		tell_sets(x);
	for (int i = 0; i < x->nr_entries; i++)
		close(x->entry[i].set);
	kfree(x);
	return err < 0 ? err : 0;
}
