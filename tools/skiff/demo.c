// SPDX-License-Identifier: BSD-2-Clause
/* skiff demo: the Linux kernel and a skiff host talk to each other, and everything is shown. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skiff/capture.h>

#include "demo.h"

#define MAX_STEPS 16

enum { OPT_NO_TAP = 't', OPT_OUTPUT = 'o', OPT_SEED = 's' };

/**
 * struct demo_options - what the command line says
 * @no_tap: use the cable even where a TAP device could be had
 * @output: directory for the files, or NULL
 * @seed: of the simulated step
 */
struct demo_options {
	bool no_tap;
	const char *output;
	u32 seed;
};

/* A finished step, for the table at the end. */
struct row {
	char title[64];
	unsigned int packets;
	struct step_result result;
};

static const struct argp_option options[] = {
	{ "no-tap", OPT_NO_TAP, NULL, 0,
	  "Join two skiff hosts by a cable instead of asking the kernel for a TAP device", 0 },
	{ "output", OPT_OUTPUT, "DIRECTORY", 0,
	  "Where demo.pcapng, demo-skb.svg and demo-tcp.svg are written: build/ if it is there, else the current "
	  "directory, else a new one in /tmp",
	  0 },
	{ "seed", OPT_SEED, "NUMBER", 0,
	  "Where the chance of the simulated step begins, 1 to 4294967295: 1995 if it is missing; the "
	  "same number gives the same packets",
	  0 },
	{ 0 },
};

static u32 parse_seed(struct argp_state *state, const char *text)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n < 1 || n > UINT32_MAX)
		argp_error(state, "--seed %s: 1 to 4294967295 is accepted", text);
	return (u32)n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct demo_options *o = state->input;

	switch (key) {
	case OPT_NO_TAP:
		o->no_tap = true;
		return 0;
	case OPT_OUTPUT:
		o->output = arg;
		return 0;
	case OPT_SEED:
		o->seed = parse_seed(state, arg);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s': no argument but options is accepted", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Show the Linux kernel and a skiff host exchanging real packets over a TAP device in "
	       "a private network, or two skiff hosts over a cable where that can't be had.",
};

/* With errno when it is not. */
static bool is_directory(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return false;
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode);
}

/* Whether all that the demo writes can be written there; what somebody else left may be in the way. */
static bool takes_files(const char *dir)
{
	static const char *const names[] = { "demo.pcapng", "demo-skb.svg", "demo-tcp.svg" };
	char path[64];

	if (access(dir, W_OK | X_OK))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (access(path, W_OK) && errno != ENOENT)
			return false;
	}
	return true;
}

/* Where the files go. Return: a directory, or NULL when none can be written. */
static const char *pick_output(const char *wanted)
{
	static char made[] = "/tmp/skiff-demo-XXXXXX";

	if (wanted)
		return is_directory(wanted) && !access(wanted, W_OK | X_OK) ? wanted : NULL;
	if (takes_files("build"))
		return "build";
	if (takes_files("."))
		return ".";
	return mkdtemp(made);
}

/* Decide what the host talks to. Return: whether it is the kernel. */
static bool pick_peer(const struct demo_options *o)
{
	char why[128] = "as --no-tap says";

	if (!o->no_tap && enter_private_network(why, sizeof(why))) {
		printf("The Linux kernel (%s) and a skiff host (%s) over a TAP device, in a network "
		       "namespace of their own.\n",
		       DEMO_PEER_ADDR, DEMO_ADDR);
		return true;
	}
	printf("No TAP device: %s.\nTwo skiff hosts, %s and the peer %s, over a cable inside of this "
	       "process instead.\n",
	       why, DEMO_ADDR, DEMO_PEER_ADDR);
	return false;
}

static enum status begin(struct demo *demo, bool kernel, struct skiff_capture **capture)
{
	static const char *const services[] = { "echo", "discard", "daytime", "chargen" };
	const struct skiff_net_params params = { .name = "demo" };
	char err[256] = "no further reason";
	int ret;

