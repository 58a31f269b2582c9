// SPDX-License-Identifier: BSD-2-Clause
/* Lists of addresses that a device receives, and the modes that make up for what a filter lacks. */
#include <skiff/etherdevice.h>
#include <skiff/slab.h>

#include "device/device.h"

/*
 * An entry is wanted by refcount users. Handing it to a lower device or to a filter (sync) is one
 * more user, the list's own: so an entry with sync_cnt users left over is one that nobody else
 * wants, and the next sync takes it back. In the list it was handed to, it is marked as synced:
 * only such a use can be taken back from there.
 */

/* Whose use is counted. */
enum hw_addr_user { USER_PLAIN, USER_GLOBAL, USER_SYNC };

void __hw_addr_init(struct netdev_hw_addr_list *list)
{
	INIT_LIST_HEAD(&list->list);
	list->count = 0;
}

static struct netdev_hw_addr *hw_addr_find(const struct netdev_hw_addr_list *list,
					   const unsigned char *addr, int addr_len)
{
	struct netdev_hw_addr *ha;

	netdev_hw_addr_list_for_each(ha,
				     list) if (!memcmp(ha->addr, addr, (size_t)addr_len)) return ha;
	return NULL;
}

static int hw_addr_create(struct netdev_hw_addr_list *list, const unsigned char *addr, int addr_len,
			  unsigned char type, enum hw_addr_user user)
{
	struct netdev_hw_addr *ha;

	if (list->count >= NETDEV_MAX_HW_ADDRS)
		return -ENOSPC;
	ha = (struct netdev_hw_addr *)kzalloc(sizeof(*ha), GFP_ATOMIC);
	if (!ha)
		return -ENOMEM;
	memcpy(ha->addr, addr, (size_t)addr_len);
	ha->type = type;
	ha->global_use = user == USER_GLOBAL;
	ha->synced = user == USER_SYNC;
	ha->refcount = 1;
	list_add_tail(&ha->list, &list->list);
	list->count++;
	return 0;
}

/* @again: of a USER_SYNC, that this user is counted already if the entry is. */
static int hw_addr_add(struct netdev_hw_addr_list *list, const unsigned char *addr, int addr_len,
		       unsigned char type, enum hw_addr_user user, bool again)
{
	struct netdev_hw_addr *ha = hw_addr_find(list, addr, addr_len);

	if (!ha)
		return hw_addr_create(list, addr, addr_len, type, user);
	if (user == USER_GLOBAL) {
		if (ha->global_use)
			return 0;
		ha->global_use = true;
	}
	if (user == USER_SYNC) {
		if (ha->synced && again)
			return -EEXIST;
		ha->synced++;
	}
	ha->refcount++;
	return 0;
}

static void hw_addr_drop(struct netdev_hw_addr_list *list, struct netdev_hw_addr *ha)
{
	list_del(&ha->list);
	list->count--;
	kfree(ha);
}

/* One user less. */
static void hw_addr_put(struct netdev_hw_addr_list *list, struct netdev_hw_addr *ha)
{
	if (!--ha->refcount)
		hw_addr_drop(list, ha);
}

static int hw_addr_del(struct netdev_hw_addr_list *list, const unsigned char *addr, int addr_len,
		       enum hw_addr_user user)
{
	struct netdev_hw_addr *ha = hw_addr_find(list, addr, addr_len);

	if (!ha || (user == USER_GLOBAL && !ha->global_use) || (user == USER_SYNC && !ha->synced))
		return -ENOENT;
	if (user == USER_GLOBAL)
		ha->global_use = false;
	if (user == USER_SYNC)
		ha->synced--;
	hw_addr_put(list, ha);
	return 0;
}

static void hw_addr_flush(struct netdev_hw_addr_list *list)
{
	struct netdev_hw_addr *ha, *next;

	list_for_each_entry_safe(ha, next, &list->list, list)
		hw_addr_drop(list, ha);
}

/* From one list to another. */

static int sync_one(struct netdev_hw_addr_list *to, struct netdev_hw_addr *ha, int addr_len)
{
	int err = hw_addr_add(to, ha->addr, addr_len, ha->type, USER_SYNC, ha->sync_cnt);

	if (err)
		return err == -EEXIST ? 0 : err;
	ha->sync_cnt++;
	ha->refcount++;
	return 0;
}

static void unsync_one(struct netdev_hw_addr_list *to, struct netdev_hw_addr_list *from,
		       struct netdev_hw_addr *ha, int addr_len)
{
	if (hw_addr_del(to, ha->addr, addr_len, USER_SYNC))
		return;
	ha->sync_cnt--;
	hw_addr_put(from, ha);
}

