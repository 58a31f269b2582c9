/* SPDX-License-Identifier: BSD-2-Clause */
/* The IPv4 side of a device: its addresses. */
#ifndef SKIFF_INETDEVICE_H
#define SKIFF_INETDEVICE_H

#include <netinet/in.h>

#include <skiff/net_namespace.h>
#include <skiff/netdevice.h>
#include <skiff/timer.h>

/* With include/kernel in front, this name leads to <skiff/ip.h>, which builds on this header. */
#define SKIFF_SYSTEM_HEADERS_ONLY
#include <linux/ip.h>
#undef SKIFF_SYSTEM_HEADERS_ONLY

#ifdef __cplusplus
extern "C" {
#endif

struct igmp_left;
struct ip_mc_list;
struct ctl_table;
struct ctl_table_header;
struct neigh_parms;

/* Addresses per device. */
#define INET_IFADDR_MAX 256

/**
 * struct in_ifaddr - one address of a device
 * @ifa_next: the next one; the first is preferred as source
 * @ifa_dev: where it belongs
 * @ifa_local: the address
 * @ifa_address: the other end on a point-to-point link, else the same as @ifa_local
 * @ifa_mask: netmask
 * @ifa_broadcast: directed broadcast address, 0 when the subnet has none
 * @ifa_prefixlen: 0 to 32
 * @ifa_scope: RT_SCOPE_*: a loopback address is not used towards the outside
 * @ifa_label: the name by which ioctl() knows it: the device's, or one behind a colon
 */
struct in_ifaddr {
	struct in_ifaddr *ifa_next;
	struct in_device *ifa_dev;
	__be32 ifa_local;
	__be32 ifa_address;
	__be32 ifa_mask;
	__be32 ifa_broadcast;
	unsigned char ifa_prefixlen;
	unsigned char ifa_scope;
	char ifa_label[IFNAMSIZ];
};

/**
 * struct ipv4_devconf - settings of a device, or of all, or of those to come
 * @net: the host
 * @data: by IPV4_DEVCONF_* - 1, see IPV4_DEVCONF()
 * @set: bit per setting that was changed by itself and does not follow the default any more
 * @header: under net.ipv4.conf.<device>
 * @table: what is shown there
 */
struct ipv4_devconf {
	struct net *net;
	int data[IPV4_DEVCONF_MAX];
	u64 set;
	struct ctl_table_header *header;
	struct ctl_table *table;
};

#define IPV4_DEVCONF(cnf, attr) ((cnf).data[IPV4_DEVCONF_##attr - 1])

/**
 * struct in_device - what IPv4 keeps per device
 * @dev: the device, which holds this by dev->ip_ptr
 * @ifa_list: addresses
 * @ifa_count: how many
 * @cnf: settings
 * @arp_parms: settings of its neighbours
 * @arp_conflicts: how often somebody else claimed one of them
 * @mc_list: groups that it is a member of, see igmp.h
 * @mc_count: how many
 * @mr_v1_seen: until when an IGMPv1 querier counts as present, host's clock
 * @mr_v2_seen: the same for IGMPv2
 * @mr_qrv: robustness that the querier asks for, 0: the host's
 * @mr_gq_timer: an answer to a general query is due
 * @mr_ifc_timer: reports of changes are due
 * @mc_left: groups whose leaving is still to be reported
 */
struct in_device {
	struct net_device *dev;
	struct in_ifaddr *ifa_list;
	unsigned int ifa_count;
	struct ipv4_devconf cnf;
	struct neigh_parms *arp_parms;
	u64 arp_conflicts;
	struct ip_mc_list *mc_list;
	unsigned int mc_count;
	ktime_t mr_v1_seen;
	ktime_t mr_v2_seen;
	unsigned char mr_qrv;
	struct timer_list mr_gq_timer;
	struct timer_list mr_ifc_timer;
	struct igmp_left *mc_left;
};

#define in_dev_for_each_ifa(ifa, in_dev) for (ifa = (in_dev)->ifa_list; ifa; ifa = ifa->ifa_next)

/* Valid under the stack lock: from the device's registration to its end, else NULL. */
static inline struct in_device *__in_dev_get(const struct net_device *dev)
{
	return (struct in_device *)dev->ip_ptr;
}

static inline bool inet_ifa_match(__be32 addr, const struct in_ifaddr *ifa)
{
	return !((addr ^ ifa->ifa_address) & ifa->ifa_mask);
}

/* The netmask of a prefix of 0 to 32 bits. */
SKIFF_API __be32 inet_make_mask(int logmask);

/**
 * inet_insert_ifa() - give a device an address
 * @dev: the device, registered; up or not
 * @addr: the address: unicast, no host part of all zeros or all ones below /31; 127.0.0.0/8 on a
 *        loopback device only (RFC 1122 section 3.2.1.3)
 * @prefixlen: 1 to 32, the subnet that is reached directly
 *
 * Adds the routes that follow from it (to the address itself, the subnet and its broadcast
 * addresses) and, on a device that is up, announces it by ARP (RFC 5227 section 2.3). Stack lock.
 * Return: 0; -EINVAL for an address that is none of a host; -EEXIST when the device has it;
 * -ENOSPC when it has INET_IFADDR_MAX; -ENODEV when it is not registered; -ENOMEM.
 */
SKIFF_API int inet_insert_ifa(struct net_device *dev, __be32 addr, unsigned int prefixlen);

/* The same under a name of its own, "eth0:1", for programs that know no other way; NULL: the device's. */
SKIFF_API int inet_insert_ifa_label(struct net_device *dev, __be32 addr, unsigned int prefixlen,
				    const char *label);

/**
 * inet_set_broadcast() - change the broadcast address of an address's subnet
 * @ifa: the address
 * @addr: any address, which counts as a broadcast beside the subnet's last; 0 for none
 *
 * Stack lock. Return: 0, -ENOSPC or -ENOMEM and nothing has changed.
 */
SKIFF_API int inet_set_broadcast(struct in_ifaddr *ifa, __be32 addr);

/**
 * inet_set_peer() - change the other end of a point-to-point link
 * @ifa: the address
 * @addr: the other end's; the subnet that is reached directly is the one that it is in
 *
 * Stack lock. Return: 0; -EINVAL for an address that is none of a host; -ENOSPC, -ENOMEM: the address
 * is gone then.
 */
SKIFF_API int inet_set_peer(struct in_ifaddr *ifa, __be32 addr);

/**
 * inet_del_ifa() - take an address away from a device, and the routes that came with it
 * @dev: the device
 * @addr: the address
 *
 * With the first address of a subnet the device's others in it go as well, unless
 * promote_secondaries of net.ipv4.conf is set for it. Stack lock. Return: 0 or -EADDRNOTAVAIL.
 */
SKIFF_API int inet_del_ifa(struct net_device *dev, __be32 addr);

/**
 * register_inetaddr_notifier() - hear of the addresses of all hosts
 * @nb: told under the host's stack lock, with the struct in_ifaddr, of NETDEV_UP when it is there, and of
 *      NETDEV_DOWN when it is in its device's list no more; it must not change addresses. One whose
 *      other end or broadcast address changes goes and comes
 *
 * Any thread. Return: 0, -EEXIST.
 */
SKIFF_API int register_inetaddr_notifier(struct notifier_block *nb);

/* Not any more; a host may just be calling it. Return: 0, -ENOENT. */
SKIFF_API int unregister_inetaddr_notifier(struct notifier_block *nb);

/**
 * inet_select_addr() - a source address for packets that leave by a device
 * @dev: the device; NULL to look at all
 * @dst: where they go, 0 when that does not matter
 * @scope: highest RT_SCOPE_* of an address that may be taken
 *
 * An address in the same subnet, else the first one, else one of another device. Stack lock.
 * Return: the address, or 0 when there is none.
 */
SKIFF_API __be32 inet_select_addr(const struct net_device *dev, __be32 dst, int scope);

/* The device that has an address, not held, or NULL. Stack lock. */
SKIFF_API struct net_device *__ip_dev_find(struct net *net, __be32 addr);

/* Whether @dev itself has @addr. Stack lock. */
SKIFF_API bool inet_dev_has_addr(const struct net_device *dev, __be32 addr);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_INETDEVICE_H */
