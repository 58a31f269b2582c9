// SPDX-License-Identifier: BSD-2-Clause
/* Received buffers taken from a socket, and buffers given to it, without copying. */
#include <skiff/sock.h>

#include "socket/message.h"
#include "socket/wait.h"

struct skb_call {
	struct sk_buff *skb;
	struct skiff_msghdr m;
	unsigned int flags;
	bool given;
};

static long try_take(struct sfile *f, void *arg)
{
	struct skb_call *c = (struct skb_call *)arg;
	struct socket *sock = &f->sock;
	int err = net_enter(sock->net);

	if (err)
		return err;
	c->skb = sock->ops->recv_skb(sock, c->flags, &err);
	net_unlock(sock->net);
	return c->skb ? 0 : err;
}

struct sk_buff *skiff_recv_skb(int fd, int flags)
{
	struct skb_call c = { .flags = (unsigned int)flags };
	struct sfile *f;
	bool wait;
	int err;
	long ret;

	f = sfile_get_socket(fd, &err);
	if (!f)
		goto fail;
	wait = !(flags & MSG_DONTWAIT) && !sfile_nonblock(f);
	ret = -EOPNOTSUPP;
	if (f->sock.ops->recv_skb && !(flags & ~MSG_DONTWAIT))
		ret = try_take(f, &c);
	if (ret == -EAGAIN)
		ret = wait_for_file(f, wait ? f->sock.sk->sk_rcvtimeo : 0, try_take, &c);
	sfile_put(f);
	err = (int)ret;
	if (!err && c.skb) {
		/* The route is the host's, which the program's buffer may outlive. */
		skb_dst_drop(c.skb);
		return c.skb;
	}
fail:
	errno = -err;
	return NULL;
}

int socket_take_skbs(int fd, struct sk_buff_head *to, int max)
{
	struct sk_buff *skb;
	struct sfile *f;
	int n = 0, err;

	f = sfile_get_socket(fd, &err);
	if (!f)
		return err;
	if (f->sock.ops->recv_skb != datagram_recv_skb)
		n = -EOPNOTSUPP;
	while (n >= 0 && n < max && (skb = skb_dequeue(&f->sock.sk->sk_receive_queue)) != NULL) {
		skb_orphan(skb);
		__skb_queue_tail(to, skb);
		n++;
	}
	sfile_put(f);
	return n;
}

static ssize_t copy_next(struct sk_buff_head *queue, void *to, size_t room)
{
	ssize_t len = -EAGAIN;
	struct sk_buff *skb;

	spin_lock(&queue->lock);
	skb = skb_peek(queue);
	if (skb) {
		len = (ssize_t)min_t(size_t, skb->len, room);
		if (skb_copy_bits(skb, 0, to, (int)len))
			len = -EFAULT;
	}
	spin_unlock(&queue->lock);
	return len;
}

ssize_t socket_copy_next(int fd, void *to, size_t room)
{
	ssize_t len = -EOPNOTSUPP;
	struct sfile *f;
	int err;

	f = sfile_get_socket(fd, &err);
	if (!f)
		return err;
	if (f->sock.ops->recv_skb == datagram_recv_skb)
		len = copy_next(&f->sock.sk->sk_receive_queue, to, room);
	sfile_put(f);
	return len;
}

void socket_note_received(int fd, struct sk_buff *skb)
{
	struct skiff_msghdr nowhere = { .msg_control = NULL };
	struct sfile *f;
	int err;

	f = sfile_get_socket(fd, &err);
	if (!f)
		return;
	sock_recv_timestamp(&nowhere, f->sock.sk, skb);
	sfile_put(f);
}

static bool charge_again(struct sock *sk, struct sk_buff *skb)
{
	if (!sk_rmem_schedule(sk, skb, (int)skb->truesize)) {
		sk_drops_add(sk, 1);
		kfree_skb_reason(skb, SKB_DROP_REASON_PROTO_MEM);
		return false;
	}
	skb_set_owner_r(skb, sk);
	skb_queue_head(&sk->sk_receive_queue, skb);
	return true;
}

int socket_return_skbs(int fd, struct sk_buff_head *from)
{
	struct sk_buff *skb;
	struct sfile *f;
	int n = 0, err;

	f = sfile_get_socket(fd, &err);
	if (f && !net_enter(f->sock.net)) {
		while ((skb = __skb_dequeue_tail(from)) != NULL)
			n += charge_again(f->sock.sk, skb);
		net_unlock(f->sock.net);
	}
	if (f)
		sfile_put(f);
	__skb_queue_purge(from);
	return n;
}

static long try_give(struct sfile *f, void *arg)
{
	struct skb_call *c = (struct skb_call *)arg;
	struct socket *sock = &f->sock;
	long ret = net_enter(sock->net);

	if (ret)
		return ret;
	ret = sock->ops->send_skb(sock, &c->m, c->skb);
	net_unlock(sock->net);
	c->given = ret != -EAGAIN;
	return ret;
}

/* With a good address, or none. */
static long give(struct sfile *f, struct skb_call *c)
{
	bool wait = !(c->m.msg_flags & MSG_DONTWAIT) && !sfile_nonblock(f);
	long ret = f->sock.ops->send_skb ? try_give(f, c) : -EOPNOTSUPP;

	if (ret == -EAGAIN)
		ret = wait_for_file(f, wait ? f->sock.sk->sk_sndtimeo : 0, try_give, c);
	return ret;
}

ssize_t skiff_send_skb(int fd, struct sk_buff *skb, const struct sockaddr *addr, socklen_t addrlen,
		       int flags)
{
	struct skb_call c = { .skb = skb, .m.msg_flags = (unsigned int)flags };
	struct sockaddr_storage copy;
	struct sfile *f = NULL;
	int err = -EINVAL;
	long ret;

	if (skb && addrlen <= sizeof(copy) && (addr || !addrlen))
		f = sfile_get_socket(fd, &err);
	ret = err;
	if (f) {
		if (addr) {
			memcpy(&copy, addr, addrlen);
			c.m.msg_name = &copy;
			c.m.msg_namelen = (int)addrlen;
		}
		ret = give(f, &c);
		sfile_put(f);
	}
	if (skb && !c.given && ret != -EAGAIN)
		kfree_skb_reason(skb, SKB_DROP_REASON_SEND_REFUSED);
	return skiff_result(ret);
}
