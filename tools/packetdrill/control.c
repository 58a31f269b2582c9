// SPDX-License-Identifier: BSD-2-Clause
/*
 * Commands of a script's shell. Programs named sysctl, tc, ip and ethtool that do nothing but write
 * their arguments to a file stand for the system's; here the new lines of it are read and done, at
 * the beginning of every call.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skiff/netconf.h>
#include <skiff/tcp.h>

#include "adapter.h"

#define LINE_MAX_BYTES 1024
#define WORDS_MAX 32
#define WORD_SEPARATORS " \t"

struct command {
	char *words[WORDS_MAX];
	int n;
};

static void complain(const char *what, const char *why)
{
	fprintf(stderr, "skiff: %s: %s\n", what, why);
}

static const char *word_after(const struct command *c, const char *word)
{
	for (int i = 0; i + 1 < c->n; i++)
		if (!strcmp(c->words[i], word))
			return c->words[i + 1];
	return NULL;
}

static bool has_word(const struct command *c, const char *word)
{
	for (int i = 0; i < c->n; i++)
		if (!strcmp(c->words[i], word))
			return true;
	return false;
}

static void run_sysctl(struct pd *pd, char *assignment)
{
	char *value = strchr(assignment, '=');
	char err[256] = "";
	int ret;

	if (!value) {
		complain(assignment, "NAME=VALUE is accepted");
		return;
	}
	*value++ = '\0';
	ret = skiff_sysctl_set(pd->net, assignment, value, err, sizeof(err));
	if (ret)
		complain(assignment, *err ? err : strerror(-ret));
}

/* The queue of tun0: pfifo alone, and without, the default one. */
static void run_tc(struct pd *pd, const struct command *c)
{
	const char *limit = word_after(c, "limit");

	net_lock(pd->net);
	if (has_word(c, "delete") || has_word(c, "del"))
		pd_queue(pd->dev, pd->dev->tx_queue_len);
	else if (has_word(c, "pfifo"))
		pd_queue(pd->dev,
			 limit ? (unsigned int)strtoul(limit, NULL, 0) : pd->dev->tx_queue_len);
	else
		complain("tc", "pfifo is the only discipline here");
	net_unlock(pd->net);
}

/* ip route add|change|replace|del and its words. */
static void run_ip_route(struct pd *pd, const struct command *c)
{
	static const struct {
		const char *verb;
		int (*run)(struct net *net, const char *text, char *err, size_t err_size);
	} verbs[] = { { "add", skiff_route_add },
		      { "change", skiff_route_change },
		      { "replace", skiff_route_replace },
		      { "del", skiff_route_del },
		      { "delete", skiff_route_del } };
	char text[LINE_MAX_BYTES] = "", err[512] = "?";
	size_t used = 0;

	for (int i = 3; i < c->n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s ", c->words[i]);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(c->words[2], verbs[i].verb) != 0)
			continue;
		if (verbs[i].run(pd->net, text, err, sizeof(err)))
			complain("ip route", err);
		return;
	}
	complain("ip route", "add, change, replace and del are known here");
}

static void run_ip(struct pd *pd, const struct command *c)
{
	if (c->n > 2 && !strcmp(c->words[1], "route")) {
		run_ip_route(pd, c);
		return;
	}
	if (has_word(c, "tcp_metrics") && has_word(c, "flush")) {
		net_lock(pd->net);
		tcp_metrics_flush_all(pd->net);
		net_unlock(pd->net);
		return;
	}
	complain("ip", "only route and tcp_metrics flush are known here");
}

static void run_line(struct pd *pd, char *line)
{
	struct command c = { .n = 0 };
	char *at = NULL, *word;

	if (!strncmp(line, "sysctl ", 7)) {
		run_sysctl(pd, line + 7);
		return;
	}
	for (word = strtok_r(line, WORD_SEPARATORS, &at); word && c.n < WORDS_MAX;
	     word = strtok_r(NULL, WORD_SEPARATORS, &at))
		c.words[c.n++] = word;
	if (!c.n)
		return;
	if (!strcmp(c.words[0], "tc"))
		run_tc(pd, &c);
	else if (!strcmp(c.words[0], "ip"))
		run_ip(pd, &c);
	else if (strcmp(c.words[0], "ethtool") != 0)
		complain(c.words[0], "no such command here");
}

void pd_control_init(struct pd *pd, const char *path)
{
	pd->ctl = -1;
	if (!path)
		return;
	if (strlen(path) >= sizeof(pd->ctl_path))
		pd_die("ctl: the path is too long");
	memcpy(pd->ctl_path, path, strlen(path) + 1);
	pd->ctl = open(path, O_RDONLY | O_CLOEXEC);
	if (pd->ctl < 0)
		pd_die("ctl=%s: %m", path);
}

void pd_control_exit(struct pd *pd)
{
	if (pd->ctl >= 0)
		close(pd->ctl);
}

/* Whole lines only: who writes does so with one call, but may be in the middle of several. */
void pd_control_run(struct pd *pd)
{
	char buf[LINE_MAX_BYTES + 1];
	ssize_t n;

	while (pd->ctl >= 0 && (n = read(pd->ctl, buf, LINE_MAX_BYTES)) > 0) {
		char *line = buf, *end;

		buf[n] = '\0';
		while ((end = strchr(line, '\n')) != NULL) {
			*end = '\0';
			run_line(pd, line);
			line = end + 1;
		}
		if (line == buf)
			pd_die("ctl: a line of more than %d bytes", LINE_MAX_BYTES);
		lseek(pd->ctl, line - (buf + n), SEEK_CUR);
		if (n < LINE_MAX_BYTES)
			break;
	}
}
