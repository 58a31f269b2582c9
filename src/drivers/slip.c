// SPDX-License-Identifier: BSD-2-Clause
/* SLIP (RFC 1055): packets over a serial line, which may be a pseudo-terminal of our own. */
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <skiff/printk.h>

#include "drivers/fdev.h"
#include "drivers/slip.h"

/* The MTU is Linux's; a line of 19,200 bits a second is busy with it for 155 ms. */
#define SLIP_PATH_MAX 256
#define SLIP_MTU 296
#define SLIP_MAX_MTU 65534
#define SLIP_TX_QUEUE_LEN 10
/* Bytes of one read: as many packets as may go beyond the ring. */
#define SLIP_READ 512
/* Nothing shorter is an IPv4 packet: noise on the line before it is up. */
#define SLIP_MIN_PACKET 20

struct slip_config {
	char path[SLIP_PATH_MAX];
	speed_t baud;
};

/**
 * struct slip - one device, netdev_priv() of its net_device
 * @f: what it is as one behind a descriptor: the line
 * @slave: of our own pseudo-terminal, kept open so that peers may come and go; else -1
 * @decoder: of the packet that is being received; for the thread that reads, like the next three
 * @raw: bytes that were read
 * @raw_at: which of them is next
 * @raw_len: how many there are
 * @out: bytes to be written; for the thread that writes, like the next two
 * @out_at: which of them is next
 * @out_len: how many there are
 * @in_buf: where @decoder puts a packet
 */
struct slip {
	struct fdev f;
	int slave;
	struct slip_decoder decoder;
	u8 raw[SLIP_READ];
	size_t raw_at, raw_len;
	size_t out_at, out_len;
	u8 in_buf[SLIP_MAX_MTU];
	u8 out[SLIP_ENCODED_MAX(SLIP_MAX_MTU)];
};

static struct slip *slip_of(const struct net_device *dev)
{
	return (struct slip *)netdev_priv(dev);
}

/* In. */

static void count_bad(struct fdev *f, enum slip_result result)
{
	spin_lock(&f->lock);
	f->stats.rx_errors++;
	if (result == SLIP_LONG)
		f->stats.rx_over_errors++;
	else
		f->stats.rx_frame_errors++;
	spin_unlock(&f->lock);
}

/* Return: the packet, NULL when there is none, and it is counted. */
static struct sk_buff *make_packet(struct slip *s)
{
	struct sk_buff *skb;

	if (s->decoder.len < SLIP_MIN_PACKET ||
	    (s->in_buf[0] >> 4 != 4 && s->in_buf[0] >> 4 != 6)) {
		count_bad(&s->f, SLIP_BAD);
		return NULL;
	}
	skb = netdev_alloc_skb(s->f.dev, (unsigned int)s->decoder.len);
	if (skb)
		__skb_put_data(skb, s->in_buf, (unsigned int)s->decoder.len);
	else
		fdev_refuse(&s->f, NULL, true);
	return skb;
}

/* The bytes that are there. Return: whether they had a packet. */
static bool decode(struct slip *s, struct sk_buff **frame)
{
	enum slip_result result;

	while (s->raw_at < s->raw_len) {
		result = slip_decode(&s->decoder, s->raw[s->raw_at++]);
		if (result == SLIP_MORE)
			continue;
		if (result == SLIP_PACKET)
			*frame = make_packet(s);
		else
			count_bad(&s->f, result);
		slip_reset(&s->decoder);
		if (*frame)
			return true;
	}
	return false;
}

static int slip_read(struct fdev *f, struct sk_buff **frame, int n)
{
	struct slip *s = slip_of(f->dev);
	ssize_t len;

	(void)n;
	*frame = NULL;
	/* A packet that was begun goes on with the size that it began with. */
	if (!s->decoder.len)
		s->decoder.size = min_t(size_t, READ_ONCE(f->dev->mtu), sizeof(s->in_buf));
	if (!decode(s, frame)) {
		do {
			len = read(f->fd, s->raw, sizeof(s->raw));
		} while (len < 0 && errno == EINTR);
		if (len < 0)
			return errno == EAGAIN ? 0 : -errno;
		/* The line was hung up. */
		if (!len)
			return -ENODEV;
		s->raw_at = 0;
		s->raw_len = (size_t)len;
		decode(s, frame);
	}
	f->rx_more = s->raw_at < s->raw_len;
	return 1;
}

/* Out. */

