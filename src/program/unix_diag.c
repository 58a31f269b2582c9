// SPDX-License-Identifier: BSD-2-Clause
/* Asking the kernel for a socket of AF_UNIX by its inode. */
#include "program/unix_diag.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

/* Of whatever cookie: inodes are all that we know. */
#define ANY_COOKIE 0xffffffffU

int unix_diag_has(int fd, u64 inode)
{
	const struct {
		struct nlmsghdr head;
		struct unix_diag_req body;
	} request = {
		.head = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.body = {
			.sdiag_family = AF_UNIX,
			.udiag_states = ~0U,
			.udiag_ino = (u32)inode,
			.udiag_cookie = { ANY_COOKIE, ANY_COOKIE },
		},
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char more[256];
	} answer;
	ssize_t n;

	if (send(fd, &request, sizeof(request), MSG_DONTWAIT) < 0)
		return -errno;
	/* The kernel has answered when send() returns. */
	n = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	if (n < (ssize_t)sizeof(answer.head))
		return -EPROTO;
	if (answer.head.nlmsg_type == SOCK_DIAG_BY_FAMILY)
		return 1;
	if (answer.head.nlmsg_type != NLMSG_ERROR ||
	    n < (ssize_t)NLMSG_LENGTH(sizeof(answer.error)))
		return -EPROTO;
	return answer.error.error == -ENOENT ? 0 :
	       answer.error.error	     ? answer.error.error :
					       -EPROTO;
}

int unix_diag_open(u64 known)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), has;

	if (fd < 0)
		return -errno;
	has = unix_diag_has(fd, known);
	if (has == 1)
		return fd;
	close(fd);
	return has < 0 ? has : -EOPNOTSUPP;
}
