// SPDX-License-Identifier: BSD-2-Clause
/* The descriptors that an image consists of. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/sockios.h>

#include "program/image.h"
#include "program/mirror_show.h"
#include "program/rtnl.h"

/* Of <linux/sockios.h>; asked of a queue of a TAP as well. */
#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894c
#endif

/* Linux 6.2 */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/* The first device of each namespace, which nobody needs to make. */
#define LOOPBACK "lo"
#define LOOPBACK_IFINDEX 1

void image_init(struct image *image)
{
	*image = (struct image){ .rtnl = -1, .packet = -1, .nr = 1 };
	image->device[0] = (struct image_device){ -1, LOOPBACK_IFINDEX, LOOPBACK };
}

static int open_tun(void)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int image_open(struct image *image)
{
	int err;

	image_init(image);
	image->opens = true;
	image->rtnl = rtnl_open();
	image->packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	err = image->packet < 0 ? -errno : shown_frame_prepare(image->packet);
	while (image->nr_spares < IMAGE_SPARES) {
		int fd = open_tun();

		if (fd < 0)
			break;
		image->spare[image->nr_spares++] = fd;
	}
	return image->rtnl < 0 ? image->rtnl : err;
}

static void close_one(int fd)
{
	if (fd >= 0)
		close(fd);
}

void image_close(struct image *image)
{
	for (unsigned int i = 0; i < image->nr; i++)
		close_one(image->device[i].fd);
	for (unsigned int i = 0; i < image->nr_spares; i++)
		close_one(image->spare[i]);
	close_one(image->rtnl);
	close_one(image->packet);
	image_init(image);
}

/* What is changed by way of it is not to be the network of who has more rights than the program. */
static bool is_elsewhere(int fd)
{
	int ns = ioctl(fd, SIOCGSKNS);
	struct stat there, here;
	bool elsewhere;

	if (ns < 0)
		return false;
	elsewhere = !fstat(ns, &there) && !stat("/proc/self/ns/net", &here) &&
		    (there.st_dev != here.st_dev || there.st_ino != here.st_ino);
	close(ns);
	return elsewhere;
}

static bool is_socket(int fd, int family, int protocol)
{
	int f = 0, p = -1;
	socklen_t len = sizeof(f);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &f, &len) ||
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &p, &len))
		return false;
	return f == family && p == protocol && is_elsewhere(fd);
}

static bool is_queue_of(int fd, const char *name)
{
	struct ifreq ifr = { 0 };

	return !ioctl(fd, TUNGETIFF, &ifr) && !strncmp(ifr.ifr_name, name, IF_NAMESIZE);
}

/* TUNGETIFF says so of a queue that is no device's; anything else does not know it. */
static bool is_spare(int fd)
{
	struct ifreq ifr = { 0 };

	return ioctl(fd, TUNGETIFF, &ifr) && errno == EBADFD && is_elsewhere(fd);
}

static int take_socket(int *at, int fd, int family, int protocol)
{
	if (*at >= 0)
		return -ENOSPC;
	if (!is_socket(fd, family, protocol))
		return -EINVAL;
	*at = fd;
	return 0;
}

static int take_device(struct image *image, int fd, const char *name)
{
	struct image_device *dev = &image->device[image->nr];

	if (image->nr == IMAGE_DEVICES_MAX)
		return -ENOSPC;
	if (!is_queue_of(fd, name))
		return -EINVAL;
	dev->fd = fd;
	dev->ifindex = 0;
	snprintf(dev->name, sizeof(dev->name), "%s", name);
	image->nr++;
	return 0;
}

int image_take(struct image *image, enum image_part part, int fd, const char *name)
{
	switch (part) {
	case IMAGE_RTNL:
		return take_socket(&image->rtnl, fd, AF_NETLINK, NETLINK_ROUTE);
	case IMAGE_PACKET:
		return take_socket(&image->packet, fd, AF_PACKET, 0);
	case IMAGE_SPARE:
		if (image->nr_spares == IMAGE_SPARES)
			return -ENOSPC;
		if (!is_spare(fd))
			return -EINVAL;
		image->spare[image->nr_spares++] = fd;
		return 0;
	default:
		return take_device(image, fd, name);
	}
}

struct image_device *image_find(struct image *image, int ifindex)
{
	for (unsigned int i = 0; i < image->nr; i++)
		if (image->device[i].ifindex == ifindex)
			return &image->device[i];
	return NULL;
}

/* Frames that are too large for the device are shown whole, and not cut before. Older kernels know less. */
static void offload(int fd)
{
	unsigned int tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN;

	if (ioctl(fd, TUNSETOFFLOAD, tcp | TUN_F_USO4 | TUN_F_USO6))
		ioctl(fd, TUNSETOFFLOAD, tcp);
}

/* Programs name devices by their numbers, too. */
static int set_up_queue(int fd, int ifindex, const char *name, bool ethernet)
{
	struct ifreq ifr = { .ifr_flags = (short)(IFF_NO_PI | (ethernet ? IFF_TAP : IFF_TUN)) };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFINDEX, &ifindex) || ioctl(fd, TUNSETIFF, &ifr))
		return -errno;
	offload(fd);
	/* Only Ethernet's may have a filter; what others send waits in a short queue. */
	return ethernet ? shown_frame_filter(fd) : 0;
}

static int take_spare(struct image *image)
{
	if (image->opens)
		return open_tun();
	return image->nr_spares ? image->spare[--image->nr_spares] : -ENOSPC;
}

int image_add_device(struct image *image, int ifindex, const char *name, bool ethernet)
{
	struct image_device *dev = &image->device[image->nr];
	int err;

	if (image->nr == IMAGE_DEVICES_MAX)
		return -ENOSPC;
	dev->fd = take_spare(image);
	if (dev->fd < 0)
		return dev->fd;
	err = set_up_queue(dev->fd, ifindex, name, ethernet);
	if (err) {
		close(dev->fd);
		return err;
	}
	dev->ifindex = ifindex;
	snprintf(dev->name, sizeof(dev->name), "%s", name);
	image->nr++;
	return 0;
}

/* A queue whose device was deleted can become another one's. */
void image_del_device(struct image *image, struct image_device *dev)
{
	if (dev->fd < 0)
		return;
	if (image->nr_spares < IMAGE_SPARES && !rtnl_del_link(image->rtnl, dev->ifindex))
		image->spare[image->nr_spares++] = dev->fd;
	else
		close(dev->fd);
	*dev = image->device[--image->nr];
}
