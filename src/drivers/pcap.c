// SPDX-License-Identifier: BSD-2-Clause
/* pcap: a device that receives what a capture file has, and writes what it sends to another one. */
#include <ctype.h>

#include <skiff/printk.h>

#include "drivers/pcap.h"

/*
 * In: fill() reads frames ahead without the stack lock and notes on each when it is due on the
 * host's clock. A timer fires at the first one's instant and schedules pcap_poll(), which delivers
 * what is due and asks for more when the ring is half empty. The first frame comes when the device
 * goes up; a device that goes down and up again begins with the file's first frame.
 *
 * Out: pcap_xmit() appends to pcap_dev.tx, pcap_flush() writes after the stack lock was dropped.
 */

/* Reading. */

static bool wants_more(struct pcap_dev *p, u32 generation)
{
	bool more;

	spin_lock(&p->lock);
	more = p->running && p->generation == generation && !p->ended &&
	       skb_queue_len(&p->rx) < PCAP_RX_RING;
	spin_unlock(&p->lock);
	return more;
}

static void count_unfit(struct pcap_dev *p, bool no_memory)
{
	spin_lock(&p->lock);
	if (no_memory) {
		p->stats.rx_dropped++;
	} else {
		p->stats.rx_errors++;
		p->stats.rx_length_errors++;
	}
	spin_unlock(&p->lock);
}

/* The file's distance @delta at the speed that is wanted; what is beyond the end of time is that. */
static s64 scaled(const struct pcap_dev *p, s64 delta)
{
	u64 d = (u64)max(delta, (s64)0), whole, sum;
	u32 speed = p->config.speed;

	if (p->config.fastest)
		return 0;
	if (__builtin_mul_overflow(d / speed, (u64)PCAP_SPEED_ONE, &whole) ||
	    __builtin_add_overflow(whole, d % speed * PCAP_SPEED_ONE / speed, &sum))
		return KTIME_MAX;
	return (s64)min(sum, (u64)KTIME_MAX);
}

/* From the pass's first frame to one with @stamp. The file may say anything. */
static s64 distance(const struct pcap_dev *p, s64 stamp)
{
	s64 delta;

	if (__builtin_sub_overflow(stamp, p->first, &delta))
		return stamp < p->first ? 0 : KTIME_MAX;
	return delta;
}

/* Return: the frame; NULL when it is unfit, and it is counted. */
static struct sk_buff *make_frame(struct pcap_dev *p, const u8 *data, u32 captured, u32 len,
				  s64 stamp)
{
	struct sk_buff *skb;

	if (!p->pass_frames++)
		p->first = stamp;
	/* Not back in time, whatever the file says. */
	p->due = max(p->due, ktime_add_safe(p->origin, scaled(p, distance(p, stamp))));
	if (captured != len || len < ETH_HLEN || len > PCAP_MAX_FRAME) {
		count_unfit(p, false);
		return NULL;
	}
	skb = netdev_alloc_skb_ip_align(p->dev, len);
	if (!skb) {
		count_unfit(p, true);
		return NULL;
	}
	__skb_put_data(skb, data, len);
	p->pass_fit++;
	skb->tstamp = p->due;
	return skb;
}

/* The file once more, from where the clock is by then. Return: whether there is a next pass. */
static bool next_pass(struct pcap_dev *p)
{
	u32 passes = p->config.has_loop ? p->config.loop : 1;
	bool empty = !p->pass_fit;

	pcap_in_close(p->in);
	p->in = NULL;
	if (empty || ++p->passes == passes)
		return false;
	p->pass_frames = 0;
	p->pass_fit = 0;
	p->origin = p->due;
	return !pcap_in_open(&p->in, p->config.in, NULL, 0);
}

/* Return: 1 and a frame or NULL, 0 at the end of all. */
static int read_frame(struct pcap_dev *p, struct sk_buff **frame)
{
	u32 captured, len;
	const u8 *data;
	s64 stamp;
	int ret;

	*frame = NULL;
	do {
		ret = p->in ? pcap_in_next(p->in, &data, &captured, &len, &stamp) : 0;
		if (ret < 0)
			pr_warn("%s: %s is broken behind frame %llu\n", p->dev->name, p->config.in,
				(unsigned long long)p->pass_frames);
		if (ret > 0) {
			*frame = make_frame(p, data, captured, len, stamp);
			return 1;
		}
	} while (next_pass(p));
	return 0;
}

