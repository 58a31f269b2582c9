// SPDX-License-Identifier: BSD-2-Clause
/* skiff up: a host on a real network, in the foreground. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <skiff/netconf.h>

#include "privileges.h"
#include "taken.h"
#include "up.h"

enum { OPT_DEV = 'd', OPT_GATEWAY = 'g', OPT_ROUTE = 'r', OPT_SERVICES = 's', OPT_PCAP = 'w' };

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
	case ARGP_KEY_ARG:
		if (config->name)
			argp_error(state, "'%s' after the name '%s': one name is accepted", arg,
				   config->name);
		config->name = arg;
		return 0;
	case ARGP_KEY_END:
		if (!config->name)
			argp_error(state, "a name for the host is missing");
		if (!config->nr_devs)
			argp_error(state, "a device is missing; for example "
					  "--dev tap,name=sk0,addr=192.0.2.2/24");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME",
	.doc = "Run a host named NAME in the foreground until SIGINT, SIGTERM or SIGHUP."
	       "\vKinds of devices are tap; tun, which is the same without Ethernet; packet,if=eth0, "
	       "which sends and receives on an interface of the kernel; "
	       "pcap,in=FILE,out=FILE,speed=FACTOR,loop=N, which replays a capture file and writes "
	       "one; slip,path=TERMINAL, a serial line, or a pseudo-terminal without path=; and "
	       "dummy, which drops what is sent. Of any kind, qdisc=pfifo:100, bfifo, pfifo_head_drop "
	       "or pfifo_fast says how packets wait; or netem's keys make a bad network of "
	       "what it sends: delay, jitter, dist, loss, gemodel, markov, duplicate, reorder, gap, "
	       "corrupt, rate, overhead, cell, cell_overhead, slot, slot_max, slot_packets, slot_bytes, limit, and delay_corr, loss_corr, "
	       "duplicate_corr, reorder_corr, corrupt_corr. The kernel's end of a TAP device is an "
	       "interface of the same name: give it an address, `ip addr add 192.0.2.1/24 dev sk0 && "
	       "ip link set sk0 up', and ping the host. Creating one takes CAP_NET_ADMIN; without it, use one that `ip tuntap add "
	       "dev sk0 mode tap user $USER' made before. Exit statuses are listed by `man skiff'.",
};

static volatile sig_atomic_t stopped;
static struct net *stopped_net;

static void stop(int signal)
{
	stopped = signal;
	if (stopped_net)
		skiff_kick(stopped_net);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	/* Who reads what we say may go away; the host stays. */
	signal(SIGPIPE, SIG_IGN);
	/* A capture that passes the limit for files is to stop with an error, not with a signal. */
	signal(SIGXFSZ, SIG_IGN);
}

static enum status run(const struct up_config *config)
{
	struct up_host host = { 0 };
	enum status status, ended;
	int err;

	status = up_begin(config, &host);
	if (status == STATUS_OK) {
		err = drop_privileges();
		if (err)
			status = complain(STATUS_FAILED, "privileges can't be dropped: %s",
					  strerror(-err));
	}
	if (status == STATUS_OK) {
		up_report_begin(&host, config);
		stopped_net = host.net;
		while (!stopped)
			skiff_poll(host.net, -1);
		stopped_net = NULL;
		up_report_end(&host, config);
	}
	ended = up_end(&host);
	return status == STATUS_OK ? ended : status;
}

static enum status up(int argc, char **argv)
{
	struct up_config config = { 0 };
	struct taken taken;
	enum status status;

	argp_parse(&argp, argc, argv, 0, NULL, &config);
	if (skiff_init())
		return complain(STATUS_FAILED, "the library does not start");
	status = up_check(&config);
	if (status == STATUS_OK)
		status = take_name(config.name, &taken);
	if (status != STATUS_OK)
		return status;
	catch_signals();
	status = run(&config);
	release_name(&taken);
	return status;
}

const struct command up_command = {
	.name = "up",
	.summary = "run a host on a real network",
	.run = up,
};
