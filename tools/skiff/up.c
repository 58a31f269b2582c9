// SPDX-License-Identifier: BSD-2-Clause
/* skiff up: a host on a real network, in the foreground or the background. */
#include <argp.h>

#include "serve.h"

enum { OPT_DETACH = 'D' };

static const struct argp_option options[] = {
	{ "detach", OPT_DETACH, NULL, 0, "Go on in the background as soon as the host is up", 0 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ .argp = &up_options },
	{ 0 },
};

/**
 * struct up - what was asked for
 * @config: the host
 * @detach: in the background
 */
struct up {
	struct up_config config;
	bool detach;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct up *up = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &up->config;
		return 0;
	case OPT_DETACH:
		up->detach = true;
		return 0;
	case ARGP_KEY_ARG:
		if (up->config.name)
			argp_error(state, "'%s' after the name '%s': one name is accepted", arg,
				   up->config.name);
		up->config.name = arg;
		return 0;
	case ARGP_KEY_END:
		if (!up->config.name)
			argp_error(state, "a name for the host is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME",
	.doc = "Run a host named NAME until SIGINT, SIGTERM, SIGHUP or `skiff down NAME'. Programs get onto it by `skiff exec NAME -- PROGRAM'. Without --dev it has a cable to a gateway that continues its flows on the system's own sockets."
	       "\vKinds of devices are tap; tun, which is the same without Ethernet; packet,if=eth0, "
	       "which sends and receives on an interface of the kernel; "
	       "pcap,in=FILE,out=FILE,speed=FACTOR,loop=N, which replays a capture file and writes "
	       "one; slip,path=TERMINAL, a serial line, or a pseudo-terminal without path=; fd=N, a stream "
	       "socket that skiff has been started with, or socket=PATH, one that it connects to or, with "
	       "`server', listens at, in the format of QEMU and passt; veth,peer=NAME, a cable to the "
	       "host NAME, with peer-name= and peer-addr= of its other end; and "
	       "dummy, which drops what is sent. Of any kind, qdisc=pfifo:100, bfifo, pfifo_head_drop "
	       "or pfifo_fast says how packets wait; or netem's keys make a bad network of "
	       "what it sends: delay, jitter, dist, loss, gemodel, markov, duplicate, reorder, gap, "
	       "corrupt, rate, overhead, cell, cell_overhead, slot, slot_max, slot_packets, slot_bytes, limit, and delay_corr, loss_corr, "
	       "duplicate_corr, reorder_corr, corrupt_corr. The kernel's end of a TAP device is an "
	       "interface of the same name: give it an address, `ip addr add 192.0.2.1/24 dev sk0 && "
	       "ip link set sk0 up', and ping the host. Creating one takes CAP_NET_ADMIN; without it, use one that `ip tuntap add "
	       "dev sk0 mode tap user $USER' made before. Exit statuses are listed by `man skiff'.",
	.children = children,
};

static enum status run_host(void *arg, struct background *bg)
{
	const struct up_config *config = arg;
	struct taken taken;
	const struct serve how = {
		.config = config,
		.taken = &taken,
		.client = -1,
		.front = -1,
		.background = bg,
	};
	enum status status;

	if (skiff_init())
		return complain(STATUS_FAILED, "the library does not start");
	status = up_check(config);
	if (status == STATUS_OK)
		status = take_name(config->name, &taken);
	if (status != STATUS_OK)
		return status;
	status = serve(&how);
	release_name(&taken);
	return status;
}

static enum status up(int argc, char **argv)
{
	struct up up = { 0 };
	int keep[UP_MAX_DEVS];

	argp_parse(&argp, argc, argv, 0, NULL, &up);
	if (up.detach)
		return background_start(run_host, &up.config, keep,
					up_descriptors(&up.config, keep));
	return run_host(&up.config, NULL);
}

const struct command up_command = {
	.name = "up",
	.summary = "run a host on a real network",
	.run = up,
};
