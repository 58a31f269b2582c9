// SPDX-License-Identifier: BSD-2-Clause
/* Captures: a tap that writes frames to a pcapng file without making the host wait. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <skiff/capture.h>
#include <skiff/printk.h>
#include <skiff/slab.h>

#include "device/device.h"
#include "device/frame.h"
#include "wire/pcapng.h"

/*
 * Frames are encoded into a buffer under the stack lock. The buffer is written when it is half
 * full, or IDLE_NS after the first frame in it, by the thread that drops the stack lock
 * (net_after_unlock()), into the file. Two locks guard this: capture.lock the buffer and the
 * counters, for short; capture.file_lock the file, while it is written. While one buffer is
 * written the other is filled. When both are full a regular file is waited for, under the stack lock: it takes all, in
 * the time that memory takes. Of a pipe frames are lost then, and counted.
 *
 * A pipe's reader may stall, so that the file takes nothing: what it did not take stays in the
 * buffer that is written, and is tried again with the next flush. A disk may fill up in the middle
 * of a block: a regular file is cut behind its last complete one, or readers would refuse it.
 */

#define BUFFER_SIZE (1u << 20)
#define FLUSH_AT (BUFFER_SIZE / 2)
#define IDLE_NS 100000000 /* a reader of a live file sees frames after this */
#define END_MS 1000	  /* how long the end waits for a reader that has stalled */
/* Room that is kept of max_bytes for the statistics at the end. */
#define TRAILER_MAX 128

struct skiff_capture {
	struct net *net;	/* NULL when the host has ended */
	struct net_device *dev; /* NULL when the device is gone */
	struct list_head list;
	struct packet_type tap;
	struct timer_list idle;
	struct net_work flush;
	u32 snaplen;
	u64 max_bytes;
	u64 start_ns;
	u64 end_ns;
	char *path;

	spinlock_t lock;
	u8 *filling;
	size_t filled;
	u64 queued_bytes;
	u64 lost_before_next;
	struct skiff_capture_stats stats;

	pthread_mutex_t file_lock;
	int fd;
	bool regular;
	bool stalled; /* atomic */
	bool broken;  /* by a failed write: nothing more goes there */
	u64 file_size;
	u8 *writing;
	size_t unwritten; /* what the file did not take yet: the end of @to_write bytes */
	size_t to_write;
};

/* Stop, once, and say why. With neither lock. */
static void capture_fail(struct skiff_capture *cap, int error)
{
	bool first;

	spin_lock(&cap->lock);
	first = !cap->stats.error;
	if (first)
		cap->stats.error = error;
	spin_unlock(&cap->lock);
	if (!first)
		return;
	/* Without a limit of ours it is the system's. */
	if (error == -EFBIG && cap->max_bytes)
		pr_warn("capture to %s is complete: it has reached its %llu bytes\n", cap->path,
			(unsigned long long)cap->max_bytes);
	else if (error == -ETIMEDOUT)
		pr_warn("capture to %s is incomplete: its reader has stopped reading\n", cap->path);
	else
		pr_warn("capture to %s stopped: %s\n", cap->path, strerror(-error));
}

/* Return: 0, -EAGAIN when the file takes no more now, another errno. *@unwritten is what is left. */
static int write_some(int fd, const u8 *end, size_t *unwritten)
{
	while (*unwritten) {
		ssize_t n = write(fd, end - *unwritten, *unwritten);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		*unwritten -= (size_t)n;
	}
	return 0;
}

