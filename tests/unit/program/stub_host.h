/* SPDX-License-Identifier: BSD-2-Clause */
/* A host without a network: an epoll loop, and socket() answered with one end of a pair that says "hello". */
#ifndef TESTS_STUB_HOST_H
#define TESTS_STUB_HOST_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/seccomp.h>

#include "program/control.h"

#define STUB_WATCHES 256
#define STUB_HELLO "hello"

/* What a stub does with a listener. */
enum stub_attach { STUB_SERVES, STUB_REFUSES };

struct stub_watch {
	int fd;
	void (*ready)(void *arg, u32 events);
	void *arg;
};

/**
 * struct stub_host - the host
 * @epoll: its loop
 * @watch: what it watches
 * @control: under test
 * @attach: what it does with a listener
 * @stopped: end the loop
 * @idle: times that it was told so
 * @downs: the same of the end
 * @dns: of furnishing, or NULL
 * @cable: what was asked for as the last one
 */
struct stub_host {
	int epoll;
	struct stub_watch watch[STUB_WATCHES];
	struct control *control;
	enum stub_attach attach;
	bool stopped;
	int idle;
	int downs;
	const char *dns;
	char cable[256];
};

static struct stub_host host;

static inline int stub_watch(void *h, int fd, u32 events, void (*ready)(void *arg, u32 events),
			     void *arg)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	if (fd >= STUB_WATCHES || epoll_ctl(host.epoll, EPOLL_CTL_ADD, fd, &event))
		return -EINVAL;
	host.watch[fd] = (struct stub_watch){ fd, ready, arg };
	return 0;
}

static inline void stub_unwatch(void *h, int fd)
{
	epoll_ctl(host.epoll, EPOLL_CTL_DEL, fd, NULL);
	host.watch[fd].ready = NULL;
}

static inline void stub_answer_socket(int listener, u64 id)
{
	struct seccomp_notif_addfd add = { .id = id, .flags = SECCOMP_ADDFD_FLAG_SEND };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return;
	if (write(pair[0], STUB_HELLO, sizeof(STUB_HELLO)) < 0)
		abort();
	close(pair[0]);
	add.srcfd = (u32)pair[1];
	ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	close(pair[1]);
}

static inline void stub_calls(void *arg, u32 events)
{
	int listener = (int)(intptr_t)arg;
	struct seccomp_notif call;
	struct seccomp_notif_resp no = { .error = -EOPNOTSUPP };

	memset(&call, 0, sizeof(call));
	if (!(events & EPOLLIN)) {
		stub_unwatch(NULL, listener);
		close(listener);
		return;
	}
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
		return;
	no.id = call.id;
	if (call.data.nr == SYS_socket)
		stub_answer_socket(listener, call.id);
	else
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &no);
}

static inline int stub_attach(void *h, int listener, struct image *image, const char *lines,
			      void **kept)
{
	if (host.attach == STUB_REFUSES) {
		close(listener);
		return -ENOSPC;
	}
	return stub_watch(NULL, listener, EPOLLIN, stub_calls, (void *)(intptr_t)listener);
}

static inline void stub_detach(void *h, void *kept)
{
}

static inline void stub_furnish(void *h, FILE *out)
{
	if (host.dns)
		fprintf(out, "dns %s\n", host.dns);
}

static inline void stub_describe(void *h, FILE *out)
{
	fputs("device eth0 192.0.2.2/24\n", out);
}

static inline void stub_down(void *h)
{
	host.downs++;
}

/* Says so at the other end. */
static inline int stub_lay_cable(void *h, int fd, const char *text, char *err, size_t err_size)
{
	snprintf(host.cable, sizeof(host.cable), "%s", text);
	if (strcmp(text, "veth,name=taken") == 0) {
		snprintf(err, err_size, "name=taken: taken");
		return -EEXIST;
	}
	return write(fd, STUB_HELLO, sizeof(STUB_HELLO)) < 0 ? -errno : 0;
}

static inline void stub_idle(void *h)
{
	host.idle++;
	host.stopped = true;
}

static const struct control_ops stub_ops = {
	.watch = stub_watch,
	.unwatch = stub_unwatch,
	.attach = stub_attach,
	.detach = stub_detach,
	.furnish = stub_furnish,
	.describe = stub_describe,
	.down = stub_down,
	.lay_cable = stub_lay_cable,
	.idle = stub_idle,
};

/* One turn of the loop, of at most @timeout milliseconds. Return: whether something has happened. */
static inline bool stub_turn(int timeout)
{
	struct epoll_event event;

	if (epoll_wait(host.epoll, &event, 1, timeout) <= 0)
		return false;
	if (host.watch[event.data.fd].ready)
		host.watch[event.data.fd].ready(host.watch[event.data.fd].arg, event.events);
	return true;
}

/* Until it is idle; half a minute without anything is a failure. */
static inline void stub_run(void)
{
	while (!host.stopped)
		if (!stub_turn(30000))
			abort();
}

/* Return: 0. */
static inline int stub_create(void)
{
	memset(&host, 0, sizeof(host));
	host.epoll = epoll_create1(EPOLL_CLOEXEC);
	host.control = control_create(&stub_ops, NULL);
	return host.epoll < 0 || !host.control;
}

static inline void stub_destroy(void)
{
	control_destroy(host.control);
	close(host.epoll);
}

/* A directory that nobody else uses. Return: its descriptor. */
static inline int stub_directory(char path[32])
{
	strcpy(path, "/tmp/skiff-test-XXXXXX");
	if (!mkdtemp(path))
		return -1;
	return open(path, O_DIRECTORY | O_CLOEXEC);
}

#endif /* TESTS_STUB_HOST_H */
