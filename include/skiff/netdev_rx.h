/* SPDX-License-Identifier: BSD-2-Clause */
/* The way in: the top half queues, the bottom half polls and delivers to packet handlers. */
#include <skiff/netdevice.h> /* outside of the guard: alone, this header is part of that one */
#ifndef SKIFF_NETDEV_RX_H
#define SKIFF_NETDEV_RX_H

#ifdef __cplusplus
extern "C" {
#endif

/**
 * netif_rx() - hand a received packet over, from the top half
 * @skb: the packet: dev, protocol and the MAC header set (eth_type_trans()); consumed
 *
 * It is put on the host's backlog, and the bottom half takes it from there. A device that is not up
 * receives nothing; a full backlog (net.core.netdev_max_backlog) drops. Any thread, with any lock
 * but that of a buffer list held.
 *
 * Return: NET_RX_SUCCESS or NET_RX_DROP.
 */
SKIFF_API int netif_rx(struct sk_buff *skb);

/* The name it had for callers outside of interrupts; the same. */
static inline int netif_rx_ni(struct sk_buff *skb)
{
	return netif_rx(skb);
}

static inline int __netif_rx(struct sk_buff *skb)
{
	return netif_rx(skb);
}

/**
 * netif_receive_skb() - deliver a received packet, in the bottom half
 * @skb: as for netif_rx(); consumed
 *
 * Each tap and handler gets it as struct packet_type says. Locked.
 *
 * Return: NET_RX_SUCCESS, or NET_RX_DROP when nobody took it.
 */
SKIFF_API int netif_receive_skb(struct sk_buff *skb);

/* netif_receive_skb() for each of a list linked by skb->list. Locked. */
SKIFF_API void netif_receive_skb_list(struct list_head *head);

/**
 * struct packet_type - a handler for received packets
 * @type: ETH_P_* in wire order; ETH_P_ALL in wire order for a tap, which sees every frame that is
 *        received and sent
 * @ignore_outgoing: of a tap: received only
 * @dev: this device only, or NULL
 * @af_packet_net: this host only, or NULL; @dev implies its host
 * @func: called locked, with one reference to @skb, which it has to give back: others may hold
 *        references too, so skb_share_check() before changing anything. skb->data is behind the
 *        link-layer header for what is received; for what is sent (PACKET_OUTGOING) it is at that
 *        header, and the network header is set. @orig_dev is the device that it arrived on.
 * @id_match: of a tap: whether a packet that socket @sk sends is its own and need not come back
 * @af_packet_priv: for the owner
 * @list: the core's
 */
struct packet_type {
	__be16 type;
	bool ignore_outgoing;
	struct net_device *dev;
	struct net *af_packet_net;
	int (*func)(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		    struct net_device *orig_dev);
	bool (*id_match)(struct packet_type *ptype, struct sock *sk);
	void *af_packet_priv;
	struct list_head list;
};

/**
 * dev_add_pack() - register a handler
 * @pt: the handler, which stays valid until it is removed
 *
 * With @dev or @af_packet_net set: locked, at any time. With neither: for all hosts, before the
 * first one runs.
 */
SKIFF_API void dev_add_pack(struct packet_type *pt);

/* Take a handler out; it is not called any more. As dev_add_pack(). */
SKIFF_API void dev_remove_pack(struct packet_type *pt);
#define __dev_remove_pack(pt) dev_remove_pack(pt)

/**
 * netdev_rx_handler_register() - take what a device receives before the protocols do
 * @dev: the device, which has one handler at most
 * @rx_handler: called locked, after the taps, with the packet at *@pskb, which it owns and may
 *              exchange. Return: RX_HANDLER_*
 * @rx_handler_data: net_device.rx_handler_data
 *
 * Locked. Return: 0; -EBUSY when it has one; -EINVAL without one.
 */
SKIFF_API int netdev_rx_handler_register(struct net_device *dev, rx_handler_func_t *rx_handler,
					 void *rx_handler_data);
SKIFF_API void netdev_rx_handler_unregister(struct net_device *dev);

static inline bool netdev_is_rx_handler_busy(const struct net_device *dev)
{
	return dev->rx_handler != NULL;
}

/* Show a packet that is about to be sent to the taps. Locked. The packet is not consumed. */
SKIFF_API void dev_queue_xmit_nit(struct sk_buff *skb, struct net_device *dev);
/* Whether there is a tap that wants to see what @dev sends. */
SKIFF_API bool dev_nit_active(struct net_device *dev);

/**
 * dev_forward_skb() - make a packet that was sent into one that a device received
 * @dev: the receiving device, of this or of another host
 * @skb: the packet, at its Ethernet header; consumed
 *
 * What belongs to the sender's host is taken off: socket, route, marks. Any thread.
 *
 * Return: NET_RX_SUCCESS or NET_RX_DROP.
 */
SKIFF_API int dev_forward_skb(struct net_device *dev, struct sk_buff *skb);
/* dev_forward_skb() for a driver that queues the packet itself, whose it is after success. */
SKIFF_API int __dev_forward_skb(struct net_device *dev, struct sk_buff *skb);

/* Whether a frame is not longer than a device takes. Segments to be cut may be. */
SKIFF_API bool is_skb_forwardable(const struct net_device *dev, const struct sk_buff *skb);

/* napi_struct.state */
enum {
	NAPI_STATE_SCHED,   /* on the list, or being polled */
	NAPI_STATE_MISSED,  /* scheduled again while it was polled */
	NAPI_STATE_DISABLE, /* napi_disable() */
	NAPI_STATE_LISTED,  /* added to a device */
	NAPI_STATE_DEFERRED, /* not in Linux: the device is not heard until napi_struct.timer fires */
};

#define NAPI_POLL_WEIGHT 64

/* Lists of held packets per source, by hash of their flow, and most packets on one. */
#define GRO_HASH_BUCKETS 8
#define MAX_GRO_SKBS 8

/* A merged packet is shorter than gro_max_size, and has fewer bytes than IPv4 can say. */
#define GRO_LEGACY_MAX_SIZE 65536u
#define GRO_MAX_SIZE (8 * 65535u)

/**
 * struct gro_list - packets that wait to be merged with others
 * @list: linked by skb->list, the newest first
 * @count: how many
 */
struct gro_list {
	struct list_head list;
	int count;
};

/**
 * struct napi_struct - a source of packets that the bottom half polls
 * @poll_list: the core's
 * @state: NAPI_STATE_*
 * @weight: most packets per call
 * @poll: take up to @budget packets and deliver them. Fewer than @budget: napi_complete_done()
 *        was called; as many: it is called again. Locked. Return: how many.
 * @dev: the device
 * @dev_list: the core's
 * @napi_id: number, for sockets that poll
 * @defer_hard_irqs_count: how often net_device.napi_defer_hard_irqs may still put the device off
 * @gro_bitmask: which of @gro_hash have packets
 * @rx_count: packets in @rx_list, those that merged ones were made of counted
 * @gro_hash: packets that wait to be merged
 * @rx_list: packets that are delivered together
 * @timer: for net_device.gro_flush_timeout
 */
struct napi_struct {
	struct list_head poll_list;
	unsigned long state;
	int weight;
	int (*poll)(struct napi_struct *napi, int budget);
	struct net_device *dev;
	struct list_head dev_list;
	unsigned int napi_id;
	int defer_hard_irqs_count;
	unsigned long gro_bitmask;
	int rx_count;
	struct gro_list gro_hash[GRO_HASH_BUCKETS];
	struct list_head rx_list;
	struct timer_list timer;
};

/* What became of a packet: in each case it is not the caller's any more. */
enum gro_result {
	GRO_MERGED,	 /* it is part of another one */
	GRO_MERGED_FREE, /* its payload is, and it is freed */
	GRO_HELD,	 /* it waits for others */
	GRO_NORMAL,	 /* delivered, alone */
	GRO_CONSUMED,	 /* its protocol has it */
};
typedef enum gro_result gro_result_t;

/* Add a source to a device, disabled. Before the device is opened. */
SKIFF_API void netif_napi_add_weight(struct net_device *dev, struct napi_struct *napi,
				     int (*poll)(struct napi_struct *napi, int budget), int weight);

static inline void netif_napi_add(struct net_device *dev, struct napi_struct *napi,
				  int (*poll)(struct napi_struct *napi, int budget))
{
	netif_napi_add_weight(dev, napi, poll, NAPI_POLL_WEIGHT);
}

/**
 * netif_napi_del() - remove a source from its device
 * @napi: the source; it stays the caller's memory
 *
 * Locked. free_netdev() does it for those that are left. It is not polled any more, but waits for
 * nobody: a thread may still be inside of napi_schedule(). Before @napi or the device is freed the
 * driver sees to it that its top halves have ended: net_unwatch_fd() and net_synchronize() for
 * those that are called for a descriptor, a join for threads of its own.
 */
SKIFF_API void netif_napi_del(struct napi_struct *napi);
#define __netif_napi_del(napi) netif_napi_del(napi)

/* Allow polling, in ndo_open. Locked. */
SKIFF_API void napi_enable(struct napi_struct *napi);

/**
 * napi_disable() - forbid polling, in ndo_stop
 * @napi: the source
 *
 * Locked, so nobody is polling it unless the caller is. A top half that is inside of
 * napi_schedule() meanwhile is not waited for, and has no effect.
 */
SKIFF_API void napi_disable(struct napi_struct *napi);

/* Whether the caller is the one to __napi_schedule() it. Any thread. */
SKIFF_API bool napi_schedule_prep(struct napi_struct *napi);
SKIFF_API void __napi_schedule(struct napi_struct *napi);
#define __napi_schedule_irqoff(napi) __napi_schedule(napi)

/* There are packets: have it polled. Any thread. */
static inline bool napi_schedule(struct napi_struct *napi)
{
	if (!napi_schedule_prep(napi))
		return false;
	__napi_schedule(napi);
	return true;
}

#define napi_schedule_irqoff(napi) napi_schedule(napi)

/**
 * napi_complete_done() - done for now, inside of poll
 * @napi: the source
 * @work_done: packets that this poll took
 *
 * Held packets are delivered, but for those that net_device.gro_flush_timeout lets wait. Return:
 * false when it was scheduled again meanwhile, or net_device.napi_defer_hard_irqs wants the device
 * not to be heard until it is polled again.
 */
SKIFF_API bool napi_complete_done(struct napi_struct *napi, int work_done);

static inline bool napi_complete(struct napi_struct *napi)
{
	return napi_complete_done(napi, 0);
}

/**
 * napi_gro_receive() - hand a received packet over, from a poll function
 * @napi: the source
 * @skb: the packet: dev, protocol and the MAC header set (eth_type_trans()); consumed
 *
 * With NETIF_F_GRO on, it is merged with others of its flow where a protocol knows how, and
 * delivered with them when the poll ends at the latest.
 *
 * Return: what became of it.
 */
SKIFF_API gro_result_t napi_gro_receive(struct napi_struct *napi, struct sk_buff *skb);

/* Deliver what is held; with @flush_old only what was held before this jiffy. Inside of poll. */
SKIFF_API void napi_gro_flush(struct napi_struct *napi, bool flush_old);

/**
 * netif_set_gro_max_size() - limit what received packets are merged into
 * @dev: the device
 * @size: bytes; over IPv4 more than 65535 are never reached
 */
static inline void netif_set_gro_max_size(struct net_device *dev, unsigned int size)
{
	WRITE_ONCE(dev->gro_max_size, size);
}

/**
 * dev_set_gro_flush_timeout() - let packets wait to be merged
 * @dev: the device
 * @ns: nanoseconds beyond the end of a poll, 0 for none; what Linux has in
 *      /sys/class/net/DEV/gro_flush_timeout
 *
 * Return: 0, -ERANGE.
 */
SKIFF_API int dev_set_gro_flush_timeout(struct net_device *dev, unsigned long ns);

/**
 * dev_set_napi_defer_hard_irqs() - poll by time, not when the device has something
 * @dev: the device
 * @times: polls in a row that may find nothing, 0 to INT_MAX, before the device is heard again; what
 *         Linux has in /sys/class/net/DEV/napi_defer_hard_irqs
 *
 * Polls are gro_flush_timeout apart; without one this does nothing. Return: 0, -ERANGE.
 */
SKIFF_API int dev_set_napi_defer_hard_irqs(struct net_device *dev, unsigned long times);

/**
 * struct softnet_stats - what the bottom half of a host has done
 * @processed: packets taken from devices
 * @dropped: packets refused because the backlog was full
 * @time_squeeze: times that the budget ended before the work did
 * @backlog_len: packets waiting now
 */
struct softnet_stats {
	unsigned long processed;
	unsigned long dropped;
	unsigned long time_squeeze;
	unsigned int backlog_len;
};

/* Any thread. */
SKIFF_API void skiff_softnet_stats(struct net *net, struct softnet_stats *stats);

/**
 * skiff_device_init() - make devices known to the hosts of this process
 *
 * Registers the per-host part and the bottom halves. Once, before the first host is created.
 * Return: 0 or a negative errno.
 */
SKIFF_API int skiff_device_init(void);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NETDEV_RX_H */