int __hw_addr_sync(struct netdev_hw_addr_list *to_list, struct netdev_hw_addr_list *from_list,
		   int addr_len)
{
	struct netdev_hw_addr *ha, *next;
	int err;

	list_for_each_entry_safe(ha, next, &from_list->list, list) {
		if (ha->sync_cnt) {
			if (ha->refcount == 1)
				unsync_one(to_list, from_list, ha, addr_len);
			continue;
		}
		err = sync_one(to_list, ha, addr_len);
		if (err)
			return err;
	}
	return 0;
}

static int hw_addr_sync_multiple(struct netdev_hw_addr_list *to, struct netdev_hw_addr_list *from,
				 int addr_len)
{
	struct netdev_hw_addr *ha, *next;
	int err;

	list_for_each_entry_safe(ha, next, &from->list, list) {
		if (ha->sync_cnt == ha->refcount) {
			unsync_one(to, from, ha, addr_len);
			continue;
		}
		err = sync_one(to, ha, addr_len);
		if (err)
			return err;
	}
	return 0;
}

void __hw_addr_unsync(struct netdev_hw_addr_list *to_list, struct netdev_hw_addr_list *from_list,
		      int addr_len)
{
	struct netdev_hw_addr *ha, *next;

	list_for_each_entry_safe(ha, next, &from_list->list, list)
		if (ha->sync_cnt)
			unsync_one(to_list, from_list, ha, addr_len);
}

/* From a list to a driver's filter. */

int __hw_addr_sync_dev(struct netdev_hw_addr_list *list, struct net_device *dev,
		       int (*sync)(struct net_device *dev, const unsigned char *addr),
		       int (*unsync)(struct net_device *dev, const unsigned char *addr))
{
	struct netdev_hw_addr *ha, *next;
	int err;

	/* First out, then in: a full filter has room for as many as left it. */
	list_for_each_entry_safe(ha, next, &list->list, list) {
		if (!ha->sync_cnt || ha->refcount != 1 || (unsync && unsync(dev, ha->addr)))
			continue;
		ha->sync_cnt--;
		hw_addr_put(list, ha);
	}
	/* The analyzer does not see that a freed entry has left the list. */
	list_for_each_entry(ha, &list->list, list) {
		if (ha->sync_cnt) /* NOLINT(clang-analyzer-unix.Malloc) */
			continue;
		err = sync(dev, ha->addr);
		if (err)
			return err;
		ha->sync_cnt++;
		ha->refcount++;
	}
	return 0;
}

void __hw_addr_unsync_dev(struct netdev_hw_addr_list *list, struct net_device *dev,
			  int (*unsync)(struct net_device *dev, const unsigned char *addr))
{
	struct netdev_hw_addr *ha, *next;

	list_for_each_entry_safe(ha, next, &list->list, list) {
		if (!ha->sync_cnt || (unsync && unsync(dev, ha->addr)))
			continue;
		ha->sync_cnt--;
		hw_addr_put(list, ha);
	}
}

/* A device's two lists: what differs between them is the list and the type of its entries. */

static int dev_list_addr_add(struct net_device *dev, struct netdev_hw_addr_list *list,
			     const unsigned char *addr, enum hw_addr_user user)
{
	unsigned char type = list == &dev->uc ? NETDEV_HW_ADDR_T_UNICAST :
						NETDEV_HW_ADDR_T_MULTICAST;
	int err = hw_addr_add(list, addr, dev->addr_len, type, user, false);

	if (!err)
		__dev_set_rx_mode(dev);
	return err;
}

static int dev_list_addr_add_excl(struct net_device *dev, struct netdev_hw_addr_list *list,
				  const unsigned char *addr)
{
	if (hw_addr_find(list, addr, dev->addr_len))
		return -EEXIST;
	return dev_list_addr_add(dev, list, addr, USER_PLAIN);
}

static int dev_list_addr_del(struct net_device *dev, struct netdev_hw_addr_list *list,
			     const unsigned char *addr, enum hw_addr_user user)
{
	int err = hw_addr_del(list, addr, dev->addr_len, user);

	if (!err)
		__dev_set_rx_mode(dev);
	return err;
}

typedef int (*hw_addr_sync_fn)(struct netdev_hw_addr_list *to, struct netdev_hw_addr_list *from,
			       int addr_len);

static int dev_lists_sync(struct net_device *to, struct net_device *from, bool unicast,
			  hw_addr_sync_fn sync)
{
	int err;

	if (to->addr_len != from->addr_len)
		return -EINVAL;
	err = unicast ? sync(&to->uc, &from->uc, to->addr_len) :
			sync(&to->mc, &from->mc, to->addr_len);
	if (!err)
		__dev_set_rx_mode(to);
	return err;
}

static void dev_lists_unsync(struct net_device *to, struct net_device *from, bool unicast)
{
	if (to->addr_len != from->addr_len)
		return;
	if (unicast)
		__hw_addr_unsync(&to->uc, &from->uc, to->addr_len);
	else
		__hw_addr_unsync(&to->mc, &from->mc, to->addr_len);
	__dev_set_rx_mode(to);
}

