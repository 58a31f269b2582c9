/* SPDX-License-Identifier: BSD-2-Clause */
/* struct device of 1996: a driver in the article's form, on top of a net_device. */
#ifndef SKIFF_LJ1996_DEVICE_H
#define SKIFF_LJ1996_DEVICE_H

#include <linux/sockios.h>

#include <skiff/etherdevice.h>
#include <skiff/skbuff.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The driver fills in a struct device and calls register_netdev(), which calls its init method and
 * puts a net_device into the host; that one's methods call the driver's. All methods run under the
 * stack lock; netif_rx(), mark_bh() and dev_tint() may be called from any thread.
 *
 * Transmission: hard_start_xmit() returns 0 and owns the buffer until it calls dev_kfree_skb(skb,
 * FREE_WRITE), or returns 1, usually with tbusy set, and the buffer is offered again: at
 * mark_bh(NET_BH) or dev_tint(), else a millisecond later. As in 1996 it is called with tbusy set,
 * too, which is where drivers look whether they have been busy for too long. While the driver has a
 * buffer it is locked: see skb_device_lock().
 *
 * What waits stands in dev->buffs[], tx_queue_len buffers for each priority at most.
 */

struct device;

#define DEV_NUMBUFFS 3

/* Third argument of dev_queue_xmit(), and index of buffs[]. */
#define SOPRI_INTERACTIVE 0
#define SOPRI_NORMAL 1
#define SOPRI_BACKGROUND 2

/* The bottom half of mark_bh() that is meant here. */
#define NET_BH 1

/* First value of set_multicast_list()'s num_addrs that is no number. */
#define LJ_MC_PROMISC (-1)
#define LJ_MC_ALL (-2)

struct enet_statistics {
	int rx_packets;
	int tx_packets;
	int rx_errors;
	int tx_errors;
	int rx_dropped;
	int tx_dropped;
	int multicast;
	int collisions;
	int rx_length_errors;
	int rx_over_errors;
	int rx_crc_errors;
	int rx_frame_errors;
	int rx_fifo_errors;
	int rx_missed_errors;
	int tx_aborted_errors;
	int tx_carrier_errors;
	int tx_fifo_errors;
	int tx_heartbeat_errors;
	int tx_window_errors;
};

/**
 * struct device - a network interface as the article describes it
 * @name: "eth0", or a pattern; the registered device's name afterwards
 * @mem_end: hardware resources, shown by SIOCGIFMAP
 * @mem_start: the same
 * @base_addr: the same
 * @irq: the same
 * @if_port: the same
 * @dma: the same
 * @start: the driver's: it was opened
 * @tbusy: the driver's: it can't take a buffer now
 * @interrupt: the driver's: its interrupt handler runs
 * @trans_start: jiffies of the last transmission, set by the driver
 * @last_rx: the same for reception
 * @flags: IFF_*; the core keeps UP, RUNNING, PROMISC, ALLMULTI up to date for methods to read
 * @family: AF_INET
 * @mtu: largest packet; 0 for 1500
 * @type: ARPHRD_*
 * @hard_header_len: bytes of a link-layer header
 * @priv: the driver's own
 * @broadcast: address of all
 * @dev_addr: own address
 * @addr_len: bytes of an address
 * @tx_queue_len: most buffers that wait, for each priority
 * @buffs: those that wait; to be initialised by the driver, then the core's
 * @init: check the hardware, fill in the rest. Return: 0, or an error, which register_netdev() returns
 * @open: start. Return: 0 or a negative errno
 * @stop: stop; buffers that the driver holds are to be freed. Return: 0
 * @hard_start_xmit: send a buffer. Return: 0, or 1 for not now
 * @hard_header: push a link-layer header; @daddr NULL: not known yet. Return: its length, negative
 *               when it is not complete
 * @rebuild_header: complete the header at @eth for the neighbour @raddr. Return: 0, or 1 and the
 *                  buffer waits for an answer and will come back, or is freed
 * @set_multicast_list: receive @num_addrs addresses of addr_len bytes at @addrs; LJ_MC_PROMISC:
 *                      everything; LJ_MC_ALL: all multicast; 0: none
 * @set_mac_address: take the address of struct sockaddr @addr. Return: 0 or a negative errno
 * @do_ioctl: SIOCDEVPRIVATE and the 15 after it. Return: 0 or a negative errno
 * @set_config: SIOCSIFMAP. Return: 0 or a negative errno
 * @get_stats: counters, which the driver keeps
 * @net: not of 1996: the host; NULL: the one whose stack lock the registering thread holds
 * @lj_netdev: the adapter's
 * @lj_list: the adapter's
 * @lj_name: the adapter's
 * @lj_queue_len: the adapter's
 *
 * All that the driver does not set is 0.
 */
