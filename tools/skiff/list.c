// SPDX-License-Identifier: BSD-2-Clause
/* skiff list: the hosts that run, as a table or as JSON. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts.h"

/* Longest text of a column. */
#define COLUMN_MAX 512

/**
 * struct list - the listing that is being made
 * @json: instead of a table
 * @nr_hosts: that were told already
 */
struct list {
	bool json;
	unsigned int nr_hosts;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct list *list = state->input;

	if (key != 'j')
		return ARGP_ERR_UNKNOWN;
	list->json = true;
	return 0;
}

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "Print a list in JSON", 0 },
	{ 0 },
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "List this user's hosts: name, process, time since the start, programs that were started "
	       "on it and have not ended, devices with addresses.",
};

/* A string in quotes. */
static void put_json(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		if ((unsigned char)*text >= ' ')
			putchar(*text);
	}
	putchar('"');
}

static void put_number(const char *key, const char *text)
{
	printf("\"%s\": %lld", key, strtoll(text, NULL, 10));
}

static void json_number(char *words[], unsigned int n, void *arg)
{
	fputs(", ", stdout);
	put_number(words[0], words[1]);
}

static void json_device(char *words[], unsigned int n, void *arg)
{
	unsigned int *nr = arg;

	fputs((*nr)++ ? ", {\"name\": " : "{\"name\": ", stdout);
	put_json(words[1]);
	printf(", \"up\": %s, ", strcmp(words[2], "up") ? "false" : "true");
	put_number("mtu", words[3]);
	fputs(", \"addresses\": [", stdout);
	for (unsigned int i = 4; i < n; i++) {
		fputs(i > 4 ? ", " : "", stdout);
		put_json(words[i]);
	}
	fputs("]}", stdout);
}

static void json_program(char *words[], unsigned int n, void *arg)
{
	unsigned int *nr = arg;

	fputs((*nr)++ ? ", {" : "{", stdout);
	/* Of those whose first process has gone, and that have no namespace of their own, none is known. */
	if (strcmp(words[1], "0") != 0)
		put_number("pid", words[1]);
	else
		fputs("\"pid\": null", stdout);
	fputs(", ", stdout);
	put_number("uptime", words[2]);
	fputs(", \"name\": ", stdout);
	put_json(words[3]);
	putchar('}');
}

static void put_host_as_json(const char *name, const char *lines)
{
	unsigned int nr_devices = 0, nr_programs = 0;

	fputs("{\"name\": ", stdout);
	put_json(name);
	each_line(lines, "pid", 2, json_number, NULL);
	each_line(lines, "uptime", 2, json_number, NULL);
	fputs(", \"devices\": [", stdout);
	each_line(lines, "device", 4, json_device, &nr_devices);
	fputs("], \"programs\": [", stdout);
	each_line(lines, "program", 4, json_program, &nr_programs);
	fputs("]}", stdout);
}

/**
 * struct columns - of a host's line in the table
 * @pid: its process
 * @uptime: seconds since its start
 * @programs: how many there are
 * @devices: their names and addresses
 */
struct columns {
	char pid[16];
	long long uptime;
	unsigned int programs;
	char devices[COLUMN_MAX];
};

static void column_pid(char *words[], unsigned int n, void *arg)
{
	struct columns *c = arg;

	snprintf(c->pid, sizeof(c->pid), "%s", words[1]);
}

static void column_uptime(char *words[], unsigned int n, void *arg)
{
	struct columns *c = arg;

	c->uptime = strtoll(words[1], NULL, 10);
}

static void column_program(char *words[], unsigned int n, void *arg)
{
	struct columns *c = arg;

	c->programs++;
}

static void column_device(char *words[], unsigned int n, void *arg)
{
	struct columns *c = arg;
	size_t used = strlen(c->devices);

	/* Every host has it. */
	if (!strcmp(words[1], "lo"))
		return;
	used += (size_t)snprintf(c->devices + used, sizeof(c->devices) - used, "%s%s%s",
				 used ? ", " : "", words[1],
				 strcmp(words[2], "up") ? " (down)" : "");
	for (unsigned int i = 4; i < n && used < sizeof(c->devices); i++)
		used += (size_t)snprintf(c->devices + used, sizeof(c->devices) - used, " %s",
					 words[i]);
}

static void format_span(char *text, size_t size, long long seconds)
{
	if (seconds < 60)
		snprintf(text, size, "%llds", seconds);
	else if (seconds < 3600)
		snprintf(text, size, "%lldm", seconds / 60);
	else if (seconds < 86400)
		snprintf(text, size, "%lldh", seconds / 3600);
	else
		snprintf(text, size, "%lldd", seconds / 86400);
}

static void put_host_as_row(const char *name, const char *lines)
{
	struct columns c = { .pid = "?" };
	char span[32];

	each_line(lines, "pid", 2, column_pid, &c);
	each_line(lines, "uptime", 2, column_uptime, &c);
	each_line(lines, "program", 4, column_program, &c);
	each_line(lines, "device", 4, column_device, &c);
	format_span(span, sizeof(span), c.uptime);
	printf("%-16s %7s %5s %8u  %s\n", name, c.pid, span, c.programs, c.devices);
}

static void tell(const char *name, const char *lines, void *arg)
{
	struct list *list = arg;

	if (list->json) {
		fputs(list->nr_hosts ? ",\n " : "", stdout);
		put_host_as_json(name, lines);
	} else {
		if (!list->nr_hosts)
			printf("%-16s %7s %5s %8s  %s\n", "HOST", "PROCESS", "UP", "PROGRAMS",
			       "DEVICES");
		put_host_as_row(name, lines);
	}
	list->nr_hosts++;
}

static enum status list(int argc, char **argv)
{
	struct list l = { 0 };
	enum status status;

	argp_parse(&argp, argc, argv, 0, NULL, &l);
	if (l.json)
		putchar('[');
	status = hosts_foreach(tell, &l);
	if (l.json)
		puts("]");
	return status;
}

const struct command list_command = {
	.name = "list",
	.summary = "list the hosts that are up",
	.run = list,
};
