/* SPDX-License-Identifier: BSD-2-Clause */
/* Network devices: what a driver provides, how packets leave through it and come in from it. */
#ifndef SKIFF_NETDEVICE_H
#define SKIFF_NETDEVICE_H

#include <skiff/atomic.h>
#include <skiff/bitops.h>
#include <skiff/byteorder.h>
#include <skiff/if.h>
#include <skiff/kernel.h>
#include <skiff/list.h>
#include <skiff/net_namespace.h>
#include <skiff/netdev_addr.h>
#include <skiff/netdev_features.h>
#include <skiff/notifier.h>
#include <skiff/skbuff.h>
#include <skiff/spinlock.h>
#include <skiff/timer.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Contexts
 *
 * What Linux protects by the RTNL, by RCU and by the transmit locks, the stack lock of the
 * device's host protects here. "Locked" below means: the caller holds it. "Any thread" means that
 * it is not needed. A device's methods are called locked, unless they say otherwise.
 *
 * Tables that all hosts of a process share (packet types without a device, notifiers, drivers,
 * offloads) are filled before the first host runs; removing from them needs the same silence.
 */

struct ethtool_ops;
struct hh_cache;
struct in_device;
struct napi_struct;
struct neighbour;
struct neigh_parms;
struct net_device;
struct netlink_ext_ack;
struct netdev_queue;
struct packet_type;
struct Qdisc;

#ifndef MAX_ADDR_LEN
#define MAX_ADDR_LEN 32
#endif
#define NETDEV_ALIGN 64
/* Room for the link-layer headers that drivers add in front of a packet. */
#define LL_MAX_HEADER 96
#define MAX_HEADER (LL_MAX_HEADER + 48)
#define LL_RESERVED_SPACE(dev) \
	((((unsigned int)(dev)->hard_header_len + (dev)->needed_headroom) & ~15u) + 16u)
#define LL_RESERVED_SPACE_EXTRA(dev, extra) \
	((((unsigned int)(dev)->hard_header_len + (dev)->needed_headroom + (extra)) & ~15u) + 16u)

#define NET_NAME_UNKNOWN 0
#define NET_NAME_ENUM 1
#define NET_NAME_PREDICTABLE 2
#define NET_NAME_USER 3
#define NET_NAME_RENAMED 4

#define NET_ADDR_PERM 0	  /* the device came with it */
#define NET_ADDR_RANDOM 1 /* made up */
#define NET_ADDR_STOLEN 2 /* another device's */
#define NET_ADDR_SET 3	  /* given by the user */

/* Most devices per host, and most queues per device. */
#define NETDEV_MAX_PER_NET 4096
#define NETDEV_MAX_QUEUES 64
#define DEFAULT_TX_QUEUE_LEN 1000

/*
 * What became of a packet that was handed down: dev_queue_xmit() returns these or a negative
 * errno, and has consumed the packet in every case.
 */
#define NET_XMIT_SUCCESS 0x00
#define NET_XMIT_DROP 0x01
#define NET_XMIT_CN 0x02
#define NET_XMIT_MASK 0x0f
#define net_xmit_eval(e) ((e) == NET_XMIT_CN ? 0 : (e))
#define net_xmit_errno(e) ((e) != NET_XMIT_CN ? -ENOBUFS : 0)

/* What became of a packet that was handed up. */
#define NET_RX_SUCCESS 0
#define NET_RX_DROP 1

/**
 * enum netdev_tx - what a driver answers when it is offered a packet
 * @NETDEV_TX_OK: taken: the driver sends it or drops it, and frees it
 * @NETDEV_TX_BUSY: refused: the caller keeps it and offers it again later. A driver that is full
 *                  should have stopped its queue instead; only then nothing is lost in time.
 */
enum netdev_tx {
	__NETDEV_TX_MIN = INT32_MIN,
	NETDEV_TX_OK = 0x00,
	NETDEV_TX_BUSY = 0x10,
};
typedef enum netdev_tx netdev_tx_t;
#define NETDEV_TX_MASK 0xf0

/* Whether the packet is consumed: sent, dropped by the driver, or an error that it reported. */
static inline bool dev_xmit_complete(int rc)
{
	return rc < NET_XMIT_MASK;
}

/**
 * struct net_device_stats - counters in their old form
 *
 * Drivers add to those of net_device.stats; dev_get_stats() is for reading.
 */
