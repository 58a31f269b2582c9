/* SPDX-License-Identifier: BSD-2-Clause */
/* One sendmsg() or recvmsg() of the program, checked and brought into the stack's form. */
#ifndef SOCKET_MESSAGE_H
#define SOCKET_MESSAGE_H

#include <limits.h>

#include <skiff/uio.h>

#include "socket/file.h"

/* Linux's limit on the bytes of one call: a whole number of pages below 2 GB. */
#define MESSAGE_MAX ((size_t)(INT_MAX & ~4095))
/* Control messages up to this size are copied without allocating. */
#define MESSAGE_CONTROL_INLINE 256

/**
 * struct message - the call
 * @m: what the family gets; its pointers lead into the rest or to the program
 * @addr: the address
 * @control: control messages that the program sends, where it can no longer change them
 * @control_mem: the same, when there are many
 */
struct message {
	struct skiff_msghdr m;
	struct sockaddr_storage addr;
	char control[MESSAGE_CONTROL_INLINE] __aligned(sizeof(size_t));
	void *control_mem;
};

/* One piece of memory. Return: 0, -EFAULT. */
static inline int message_single(struct skiff_msghdr *m, unsigned int direction, void *buf,
				 size_t len)
{
	if (unlikely(!buf && len))
		return -EFAULT;
	iov_iter_ubuf(&m->msg_iter, direction, buf, min(len, MESSAGE_MAX));
	return 0;
}

/* Many. Return: 0, -EINVAL, -EMSGSIZE or whatever else @too_many says. */
int message_pieces(struct skiff_msghdr *m, unsigned int direction, const struct iovec *iov,
		   size_t iovlen, int too_many);

/* Everything of a struct msghdr that is sent. message_exit() follows, also after an error. */
int message_to_send(struct message *msg, const struct msghdr *from, const struct sfile *f);
void message_exit(struct message *msg);

/* Everything of one that receives. */
int message_to_receive(struct message *msg, const struct msghdr *into);

/* And what the program gets back. */
void message_received(const struct message *msg, struct msghdr *into);

/* The calls themselves; no lock held. Return: bytes or -errno. */
long send_message(struct sfile *f, struct skiff_msghdr *m, unsigned int flags);
long receive_message(struct sfile *f, struct skiff_msghdr *m, unsigned int flags);

#endif /* SOCKET_MESSAGE_H */
