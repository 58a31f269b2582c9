/* SPDX-License-Identifier: BSD-2-Clause */
/* An image of a host's devices in a network namespace: what it consists of, and how it is made what it should be. */
#ifndef PROGRAM_IMAGE_H
#define PROGRAM_IMAGE_H

#include <net/if.h>

#include <skiff/kernel.h>

/*
 * A program that asks the kernel which devices, addresses and routes there are (rtnetlink, /proc/net,
 * /sys/class/net) is to be told of its host's. So its network namespace has a TAP for each of them. What the
 * kernel would send by one is thrown away.
 *
 * The launcher, which is in the namespace, makes it, and hands over to the host what it takes to keep it in step:
 * the TAPs' queues, a socket for rtnetlink, and some queues that are no TAP's yet, which become one of that very
 * namespace when a device appears. The host, whose user made the namespace, has the right to it, and need
 * not go there. A socket of AF_PACKET shows what devices send.
 *
 * How it is to be, the host says in lines. A device is known by its number, which is the same here and there:
 *
 *	device INDEX NAME FLAGS MTU MAC		FLAGS are hexadecimal, IFF_*, of which IFF_LOWER_UP stands for the
 *						carrier; MAC is "-" for one without Ethernet
 *	address INDEX ADDRESS LENGTH PEER BROADCAST
 *	route INDEX ADDRESS LENGTH GATEWAY SOURCE METRIC
 *
 * A device comes before what is said of it, and a route before those that need it to reach their gateway. Lines
 * that are not known are passed over.
 */
#define IMAGE_DEVICES_MAX 32

/* Devices that may appear after the start and are shown; one that goes makes room for another. */
#define IMAGE_SPARES 4

/* IFF_LOWER_UP, which <net/if.h> has not. */
#define IMAGE_CARRIER 0x10000

/**
 * struct image_device - a TAP, or loopback
 * @fd: its queue; -1 for loopback
 * @ifindex: its number
 * @name: its name
 */
struct image_device {
	int fd;
	int ifindex;
	char name[IF_NAMESIZE];
};

/**
 * struct image - the image in one namespace
 * @rtnl: a socket for rtnetlink
 * @packet: one of AF_PACKET
 * @spare: queues that are no TAP's
 * @nr_spares: how many
 * @opens: the calling process is in the namespace, and can have as many as it wants
 * @device: what there is
 * @nr: how many
 */
struct image {
	int rtnl;
	int packet;
	int spare[IMAGE_SPARES];
	unsigned int nr_spares;
	bool opens;
	struct image_device device[IMAGE_DEVICES_MAX];
	unsigned int nr;
};

/* One of nothing. */
void image_init(struct image *image);

/* For the namespace of the calling process, with spare queues where they can be had. Return: 0 or a negative errno. */
int image_open(struct image *image);

/* What is open of it is closed, and the TAPs are gone with it. */
void image_close(struct image *image);

/* What may be handed over. */
enum image_part { IMAGE_RTNL, IMAGE_PACKET, IMAGE_SPARE, IMAGE_DEVICE };

/**
 * image_take() - let a descriptor be part of an image
 * @image: the image
 * @part: what the descriptor is said to be
 * @fd: it; the image's, unless this fails
 * @name: for a device
 *
 * Return: 0; -EINVAL when it is something else, or of the calling process's own network; -ENOSPC.
 */
int image_take(struct image *image, enum image_part part, int fd, const char *name);

/* Return: the device, or NULL. */
struct image_device *image_find(struct image *image, int ifindex);

/* Learn the numbers of the devices that were taken from the lines that they were made by. */
void image_number(struct image *image, const char *lines);

/* A TAP, or without Ethernet a TUN device, that throws away what the kernel sends. 0 or a negative errno. */
int image_add_device(struct image *image, int ifindex, const char *name, bool ethernet);
void image_del_device(struct image *image, struct image_device *dev);

/**
 * image_apply() - bring an image from one state to another
 * @image: the image
 * @was: lines that it was made by; "" for one of nothing
 * @is: those that it is to be made by
 *
 * What is alike in both is left alone. All that can be done is. Return: 0 or the first error, negative.
 */
int image_apply(struct image *image, const char *was, const char *is);

#endif /* PROGRAM_IMAGE_H */
