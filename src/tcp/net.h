/* SPDX-License-Identifier: BSD-2-Clause */
/* What TCP keeps per host. */
#ifndef SKIFF_TCP_NET_H
#define SKIFF_TCP_NET_H

#include <skiff/mm.h>
#include <skiff/random.h>
#include <skiff/sysctl.h>

#include "tcp/tables.h"

/**
 * struct tcp_port_offset - where the ports of connections to a peer lie: of the last one
 * @saddr: from there
 * @daddr: to there
 * @dport: and that port
 * @offset: a secret function of those
 */
struct tcp_port_offset {
	__be32 saddr;
	__be32 daddr;
	__be16 dport;
	u64 offset;
};

/**
 * struct tcp_net - a host's TCP: its settings, net.ipv4.tcp_* of the same names, its tables, its
 * secrets
 */
struct tcp_net {
	struct inet_hashinfo hashinfo;
	struct spares requests; /* memory for what is in the tables and no struct tcp_sock */
	struct spares timewaits;

	int sysctl_tcp_rmem[3];
	int sysctl_tcp_wmem[3];
	int sysctl_tcp_timestamps;
	int sysctl_tcp_sack;
	int sysctl_tcp_dsack;
	int sysctl_tcp_window_scaling;
	int sysctl_tcp_ecn;
	int sysctl_tcp_ecn_fallback;
	int sysctl_tcp_reordering;
	int sysctl_tcp_max_reordering;
	int sysctl_tcp_frto;
	int sysctl_tcp_early_retrans;
	int sysctl_tcp_recovery;
	int sysctl_tcp_retrans_collapse;
	int sysctl_tcp_thin_linear_timeouts;
	int sysctl_tcp_slow_start_after_idle;
	int sysctl_tcp_moderate_rcvbuf;
	int sysctl_tcp_tso_win_divisor;
	int sysctl_tcp_tso_rtt_log;
	int sysctl_tcp_min_tso_segs;
	int sysctl_tcp_autocorking;
	int sysctl_tcp_limit_output_bytes;
	int sysctl_tcp_challenge_ack_limit;
	int sysctl_tcp_min_rtt_wlen;
	int sysctl_tcp_pacing_ss_ratio;
	int sysctl_tcp_pacing_ca_ratio;
	int sysctl_tcp_invalid_ratelimit;
	int sysctl_tcp_no_metrics_save;
	int sysctl_tcp_no_ssthresh_metrics_save;
	int sysctl_tcp_adv_win_scale;
	int sysctl_tcp_app_win;
	int sysctl_tcp_stdurg;
	int sysctl_tcp_rfc1337;
	int sysctl_tcp_abort_on_overflow;
	int sysctl_tcp_workaround_signed_windows;
	int sysctl_tcp_shrink_window;
	int sysctl_tcp_mtu_probing;
	int sysctl_tcp_mtu_probe_floor;
	int sysctl_tcp_base_mss;
	int sysctl_tcp_min_snd_mss;
	int sysctl_tcp_probe_threshold;
	u32 sysctl_tcp_probe_interval;
	int sysctl_tcp_keepalive_time;	/* jiffies */
	int sysctl_tcp_keepalive_intvl; /* jiffies */
	int sysctl_tcp_keepalive_probes;
	int sysctl_tcp_syn_retries;
	int sysctl_tcp_syn_linear_timeouts;
	int sysctl_tcp_synack_retries;
	int sysctl_tcp_syncookies;
	int sysctl_tcp_retries1;
	int sysctl_tcp_retries2;
	int sysctl_tcp_orphan_retries;
	int sysctl_tcp_fin_timeout; /* jiffies */
	int sysctl_tcp_tw_reuse;
	unsigned int sysctl_tcp_tw_reuse_delay; /* milliseconds */
	int sysctl_tcp_max_tw_buckets;
	int sysctl_tcp_max_syn_backlog;
	int sysctl_tcp_max_orphans;
	int sysctl_tcp_rto_min_us;
	int sysctl_tcp_rto_max_ms;
	unsigned int sysctl_tcp_notsent_lowat;
	int sysctl_tcp_fastopen;
	int sysctl_tcp_fastopen_blackhole_timeout;
	unsigned long sysctl_tcp_comp_sack_delay_ns;
	unsigned long sysctl_tcp_comp_sack_slack_ns;
	int sysctl_tcp_comp_sack_nr;
	int sysctl_tcp_reflect_tos;
	struct tcp_congestion_ops *ca_default;

	/* secrets: initial sequence numbers (RFC 6528), timestamps, SYN cookies, Fast Open */
	siphash_key_t isn_key;
	u32 isn_count;
	siphash_key_t ts_key;
	siphash_key_t cookie_key[2];
	siphash_key_t port_key;
	struct tcp_port_offset port_offset;
	siphash_key_t fastopen_key[2];
	bool fastopen_key_set;
	bool fastopen_backup;
	/* offset of the timestamps between the two hosts that it was asked for last */
	__be32 ts_off_saddr;
	__be32 ts_off_daddr;
	u32 ts_off;

	int tw_count;
	int orphan_count;
	int sock_count;
	unsigned long tfo_active_disable_stamp;
	unsigned int tfo_active_disable_times;
	struct hlist_head *metrics; /* of paths; made when there is something to remember */
	unsigned int nr_metrics;
	struct tcp_metrics_block *last_metrics; /* the path that was asked for last, or NULL */
	/* where small writes of programs are copied to: a block, and how much of it is in use */
	struct page *frag_page;
	unsigned int frag_offset;
	struct ctl_table_header *ctl;
	struct ctl_table *table;
	struct net *net;
};

#endif /* SKIFF_TCP_NET_H */
