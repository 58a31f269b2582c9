// SPDX-License-Identifier: BSD-2-Clause
/* From the command line to a host: first tried without rights, then for real. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <skiff/driver.h>
#include <skiff/inetdevice.h>
#include <skiff/ip.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>

#include "cable.h"
#include "up.h"

#define MESSAGE_MAX 512

/* The bits that addresses of 0.0.0.0/8 have not (RFC 1122, 3.2.1.3). */
#define THIS_NETWORK 0xff000000

/* For how long a device that somebody has is asked for again. */
#define TAKEN_PAUSES 100
#define TAKEN_PAUSE_NS 20000000

/* Errors of creating a device, by what the user can do about them. */
static enum status device_status(int error)
{
	switch (error) {
	case -EINVAL:
	case -ENOENT:
		return STATUS_BAD_DEVICE;
	case -EPERM:
	case -EACCES:
		return STATUS_NO_RIGHTS;
	case -EBUSY:
	case -EEXIST:
		return STATUS_TAKEN;
	case -ENODEV:
		return STATUS_NO_TUN;
	default:
		return STATUS_FAILED;
	}
}

static enum status create_host(const char *name, struct net **net)
{
	const struct skiff_net_params params = { .name = name };

	*net = skiff_net_create(&params);
	if (!*net)
		return complain(STATUS_FAILED, "host '%s' can't be made: %s", name,
				strerror(errno));
	return STATUS_OK;
}

static enum status set_gateway(struct net *net, const char *gateway)
{
	char err[MESSAGE_MAX];

	if (!gateway || !skiff_gateway_set(net, gateway, err, sizeof(err)))
		return STATUS_OK;
	return complain(STATUS_BAD_ADDRESS, "--gateway: %s", err);
}

static enum status add_routes(struct net *net, const struct up_config *config)
{
	char err[MESSAGE_MAX];

	for (unsigned int i = 0; i < config->nr_routes; i++)
		if (skiff_route_add(net, config->route[i], err, sizeof(err)))
			return complain(STATUS_BAD_ADDRESS, "--route: %s", err);
	return STATUS_OK;
}

static enum status enable_services(struct net *net, const char *services)
{
	enum status status = STATUS_OK;
	char *list, *next, *name, err[MESSAGE_MAX];

	if (!services)
		return STATUS_OK;
	list = next = strdup(services);
	if (!list)
		return complain(STATUS_FAILED, "no memory");
	while (status == STATUS_OK && (name = strsep(&next, ",")) != NULL)
		if (skiff_service_enable(net, name, err, sizeof(err)))
			status = complain(STATUS_SERVICE, "--services: %s", err);
	free(list);
	return status;
}

/* A text may begin with an option that is named as its kind. */
static size_t kind_length(const char *text)
{
	return strcspn(text, ",=");
}

/*
 * The part of a device's text that any kind of device understands: its name and addresses, for a
 * dummy. With @addresses false, its name only. For free(); NULL without memory.
 */
static char *plain_device(const char *text, bool addresses)
{
	char *copy = strdup(text), *next = copy, *item, *plain;
	FILE *out;
	size_t size;

	out = copy ? open_memstream(&plain, &size) : NULL;
	if (!out) {
		free(copy);
		return NULL;
	}
	strsep(&next, ",");
	fputs("dummy", out);
	if (!strstr(text, ",name="))
		fprintf(out, ",name=%.*s%%d", (int)kind_length(text), text);
	while ((item = strsep(&next, ",")) != NULL)
		if (!strncmp(item, "name=", 5) || (addresses && !strncmp(item, "addr=", 5)))
			fprintf(out, ",%s", item);
	free(copy);
	return fclose(out) ? NULL : plain;
}

/* Give @net the plain part of @text. Return: as skiff_dev_create(). */
static int try_plain(struct net *net, const char *text, bool addresses, char *err)
{
	char *plain = plain_device(text, addresses);
	int ret;

	snprintf(err, MESSAGE_MAX, "no memory");
	ret = plain ? skiff_dev_create(net, plain, err, MESSAGE_MAX) : -ENOMEM;
	free(plain);
	return ret;
}

static bool is_known_kind(const char *text)
{
	char kind[32];
	size_t len = kind_length(text);

	if (len >= sizeof(kind))
		return false;
	memcpy(kind, text, len);
	kind[len] = '\0';
	return skiff_driver_find(kind) != NULL;
}

