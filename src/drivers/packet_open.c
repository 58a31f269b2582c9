// SPDX-License-Identifier: BSD-2-Clause
/* Packet sockets: opening one with its ring, with errors that help. */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/packet.h"

static int explain_socket(int error, char *err, size_t err_size)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return skiff_driver_error(
			err, err_size, -EPERM,
			"packet socket: not permitted; it needs CAP_NET_RAW in the "
			"network namespace of the interface");
	case EAFNOSUPPORT:
		return skiff_driver_error(err, err_size, -ENODEV,
					  "packet socket: this kernel has none; its module "
					  "af_packet has to be loaded");
	default:
		return skiff_driver_error(err, err_size, -error, "packet socket: %s",
					  strerror(error));
	}
}

static int set_int(int fd, int option, int value)
{
	return setsockopt(fd, SOL_PACKET, option, &value, sizeof(value)) ? -errno : 0;
}

/* The interface's number, whether Ethernet and up. */
static int look_up(int fd, struct packet_dev *p, char *err, size_t err_size)
{
	struct ifreq ifr = { .ifr_ifindex = 0 };

	memcpy(ifr.ifr_name, p->ifname, sizeof(p->ifname));
	if (ioctl(fd, SIOCGIFINDEX, &ifr))
		return skiff_driver_error(err, err_size, -ENODEV,
					  "if=%s: no such interface in this network namespace",
					  p->ifname);
	p->ifindex = ifr.ifr_ifindex;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) || (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER &&
					       ifr.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK))
		return skiff_driver_error(err, err_size, -EINVAL,
					  "if=%s: not an Ethernet interface; one is accepted",
					  p->ifname);
	return 0;
}

/*
 * The header has to be asked for before the ring exists. Kernels before 4.6 have it with rings
 * neither way: they refuse the ring, and then it is done without.
 */
static int make_ring(int fd, struct packet_dev *p)
{
	struct tpacket_req3 req = {
		.tp_block_size = PACKET_BLOCK_SIZE,
		.tp_block_nr = p->blocks,
		.tp_frame_size = 2048,
		.tp_frame_nr = p->blocks * (PACKET_BLOCK_SIZE / 2048),
		.tp_retire_blk_tov = PACKET_BLOCK_MS,
	};
	size_t size = (size_t)p->blocks * PACKET_BLOCK_SIZE;
	void *ring;
	int err = set_int(fd, PACKET_VERSION, TPACKET_V3);

	if (err)
		return err;
	if (p->vnet_hdr && set_int(fd, PACKET_VNET_HDR, 1))
		p->vnet_hdr = false;
	err = setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) ? -errno : 0;
	if (err == -EINVAL && p->vnet_hdr && !set_int(fd, PACKET_VNET_HDR, 0)) {
		p->vnet_hdr = false;
		err = setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) ? -errno : 0;
	}
	if (err)
		return err;
	ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		return -errno;
	p->ring = (u8 *)ring;
	return 0;
}

/*
 * Without a ring frames wait in the socket. As much as in a ring, if we may; who may not take so much
 * gets what everybody may have.
 */
static int make_queue(int fd, struct packet_dev *p)
{
	int size = PACKET_RCVBUF;

	if (p->vnet_hdr && set_int(fd, PACKET_VNET_HDR, 1))
		p->vnet_hdr = false;
	if (set_int(fd, PACKET_AUXDATA, 1))
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	p->overflow = fdev_overflow_alloc(FDEV_RX_BATCH);
	return p->overflow ? 0 : -ENOMEM;
}

static int join(int fd, const struct packet_dev *p, const struct packet_config *c, char *err,
		size_t err_size)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_ifindex = p->ifindex };

	ll.sll_protocol = htons(ETH_P_ALL);
	if (bind(fd, (const struct sockaddr *)&ll, sizeof(ll)))
		return skiff_driver_error(err, err_size, -errno, "if=%s: %s", p->ifname,
					  strerror(errno));
	if (c->fanout && set_int(fd, PACKET_FANOUT, (int)(c->fanout - 1) | c->mode << 16))
		return skiff_driver_error(err, err_size, -errno,
					  "fanout=%u: %s; a group has one mode and one interface, "
					  "and this network namespace",
					  c->fanout - 1, strerror(errno));
	return 0;
}

int packet_open_socket(struct packet_dev *p, const struct packet_config *c, char *err,
		       size_t err_size)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int ret;

	if (fd < 0)
		return explain_socket(errno, err, err_size);
	ret = look_up(fd, p, err, err_size);
	if (ret)
		goto err_close;
	/* Kernels before 4.20 show us our own frames; packet_read() leaves those out. */
	set_int(fd, PACKET_IGNORE_OUTGOING, 1);
	if (!c->no_bypass)
		set_int(fd, PACKET_QDISC_BYPASS, 1);
	ret = p->blocks ? make_ring(fd, p) : make_queue(fd, p);
	if (ret && p->blocks)
		skiff_driver_error(err, err_size, ret,
				   "blocks=%u: no ring of %u blocks of %u KB: %s", p->blocks,
				   p->blocks, PACKET_BLOCK_SIZE >> 10, strerror(-ret));
	else if (ret)
		skiff_driver_error(err, err_size, ret, "packet socket: %s", strerror(-ret));
	if (ret)
		goto err_close;
	ret = join(fd, p, c, err, err_size);
	if (!ret)
		return fd;
	if (p->ring)
		munmap(p->ring, (size_t)p->blocks * PACKET_BLOCK_SIZE);
	p->ring = NULL;
	fdev_overflow_free(p->overflow, FDEV_RX_BATCH);
	p->overflow = NULL;
err_close:
	close(fd);
	return ret;
}
