// SPDX-License-Identifier: BSD-2-Clause
/* The registry of a host's settings: tables under paths, found by Linux's names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skiff/printk.h>
#include <skiff/slab.h>

#include "host/host.h"
#include "host/sysctl.h"

#define NAME_MAX_LEN 255
#define VALUE_MAX_LEN 4096

struct ctl_table_header {
	struct list_head node;
	struct net *net;
	char *path;
	struct ctl_table *table;
};

static bool is_end(const struct ctl_table *entry)
{
	return !entry->procname;
}

static struct ctl_table *find(struct net *net, const char *path, size_t path_len, const char *leaf)
{
	struct ctl_table_header *header;

	list_for_each_entry(header, &net->sysctls, node) {
		if (strlen(header->path) != path_len || memcmp(header->path, path, path_len) != 0)
			continue;
		for (struct ctl_table *entry = header->table; !is_end(entry); entry++)
			if (strcmp(entry->procname, leaf) == 0)
				return entry;
	}
	return NULL;
}

/*
 * As sysctl(8) has it: whichever of '.' and '/' comes first separates, and the other one stands
 * for the separator inside of a part, as in net.ipv4.conf.eth0/100.mtu for a device "eth0.100".
 */
static void swap_separators(char *name)
{
	for (; *name; name++) {
		if (*name == '.')
			*name = '/';
		else if (*name == '/')
			*name = '.';
	}
}

static struct ctl_table *find_by_name(struct net *net, const char *name)
{
	char path[NAME_MAX_LEN + 1];
	const char *first = strpbrk(name, "./");
	size_t len = strlen(name);
	char *leaf;

	if (!first || len > NAME_MAX_LEN)
		return NULL;
	memcpy(path, name, len + 1);
	if (*first == '.')
		swap_separators(path);
	leaf = strrchr(path, '/');
	if (!leaf)
		return NULL;
	*leaf++ = '\0';
	return find(net, path, strlen(path), leaf);
}

static bool table_is_good(struct net *net, const char *path, const struct ctl_table *table)
{
	for (const struct ctl_table *entry = table; !is_end(entry); entry++) {
		if (strlen(path) + 1 + strlen(entry->procname) > NAME_MAX_LEN) {
			pr_err("host %s: sysctl name %s/%s is too long", net->name, path,
			       entry->procname);
			return false;
		}
		if (!entry->proc_handler) {
			pr_err("host %s: sysctl %s/%s has no handler", net->name, path,
			       entry->procname);
			return false;
		}
		if (find(net, path, strlen(path), entry->procname)) {
			pr_err("host %s: sysctl %s/%s exists already", net->name, path,
			       entry->procname);
			return false;
		}
	}
	return true;
}

struct ctl_table_header *register_net_sysctl(struct net *net, const char *path,
					     struct ctl_table *table)
{
	struct ctl_table_header *header;

	ASSERT_NET_LOCKED(net);
	if (!table_is_good(net, path, table))
		return NULL;
	header = (struct ctl_table_header *)kzalloc(sizeof(*header), GFP_KERNEL);
	if (!header)
		return NULL;
	header->path = kstrdup(path, GFP_KERNEL);
	if (!header->path) {
		kfree(header);
		return NULL;
	}
	header->net = net;
	header->table = table;
	list_add_tail(&header->node, &net->sysctls);
	return header;
}

void unregister_net_sysctl_table(struct ctl_table_header *header)
{
	if (!header)
		return;
	ASSERT_NET_LOCKED(header->net);
	list_del(&header->node);
	kfree(header->path);
	kfree(header);
}

