/* SPDX-License-Identifier: BSD-2-Clause */
/* What `skiff up` was asked for, and the parts that carry it out. */
#ifndef TOOLS_SKIFF_UP_H
#define TOOLS_SKIFF_UP_H

#include <argp.h>

#include <skiff/capture.h>
#include <skiff/skiff.h>

#include "skiff.h"
#include "uplink.h"

#define UP_MAX_DEVS 32
#define UP_MAX_ROUTES 64
#define UP_SERVICES_SIZE 256
/* Servers that the C library asks for names. */
#define UP_MAX_DNS 3
#define UP_MAX_PORTS 256
#define UP_MAX_RULES 256

/**
 * struct up_rule - who may be reached by way of the built-in gateway
 * @text: as skiff_gateway_rule() takes it
 * @allow: else denied
 */
struct up_rule {
	const char *text;
	bool allow;
};

/**
 * struct up_config - the host that is wanted
 * @name: of the host
 * @dev: texts of its devices, as skiff_dev_create() takes them
 * @nr_devs: how many
 * @gateway: address of the router, or NULL; without devices, of the built-in gateway
 * @no_gateway: there is none, not even without devices
 * @addr: address on the cable to it, or NULL
 * @mtu: of the cable, or NULL
 * @port: texts of published ports, as skiff_gateway_publish() takes them
 * @nr_ports: how many
 * @rule: who may be reached by way of it
 * @nr_rules: how many
 * @route: texts of routes, as skiff_route_add() takes them
 * @nr_routes: how many
 * @services: names separated by commas, each once, or NULL
 * @service_list: where they are
 * @pcap: capture file, or NULL
 * @dns: addresses of the servers that programs ask for names
 * @nr_dns: how many
 */
struct up_config {
	const char *name;
	const char *dev[UP_MAX_DEVS];
	unsigned int nr_devs;
	const char *gateway;
	bool no_gateway;
	const char *addr;
	const char *mtu;
	const char *port[UP_MAX_PORTS];
	unsigned int nr_ports;
	struct up_rule rule[UP_MAX_RULES];
	unsigned int nr_rules;
	const char *route[UP_MAX_ROUTES];
	unsigned int nr_routes;
	const char *services;
	char service_list[UP_SERVICES_SIZE];
	const char *pcap;
	const char *dns[UP_MAX_DNS];
	unsigned int nr_dns;
};

/* The options that say what a host is, for the children of a command's own struct argp; input: the config. */
extern const struct argp up_options;

/**
 * struct up_host - the host that runs
 * @net: the host
 * @ifindex: its devices, in the order of the command line
 * @nr_devs: how many
 * @uplink: the cable to the built-in gateway, if there is one
 * @capture: one for each device when there is a capture file
 * @capture_path: where they go
 * @capture_lock: descriptors that keep other hosts from the same files, or -1
 */
struct up_host {
	struct net *net;
	int ifindex[UP_MAX_DEVS];
	unsigned int nr_devs;
	struct uplink uplink;
	struct skiff_capture *capture[UP_MAX_DEVS];
	char *capture_path[UP_MAX_DEVS];
	int capture_lock[UP_MAX_DEVS];
};

/**
 * up_check() - try everything that needs no rights on a host that is thrown away
 * @config: what is wanted
 *
 * So a bad value is told before anything has happened. Return: a status, after its message.
 */
enum status up_check(const struct up_config *config);

/* Carry it out; what was done before a failure is undone by up_end(). Return: as up_check(). */
enum status up_begin(const struct up_config *config, struct up_host *host);

/* What devices have by `fd='. Return: how many there are in @fds. */
unsigned int up_descriptors(const struct up_config *config, int fds[UP_MAX_DEVS]);

/*
 * Wait a moment for what is taken: a host that is ending has it longer than its user sees. Return: whether to ask
 * again; @asked counts from 0.
 */
bool up_ask_again(int *asked);

/* Have in the files what has been captured so far. */
void up_flush_captures(struct up_host *host);

/* Complete them; the host goes on. */
void up_end_captures(struct up_host *host);

/* End captures and the host. Return: STATUS_FAILED, after a message, when something was left. */
enum status up_end(struct up_host *host);

/* Say that the host is there, and what it has. */
void up_report_begin(const struct up_host *host, const struct up_config *config);
/* Say what it did. Before up_end(). */
void up_report_end(const struct up_host *host, const struct up_config *config);

#endif /* TOOLS_SKIFF_UP_H */
