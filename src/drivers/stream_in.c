// SPDX-License-Identifier: BSD-2-Clause
/* Stream sockets: reading frames. System calls, so never under the stack lock. */
#include <sys/socket.h>
#include <sys/uio.h>

#include <skiff/printk.h>
#include <skiff/unaligned.h>

#include "drivers/stream.h"

/*
 * One system call takes what there is, up to the ring's size, wherever frames begin and end there. A frame
 * that is complete is copied, or takes references to the blocks that it lies in if it is long. A block is
 * written to again from its beginning when nobody refers to it; else another one takes its place.
 */

static struct page **block_at(struct stream *s, size_t pos)
{
	return &s->block[pos / STREAM_BLOCK_SIZE % STREAM_BLOCKS];
}

/* How many bytes from @pos on lie in one block, at most @len. */
static size_t span(size_t pos, size_t len)
{
	return min_t(size_t, len, STREAM_BLOCK_SIZE - pos % STREAM_BLOCK_SIZE);
}

static u8 *byte_at(struct stream *s, size_t pos)
{
	return (u8 *)page_address(*block_at(s, pos)) + pos % STREAM_BLOCK_SIZE;
}

static void copy_bytes(struct stream *s, size_t pos, void *to, size_t len)
{
	u8 *out = (u8 *)to;

	while (len) {
		size_t n = span(pos, len);

		memcpy(out, byte_at(s, pos), n);
		out += n;
		pos += n;
		len -= n;
	}
}

/* Frames. */

/* The @len bytes from @pos on become fragments. */
static void add_fragments(struct stream *s, struct sk_buff *skb, size_t pos, size_t len)
{
	for (int i = 0; len; i++) {
		size_t n = span(pos, len);
		struct page *page = *block_at(s, pos);

		get_page(page);
		skb_add_rx_frag(skb, i, page, (int)(pos % STREAM_BLOCK_SIZE), (int)n,
				(unsigned int)n);
		pos += n;
		len -= n;
	}
}

/* The frame of @len bytes at @pos, whose header says @vnet. NULL: it is no good, and counted. */
static struct sk_buff *make_frame(struct stream *s, size_t pos, size_t len,
				  const struct virtio_net_hdr *vnet)
{
	size_t linear = len > STREAM_COPY_MAX ? STREAM_HEAD : len;
	struct sk_buff *skb;

	if (len < ETH_HLEN) {
		fdev_refuse(&s->f, NULL, false);
		return NULL;
	}
	skb = netdev_alloc_skb_ip_align(s->f.dev, (unsigned int)linear);
	if (!skb) {
		fdev_refuse(&s->f, NULL, true);
		return NULL;
	}
	copy_bytes(s, pos, __skb_put(skb, (unsigned int)linear), linear);
	add_fragments(s, skb, pos + linear, len - linear);
	if (s->vnet_hdr && virtio_net_hdr_to_skb(skb, vnet)) {
		fdev_refuse(&s->f, skb, false);
		return NULL;
	}
	return skb;
}

/* How long a frame may be, with the virtio header. */
static size_t longest(const struct stream *s)
{
	return FDEV_MAX_FRAME + stream_head_size(s) - sizeof(__be32);
}

/*
 * Whether all of a frame has been read; @len is what follows its length. After a length that can't be, nothing
 * that follows can be told apart.
 */
static bool frame_is_there(struct stream *s, size_t *len)
{
	size_t there = s->tail - s->head;
	__be32 announced;

	if (s->broken || there < sizeof(announced))
		return false;
	copy_bytes(s, s->head, &announced, sizeof(announced));
	*len = ntohl(announced);
	s->broken = *len > longest(s);
	return !s->broken && there - sizeof(announced) >= *len;
}

static struct sk_buff *take_frame(struct stream *s, size_t len)
{
	size_t before = stream_head_size(s) - sizeof(__be32), pos = s->head + sizeof(__be32);
	struct virtio_net_hdr vnet = { .flags = 0 };

	s->head = pos + len;
	if (len < before) {
		fdev_refuse(&s->f, NULL, false);
		return NULL;
	}
	copy_bytes(s, pos, &vnet, before);
	return make_frame(s, pos + before, len - before, &vnet);
}

/* Return: how many, up to @n. */
static int take_frames(struct stream *s, struct sk_buff **frames, int n)
{
	int got = 0;
	size_t len;

	while (got < n && frame_is_there(s, &len))
		frames[got++] = take_frame(s, len);
	return got;
}

/* Bytes. */

/* Where nothing is waiting, what is in the processor's caches already is used again. */
static void rewind_ring(struct stream *s)
{
	if (s->head == s->tail && s->tail % STREAM_BLOCK_SIZE &&
	    page_ref_count(*block_at(s, s->tail)) == 1)
		s->head = s->tail -= s->tail % STREAM_BLOCK_SIZE;
}

/* Return: whether the block that begins at @pos can be written to. */
static bool renew_block(struct stream *s, size_t pos)
{
	struct page **block = block_at(s, pos), *fresh;

	if (page_ref_count(*block) == 1)
		return true;
	fresh = alloc_pages(GFP_KERNEL, STREAM_BLOCK_ORDER);
	if (!fresh)
		return false;
	put_page(*block);
	*block = fresh;
	return true;
}

/* The free part of the ring. Return: how many of @iov it takes. */
static int free_iov(struct stream *s, struct iovec *iov)
{
	size_t end = s->head - s->head % STREAM_BLOCK_SIZE + STREAM_RING_SIZE;
	size_t pos = s->tail;
	int n = 0;

	while (pos < end && (pos % STREAM_BLOCK_SIZE || renew_block(s, pos))) {
		iov[n] = (struct iovec){ byte_at(s, pos), span(pos, end - pos) };
		pos += iov[n++].iov_len;
	}
	return n;
}

/* Read what there is. Return: 0, -EAGAIN for nothing, -ENODEV at the end, another negative errno. */
static int fill(struct stream *s)
{
	struct iovec iov[STREAM_BLOCKS];
	struct msghdr msg = { .msg_iov = iov };
	ssize_t n;

	rewind_ring(s);
	msg.msg_iovlen = (size_t)free_iov(s, iov);
	if (!msg.msg_iovlen)
		return -ENOMEM;
	do {
		n = recvmsg(s->f.fd, &msg, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? -ENODEV : -errno;
	s->tail += (size_t)n;
	return n ? 0 : -ENODEV;
}

/* The connection is at its end, or has to be. Return: as stream_ended(). */
static int end(struct stream *s)
{
	if (s->broken)
		pr_warn("%s: the other end says that a frame is longer than %zu bytes; the "
			"connection is closed\n",
			s->f.dev->name, longest(s));
	/* Part of a frame is one that was no good. */
	if (s->head != s->tail)
		fdev_refuse(&s->f, NULL, false);
	return stream_ended(s);
}

/* It is read as well, after what came before. */
void stream_error(struct fdev *f)
{
	(void)f;
}

int stream_read(struct fdev *f, struct sk_buff **frames, int n)
{
	struct stream *s = stream_of(f->dev);
	int got = take_frames(s, frames, n), err = 0;
	size_t len;

	if (got < n && !s->broken) {
		err = fill(s);
		if (!err)
			got += take_frames(s, frames + got, n - got);
	}
	/* What comes before the end is delivered before. */
	f->rx_more = got && (frame_is_there(s, &len) || s->broken);
	if (got)
		return got;
	if (s->broken || err == -ENODEV)
		return end(s);
	return err == -EAGAIN ? 0 : err;
}
