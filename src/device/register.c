// SPDX-License-Identifier: BSD-2-Clause
/* How devices come into being, enter their host, leave it and end; and the host's share of it. */
#include <skiff/ethtool.h>
#include <skiff/printk.h>
#include <skiff/slab.h>

#include "device/device.h"
#include "skb/alloc.h"
#include "skb/track.h"

unsigned int dev_net_id;

/* Of a driver that answers nothing. */
static const struct ethtool_ops default_ethtool_ops;

struct list_head *net_dev_base_head(const struct net *net)
{
	return &dev_net_of(net)->base;
}

struct net_device *net_loopback_dev(const struct net *net)
{
	struct dev_net *dn = dev_net_of(net);

	return dn ? dn->loopback : NULL;
}

static void netdev_flush_work(struct net *net, struct net_work *work)
{
	struct net_device *dev = container_of(work, struct net_device, flush_work);

	dev->netdev_ops->ndo_flush(dev);
	dev_put(dev);
}

void netdev_flush_later(struct net_device *dev)
{
	if (net_after_unlock(dev_net(dev), &dev->flush_work))
		dev_hold(dev);
}

static void init_queues(struct net_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++)
		dev->_tx[i].dev = dev;
}

struct net_device *alloc_netdev_mqs(int sizeof_priv, const char *name,
				    unsigned char name_assign_type,
				    void (*setup)(struct net_device *dev), unsigned int txqs,
				    unsigned int rxqs)
{
	struct net_device *dev;
	char *memory;

	if (sizeof_priv < 0 || sizeof_priv > (1 << 24) || !name || strlen(name) >= IFNAMSIZ ||
	    !txqs || txqs > NETDEV_MAX_QUEUES || !rxqs || rxqs > NETDEV_MAX_QUEUES)
		return NULL;
	memory = (char *)kzalloc(ALIGN(sizeof(*dev), NETDEV_ALIGN) + (size_t)sizeof_priv +
					 NETDEV_ALIGN - 1,
				 GFP_KERNEL);
	if (!memory)
		return NULL;
	dev = (struct net_device *)PTR_ALIGN(memory, NETDEV_ALIGN);
	dev->padded = (unsigned int)((char *)dev - memory);
	dev->_tx = (struct netdev_queue *)kcalloc(txqs, sizeof(*dev->_tx), GFP_KERNEL);
	if (!dev->_tx) {
		kfree(memory);
		return NULL;
	}
	dev->num_tx_queues = txqs;
	dev->real_num_tx_queues = txqs;
	dev->num_rx_queues = rxqs;
	dev->real_num_rx_queues = rxqs;
	init_queues(dev);

	dev->dev_addr = dev->dev_addr_shadow;
	dev->gso_max_size = 65536;
	dev->gso_max_segs = 65535;
	dev->gro_max_size = GRO_LEGACY_MAX_SIZE;
	dev->operstate = IF_OPER_UNKNOWN;
	dev->priv_flags = IFF_XMIT_DST_RELEASE;
	dev->name_assign_type = name_assign_type;
	dev->ethtool_ops = &default_ethtool_ops;
	dev->mc_filter_max = NETDEV_MC_FILTER_ANY;
	dev_uc_init(dev);
	dev_mc_init(dev);
	INIT_LIST_HEAD(&dev->napi_list);
	INIT_LIST_HEAD(&dev->ptype_all);
	INIT_LIST_HEAD(&dev->ptype_specific);
	net_work_init(&dev->flush_work, netdev_flush_work);
	atomic_set(&dev->dev_refcnt, 1);
	memcpy(dev->name, name, strlen(name) + 1);
	if (setup)
		setup(dev);
	/* A device that names no length has no queue of its own, unless it is given one later. */
	if (!dev->tx_queue_len) {
		dev->priv_flags |= IFF_NO_QUEUE;
		dev->tx_queue_len = DEFAULT_TX_QUEUE_LEN;
	}
	return dev;
}

void __netdev_release(struct net_device *dev)
{
	if (dev->priv_destructor)
		dev->priv_destructor(dev);
	kfree(dev->ifalias);
	kfree(dev->_tx);
	kfree((char *)dev - dev->padded);
}

void free_netdev(struct net_device *dev)
{
	struct napi_struct *napi, *next;

	if (!dev)
		return;
	BUG_ON(dev->reg_state == NETREG_REGISTERED || dev->reg_state == NETREG_UNREGISTERING ||
	       dev->reg_state == NETREG_RELEASED);
	list_for_each_entry_safe(napi, next, &dev->napi_list, dev_list)
		netif_napi_del(napi);
	dev_uc_flush(dev);
	dev_mc_flush(dev);
	dev->reg_state = NETREG_RELEASED;
	dev_put(dev);
}

/* The next number; those of devices that are gone do not come back. */
static int assign_index(struct net_device *dev, struct dev_net *dn)
{
	if (!dev->ifindex) {
		if (dn->last_index == INT32_MAX)
			return -ENFILE;
		dev->ifindex = dn->last_index + 1;
	} else if (dev->ifindex < 0) {
		return -EINVAL;
	} else if (__dev_get_by_index(dev_net(dev), dev->ifindex)) {
		return -EBUSY;
	}
	dn->last_index = max_t(int, dn->last_index, dev->ifindex);
	return 0;
}