struct net_device_stats {
	unsigned long rx_packets;
	unsigned long tx_packets;
	unsigned long rx_bytes;
	unsigned long tx_bytes;
	unsigned long rx_errors;
	unsigned long tx_errors;
	unsigned long rx_dropped;
	unsigned long tx_dropped;
	unsigned long multicast;
	unsigned long collisions;
	unsigned long rx_length_errors;
	unsigned long rx_over_errors;
	unsigned long rx_crc_errors;
	unsigned long rx_frame_errors;
	unsigned long rx_fifo_errors;
	unsigned long rx_missed_errors;
	unsigned long tx_aborted_errors;
	unsigned long tx_carrier_errors;
	unsigned long tx_fifo_errors;
	unsigned long tx_heartbeat_errors;
	unsigned long tx_window_errors;
	unsigned long rx_compressed;
	unsigned long tx_compressed;
};

#define HH_DATA_MOD 16
#define HH_DATA_OFF(len) (HH_DATA_MOD - (((len)-1) & (HH_DATA_MOD - 1)) - 1)
#define HH_DATA_ALIGN(len) (((len) + (HH_DATA_MOD - 1)) & ~(HH_DATA_MOD - 1))

/**
 * struct hh_cache - a link-layer header that was made once and is copied from then on
 * @hh_len: bytes of it, 0 while there is none
 * @hh_data: the header, ending at a multiple of HH_DATA_MOD
 */
struct hh_cache {
	unsigned int hh_len;
	unsigned long hh_data[HH_DATA_ALIGN(LL_MAX_HEADER) / sizeof(long)];
};

/**
 * struct header_ops - how a device's link-layer header is made and read
 * @create: push a header for @type, from @saddr (NULL: the device's own) to @daddr (NULL: not
 *          known, the rest is filled in). Return: its length, negative when @daddr was missing
 * @parse: copy the sender's address to @haddr. Return: its length, 0 when there is none
 * @cache: make @hh for @neigh. Return: 0, or negative when this type of packet has no cached form
 * @cache_update: @haddr is the neighbour's address from now on
 * @validate: may @len bytes at @ll_header be a header? Used for what programs hand in whole
 * @parse_protocol: the protocol that the header names, 0 when it names none
 *
 * All locked; none keeps the packet.
 */
struct header_ops {
	int (*create)(struct sk_buff *skb, struct net_device *dev, unsigned short type,
		      const void *daddr, const void *saddr, unsigned int len);
	int (*parse)(const struct sk_buff *skb, unsigned char *haddr);
	int (*cache)(const struct neighbour *neigh, struct hh_cache *hh, __be16 type);
	void (*cache_update)(struct hh_cache *hh, const struct net_device *dev,
			     const unsigned char *haddr);
	bool (*validate)(const char *ll_header, unsigned int len);
	__be16 (*parse_protocol)(const struct sk_buff *skb);
};

/**
 * struct net_device_ops - a driver's methods; all but ndo_start_xmit may be NULL
 * @ndo_init: at registration, last chance to refuse: its negative errno is register_netdev()'s
 *            and the device does not exist
 * @ndo_uninit: at removal, and when registration fails after ndo_init
 * @ndo_open: the device goes up. Return: 0, or a negative errno and it stays down
 * @ndo_stop: the device goes down; nothing may arrive through netif_rx() afterwards
 * @ndo_start_xmit: send @skb; the driver owns it when it returns NETDEV_TX_OK. next and prev are
 *                  free for the driver's chains. Not called while the queue is stopped.
 * @ndo_features_check: which of @features hold for this packet
 * @ndo_select_queue: queue number for a packet on a device with several
 * @ndo_change_rx_flags: IFF_PROMISC or IFF_ALLMULTI, given in @flags, changed
 * @ndo_set_rx_mode: the address filter changed: flags, promiscuity
 * @ndo_set_mac_address: take the address of struct sockaddr @addr. Return: 0 or a negative errno
 * @ndo_validate_addr: before opening. Return: 0 when the device's address will do
 * @ndo_do_ioctl: requests that have no method of their own: SIOCWANDEV and old drivers' private
 *                ones. Return: 0 or a negative errno
 * @ndo_eth_ioctl: SIOCGMIIPHY, SIOCGMIIREG, SIOCSMIIREG, SIOCGHWTSTAMP, SIOCSHWTSTAMP
 * @ndo_siocdevprivate: SIOCDEVPRIVATE and the 15 numbers after it; @data is what the caller's
 *                      ifr_data is, a pointer into this process for callers in C
 * @ndo_set_config: SIOCSIFMAP
 * @ndo_tx_timeout: queue @txqueue has been stopped for watchdog_timeo: reset it and wake it
 * @ndo_change_mtu: may refuse with a negative errno; without it net_device.mtu is just set
 * @ndo_change_carrier: pretend that a cable was plugged or pulled
 * @ndo_get_stats64: fill in @storage, which comes zeroed
 * @ndo_get_stats: the older form, used when the newer is missing
 * @ndo_fix_features: which of @features can be had together
 * @ndo_set_features: switch to @features. Return: 0, or negative and nothing changes
 * @ndo_neigh_setup: adjust the parameters for this device's neighbours
 * @ndo_flush: not in Linux: hand what ndo_start_xmit has queued to the system. Called without the
 *             stack lock, as netdev_flush_later() asked for it; by any thread, by several at once,
 *             and possibly after ndo_stop and ndo_uninit: the driver has a lock of its own.
 */