static u32 begin_reading(struct pcap_dev *p)
{
	u32 generation;

	spin_lock(&p->lock);
	generation = p->generation;
	if (generation != p->reading)
		p->origin = p->due = p->started;
	spin_unlock(&p->lock);
	if (generation == p->reading)
		return generation;
	p->reading = generation;
	p->passes = 0;
	p->pass_frames = 0;
	p->pass_fit = 0;
	pcap_in_close(p->in);
	p->in = NULL;
	if (pcap_in_open(&p->in, p->config.in, NULL, 0))
		pr_warn("%s: %s can't be read any more\n", p->dev->name, p->config.in);
	return generation;
}

static void put_frame(struct pcap_dev *p, struct sk_buff *skb, u32 generation)
{
	spin_lock(&p->lock);
	if (p->running && p->generation == generation) {
		__skb_queue_tail(&p->rx, skb);
		skb = NULL;
	}
	spin_unlock(&p->lock);
	kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY);
}

static void fill(struct net *net, struct net_work *work)
{
	struct pcap_dev *p = container_of(work, struct pcap_dev, fill_work);
	struct sk_buff *skb;
	u32 generation;
	int ret = 1;

	pthread_mutex_lock(&p->file_lock);
	generation = begin_reading(p);
	while (ret && wants_more(p, generation)) {
		ret = read_frame(p, &skb);
		if (skb)
			put_frame(p, skb, generation);
	}
	pthread_mutex_unlock(&p->file_lock);
	spin_lock(&p->lock);
	if (!ret && p->generation == generation)
		p->ended = true;
	spin_unlock(&p->lock);
	dev_hold(p->dev);
	if (!net_defer(net, &p->look_work))
		dev_put(p->dev);
	dev_put(p->dev);
}

/* Locked. */
static void fill_later(struct pcap_dev *p)
{
	if (!p->config.in[0])
		return;
	dev_hold(p->dev);
	if (!net_after_unlock(dev_net(p->dev), &p->fill_work))
		dev_put(p->dev);
}

/* Delivering: locked. */

static struct sk_buff *take_due(struct pcap_dev *p, ktime_t now, ktime_t *next, bool *low)
{
	struct sk_buff *skb;

	spin_lock(&p->lock);
	skb = skb_peek(&p->rx);
	*next = skb ? skb->tstamp : KTIME_MAX;
	if (skb && skb->tstamp <= now) {
		__skb_unlink(skb, &p->rx);
		p->stats.rx_packets++;
		p->stats.rx_bytes += skb->len;
	} else {
		skb = NULL;
	}
	*low = !p->ended && skb_queue_len(&p->rx) < PCAP_RX_RING / 2;
	spin_unlock(&p->lock);
	return skb;
}

static int pcap_poll(struct napi_struct *napi, int budget)
{
	struct pcap_dev *p = container_of(napi, struct pcap_dev, napi);
	ktime_t now = skiff_net_now(dev_net(p->dev)), next;
	struct sk_buff *skb = NULL;
	bool low = false;
	int done = 0;

	while (done < budget && (skb = take_due(p, now, &next, &low)) != NULL) {
		/* The time that it waited for is not when it was received. */
		skb->tstamp = 0;
		skb->protocol = eth_type_trans(skb, p->dev);
		napi_gro_receive(napi, skb);
		done++;
	}
	if (low)
		fill_later(p);
	if (done < budget) {
		napi_complete_done(napi, done);
		if (next != KTIME_MAX)
			mod_timer_ns(&p->timer, next);
	}
	return done;
}

static void pcap_timer(struct timer_list *timer)
{
	struct pcap_dev *p = from_timer(p, timer, timer);

	napi_schedule(&p->napi);
}

static void look(struct net *net, struct net_work *work)
{
	struct pcap_dev *p = container_of(work, struct pcap_dev, look_work);

	if (netif_running(p->dev))
		napi_schedule(&p->napi);
	dev_put(p->dev);
}

/* Writing. */

static netdev_tx_t pcap_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct pcap_dev *p = pcap_of(dev);

	skb_tx_timestamp(skb);
	skb_orphan(skb);
	if (!p->out) {
		spin_lock(&p->lock);
		p->stats.tx_packets++;
		p->stats.tx_bytes += skb->len;
		spin_unlock(&p->lock);
		consume_skb(skb);
		return NETDEV_TX_OK;
	}
	if (skb_orphan_frags(skb, GFP_ATOMIC)) {
		atomic_long_add(1, &dev->tx_dropped);
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return NETDEV_TX_OK;
	}
	__net_timestamp(skb);
	spin_lock(&p->lock);
	__skb_queue_tail(&p->tx, skb);
	if (skb_queue_len(&p->tx) >= PCAP_TX_RING)
		netif_stop_queue(dev);
	spin_unlock(&p->lock);
	netdev_flush_later(dev);
	return NETDEV_TX_OK;
}

