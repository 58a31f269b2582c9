// SPDX-License-Identifier: BSD-2-Clause
/* A host's cable to the gateway in the same process. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skiff/drivers.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>

#include "up.h"

#define CABLE "eth0"
#define GATEWAY_NAME "gateway"
#define DEFAULT_ADDR "10.0.2.15/24"

/* Hosts in the cable's subnet: the gateway, and its address for names. */
#define GATEWAY_HOST 2
#define DNS_HOST 3

/* Of a subnet that has room for three. */
#define MIN_PREFIX 8
#define MAX_PREFIX 29

/* Few packets carry much; less than 65536 by a header, as slirp4netns has it. */
#define DEFAULT_MTU 65520
#define MIN_MTU 68

#define MESSAGE_MAX 512

/**
 * struct plan - what is wanted, in numbers
 * @params: for the gateway; its arrays are the ones below
 * @addr: text of the host's address
 * @mtu: of the cable
 * @rule: who may be reached
 * @port: what is published
 */
struct plan {
	struct skiff_gateway_params params;
	const char *addr;
	unsigned int mtu;
	struct skiff_gateway_rule rule[UP_MAX_RULES];
	struct skiff_gateway_port port[UP_MAX_PORTS];
};

static enum status plan_mtu(const struct up_config *config, struct plan *plan)
{
	char *end;
	unsigned long mtu;

	plan->mtu = DEFAULT_MTU;
	if (!config->mtu)
		return STATUS_OK;
	mtu = strtoul(config->mtu, &end, 10);
	if (*config->mtu < '0' || *config->mtu > '9' || *end || mtu < MIN_MTU || mtu > DEFAULT_MTU)
		return complain(STATUS_BAD_DEVICE, "--mtu '%s': a number from %d to %d is accepted",
				config->mtu, MIN_MTU, DEFAULT_MTU);
	plan->mtu = (unsigned int)mtu;
	return STATUS_OK;
}

/* In host order; @len is up to 32. */
static u32 subnet_mask(unsigned int len)
{
	return len ? ~0U << (32 - len) : 0;
}

/* @addr is text that was accepted as an address with its length. */
static void plan_subnet(const char *addr, struct plan *plan)
{
	char text[INET_ADDRSTRLEN] = "";
	size_t len = strcspn(addr, "/");
	in_addr_t subnet;

	snprintf(text, sizeof(text), "%.*s", (int)len, addr);
	inet_pton(AF_INET, text, &plan->params.client);
	plan->params.prefix_len = (u8)strtoul(addr + len + 1, NULL, 10);
	subnet = ntohl(plan->params.client.s_addr) & subnet_mask(plan->params.prefix_len);
	plan->params.addr.s_addr = htonl(subnet + GATEWAY_HOST);
	plan->params.dns.s_addr = htonl(subnet + DNS_HOST);
}

/* Whether @addr may be that of somebody in the cable's subnet. */
static bool is_on_cable(const struct skiff_gateway_params *p, struct in_addr addr)
{
	u32 mask = subnet_mask(p->prefix_len), host = ntohl(addr.s_addr) & ~mask;

	return !(ntohl(addr.s_addr ^ p->client.s_addr) & mask) && host && host != ~mask;
}

static enum status plan_gateway(const struct up_config *config, struct plan *plan)
{
	struct in_addr addr;

	if (!config->gateway)
		return STATUS_OK;
	if (inet_pton(AF_INET, config->gateway, &addr) != 1 || !is_on_cable(&plan->params, addr))
		return complain(
			STATUS_BAD_ADDRESS,
			"--gateway '%s': a host's IPv4 address in the subnet of the cable, %s, is "
			"accepted",
			config->gateway, plan->addr);
	plan->params.addr = addr;
	return STATUS_OK;
}

/* Host, gateway and name server have an address each. */
static enum status check_addresses(const struct up_config *config, const struct plan *plan)
{
	const struct skiff_gateway_params *p = &plan->params;