int dev_mc_add(struct net_device *dev, const unsigned char *addr)
{
	return dev_list_addr_add(dev, &dev->mc, addr, USER_PLAIN);
}

int dev_mc_add_global(struct net_device *dev, const unsigned char *addr)
{
	return dev_list_addr_add(dev, &dev->mc, addr, USER_GLOBAL);
}

int dev_mc_add_excl(struct net_device *dev, const unsigned char *addr)
{
	return dev_list_addr_add_excl(dev, &dev->mc, addr);
}

int dev_mc_del(struct net_device *dev, const unsigned char *addr)
{
	return dev_list_addr_del(dev, &dev->mc, addr, USER_PLAIN);
}

int dev_mc_del_global(struct net_device *dev, const unsigned char *addr)
{
	return dev_list_addr_del(dev, &dev->mc, addr, USER_GLOBAL);
}

int dev_mc_sync(struct net_device *to, struct net_device *from)
{
	return dev_lists_sync(to, from, false, __hw_addr_sync);
}

int dev_mc_sync_multiple(struct net_device *to, struct net_device *from)
{
	return dev_lists_sync(to, from, false, hw_addr_sync_multiple);
}

void dev_mc_unsync(struct net_device *to, struct net_device *from)
{
	dev_lists_unsync(to, from, false);
}

void dev_mc_flush(struct net_device *dev)
{
	hw_addr_flush(&dev->mc);
}

void dev_mc_init(struct net_device *dev)
{
	__hw_addr_init(&dev->mc);
}

int dev_uc_add(struct net_device *dev, const unsigned char *addr)
{
	return dev_list_addr_add(dev, &dev->uc, addr, USER_PLAIN);
}

int dev_uc_add_excl(struct net_device *dev, const unsigned char *addr)
{
	return dev_list_addr_add_excl(dev, &dev->uc, addr);
}

int dev_uc_del(struct net_device *dev, const unsigned char *addr)
{
	return dev_list_addr_del(dev, &dev->uc, addr, USER_PLAIN);
}

int dev_uc_sync(struct net_device *to, struct net_device *from)
{
	return dev_lists_sync(to, from, true, __hw_addr_sync);
}

int dev_uc_sync_multiple(struct net_device *to, struct net_device *from)
{
	return dev_lists_sync(to, from, true, hw_addr_sync_multiple);
}

void dev_uc_unsync(struct net_device *to, struct net_device *from)
{
	dev_lists_unsync(to, from, true);
}

void dev_uc_flush(struct net_device *dev)
{
	hw_addr_flush(&dev->uc);
}

void dev_uc_init(struct net_device *dev)
{
	__hw_addr_init(&dev->uc);
}

/* Modes in place of filters. Each is one more user of the mode, as long as it is needed. */

static void stand_in(struct net_device *dev, bool needed, bool *counted,
		     int (*count)(struct net_device *dev, int inc))
{
	if (needed != *counted && !count(dev, needed ? 1 : -1))
		*counted = needed;
}

static void make_up_for_filter(struct net_device *dev)
{
	stand_in(dev, !(dev->priv_flags & IFF_UNICAST_FLT) && !netdev_uc_empty(dev),
		 &dev->uc_promisc, dev_count_promiscuity);
	stand_in(dev, (unsigned int)netdev_mc_count(dev) > dev->mc_filter_max, &dev->mc_allmulti,
		 dev_count_allmulti);
	stand_in(dev, (dev->priv_flags & IFF_PROMISC_FOR_ALLMULTI) && (dev->flags & IFF_ALLMULTI),
		 &dev->allmulti_promisc, dev_count_promiscuity);
}

void __dev_set_rx_mode(struct net_device *dev)
{
	ASSERT_NET_LOCKED(dev_net(dev));
	if (!(dev->flags & IFF_UP) || !netif_device_present(dev))
		return;
	make_up_for_filter(dev);
	if (dev->netdev_ops->ndo_set_rx_mode)
		dev->netdev_ops->ndo_set_rx_mode(dev);
}

void dev_set_rx_mode(struct net_device *dev)
{
	__dev_set_rx_mode(dev);
}

bool dev_rx_wanted(const struct net_device *dev, const unsigned char *dest)
{
	if (dev->flags & IFF_PROMISC || !memcmp(dest, dev->dev_addr, dev->addr_len) ||
	    !memcmp(dest, dev->broadcast, dev->addr_len))
		return true;
	if (!is_multicast_ether_addr(dest))
		return hw_addr_find(&dev->uc, dest, dev->addr_len);
	return dev->flags & IFF_ALLMULTI || hw_addr_find(&dev->mc, dest, dev->addr_len);
}