static struct sk_buff *take_frame(struct pcap_dev *p)
{
	struct netdev_queue *txq = netdev_get_tx_queue(p->dev, 0);
	struct sk_buff *skb;

	spin_lock(&p->lock);
	skb = __skb_dequeue(&p->tx);
	if (!skb)
		p->flushing = false;
	else if (p->running && netif_tx_queue_stopped(txq) &&
		 skb_queue_len(&p->tx) < PCAP_TX_RING / 2)
		netif_tx_wake_queue(txq);
	spin_unlock(&p->lock);
	return skb;
}

static void frame_written(struct pcap_dev *p, struct sk_buff *skb, int err)
{
	bool first;

	spin_lock(&p->lock);
	first = err && !p->broken;
	if (err) {
		p->broken = true;
		p->stats.tx_errors++;
	} else {
		p->stats.tx_packets++;
		p->stats.tx_bytes += skb->len;
	}
	spin_unlock(&p->lock);
	if (first)
		pr_warn("%s: %s can't be written any more: %s\n", p->dev->name, p->config.out,
			strerror(-err));
	if (err)
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_XMIT);
	else
		consume_skb(skb);
}

static void pcap_flush(struct net_device *dev)
{
	struct pcap_dev *p = pcap_of(dev);
	struct sk_buff *skb;
	bool ours;

	spin_lock(&p->lock);
	ours = !p->flushing;
	p->flushing = true;
	spin_unlock(&p->lock);
	while (ours && (skb = take_frame(p)) != NULL)
		frame_written(p, skb, p->broken ? -EIO : pcap_out_write(p->out, skb));
}

/* Coming and going. */

static int pcap_init(struct net_device *dev)
{
	netif_napi_add(dev, &pcap_of(dev)->napi, pcap_poll);
	return 0;
}

static void pcap_uninit(struct net_device *dev)
{
	netif_napi_del(&pcap_of(dev)->napi);
}

static int pcap_open(struct net_device *dev)
{
	struct pcap_dev *p = pcap_of(dev);

	napi_enable(&p->napi);
	spin_lock(&p->lock);
	p->running = true;
	p->ended = false;
	p->generation++;
	p->started = skiff_net_now(dev_net(dev));
	spin_unlock(&p->lock);
	netif_start_queue(dev);
	fill_later(p);
	return 0;
}

static int pcap_stop(struct net_device *dev)
{
	struct pcap_dev *p = pcap_of(dev);
	struct sk_buff_head old;

	__skb_queue_head_init(&old);
	netif_stop_queue(dev);
	del_timer(&p->timer);
	spin_lock(&p->lock);
	p->running = false;
	skb_queue_splice_tail_init(&p->rx, &old);
	spin_unlock(&p->lock);
	napi_disable(&p->napi);
	__skb_queue_purge(&old);
	return 0;
}

static void pcap_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *storage)
{
	struct pcap_dev *p = pcap_of(dev);

	spin_lock(&p->lock);
	*storage = p->stats;
	spin_unlock(&p->lock);
}

static void pcap_destructor(struct net_device *dev)
{
	struct pcap_dev *p = pcap_of(dev);

	__skb_queue_purge(&p->tx);
	pcap_in_close(p->in);
	pcap_out_close(p->out);
	pthread_mutex_destroy(&p->file_lock);
}

static const struct net_device_ops pcap_netdev_ops = {
	.ndo_init = pcap_init,
	.ndo_uninit = pcap_uninit,
	.ndo_open = pcap_open,
	.ndo_stop = pcap_stop,
	.ndo_start_xmit = pcap_xmit,
	.ndo_flush = pcap_flush,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_get_stats64 = pcap_get_stats64,
};

static void pcap_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &pcap_netdev_ops;
	dev->max_mtu = ETH_MAX_MTU;
	dev->features = NETIF_F_SG | NETIF_F_HIGHDMA;
	dev->hw_features = dev->features;
	dev->needs_free_netdev = true;
	dev->priv_destructor = pcap_destructor;
}

/* Options. */

static int option_path(char *path, size_t size, const char *key, const char *value, char *err,
		       size_t err_size)
{
	if (!*value || strlen(value) >= size)
		return skiff_driver_error(err, err_size, -EINVAL,
					  "%s=%s: a file's name of 1 to %zu characters is accepted",
					  key, value, size - 1);
	memcpy(path, value, strlen(value) + 1);
	return 0;
}

