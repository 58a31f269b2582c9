/* SPDX-License-Identifier: BSD-2-Clause */
/* What the device layer keeps per host, and the calls between its files. */
#ifndef SKIFF_DEVICE_DEVICE_H
#define SKIFF_DEVICE_DEVICE_H

#include <skiff/netdevice.h>
#include <skiff/sch_generic.h>
#include <skiff/sysctl.h>

#define NETDEV_HASH_BITS 6
#define NETDEV_HASH_SIZE (1 << NETDEV_HASH_BITS)

/**
 * struct softnet_data - a host's queues between top and bottom half
 * @net: the host
 * @lock: guards @poll_list and @output_queue: any thread adds to them
 * @poll_list: sources that want to be polled
 * @output_queue: disciplines that want to be run, linked by next_sched
 * @output_last: where the next one is linked
 * @polling: the source whose poll function runs, NULL when it was taken away meanwhile
 * @input_pkt_queue: the backlog; guarded by its own lock, filled by any thread
 * @process_queue: the part of it that the bottom half works on
 * @backlog: polls it
 * @dropped: guarded by the backlog's lock
 */
struct softnet_data {
	struct net *net;
	spinlock_t lock;
	struct list_head poll_list;
	struct Qdisc *output_queue;
	struct Qdisc **output_last;
	struct napi_struct *polling;
	struct sk_buff_head input_pkt_queue;
	struct sk_buff_head process_queue;
	struct napi_struct backlog;
	unsigned long processed;
	unsigned long dropped;
	unsigned long time_squeeze;
};

enum {
	NETDEV_SYSCTL_MAX_BACKLOG,
	NETDEV_SYSCTL_WEIGHT,
	NETDEV_SYSCTL_GRO_NORMAL_BATCH,
	NETDEV_SYSCTLS
};

/**
 * struct dev_net - a host's devices
 * @base: in the order of registration
 * @by_name: hashed
 * @by_index: hashed
 * @count: how many
 * @last_index: number of the newest
 * @loopback: "lo"
 * @ptype_all: taps of this host that name no device
 * @ptype_specific: handlers of this host that name no device
 * @captures: running ones
 * @sd: queues between top and bottom half
 * @sysctl: values of the settings below net.core
 * @table: their description
 * @sysctl_header: their registration
 */
struct dev_net {
	struct list_head base;
	struct hlist_head by_name[NETDEV_HASH_SIZE];
	struct hlist_head by_index[NETDEV_HASH_SIZE];
	unsigned int count;
	int last_index;
	struct net_device *loopback;
	struct list_head ptype_all;
	struct list_head ptype_specific;
	struct list_head captures;
	struct softnet_data sd;
	int sysctl[NETDEV_SYSCTLS];
	struct ctl_table table[NETDEV_SYSCTLS + 1];
	struct ctl_table_header *sysctl_header;
};

/* Where hosts keep it. */
extern unsigned int dev_net_id;

static inline struct dev_net *dev_net_of(const struct net *net)
{
	return (struct dev_net *)net_generic(net, dev_net_id);
}

/* names.c: all locked */
void dev_list_add(struct net_device *dev);
void dev_list_del(struct net_device *dev);
/* Write the name that @pattern stands for to @buf, IFNAMSIZ bytes; see register_netdevice(). */
int dev_pick_name(struct net *net, char *buf, const char *pattern, const struct net_device *self);

/* sched.c: all locked; the queues of a device as it comes, goes up, goes down and goes */
int dev_init_scheduler(struct net_device *dev);
void dev_activate(struct net_device *dev);
void dev_deactivate(struct net_device *dev);
void dev_shutdown(struct net_device *dev);
/* Drop what waits for queue @txq and those after it, which are not used any more. */
void qdisc_reset_all_tx_gt(struct net_device *dev, unsigned int txq);
/* The discipline that a queue begins with. */
struct Qdisc *qdisc_create_default(struct netdev_queue *txq);
/* Handler of NET_TX_SOFTIRQ. */
int net_tx_action(struct net *net, int budget);
/* qdisc_run() for one of the queue's packets that need not wait. */
void qdisc_send_directly(struct Qdisc *sch, struct sk_buff *skb);

/* notify.c: tell of NETDEV_CHANGE, with the flags that have @changed */
void dev_notify_flags(struct net_device *dev, unsigned int changed);

/* link.c */
/* What @dev's carrier and state say now. */
void dev_update_operstate(struct net_device *dev);

/* watchdog.c: all locked; drivers whose queue stays stopped are told */
void dev_watchdog_init(struct net_device *dev);
void dev_watchdog_up(struct net_device *dev);
void dev_watchdog_down(struct net_device *dev);

/* features.c: netdev_update_features() without telling anybody. Return: whether there was a change. */
bool __netdev_update_features(struct net_device *dev);

/* settings.c: dev_set_promiscuity() and dev_set_allmulti() that leave telling the driver to others */
int dev_count_promiscuity(struct net_device *dev, int inc);
int dev_count_allmulti(struct net_device *dev, int inc);

/* xmit.c */
/* dev_hard_start_xmit() that shows a packet to the taps once, however often it is offered. */
struct sk_buff *dev_offer_chain(struct sk_buff *skb, struct net_device *dev,
				struct netdev_queue *txq, bool *seen, int *ret);

/* gro.c: all locked */
void napi_gro_init(struct napi_struct *napi);
/* Drop all that is held and all that waits to be delivered. */
void napi_gro_drop(struct napi_struct *napi);
/* Deliver what waits to be delivered together with others. */
void gro_normal_list(struct napi_struct *napi);

/* vlan_offload.c */
void vlan_offload_init(void);

/* receive.c */
void receive_init(void);
/* Taps that hear all devices of all hosts. */
extern struct list_head ptype_all;
/* Whether there ever was a tap or a handler of one host or one device: if not, their lists are empty. */
extern bool ptype_beside;

/* Whether anybody hears all that @dev gets and sends. */
static inline bool nit_active(const struct net_device *dev, const struct dev_net *dn)
{
	return unlikely(READ_ONCE(ptype_beside)) &&
	       (!list_empty(&ptype_all) || !list_empty(&dev->ptype_all) ||
		!list_empty(&dn->ptype_all));
}

/* capture.c */
int capture_init(void);
/* The host ends: finish the captures that nobody has stopped. */
void capture_net_exit(struct dev_net *dn);

/* backlog.c */
void softnet_init(struct softnet_data *sd, struct net *net);
void softnet_exit(struct softnet_data *sd);
/* Drop what @dev does not take: counted by it and its host, whoever runs. Return: NET_RX_DROP. */
int softnet_refuse(struct sk_buff *skb, struct net_device *dev, enum skb_drop_reason reason);
/* Drop what @dev received and is not delivered yet. Locked. */
void softnet_flush_dev(struct softnet_data *sd, struct net_device *dev);
/*
 * As napi_schedule(), by who holds the stack lock and is about to let go of it: without anything that the
 * bottom half would do before, @napi is polled here, without a detour by the bottom half.
 */
void napi_poll_now(struct napi_struct *napi);
/* Told of each dropped packet: counts it for a host. */
void softnet_count_drop(struct sk_buff *skb, enum skb_drop_reason reason, const void *site);
/* Handler of NET_RX_SOFTIRQ. */
int net_rx_action(struct net *net, int budget);

#endif /* SKIFF_DEVICE_DEVICE_H */
