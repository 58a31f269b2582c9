/* SPDX-License-Identifier: BSD-2-Clause */
/* The stack under packetdrill: one host on a virtual clock, and the calls between the files here. */
#ifndef PACKETDRILL_ADAPTER_H
#define PACKETDRILL_ADAPTER_H

#include <errno.h>
#include <limits.h>
#include <pthread.h>

#include <skiff/list.h>
#include <skiff/netdevice.h>
#include <skiff/skiff.h>

#include "interface.h"

/* Descriptors of the process that can be ours; a script has a handful. */
#define PD_FILES 1024

/* One attempt of a call. Return: its result; -1 with EAGAIN when it would have to wait. */
typedef long pd_attempt_fn(void *arg);

/**
 * struct pd_wait - a call that waits
 * @attempt: tried again whenever something has happened
 * @arg: handed to it
 * @deadline: KTIME_MAX for none
 * @ret: the result
 * @err: errno with it
 * @done: it is there
 */
struct pd_wait {
	pd_attempt_fn *attempt;
	void *arg;
	ktime_t deadline;
	long ret;
	int err;
	bool done;
};

/**
 * struct pd_file - what a descriptor of the process stands for
 * @fd: of skiff's; meaningless unless @used
 * @used: it is one of ours
 * @nonblock: as the script sees it; to skiff all are
 */
struct pd_file {
	int fd;
	bool used;
	bool nonblock;
};

/**
 * struct pd - the stack
 * @lock: held in every call, let go only while one waits
 * @main: the thread that moves the clock; the other one makes the calls that a script says to block
 * @clock: virtual
 * @net: the host
 * @dev: tun0
 * @sent: what it sent and packetdrill has not asked for
 * @files: by descriptor of the process
 * @blocked: the call that the other thread waits in
 * @woken: it has an answer and has not read the clock since
 * @returned: it has, but may not be done with what follows from it
 * @other: the number of that thread
 * @wake: tells it so
 * @read: it has read the clock
 * @ctl: commands of the script's shell, -1 without
 * @ctl_path: where they come from
 */
struct pd {
	pthread_mutex_t lock;
	pthread_t main;
	struct skiff_clock *clock;
	struct net *net;
	struct net_device *dev;
	struct list_head sent;
	struct pd_file files[PD_FILES];
	struct pd_wait *blocked;
	bool woken;
	bool returned;
	pid_t other;
	pthread_cond_t wake;
	pthread_cond_t read;
	int ctl;
	char ctl_path[PATH_MAX];
};

/* Say what is wrong and end the process: the script has failed. */
_Noreturn void pd_die(const char *fmt, ...) __printf(1, 2);

/* Every call begins and ends with these; pd_leave() keeps errno and hands on @ret. */
struct pd *pd_enter(void *u);
long pd_leave(struct pd *pd, long ret);

/* time.c */
void pd_time_init(struct pd *pd);
void pd_time_exit(struct pd *pd);
/* What is due now is done, and a call that waited for it has its answer. */
void pd_settle(struct pd *pd);
/* Try until it works, or @deadline; unless @wait, once. Return: as the attempt. */
long pd_wait(struct pd *pd, bool wait, ktime_t deadline, pd_attempt_fn *attempt, void *arg);
int pd_usleep(void *u, useconds_t usecs);
int pd_gettimeofday(void *u, struct timeval *tv, struct timezone *tz);
int pd_netdev_receive(void *u, void *buf, size_t *count, long long *time_usecs);

/* device.c */
void pd_device_create(struct pd *pd, __be32 addr, unsigned int plen, __be32 remote, int mtu);
void pd_device_purge(struct pd *pd);
/* Take the oldest packet that was sent. Return: whether there is one. */
bool pd_device_take(struct pd *pd, void *buf, size_t *count, long long *time_usecs);
int pd_netdev_send(void *u, const void *buf, size_t count);

/* queue.c: at most @limit packets wait in front of the device. Stack lock. */
void pd_queue(struct net_device *dev, unsigned int limit);

/* files.c */
bool pd_is_ours(const struct pd *pd, int fd);
/* skiff's descriptor; -1, which no call takes for one, when @fd is not ours. */
int pd_fd(const struct pd *pd, int fd);
/* Give the process a descriptor for skiff's @fd, which may be -1 with errno. Return: the same. */
int pd_install(struct pd *pd, int fd, bool nonblock);
int pd_close_file(struct pd *pd, int fd);
int pd_close(void *u, int fd);
int pd_fcntl(void *u, int fd, int cmd, ...);
int pd_ioctl(void *u, int fd, unsigned long request, ...);

/* calls.c, transfer.c, events.c, pipe.c: fill their part of the table. */
void pd_calls(struct packetdrill_interface *ifc);
void pd_transfers(struct packetdrill_interface *ifc);
void pd_events(struct packetdrill_interface *ifc);
void pd_pipes(struct packetdrill_interface *ifc);

/* transfer.c: send @len bytes as write() does. */
long pd_send_bytes(struct pd *pd, int fd, const void *buf, size_t len, int flags);
long pd_recv_bytes(struct pd *pd, int fd, void *buf, size_t len, int flags);

/* pipe.c */
ssize_t pd_sendfile(struct pd *pd, int out, int in, off_t *off, size_t len);

/* control.c */
void pd_control_init(struct pd *pd, const char *path);
void pd_control_exit(struct pd *pd);
void pd_control_run(struct pd *pd);

/* report.c: files that the script's shell reads, beside the control file. */
void pd_report_counters(struct pd *pd);
void pd_report_sockets(struct pd *pd);

/* preload.c: calls that packetdrill makes to the C library come here as well. */
void pd_preload_init(struct pd *pd);
void pd_preload_exit(void);

#endif /* PACKETDRILL_ADAPTER_H */
