// SPDX-License-Identifier: BSD-2-Clause
/* Settings of neighbours as text, under net.<family>.neigh.<device>. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <skiff/slab.h>
#include <skiff/sysctl.h>

#include "neigh/neigh.h"

/*
 * Some settings go by two names, in two units, as they have come to do in Linux. The times without
 * a unit in their name are in hundredths of a second, its USER_HZ.
 */
#define USER_HZ_MS 10

/* Questions of one kind: more would be no question any more, and their sum has to fit an int. */
#define PROBES_MAX (1 << 20)

/* What a packet of an Ethernet frame's size counts, for the limit that was one of packets once. */
#define UNRES_PACKET SKB_TRUESIZE(ETH_FRAME_LEN)

/**
 * struct neigh_var - one name of a setting
 * @name: in the file system
 * @var: NEIGH_VAR_*
 * @scale: units of the setting in one of the text
 * @least: that may be set, in units of the text
 */
struct neigh_var {
	const char *name;
	int var;
	int scale;
	int least;
};

static const struct neigh_var neigh_vars[] = {
	{ "mcast_solicit", NEIGH_VAR_MCAST_PROBES, 1, 0 },
	{ "ucast_solicit", NEIGH_VAR_UCAST_PROBES, 1, 0 },
	{ "app_solicit", NEIGH_VAR_APP_PROBES, 1, 0 },
	{ "mcast_resolicit", NEIGH_VAR_MCAST_REPROBES, 1, 0 },
	{ "retrans_time", NEIGH_VAR_RETRANS_TIME_MS, USER_HZ_MS, 1 },
	{ "retrans_time_ms", NEIGH_VAR_RETRANS_TIME_MS, 1, 1 },
	{ "base_reachable_time", NEIGH_VAR_BASE_REACHABLE_TIME_MS, 1000, 1 },
	{ "base_reachable_time_ms", NEIGH_VAR_BASE_REACHABLE_TIME_MS, 1, 1 },
	{ "delay_first_probe_time", NEIGH_VAR_DELAY_PROBE_TIME, 1, 0 },
	{ "gc_stale_time", NEIGH_VAR_GC_STALETIME, 1, 0 },
	{ "unres_qlen", NEIGH_VAR_QUEUE_LEN_BYTES, UNRES_PACKET, 0 },
	{ "unres_qlen_bytes", NEIGH_VAR_QUEUE_LEN_BYTES, 1, 0 },
	{ "proxy_qlen", NEIGH_VAR_PROXY_QLEN, 1, 0 },
	{ "proxy_delay", NEIGH_VAR_PROXY_DELAY_MS, USER_HZ_MS, 0 },
	{ "locktime", NEIGH_VAR_LOCKTIME_MS, USER_HZ_MS, 0 },
	/* From here on: of the table, not of a device. */
	{ "gc_interval", NEIGH_VAR_GC_INTERVAL, 1, 1 },
	{ "gc_thresh1", NEIGH_VAR_GC_THRESH1, 1, 0 },
	{ "gc_thresh2", NEIGH_VAR_GC_THRESH2, 1, 0 },
	{ "gc_thresh3", NEIGH_VAR_GC_THRESH3, 1, 1 },
};

/**
 * struct neigh_sysctl - what is shown of one struct neigh_parms
 * @header: its registration
 * @table: with an empty entry at the end
 */
struct neigh_sysctl {
	struct ctl_table_header *header;
	struct ctl_table table[ARRAY_SIZE(neigh_vars) + 1];
};

static int neigh_proc_var(struct ctl_table *ctl, int write, void *buffer, size_t *lenp,
			  loff_t *ppos)
{
	struct neigh_parms *p = (struct neigh_parms *)ctl->extra1;
	const struct neigh_var *v = (const struct neigh_var *)ctl->extra2;
	int value = p->data[v->var] / v->scale, least = v->least;
	int most = v->var <= NEIGH_VAR_MCAST_REPROBES ? PROBES_MAX : INT_MAX / v->scale;
	struct ctl_table one = *ctl;
	int err;

	one.data = &value;
	one.extra1 = &least;
	one.extra2 = &most;
	err = proc_dointvec_minmax(&one, write, buffer, lenp, ppos);
	if (!err && write)
		neigh_var_set(p, v->var, value * v->scale);
	return err;
}

int neigh_sysctl_register(struct neigh_parms *parms, const char *path)
{
	struct neigh_sysctl *s = (struct neigh_sysctl *)kzalloc(sizeof(*s), GFP_KERNEL);
	char full[64 + IFNAMSIZ];

	if (!s)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(neigh_vars); i++) {
		if (parms->dev && neigh_vars[i].var >= NEIGH_VAR_GC_INTERVAL)
			break;
		s->table[i] = (struct ctl_table){
			.procname = neigh_vars[i].name,
			.data = &parms->data[neigh_vars[i].var],
			.maxlen = sizeof(int),
			.mode = 0644,
			.proc_handler = neigh_proc_var,
			.extra1 = parms,
			.extra2 = (void *)(uintptr_t)&neigh_vars[i],
		};
	}
	neigh_sysctl_unregister(parms);
	snprintf(full, sizeof(full), "%.60s/%s", path, parms->dev ? parms->dev->name : "default");
	s->header = register_net_sysctl(parms->cache->net, full, s->table);
	if (!s->header) {
		kfree(s);
		return -ENOMEM;
	}
	parms->sysctl = s;
	return 0;
}

void neigh_sysctl_unregister(struct neigh_parms *parms)
{
	struct neigh_sysctl *s = parms->sysctl;

	if (!s)
		return;
	unregister_net_sysctl_table(s->header);
	parms->sysctl = NULL;
	kfree(s);
}