struct net_device_ops {
	int (*ndo_init)(struct net_device *dev);
	void (*ndo_uninit)(struct net_device *dev);
	int (*ndo_open)(struct net_device *dev);
	int (*ndo_stop)(struct net_device *dev);
	netdev_tx_t (*ndo_start_xmit)(struct sk_buff *skb, struct net_device *dev);
	netdev_features_t (*ndo_features_check)(struct sk_buff *skb, struct net_device *dev,
						netdev_features_t features);
	u16 (*ndo_select_queue)(struct net_device *dev, struct sk_buff *skb,
				struct net_device *sb_dev);
	void (*ndo_change_rx_flags)(struct net_device *dev, int flags);
	void (*ndo_set_rx_mode)(struct net_device *dev);
	int (*ndo_set_mac_address)(struct net_device *dev, void *addr);
	int (*ndo_validate_addr)(struct net_device *dev);
	int (*ndo_do_ioctl)(struct net_device *dev, struct ifreq *ifr, int cmd);
	int (*ndo_eth_ioctl)(struct net_device *dev, struct ifreq *ifr, int cmd);
	int (*ndo_siocdevprivate)(struct net_device *dev, struct ifreq *ifr, void *data, int cmd);
	int (*ndo_set_config)(struct net_device *dev, struct ifmap *map);
	void (*ndo_tx_timeout)(struct net_device *dev, unsigned int txqueue);
	int (*ndo_change_mtu)(struct net_device *dev, int new_mtu);
	int (*ndo_change_carrier)(struct net_device *dev, bool new_carrier);
	void (*ndo_get_stats64)(struct net_device *dev, struct rtnl_link_stats64 *storage);
	struct net_device_stats *(*ndo_get_stats)(struct net_device *dev);
	netdev_features_t (*ndo_fix_features)(struct net_device *dev, netdev_features_t features);
	int (*ndo_set_features)(struct net_device *dev, netdev_features_t features);
	int (*ndo_neigh_setup)(struct net_device *dev, struct neigh_parms *parms);
	void (*ndo_flush)(struct net_device *dev);
};

/* net_device.state */
enum netdev_state_t {
	__LINK_STATE_START,
	__LINK_STATE_PRESENT,
	__LINK_STATE_NOCARRIER,
	__LINK_STATE_DORMANT,
	__LINK_STATE_TESTING,
};

/* netdev_queue.state */
enum netdev_queue_state_t {
	__QUEUE_STATE_DRV_XOFF,	  /* the driver stopped it */
	__QUEUE_STATE_STACK_XOFF, /* the core did */
};

#define QUEUE_STATE_ANY_XOFF (BIT(__QUEUE_STATE_DRV_XOFF) | BIT(__QUEUE_STATE_STACK_XOFF))

/**
 * struct netdev_queue - one transmit queue of a device
 * @dev: the device
 * @qdisc: holds the packets that wait; may be exchanged while the device is up
 * @qdisc_sleeping: the one for when the device is up
 * @state: __QUEUE_STATE_*
 * @trans_start: when a packet was last taken, nanoseconds of the host's clock
 * @trans_timeout: how often it was stopped for too long
 */
struct netdev_queue {
	struct net_device *dev;
	struct Qdisc *qdisc;
	struct Qdisc *qdisc_sleeping;
	unsigned long state;
	ktime_t trans_start;
	unsigned long trans_timeout;
};

