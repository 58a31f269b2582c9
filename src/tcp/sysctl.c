// SPDX-License-Identifier: BSD-2-Clause
/* TCP's settings, net.ipv4.tcp_*: names, defaults and limits of Linux 6.18. */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skiff/slab.h>

#include "tcp/tcp.h"

static int zero, one = 1, two = 2, four = 4, five = 5, u8_max = 255, int_max = INT_MAX;
static int syncnt_max = MAX_TCP_SYNCNT, one_day = 24 * 3600, thousand = 1000;
static int rto_max_min = 1000, rto_max_max = 120000, win_scale_min = -31, win_scale_max = 31;
static int mss_min = TCP_MIN_SND_MSS, mss_max = 65535, tw_delay_max = TCP_PAWS_MSL * 1000;

/* Each host has its own copy, whose data pointers lead to its own values. */
#define TCP_SETTING(name, type, handler, least, most)                                       \
	{                                                                                   \
#name, (void *)offsetof(struct tcp_net, sysctl_##name), sizeof(type), 0644, \
			handler, least, most                                                \
	}
#define TCP_INT(name, least, most) TCP_SETTING(name, int, proc_dointvec_minmax, least, most)

static const struct ctl_table tcp_table[] = {
	TCP_INT(tcp_timestamps, &zero, &two),
	TCP_INT(tcp_sack, &zero, &one),
	TCP_INT(tcp_dsack, &zero, &one),
	TCP_INT(tcp_window_scaling, &zero, &one),
	TCP_INT(tcp_ecn, &zero, &five),
	TCP_INT(tcp_ecn_fallback, &zero, &one),
	TCP_INT(tcp_reordering, &one, &int_max),
	TCP_INT(tcp_max_reordering, &one, &int_max),
	TCP_INT(tcp_frto, &zero, &u8_max),
	TCP_INT(tcp_early_retrans, &zero, &four),
	TCP_INT(tcp_recovery, &zero, &u8_max),
	TCP_INT(tcp_retrans_collapse, &zero, &u8_max),
	TCP_INT(tcp_thin_linear_timeouts, &zero, &u8_max),
	TCP_INT(tcp_slow_start_after_idle, &zero, &one),
	TCP_INT(tcp_no_metrics_save, &zero, &u8_max),
	TCP_INT(tcp_no_ssthresh_metrics_save, &zero, &one),
	TCP_INT(tcp_moderate_rcvbuf, &zero, &one),
	TCP_INT(tcp_tso_win_divisor, &zero, &u8_max),
	TCP_INT(tcp_tso_rtt_log, &zero, &u8_max),
	TCP_INT(tcp_min_tso_segs, &one, &u8_max),
	TCP_INT(tcp_autocorking, &zero, &one),
	TCP_INT(tcp_limit_output_bytes, &zero, &int_max),
	TCP_INT(tcp_challenge_ack_limit, &zero, &int_max),
	TCP_INT(tcp_min_rtt_wlen, &zero, &one_day),
	TCP_INT(tcp_pacing_ss_ratio, &zero, &thousand),
	TCP_INT(tcp_pacing_ca_ratio, &zero, &thousand),
	TCP_SETTING(tcp_invalid_ratelimit, int, proc_dointvec_ms_jiffies, NULL, NULL),
	/* As on Linux, nothing depends on it any more: what of a buffer is data is measured. */
	TCP_INT(tcp_adv_win_scale, &win_scale_min, &win_scale_max),
	TCP_INT(tcp_app_win, &zero, &win_scale_max),
	TCP_INT(tcp_stdurg, &zero, &one),
	TCP_INT(tcp_rfc1337, &zero, &one),
	TCP_INT(tcp_abort_on_overflow, &zero, &one),
	TCP_INT(tcp_workaround_signed_windows, &zero, &one),
	TCP_INT(tcp_shrink_window, &zero, &one),
	TCP_INT(tcp_mtu_probing, &zero, &two),
	TCP_INT(tcp_mtu_probe_floor, &mss_min, &mss_max),
	TCP_INT(tcp_base_mss, &mss_min, &mss_max),
	TCP_INT(tcp_min_snd_mss, &mss_min, &mss_max),
	TCP_INT(tcp_probe_threshold, &zero, &int_max),
	TCP_SETTING(tcp_probe_interval, u32, proc_douintvec, NULL, NULL),
	TCP_SETTING(tcp_keepalive_time, int, proc_dointvec_jiffies, NULL, NULL),
	TCP_SETTING(tcp_keepalive_intvl, int, proc_dointvec_jiffies, NULL, NULL),
	TCP_INT(tcp_keepalive_probes, &zero, &u8_max),
	TCP_INT(tcp_syn_retries, &one, &syncnt_max),
	TCP_INT(tcp_syn_linear_timeouts, &zero, &syncnt_max),
	TCP_INT(tcp_synack_retries, &zero, &u8_max),
	TCP_INT(tcp_syncookies, &zero, &two),
	TCP_INT(tcp_retries1, &zero, &u8_max),
	TCP_INT(tcp_retries2, &zero, &u8_max),
	TCP_INT(tcp_orphan_retries, &zero, &u8_max),
	TCP_SETTING(tcp_fin_timeout, int, proc_dointvec_jiffies, NULL, NULL),
	TCP_INT(tcp_tw_reuse, &zero, &two),
	TCP_INT(tcp_tw_reuse_delay, &one, &tw_delay_max),
	TCP_INT(tcp_max_tw_buckets, &zero, &int_max),
	TCP_INT(tcp_max_syn_backlog, &zero, &int_max),
	TCP_INT(tcp_max_orphans, &zero, &int_max),
	TCP_INT(tcp_rto_min_us, &one, &int_max),
	TCP_INT(tcp_rto_max_ms, &rto_max_min, &rto_max_max),
	TCP_SETTING(tcp_notsent_lowat, unsigned int, proc_douintvec, NULL, NULL),
	TCP_INT(tcp_fastopen, &zero, &int_max),
	{ "tcp_fastopen_blackhole_timeout_sec",
	  (void *)offsetof(struct tcp_net, sysctl_tcp_fastopen_blackhole_timeout), sizeof(int),
	  0644, proc_dointvec_minmax, &zero, &int_max },
	TCP_SETTING(tcp_comp_sack_delay_ns, unsigned long, proc_doulongvec_minmax, NULL, NULL),
	/* Timers are exact: they need none. */
	TCP_SETTING(tcp_comp_sack_slack_ns, unsigned long, proc_doulongvec_minmax, NULL, NULL),
	TCP_INT(tcp_comp_sack_nr, &zero, &u8_max),
	TCP_INT(tcp_reflect_tos, &zero, &one),
	{ "tcp_rmem", (void *)offsetof(struct tcp_net, sysctl_tcp_rmem), 3 * sizeof(int), 0644,
	  proc_dointvec_minmax, &one, NULL },
	{ "tcp_wmem", (void *)offsetof(struct tcp_net, sysctl_tcp_wmem), 3 * sizeof(int), 0644,
	  proc_dointvec_minmax, &one, NULL },
};

