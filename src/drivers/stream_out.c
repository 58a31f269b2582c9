// SPDX-License-Identifier: BSD-2-Clause
/* Stream sockets: writing frames. System calls, so never under the stack lock. */
#include <sys/socket.h>
#include <sys/uio.h>

#include "drivers/stream.h"

/* What is before the frame, linear data, fragments. */
#define FRAME_IOV (2 + MAX_SKB_FRAGS)

/* Return: 0, or a negative errno for a frame that can't be told. */
static int fill_head(const struct stream *s, const struct sk_buff *skb, struct stream_head *head)
{
	size_t vnet = stream_head_size(s) - sizeof(head->len);
	struct virtio_net_hdr hdr;
	int err = vnet ? virtio_net_hdr_from_skb(skb, &hdr) : 0;

	if (err)
		return err;
	if (skb->len > FDEV_MAX_FRAME)
		return -EMSGSIZE;
	head->len = htonl((u32)(skb->len + vnet));
	if (vnet)
		head->vnet = hdr;
	return 0;
}

/* Return: how many of @iov. */
static size_t fill_iov(const struct stream *s, const struct sk_buff *skb, struct stream_head *head,
		       struct iovec *iov)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(skb);
	size_t n = 0;

	iov[n++] = (struct iovec){ head, stream_head_size(s) };
	iov[n++] = (struct iovec){ skb->data, skb_headlen(skb) };
	for (int i = 0; skb_is_nonlinear(skb) && i < shinfo->nr_frags; i++)
		iov[n++] = (struct iovec){ skb_frag_address(&shinfo->frags[i]),
					   skb_frag_size(&shinfo->frags[i]) };
	return n;
}

/* Return: bytes, or a negative errno; -ENETDOWN: there is nobody, which the thread that reads finds out as well. */
static ssize_t send_iov(const struct stream *s, struct iovec *iov, size_t n)
{
	const struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n };
	ssize_t sent;

	do {
		sent = sendmsg(s->f.fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return sent;
	return errno == EPIPE || errno == ECONNRESET ? -ENETDOWN : -errno;
}

/*
 * Of the @n frames @sent bytes were written. Of the last one that may be a part, which makes it one that is on its
 * way. Return: how many.
 */
static int count_sent(struct stream *s, struct sk_buff **skbs, const struct stream_head *heads,
		      int n, size_t sent)
{
	int i;

	for (i = 0; i < n && sent; i++) {
		size_t size = stream_head_size(s) + skbs[i]->len;

		if (sent < size) {
			s->rest = skb_get(skbs[i]);
			s->rest_head = heads[i];
			s->rest_at = sent;
			return i + 1;
		}
		sent -= size;
	}
	return i;
}

int stream_write(struct fdev *f, struct sk_buff **skbs, int n)
{
	struct stream *s = stream_of(f->dev);
	struct stream_head heads[FDEV_TX_BATCH];
	struct iovec iov[FDEV_TX_BATCH * FRAME_IOV];
	size_t parts = 0;
	ssize_t sent;
	int i, err = 0;

	for (i = 0; i < n; i++) {
		err = fill_head(s, skbs[i], &heads[i]);
		if (err)
			break;
		parts += fill_iov(s, skbs[i], &heads[i], iov + parts);
	}
	if (!i)
		return err;
	spin_lock(&s->lock);
	sent = s->connected ? send_iov(s, iov, parts) : -ENETDOWN;
	i = sent < 0 ? (int)sent : count_sent(s, skbs, heads, i, (size_t)sent);
	spin_unlock(&s->lock);
	return i;
}

/* Leave out the first @bytes of @iov. Return: how many of its @n parts are before the rest. */
static size_t skip(struct iovec *iov, size_t n, size_t bytes)
{
	size_t i = 0;

	while (i < n && bytes >= iov[i].iov_len)
		bytes -= iov[i++].iov_len;
	if (i < n) {
		iov[i].iov_base = (u8 *)iov[i].iov_base + bytes;
		iov[i].iov_len -= bytes;
	}
	return i;
}

/* With the lock. Return: 0 when all is written or nobody is there to take it, -EAGAIN. */
static int send_rest(struct stream *s, struct sk_buff **done)
{
	struct iovec iov[FRAME_IOV];
	size_t n, first, left;
	ssize_t sent;

	n = fill_iov(s, s->rest, &s->rest_head, iov);
	first = skip(iov, n, s->rest_at);
	left = stream_head_size(s) + s->rest->len - s->rest_at;
	sent = send_iov(s, iov + first, n - first);
	if (sent >= 0 && (size_t)sent < left) {
		s->rest_at += (size_t)sent;
		return -EAGAIN;
	}
	if (sent == -EAGAIN || sent == -ENOBUFS)
		return -EAGAIN;
	*done = s->rest;
	s->rest = NULL;
	return 0;
}

int stream_drain(struct fdev *f)
{
	struct stream *s = stream_of(f->dev);
	struct sk_buff *done = NULL;
	int err = 0;

	spin_lock(&s->lock);
	if (s->rest)
		err = send_rest(s, &done);
	spin_unlock(&s->lock);
	consume_skb(done);
	return err;
}
