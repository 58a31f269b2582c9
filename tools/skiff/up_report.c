// SPDX-License-Identifier: BSD-2-Clause
/* What `skiff up` tells about its host, at the start and at the end. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <skiff/inetdevice.h>
#include <skiff/netdevice.h>
#include <skiff/services.h>

#include "up.h"

#define LINE_WIDTH 78

/* Under the stack lock. */
static void say_device(const struct net_device *dev)
{
	const struct in_device *in_dev = __in_dev_get(dev);
	const u8 *mac = dev->dev_addr;
	const struct in_ifaddr *ifa;
	char text[INET_ADDRSTRLEN];

	printf("  %s", dev->name);
	if (in_dev)
		in_dev_for_each_ifa(ifa, in_dev)
			printf(" %s/%u", inet_ntop(AF_INET, &ifa->ifa_local, text, sizeof(text)),
			       ifa->ifa_prefixlen);
	if (dev->type == ARPHRD_ETHER)
		printf(", mac %02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		       mac[4], mac[5]);
	printf(", mtu %u\n", dev->mtu);
}

void up_report_begin(const struct up_host *host, const struct up_config *config)
{
	printf("host %s is up\n", config->name);
	net_lock(host->net);
	for (unsigned int i = 0; i < host->nr_devs; i++) {
		const struct net_device *dev = __dev_get_by_index(host->net, host->ifindex[i]);

		if (dev)
			say_device(dev);
	}
	net_unlock(host->net);
	if (config->gateway)
		printf("  gateway %s\n", config->gateway);
	if (config->services)
		printf("  services %s\n", config->services);
	for (unsigned int i = 0; i < host->nr_devs; i++)
		if (host->capture_path[i])
			printf("  capture %s\n", host->capture_path[i]);
	flush_output();
}

/* Under the stack lock. */
static void say_device_counters(struct net_device *dev)
{
	struct rtnl_link_stats64 s;

	memset(&s, 0, sizeof(s));
	dev_get_stats(dev, &s);
	printf("  %s%s: received %llu frames, %llu bytes; sent %llu frames, %llu bytes; "
	       "dropped %llu in, %llu out",
	       dev->name, dev->flags & IFF_UP ? "" : " (down)", (unsigned long long)s.rx_packets,
	       (unsigned long long)s.rx_bytes, (unsigned long long)s.tx_packets,
	       (unsigned long long)s.tx_bytes, (unsigned long long)s.rx_dropped,
	       (unsigned long long)s.tx_dropped);
	/* What the kernel could not keep for us; most kinds of devices have nothing like it. */
	if (s.rx_missed_errors)
		printf(", missed %llu", (unsigned long long)s.rx_missed_errors);
	putchar('\n');
}

static void say_service(const char *name, const struct service_stats *s)
{
	if (s->datagrams)
		printf("  %s: %llu datagrams, %llu answers, %llu refused, %llu failed\n", name,
		       (unsigned long long)s->datagrams, (unsigned long long)s->answers,
		       (unsigned long long)s->refused, (unsigned long long)s->failed);
	if (s->connections)
		printf("  %s: %llu connections, %llu bytes in, %llu bytes out, %llu evicted\n",
		       name, (unsigned long long)s->connections, (unsigned long long)s->bytes_in,
		       (unsigned long long)s->bytes_out, (unsigned long long)s->evicted);
}

static void say_services(struct net *net)
{
	struct service_stats s;
	const char *name;

	for (unsigned int i = 0; (name = service_name(i)) != NULL; i++)
		if (!service_stats(net, name, &s))
			say_service(name, &s);
}

static int say_counter(const char *name, u64 value, void *arg)
{
	static const char begin[] = "  counters: ", next[] = ",\n    ";
	char item[96];
	int *column = arg, len;

	if (!value)
		return 0;
	/* TcpMaxConn is no count, and -1 where there is no limit (RFC 1213). */
	len = snprintf(item, sizeof(item), "%s %lld", name, (long long)value);
	if (!*column) {
		fputs(begin, stdout);
		*column = (int)sizeof(begin) - 1;
	} else if (*column + 2 + len + 1 > LINE_WIDTH) {
		fputs(next, stdout);
		*column = 4;
	} else {
		fputs(", ", stdout);
		*column += 2;
	}
	fputs(item, stdout);
	*column += len;
	return 0;
}

static int say_drop(const char *reason, u64 count, void *arg)
{
	(void)arg;
	printf("  dropped %s: %llu\n", reason, (unsigned long long)count);
	return 0;
}

static void say_capture(struct skiff_capture *capture, const char *path)
{
	struct skiff_capture_stats s;

	skiff_capture_stats(capture, &s);
	printf("  capture %s: %llu frames, %llu lost%s%s\n", path, (unsigned long long)s.written,
	       (unsigned long long)s.lost, s.error ? "; stopped: " : "",
	       s.error ? strerror(-s.error) : "");
}

void up_report_end(const struct up_host *host, const struct up_config *config)
{
	int column = 0;

	printf("host %s ends\n", config->name);
	net_lock(host->net);
	for (unsigned int i = 0; i < host->nr_devs; i++) {
		struct net_device *dev = __dev_get_by_index(host->net, host->ifindex[i]);

		if (dev)
			say_device_counters(dev);
	}
	say_services(host->net);
	net_unlock(host->net);
	skiff_snmp_foreach(host->net, say_counter, &column);
	if (column)
		putchar('\n');
	skiff_drops_foreach(host->net, say_drop, NULL);
	for (unsigned int i = 0; i < host->nr_devs; i++)
		if (host->capture[i])
			say_capture(host->capture[i], host->capture_path[i]);
	flush_output();
}