	demo->net = skiff_net_create(&params);
	if (!demo->net) {
		complain(STATUS_FAILED, "the host can't be made: %s", strerror(errno));
		return STATUS_FAILED;
	}
	ret = kernel ? connect_kernel(demo, err, sizeof(err)) :
		       connect_cable(demo, err, sizeof(err));
	if (ret || !demo->peer) {
		complain(STATUS_FAILED, "%s: %s", strerror(-ret), err);
		return STATUS_FAILED;
	}
	BUG_ON(!demo->peer);
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (skiff_service_enable(demo->net, services[i], err, sizeof(err)))
			return complain(STATUS_FAILED, "%s", err);
	ret = skiff_capture_start(demo->net, DEMO_DEV, demo->capture_path, NULL, capture);
	if (ret)
		return complain(STATUS_CAPTURE,
				"--output: %s: %s; a directory that can be written is accepted",
				demo->capture_path, strerror(-ret));
	demo->packets = packets_watch(demo->net, DEMO_DEV);
	if (!demo->packets || skiff_net_start(demo->net))
		return complain(STATUS_FAILED, "the host does not start");
	return STATUS_OK;
}

static void run_step(struct demo *demo, unsigned int i, struct row *row)
{
	snprintf(row->title, sizeof(row->title), demo_steps[i].title, demo->peer->name);
	if (row->title[0] == 't')
		row->title[0] = 'T';
	printf("\n--- %u. %s\n", i + 1, row->title);
	packets_begin(demo->packets);
	demo_steps[i].run(demo, &row->result);
	row->packets = packets_print(demo->packets) + row->result.packets;
	printf("=> %s: %s\n", row->result.ok ? "ok" : "FAILED", row->result.text);
}

static enum status print_table(const struct row *rows, unsigned int n)
{
	enum status status = STATUS_OK;

	printf("\n%-46s %7s %12s  %s\n", "step", "packets", "RTT", "result");
	for (unsigned int i = 0; i < n; i++) {
		const struct step_result *r = &rows[i].result;
		char rtt[32] = "-";

		if (r->ok && r->rtt_ns)
			snprintf(rtt, sizeof(rtt), "%.3f ms", (double)r->rtt_ns / 1e6);
		printf("%-46s %7u %12s  %s%s\n", rows[i].title, rows[i].packets, rtt,
		       r->ok ? "" : "FAILED: ", r->text);
		if (!r->ok)
			status = STATUS_FAILED;
	}
	return status;
}

static enum status end(struct demo *demo, struct skiff_capture *capture)
{
	enum status status = STATUS_OK;
	int left = 0;

	packets_unwatch(demo->packets);
	skiff_capture_stop(capture);
	skiff_udp_close(demo->udp);
	if (demo->peer)
		demo->peer->end(demo);
	if (demo->net)
		left = skiff_net_destroy(demo->net);
	if (left)
		status = complain(STATUS_FAILED, "the host left %d things behind", left);
	return status;
}

static enum status show(struct demo *demo, bool kernel)
{
	struct skiff_capture *capture = NULL;
	struct skiff_capture_stats stats;
	struct row rows[MAX_STEPS] = { 0 };
	enum status status = begin(demo, kernel, &capture), ended;

	if (status == STATUS_OK) {
		for (unsigned int i = 0; i < demo_nr_steps; i++)
			run_step(demo, i, &rows[i]);
		status = print_table(rows, demo_nr_steps);
		skiff_capture_stats(capture, &stats);
		printf("\ncapture: %s (%llu frames)\npictures: %s, %s\n", demo->capture_path,
		       (unsigned long long)stats.written, demo->svg_path, demo->chart_path);
	}
	ended = end(demo, capture);
	return status == STATUS_OK ? ended : status;
}

static enum status demo(int argc, char **argv)
{
	struct demo_options o = { .seed = DEMO_SEED };
	struct demo d = { .peer_fd = -1 };
	char svg[512], chart[512], capture[512];
	const char *output;
	bool kernel;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	output = pick_output(o.output);
	if (!output)
		return complain(STATUS_CAPTURE,
				"--output %s: %s; a directory that can be written "
				"is accepted",
				o.output ? o.output : "/tmp", strerror(errno));
	snprintf(svg, sizeof(svg), "%s/demo-skb.svg", output);
	snprintf(chart, sizeof(chart), "%s/demo-tcp.svg", output);
	snprintf(capture, sizeof(capture), "%s/demo.pcapng", output);
	kernel = pick_peer(&o);
	d.svg_path = svg;
	d.chart_path = chart;
	d.capture_path = capture;
	d.seed = o.seed;
	if (skiff_init())
		return complain(STATUS_FAILED, "the library does not start");
	return show(&d, kernel);
}

const struct command demo_command = {
	.name = "demo",
	.summary = "show the Linux kernel and a skiff host talking to each other",
	.run = demo,
};
