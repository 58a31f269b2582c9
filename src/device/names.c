// SPDX-License-Identifier: BSD-2-Clause
/* Names and numbers of devices: which are allowed, which are free, and who has them. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <skiff/slab.h>

#include "device/device.h"

/* Numbers that a pattern may yield: as many as there may be devices. */
#define NAME_NUMBERS NETDEV_MAX_PER_NET

static struct hlist_head *name_bucket(struct dev_net *dn, const char *name)
{
	u32 hash = 2166136261u; /* FNV-1a; the user chooses the names, so no attacker does */

	for (; *name; name++)
		hash = (hash ^ (u8)*name) * 16777619u;
	return &dn->by_name[(hash ^ hash >> 16) & (NETDEV_HASH_SIZE - 1)];
}

static struct hlist_head *index_bucket(struct dev_net *dn, int ifindex)
{
	return &dn->by_index[(unsigned int)ifindex & (NETDEV_HASH_SIZE - 1)];
}

bool dev_valid_name(const char *name)
{
	size_t len = name ? strnlen(name, IFNAMSIZ) : 0;

	if (!len || len == IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++) {
		u8 c = (u8)*name;

		if (c == '/' || c == ':' || c <= ' ' || c == 0x7f)
			return false;
	}
	return true;
}

struct net_device *__dev_get_by_name(struct net *net, const char *name)
{
	struct net_device *dev;
	struct dev_net *dn = dev_net_of(net);

	ASSERT_NET_LOCKED(net);
	if (!dn || !name)
		return NULL;
	hlist_for_each_entry(dev, name_bucket(dn, name), name_hlist)
		if (!strncmp(dev->name, name, IFNAMSIZ))
			return dev;
	return NULL;
}

struct net_device *__dev_get_by_index(struct net *net, int ifindex)
{
	struct net_device *dev;
	struct dev_net *dn = dev_net_of(net);

	ASSERT_NET_LOCKED(net);
	if (!dn)
		return NULL;
	hlist_for_each_entry(dev, index_bucket(dn, ifindex), index_hlist)
		if (dev->ifindex == ifindex)
			return dev;
	return NULL;
}

struct net_device *dev_get_by_name(struct net *net, const char *name)
{
	struct net_device *dev = __dev_get_by_name(net, name);

	dev_hold(dev);
	return dev;
}

struct net_device *dev_get_by_index(struct net *net, int ifindex)
{
	struct net_device *dev = __dev_get_by_index(net, ifindex);

	dev_hold(dev);
	return dev;
}

void dev_list_add(struct net_device *dev)
{
	struct dev_net *dn = dev_net_of(dev_net(dev));

	list_add_tail(&dev->dev_list, &dn->base);
	hlist_add_head(&dev->name_hlist, name_bucket(dn, dev->name));
	hlist_add_head(&dev->index_hlist, index_bucket(dn, dev->ifindex));
	dn->count++;
}

void dev_list_del(struct net_device *dev)
{
	struct dev_net *dn = dev_net_of(dev_net(dev));

	list_del(&dev->dev_list);
	hlist_del_init(&dev->name_hlist);
	hlist_del_init(&dev->index_hlist);
	dn->count--;
}

/* The number in @name if it is what @pattern would yield, -1 if not. */
static int name_number(const char *pattern, const char *percent, const char *name)
{
	size_t prefix = (size_t)(percent - pattern);
	char again[IFNAMSIZ];
	long number;
	char *end;

	if (strncmp(name, pattern, prefix) || !isdigit((u8)name[prefix]))
		return -1;
	number = strtol(name + prefix, &end, 10);
	if (number < 0 || number >= NAME_NUMBERS || strcmp(end, percent + 2))
		return -1;
	/* "eth007" is not what %d makes of 7, and so does not occupy it. */
	snprintf(again, sizeof(again), "%.*s%ld%s", (int)prefix, pattern, number, percent + 2);
	return strcmp(again, name) ? -1 : (int)number;
}

static int lowest_free_number(struct net *net, const char *pattern, const char *percent,
			      const struct net_device *self)
{
	unsigned long used[BITS_TO_LONGS(NAME_NUMBERS)] = { 0 };
	struct net_device *dev;
	int i;

	for_each_netdev(net, dev) {
		int number = dev == self ? -1 : name_number(pattern, percent, dev->name);

		if (number >= 0)
			__set_bit(number, used);
	}
	for (i = 0; i < NAME_NUMBERS; i++)
		if (!test_bit(i, used))
			return i;
	return -ENFILE;
}

int dev_pick_name(struct net *net, char *buf, const char *pattern, const struct net_device *self)
{
	const char *percent = strchr(pattern, '%');
	struct net_device *other;
	char name[2 * IFNAMSIZ];
	int number;

	if (!dev_valid_name(pattern))
		return -EINVAL;
	if (!percent) {
		other = __dev_get_by_name(net, pattern);
		if (other && other != self)
			return -EEXIST;
		memmove(buf, pattern, strlen(pattern) + 1);
		return 0;
	}
	if (percent[1] != 'd' || strchr(percent + 2, '%'))
		return -EINVAL;
	number = lowest_free_number(net, pattern, percent, self);
	if (number < 0)
		return number;
	snprintf(name, sizeof(name), "%.*s%d%s", (int)(percent - pattern), pattern, number,
		 percent + 2);
	if (strlen(name) >= IFNAMSIZ)
		return -EINVAL;
	memcpy(buf, name, strlen(name) + 1);
	return 0;
}

int dev_change_name(struct net_device *dev, const char *newname)
{
	struct net *net = dev_net(dev);
	char name[IFNAMSIZ];
	int err;

	ASSERT_NET_LOCKED(net);
	if (dev->flags & IFF_UP)
		return -EBUSY;
	if (dev->reg_state != NETREG_REGISTERED)
		return -ENODEV;
	err = newname ? dev_pick_name(net, name, newname, dev) : -EINVAL;
	if (err || !strcmp(name, dev->name))
		return err;
	hlist_del_init(&dev->name_hlist);
	memcpy(dev->name, name, sizeof(dev->name));
	dev->name_assign_type = NET_NAME_RENAMED;
	hlist_add_head(&dev->name_hlist, name_bucket(dev_net_of(net), dev->name));
	call_netdevice_notifiers(NETDEV_CHANGENAME, dev);
	return 0;
}

int dev_set_alias(struct net_device *dev, const char *alias, size_t len)
{
	char *text = NULL;

	ASSERT_NET_LOCKED(dev_net(dev));
	if (len >= IFALIASZ)
		return -EINVAL;
	if (len) {
		text = (char *)kmalloc(len + 1, GFP_KERNEL);
		if (!text)
			return -ENOMEM;
		memcpy(text, alias, len);
		text[len] = '\0';
	}
	kfree(dev->ifalias);
	dev->ifalias = text;
	return (int)len;
}

int dev_get_alias(const struct net_device *dev, char *name, size_t len)
{
	return dev->ifalias ? snprintf(name, len, "%s", dev->ifalias) : 0;
}