/* "0.5", "2": in millionths. */
static u32 parse_speed(const char *value)
{
	u64 speed = 0, unit = PCAP_SPEED_ONE;
	const char *at = value;

	for (; isdigit((unsigned char)*at) && speed <= 1000ull * PCAP_SPEED_ONE; at++)
		speed = speed * 10 + (u64)(*at - '0') * PCAP_SPEED_ONE;
	if (at > value && *at == '.')
		for (at++; isdigit((unsigned char)*at); at++)
			speed += (u64)(*at - '0') * (unit /= 10);
	return *at || speed > 1000ull * PCAP_SPEED_ONE ? 0 : (u32)speed;
}

static int option_speed(struct pcap_config *c, const char *value, char *err, size_t err_size)
{
	c->fastest = !strcmp(value, "max");
	c->speed = parse_speed(value);
	if (c->fastest || c->speed)
		return 0;
	return skiff_driver_error(
		err, err_size, -EINVAL,
		"speed=%s: 0.000001 to 1000 times the file's, or max, is accepted", value);
}

static int option_loop(struct pcap_config *c, const char *value, char *err, size_t err_size)
{
	const char *at = value;
	u64 n = 0;

	for (; isdigit((unsigned char)*at) && n <= UINT32_MAX; at++)
		n = n * 10 + (u64)(*at - '0');
	if (strcmp(value, "forever") != 0 && (at == value || *at || !n || n > UINT32_MAX))
		return skiff_driver_error(err, err_size, -EINVAL,
					  "loop=%s: a number of passes from 1, or forever, is "
					  "accepted",
					  value);
	c->loop = (u32)n;
	c->has_loop = true;
	return 0;
}

static int pcap_option(void *config, const char *key, const char *value, char *err, size_t err_size)
{
	struct pcap_config *c = (struct pcap_config *)config;

	if (!strcmp(key, "in"))
		return option_path(c->in, sizeof(c->in), key, value, err, err_size);
	if (!strcmp(key, "out"))
		return option_path(c->out, sizeof(c->out), key, value, err, err_size);
	if (!strcmp(key, "speed"))
		return option_speed(c, value, err, err_size);
	if (!strcmp(key, "loop"))
		return option_loop(c, value, err, err_size);
	return -ENOENT;
}

static int open_files(struct pcap_dev *p, char *err, size_t err_size)
{
	int ret = 0;

	if (p->config.in[0])
		ret = pcap_in_open(&p->in, p->config.in, err, err_size);
	if (!ret && p->config.out[0])
		ret = pcap_out_open(&p->out, p->config.out, p->dev, err, err_size);
	return ret;
}

static int pcap_create(struct net *net, const char *name, const void *config,
		       struct net_device **dev, char *err, size_t err_size)
{
	const struct pcap_config *c = (const struct pcap_config *)config;
	struct pcap_dev *p;
	int ret;

	if (!c->in[0] && !c->out[0])
		return skiff_driver_error(err, err_size, -EINVAL,
					  "in= and out= are missing: one of them is needed");
	if (!c->in[0] && (c->speed || c->fastest || c->has_loop))
		return skiff_driver_error(err, err_size, -EINVAL,
					  "speed and loop: accepted with in=");
	*dev = alloc_netdev(sizeof(*p), name, NET_NAME_USER, pcap_setup);
	if (!*dev)
		return skiff_driver_error(err, err_size, -ENOMEM, "no memory for a device");
	dev_net_set(*dev, net);
	p = pcap_of(*dev);
	p->dev = *dev;
	p->config = *c;
	if (!c->speed)
		p->config.speed = PCAP_SPEED_ONE;
	pthread_mutex_init(&p->file_lock, NULL);
	spin_lock_init(&p->lock);
	__skb_queue_head_init(&p->rx);
	__skb_queue_head_init(&p->tx);
	timer_setup_net(&p->timer, net, pcap_timer, 0);
	net_work_init(&p->fill_work, fill);
	net_work_init(&p->look_work, look);
	ret = open_files(p, err, err_size);
	if (!ret)
		return 0;
	free_netdev(*dev);
	*dev = NULL;
	return ret;
}

struct skiff_driver pcap_driver = {
	.kind = "pcap",
	.options = "in=FILE, speed=FACTOR|max, loop=N|forever, out=FILE",
	.config_size = sizeof(struct pcap_config),
	.option = pcap_option,
	.create = pcap_create,
};
