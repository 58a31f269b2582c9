// SPDX-License-Identifier: BSD-2-Clause
/*
 * Another open file behind a program's descriptors.
 *
 * A socket of the kernel's that has lost its other end gets no new one, so that a socket that begins again has
 * another pair. The program is not to notice: all its descriptors for the socket get the new end, and the sets of
 * epoll that had the old one by one of them have the new one by the same. A set knows what it watches by open file and
 * number, and the number is that of who adds it: so a thread does that which has a table of descriptors of its own,
 * where it may use any number. A set has the new end before the program does, and the old one until then: another
 * thread of the program's may change what it is told of at any time.
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
 * @is_changed: that was changed before the new end was there
 */
struct entry {
	int set;
	int fd;
	struct epoll_event event;
	bool is_changed;
};

/**
 * struct exchange - one that is under way
 * @task: whose descriptors they are
 * @inode: of the old end
 * @old: ours for it
 * @new: ours for the new one
 * @number: the program's for the old one, first the one that the call is about
 * @nr_numbers: how many
 * @is_given: they are the program's for the new one
 * @entry: in sets
 * @nr_entries: how many
 */
struct exchange {
	const struct task *task;
	u64 inode;
	int old, new;
	int number[NUMBERS_MAX];
	int nr_numbers;
	bool is_given;
	struct entry entry[ENTRIES_MAX];
	int nr_entries;
};

/* A number in a line of what /proc tells of a set. */
static u64 field(const char *line, const char *name, int base)
{
	const char *at = strstr(line, name);

	return at ? strtoull(at + strlen(name), NULL, base) : 0;
}

/* Return: whether a line is about the socket, and then what it says. */
static bool parse_entry(const struct exchange *x, const char *line, struct entry *entry)
{
	if (strncmp(line, "tfd:", 4) != 0 || field(line, " ino:", 16) != x->inode)
		return false;
	entry->fd = (int)field(line, "tfd:", 10);
	entry->event.events = (u32)field(line, "events:", 16);
	entry->event.data.u64 = field(line, "data:", 16);
	return true;
}

static void note_entry(struct exchange *x, int set, const char *line)
{
	struct entry *entry = &x->entry[x->nr_entries];

	if (x->nr_entries == ENTRIES_MAX || !parse_entry(x, line, entry))
		return;
	entry->set = fcntl(set, F_DUPFD_CLOEXEC, 0);
	if (entry->set >= 0)
		x->nr_entries++;
}

/* The same entry again. */
static void note_change(struct exchange *x, int set, const char *line)
{
	struct entry now;

	if (!parse_entry(x, line, &now))
		return;
	for (int i = 0; i < x->nr_entries; i++) {
		struct entry *entry = &x->entry[i];

		if (entry->set != set || entry->fd != now.fd ||
		    (entry->event.events == now.event.events &&
		     entry->event.data.u64 == now.event.data.u64))
			continue;
		entry->event = now.event;
		entry->is_changed = true;
	}
}

/* What a set of ours has to say, line by line. */
static void read_set(struct exchange *x, int set,
		     void (*fn)(struct exchange *x, int set, const char *line))
{
	char path[64], *line = NULL;
	size_t size = 0;
	FILE *info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", set);
	info = fopen(path, "re");
	while (info && getline(&line, &size, info) > 0)
		fn(x, set, line);
	if (info)
		fclose(info);
	free(line);
}

static void note_set(struct exchange *x, int fd)
{
	int set = task_borrow(x->task, fd);

	if (set < 0)
		return;
	read_set(x, set, note_entry);
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

/* @old, @new, @set: ours */
static void change_entry(const struct exchange *x, struct entry e, int old, int new, int set)
{
	if (!x->is_given) {
		/* One that has told of something once, and was not set again, tells of errors and the end. */
		if (dup2(new, e.fd) == e.fd)
			epoll_ctl(set, EPOLL_CTL_ADD, e.fd, &e.event);
		return;
	}
	if (e.is_changed && dup2(new, e.fd) == e.fd)
		epoll_ctl(set, EPOLL_CTL_MOD, e.fd, &e.event);
	if (dup2(old, e.fd) == e.fd)
		epoll_ctl(set, EPOLL_CTL_DEL, e.fd, NULL);
}

/* In a table of our own, where all that is needed is above the numbers that are to be used. */
static void change_entries(const struct exchange *x)
{
	int fd[ENTRIES_MAX + 2] = { x->old, x->new }, top = 0;

	for (int i = 0; i < x->nr_entries; i++) {
		fd[2 + i] = x->entry[i].set;
		top = max_t(int, top, x->entry[i].fd + 1);
	}
	if (!move_up(fd, 2 + x->nr_entries, top))
		return;
	for (int i = 0; i < x->nr_entries; i++)
		change_entry(x, x->entry[i], fd[0], fd[1], fd[2 + i]);
}

static void *with_own_table(void *arg)
{
	if (!unshare(CLONE_FILES))
		change_entries(arg);
	return NULL;
}

/* No handler is to run there, to which a descriptor would be another one. */
static void tell_sets(struct exchange *x)
{
	sigset_t all, before;
	pthread_t thread;

	if (!x->nr_entries)
		return;
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
	tell_sets(x);
	err = give(x, call);
	x->is_given = err > 0;
	for (int i = 0; x->is_given && i < x->nr_entries; i++)
		read_set(x, x->entry[i].set, note_change);
	/* Of an end that is nobody's they know nothing when that is closed. */
	if (x->is_given)
		tell_sets(x);
	for (int i = 0; i < x->nr_entries; i++)
		close(x->entry[i].set);
	kfree(x);
	return err < 0 ? err : 0;
}
