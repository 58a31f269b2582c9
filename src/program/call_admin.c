// SPDX-License-Identifier: BSD-2-Clause
/* Ioctls that change a host's devices, addresses, routes and neighbours, and those that ask a device's driver. */
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skiff/socket.h>

#include "program/program.h"

/* Longest beginning of a file of /proc that is looked at. */
#define PROC_MAX 2048

/* Sets of strings that one request may ask about. */
#define SSETS_MAX 64

/* Who may change the host's network. */

static bool read_proc(const struct task *task, const char *name, char text[PROC_MAX])
{
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "../%s", name);
	fd = openat(task->fd_dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, PROC_MAX - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Read some numbers of a line, which stand behind blanks. Return: whether there are so many. */
static bool read_numbers(const char *line, unsigned long *numbers, int n)
{
	char *end;

	for (int i = 0; i < n; i++) {
		numbers[i] = strtoul(line, &end, 10);
		if (end == line)
			return false;
		line = end;
	}
	return true;
}

/* The effective one, as we see it. Return: whether it could be told. */
static bool user_of(const struct task *task, unsigned long *uid)
{
	static const char label[] = "\nUid:";
	char text[PROC_MAX];
	unsigned long uids[2];
	const char *line = read_proc(task, "status", text) ? strstr(text, label) : NULL;

	if (!line || !read_numbers(line + sizeof(label) - 1, uids, 2))
		return false;
	*uid = uids[1];
	return true;
}

/*
 * Root, in the program's own user namespace: what it is to a network of its own on Linux. CAP_NET_ADMIN itself no
 * program has, because of the image, which it could change with that.
 */
static bool is_root(const struct task *task)
{
	unsigned long uid, map[3]; /* a number in the namespace, the same here, how many follow */
	char text[PROC_MAX];
	const char *line = text;

	if (!user_of(task, &uid) || !read_proc(task, "uid_map", text))
		return false;
	while (line && read_numbers(line, map, 3)) {
		if (!map[0] && map[2] && uid == map[1])
			return true;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return false;
}

/* Changes */

static long change(struct call *call, unsigned int cmd, size_t size)
{
	char arg[sizeof(struct ifreq) + sizeof(struct arpreq)] = { 0 };
	int err = task_read(call->task, arg, call_arg(call, 2), size);

	if (err)
		return err;
	return skiff_ioctl(call->ps->sfd, cmd, arg) < 0 ? -errno : 0;
}

/* The name of the device is elsewhere in the program's memory, and ends where it may. */
static int read_name(struct call *call, u64 from, char name[IF_NAMESIZE])
{
	memset(name, 0, IF_NAMESIZE);
	for (int i = 0; i < IF_NAMESIZE; i++) {
		int err = task_read(call->task, name + i, from + (u64)i, 1);

		if (err || !name[i])
			return err;
	}
	return -ENODEV;
}

static long change_route(struct call *call, unsigned int cmd)
{
	struct rtentry route;
	char name[IF_NAMESIZE];
	int err = task_read(call->task, &route, call_arg(call, 2), sizeof(route));

	/* Of no other route is the device looked at. */
	if (!err && route.rt_dst.sa_family != AF_INET)
		route.rt_dev = NULL;
	if (!err && route.rt_dev) {
		err = read_name(call, (u64)(uintptr_t)route.rt_dev, name);
		route.rt_dev = name;
	}
	if (err)
		return err;
	return skiff_ioctl(call->ps->sfd, cmd, &route) < 0 ? -errno : 0;
}

long call_change(struct call *call, unsigned int cmd)
{
	if (!is_root(call->task))
		return -EPERM;
	switch (cmd) {
	case SIOCADDRT:
	case SIOCDELRT:
		return change_route(call, cmd);
	case SIOCSARP:
	case SIOCDARP:
		return change(call, cmd, sizeof(struct arpreq));
	default:
		return change(call, cmd, sizeof(struct ifreq));
	}
}

/* Questions to drivers */

/* Requests that are answered in the place of a structure. */
static const struct {
	u32 cmd;
	size_t size;
} fixed[] = {
	{ ETHTOOL_GDRVINFO, sizeof(struct ethtool_drvinfo) },
	{ ETHTOOL_GLINK, sizeof(struct ethtool_value) },
	{ ETHTOOL_GMSGLVL, sizeof(struct ethtool_value) },
	{ ETHTOOL_GPFLAGS, sizeof(struct ethtool_value) },
	{ ETHTOOL_GFLAGS, sizeof(struct ethtool_value) },
	{ ETHTOOL_GRXCSUM, sizeof(struct ethtool_value) },
	{ ETHTOOL_GTXCSUM, sizeof(struct ethtool_value) },
	{ ETHTOOL_GSG, sizeof(struct ethtool_value) },
	{ ETHTOOL_GTSO, sizeof(struct ethtool_value) },
	{ ETHTOOL_GGSO, sizeof(struct ethtool_value) },
	{ ETHTOOL_GGRO, sizeof(struct ethtool_value) },
	{ ETHTOOL_GRINGPARAM, sizeof(struct ethtool_ringparam) },
	{ ETHTOOL_GCHANNELS, sizeof(struct ethtool_channels) },
	{ ETHTOOL_GCOALESCE, sizeof(struct ethtool_coalesce) },
	{ ETHTOOL_GPAUSEPARAM, sizeof(struct ethtool_pauseparam) },
	{ ETHTOOL_GET_TS_INFO, sizeof(struct ethtool_ts_info) },
};

/**
 * struct question - to a driver
 * @call: the program's
 * @ifr: its argument, which leads to @buf here, and to @there in the program
 * @buf: the structure
 * @there: where the program has it
 */
struct question {
	struct call *call;
	struct ifreq ifr;
	char *buf;
	u64 there;
};

/* Fetch @len bytes of the structure; those behind them are zeros. */
static int fetch(const struct question *q, size_t len)
{
	memset(q->buf, 0, SCRATCH_SIZE);
	return task_read(q->call->task, q->buf, q->there, len);
}

static int put(struct question *q)
{
	q->ifr.ifr_data = q->buf;
	return skiff_ioctl(q->call->ps->sfd, SIOCETHTOOL, &q->ifr) < 0 ? -errno : 0;
}

/* What the program has room for, and what Linux writes, depends on the answer. */
static long answer(const struct question *q, size_t len)
{
	return task_write(q->call->task, q->there, q->buf, len);
}

static long ask_fixed(struct question *q, size_t size)
{
	int err = fetch(q, size);

	if (!err)
		err = put(q);
	return err ? err : answer(q, size);
}

static long ask_features(struct question *q)
{
	struct ethtool_gfeatures *req = (void *)q->buf;
	int err = fetch(q, sizeof(*req));
	u32 room = req->size;

	if (!err)
		err = put(q);
	if (err)
		return err;
	return answer(q, sizeof(*req) + sizeof(req->features[0]) * min(room, req->size));
}

static long ask_counts(struct question *q)
{
	struct ethtool_sset_info *req = (void *)q->buf;
	int err = fetch(q, sizeof(*req));

	if (!err)
		err = put(q);
	if (err)
		return err;
	return answer(q, sizeof(*req) + sizeof(u32) * (size_t)__builtin_popcountll(req->sset_mask));
}

/* Return: how many strings a set has, as it has to be known before they are asked for; -errno. */
static int count(struct question *q, u32 sset)
{
	struct ethtool_sset_info *req = (void *)q->buf;
	int err;

	if (sset >= SSETS_MAX)
		return -EOPNOTSUPP;
	memset(q->buf, 0, sizeof(*req) + SSETS_MAX * sizeof(u32));
	req->cmd = ETHTOOL_GSSET_INFO;
	req->sset_mask = 1ULL << sset;
	err = put(q);
	if (err)
		return err;
	return req->sset_mask ? (int)min_t(u32, req->data[0], 0x7fffffff) : -EOPNOTSUPP;
}

/* @head bytes, of which the last four say how many of @each follow. */
static long ask_many(struct question *q, u32 sset, size_t head, size_t each)
{
	int n = count(q, sset), err;

	if (n < 0)
		return n;
	if ((size_t)n > (SCRATCH_SIZE - head) / each)
		return -ENOMEM;
	err = fetch(q, head);
	if (!err)
		err = put(q);
	return err ? err : answer(q, head + (size_t)n * each);
}

static long ask_strings(struct question *q)
{
	const struct ethtool_gstrings *req = (const void *)q->buf;
	int err = fetch(q, sizeof(*req));

	return err ? err : ask_many(q, req->string_set, sizeof(*req), ETH_GSTRING_LEN);
}

/* First a program asks how many words there are, and is told by a negative number. */
static long ask_link(struct question *q)
{
	const struct ethtool_link_settings *req = (const void *)q->buf;
	int err = fetch(q, sizeof(*req));
	size_t words;

	if (!err)
		err = put(q);
	if (err)
		return err;
	words = req->link_mode_masks_nwords > 0 ? 3 * (size_t)req->link_mode_masks_nwords : 0;
	return answer(q, sizeof(*req) + words * sizeof(u32));
}

static long ask_address(struct question *q)
{
	const struct ethtool_perm_addr *req = (const void *)q->buf;
	int err = fetch(q, sizeof(*req));

	if (!err)
		err = put(q);
	return err ? err : answer(q, sizeof(*req) + req->size);
}

static long ask(struct question *q, u32 cmd)
{
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		if (fixed[i].cmd == cmd)
			return ask_fixed(q, fixed[i].size);
	switch (cmd) {
	case ETHTOOL_GFEATURES:
		return ask_features(q);
	case ETHTOOL_GSSET_INFO:
		return ask_counts(q);
	case ETHTOOL_GSTRINGS:
		return ask_strings(q);
	case ETHTOOL_GSTATS:
		return ask_many(q, ETH_SS_STATS, sizeof(struct ethtool_stats), sizeof(u64));
	case ETHTOOL_GLINKSETTINGS:
		return ask_link(q);
	case ETHTOOL_GPERMADDR:
		return ask_address(q);
	default:
		return -EOPNOTSUPP;
	}
}

long call_ethtool(struct call *call)
{
	struct question q = { .call = call, .buf = call->session->server->scratch };
	u32 cmd;
	int err = task_read(call->task, &q.ifr, call_arg(call, 2), sizeof(q.ifr));

	if (err)
		return err;
	q.there = (u64)(uintptr_t)q.ifr.ifr_data;
	err = task_read(call->task, &cmd, q.there, sizeof(cmd));
	return err ? err : ask(&q, cmd);
}