/* Congestion controls, whose names are looked up. */

static int proc_congestion(struct ctl_table *ctl, int write, void *buffer, size_t *lenp,
			   loff_t *ppos)
{
	struct tcp_net *tn = (struct tcp_net *)ctl->data;
	char name[TCP_CA_NAME_MAX];
	struct ctl_table text = { .data = name, .maxlen = sizeof(name) };
	int err;

	snprintf(name, sizeof(name), "%s", tn->ca_default ? tn->ca_default->name : "");
	err = proc_dostring(&text, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	return tcp_set_default_congestion_control(tn->net, name);
}

static int proc_available_congestion(struct ctl_table *ctl, int write, void *buffer, size_t *lenp,
				     loff_t *ppos)
{
	char names[TCP_CA_BUF_MAX];
	struct ctl_table text = { .data = names, .maxlen = sizeof(names) };

	(void)ctl;
	tcp_get_available_congestion_control(names, sizeof(names));
	return proc_dostring(&text, write, buffer, lenp, ppos);
}

static int proc_allowed_congestion(struct ctl_table *ctl, int write, void *buffer, size_t *lenp,
				   loff_t *ppos)
{
	char names[TCP_CA_BUF_MAX];
	struct ctl_table text = { .data = names, .maxlen = sizeof(names) };
	int err;

	(void)ctl;
	tcp_get_allowed_congestion_control(names, sizeof(names));
	err = proc_dostring(&text, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	return tcp_set_allowed_congestion_control(names);
}

/* Fast Open's keys: four words in hexadecimal each, the second one, if any, for what it gave before. */

static int put_key(char *text, size_t room, const siphash_key_t *key)
{
	u8 bytes[16];

	memcpy(bytes, key, sizeof(bytes));
	return snprintf(text, room,
			"%02x%02x%02x%02x-%02x%02x%02x%02x-%02x%02x%02x%02x-"
			"%02x%02x%02x%02x",
			bytes[3], bytes[2], bytes[1], bytes[0], bytes[7], bytes[6], bytes[5],
			bytes[4], bytes[11], bytes[10], bytes[9], bytes[8], bytes[15], bytes[14],
			bytes[13], bytes[12]);
}

static bool get_key(const char *text, siphash_key_t *key)
{
	u8 bytes[16];

	for (size_t i = 0; i < 4; i++) {
		char *end;
		unsigned long word = strtoul(text, &end, 16);

		if (!isxdigit((unsigned char)*text) || end - text > 8 ||
		    *end != (i < 3 ? '-' : '\0'))
			return false;
		for (size_t j = 0; j < 4; j++)
			bytes[4 * i + j] = (u8)(word >> 8 * j);
		text = end + 1;
	}
	memcpy(key, bytes, sizeof(bytes));
	return true;
}

static int set_keys(struct tcp_net *tn, char *text)
{
	char *second = strchr(text, ',');
	siphash_key_t keys[2];

	if (second)
		*second++ = 0;
	if (!get_key(text, &keys[0]) || (second && !get_key(second, &keys[1])))
		return -EINVAL;
	tn->fastopen_key[0] = keys[0];
	tn->fastopen_backup = second != NULL;
	if (second)
		tn->fastopen_key[1] = keys[1];
	tn->fastopen_key_set = true;
	return 0;
}

static int proc_fastopen_key(struct ctl_table *ctl, int write, void *buffer, size_t *lenp,
			     loff_t *ppos)
{
	struct tcp_net *tn = (struct tcp_net *)ctl->data;
	char keys[2 * 36 + 8];
	struct ctl_table text = { .data = keys, .maxlen = sizeof(keys) };
	int n, err;

	n = put_key(keys, sizeof(keys), &tn->fastopen_key[0]);
	if (tn->fastopen_backup) {
		keys[n++] = ',';
		put_key(keys + n, sizeof(keys) - (size_t)n, &tn->fastopen_key[1]);
	}
	err = proc_dostring(&text, write, buffer, lenp, ppos);
	return err || !write ? err : set_keys(tn, keys);
}

/* Those with a handler of their own; data is the host's TCP unless the table says otherwise. */
static const struct ctl_table tcp_own_table[] = {
	{ "tcp_mem", sysctl_tcp_mem, sizeof(sysctl_tcp_mem), 0644, proc_sock_mem, NULL, NULL },
	{ "tcp_congestion_control", NULL, TCP_CA_NAME_MAX, 0644, proc_congestion, NULL, NULL },
	{ "tcp_available_congestion_control", NULL, TCP_CA_BUF_MAX, 0444, proc_available_congestion,
	  NULL, NULL },
	{ "tcp_allowed_congestion_control", NULL, TCP_CA_BUF_MAX, 0644, proc_allowed_congestion,
	  NULL, NULL },
	{ "tcp_fastopen_key", NULL, 80, 0600, proc_fastopen_key, NULL, NULL },
};

/* Defaults */

static void default_segments(struct tcp_net *tn)
{
	tn->sysctl_tcp_timestamps = 1;
	tn->sysctl_tcp_sack = 1;
	tn->sysctl_tcp_dsack = 1;
	tn->sysctl_tcp_window_scaling = 1;
	tn->sysctl_tcp_ecn = 2; /* when the peer asks for it */
	tn->sysctl_tcp_ecn_fallback = 1;
	tn->sysctl_tcp_moderate_rcvbuf = 1;
	tn->sysctl_tcp_no_ssthresh_metrics_save = 1;
	tn->sysctl_tcp_adv_win_scale = 1;
	tn->sysctl_tcp_app_win = 31;
	tn->sysctl_tcp_base_mss = TCP_BASE_MSS;
	tn->sysctl_tcp_min_snd_mss = TCP_MIN_SND_MSS;
	tn->sysctl_tcp_mtu_probe_floor = TCP_MIN_SND_MSS;
	tn->sysctl_tcp_probe_threshold = TCP_PROBE_THRESHOLD;
	tn->sysctl_tcp_probe_interval = TCP_PROBE_INTERVAL;
	tn->sysctl_tcp_tso_win_divisor = 3;
	tn->sysctl_tcp_tso_rtt_log = 9; /* 512 us */
	tn->sysctl_tcp_min_tso_segs = 2;
	tn->sysctl_tcp_autocorking = 1;
	tn->sysctl_tcp_limit_output_bytes = 4 * 1048576;
	tn->sysctl_tcp_notsent_lowat = UINT_MAX;
	tn->sysctl_tcp_invalid_ratelimit = HZ / 2;
	tn->sysctl_tcp_challenge_ack_limit = INT_MAX;
	tn->sysctl_tcp_comp_sack_delay_ns = NSEC_PER_MSEC;
	tn->sysctl_tcp_comp_sack_slack_ns = 100 * NSEC_PER_USEC;
	tn->sysctl_tcp_comp_sack_nr = 44;
	memcpy(tn->sysctl_tcp_rmem, (const int[3]){ 4096, 131072, 32 << 20 },
	       sizeof(tn->sysctl_tcp_rmem));
	memcpy(tn->sysctl_tcp_wmem, (const int[3]){ 4096, 16384, 4 << 20 },
	       sizeof(tn->sysctl_tcp_wmem));
}

static void default_recovery(struct tcp_net *tn)
{
	tn->sysctl_tcp_reordering = TCP_FASTRETRANS_THRESH;
	tn->sysctl_tcp_max_reordering = TCP_MAX_REORDERING;
	tn->sysctl_tcp_frto = 2;
	tn->sysctl_tcp_early_retrans = 3;
	tn->sysctl_tcp_recovery = 1; /* RACK */
	tn->sysctl_tcp_retrans_collapse = 1;
	tn->sysctl_tcp_slow_start_after_idle = 1;
	tn->sysctl_tcp_min_rtt_wlen = TCP_BASE_MIN_RTT_WLEN;
	tn->sysctl_tcp_pacing_ss_ratio = 200;
	tn->sysctl_tcp_pacing_ca_ratio = 120;
	tn->sysctl_tcp_rto_min_us = (int)jiffies_to_usecs(TCP_RTO_MIN);
	tn->sysctl_tcp_rto_max_ms = (int)jiffies_to_msecs(TCP_RTO_MAX);
}

static void default_life(struct tcp_net *tn)
{
	tn->sysctl_tcp_keepalive_time = TCP_KEEPALIVE_TIME;
	tn->sysctl_tcp_keepalive_intvl = TCP_KEEPALIVE_INTVL;
	tn->sysctl_tcp_keepalive_probes = TCP_KEEPALIVE_PROBES;
	tn->sysctl_tcp_syn_retries = TCP_SYN_RETRIES;
	tn->sysctl_tcp_syn_linear_timeouts = 4;
	tn->sysctl_tcp_synack_retries = TCP_SYNACK_RETRIES;
	tn->sysctl_tcp_syncookies = 1;
	tn->sysctl_tcp_retries1 = TCP_RETR1;
	tn->sysctl_tcp_retries2 = TCP_RETR2;
	tn->sysctl_tcp_fin_timeout = TCP_FIN_TIMEOUT;
	tn->sysctl_tcp_tw_reuse = 2;
	tn->sysctl_tcp_tw_reuse_delay = 1000;
	/* Linux goes by the machine's memory; these are the values of one with 8 GB. */
	tn->sysctl_tcp_max_tw_buckets = 262144;
	tn->sysctl_tcp_max_orphans = 262144;
	tn->sysctl_tcp_max_syn_backlog = 4096;
	tn->sysctl_tcp_fastopen = 1; /* as a client */
	tn->ca_default = &tcp_cubic;
}

static void fill_table(struct tcp_net *tn)
{
	struct ctl_table *t = tn->table;

	memcpy(t, tcp_table, sizeof(tcp_table));
	for (size_t i = 0; i < ARRAY_SIZE(tcp_table); i++, t++)
		t->data = (char *)tn + (uintptr_t)t->data;
	memcpy(t, tcp_own_table, sizeof(tcp_own_table));
	for (size_t i = 0; i < ARRAY_SIZE(tcp_own_table); i++, t++)
		if (!t->data)
			t->data = tn;
}

int tcp_sysctl_init(struct net *net, struct tcp_net *tn)
{
	default_segments(tn);
	default_recovery(tn);
	default_life(tn);
	tn->table =
		(struct ctl_table *)kcalloc(ARRAY_SIZE(tcp_table) + ARRAY_SIZE(tcp_own_table) + 1,
					    sizeof(*tn->table), GFP_KERNEL);
	if (!tn->table)
		return -ENOMEM;
	fill_table(tn);
	tn->ctl = register_net_sysctl(net, "net/ipv4", tn->table);
	if (tn->ctl)
		return 0;
	kfree(tn->table);
	tn->table = NULL;
	return -ENOMEM;
}

void tcp_sysctl_exit(struct tcp_net *tn)
{
	if (tn->ctl)
		unregister_net_sysctl_table(tn->ctl);
	tn->ctl = NULL;
	kfree(tn->table);
	tn->table = NULL;
}
