// SPDX-License-Identifier: BSD-2-Clause
/*
 * A gateway: how it comes to be, what calls it, how it ends.
 *
 * Theory of operation. A route says that everything but the cable's subnet is this host's own. What no
 * socket of it wants, which is everything, is offered to us (struct ip_catch_all): stream.c, udp.c and
 * echo.c continue it on sockets of the system. These are in an epoll set of ours, which the host's loop
 * watches as one descriptor, so that it costs the same with thousands of them.
 *
 * The host's stack lock guards all of it. Nobody but the gateway uses this host, so its system calls are made
 * with the lock: none of them waits.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <skiff/inetdevice.h>
#include <skiff/route.h>
#include <skiff/slab.h>

#include "gateway/gateway.h"
#include "wire/addr.h"

/* Events that one look takes; the rest is there for the next. */
#define EVENTS_MAX 64

#define DEFAULT_FLOWS 4096
#define DEFAULT_UDP_TIMEOUT 60

/* 10.0.2.2, .3 and .15 of 10.0.2.0/24, which users of such gateways are used to. */
#define DEFAULT_ADDR 0x0a000202
#define DEFAULT_DNS 0x0a000203
#define DEFAULT_CLIENT 0x0a00020f
#define DEFAULT_PREFIX_LEN 24

int gw_watch(struct skiff_gateway *gw, struct gw_watch *w, u32 events)
{
	struct epoll_event event = { .events = events, .data.ptr = w };

	return epoll_ctl(gw->epfd, EPOLL_CTL_ADD, w->fd, &event) ? -errno : 0;
}

static void handle(struct skiff_gateway *gw, const struct epoll_event *events, int n)
{
	gw->busy++;
	for (int i = 0; i < n; i++) {
		struct gw_watch *w = (struct gw_watch *)events[i].data.ptr;

		/* One before may have ended it. */
		if (w->fd >= 0)
			w->ready(gw, w, events[i].events);
	}
	gw->busy--;
	gw_flows_bury(gw);
}

/* Some socket of the system is ready: without the stack lock. */
static void system_ready(struct net *net, int fd, u32 ignored, void *arg)
{
	struct skiff_gateway *gw = (struct skiff_gateway *)arg;
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(fd, events, EVENTS_MAX, 0);

	(void)ignored;
	if (n <= 0 || net_enter(net))
		return;
	/* It may have ended while we waited for the lock. */
	if (ip_catch_all(net) == &gw->all)
		handle(gw, events, n);
	net_unlock(net);
}

static void gateway_work(struct net *net, struct net_work *work)
{
	struct skiff_gateway *gw = container_of(work, struct skiff_gateway, work);
	struct gw_flow *f;
	LIST_HEAD(now);

	(void)net;
	if (gw->knocked) {
		gw->knocked = false;
		gw_accept(gw);
	}
	/* What comes meanwhile is for the next round, after others had the host. */
	list_splice_init(&gw->ready, &now);
	while (!list_empty(&now)) {
		f = list_first_entry(&now, struct gw_flow, ready);
		list_del_init(&f->ready);
		f->work(gw, f);
	}
}

/* Parameters */

static __be32 address(struct in_addr given, u32 otherwise)
{
	return given.s_addr ? (__force __be32)given.s_addr : htonl(otherwise);
}

/* Is @addr one of a host in the cable's subnet, and none of the others? */
static int check_address(const struct skiff_gateway *gw, const char *what, __be32 addr,
			 unsigned int prefix_len, char *err, size_t err_size)
{
	__be32 mask = wire_prefix_mask(prefix_len);
	char text[WIRE_IP_TEXT], subnet[WIRE_PREFIX_TEXT];

	if (!((addr ^ gw->addr) & mask) && (addr & ~mask) && ~(addr | mask))
		return 0;
	return gw_error(err, err_size, -EINVAL,
			"%s address '%s': a host's address in the cable's subnet %s is accepted",
			what, wire_format_ip(text, addr),
			wire_format_prefix(subnet, gw->addr & mask, prefix_len));
}

static int check_addresses(const struct skiff_gateway *gw, unsigned int prefix_len, char *err,
			   size_t err_size)
{
	int ret = 0;

	if (prefix_len < 8 || prefix_len > 30)
		return gw_error(err, err_size, -EINVAL,
				"prefix length '%u': a number from 8 to 30 is accepted",
				prefix_len);
	ret = check_address(gw, "gateway", gw->addr, prefix_len, err, err_size);
	if (!ret)
		ret = check_address(gw, "name server", gw->dns, prefix_len, err, err_size);
	if (!ret)
		ret = check_address(gw, "client", gw->client, prefix_len, err, err_size);
	if (ret)
		return ret;
	if (gw->addr == gw->dns || gw->addr == gw->client || gw->dns == gw->client)
		return gw_error(err, err_size, -EINVAL,
				"gateway, name server and client have the same address; three "
				"different ones are accepted");
	return 0;
}

