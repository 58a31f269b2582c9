// SPDX-License-Identifier: BSD-2-Clause
/* The ioctls of a seccomp listener. */
#include "program/notify.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

/* Since Linux 6.6; headers may be older. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

void notify_prepare(int listener)
{
	/* An older kernel refuses it, and is slower. */
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

int notify_receive(int listener, struct seccomp_notif *call)
{
	memset(call, 0, sizeof(*call));
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, call) ? -errno : 0;
}

int notify_answer(int listener, u64 id, s64 result)
{
	struct seccomp_notif_resp resp = { .id = id };

	if (result < 0)
		resp.error = (__s32)result;
	else
		resp.val = result;
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) ? -errno : 0;
}

int notify_continue(int listener, u64 id)
{
	struct seccomp_notif_resp resp = { .id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) ? -errno : 0;
}

static int add_fd(int listener, const struct seccomp_notif_addfd *add)
{
	int fd = ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, add);

	return fd < 0 ? -errno : fd;
}

int notify_answer_fd(int listener, u64 id, int fd, u32 flags)
{
	const struct seccomp_notif_addfd add = {
		.id = id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.srcfd = (__u32)fd,
		.newfd_flags = flags,
	};

	return add_fd(listener, &add);
}

int notify_replace_fd(int listener, u64 id, int fd, int target, u32 flags)
{
	const struct seccomp_notif_addfd add = {
		.id = id,
		.flags = SECCOMP_ADDFD_FLAG_SETFD,
		.srcfd = (__u32)fd,
		.newfd = (__u32)target,
		.newfd_flags = flags,
	};

	return add_fd(listener, &add);
}

bool notify_alive(int listener, u64 id)
{
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}