static int call_init(struct net_device *dev)
{
	int err;

	if (!dev->netdev_ops->ndo_init)
		return 0;
	err = dev->netdev_ops->ndo_init(dev);
	return err > 0 ? -EIO : err;
}

static void call_uninit(struct net_device *dev)
{
	if (dev->netdev_ops->ndo_uninit)
		dev->netdev_ops->ndo_uninit(dev);
}

static void init_features(struct net_device *dev)
{
	if (!dev->ethtool_ops)
		dev->ethtool_ops = &default_ethtool_ops;
	dev->hw_features |= NETIF_F_SOFT_FEATURES | NETIF_F_SOFT_FEATURES_OFF;
	dev->features |= NETIF_F_SOFT_FEATURES;
	dev->wanted_features = dev->features & dev->hw_features;
	__netdev_update_features(dev);
	if (dev->addr_assign_type == NET_ADDR_PERM)
		memcpy(dev->perm_addr, dev->dev_addr, dev->addr_len);
}

/* Kernel sources leave the host out: theirs is the one that the thread holds. */
static int default_host(struct net_device *dev)
{
	if (dev_net(dev))
		return 0;
	if (!current_net()) {
		netdev_warn(dev, "in no host: dev_net_set() or the stack lock comes first\n");
		return -EINVAL;
	}
	dev_net_set(dev, current_net());
	return 0;
}

static int may_register(const struct net_device *dev)
{
	const struct dev_net *dn;

	if (dev->reg_state != NETREG_UNINITIALIZED && dev->reg_state != NETREG_UNREGISTERED)
		return -EBUSY;
	if (!dev->netdev_ops || !dev->netdev_ops->ndo_start_xmit || !dev_net(dev) ||
	    dev->addr_len > MAX_ADDR_LEN)
		return -EINVAL;
	dn = dev_net_of(dev_net(dev));
	if (!dn)
		return -ENODEV;
	return dn->count >= NETDEV_MAX_PER_NET ? -ENOSPC : 0;
}

/* Everything between the checks and the announcement. */
static int set_up(struct net_device *dev)
{
	struct net *net = dev_net(dev);
	int err;

	err = dev_pick_name(net, dev->name, dev->name, dev);
	if (err)
		return err;
	err = call_init(dev);
	if (err)
		return err;
	err = assign_index(dev, dev_net_of(net));
	if (err)
		goto err_uninit;
	init_features(dev);
	err = dev_init_scheduler(dev);
	if (err)
		goto err_uninit;
	err = notifier_to_errno(call_netdevice_notifiers(NETDEV_POST_INIT, dev));
	if (err)
		goto err_scheduler;
	return 0;

err_scheduler:
	dev_shutdown(dev);
err_uninit:
	call_uninit(dev);
	return err;
}

static void forget_handlers(struct list_head *head)
{
	while (!list_empty(head))
		list_del_init(head->next);
}

/* The device leaves its host, layer by layer; its memory stays. */
static void take_out(struct net_device *dev)
{
	struct dev_net *dn = dev_net_of(dev_net(dev));

	dev_close(dev);
	dev->reg_state = NETREG_UNREGISTERING;
	dev_list_del(dev);
	dev_shutdown(dev);
	softnet_flush_dev(&dn->sd, dev);
	call_netdevice_notifiers(NETDEV_UNREGISTER, dev);
	dev_uc_flush(dev);
	dev_mc_flush(dev);
	dev->rx_handler = NULL;
	forget_handlers(&dev->ptype_all);
	forget_handlers(&dev->ptype_specific);
	call_uninit(dev);
	clear_bit(__LINK_STATE_PRESENT, &dev->state);
	if (dn->loopback == dev)
		dn->loopback = NULL;
	dev->ifindex = 0;
	dev->reg_state = NETREG_UNREGISTERED;
}

int register_netdevice(struct net_device *dev)
{
	struct net *given = dev_net(dev);
	int ifindex = dev->ifindex;
	char pattern[IFNAMSIZ];
	int err = default_host(dev);

	if (err)
		return err;
	err = may_register(dev);
	if (err)
		goto err_host;
	ASSERT_NET_LOCKED(dev_net(dev));
	memcpy(pattern, dev->name, sizeof(pattern));
	err = set_up(dev);
	if (err)
		goto err_restore;
	set_bit(__LINK_STATE_PRESENT, &dev->state);
	dev->reg_state = NETREG_REGISTERED;
	dev_list_add(dev);
	if ((dev->flags & IFF_LOOPBACK) && !dev_net_of(dev_net(dev))->loopback)
		dev_net_of(dev_net(dev))->loopback = dev;

	err = notifier_to_errno(call_netdevice_notifiers(NETDEV_REGISTER, dev));
	if (!err)
		return 0;
	take_out(dev);
err_restore:
	dev->reg_state = NETREG_UNINITIALIZED;
	memcpy(dev->name, pattern, sizeof(pattern));
	dev->ifindex = ifindex;
err_host:
	dev_net_set(dev, given);
	return err;
}