static int check_number(const char *what, unsigned int number, unsigned int max, char *err,
			size_t err_size)
{
	if (number <= max)
		return 0;
	return gw_error(err, err_size, -EINVAL, "%s '%u': a number up to %u is accepted", what,
			number, max);
}

static int check_numbers(const struct skiff_gateway_params *p, char *err, size_t err_size)
{
	int ret = check_number("number of rules", p->nr_rules, SKIFF_GATEWAY_RULES_MAX, err,
			       err_size);

	if (!ret)
		ret = check_number("number of published ports", p->nr_ports,
				   SKIFF_GATEWAY_PORTS_MAX, err, err_size);
	if (!ret)
		ret = check_number("number of name servers", p->nr_resolvers,
				   SKIFF_GATEWAY_RESOLVERS_MAX, err, err_size);
	if (!ret)
		ret = check_number("number of flows", p->max_flows, SKIFF_GATEWAY_FLOWS_MAX, err,
				   err_size);
	if (!ret)
		ret = check_number("seconds until an idle flow ends", p->udp_timeout, 86400, err,
				   err_size);
	return ret;
}

/* Those of the system. Without a file there are none, and questions are refused. */
static void system_resolvers(struct skiff_gateway *gw)
{
	char text[8192];
	int fd = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return;
	text[n] = '\0';
	gw->nr_resolvers = gw_parse_resolvers(text, gw->resolvers, SKIFF_GATEWAY_RESOLVERS_MAX);
}

static int take_params(struct skiff_gateway *gw, const struct skiff_gateway_params *p, char *err,
		       size_t err_size)
{
	unsigned int prefix_len = p->prefix_len ? p->prefix_len : DEFAULT_PREFIX_LEN;
	int ret = check_numbers(p, err, err_size);

	gw->addr = address(p->addr, DEFAULT_ADDR);
	gw->dns = address(p->dns, DEFAULT_DNS);
	gw->client = address(p->client, DEFAULT_CLIENT);
	gw->max_flows = p->max_flows ? p->max_flows : DEFAULT_FLOWS;
	gw->udp_timeout =
		(s64)(p->udp_timeout ? p->udp_timeout : DEFAULT_UDP_TIMEOUT) * NSEC_PER_SEC;
	if (!ret)
		ret = check_addresses(gw, prefix_len, err, err_size);
	if (ret)
		return ret;
	if (p->resolvers) {
		gw->nr_resolvers = p->nr_resolvers;
		memcpy(gw->resolvers, p->resolvers, p->nr_resolvers * sizeof(*p->resolvers));
	} else {
		system_resolvers(gw);
	}
	if (!p->nr_rules)
		return 0;
	gw->rules = (struct skiff_gateway_rule *)kmemdup(p->rules, p->nr_rules * sizeof(*p->rules),
							 GFP_KERNEL);
	gw->nr_rules = p->nr_rules;
	return gw->rules ? 0 : -ENOMEM;
}

/* The host */

/* ICMP errors are between two hosts of one process here, and each of them is an answer. */
static int lift_limits(struct net *net)
{
	int err = skiff_sysctl_set(net, "net.ipv4.icmp_ratelimit", "0", NULL, 0);

	if (!err)
		err = skiff_sysctl_set(net, "net.ipv4.icmp_msgs_per_sec", "1000000", NULL, 0);
	if (!err)
		err = skiff_sysctl_set(net, "net.ipv4.icmp_msgs_burst", "1000000", NULL, 0);
	return err;
}

static void everywhere(const struct skiff_gateway *gw, struct fib_config *cfg)
{
	*cfg = (struct fib_config){
		.fc_type = RTN_LOCAL,
		.fc_scope = RT_SCOPE_HOST,
		.fc_oif = gw->ifindex,
		.fc_prefsrc = gw->addr,
	};
}

/* Addresses, up, and all others. */
static int set_up_device(struct skiff_gateway *gw, struct net_device *dev, unsigned int prefix_len)
{
	struct fib_config cfg;
	int err = inet_insert_ifa(dev, gw->addr, prefix_len);

	if (!err)
		err = inet_insert_ifa(dev, gw->dns, prefix_len);
	if (!err)
		err = dev_open(dev, NULL);
	if (err)
		return err;
	everywhere(gw, &cfg);
	return fib_table_insert(gw->net, &cfg);
}

static void undo_device(struct skiff_gateway *gw)
{
	struct net_device *dev = __dev_get_by_index(gw->net, gw->ifindex);
	struct fib_config cfg;

	everywhere(gw, &cfg);
	fib_table_delete(gw->net, &cfg);
	if (!dev)
		return;
	inet_del_ifa(dev, gw->dns);
	inet_del_ifa(dev, gw->addr);
}