static enum status check_device(struct net *net, const char *text)
{
	char err[MESSAGE_MAX];
	enum status status;
	int ret;

	if (!is_known_kind(text)) {
		ret = skiff_dev_create(net, text, err, sizeof(err));
		return complain(device_status(ret), "--dev %s: %s", text, err);
	}
	ret = try_plain(net, text, true, err);
	if (ret > 0)
		return STATUS_OK;
	status = complain(device_status(ret), "--dev %s: %s", text, err);
	/* If the name alone is accepted, it was an address that was not. */
	return try_plain(net, text, false, err) > 0 ? STATUS_BAD_ADDRESS : status;
}

static bool wants_uplink(const struct up_config *config)
{
	return !config->nr_devs && !config->no_gateway;
}

/* Whether one of @dev's subnets ends or begins with @addr. Under the stack lock. */
static bool is_end_of_subnet(const struct net_device *dev, __be32 addr)
{
	const struct in_device *in_dev = __in_dev_get(dev);
	const struct in_ifaddr *ifa;

	if (in_dev)
		in_dev_for_each_ifa(ifa, in_dev)
			if (ifa->ifa_prefixlen < 31 && inet_ifa_match(addr, ifa) &&
			    (!(addr & ~ifa->ifa_mask) || !~(addr | ifa->ifa_mask)))
				return true;
	return false;
}

/* Whether there may be a server at @addr, for a host with the addresses of @net. */
static bool is_one_host(struct net *net, __be32 addr)
{
	const struct net_device *dev;
	bool one = addr & htonl(THIS_NETWORK) && !ipv4_is_multicast(addr) && !ipv4_is_lbcast(addr);

	net_lock(net);
	for_each_netdev(net, dev)
		one = one && !is_end_of_subnet(dev, addr);
	net_unlock(net);
	return one;
}

static enum status check_dns(struct net *net, const struct up_config *config)
{
	struct in_addr addr;

	for (unsigned int i = 0; i < config->nr_dns; i++)
		if (inet_pton(AF_INET, config->dns[i], &addr) != 1 ||
		    !is_one_host(net, (__force __be32)addr.s_addr))
			return complain(
				STATUS_BAD_ADDRESS,
				"--dns '%s': the IPv4 address of one host, as 192.0.2.53, is "
				"accepted, no multicast, broadcast, network or 0.x.x.x address",
				config->dns[i]);
	return STATUS_OK;
}

enum status up_check(const struct up_config *config)
{
	struct net *net;
	enum status status = create_host("check", &net);

	if (status != STATUS_OK)
		return status;
	for (unsigned int i = 0; status == STATUS_OK && i < config->nr_devs; i++)
		status = check_device(net, config->dev[i]);
	if (status == STATUS_OK)
		status = wants_uplink(config) ? uplink_check(config, net) :
						set_gateway(net, config->gateway);
	if (status == STATUS_OK)
		status = add_routes(net, config);
	if (status == STATUS_OK)
		status = enable_services(net, config->services);
	if (status == STATUS_OK)
		status = check_dns(net, config);
	if (status == STATUS_OK && config->pcap && !strcmp(config->pcap, "-"))
		status = complain(STATUS_CAPTURE,
				  "--pcap -: standard output is taken; the name of a file that can "
				  "be written is accepted");
	skiff_net_destroy(net);
	return status;
}

bool up_ask_again(int *asked)
{
	const struct timespec pause = { .tv_nsec = TAKEN_PAUSE_NS };

	if ((*asked)++ == TAKEN_PAUSES)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

unsigned int up_descriptors(const struct up_config *config, int fds[UP_MAX_DEVS])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < config->nr_devs; i++) {
		const char *text = config->dev[i], *fd = strstr(text, ",fd=");

		if (!strncmp(text, "fd=", 3))
			fds[n++] = (int)strtol(text + 3, NULL, 10);
		else if (fd)
			fds[n++] = (int)strtol(fd + 4, NULL, 10);
	}
	return n;
}

static enum status create_device(const char *text, struct up_host *host)
{
	char err[MESSAGE_MAX];
	int asked = 0, ret;

	do {
		ret = skiff_dev_create(host->net, text, err, sizeof(err));
	} while (ret == -EBUSY && up_ask_again(&asked));
	if (ret < 0)
		return complain(device_status(ret), "--dev %s: %s", text, err);
	host->capture_lock[host->nr_devs] = -1;
	host->ifindex[host->nr_devs++] = ret;
	return STATUS_OK;
}

