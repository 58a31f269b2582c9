// SPDX-License-Identifier: BSD-2-Clause
/*
 * Threads of programs. A pidfd and an open directory of /proc belong to one thread for ever, while its
 * number may become another's: what is cached is right or fails.
 */
#include "program/task.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skiff/kernel.h>
#include <skiff/slab.h>

/* Linux 6.9: a pidfd of a thread that leads no group. */
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

/* Descriptors that are looked through where they can't be listed. */
#define BORROWED_MAX 1024

static struct hlist_head *bucket_of(struct tasks *tasks, pid_t tid)
{
	return &tasks->bucket[(unsigned int)tid % TASK_BUCKETS];
}

void tasks_init(struct tasks *tasks, int max)
{
	memset(tasks, 0, sizeof(*tasks));
	tasks->max = max;
	INIT_LIST_HEAD(&tasks->lru);
}

void tasks_forget(struct tasks *tasks, struct task *task)
{
	hlist_del_init(&task->node);
	list_del(&task->lru);
	tasks->nr--;
	close(task->pidfd);
	close(task->fd_dir);
	kfree(task);
}

void tasks_exit(struct tasks *tasks)
{
	struct task *task, *next;

	list_for_each_entry_safe(task, next, &tasks->lru, lru)
		tasks_forget(tasks, task);
}