struct device {
	char *name;
	unsigned long mem_end;
	unsigned long mem_start;
	unsigned long base_addr;
	unsigned char irq;
	unsigned char if_port;
	unsigned char dma;
	volatile unsigned char start;
	volatile unsigned char tbusy;
	volatile unsigned char interrupt;
	unsigned long trans_start;
	unsigned long last_rx;
	unsigned short flags;
	unsigned short family;
	unsigned short mtu;
	unsigned short type;
	unsigned short hard_header_len;
	void *priv;
	unsigned char broadcast[MAX_ADDR_LEN];
	unsigned char dev_addr[MAX_ADDR_LEN];
	unsigned char addr_len;
	unsigned long tx_queue_len;
	struct sk_buff_head buffs[DEV_NUMBUFFS];
	int (*init)(struct device *dev);
	int (*open)(struct device *dev);
	int (*stop)(struct device *dev);
	int (*hard_start_xmit)(struct sk_buff *skb, struct device *dev);
	int (*hard_header)(struct sk_buff *skb, struct device *dev, unsigned short type,
			   void *daddr, void *saddr, unsigned len);
	int (*rebuild_header)(void *eth, struct device *dev, unsigned long raddr,
			      struct sk_buff *skb);
	void (*set_multicast_list)(struct device *dev, int num_addrs, void *addrs);
	int (*set_mac_address)(struct device *dev, void *addr);
	int (*do_ioctl)(struct device *dev, struct ifreq *ifr, int cmd);
	int (*set_config)(struct device *dev, struct ifmap *map);
	struct enet_statistics *(*get_stats)(struct device *dev);
	struct net *net;
	struct net_device *lj_netdev;
	struct list_head lj_list;
	char *lj_name;
	unsigned int lj_queue_len;
};

/**
 * lj_register_netdev() - register_netdev() in its 1996 form
 * @dev: the device, which stays the driver's memory
 *
 * Takes the stack lock unless the thread holds it. Return: 0; what init refused with; -EINVAL without
 * host, name or hard_start_xmit, or with buffs[] not initialised; -EBUSY when it is registered;
 * otherwise as register_netdevice(). After an error there is no device.
 */
SKIFF_API int lj_register_netdev(struct device *dev);

/* The reverse, for a device that is not up. Return: 0, -EBUSY while it is up, -ENODEV. */
SKIFF_API int lj_unregister_netdev(struct device *dev);

/* The net_device behind a registered device, NULL for others. Locked. */
SKIFF_API struct net_device *lj_netdev(const struct device *dev);

/* Hand a received buffer over: skb->dev is a struct device or a net_device. Any thread. */
SKIFF_API int lj_netif_rx(struct sk_buff *skb);

/* Offer what waits to this device, or, for NET_BH, to all that are not busy. Any thread. */
SKIFF_API void dev_tint(struct device *dev);
SKIFF_API void mark_bh(int nr);

/**
 * lj_dev_queue_xmit() - dev_queue_xmit() in its 1996 form
 * @skb: the buffer with a link-layer header of hard_header(), complete or not; consumed
 * @dev: the device
 * @pri: SOPRI_*
 *
 * A header without destination is first completed by rebuild_header(). Locked.
 */
SKIFF_API void lj_dev_queue_xmit(struct sk_buff *skb, struct device *dev, int pri);

/* Ethernet's support routines in their 1996 forms. */
SKIFF_API void lj_ether_setup(struct device *dev);
SKIFF_API int lj_eth_header(struct sk_buff *skb, struct device *dev, unsigned short type,
			    void *daddr, void *saddr, unsigned len);
SKIFF_API int lj_eth_rebuild_header(void *buff, struct device *dev, unsigned long raddr,
				    struct sk_buff *skb);
SKIFF_API unsigned short lj_eth_type_trans(struct sk_buff *skb, struct device *dev);

#ifdef __cplusplus
}
#else

/*
 * A driver of the time writes skb->dev = dev, where dev is a struct device: lj_netif_rx() knows
 * which is which. The compiler is to let it pass from here on.
 */
#pragma GCC diagnostic ignored "-Wincompatible-pointer-types"

#define eth_header lj_eth_header
#define eth_rebuild_header lj_eth_rebuild_header
#define ether_setup lj_ether_setup
#define netif_rx(skb) lj_netif_rx(skb)
/* clang-format off */
#define register_netdev(dev) \
	_Generic((dev), struct device *: lj_register_netdev, default: register_netdev)(dev)
#define unregister_netdev(dev) \
	_Generic((dev), struct device *: lj_unregister_netdev, default: unregister_netdev)(dev)
#define eth_type_trans(skb, dev) \
	_Generic((dev), struct device *: lj_eth_type_trans, default: eth_type_trans)(skb, dev)
/* clang-format on */
#endif

#endif /* SKIFF_LJ1996_DEVICE_H */
