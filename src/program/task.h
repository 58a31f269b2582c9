/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of programs: their memory and their descriptors, seen from outside. */
#ifndef SKIFF_PROGRAM_TASK_H
#define SKIFF_PROGRAM_TASK_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <skiff/list.h>
#include <skiff/types.h>

#define TASK_BUCKETS 256
#define TASKS_MAX 512

/**
 * struct task - a thread that has made a call
 * @node: in its bucket
 * @lru: among all, last used first
 * @tid: its number
 * @pidfd: what names this very thread, whoever gets the number after it
 * @fd_dir: its /proc/TID/fd
 * @is_new: nobody has looked yet whether it is who it seems to be
 */
struct task {
	struct hlist_node node;
	struct list_head lru;
	pid_t tid;
	int pidfd;
	int fd_dir;
	bool is_new;
};

/**
 * struct tasks - those that are known, a cache
 * @bucket: by number
 * @lru: last used first; the last one goes when there are too many
 * @nr: how many
 * @max: how many there may be; each costs two descriptors
 */
struct tasks {
	struct hlist_head bucket[TASK_BUCKETS];
	struct list_head lru;
	int nr;
	int max;
};

/* @max: of them at a time; TASKS_MAX at most. */
void tasks_init(struct tasks *tasks, int max);

/* Let go of all; others may be met afterwards. */
void tasks_exit(struct tasks *tasks);

/* Let go of those that have ended. */
void tasks_sweep(struct tasks *tasks);

/**
 * tasks_get() - the thread of a number
 * @tasks: the cache
 * @tid: of a call that is waiting for its answer
 *
 * It may be one that had the number before and has ended: nothing can be borrowed from such a one.
 *
 * Return: it, until the next call of tasks_get(); NULL with errno.
 */
struct task *tasks_get(struct tasks *tasks, pid_t tid);
bool task_is_alive(const struct task *task);
void tasks_forget(struct tasks *tasks, struct task *task);

/* Copy from or to the program's memory. Return: 0 or -EFAULT (or -ESRCH, -EPERM). */
int task_read(const struct task *task, void *to, u64 from, size_t len);
int task_write(const struct task *task, u64 to, const void *from, size_t len);

/* Two places at once. */
int task_write_two(const struct task *task, u64 to1, const void *from1, size_t len1, u64 to2,
		   const void *from2, size_t len2);

/* As much as there is of memory that is described by the program's own vector. Return: bytes or -errno. */
ssize_t task_gather(const struct task *task, void *to, size_t len, const struct iovec *from, int n);
ssize_t task_scatter(const struct task *task, const struct iovec *to, int n, const void *from,
		     size_t len);

/*
 * Which socket is behind a descriptor? Return: its inode, 0 for something else; a negative errno when
 * it can't be told: there is no such thread any more, no such descriptor, or /proc must not be read.
 */
s64 task_socket_inode(const struct task *task, int fd);
/* What is returned says nothing of the program: we have no room to look. */
bool is_shortage(int err);

/* A descriptor of ours for the program's, to close(). Return: it or -errno. */
int task_borrow(const struct task *task, int fd);

/* What /proc says that it is: "socket:[INODE]", "anon_inode:[eventpoll]" and the like. 0 or -errno. */
int task_fd_link(const struct task *task, int fd, char *link, size_t size);

/* All numbers of its descriptors are lower; -1: it can't be told. */
int task_fd_size(const struct task *task);

/* The O_* flags of a descriptor, O_NONBLOCK and O_CLOEXEC among them; -errno. */
int task_fd_flags(const struct task *task, int fd);

/*
 * Borrow a socket that some thread of those that are known still has: tells which, and where.
 * Return: ours; -ENOENT when nobody has it; -EMFILE, -ENFILE or -ENOMEM when that can't be told.
 */
int tasks_search(struct tasks *tasks, u64 inode, pid_t *tid, int *fd);

/* Tell of each socket that any process has whose descriptors may be looked at. */
void sockets_of_all(void (*fn)(void *arg, pid_t pid, int fd, u64 inode), void *arg);

#endif /* SKIFF_PROGRAM_TASK_H */