/**
 * enum netdev_priv_flags - properties that users do not see, net_device.priv_flags
 * @IFF_LIVE_ADDR_CHANGE: the address may be changed while the device is up
 * @IFF_NO_QUEUE: packets need not wait: hand them to the driver at once
 * @IFF_TX_SKB_SHARING: the driver copes with shared buffers
 * @IFF_DONT_BRIDGE: not for bridges
 * @IFF_XMIT_DST_RELEASE: the route is not needed by ndo_start_xmit
 * @IFF_UNICAST_FLT: the driver receives for the addresses of net_device.uc
 * @IFF_RX_FILTER: not in Linux: the driver gets frames for everybody, and the core drops those
 *                 that are not wanted, see dev_rx_wanted()
 * @IFF_PROMISC_FOR_ALLMULTI: not in Linux: the driver can receive everything, but not all
 *                            multicast alone
 */
enum netdev_priv_flags {
	IFF_DONT_BRIDGE = 1 << 5,
	IFF_UNICAST_FLT = 1 << 12,
	IFF_LIVE_ADDR_CHANGE = 1 << 15,
	IFF_TX_SKB_SHARING = 1 << 13,
	IFF_XMIT_DST_RELEASE = 1 << 17,
	IFF_NO_QUEUE = 1 << 21,
	IFF_RX_FILTER = 1 << 28,
	IFF_PROMISC_FOR_ALLMULTI = 1 << 29,
};

/* What a handler of received packets has done with one; see netdev_rx_handler_register(). */
enum rx_handler_result {
	RX_HANDLER_CONSUMED, /* it is the handler's now */
	RX_HANDLER_ANOTHER,  /* skb->dev is another one: receive it there */
	RX_HANDLER_EXACT,    /* only for who asked for this very device */
	RX_HANDLER_PASS,     /* go on as if there were no handler */
};
typedef enum rx_handler_result rx_handler_result_t;
typedef rx_handler_result_t rx_handler_func_t(struct sk_buff **pskb);

/* net_device.reg_state */
enum netdev_reg_state {
	NETREG_UNINITIALIZED = 0,
	NETREG_REGISTERED,
	NETREG_UNREGISTERING,
	NETREG_UNREGISTERED,
	NETREG_RELEASED, /* free_netdev() was called, somebody still holds a reference */
};