/* A number of /proc/TID/status, by its name and colon; -1: it is not there. */
static long status_of(pid_t tid, const char *name)
{
	char path[64], line[128];
	long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	while (f && value < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			value = strtol(line + strlen(name), NULL, 10);
	if (f)
		fclose(f);
	return value;
}

static int open_pidfd(pid_t tid)
{
	int fd = (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);

	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(SYS_pidfd_open, status_of(tid, "Tgid:"), 0);
	return fd;
}

bool task_is_alive(const struct task *task)
{
	return syscall(SYS_pidfd_send_signal, task->pidfd, 0, NULL, 0) == 0 || errno == EPERM;
}

void tasks_sweep(struct tasks *tasks)
{
	struct task *task, *next;

	list_for_each_entry_safe(task, next, &tasks->lru, lru)
		if (!task_is_alive(task))
			tasks_forget(tasks, task);
}

static struct task *meet(struct tasks *tasks, pid_t tid)
{
	struct task *task = kzalloc(sizeof(*task), GFP_KERNEL);
	char path[64];

	if (!task)
		return NULL;
	snprintf(path, sizeof(path), "/proc/%d/fd", tid);
	task->tid = tid;
	task->is_new = true;
	task->pidfd = open_pidfd(tid);
	task->fd_dir = task->pidfd < 0 ? -1 : open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (task->fd_dir < 0) {
		int err = errno;

		if (task->pidfd >= 0)
			close(task->pidfd);
		kfree(task);
		errno = err;
		return NULL;
	}
	if (tasks->nr >= tasks->max)
		tasks_forget(tasks, list_last_entry(&tasks->lru, struct task, lru));
	hlist_add_head(&task->node, bucket_of(tasks, tid));
	list_add(&task->lru, &tasks->lru);
	tasks->nr++;
	return task;
}

struct task *tasks_get(struct tasks *tasks, pid_t tid)
{
	struct task *task;

	hlist_for_each_entry(task, bucket_of(tasks, tid), node) {
		if (task->tid != tid)
			continue;
		if (tasks->lru.next != &task->lru) {
			list_del(&task->lru);
			list_add(&task->lru, &tasks->lru);
		}
		return task;
	}
	return meet(tasks, tid);
}

int task_read(const struct task *task, void *to, u64 from, size_t len)
{
	const struct iovec local = { to, len }, remote = { (void *)(uintptr_t)from, len };
	ssize_t n;

	if (!len)
		return 0;
	n = process_vm_readv(task->tid, &local, 1, &remote, 1, 0);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EFAULT;
}

int task_write(const struct task *task, u64 to, const void *from, size_t len)
{
	const struct iovec local = { (void *)(uintptr_t)from, len };
	const struct iovec remote = { (void *)(uintptr_t)to, len };
	ssize_t n;

	if (!len)
		return 0;
	n = process_vm_writev(task->tid, &local, 1, &remote, 1, 0);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EFAULT;
}

int task_write_two(const struct task *task, u64 to1, const void *from1, size_t len1, u64 to2,
		   const void *from2, size_t len2)
{
	const struct iovec local[] = { { (void *)(uintptr_t)from1, len1 },
				       { (void *)(uintptr_t)from2, len2 } };
	const struct iovec remote[] = { { (void *)(uintptr_t)to1, len1 },
					{ (void *)(uintptr_t)to2, len2 } };
	ssize_t n = process_vm_writev(task->tid, local, 2, remote, 2, 0);

	if (n < 0)
		return -errno;
	return (size_t)n == len1 + len2 ? 0 : -EFAULT;
}

ssize_t task_gather(const struct task *task, void *to, size_t len, const struct iovec *from, int n)
{
	const struct iovec local = { to, len };
	ssize_t got = len ? process_vm_readv(task->tid, &local, 1, from, (unsigned long)n, 0) : 0;

	return got < 0 ? -errno : got;
}

ssize_t task_scatter(const struct task *task, const struct iovec *to, int n, const void *from,
		     size_t len)
{
	const struct iovec local = { (void *)(uintptr_t)from, len };
	ssize_t put = len ? process_vm_writev(task->tid, &local, 1, to, (unsigned long)n, 0) : 0;

	return put < 0 ? -errno : put;
}

/*
 * The descriptors of a process that has closed itself (PR_SET_DUMPABLE) or is another user's are files of root or
 * of that user in /proc, and the right to look into the process does not help. Borrowing goes by that right.
 */
static s64 borrowed_inode(const struct task *task, int fd)
{
	int own = task_borrow(task, fd), err;
	struct stat st;

	if (own < 0)
		return own;
	err = fstat(own, &st) ? -errno : 0;
	close(own);
	if (err)
		return err;
	return S_ISSOCK(st.st_mode) ? (s64)st.st_ino : 0;
}

static s64 socket_inode(int fd_dir, const char *name)
{
	static const char prefix[] = "socket:[";
	char link[64];
	ssize_t n;

	n = readlinkat(fd_dir, name, link, sizeof(link) - 1);
	if (n < 0)
		return -errno;
	link[n] = '\0';
	if (strncmp(link, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	return strtoll(link + sizeof(prefix) - 1, NULL, 10);
}

s64 task_socket_inode(const struct task *task, int fd)
{
	char name[16];
	s64 inode;

	if (fd < 0)
		return -EBADF;
	snprintf(name, sizeof(name), "%d", fd);
	inode = socket_inode(task->fd_dir, name);
	return inode == -EACCES ? borrowed_inode(task, fd) : inode;
}

int task_borrow(const struct task *task, int fd)
{
	int own = (int)syscall(SYS_pidfd_getfd, task->pidfd, fd, 0);

	return own < 0 ? -errno : own;
}

int task_fd_link(const struct task *task, int fd, char *link, size_t size)
{
	char path[64];
	ssize_t n;
	int own;

	snprintf(path, sizeof(path), "%d", fd);
	n = readlinkat(task->fd_dir, path, link, size - 1);
	/* Its descriptors are closed to us, unless they are borrowed. */
	if (n < 0 && errno == EACCES) {
		own = task_borrow(task, fd);
		if (own < 0)
			return own;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", own);
		n = readlink(path, link, size - 1);
		close(own);
	}
	if (n < 0)
		return -errno;
	link[n] = '\0';
	return 0;
}

int task_fd_size(const struct task *task)
{
	return (int)status_of(task->tid, "FDSize:");
}

bool is_shortage(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM;
}

/* The number of a socket in a task's table; -ENOENT, or what kept us from looking. */
static int fd_of_inode(const struct task *task, u64 inode)
{
	char path[64];
	struct dirent *entry;
	int found = -ENOENT;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", task->tid);
	dir = opendir(path);
	while (dir && found < 0 && (entry = readdir(dir))) {
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (entry->d_name[0] != '.' && task_socket_inode(task, fd) == (s64)inode)
			found = fd;
	}
	if (dir)
		closedir(dir);
	else if (errno == EACCES)
		for (int fd = 0; fd < BORROWED_MAX && found < 0; fd++)
			if (task_socket_inode(task, fd) == (s64)inode)
				found = fd;
	if (!dir && found < 0 && is_shortage(-errno))
		found = -errno;
	return found;
}

int tasks_search(struct tasks *tasks, u64 inode, pid_t *tid, int *fd)
{
	struct task *task;
	struct stat st;

	list_for_each_entry(task, &tasks->lru, lru) {
		int there = fd_of_inode(task, inode);
		int own = there < 0 ? there : task_borrow(task, there);

		if (is_shortage(own))
			return own;
		if (own < 0)
			continue;
		if (!fstat(own, &st) && st.st_ino == inode) {
			*tid = task->tid;
			*fd = there;
			return own;
		}
		close(own);
	}
	return -ENOENT;
}

int task_fd_flags(const struct task *task, int fd)
{
	char path[64], text[256], *at;
	ssize_t n = -1;
	int own;

	snprintf(path, sizeof(path), "../fdinfo/%d", fd);
	own = openat(task->fd_dir, path, O_RDONLY | O_CLOEXEC);
	/* By way of the descriptors, which may be closed; its call waits, so the number is its own still. */
	if (own < 0 && errno == EACCES) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", task->tid, fd);
		own = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (own >= 0) {
		n = read(own, text, sizeof(text) - 1);
		close(own);
	}
	if (n < 0)
		return -EBADF;
	text[n] = '\0';
	at = strstr(text, "flags:");
	return at ? (int)strtol(at + 6, NULL, 8) : -EBADF;
}

static bool is_number(const char *name)
{
	return name[0] >= '0' && name[0] <= '9';
}

static void sockets_of(pid_t pid, void (*fn)(void *arg, pid_t pid, int fd, u64 inode), void *arg)
{
	char path[64];
	struct dirent *entry;
	s64 inode;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		inode = is_number(entry->d_name) ? socket_inode(dirfd(dir), entry->d_name) : 0;
		if (inode > 0)
			fn(arg, pid, (int)strtol(entry->d_name, NULL, 10), (u64)inode);
	}
	if (dir)
		closedir(dir);
}

void sockets_of_all(void (*fn)(void *arg, pid_t pid, int fd, u64 inode), void *arg)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	while (dir && (entry = readdir(dir)))
		if (is_number(entry->d_name))
			sockets_of((pid_t)strtol(entry->d_name, NULL, 10), fn, arg);
	if (dir)
		closedir(dir);
}