	if (p->client.s_addr == p->addr.s_addr && config->gateway)
		return complain(STATUS_BAD_ADDRESS,
				"--gateway '%s': the host itself has it (--addr '%s'); another one "
				"of the subnet is accepted",
				config->gateway, plan->addr);
	if (p->client.s_addr == p->addr.s_addr)
		return complain(STATUS_BAD_ADDRESS,
				"--addr '%s': number %d of the subnet is the gateway's, unless "
				"--gateway gives that another one; another address is accepted",
				plan->addr, GATEWAY_HOST);
	if (p->client.s_addr == p->dns.s_addr)
		return complain(
			STATUS_BAD_ADDRESS,
			"--addr '%s': number %d of the subnet is the name server's; another "
			"address is accepted",
			plan->addr, DNS_HOST);
	if (p->addr.s_addr == p->dns.s_addr)
		return complain(STATUS_BAD_ADDRESS,
				"--gateway '%s': number %d of the subnet (--addr '%s') is the name "
				"server's; another address is accepted",
				config->gateway, DNS_HOST, plan->addr);
	return STATUS_OK;
}

static enum status plan_addresses(const struct up_config *config, struct plan *plan)
{
	enum status status;

	plan_subnet(plan->addr, plan);
	if (plan->params.prefix_len < MIN_PREFIX || plan->params.prefix_len > MAX_PREFIX)
		return complain(
			STATUS_BAD_ADDRESS,
			"--addr '%s': prefix length '%u': a number from %d to %d is accepted",
			plan->addr, plan->params.prefix_len, MIN_PREFIX, MAX_PREFIX);
	status = plan_gateway(config, plan);
	return status == STATUS_OK ? check_addresses(config, plan) : status;
}

/* Whether both take the same port of the system: one without an address takes it at all of them. */
static bool is_same_port(const struct skiff_gateway_port *a, const struct skiff_gateway_port *b)
{
	return a->udp == b->udp && a->port == b->port &&
	       (a->addr.s_addr == b->addr.s_addr || !a->addr.s_addr || !b->addr.s_addr);
}

static enum status check_port(const struct up_config *config, const struct plan *plan,
			      unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (is_same_port(&plan->port[i], &plan->port[nr]))
			return complain(
				STATUS_USAGE,
				"--publish '%s' after --publish '%s': both name port %u of the "
				"system; one is accepted",
				config->port[nr], config->port[i], plan->port[nr].port);
	return STATUS_OK;
}

static enum status plan_ports(const struct up_config *config, struct plan *plan)
{
	enum status status = STATUS_OK;
	char err[MESSAGE_MAX];

	for (unsigned int i = 0; status == STATUS_OK && i < config->nr_ports; i++) {
		if (skiff_gateway_publish(config->port[i], &plan->port[i], err, sizeof(err)))
			return complain(STATUS_BAD_ADDRESS, "--publish: %s", err);
		status = check_port(config, plan, i);
	}
	plan->params.ports = plan->port;
	plan->params.nr_ports = config->nr_ports;
	return status;
}

/* Destinations are as the system sees them: by the gateway's address programs reach the system's 127.0.0.1. */
static enum status check_rule(const struct plan *plan, const char *option, const char *text,
			      const struct skiff_gateway_rule *rule)
{
	if (rule->prefix_len < 32 || rule->addr.s_addr != plan->params.addr.s_addr)
		return STATUS_OK;
	return complain(
		STATUS_BAD_ADDRESS,
		"--%s '%s': that is the gateway, which stands for the system's 127.0.0.1; an "
		"address that the system sees is accepted, 127.0.0.1 among them",
		option, text);
}

static enum status plan_rules(const struct up_config *config, struct plan *plan)
{
	enum status status = STATUS_OK;
	char err[MESSAGE_MAX];

	for (unsigned int i = 0; status == STATUS_OK && i < config->nr_rules; i++) {
		const char *option = config->rule[i].allow ? "allow" : "deny";

		if (skiff_gateway_rule(config->rule[i].text, config->rule[i].allow, &plan->rule[i],
				       err, sizeof(err)))
			return complain(STATUS_BAD_ADDRESS, "--%s: %s", option, err);
		status = check_rule(plan, option, config->rule[i].text, &plan->rule[i]);
	}
	plan->params.rules = plan->rule;
	plan->params.nr_rules = config->nr_rules;
	return status;
}

/* Give @net's device CABLE its address: what is no address is found out by that. */
static enum status set_address(struct net *net, const struct plan *plan)
{
	char err[MESSAGE_MAX];

	if (skiff_addr_add(net, CABLE, plan->addr, err, sizeof(err)))
		return complain(STATUS_BAD_ADDRESS, "--addr: %s", err);
	return STATUS_OK;
}

static enum status make_plan(const struct up_config *config, struct net *net, struct plan *plan)
{
	enum status status = plan_mtu(config, plan);

