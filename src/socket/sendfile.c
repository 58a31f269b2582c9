// SPDX-License-Identifier: BSD-2-Clause
/*
 * sendfile(): a file's bytes into the fragments that the send queue will own.
 *
 * A part of the file at a time is read into blocks of a buffer, which the family takes as it takes any
 * buffer of the program's (proto_ops.send_skb): the kernel's copy out of its page cache is the only one.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skiff/sock.h>

#include "socket/message.h"
#include "socket/wait.h"

/* Bytes of a part, and of a block of it. */
#define PART_MAX 65536
#define BLOCK_ORDER 3
#define BLOCK_SIZE (PAGE_SIZE << BLOCK_ORDER)
#define BLOCKS_MAX (PART_MAX / BLOCK_SIZE)

/**
 * struct file_call - a call under way
 * @fd: the file, the system's
 * @size: bytes that it seems to have; 0: not known
 * @at: where the next byte is that was not taken
 * @left: bytes that the program wants to go
 * @done: bytes that were taken
 * @skb: read and not taken
 * @wait: the program waits
 */
struct file_call {
	int fd;
	off_t size;
	off_t at;
	size_t left;
	size_t done;
	struct sk_buff *skb;
	bool wait;
};

/* Blocks for @len bytes. Return: how many, or -ENOBUFS. */
static int alloc_blocks(struct page **page, struct iovec *iov, size_t len)
{
	unsigned int order = 0;
	int n = 0;

	while (order < BLOCK_ORDER && PAGE_SIZE << order < len)
		order++;
	for (; len; n++) {
		page[n] = alloc_pages(GFP_KERNEL, order);
		if (!page[n])
			goto undo;
		iov[n] = (struct iovec){ page_address(page[n]),
					 min(len, (size_t)PAGE_SIZE << order) };
		len -= iov[n].iov_len;
	}
	return n;
undo:
	while (n--)
		put_page(page[n]);
	return -ENOBUFS;
}

/* The first @len bytes of the blocks become @skb's; blocks that are not needed go. */
static void take_blocks(struct sk_buff *skb, struct page **page, const struct iovec *iov, int n,
			size_t len)
{
	for (int i = 0; i < n; i++) {
		size_t part = min(len, iov[i].iov_len);

		if (!part) {
			put_page(page[i]);
			continue;
		}
		skb_fill_page_desc(skb, i, page[i], 0, (int)part);
		skb_len_add(skb, (int)part);
		len -= part;
	}
}

/* Read the next part. Return: it, NULL at the end of the file, or an error. */
static struct sk_buff *read_part(const struct file_call *c)
{
	struct page *page[BLOCKS_MAX];
	struct iovec iov[BLOCKS_MAX];
	struct sk_buff *skb;
	ssize_t got;
	int n;

	n = alloc_blocks(page, iov, min(c->left, (size_t)PART_MAX));
	if (n < 0)
		return (struct sk_buff *)ERR_PTR(n);
	skb = alloc_skb(0, GFP_KERNEL);
	got = skb ? preadv(c->fd, iov, n, c->at) : -1;
	if (got <= 0) {
		int err = !skb ? -ENOBUFS : got ? -errno : 0;

		while (n--)
			put_page(page[n]);
		consume_skb(skb);
		return (struct sk_buff *)ERR_PTR(err);
	}
	take_blocks(skb, page, iov, n, (size_t)got);
	return skb;
}

/*
 * Whether it makes sense to read: there is room, or a reason why the call will fail. If not, who makes
 * room tells.
 */
static bool worth_reading(struct sock *sk)
{
	if (READ_ONCE(sk->sk_err) || READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN ||
	    READ_ONCE(sk->sk_wmem_queued) < READ_ONCE(sk->sk_sndbuf))
		return true;
	sock_set_flag(sk, SOCK_NOSPACE_WAIT);
	return READ_ONCE(sk->sk_wmem_queued) < READ_ONCE(sk->sk_sndbuf);
}

/* Give the family what was read. Return: bytes or -errno. */
static long give_part(struct socket *sock, struct file_call *c, struct sk_buff *skb)
{
	size_t len = skb->len;
	bool more = c->left > len && c->at + (off_t)len < c->size;
	struct skiff_msghdr m = { .msg_flags = (more ? MSG_MORE : 0) |
					       (c->wait ? 0 : MSG_DONTWAIT) };
	long ret = net_enter(sock->net);

	if (ret)
		return ret;
	ret = sock->ops->send_skb(sock, &m, skb);
	net_unlock(sock->net);
	if (ret != -EAGAIN)
		c->skb = NULL;
	return ret;
}

static long try_file(struct sfile *f, void *arg)
{
	struct file_call *c = (struct file_call *)arg;
	struct socket *sock = &f->sock;
	struct sk_buff *skb;
	long ret;

	while (c->left) {
		skb = c->skb;
		if (!skb) {
			if (!worth_reading(sock->sk))
				return -EAGAIN;
			skb = read_part(c);
			if (!skb)
				return 0;
			if (IS_ERR(skb))
				return PTR_ERR(skb);
			c->skb = skb;
		}
		ret = give_part(sock, c, skb);
		if (ret < 0)
			return ret;
		c->at += ret;
		c->left -= (size_t)ret;
		c->done += (size_t)ret;
	}
	return 0;
}

/* Is it a file that can be read anywhere? As Linux asks, in its order. */
static int check_file(struct file_call *c, const off_t *offset, size_t count)
{
	int flags = fcntl(c->fd, F_GETFL);
	struct stat st;

	if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY || fstat(c->fd, &st))
		return -EBADF;
	c->at = lseek(c->fd, 0, SEEK_CUR);
	if (c->at < 0 && offset)
		return -ESPIPE;
	if (c->at >= 0 && offset)
		c->at = *offset;
	if ((ssize_t)count < 0 || c->at < 0 || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)))
		return -EINVAL;
	c->size = S_ISREG(st.st_mode) ? st.st_size : 0;
	c->left = min(count, MESSAGE_MAX);
	return 0;
}

static long send_file(struct sfile *f, struct file_call *c)
{
	const struct socket *sock = &f->sock;
	long ret;

	if (sock->type != SOCK_STREAM || !sock->ops->send_skb)
		return -EOPNOTSUPP;
	c->wait = !sfile_nonblock(f);
	ret = try_file(f, c);
	if (ret == -EAGAIN)
		ret = wait_for_file(f, c->wait ? sock->sk->sk_sndtimeo : 0, try_file, c);
	consume_skb(c->skb);
	return c->done ? (long)c->done : ret;
}

ssize_t skiff_sendfile(int out_fd, int in_fd, off_t *offset, size_t count)
{
	struct file_call c = { .fd = in_fd };
	struct sfile *f;
	long ret;
	int err;

	err = check_file(&c, offset, count);
	if (err)
		return skiff_result(err);
	f = sfile_get_socket(out_fd, &err);
	if (!f)
		return skiff_result(err == -ENOTSOCK ? -EINVAL : err);
	ret = send_file(f, &c);
	sfile_put(f);
	if (ret > 0 && offset)
		*offset = c.at;
	else if (ret > 0)
		lseek(in_fd, c.at, SEEK_SET);
	return skiff_result(ret);
}