/* The value as text without its newline; returns the length. */
static int read_value(struct ctl_table *entry, char *text, size_t size)
{
	size_t len = size - 1;
	loff_t pos = 0;
	int err;

	if (!(entry->mode & 0444))
		return -EACCES;
	err = entry->proc_handler(entry, 0, text, &len, &pos);
	if (err)
		return err;
	text[len] = '\0';
	if (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	return (int)len;
}

static int get_locked(struct net *net, const char *name, char *buf, size_t size)
{
	struct ctl_table *entry = find_by_name(net, name);
	char text[VALUE_MAX_LEN];
	int len;

	if (!entry)
		return -ENOENT;
	len = read_value(entry, text, sizeof(text));
	if (len >= 0 && size > 0) {
		size_t fits = min((size_t)len, size - 1);

		memcpy(buf, text, fits);
		buf[fits] = '\0';
	}
	return len;
}

int skiff_sysctl_get(struct net *net, const char *name, char *buf, size_t size)
{
	int len;

	if (!name || (!buf && size))
		return -EINVAL;
	if (net_enter(net) != 0)
		return -EOWNERDEAD;
	len = get_locked(net, name, buf, size);
	net_unlock(net);
	return len;
}

static void explain(char *err, size_t size, const char *name, const char *value, int why)
{
	if (!err || !size)
		return;
	switch (why) {
	case 0:
		err[0] = '\0';
		break;
	case -ENOENT:
		snprintf(err, size, "%s: there is no such setting", name);
		break;
	case -EACCES:
		snprintf(err, size, "%s: this setting can only be read", name);
		break;
	case -EOWNERDEAD:
		snprintf(err, size, "%s: the host belongs to the process that forked", name);
		break;
	default:
		snprintf(err, size, "%s: \"%.80s\" is not accepted: %s", name, value,
			 sysctl_refusal[0] ? sysctl_refusal : strerror(-why));
	}
}

static int set_locked(struct net *net, const char *name, const char *value)
{
	struct ctl_table *entry = find_by_name(net, name);
	size_t len = strlen(value);
	loff_t pos = 0;
	char *copy;
	int err;

	sysctl_refusal[0] = '\0';
	if (!entry)
		return -ENOENT;
	if (!(entry->mode & 0222))
		return -EACCES;
	if (len >= VALUE_MAX_LEN) {
		snprintf(sysctl_refusal, sizeof(sysctl_refusal), "must be less than %d characters",
			 VALUE_MAX_LEN);
		return -EINVAL;
	}
	/* Handlers take a buffer that they may write to. */
	copy = kstrdup(value, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	err = entry->proc_handler(entry, 1, copy, &len, &pos);
	kfree(copy);
	return err;
}

int skiff_sysctl_set(struct net *net, const char *name, const char *value, char *err,
		     size_t err_size)
{
	int why;

	if (!name || !value)
		return -EINVAL;
	why = net_enter(net);
	if (!why) {
		why = set_locked(net, name, value);
		net_unlock(net);
	}
	explain(err, err_size, name, value, why);
	return why;
}

struct found {
	char name[NAME_MAX_LEN + 1];
	struct ctl_table *entry;
};

static size_t count_entries(const struct net *net)
{
	const struct ctl_table_header *header;
	size_t n = 0;

	list_for_each_entry(header, &net->sysctls, node)
		for (const struct ctl_table *entry = header->table; !is_end(entry); entry++)
			n++;
	return n;
}

static void collect(struct net *net, struct found *all)
{
	struct ctl_table_header *header;

	list_for_each_entry(header, &net->sysctls, node)
		for (struct ctl_table *entry = header->table; !is_end(entry); entry++) {
			snprintf(all->name, sizeof(all->name), "%s/%s", header->path,
				 entry->procname);
			swap_separators(all->name);
			all->entry = entry;
			all++;
		}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct found *)a)->name, ((const struct found *)b)->name);
}

static int foreach_locked(struct net *net, int (*fn)(const char *, const char *, void *), void *arg)
{
	size_t n = count_entries(net);
	struct found *all = (struct found *)kmalloc_array(n, sizeof(*all), GFP_KERNEL);
	char text[VALUE_MAX_LEN];
	int end = 0;

	if (!all)
		return -ENOMEM;
	collect(net, all);
	qsort(all, n, sizeof(*all), by_name);
	for (size_t i = 0; i < n && !end; i++)
		if (read_value(all[i].entry, text, sizeof(text)) >= 0)
			end = fn(all[i].name, text, arg);
	kfree(all);
	return end;
}

int skiff_sysctl_foreach(struct net *net, int (*fn)(const char *name, const char *value, void *arg),
			 void *arg)
{
	int end;

	if (!fn)
		return -EINVAL;
	if (net_enter(net) != 0)
		return -EOWNERDEAD;
	end = foreach_locked(net, fn, arg);
	net_unlock(net);
	return end;
}

int net_core_sysctl_init(struct host *host)
{
	struct net *net = &host->net;

	host->core_table[0] = (struct ctl_table){
		.procname = "netdev_budget",
		.data = &net->budget,
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = proc_dointvec_minmax,
		.extra1 = SYSCTL_ONE,
		.extra2 = SYSCTL_INT_MAX,
	};
	net_lock(net);
	host->core_sysctls = register_net_sysctl(net, "net/core", host->core_table);
	net_unlock(net);
	return host->core_sysctls ? 0 : -ENOMEM;
}

void net_core_sysctl_exit(struct host *host)
{
	net_lock(&host->net);
	unregister_net_sysctl_table(host->core_sysctls);
	net_unlock(&host->net);
}

void net_sysctl_report_left(struct net *net, int *left)
{
	while (!list_empty(&net->sysctls)) {
		struct ctl_table_header *header =
			list_first_entry(&net->sysctls, struct ctl_table_header, node);

		pr_err("host %s: settings under %s are still registered", net->name, header->path);
		unregister_net_sysctl_table(header);
		(*left)++;
	}
}
