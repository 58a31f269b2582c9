// SPDX-License-Identifier: BSD-2-Clause
/* The options that say what a host is, which several commands have. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "up.h"

enum {
	OPT_DEV = 'd',
	OPT_GATEWAY = 'g',
	OPT_ROUTE = 'r',
	OPT_SERVICES = 's',
	OPT_PCAP = 'w',
	OPT_PUBLISH = 'p',
	OPT_ADDR = 'a',
	OPT_MTU = 'm',
	OPT_DNS = 0x100,
	OPT_NO_GATEWAY,
	OPT_ALLOW,
	OPT_DENY,
};

static const struct argp_option options[] = {
	{ "dev", OPT_DEV, "KIND,KEY=VALUE,...", 0,
	  "Give the host a device: tap,name=sk0,addr=192.0.2.2/24 with mac=ADDRESS and mtu=BYTES "
	  "if wanted; addr= may be given several times, and so may --dev. delay=10ms, loss=1%, "
	  "rate=10mbit and more let what it sends pass through a bad network",
	  0 },
	{ "gateway", OPT_GATEWAY, "ADDRESS", 0,
	  "Send what is for no other subnet to this router, which is on the link of a device. Without "
	  "--dev the address of the built-in gateway, 10.0.2.2 if it is missing",
	  0 },
	{ "route", OPT_ROUTE, "ROUTE", 0,
	  "Add a route in the words of ip-route(8), with metrics if wanted: \"198.51.100.0/24 via "
	  "192.0.2.1 mtu lock 1400 initcwnd 20\"; may be given several times",
	  0 },
	{ "services", OPT_SERVICES, "NAME,...", 0,
	  "Offer services over UDP and TCP: echo, discard, daytime, chargen", 0 },
	{ "pcap", OPT_PCAP, "FILE", 0,
	  "Capture the device's frames as pcapng; with several devices one file for each, FILE "
	  "with -DEVICE before its suffix",
	  0 },
	{ "addr", OPT_ADDR, "ADDRESS/LENGTH", 0,
	  "Address on the cable to the built-in gateway, 10.0.2.15/24 if it is missing", 0 },
	{ "mtu", OPT_MTU, "BYTES", 0, "The largest packet on that cable, 65520 if it is missing",
	  0 },
	{ "no-gateway", OPT_NO_GATEWAY, NULL, 0, "Without --dev, have loopback only", 0 },
	{ "publish", OPT_PUBLISH, "[ADDRESS:]PORT[:PORT][/udp]", 0,
	  "Let a port of the system lead to the host's, or to another one there; may be given several "
	  "times",
	  0 },
	{ "allow", OPT_ALLOW, "ADDRESS[/LENGTH][:PORT[-PORT]][/PROTOCOL]", 0,
	  "Let the gateway pass on what is for these, where ADDRESS may be `any'. The first of all "
	  "--allow and --deny that matches decides; without one the system's own loopback is denied, "
	  "all else allowed",
	  0 },
	{ "deny", OPT_DENY, "ADDRESS[/LENGTH][:PORT[-PORT]][/PROTOCOL]", 0, "The contrary", 0 },
	{ "dns", OPT_DNS, "ADDRESS", 0,
	  "Let programs ask this server for names; may be given up to three times", 0 },
	{ 0 },
};

static bool list_has(const char *list, const char *name, size_t len)
{
	for (;;) {
		size_t n = strcspn(list, ",");

		if (n == len && !memcmp(list, name, len))
			return true;
		if (!list[n])
			return false;
		list += n + 1;
	}
}

/* Each service once, however often it is named. Return: whether there was room. */
static bool add_services(struct up_config *config, const char *names)
{
	for (;;) {
		size_t len = strcspn(names, ","), used = strlen(config->service_list);

		if (!config->services || !list_has(config->service_list, names, len)) {
			if (used + len + 2 > sizeof(config->service_list))
				return false;
			snprintf(config->service_list + used, sizeof(config->service_list) - used,
				 "%s%.*s", config->services ? "," : "", (int)len, names);
			config->services = config->service_list;
		}
		if (!names[len])
			return true;
		names += len + 1;
	}
}