/**
 * struct net_device - one network device
 *
 * A driver fills in netdev_ops and what ether_setup() or its like left open, between
 * alloc_netdev() and register_netdev(). Afterwards the core writes; flags, mtu and addresses have
 * functions to change them.
 *
 * @name: "eth0"; in a registered device unique in its host
 * @ifindex: number, unique in its host, never used again; 0 before registration
 * @flags: IFF_*
 * @priv_flags: enum netdev_priv_flags
 * @gflags: the flags that users see where they differ: IFF_PROMISC, IFF_ALLMULTI
 * @mtu: largest network-layer packet
 * @min_mtu: least that dev_set_mtu() accepts
 * @max_mtu: most that dev_set_mtu() accepts, 0 for any
 * @type: ARPHRD_*
 * @hard_header_len: most bytes that header_ops->create() pushes
 * @min_header_len: least bytes of a link-layer header
 * @needed_headroom: bytes that the driver wants in front of that
 * @needed_tailroom: bytes that the driver wants behind the packet
 * @addr_len: bytes of an address
 * @addr_assign_type: NET_ADDR_*
 * @name_assign_type: NET_NAME_*
 * @operstate: IF_OPER_*, follows from carrier, dormant and testing
 * @link_mode: IF_LINK_MODE_DORMANT: a link that comes up is dormant until the user says otherwise
 * @if_port: which of several connectors is in use, IF_PORT_*
 * @dma: hardware resource, as SIOCGIFMAP shows it
 * @irq: the same
 * @mem_start: the same
 * @mem_end: the same
 * @base_addr: the same
 * @dev_addr: the device's address; written by dev_addr_set() and its kind
 * @perm_addr: the address that it was registered with
 * @broadcast: the address of all
 * @features: what is on
 * @hw_features: what users may switch
 * @wanted_features: what users want of those
 * @vlan_features: what also holds for tagged packets
 * @gso_max_size: most bytes of a packet to be segmented
 * @gso_max_segs: most segments of it
 * @gro_max_size: a packet that received ones are merged into stays shorter, bytes
 * @gro_flush_timeout: see dev_set_gro_flush_timeout()
 * @napi_defer_hard_irqs: see dev_set_napi_defer_hard_irqs()
 * @netdev_ops: the driver's methods
 * @header_ops: those of the link layer, NULL when there is no header
 * @ethtool_ops: what ethtool asks
 * @ip_ptr: IPv4's part
 * @stats: counted by the driver
 * @rx_dropped: counted by the core: what arrived and was dropped before a handler saw it, or for
 *              want of one
 * @tx_dropped: counted by the core: what was dropped on the way to the driver
 * @rx_nohandler: what arrived at an inactive port of a group; the core itself counts nothing here
 * @rx_backlog_dropped: of rx_dropped, because the backlog was full
 * @tx_queue_len: most packets that wait; change it with dev_change_tx_queue_len()
 * @num_tx_queues: queues that it was allocated with
 * @num_rx_queues: the same for receiving
 * @real_num_tx_queues: of those in use
 * @real_num_rx_queues: the same for receiving
 * @_tx: the queues
 * @state: __LINK_STATE_*
 * @trans_start: when the driver last took a packet, on any queue
 * @watchdog_timeo: jiffies that a queue may be stopped before ndo_tx_timeout; 0: five seconds
 * @watchdog_timer: looks at that
 * @uc: further unicast addresses to receive for
 * @mc: multicast addresses to receive for
 * @mc_filter_max: most of those that the driver's filter holds: NETDEV_MC_FILTER_ANY unless the
 *                 driver says so; 0 for a driver that has none
 * @uc_promisc: it is promiscuous in place of a filter for @uc
 * @mc_allmulti: it takes all multicast because @mc is too long
 * @allmulti_promisc: it is promiscuous because it can't take all multicast
 * @promiscuity: how many want all frames
 * @allmulti: how many want all multicast frames
 * @reg_state: enum netdev_reg_state
 * @needs_free_netdev: unregister_netdevice() also frees it
 * @rx_handler: takes what is received before the protocols do, or NULL
 * @rx_handler_data: its own
 * @ifalias: a user's description, or NULL
 * @priv_destructor: called when the last reference is gone, right before the memory goes; no
 *                   lock is held
 * @carrier_changes: how often the carrier came or went
 * @dev_refcnt: see dev_hold()
 */
struct net_device {
	char name[IFNAMSIZ];
	int ifindex;
	unsigned int flags;
	unsigned int priv_flags;
	unsigned short gflags;
	unsigned short type;
	unsigned int mtu;
	unsigned int min_mtu;
	unsigned int max_mtu;
	unsigned short hard_header_len;
	unsigned char min_header_len;
	unsigned char addr_len;
	unsigned short needed_headroom;
	unsigned short needed_tailroom;
	unsigned char addr_assign_type;
	unsigned char name_assign_type;
	unsigned char operstate;
	unsigned char link_mode;
	unsigned char if_port;
	unsigned char dma;
	int irq;
	unsigned long mem_start;
	unsigned long mem_end;
	unsigned long base_addr;
	const unsigned char *dev_addr;
	unsigned char perm_addr[MAX_ADDR_LEN];
	unsigned char broadcast[MAX_ADDR_LEN];

	netdev_features_t features;
	netdev_features_t hw_features;
	netdev_features_t wanted_features;
	netdev_features_t vlan_features;
	unsigned int gso_max_size;
	u16 gso_max_segs;
	unsigned int gro_max_size;
	unsigned long gro_flush_timeout;
	int napi_defer_hard_irqs;

	const struct net_device_ops *netdev_ops;
	const struct header_ops *header_ops;
	const struct ethtool_ops *ethtool_ops;
	struct in_device *ip_ptr;

	struct net_device_stats stats;
	atomic_long_t rx_dropped;
	atomic_long_t tx_dropped;
	atomic_long_t rx_nohandler;
	atomic_long_t rx_backlog_dropped;

	unsigned int tx_queue_len;
	unsigned int num_tx_queues;
	unsigned int real_num_tx_queues;
	unsigned int num_rx_queues;
	unsigned int real_num_rx_queues;
	struct netdev_queue *_tx;
	unsigned long state;
	ktime_t trans_start;
	int watchdog_timeo;
	struct timer_list watchdog_timer;

	struct netdev_hw_addr_list uc;
	struct netdev_hw_addr_list mc;
	unsigned int mc_filter_max;
	unsigned int promiscuity;
	unsigned int allmulti;
	bool uc_promisc;
	bool mc_allmulti;
	bool allmulti_promisc;
	unsigned int carrier_changes;

