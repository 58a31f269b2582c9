/* SPDX-License-Identifier: BSD-2-Clause */
/* Which frames a device lets in besides its own: lists of unicast and multicast addresses. */
#ifndef SKIFF_NETDEV_ADDR_H
#define SKIFF_NETDEV_ADDR_H

#include <skiff/list.h>
#include <skiff/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct net_device;

#ifndef MAX_ADDR_LEN
#define MAX_ADDR_LEN 32
#endif

/* Most addresses of a list: more than any filter holds, and few enough to be searched in order. */
#define NETDEV_MAX_HW_ADDRS 4096

/* net_device.mc_filter_max of a filter without a limit */
#define NETDEV_MC_FILTER_ANY (~0u)

#define NETDEV_HW_ADDR_T_UNICAST 4
#define NETDEV_HW_ADDR_T_MULTICAST 5

/**
 * struct netdev_hw_addr - an address that somebody wants frames for
 * @list: in its netdev_hw_addr_list
 * @addr: the address, net_device.addr_len bytes
 * @type: NETDEV_HW_ADDR_T_*
 * @global_use: the user asked for it, who counts once
 * @sync_cnt: other devices, or the driver's filter, that have it from here
 * @refcount: how many want it, those that were given it included
 * @synced: of those, the devices that it was taken from
 */
struct netdev_hw_addr {
	struct list_head list;
	unsigned char addr[MAX_ADDR_LEN];
	unsigned char type;
	bool global_use;
	int sync_cnt;
	int refcount;
	int synced;
};

struct netdev_hw_addr_list {
	struct list_head list;
	int count;
};

#define netdev_hw_addr_list_count(l) ((l)->count)
#define netdev_hw_addr_list_empty(l) (netdev_hw_addr_list_count(l) == 0)
#define netdev_hw_addr_list_for_each(ha, l) list_for_each_entry(ha, &(l)->list, list)

#define netdev_uc_count(dev) netdev_hw_addr_list_count(&(dev)->uc)
#define netdev_uc_empty(dev) netdev_hw_addr_list_empty(&(dev)->uc)
#define netdev_for_each_uc_addr(ha, dev) netdev_hw_addr_list_for_each(ha, &(dev)->uc)
#define netdev_mc_count(dev) netdev_hw_addr_list_count(&(dev)->mc)
#define netdev_mc_empty(dev) netdev_hw_addr_list_empty(&(dev)->mc)
#define netdev_for_each_mc_addr(ha, dev) netdev_hw_addr_list_for_each(ha, &(dev)->mc)

/* All calls: locked. Those on a device tell its driver (ndo_set_rx_mode) what has changed. */

/**
 * dev_mc_add() - want frames for a multicast address
 * @dev: the device
 * @addr: the address, dev->addr_len bytes
 *
 * Each call counts, and is undone by one dev_mc_del(). Return: 0; -ENOSPC when the list has
 * NETDEV_MAX_HW_ADDRS; -ENOMEM.
 */
SKIFF_API int dev_mc_add(struct net_device *dev, const unsigned char *addr);

/* The user's own wish, which counts once: 0 also when it is expressed again. */
SKIFF_API int dev_mc_add_global(struct net_device *dev, const unsigned char *addr);

/* -EEXIST when anybody wants the address already. */
SKIFF_API int dev_mc_add_excl(struct net_device *dev, const unsigned char *addr);

/* Undo dev_mc_add(), dev_mc_add_excl(). Return: 0 or -ENOENT. */
SKIFF_API int dev_mc_del(struct net_device *dev, const unsigned char *addr);
/* Undo dev_mc_add_global(). Return: 0 or -ENOENT. */
SKIFF_API int dev_mc_del_global(struct net_device *dev, const unsigned char *addr);

/**
 * dev_mc_sync() - what a device wants is wanted from another one, below it
 * @to: the lower device
 * @from: the upper device
 *
 * Addresses that are new go down, those that nobody above wants any more come back. For a device
 * that stands on one other; dev_mc_sync_multiple() for one that stands on several.
 *
 * Return: 0; -EINVAL for devices with addresses of different lengths; as dev_mc_add().
 */