static int slip_drain(struct fdev *f)
{
	struct slip *s = slip_of(f->dev);

	while (s->out_at < s->out_len) {
		ssize_t n = write(f->fd, s->out + s->out_at, s->out_len - s->out_at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return -EAGAIN;
		if (n <= 0) {
			s->out_at = s->out_len = 0;
			return n ? -errno : -EIO;
		}
		s->out_at += (size_t)n;
	}
	s->out_at = s->out_len = 0;
	return 0;
}

static int slip_write(struct fdev *f, struct sk_buff **skbs, int n)
{
	struct slip *s = slip_of(f->dev);
	const struct sk_buff *skb = skbs[0];
	u8 *to = s->out;
	int err;

	/* Fragments are none of the features; what is larger than the line may come from a tap. */
	if (skb_is_nonlinear(skb) || skb->len > SLIP_MAX_MTU)
		return -EMSGSIZE;
	/* One END in front ends what noise there was. */
	*to++ = SLIP_END;
	to = slip_encode(to, skb->data, skb->len);
	*to++ = SLIP_END;
	s->out_at = 0;
	s->out_len = (size_t)(to - s->out);
	err = slip_drain(f);
	/* What could not be written is for the next time, and this packet is on its way. */
	return err && err != -EAGAIN ? err : 1;
}

static void slip_free(struct fdev *f)
{
	struct slip *s = slip_of(f->dev);

	if (s->slave >= 0)
		close(s->slave);
}

static const struct fdev_ops slip_ops = {
	.other_end = "the serial line",
	.read = slip_read,
	.write = slip_write,
	.drain = slip_drain,
	.type = fdev_ip_type,
	.free = slip_free,
};

/* The device has its name now. */
static int slip_init(struct net_device *dev)
{
	const struct slip *s = slip_of(dev);
	char path[SLIP_PATH_MAX];
	int err = fdev_init(dev);

	if (!err && s->slave >= 0 && !ttyname_r(s->slave, path, sizeof(path)))
		pr_info("%s: the line's other end is %s\n", dev->name, path);
	return err;
}

static const struct net_device_ops slip_netdev_ops = {
	.ndo_init = slip_init,
	.ndo_uninit = fdev_uninit,
	.ndo_open = fdev_open,
	.ndo_stop = fdev_stop,
	.ndo_start_xmit = fdev_xmit,
	.ndo_flush = fdev_flush,
	.ndo_get_stats64 = fdev_get_stats64,
};

static void slip_setup(struct net_device *dev)
{
	dev->netdev_ops = &slip_netdev_ops;
	dev->type = ARPHRD_SLIP;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;
	dev->mtu = SLIP_MTU;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = SLIP_MAX_MTU;
	dev->tx_queue_len = SLIP_TX_QUEUE_LEN;
	dev->priv_flags |= IFF_XMIT_DST_RELEASE;
}

/* Options and opening. */

static const struct {
	const char *name;
	speed_t baud;
} bauds[] = {
	{ "1200", B1200 },   { "2400", B2400 },	  { "4800", B4800 },   { "9600", B9600 },
	{ "19200", B19200 }, { "38400", B38400 }, { "57600", B57600 }, { "115200", B115200 },
};

static int slip_option(void *config, const char *key, const char *value, char *err, size_t err_size)
{
	struct slip_config *c = (struct slip_config *)config;
	size_t i;

	if (!strcmp(key, "path")) {
		if (*value != '/' || strlen(value) >= sizeof(c->path))
			return skiff_driver_error(err, err_size, -EINVAL,
						  "path=%s: a terminal's path from /, of up to %zu "
						  "characters, is accepted",
						  value, sizeof(c->path) - 1);
		memcpy(c->path, value, strlen(value) + 1);
		return 0;
	}
	if (strcmp(key, "baud") != 0)
		return -ENOENT;
	for (i = 0; i < ARRAY_SIZE(bauds); i++) {
		if (!strcmp(value, bauds[i].name)) {
			c->baud = bauds[i].baud;
			return 0;
		}
	}
	return skiff_driver_error(err, err_size, -EINVAL,
				  "baud=%s: 1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200 "
				  "is accepted",
				  value);
}

/* Every byte as it is. */
static int make_raw(int fd, speed_t baud)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return -errno;
	cfmakeraw(&t);
	t.c_cflag |= CLOCAL | CREAD;
	if (baud)
		cfsetspeed(&t, baud);
	return tcsetattr(fd, TCSANOW, &t) ? -errno : 0;
}

static int open_tty(const struct slip_config *c, char *err, size_t err_size)
{
	int fd = open(c->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), ret;

	if (fd < 0)
		return skiff_driver_error(err, err_size,
					  errno == ENOENT || errno == ENXIO ? -EINVAL : -errno,
					  "path=%s: %s; a terminal that can be opened is accepted",
					  c->path, strerror(errno));
	ret = make_raw(fd, c->baud);
	if (!ret)
		return fd;
	close(fd);
	return skiff_driver_error(err, err_size, ret == -ENOTTY ? -EINVAL : ret,
				  "path=%s: %s; a terminal is accepted", c->path, strerror(-ret));
}

/* Return: our end; *@slave is the other one. */
static int open_pty(int *slave, char *err, size_t err_size)
{
	char path[SLIP_PATH_MAX];
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), error;

	if (fd < 0)
		return skiff_driver_error(err, err_size, -errno, "no pseudo-terminal: %s",
					  strerror(errno));
	*slave = -1;
	if (!grantpt(fd) && !unlockpt(fd) && !ptsname_r(fd, path, sizeof(path)))
		*slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave >= 0 && !make_raw(*slave, 0))
		return fd;
	error = errno;
	if (*slave >= 0)
		close(*slave);
	close(fd);
	return skiff_driver_error(err, err_size, -error, "no pseudo-terminal: %s", strerror(error));
}

static int slip_create(struct net *net, const char *name, const void *config,
		       struct net_device **dev, char *err, size_t err_size)
{
	const struct slip_config *c = (const struct slip_config *)config;
	int fd, slave = -1;
	struct slip *s;

	if (c->path[0])
		fd = open_tty(c, err, err_size);
	else
		fd = open_pty(&slave, err, err_size);
	if (fd < 0)
		return fd;
	*dev = alloc_netdev(sizeof(*s), name, NET_NAME_USER, slip_setup);
	if (!*dev) {
		if (slave >= 0)
			close(slave);
		close(fd);
		return skiff_driver_error(err, err_size, -ENOMEM, "no memory for a device");
	}
	fdev_prepare(*dev, net, fd, &slip_ops);
	s = slip_of(*dev);
	s->slave = slave;
	s->decoder.buf = s->in_buf;
	return 0;
}

struct skiff_driver slip_driver = {
	.kind = "slip",
	.options = "path=TERMINAL, baud=SPEED",
	.config_size = sizeof(struct slip_config),
	.option = slip_option,
	.create = slip_create,
};