	__u8 reg_state;
	bool needs_free_netdev;
	enum rx_handler_result (*rx_handler)(struct sk_buff **pskb);
	void *rx_handler_data;
	char *ifalias;
	void (*priv_destructor)(struct net_device *dev);

	struct net *nd_net;
	struct list_head dev_list;
	struct hlist_node name_hlist;
	struct hlist_node index_hlist;
	struct list_head napi_list;
	struct list_head ptype_all;
	struct list_head ptype_specific;
	struct net_work flush_work;
	atomic_t dev_refcnt;
	unsigned int padded;
	unsigned char dev_addr_shadow[MAX_ADDR_LEN];
};

/**
 * netdev_priv() - the driver's own part of a device, @sizeof_priv bytes of alloc_netdev()
 * @dev: the device
 */
static inline void *netdev_priv(const struct net_device *dev)
{
	return (char *)(uintptr_t)dev + ALIGN(sizeof(struct net_device), NETDEV_ALIGN);
}

/* The driver looks at the route of what it sends: the core leaves it there. */
static inline void netif_keep_dst(struct net_device *dev)
{
	dev->priv_flags &= ~(unsigned int)IFF_XMIT_DST_RELEASE;
}

static inline struct net *dev_net(const struct net_device *dev)
{
	return dev->nd_net;
}

/* Before registration only: which host the device will belong to. */
static inline void dev_net_set(struct net_device *dev, struct net *net)
{
	dev->nd_net = net;
}

static inline const char *netdev_name(const struct net_device *dev)
{
	return dev->name[0] && !strchr(dev->name, '%') ? dev->name : "(unnamed net_device)";
}

/* Registration: src/device/register.c */

/**
 * alloc_netdev_mqs() - allocate a device
 * @sizeof_priv: bytes of the driver's own part, zeroed
 * @name: its name, or a pattern with one %d, which registration replaces by the least number
 * @name_assign_type: NET_NAME_*
 * @setup: fills in what all devices of this kind share, as ether_setup() does
 * @txqs: transmit queues, 1 to NETDEV_MAX_QUEUES
 * @rxqs: receive queues; at least 1
 *
 * The device is in no host yet, see register_netdevice(). Owned by the caller until free_netdev().
 * Any thread. Return: NULL without memory or with arguments out of range.
 */
SKIFF_API struct net_device *alloc_netdev_mqs(int sizeof_priv, const char *name,
					      unsigned char name_assign_type,
					      void (*setup)(struct net_device *dev),
					      unsigned int txqs, unsigned int rxqs);

#define alloc_netdev(sizeof_priv, name, name_assign_type, setup) \
	alloc_netdev_mqs(sizeof_priv, name, name_assign_type, setup, 1, 1)
#define alloc_netdev_mq(sizeof_priv, name, name_assign_type, setup, count) \
	alloc_netdev_mqs(sizeof_priv, name, name_assign_type, setup, count, count)

/**
 * free_netdev() - free a device that is not registered
 * @dev: the device, or NULL; unregistered, or never registered
 *
 * With references left (dev_hold()) the memory goes with the last of them. Any thread.
 */
SKIFF_API void free_netdev(struct net_device *dev);

/**
 * register_netdevice() - put a device into its host
 * @dev: the device; stays the caller's to free after unregistering
 *
 * The host is that of dev_net_set(), else the one whose stack lock the thread holds. Calls
 * ndo_init, gives a name and an index, tells the notifiers. The device is down. Locked.
 *
 * Return: 0; what ndo_init or a notifier refused with; -EINVAL for a bad name (empty, longer than
 * 15 bytes, with '/', ':', white space or control characters, "." or "..", a wrong pattern) or a
 * missing ndo_start_xmit or host; -EEXIST when the name is taken; -ENFILE when the numbers of a
 * pattern are; -ENOSPC when the host has NETDEV_MAX_PER_NET devices; -ENOMEM. After an error the device
 * does not exist and is as good as before.
 */
SKIFF_API int register_netdevice(struct net_device *dev);

/*
 * register_netdevice() for callers that need not hold the stack lock; takes it. Without it only the
 * device can say which host: dev_net_set() first.
 */
SKIFF_API int register_netdev(struct net_device *dev);