/* For options that have one value. */
static void set_once(struct argp_state *state, const char *option, const char **value,
		     const char *arg)
{
	if (*value)
		argp_error(state, "%s %s after %s %s: one is accepted", option, arg, option,
			   *value);
	*value = arg;
}

static void add_port(struct argp_state *state, struct up_config *config, const char *arg)
{
	if (config->nr_ports == UP_MAX_PORTS)
		argp_error(state, "--publish %s: at most %d ports are accepted", arg, UP_MAX_PORTS);
	config->port[config->nr_ports++] = arg;
}

static void add_rule(struct argp_state *state, struct up_config *config, const char *arg,
		     bool allow)
{
	if (config->nr_rules == UP_MAX_RULES)
		argp_error(state, "--%s %s: at most %d rules are accepted",
			   allow ? "allow" : "deny", arg, UP_MAX_RULES);
	config->rule[config->nr_rules++] = (struct up_rule){ arg, allow };
}

/* What makes no sense without the cable to the built-in gateway. */
static void check_uplink(struct argp_state *state, const struct up_config *config)
{
	const char *why = config->no_gateway ? "--no-gateway" : "--dev";
	const char *what = config->addr	    ? "--addr" :
			   config->mtu	    ? "--mtu" :
			   config->nr_ports ? "--publish" :
			   config->nr_rules ? "--allow or --deny" :
					      NULL;

	if (what && (config->no_gateway || config->nr_devs))
		argp_error(state, "%s is about the built-in gateway, which there is not with %s",
			   what, why);
	if (config->no_gateway && config->gateway)
		argp_error(state, "--gateway and --no-gateway: one of both is accepted");
}

/* Those of the built-in gateway. */
static error_t parse_uplink(int key, char *arg, struct argp_state *state, struct up_config *config)
{
	switch (key) {
	case OPT_ADDR:
		set_once(state, "--addr", &config->addr, arg);
		return 0;
	case OPT_MTU:
		set_once(state, "--mtu", &config->mtu, arg);
		return 0;
	case OPT_NO_GATEWAY:
		config->no_gateway = true;
		return 0;
	case OPT_PUBLISH:
		add_port(state, config, arg);
		return 0;
	case OPT_ALLOW:
	case OPT_DENY:
		add_rule(state, config, arg, key == OPT_ALLOW);
		return 0;
	case ARGP_KEY_END:
		check_uplink(state, config);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct up_config *config = state->input;

	switch (key) {
	case OPT_DEV:
		if (config->nr_devs == UP_MAX_DEVS)
			argp_error(state, "--dev %s: at most %d devices are accepted", arg,
				   UP_MAX_DEVS);
		config->dev[config->nr_devs++] = arg;
		return 0;
	case OPT_GATEWAY:
		set_once(state, "--gateway", &config->gateway, arg);
		return 0;
	case OPT_ROUTE:
		if (config->nr_routes == UP_MAX_ROUTES)
			argp_error(state, "--route %s: at most %d routes are accepted", arg,
				   UP_MAX_ROUTES);
		config->route[config->nr_routes++] = arg;
		return 0;
	case OPT_SERVICES:
		if (!add_services(config, arg))
			argp_error(state,
				   "--services %s: a list of at most %d characters is accepted",
				   arg, UP_SERVICES_SIZE - 2);
		return 0;
	case OPT_PCAP:
		set_once(state, "--pcap", &config->pcap, arg);
		return 0;
	case OPT_DNS:
		if (config->nr_dns == UP_MAX_DNS)
			argp_error(state, "--dns %s: at most %d servers are accepted", arg,
				   UP_MAX_DNS);
		config->dns[config->nr_dns++] = arg;
		return 0;
	default:
		return parse_uplink(key, arg, state, config);
	}
}

const struct argp up_options = {
	.options = options,
	.parser = parse,
};