	plan->addr = config->addr ? config->addr : DEFAULT_ADDR;
	if (status == STATUS_OK)
		status = set_address(net, plan);
	if (status == STATUS_OK)
		status = plan_addresses(config, plan);
	if (status == STATUS_OK)
		status = plan_rules(config, plan);
	return status == STATUS_OK ? plan_ports(config, plan) : status;
}

enum status uplink_check(const struct up_config *config, struct net *net)
{
	struct plan plan = { 0 };
	char err[MESSAGE_MAX];

	if (skiff_dev_create(net, "dummy,name=" CABLE, err, sizeof(err)) < 0)
		return complain(STATUS_FAILED, "%s", err);
	return make_plan(config, net, &plan);
}

static enum status no_cable(const char *why)
{
	return complain(STATUS_FAILED, "the cable to the gateway can't be laid: %s", why);
}

static int set_mtu(struct net *net, unsigned int mtu)
{
	struct net_device *dev;
	int err;

	net_lock(net);
	dev = __dev_get_by_name(net, CABLE);
	err = dev ? dev_set_mtu(dev, (int)mtu) : -ENODEV;
	net_unlock(net);
	return err;
}

static enum status lay_cable(struct up_host *host)
{
	const struct skiff_net_params params = { .name = GATEWAY_NAME };
	struct net_device *dev, *peer;
	int err;

	host->uplink.net = skiff_net_create(&params);
	if (!host->uplink.net)
		return no_cable(strerror(errno));
	err = veth_create(host->net, CABLE, host->uplink.net, CABLE, &dev, &peer);
	if (err)
		return no_cable(strerror(-err));
	host->capture_lock[host->nr_devs] = -1;
	host->ifindex[host->nr_devs++] = dev->ifindex;
	return STATUS_OK;
}

static enum status gateway_status(int error)
{
	switch (error) {
	case EADDRINUSE:
		return STATUS_TAKEN;
	case EACCES:
		return STATUS_NO_RIGHTS;
	case EINVAL:
	case EADDRNOTAVAIL:
		return STATUS_BAD_ADDRESS;
	default:
		return STATUS_FAILED;
	}
}

static enum status begin_gateway(struct uplink *uplink, struct plan *plan)
{
	char err[MESSAGE_MAX];
	int asked = 0;

	net_lock(uplink->net);
	plan->params.dev = __dev_get_by_name(uplink->net, CABLE);
	net_unlock(uplink->net);
	do {
		uplink->gateway =
			skiff_gateway_create(uplink->net, &plan->params, err, sizeof(err));
	} while (!uplink->gateway && errno == EADDRINUSE && up_ask_again(&asked));
	if (!uplink->gateway)
		return complain(gateway_status(errno), "%s", err);
	uplink->dns = plan->params.dns;
	return STATUS_OK;
}

/* The host's end up, and everything by way of the other one. */
static enum status begin_routing(struct net *net, const struct plan *plan)
{
	char err[MESSAGE_MAX], gateway[INET_ADDRSTRLEN];

	if (skiff_dev_up(net, CABLE, err, sizeof(err)))
		return no_cable(err);
	inet_ntop(AF_INET, &plan->params.addr, gateway, sizeof(gateway));
	if (skiff_gateway_set(net, gateway, err, sizeof(err)))
		return complain(STATUS_BAD_ADDRESS, "--gateway: %s", err);
	return STATUS_OK;
}

enum status uplink_begin(const struct up_config *config, struct up_host *host)
{
	struct plan plan = { 0 };
	enum status status = lay_cable(host);
	int err;

	if (status == STATUS_OK)
		status = make_plan(config, host->net, &plan);
	if (status != STATUS_OK)
		return status;
	err = set_mtu(host->net, plan.mtu);
	if (!err)
		err = set_mtu(host->uplink.net, plan.mtu);
	if (err)
		return no_cable(strerror(-err));
	status = begin_gateway(&host->uplink, &plan);
	return status == STATUS_OK ? begin_routing(host->net, &plan) : status;
}

int uplink_end(struct up_host *host)
{
	struct uplink *uplink = &host->uplink;
	int left;

	if (!uplink->net)
		return 0;
	skiff_gateway_destroy(uplink->gateway);
	left = skiff_net_destroy(uplink->net);
	*uplink = (struct uplink){ 0 };
	return left;
}

bool uplink_is_quiet(const struct up_host *host)
{
	u64 established = 0;

	if (host->uplink.net)
		skiff_snmp_get(host->uplink.net, "TcpCurrEstab", &established);
	return !established;
}