/**
 * unregister_netdevice() - take a device out of its host
 * @dev: the device; one that is up is closed first
 *
 * Packets that wait on it or came from it are dropped (SKB_DROP_REASON_DEV_GONE), the notifiers
 * are told so that every layer lets go, then ndo_uninit is called. Freed if needs_free_netdev,
 * else the caller's again. A device that is not registered is left alone. Locked.
 */
SKIFF_API void unregister_netdevice(struct net_device *dev);

/**
 * unregister_netdev() - unregister_netdevice() for callers that do not hold the stack lock
 * @dev: the device
 *
 * Takes the lock, then waits with net_synchronize(), after which the driver may free. So it panics
 * in a callback of net_watch_fd() or work of net_after_unlock() of the device's host: such code
 * takes the lock and calls unregister_netdevice(), and leaves freeing to others.
 */
SKIFF_API void unregister_netdev(struct net_device *dev);

/* Whether a name may be a device's: see register_netdevice(). Any thread. */
SKIFF_API bool dev_valid_name(const char *name);

/**
 * dev_change_name() - rename a device
 * @dev: the device, down
 * @newname: name or pattern
 *
 * Locked. Return: 0, -EBUSY while it is up, otherwise as register_netdevice().
 */
SKIFF_API int dev_change_name(struct net_device *dev, const char *newname);

/**
 * dev_set_alias() - describe a device in a user's words
 * @dev: the device
 * @alias: text, not terminated
 * @len: bytes of it; 0 takes it away
 *
 * Locked. Return: @len; -EINVAL for IFALIASZ bytes or more; -ENOMEM.
 */
SKIFF_API int dev_set_alias(struct net_device *dev, const char *alias, size_t len);

/* Copy it to @name, @len bytes, terminated. Locked. Return: its length, as snprintf() has it. */
SKIFF_API int dev_get_alias(const struct net_device *dev, char *name, size_t len);

/**
 * __dev_get_by_name() - find a device, without a reference
 * @net: the host
 * @name: full name
 *
 * Locked, and good until the lock is dropped. Return: NULL when there is none.
 */
SKIFF_API struct net_device *__dev_get_by_name(struct net *net, const char *name);
SKIFF_API struct net_device *__dev_get_by_index(struct net *net, int ifindex);

/* The same with a reference, which the caller gives back with dev_put(). Locked. */
SKIFF_API struct net_device *dev_get_by_name(struct net *net, const char *name);
SKIFF_API struct net_device *dev_get_by_index(struct net *net, int ifindex);

/* dev_get_by_index() without a reference. Locked; kernel-style code calls it under RCU. */
#define dev_get_by_name_rcu(net, name) __dev_get_by_name(net, name)
#define dev_get_by_index_rcu(net, ifindex) __dev_get_by_index(net, ifindex)

/* The loopback device of a host, NULL before it exists. Locked. */
SKIFF_API struct net_device *net_loopback_dev(const struct net *net);

/* Head of a host's devices in the order of their registration. */
SKIFF_API struct list_head *net_dev_base_head(const struct net *net);

#define for_each_netdev(net, d) list_for_each_entry(d, net_dev_base_head(net), dev_list)
#define for_each_netdev_safe(net, d, n) \
	list_for_each_entry_safe(d, n, net_dev_base_head(net), dev_list)

/* The last reference of a freed device is gone. Called by dev_put() only. */
SKIFF_API void __netdev_release(struct net_device *dev);

/**
 * dev_hold() - take a reference, which keeps the memory of the device
 * @dev: the device, or NULL
 *
 * Whoever keeps a pointer beyond the stack lock holds a reference, and drops it when
 * NETDEV_UNREGISTER is announced. Any thread.
 */
static inline void dev_hold(struct net_device *dev)
{
	if (dev)
		atomic_inc(&dev->dev_refcnt);
}

static inline void dev_put(struct net_device *dev)
{
	if (dev && atomic_dec_and_test(&dev->dev_refcnt))
		__netdev_release(dev);
}

typedef struct {
	char unused;
} netdevice_tracker;

static inline void netdev_hold(struct net_device *dev, netdevice_tracker *tracker, gfp_t gfp)
{
	(void)tracker;
	(void)gfp;
	dev_hold(dev);
}

static inline void netdev_put(struct net_device *dev, netdevice_tracker *tracker)
{
	(void)tracker;
	dev_put(dev);
}

/* State and settings: src/device/settings.c; all locked. */