/* Under the stack lock. What was done is undone by tear_down(). */
static int set_up(struct skiff_gateway *gw, const struct skiff_gateway_params *p, char *err,
		  size_t err_size)
{
	int ret = gw_flows_init(gw);

	if (!ret)
		ret = ip_set_catch_all(gw->net, &gw->all);
	if (!ret)
		ret = gw_streams_init(gw);
	if (!ret)
		ret = set_up_device(gw, p->dev, p->prefix_len ? p->prefix_len : DEFAULT_PREFIX_LEN);
	if (ret)
		return gw_error(err, err_size, ret, "host %s as a gateway on %s: %s",
				skiff_net_name(gw->net), p->dev->name, strerror(-ret));
	for (unsigned int i = 0; i < p->nr_ports && !ret; i++)
		ret = gw_publish(gw, &p->ports[i], err, err_size);
	return ret;
}

static void tear_down(struct skiff_gateway *gw)
{
	if (ip_catch_all(gw->net) == &gw->all) {
		gw_flows_exit(gw);
		gw_unpublish_all(gw);
		gw_streams_exit(gw);
		undo_device(gw);
		ip_set_catch_all(gw->net, NULL);
	} else {
		gw_flows_exit(gw);
	}
}

static void gateway_free(struct skiff_gateway *gw)
{
	if (gw->epfd >= 0)
		close(gw->epfd);
	for (int i = 0; i < GW_BLOCKS; i++)
		if (gw->block[i])
			put_page(gw->block[i]);
	for (int i = 0; i < GW_HEADS; i++)
		consume_skb(gw->head[i]);
	kfree(gw->buf);
	kfree(gw->rules);
	kfree(gw);
}

static struct skiff_gateway *gateway_alloc(struct net *net, struct net_device *dev)
{
	struct skiff_gateway *gw = (struct skiff_gateway *)kzalloc(sizeof(*gw), GFP_KERNEL);

	if (!gw)
		return NULL;
	gw->all = (struct ip_catch_all){
		.segment = gw_segment,
		.datagram = gw_datagram,
		.echo = gw_echo,
	};
	gw->net = net;
	gw->ifindex = dev->ifindex;
	INIT_LIST_HEAD(&gw->ports);
	net_work_init(&gw->work, gateway_work);
	gw->buf = (u8 *)kmalloc((size_t)GW_BATCH * GW_DATAGRAM, GFP_KERNEL);
	gw->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (gw->buf && gw->epfd >= 0)
		return gw;
	gateway_free(gw);
	return NULL;
}

/* Return: 0, and it works. */
static int gateway_start(struct skiff_gateway *gw, const struct skiff_gateway_params *p, char *err,
			 size_t err_size)
{
	int ret = lift_limits(gw->net);

	if (!ret)
		ret = net_enter(gw->net);
	if (ret)
		return gw_error(err, err_size, ret, "host %s as a gateway: %s",
				skiff_net_name(gw->net), strerror(-ret));
	ret = set_up(gw, p, err, err_size);
	if (ret)
		tear_down(gw);
	net_unlock(gw->net);
	if (ret)
		return ret;
	ret = net_watch_fd(gw->net, gw->epfd, EPOLLIN, system_ready, gw);
	if (!ret)
		return net_watch_eagerly(gw->net, gw->epfd);
	net_lock(gw->net);
	tear_down(gw);
	net_unlock(gw->net);
	return gw_error(err, err_size, ret, "host %s as a gateway: %s", skiff_net_name(gw->net),
			strerror(-ret));
}

struct skiff_gateway *skiff_gateway_create(struct net *net,
					   const struct skiff_gateway_params *params, char *err,
					   size_t err_size)
{
	struct skiff_gateway *gw;
	int ret;

	gw_error(err, err_size, 0, "%s", "");
	if (!params || !params->dev || dev_net(params->dev) != net ||
	    skiff_clock_is_virtual(skiff_net_clock(net))) {
		errno = -gw_error(err, err_size, -EINVAL,
				  "a device of a host on the real clock is accepted");
		return NULL;
	}
	gw = gateway_alloc(net, params->dev);
	if (!gw) {
		gw_error(err, err_size, 0, "no memory or no descriptor for a gateway");
		errno = ENOMEM;
		return NULL;
	}
	ret = take_params(gw, params, err, err_size);
	if (!ret)
		ret = gateway_start(gw, params, err, err_size);
	if (!ret)
		return gw;
	gateway_free(gw);
	errno = -ret;
	return NULL;
}

void skiff_gateway_destroy(struct skiff_gateway *gw)
{
	struct net *net;

	if (!gw)
		return;
	net = gw->net;
	/* In a forked child it is not ours. */
	if (net_unwatch_fd(net, gw->epfd) == -EOWNERDEAD)
		return;
	net_lock(net);
	tear_down(gw);
	net_unlock(net);
	/* An event may be on its way in another thread, and so may our work. */
	net_synchronize(net);
	net_lock(net);
	net_unlock(net);
	gateway_free(gw);
}

int skiff_gateway_get_stats(struct skiff_gateway *gw, struct skiff_gateway_stats *stats)
{
	int err = net_enter(gw->net);

	if (err)
		return err;
	*stats = gw->stats;
	stats->flows = gw->nr_flows;
	net_unlock(gw->net);
	return 0;
}