/* write_some() into what may be a pipe whose reader is gone: that must not end the program. */
static int write_quietly(int fd, const u8 *end, size_t *unwritten)
{
	const struct timespec now = { 0, 0 };
	sigset_t pipe_only, before, pending;
	int err;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
	err = write_some(fd, end, unwritten);
	/* Ours alone is taken away; one that was there already is somebody else's. */
	if (err == -EPIPE && !sigismember(&pending, SIGPIPE))
		sigtimedwait(&pipe_only, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

/* Of the @len bytes of blocks at @data, those of complete blocks. */
static size_t complete_blocks(const u8 *data, size_t len)
{
	size_t at = 0;
	u32 size;

	/* Type and length, which counts them too. */
	while (len - at >= 2 * sizeof(size)) {
		memcpy(&size, data + at + sizeof(size), sizeof(size));
		if (!size || size > len - at)
			break;
		at += size;
	}
	return at;
}

/* Frames among the blocks of @data between @from, where one begins, and @to. */
static u64 frames_between(const u8 *data, size_t from, size_t to)
{
	u64 frames = 0;
	u32 head[2];

	for (; to - from >= sizeof(head); from += head[1]) {
		memcpy(head, data + from, sizeof(head));
		if (!head[1] || head[1] > to - from)
			break;
		frames += head[0] == PCAPNG_BLOCK_PACKET;
	}
	return frames;
}

/* Frames that were encoded do not get into the file. With the capture's lock. */
static void count_unwritten(struct skiff_capture *cap, u64 frames)
{
	cap->stats.written -= frames;
	cap->stats.lost += frames;
}

/* Nothing more goes into the file: what it did not take whole is lost. With the file lock. */
static void capture_break(struct skiff_capture *cap)
{
	size_t whole = complete_blocks(cap->writing, cap->to_write - cap->unwritten);

	spin_lock(&cap->lock);
	count_unwritten(cap, frames_between(cap->writing, whole, cap->to_write));
	spin_unlock(&cap->lock);
	cap->broken = true;
	cap->unwritten = 0;
}

/* What the file did not take yet. With the file lock. Return: as write_some(). */
static int write_rest(struct skiff_capture *cap)
{
	int err = write_quietly(cap->fd, cap->writing + cap->to_write, &cap->unwritten);
	size_t done = cap->to_write - cap->unwritten;

	if (!err)
		cap->file_size += done;
	if (!err || err == -EAGAIN)
		return err;
	capture_break(cap);
	if (cap->regular &&
	    ftruncate(cap->fd, (off_t)(cap->file_size + complete_blocks(cap->writing, done))))
		pr_warn("capture to %s ends within a frame: %s\n", cap->path, strerror(errno));
	return err;
}

/* The buffer that has been filled is the one to write now. With the file lock. */
static void swap_buffers(struct skiff_capture *cap)
{
	spin_lock(&cap->lock);
	swap(cap->filling, cap->writing);
	cap->to_write = cap->filled;
	cap->filled = 0;
	/* At its own limit, what has been encoded is still within it. */
	if (cap->broken || (cap->stats.error && !(cap->stats.error == -EFBIG && cap->max_bytes))) {
		count_unwritten(cap, frames_between(cap->writing, 0, cap->to_write));
		cap->to_write = 0;
	}
	cap->unwritten = cap->to_write;
	spin_unlock(&cap->lock);
}

/*
 * Write what has been encoded so far, and what the file did not take before. Any thread; without
 * the stack lock, unless a regular file has to be waited for. Return: whether the file took all of it, or never will.
 */
static bool capture_write(struct skiff_capture *cap)
{
	int err = 0;

	pthread_mutex_lock(&cap->file_lock);
	if (cap->unwritten)
		err = write_rest(cap);
	if (!cap->unwritten) {
		swap_buffers(cap);
		if (cap->unwritten)
			err = write_rest(cap);
	}
	__atomic_store_n(&cap->stalled, err == -EAGAIN, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&cap->file_lock);
	if (err && err != -EAGAIN)
		capture_fail(cap, err);
	return err != -EAGAIN;
}

/* The last writes: a reader that is only slow gets all, one that has stalled can't hold us up. */
static void capture_write_end(struct skiff_capture *cap)
{
	struct pollfd file = { .fd = cap->fd, .events = POLLOUT };
	size_t before = cap->unwritten;
	int waits = 0;

	while (!capture_write(cap)) {
		if (cap->unwritten != before)
			waits = 0;
		before = cap->unwritten;
		if (waits++ < END_MS / 10) {
			poll(&file, 1, 10);
			continue;
		}
		pthread_mutex_lock(&cap->file_lock);
		capture_break(cap);
		pthread_mutex_unlock(&cap->file_lock);
		capture_fail(cap, -ETIMEDOUT);
	}
}

static void capture_flush_work(struct net *net, struct net_work *work)
{
	capture_write(container_of(work, struct skiff_capture, flush));
}

static void capture_idle(struct timer_list *timer)
{
	struct skiff_capture *cap = from_timer(cap, timer, idle);
	bool again;

	net_after_unlock(cap->net, &cap->flush);
	if (cap->regular)
		return;
	/* Perhaps not all will be taken now: look again, until there was nothing to write. */
	spin_lock(&cap->lock);
	again = cap->filled || __atomic_load_n(&cap->stalled, __ATOMIC_RELAXED);
	spin_unlock(&cap->lock);
	if (again)
		mod_timer_ns(&cap->idle, skiff_net_now(cap->net) + IDLE_NS);
}

/* Encoding: locked. */

static u32 frame_flags(const struct sk_buff *skb)
{
	switch (skb->pkt_type) {
	case PACKET_OUTGOING:
		return PCAPNG_OUTBOUND;
	case PACKET_BROADCAST:
		return PCAPNG_INBOUND | PCAPNG_BROADCAST;
	case PACKET_MULTICAST:
		return PCAPNG_INBOUND | PCAPNG_MULTICAST;
	case PACKET_OTHERHOST:
		return PCAPNG_INBOUND | PCAPNG_PROMISCUOUS;
	default:
		return PCAPNG_INBOUND | PCAPNG_UNICAST;
	}
}

/* With the lock. Return: the block's length, 0 when there is no room for it now. */
static size_t encode(struct skiff_capture *cap, const struct sk_buff *skb, struct pcapng_packet *p)
{
	u8 *block = cap->filling + cap->filled;
	size_t room = BUFFER_SIZE - cap->filled;
	int offset = frame_offset(skb);
	ssize_t head, tail;

	p->original = skb->len + (u32)-offset;
	p->captured = min_t(u32, p->original, cap->snaplen);
	p->has_dropped = cap->lost_before_next != 0;
	p->dropped = cap->lost_before_next;
	if (room < PCAPNG_PACKET_HEAD)
		return 0;
	head = pcapng_packet_head(block, p);
	if (head < 0 || (size_t)head > room)
		return 0;
	if (frame_copy(skb, block + PCAPNG_PACKET_HEAD, p->captured, !skb_is_gso(skb)))
		return 0;
	tail = pcapng_packet_tail(block + PCAPNG_PACKET_HEAD + p->captured,
				  room - PCAPNG_PACKET_HEAD - p->captured, p);
	return tail < 0 ? 0 : (size_t)head;
}

/* With the lock, which is let go of while a regular file is waited for. Return: as encode(). */
static size_t encode_all(struct skiff_capture *cap, const struct sk_buff *skb,
			 struct pcapng_packet *p)
{
	size_t len = cap->stats.error ? 0 : encode(cap, skb, p);

	if (len || !cap->filled || !cap->regular || cap->stats.error)
		return len;
	spin_unlock(&cap->lock);
	capture_write(cap);
	spin_lock(&cap->lock);
	return cap->stats.error ? 0 : encode(cap, skb, p);
}

static void record(struct skiff_capture *cap, const struct sk_buff *skb, const char *comment)
{
	struct pcapng_packet p = { .flags = frame_flags(skb), .comment = comment };
	bool full = false, was_empty;
	size_t len;

	p.time_ns = (u64)skb_tstamp_cond(skb, true);
	spin_lock(&cap->lock);
	cap->stats.seen++;
	len = encode_all(cap, skb, &p);
	was_empty = !cap->filled;
	if (len && cap->max_bytes && cap->queued_bytes + len + TRAILER_MAX > cap->max_bytes) {
		full = true;
		len = 0;
	}
	if (len) {
		cap->filled += len;
		cap->queued_bytes += len;
		cap->lost_before_next = 0;
		cap->stats.written++;
		cap->end_ns = p.time_ns;
	} else {
		cap->lost_before_next++;
		cap->stats.lost++;
	}
	len = cap->filled;
	spin_unlock(&cap->lock);

	if (full)
		capture_fail(cap, -EFBIG);
	if (len >= FLUSH_AT)
		net_after_unlock(cap->net, &cap->flush);
	else if (was_empty && len)
		mod_timer_ns(&cap->idle, skiff_net_now(cap->net) + IDLE_NS);
}

static int capture_tap(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		       struct net_device *orig_dev)
{
	record((struct skiff_capture *)pt->af_packet_priv, skb, NULL);
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

void capture_drop(const struct sk_buff *skb, enum skb_drop_reason reason)
{
	struct skiff_capture *cap;
	char comment[160];

	if (!skb->dev)
		return;
	list_for_each_entry(cap, &dev_net_of(dev_net(skb->dev))->captures, list) {
		if (cap->dev != skb->dev)
			continue;
		snprintf(comment, sizeof(comment), "dropped: %s (%s)", skb_drop_reason_name(reason),
			 skb_drop_reason_text(reason));
		record(cap, skb, comment);
	}
}

/* Coming and going. */

static u16 link_type(const struct net_device *dev)
{
	switch (dev->type) {
	case ARPHRD_SLIP:
		return PCAPNG_LINK_SLIP;
	case ARPHRD_NONE:
		return PCAPNG_LINK_RAW;
	default:
		return PCAPNG_LINK_ETHERNET;
	}
}

/* The blocks that a file begins with. Locked. */
static int write_preamble(struct skiff_capture *cap)
{
	const struct pcapng_section section = { .os = "skiff", .application = "skiff" };
	const struct pcapng_interface interface = {
		.link_type = link_type(cap->dev),
		.snap_len = cap->snaplen,
		.name = cap->dev->name,
		.os = "skiff",
		.mac = cap->dev->type == ARPHRD_ETHER ? cap->dev->dev_addr : NULL,
	};
	ssize_t a, b;

	a = pcapng_section(cap->filling, BUFFER_SIZE, &section);
	if (a < 0)
		return (int)a;
	b = pcapng_interface(cap->filling + a, BUFFER_SIZE - (size_t)a, &interface);
	if (b < 0)
		return (int)b;
	cap->filled = (size_t)(a + b);
	cap->queued_bytes = cap->filled;
	return 0;
}

static void encode_statistics(struct skiff_capture *cap)
{
	struct pcapng_statistics s = {
		.time_ns = cap->end_ns,
		.start_ns = cap->start_ns,
		.end_ns = cap->end_ns,
		.received = cap->stats.seen,
		.dropped = cap->stats.lost,
		.delivered = cap->stats.written,
	};
	ssize_t len = pcapng_statistics(cap->filling + cap->filled, BUFFER_SIZE - cap->filled, &s);

	if (len > 0 && (size_t)len <= BUFFER_SIZE - cap->filled) {
		cap->filled += (size_t)len;
		cap->queued_bytes += (size_t)len;
	}
}

/* No frames any more. Locked. */
static void detach(struct skiff_capture *cap)
{
	if (!cap->dev)
		return;
	dev_remove_pack(&cap->tap);
	del_timer(&cap->idle);
	cap->end_ns = (u64)skiff_clock_now_real(skiff_net_clock(cap->net));
	dev_put(cap->dev);
	cap->dev = NULL;
	net_disable_timestamp();
}

static void capture_free(struct skiff_capture *cap)
{
	if (cap->fd >= 0)
		close(cap->fd);
	pthread_mutex_destroy(&cap->file_lock);
	kfree(cap->filling);
	kfree(cap->writing);
	kfree(cap->path);
	kfree(cap);
}

static struct skiff_capture *capture_alloc(const char *path,
					   const struct skiff_capture_params *params)
{
	struct skiff_capture *cap = (struct skiff_capture *)kzalloc(sizeof(*cap), GFP_KERNEL);

	if (!cap)
		return NULL;
	cap->fd = -1;
	pthread_mutex_init(&cap->file_lock, NULL);
	spin_lock_init(&cap->lock);
	net_work_init(&cap->flush, capture_flush_work);
	cap->filling = (u8 *)kmalloc(BUFFER_SIZE, GFP_KERNEL);
	cap->writing = (u8 *)kmalloc(BUFFER_SIZE, GFP_KERNEL);
	cap->path = kstrdup(path, GFP_KERNEL);
	cap->snaplen = PCAPNG_MAX_CAPTURED;
	if (params && params->snaplen)
		cap->snaplen = min_t(u32, params->snaplen, PCAPNG_MAX_CAPTURED);
	cap->max_bytes = params ? params->max_bytes : 0;
	if (cap->filling && cap->writing && cap->path)
		return cap;
	capture_free(cap);
	return NULL;
}

/* Locked. */
static int attach(struct skiff_capture *cap, struct net *net, const char *ifname)
{
	struct net_device *dev = dev_get_by_name(net, ifname);
	int err;

	if (!dev)
		return -ENODEV;
	cap->net = net;
	cap->dev = dev;
	err = write_preamble(cap);
	if (err) {
		cap->dev = NULL;
		dev_put(dev);
		return err;
	}
	cap->start_ns = (u64)skiff_clock_now_real(skiff_net_clock(net));
	cap->end_ns = cap->start_ns;
	timer_setup_net(&cap->idle, net, capture_idle, 0);
	cap->tap.type = htons(ETH_P_ALL);
	cap->tap.dev = dev;
	cap->tap.func = capture_tap;
	cap->tap.af_packet_priv = cap;
	list_add_tail(&cap->list, &dev_net_of(net)->captures);
	net_enable_timestamp();
	dev_add_pack(&cap->tap);
	return 0;
}

/* Without waiting, neither for a pipe's reader to come nor later for it to read. */
static int capture_open(struct skiff_capture *cap)
{
	struct stat st;

	cap->fd = open(cap->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0644);
	if (cap->fd < 0) {
		int err = -errno;

		if (err == -ENXIO)
			pr_warn("capture to %s: nobody reads from it\n", cap->path);
		return err;
	}
	cap->regular = !fstat(cap->fd, &st) && S_ISREG(st.st_mode);
	return 0;
}

int skiff_capture_start(struct net *net, const char *ifname, const char *path,
			const struct skiff_capture_params *params, struct skiff_capture **capture)
{
	struct skiff_capture *cap;
	int err;

	*capture = NULL;
	if (!ifname || !path)
		return -EINVAL;
	cap = capture_alloc(path, params);
	if (!cap)
		return -ENOMEM;
	err = net_enter(net);
	if (err)
		goto err_free;
	err = dev_net_of(net) && __dev_get_by_name(net, ifname) ? 0 : -ENODEV;
	net_unlock(net);
	if (err)
		goto err_free;
	/* Only now: a wrong device name must not cost anybody a file. */
	err = capture_open(cap);
	if (err)
		goto err_free;
	err = net_enter(net);
	if (err)
		goto err_free;
	err = attach(cap, net, ifname);
	net_unlock(net);
	if (err)
		goto err_free;
	capture_write(cap);
	if (cap->stats.error) {
		err = skiff_capture_stop(cap);
		return err;
	}
	*capture = cap;
	return 0;

err_free:
	capture_free(cap);
	return err;
}

int skiff_capture_flush(struct skiff_capture *cap)
{
	int err;

	if (!cap)
		return 0;
	if (!capture_write(cap))
		return -EAGAIN;
	spin_lock(&cap->lock);
	err = cap->stats.error;
	spin_unlock(&cap->lock);
	return err;
}

int skiff_capture_stop(struct skiff_capture *cap)
{
	struct net *net;
	int err;

	if (!cap)
		return 0;
	net = cap->net;
	if (net && !net_enter(net)) {
		detach(cap);
		list_del(&cap->list);
		net_unlock(net);
		/* Until no thread is about to write for us. */
		net_synchronize(net);
	}
	capture_write_end(cap);
	encode_statistics(cap);
	capture_write_end(cap);
	err = cap->stats.error;
	capture_free(cap);
	return err == -EFBIG ? 0 : err;
}

void skiff_capture_stats(struct skiff_capture *cap, struct skiff_capture_stats *stats)
{
	spin_lock(&cap->lock);
	*stats = cap->stats;
	stats->bytes = cap->queued_bytes;
	spin_unlock(&cap->lock);
}

static int capture_device_event(struct notifier_block *nb, unsigned long action, void *data)
{
	struct net_device *dev =
		netdev_notifier_info_to_dev((const struct netdev_notifier_info *)data);
	struct skiff_capture *cap;

	if (action != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	list_for_each_entry(cap, &dev_net_of(dev_net(dev))->captures, list)
		if (cap->dev == dev)
			detach(cap);
	return NOTIFY_OK;
}

static struct notifier_block capture_notifier = {
	.notifier_call = capture_device_event,
};

int capture_init(void)
{
	return register_netdevice_notifier(&capture_notifier);
}

void capture_net_exit(struct dev_net *dn)
{
	struct skiff_capture *cap, *next;

	list_for_each_entry_safe(cap, next, &dn->captures, list) {
		detach(cap);
		list_del(&cap->list);
		cap->net = NULL;
	}
}