/* The other host has its end first, and loses it when this one comes to nothing. */
static enum status create_cable(const char *text, struct up_host *host)
{
	struct cable cable;
	enum status status = cable_lay(text, &cable);

	if (status != STATUS_OK)
		return status;
	status = create_device(cable.text, host);
	close(cable.fd);
	return status;
}

static enum status create_devices(const struct up_config *config, struct up_host *host)
{
	enum status status = STATUS_OK;

	for (unsigned int i = 0; status == STATUS_OK && i < config->nr_devs; i++)
		status = is_cable(config->dev[i]) ? create_cable(config->dev[i], host) :
						    create_device(config->dev[i], host);
	return status;
}

/* Where device @name of several is captured: "box.pcapng" gives "box-sk0.pcapng". For free(). */
static char *capture_path(const char *path, const char *name, bool several)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
	char *result;

	if (!several)
		return strdup(path);
	if (!dot || (slash && dot < slash))
		dot = path + strlen(path);
	return asprintf(&result, "%.*s-%s%s", (int)(dot - path), path, name, dot) < 0 ? NULL :
											result;
}

/*
 * Two hosts that write the same file would spoil it: lock it as long as it is written. What is no
 * regular file (a pipe, /dev/null) takes several writers. What can't be opened here is left to
 * skiff_capture_start(), which says why.
 */
static enum status lock_capture(const char *path, int *lock)
{
	struct stat st;

	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return STATUS_OK;
	*lock = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (*lock < 0 || !flock(*lock, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
		return STATUS_OK;
	return complain(STATUS_CAPTURE,
			"--pcap %s: another capture is writing it; a file of one's own is accepted",
			path);
}

static enum status start_capture(const char *path, struct up_host *host, unsigned int i)
{
	char name[IFNAMSIZ] = "";
	struct net_device *dev;
	enum status status;
	int err;

	net_lock(host->net);
	dev = __dev_get_by_index(host->net, host->ifindex[i]);
	if (dev)
		memcpy(name, dev->name, sizeof(name));
	net_unlock(host->net);
	host->capture_path[i] = capture_path(path, name, host->nr_devs > 1);
	if (!host->capture_path[i])
		return complain(STATUS_FAILED, "no memory");
	status = lock_capture(host->capture_path[i], &host->capture_lock[i]);
	if (status != STATUS_OK)
		return status;
	/* Of a failure here the message below is enough. */
	hush_library(true);
	err = skiff_capture_start(host->net, name, host->capture_path[i], NULL, &host->capture[i]);
	hush_library(false);
	if (err)
		return complain(STATUS_CAPTURE,
				"--pcap %s: %s; a file that can be written is accepted",
				host->capture_path[i], strerror(-err));
	return STATUS_OK;
}

enum status up_begin(const struct up_config *config, struct up_host *host)
{
	enum status status = create_host(config->name, &host->net);

	if (status != STATUS_OK)
		return status;
	status = wants_uplink(config) ? uplink_begin(config, host) : create_devices(config, host);
	if (config->pcap)
		for (unsigned int i = 0; status == STATUS_OK && i < host->nr_devs; i++)
			status = start_capture(config->pcap, host, i);
	if (status == STATUS_OK && !wants_uplink(config))
		status = set_gateway(host->net, config->gateway);
	if (status == STATUS_OK)
		status = add_routes(host->net, config);
	if (status == STATUS_OK)
		status = enable_services(host->net, config->services);
	return status;
}

void up_flush_captures(struct up_host *host)
{
	/* What kept it from being written is said when it happens. */
	for (unsigned int i = 0; i < host->nr_devs; i++)
		skiff_capture_flush(host->capture[i]);
}

void up_end_captures(struct up_host *host)
{
	for (unsigned int i = 0; i < host->nr_devs; i++) {
		/* The same here. */
		skiff_capture_stop(host->capture[i]);
		host->capture[i] = NULL;
		if (host->capture_lock[i] >= 0)
			close(host->capture_lock[i]);
		host->capture_lock[i] = -1;
	}
}

enum status up_end(struct up_host *host)
{
	int left;

	up_end_captures(host);
	for (unsigned int i = 0; i < host->nr_devs; i++)
		free(host->capture_path[i]);
	if (!host->net)
		return STATUS_OK;
	left = uplink_end(host);
	left += skiff_net_destroy(host->net);
	host->net = NULL;
	if (left)
		return complain(STATUS_FAILED, "the host left %d things behind", left);
	return STATUS_OK;
}