/**
 * dev_open() - bring a device up
 * @dev: the device
 * @extack: unused by skiff, may be NULL
 *
 * Return: 0 (also when it is up), -ENODEV when it is not registered or not present, or what
 * ndo_validate_addr, a notifier or ndo_open refused with.
 */
SKIFF_API int dev_open(struct net_device *dev, struct netlink_ext_ack *extack);

/* Bring a device down; what waits on it is dropped. */
SKIFF_API void dev_close(struct net_device *dev);

/**
 * dev_change_flags() - set a device's flags as users do
 * @dev: the device
 * @flags: all of IFF_*; of these UP, PROMISC, ALLMULTI, NOARP, DEBUG, NOTRAILERS, DYNAMIC,
 *         MULTICAST, PORTSEL and AUTOMEDIA can be changed
 * @extack: unused by skiff, may be NULL
 *
 * Return: 0 or a negative errno from opening.
 */
SKIFF_API int dev_change_flags(struct net_device *dev, unsigned int flags,
			       struct netlink_ext_ack *extack);

/* The flags as users see them, with IFF_RUNNING, LOWER_UP and DORMANT from the state. */
SKIFF_API unsigned int dev_get_flags(const struct net_device *dev);

/* Count somebody who wants all frames (@inc 1), or no longer (-1). 0 or -EOVERFLOW. */
SKIFF_API int dev_set_promiscuity(struct net_device *dev, int inc);
SKIFF_API int dev_set_allmulti(struct net_device *dev, int inc);

/**
 * dev_set_mtu() - change the largest packet
 * @dev: the device
 * @mtu: bytes of a network-layer packet, min_mtu to max_mtu
 *
 * Return: 0, -EINVAL out of range, -ENODEV when it is not present, or what the driver or a
 * notifier refused with.
 */
SKIFF_API int dev_set_mtu(struct net_device *dev, int mtu);

/**
 * dev_set_mac_address() - change the device's address
 * @dev: the device
 * @sa: address; sa_family is the device's type
 * @extack: unused by skiff, may be NULL
 *
 * Return: 0, -EOPNOTSUPP, -EINVAL for another family, -ENODEV, or the driver's refusal.
 */
SKIFF_API int dev_set_mac_address(struct net_device *dev, struct sockaddr *sa,
				  struct netlink_ext_ack *extack);

/* Write dev_addr: only by drivers, before registration or inside of ndo_set_mac_address. */
SKIFF_API void dev_addr_mod(struct net_device *dev, unsigned int offset, const void *addr,
			    size_t len);

static inline void __dev_addr_set(struct net_device *dev, const void *addr, size_t len)
{
	dev_addr_mod(dev, 0, addr, len);
}

static inline void dev_addr_set(struct net_device *dev, const u8 *addr)
{
	dev_addr_mod(dev, 0, addr, dev->addr_len);
}

/**
 * dev_change_tx_queue_len() - change how many packets may wait
 * @dev: the device
 * @new_len: 0 to INT_MAX; packets beyond it are dropped as they come, not those that wait
 *
 * Return: 0, -ERANGE, or -ENOMEM.
 */
SKIFF_API int dev_change_tx_queue_len(struct net_device *dev, unsigned long new_len);

/* Set hw_features as the user wants, within what the driver allows; tell who is concerned. */
SKIFF_API void netdev_update_features(struct net_device *dev);
/* The same, and tell in any case: another device's features, or hw_features, changed. */
SKIFF_API void netdev_change_features(struct net_device *dev);

/* Received segments must not be merged by the device: they will be forwarded. */
SKIFF_API void dev_disable_lro(struct net_device *dev);

/**
 * dev_get_stats() - a device's counters, its own and the core's
 * @dev: the device
 * @storage: filled in
 *
 * Return: @storage.
 */
SKIFF_API struct rtnl_link_stats64 *dev_get_stats(struct net_device *dev,
						  struct rtnl_link_stats64 *storage);
SKIFF_API void netdev_stats_to_stats64(struct rtnl_link_stats64 *stats64,
				       const struct net_device_stats *netdev_stats);

#ifdef __cplusplus
}
#endif

/* Who hears of what happens to them. */
#include <skiff/netdev_notifier.h>
/* Cable and device: there, or not. */
#include <skiff/netdev_link.h>
/* The ways of packets through devices. */
#include <skiff/netdev_xmit.h>
#include <skiff/netdev_rx.h>

/* What is said about them. */
#include <skiff/netdev_printk.h>

#endif /* SKIFF_NETDEVICE_H */
