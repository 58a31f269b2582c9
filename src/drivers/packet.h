/* SPDX-License-Identifier: BSD-2-Clause */
/* A device on a network interface of the kernel, by way of a packet socket: what its parts share. */
#ifndef SKIFF_DRIVERS_PACKET_H
#define SKIFF_DRIVERS_PACKET_H

#include <net/if.h>

#include <linux/if_packet.h>

#include "drivers/fdev.h"
#include "ethernet/virtio_net.h"

#define PACKET_BLOCK_SIZE (256u << 10)
#define PACKET_BLOCKS_MAX 1024
/* A block that is not full is handed over after so many milliseconds. */
#define PACKET_BLOCK_MS 1
#define PACKET_MAX_MTU 65521
/* Bytes that wait in the kernel when there is no ring, with what it counts for each frame. */
#define PACKET_RCVBUF (8 << 20)

/**
 * struct packet_config - options
 * @ifname: the kernel's interface
 * @fanout: group number, 0 for none
 * @mode: PACKET_FANOUT_*
 * @blocks: of the receive ring, 0 for none
 * @no_vnet_hdr: checksums are not left to each other
 * @no_bypass: send by way of the interface's discipline
 */
struct packet_config {
	char ifname[IF_NAMESIZE];
	u32 fanout;
	u16 mode;
	u32 blocks;
	bool no_vnet_hdr;
	bool no_bypass;
};

/**
 * struct packet_dev - one device, netdev_priv() of its net_device
 * @f: what it is as one behind a descriptor, which is a packet socket
 * @ifname: the kernel's interface when the device was made
 * @ifindex: its number
 * @vnet_hdr: frames have a virtio header in front
 * @overflow: without a ring, where the ends of frames go that are larger than expected
 * @ring: the receive ring, or NULL: each frame is asked for
 * @blocks: how many blocks it has
 * @block: the one that is read; with the next two, for the thread that reads
 * @left: packets left there, 0 when it is still the kernel's
 * @next: the next one of these
 * @promisc: whether the kernel's interface was asked for all frames
 * @mac: address that it was asked to accept
 * @down: the kernel's interface is down
 * @down_work: the kernel's interface has gone down
 * @down_timer: looks whether it is back, or gone
 * @missed: frames that the kernel dropped because the ring or the socket was full
 */
struct packet_dev {
	struct fdev f;
	char ifname[IF_NAMESIZE];
	int ifindex;
	bool vnet_hdr;
	u8 *overflow;
	u8 *ring;
	u32 blocks;
	u32 block;
	u32 left;
	u32 next;
	bool promisc;
	u8 mac[ETH_ALEN];
	bool down;
	struct net_work down_work;
	struct timer_list down_timer;
	u64 missed;
};

static inline struct packet_dev *packet_of(const struct net_device *dev)
{
	return (struct packet_dev *)netdev_priv(dev);
}

/* packet_open.c. Return: a descriptor or a negative errno with a message. */
int packet_open_socket(struct packet_dev *p, const struct packet_config *c, char *err,
		       size_t err_size);

/* packet_rx.c */
int packet_read(struct fdev *f, struct sk_buff **frames, int n);

/* packet_io.c */
extern const struct fdev_ops packet_ops;
/* The socket has reported an error: the interface goes down, or away. Unlocked. */
void packet_error(struct fdev *f);
/* Where the interface stands. Return: 0 up, -ENETDOWN, -ENODEV when it is gone. */
int packet_state(const struct packet_dev *p);

#endif /* SKIFF_DRIVERS_PACKET_H */
