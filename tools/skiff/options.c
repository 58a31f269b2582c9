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
	OPT_DNS = 0x100,
};

static const struct argp_option options[] = {
	{ "dev", OPT_DEV, "KIND,KEY=VALUE,...", 0,
	  "Give the host a device: tap,name=sk0,addr=192.0.2.2/24 with mac=ADDRESS and mtu=BYTES "
	  "if wanted; addr= may be given several times, and so may --dev. delay=10ms, loss=1%, "
	  "rate=10mbit and more let what it sends pass through a bad network",
	  0 },
	{ "gateway", OPT_GATEWAY, "ADDRESS", 0,
	  "Send what is for no other subnet to this router, which is on the link of a device", 0 },
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
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp up_options = {
	.options = options,
	.parser = parse,
};
