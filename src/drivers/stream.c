// SPDX-License-Identifier: BSD-2-Clause
/* Devices whose other end is a stream socket: connections that come and go. */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skiff/printk.h>

#include "drivers/stream.h"

/*
 * Frames, each with its length before it as a 32-bit number in network order, in both directions of a stream
 * socket: the format of QEMU's `-netdev stream' and `-netdev socket', and of passt.
 *
 * The device's descriptor keeps its number; what it means changes. While there is no connection it is an
 * eventfd at which nothing happens, and the device has no carrier. A connection ends in the thread that reads,
 * so the state of reading is that thread's alone; that of writing has a lock.
 *
 * Wherever a connection begins or ends, the rest is left to link_work, under the stack lock: the carrier
 * follows, and a client without a connection gets a timer, which leads to connect_work and the next try.
 */

static void look_at_link(struct stream *s)
{
	dev_hold(s->f.dev);
	if (!net_defer(dev_net(s->f.dev), &s->link_work))
		dev_put(s->f.dev);
}

/* A connection, which is the device's from now on. */
static void connected(struct stream *s, int fd)
{
	stream_tune(fd);
	spin_lock(&s->lock);
	s->connected = s->connected || !fdev_set_fd(&s->f, fd);
	spin_unlock(&s->lock);
	close(fd);
	look_at_link(s);
}

/* A server. */

static void somebody_connects(struct net *net, int listener, u32 events, void *arg)
{
	struct fdev *f = fdev_get((u32)(uintptr_t)arg);
	struct stream *s;
	int fd;

	if (!f)
		return;
	s = stream_of(f->dev);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0) {
		/* The next one waits until this one is gone. */
		net_unwatch_fd(net, listener);
		connected(s, fd);
	} else if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
		pr_warn_ratelimited("%s: nobody can be let in at %s: %s\n", f->dev->name, s->path,
				    strerror(errno));
	}
	dev_put(f->dev);
}

static void listen_again(struct stream *s)
{
	struct fdev *f = &s->f;

	if (s->listener < 0)
		return;
	spin_lock(&f->lock);
	if (f->running)
		net_watch_fd(dev_net(f->dev), s->listener, EPOLLIN, somebody_connects,
			     (void *)(uintptr_t)f->id);
	spin_unlock(&f->lock);
}

/* The end. */

int stream_ended(struct stream *s)
{
	struct sk_buff *rest;

	if (s->nobody < 0)
		return -ENODEV;
	spin_lock(&s->lock);
	s->connected = false;
	/* The other end may have more descriptors of it than this. */
	shutdown(s->f.fd, SHUT_RDWR);
	fdev_set_fd(&s->f, s->nobody);
	rest = s->rest;
	s->rest = NULL;
	spin_unlock(&s->lock);
	kfree_skb_reason(rest, SKB_DROP_REASON_DEV_GONE);
	s->head = s->tail;
	s->broken = false;
	listen_again(s);
	look_at_link(s);
	/* What is waiting is not for whoever comes next. */
	fdev_flush(s->f.dev);
	return 0;
}

/* A client. */

static void connect_again(struct net *net, struct net_work *work)
{
	struct stream *s = container_of(work, struct stream, connect_work);
	int fd = stream_connect(s->path);

	if (fd >= 0)
		connected(s, fd);
	else
		look_at_link(s);
	dev_put(s->f.dev);
}

static void retry(struct timer_list *timer)
{
	struct stream *s = from_timer(s, timer, retry);

	dev_hold(s->f.dev);
	if (!net_after_unlock(dev_net(s->f.dev), &s->connect_work))
		dev_put(s->f.dev);
}

/* Both. Under the stack lock. */

static bool has_connection(struct stream *s)
{
	bool connected;

	spin_lock(&s->lock);
	connected = s->connected;
	spin_unlock(&s->lock);
	return connected;
}

static void follow_connection(struct net *net, struct net_work *work)
{
	struct stream *s = container_of(work, struct stream, link_work);
	struct net_device *dev = s->f.dev;

	if (has_connection(s)) {
		netif_carrier_on(dev);
	} else {
		netif_carrier_off(dev);
		if (s->kind == STREAM_CLIENT && netif_running(dev))
			mod_timer_ns(&s->retry, skiff_net_now(net) + s->reconnect);
	}
	dev_put(dev);
}

static int stream_up(struct net_device *dev)
{
	struct stream *s = stream_of(dev);
	int err = fdev_open(dev);

	if (err || has_connection(s))
		return err;
	listen_again(s);
	if (s->kind == STREAM_CLIENT)
		retry(&s->retry);
	return 0;
}

/* A connection stays while the device is down, and what comes in waits. */
static int stream_down(struct net_device *dev)
{
	struct stream *s = stream_of(dev);

	del_timer(&s->retry);
	fdev_stop(dev);
	if (s->listener >= 0)
		net_unwatch_fd(dev_net(dev), s->listener);
	return 0;
}

/* Creating and freeing. */

void stream_prepare(struct stream *s)
{
	spin_lock_init(&s->lock);
	net_work_init(&s->link_work, follow_connection);
	net_work_init(&s->connect_work, connect_again);
	timer_setup_net(&s->retry, dev_net(s->f.dev), retry, 0);
}

/* Another server may have come to the path in between. */
static void remove_path(const struct stream *s)
{
	struct stat now;

	if (s->kind == STREAM_SERVER && !stat(s->path, &now) && now.st_dev == s->file.st_dev &&
	    now.st_ino == s->file.st_ino)
		unlink(s->path);
}

void stream_free(struct fdev *f)
{
	struct stream *s = stream_of(f->dev);

	remove_path(s);
	if (s->listener >= 0)
		close(s->listener);
	if (s->nobody >= 0)
		close(s->nobody);
	/* Whoever has given the connection to us may have it open still. */
	if (s->connected)
		shutdown(f->fd, SHUT_RDWR);
	consume_skb(s->rest);
	for (size_t i = 0; i < STREAM_BLOCKS; i++)
		if (s->block[i])
			put_page(s->block[i]);
}

const struct net_device_ops stream_netdev_ops = {
	.ndo_init = fdev_init,
	.ndo_uninit = fdev_uninit,
	.ndo_open = stream_up,
	.ndo_stop = stream_down,
	.ndo_start_xmit = fdev_xmit,
	.ndo_flush = fdev_flush,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_get_stats64 = fdev_get_stats64,
};