void unregister_netdevice(struct net_device *dev)
{
	if (dev->reg_state != NETREG_REGISTERED)
		return;
	ASSERT_NET_LOCKED(dev_net(dev));
	take_out(dev);
	if (dev->needs_free_netdev)
		free_netdev(dev);
}

int register_netdev(struct net_device *dev)
{
	struct net *net = dev_net(dev);
	int err;

	if (!net || current_net() == net)
		return register_netdevice(dev);
	err = net_enter(net);
	if (err)
		return err;
	err = register_netdevice(dev);
	net_unlock(net);
	return err;
}

void unregister_netdev(struct net_device *dev)
{
	struct net *net = dev_net(dev);

	if (current_net() == net) {
		unregister_netdevice(dev);
		return;
	}
	if (net_enter(net))
		return;
	unregister_netdevice(dev);
	net_unlock(net);
	/* The driver's top half may still be running: the caller is going to free. */
	net_synchronize(net);
}

/* Per host. */

static const struct {
	const char *name;
	int value;
} settings[NETDEV_SYSCTLS] = {
	[NETDEV_SYSCTL_MAX_BACKLOG] = { "netdev_max_backlog", 1000 },
	[NETDEV_SYSCTL_WEIGHT] = { "dev_weight", NAPI_POLL_WEIGHT },
	[NETDEV_SYSCTL_GRO_NORMAL_BATCH] = { "gro_normal_batch", 8 },
};

static int settings_init(struct net *net, struct dev_net *dn)
{
	int i;

	for (i = 0; i < NETDEV_SYSCTLS; i++) {
		dn->sysctl[i] = settings[i].value;
		dn->table[i] = (struct ctl_table){
			.procname = settings[i].name,
			.data = &dn->sysctl[i],
			.maxlen = sizeof(int),
			.mode = 0644,
			.proc_handler = proc_dointvec_minmax,
			.extra1 = i == NETDEV_SYSCTL_MAX_BACKLOG ? SYSCTL_ZERO : SYSCTL_ONE,
			.extra2 = SYSCTL_INT_MAX,
		};
	}
	dn->sysctl_header = register_net_sysctl(net, "net/core", dn->table);
	return dn->sysctl_header ? 0 : -ENOMEM;
}

static int dev_net_init(struct net *net)
{
	struct dev_net *dn = dev_net_of(net);
	int err;

	INIT_LIST_HEAD(&dn->base);
	INIT_LIST_HEAD(&dn->ptype_all);
	INIT_LIST_HEAD(&dn->ptype_specific);
	INIT_LIST_HEAD(&dn->captures);
	err = settings_init(net, dn);
	if (err)
		return err;
	softnet_init(&dn->sd, net);
	open_softirq(net, NET_TX_SOFTIRQ, net_tx_action);
	open_softirq(net, NET_RX_SOFTIRQ, net_rx_action);
	return 0;
}

static void dev_net_exit(struct net *net)
{
	struct dev_net *dn = dev_net_of(net);

	capture_net_exit(dn);
	softnet_exit(&dn->sd);
	unregister_net_sysctl_table(dn->sysctl_header);
}

/* What is left when a host ends, newest first; the layers above are still there to let go. */
static void remaining_devices_exit(struct net *net)
{
	struct list_head *base = net_dev_base_head(net);

	while (!list_empty(base)) {
		struct net_device *dev = list_last_entry(base, struct net_device, dev_list);
		bool left = !dev->needs_free_netdev;

		unregister_netdevice(dev);
		if (left)
			pr_warn("%s: device %s was still registered when the host ended\n",
				skiff_net_name(net), dev->name);
	}
}

static ktime_t packet_clock(const struct sk_buff *skb)
{
	struct net *net = skb && skb->dev ? dev_net(skb->dev) : current_net();

	return skiff_clock_now_real(net ? skiff_net_clock(net) : skiff_clock_real());
}

#ifdef SKIFF_SKB_TRACK
static const void *owner_of(const struct net_device *dev)
{
	return dev_net(dev);
}
#endif

static struct pernet_operations dev_net_ops = {
	.init = dev_net_init,
	.exit = dev_net_exit,
	.id = &dev_net_id,
	.size = sizeof(struct dev_net),
};

static struct pernet_operations remaining_devices_ops = {
	.exit = remaining_devices_exit,
};

int skiff_device_init(void)
{
	int err;

	receive_init();
	vlan_offload_init();
	skb_clock_set(packet_clock);
#ifdef SKIFF_SKB_TRACK
	skb_track_device_owner = owner_of;
#endif
	dst_dev_refs_set(dev_hold, dev_put);
	skb_drop_hook = softnet_count_drop;
	err = capture_init();
	if (err && err != -EALREADY)
		return err;
	err = register_pernet_subsys(&dev_net_ops);
	if (err && err != -EALREADY)
		return err;
	err = register_pernet_device(&remaining_devices_ops);
	return err == -EALREADY ? 0 : err;
}
