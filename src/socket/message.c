// SPDX-License-Identifier: BSD-2-Clause
/* struct msghdr of the C library, checked and brought into the stack's form. */
#include "socket/message.h"

#include <skiff/slab.h>
#include <skiff/sock.h>

/* Linux's UIO_MAXIOV. */
#define PIECES_MAX 1024

static int add_up(const struct iovec *iov, size_t iovlen, size_t *total)
{
	*total = 0;
	for (size_t i = 0; i < iovlen; i++) {
		if ((ssize_t)iov[i].iov_len < 0)
			return -EINVAL;
		if (!iov[i].iov_base && iov[i].iov_len)
			return -EFAULT;
		/* What is beyond the limit is not looked at, as on Linux. */
		*total = min(*total + iov[i].iov_len, MESSAGE_MAX);
	}
	return 0;
}

int message_pieces(struct skiff_msghdr *m, unsigned int direction, const struct iovec *iov,
		   size_t iovlen, int too_many)
{
	size_t total;
	int err;

	if (iovlen > PIECES_MAX)
		return too_many;
	if (!iov && iovlen)
		return -EFAULT;
	err = add_up(iov, iovlen, &total);
	if (err)
		return err;
	if (iovlen == 1)
		iov_iter_ubuf(&m->msg_iter, direction, iov->iov_base, total);
	else
		iov_iter_init(&m->msg_iter, direction, iov, iovlen, total);
	return 0;
}

/*
 * The program's address, of at most the size of all families'. A longer one is cut: Linux does so
 * here, while it refuses it in sendto().
 */
static int take_address(struct message *msg, const struct msghdr *from)
{
	if (!from->msg_name)
		return 0;
	if ((int)from->msg_namelen < 0)
		return -EINVAL;
	msg->m.msg_namelen = (int)min((size_t)from->msg_namelen, sizeof(msg->addr));
	msg->m.msg_name = &msg->addr;
	memcpy(&msg->addr, from->msg_name, (size_t)msg->m.msg_namelen);
	return 0;
}

/* Copied, so that what was checked stays what it was, and is aligned. */
static int take_control(struct message *msg, const struct msghdr *from, const struct sfile *f)
{
	size_t len = from->msg_controllen;
	void *to = msg->control;

	if (!len)
		return 0;
	if (len > (size_t)sock_limits(f->sock.net)->optmem_max)
		return -ENOBUFS;
	if (!from->msg_control)
		return -EFAULT;
	if (len > sizeof(msg->control)) {
		msg->control_mem = kmalloc(len, GFP_KERNEL);
		if (!msg->control_mem)
			return -ENOBUFS;
		to = msg->control_mem;
	}
	memcpy(to, from->msg_control, len);
	msg->m.msg_control = to;
	msg->m.msg_controllen = len;
	return 0;
}

int message_to_send(struct message *msg, const struct msghdr *from, const struct sfile *f)
{
	int err;

	memset(&msg->m, 0, sizeof(msg->m));
	msg->control_mem = NULL;
	if (!from)
		return -EFAULT;
	err = take_address(msg, from);
	if (!err)
		err = message_pieces(&msg->m, ITER_SOURCE, from->msg_iov, from->msg_iovlen,
				     -EMSGSIZE);
	return err ? err : take_control(msg, from, f);
}

void message_exit(struct message *msg)
{
	kfree(msg->control_mem);
}

int message_to_receive(struct message *msg, const struct msghdr *into)
{
	memset(&msg->m, 0, sizeof(msg->m));
	msg->control_mem = NULL;
	if (!into)
		return -EFAULT;
	if (into->msg_name && (int)into->msg_namelen < 0)
		return -EINVAL;
	if (into->msg_name)
		msg->m.msg_name = &msg->addr;
	msg->m.msg_control = into->msg_control;
	msg->m.msg_controllen = into->msg_control ? into->msg_controllen : 0;
	return message_pieces(&msg->m, ITER_DEST, into->msg_iov, into->msg_iovlen, -EMSGSIZE);
}

void message_received(const struct message *msg, struct msghdr *into)
{
	if (into->msg_name) {
		memcpy(into->msg_name, &msg->addr,
		       min((size_t)into->msg_namelen, (size_t)msg->m.msg_namelen));
		into->msg_namelen = (socklen_t)msg->m.msg_namelen;
	}
	into->msg_controllen = into->msg_control ? into->msg_controllen - msg->m.msg_controllen : 0;
	into->msg_flags = (int)msg->m.msg_flags;
}