SKIFF_API int dev_mc_sync(struct net_device *to, struct net_device *from);
SKIFF_API int dev_mc_sync_multiple(struct net_device *to, struct net_device *from);
/* Take back from @to all that it was given by @from. */
SKIFF_API void dev_mc_unsync(struct net_device *to, struct net_device *from);

/* Forget all addresses, whoever wants them. The driver is not told: the device goes. */
SKIFF_API void dev_mc_flush(struct net_device *dev);
SKIFF_API void dev_mc_init(struct net_device *dev);

/*
 * The same for further unicast addresses. A device whose driver does not filter by them
 * (IFF_UNICAST_FLT) is promiscuous while there are any.
 */
SKIFF_API int dev_uc_add(struct net_device *dev, const unsigned char *addr);
SKIFF_API int dev_uc_add_excl(struct net_device *dev, const unsigned char *addr);
SKIFF_API int dev_uc_del(struct net_device *dev, const unsigned char *addr);
SKIFF_API int dev_uc_sync(struct net_device *to, struct net_device *from);
SKIFF_API int dev_uc_sync_multiple(struct net_device *to, struct net_device *from);
SKIFF_API void dev_uc_unsync(struct net_device *to, struct net_device *from);
SKIFF_API void dev_uc_flush(struct net_device *dev);
SKIFF_API void dev_uc_init(struct net_device *dev);

/* The lists by themselves, for structures of a driver. @addr_len: bytes of an address. */
SKIFF_API void __hw_addr_init(struct netdev_hw_addr_list *list);
SKIFF_API int __hw_addr_sync(struct netdev_hw_addr_list *to_list,
			     struct netdev_hw_addr_list *from_list, int addr_len);
SKIFF_API void __hw_addr_unsync(struct netdev_hw_addr_list *to_list,
				struct netdev_hw_addr_list *from_list, int addr_len);

/**
 * __hw_addr_sync_dev() - bring a driver's filter up to date, one address at a time
 * @list: what is wanted
 * @dev: the device, for the functions
 * @sync: put an address into the filter. Return: 0, or negative: it is tried again next time
 * @unsync: take one out, or NULL. Return: 0, or nonzero: it stays until next time
 *
 * From ndo_set_rx_mode. Return: 0 or what @sync refused with.
 */
SKIFF_API int __hw_addr_sync_dev(struct netdev_hw_addr_list *list, struct net_device *dev,
				 int (*sync)(struct net_device *dev, const unsigned char *addr),
				 int (*unsync)(struct net_device *dev, const unsigned char *addr));
/* Take all out of the filter, as from ndo_stop. */
SKIFF_API void __hw_addr_unsync_dev(struct netdev_hw_addr_list *list, struct net_device *dev,
				    int (*unsync)(struct net_device *dev,
						  const unsigned char *addr));

#define __dev_mc_sync(dev, sync, unsync) __hw_addr_sync_dev(&(dev)->mc, dev, sync, unsync)
#define __dev_mc_unsync(dev, unsync) __hw_addr_unsync_dev(&(dev)->mc, dev, unsync)
#define __dev_uc_sync(dev, sync, unsync) __hw_addr_sync_dev(&(dev)->uc, dev, sync, unsync)
#define __dev_uc_unsync(dev, unsync) __hw_addr_unsync_dev(&(dev)->uc, dev, unsync)

/**
 * dev_set_rx_mode() - tell the driver what frames are wanted
 * @dev: the device; nothing happens unless it is up
 *
 * What its filter can't do is made up for first: it is promiscuous for unicast addresses without
 * IFF_UNICAST_FLT, takes all multicast for more than mc_filter_max groups, and is promiscuous
 * instead of that with IFF_PROMISC_FOR_ALLMULTI.
 */
SKIFF_API void dev_set_rx_mode(struct net_device *dev);
SKIFF_API void __dev_set_rx_mode(struct net_device *dev);

/**
 * dev_rx_wanted() - whether a device with a perfect filter would let a frame in
 * @dev: the device, with addresses as Ethernet has them
 * @dest: the frame's destination
 *
 * By its modes, its own address, the broadcast address, and its lists. The core asks for devices
 * with IFF_RX_FILTER, whose drivers get every frame of their link.
 */
SKIFF_API bool dev_rx_wanted(const struct net_device *dev, const unsigned char *dest);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NETDEV_ADDR_H */
