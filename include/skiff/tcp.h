/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP, RFC 9293: what a connection is made of, and what congestion controls work with. */
#ifndef SKIFF_TCP_H
#define SKIFF_TCP_H

/* With include/kernel in front, this name leads to a header that builds on this one. */
#define SKIFF_SYSTEM_HEADERS_ONLY
#include <linux/tcp.h>
#undef SKIFF_SYSTEM_HEADERS_ONLY

#include <skiff/inet_connection_sock.h>
#include <skiff/ip.h>
#include <skiff/request_sock.h>
#include <skiff/tcp_states.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SOL_TCP
#define SOL_TCP 6
#endif

/* Sockets per host, those that wait in TIME_WAIT not counted. */
#define TCP_SOCKS_MAX 4194304

#define TCP_MIN_SND_MSS 48U /* net.ipv4.tcp_min_snd_mss: less makes more header than data */
#define TCP_MIN_MSS 88U	    /* what the estimate of the peer's segment size never goes below */
#define TCP_BASE_MSS 1024   /* MTU probing begins here */
#define TCP_PROBE_INTERVAL 600
#define TCP_PROBE_THRESHOLD 8
#define TCP_FASTRETRANS_THRESH 3
#define TCP_MAX_QUICKACKS 16U
#define TCP_MAX_WSCALE 14U
#define TCP_MAX_WINDOW 32767U
#define TCP_INIT_CWND 10 /* RFC 6928 */
#define TCP_INFINITE_SSTHRESH 0x7fffffff
#define TCP_MAX_REORDERING 300
#define TCP_NUM_SACKS 4
#define TCP_SYN_RETRIES 6
#define TCP_SYNACK_RETRIES 5
#define TCP_RETR1 3
#define TCP_RETR2 15
#define TCP_TIMEWAIT_LEN (60 * HZ)
#define TCP_FIN_TIMEOUT TCP_TIMEWAIT_LEN
#define TCP_FIN_TIMEOUT_MAX (120 * HZ)
#define TCP_DELACK_MAX ((unsigned int)(HZ / 5))
#define TCP_DELACK_MIN ((unsigned int)(HZ / 25))
#define TCP_ATO_MIN ((unsigned int)(HZ / 25))
#define TCP_RTO_MAX ((unsigned int)(120 * HZ))
#define TCP_RTO_MIN ((unsigned int)(HZ / 5))
#define TCP_TIMEOUT_MIN 2U /* jiffies: what short timers are never below */
#define TCP_TIMEOUT_MIN_US 2000U
#define TCP_TIMEOUT_INIT ((unsigned int)(1 * HZ))     /* RFC 6298 section 2.1 */
#define TCP_TIMEOUT_FALLBACK ((unsigned int)(3 * HZ)) /* section 5.7 */
#define TCP_RESOURCE_PROBE_INTERVAL ((unsigned int)(HZ / 2U))
#define TCP_KEEPALIVE_TIME (120 * 60 * HZ)
#define TCP_KEEPALIVE_PROBES 9
#define TCP_KEEPALIVE_INTVL (75 * HZ)
#define MAX_TCP_KEEPIDLE 32767
#define MAX_TCP_KEEPINTVL 32767
#define MAX_TCP_KEEPCNT 127
#define MAX_TCP_SYNCNT 127
#define TCP_PAWS_WRAP (INT32_MAX / 1000)
#define TCP_PAWS_MSL 60 /* seconds */
#define TCP_PAWS_WINDOW 1
#define TCP_TS_HZ 1000 /* the timestamp clock ticks once a millisecond */
#define TCP_SYNQ_HSIZE 512
#define TCP_BASE_MIN_RTT_WLEN 300

/* Options on the wire: number, length, and length padded to words. */
#define TCPOPT_NOP 1
#define TCPOPT_EOL 0
#define TCPOPT_MSS 2
#define TCPOPT_WINDOW 3
#define TCPOPT_SACK_PERM 4
#define TCPOPT_SACK 5
#define TCPOPT_TIMESTAMP 8
#define TCPOPT_MD5SIG 19
#define TCPOPT_FASTOPEN 34
#define TCPOPT_EXP 254
#define TCPOPT_FASTOPEN_MAGIC 0xF989
#define TCPOLEN_MSS 4
#define TCPOLEN_WINDOW 3
#define TCPOLEN_SACK_PERM 2
#define TCPOLEN_TIMESTAMP 10
#define TCPOLEN_MD5SIG 18
#define TCPOLEN_FASTOPEN_BASE 2
#define TCPOLEN_EXP_FASTOPEN_BASE 4
#define TCPOLEN_TSTAMP_ALIGNED 12
#define TCPOLEN_WSCALE_ALIGNED 4
#define TCPOLEN_SACKPERM_ALIGNED 4
#define TCPOLEN_SACK_BASE 2
#define TCPOLEN_SACK_BASE_ALIGNED 4
#define TCPOLEN_SACK_PERBLOCK 8
#define TCPOLEN_MD5SIG_ALIGNED 20
#define TCPOLEN_MSS_ALIGNED 4
#define MAX_TCP_OPTION_SPACE 40

/* tcp_sock.nonagle */
#define TCP_NAGLE_OFF 1	 /* TCP_NODELAY */
#define TCP_NAGLE_CORK 2 /* TCP_CORK */
#define TCP_NAGLE_PUSH 4 /* once, because the cork was drawn */

/* Bits of tcp_skb_cb.tcp_flags: those of the header. */
#define TCPHDR_FIN 0x01
#define TCPHDR_SYN 0x02
#define TCPHDR_RST 0x04
#define TCPHDR_PSH 0x08
#define TCPHDR_ACK 0x10
#define TCPHDR_URG 0x20
#define TCPHDR_ECE 0x40
#define TCPHDR_CWR 0x80
#define TCPHDR_SYN_ECN (TCPHDR_SYN | TCPHDR_ECE | TCPHDR_CWR)

/* Bits of tcp_skb_cb.sacked. */
#define TCPCB_SACKED_ACKED 0x01	  /* SACK says it arrived */
#define TCPCB_SACKED_RETRANS 0x02 /* sent again */
#define TCPCB_LOST 0x04		  /* believed lost */
#define TCPCB_TAGBITS 0x07
#define TCPCB_REPAIRED 0x10	/* was never sent by us */
#define TCPCB_EVER_RETRANS 0x80 /* was sent again some time */
#define TCPCB_RETRANS (TCPCB_SACKED_RETRANS | TCPCB_EVER_RETRANS | TCPCB_REPAIRED)

static inline struct tcphdr *tcp_hdr(const struct sk_buff *skb)
{
	return (struct tcphdr *)(void *)skb_transport_header(skb);
}

static inline unsigned int __tcp_hdrlen(const struct tcphdr *th)
{
	return th->doff * 4u;
}

static inline unsigned int tcp_hdrlen(const struct sk_buff *skb)
{
	return __tcp_hdrlen(tcp_hdr(skb));
}

/* The flags of a header as TCPHDR_* bits. */
static inline u8 tcp_flag_byte(const struct tcphdr *th)
{
	return ((const u8 *)(const void *)th)[13];
}

/* Sequence numbers wrap, RFC 9293 section 3.4. */
static inline bool before(u32 seq1, u32 seq2)
{
	return (s32)(seq1 - seq2) < 0;
}
#define after(seq2, seq1) before(seq1, seq2)

/* Is @seq1 between @seq2 and @seq3, both included? */
static inline bool between(u32 seq1, u32 seq2, u32 seq3)
{
	return seq3 - seq2 >= seq1 - seq2;
}

/**
 * struct tcp_skb_cb - what TCP notes in skb->cb
 * @seq: first sequence number
 * @end_seq: behind the last one; SYN and FIN count
 * @tcp_tw_isn: received SYN: initial sequence number that TIME_WAIT asks for, 0: none
 * @tcp_gso_segs: to be sent: segments that it is cut into
 * @tcp_gso_size: bytes of each
 * @tcp_flags: TCPHDR_*
 * @sacked: TCPCB_*
 * @ip_dsfield: received: type of service
 * @txstamp_ack: SCM_TSTAMP_ACK is wanted
 * @eor: MSG_EOR: nothing is to be appended
 * @has_rxtstamp: received: tstamp is valid
 * @unused: none
 * @ack_seq: received: the acknowledgment
 * @tx: to be sent: the delivery rate's sample when it left
 * @header: received: IP's part
 */
struct tcp_skb_cb {
	u32 seq;
	u32 end_seq;
	__extension__ union {
		u32 tcp_tw_isn;
		__extension__ struct {
			u16 tcp_gso_segs;
			u16 tcp_gso_size;
		};
	};
	u8 tcp_flags;
	u8 sacked;
	u8 ip_dsfield;
	u8 txstamp_ack : 1;
	u8 eor : 1;
	u8 has_rxtstamp : 1;
	u8 unused : 5;
	u32 ack_seq;
	__extension__ union {
		/**
		 * @is_app_limited: the program had no more to send
		 * @delivered_ce: tcp_sock.delivered_ce then
		 * @delivered: tcp_sock.delivered then
		 * @first_tx_mstamp: start of the send phase, microseconds
		 * @delivered_mstamp: when @delivered was reached
		 */
		struct {
			u32 is_app_limited : 1;
			u32 delivered_ce : 20;
			u32 unused : 11;
			u32 delivered;
			u64 first_tx_mstamp;
			u64 delivered_mstamp;
		} tx;
		union {
			struct inet_skb_parm h4;
		} header;
	};
};
#define TCP_SKB_CB(__skb) ((struct tcp_skb_cb *)(void *)&((__skb)->cb[0]))

static inline int tcp_skb_pcount(const struct sk_buff *skb)
{
	return TCP_SKB_CB(skb)->tcp_gso_segs;
}

static inline void tcp_skb_pcount_set(struct sk_buff *skb, int segs)
{
	TCP_SKB_CB(skb)->tcp_gso_segs = (u16)segs;
}

static inline void tcp_skb_pcount_add(struct sk_buff *skb, int segs)
{
	TCP_SKB_CB(skb)->tcp_gso_segs = (u16)(TCP_SKB_CB(skb)->tcp_gso_segs + segs);
}

/* Bytes of each segment, when there are several. */
static inline int tcp_skb_mss(const struct sk_buff *skb)
{
	return TCP_SKB_CB(skb)->tcp_gso_size;
}

/* Nobody may append to it. */
static inline bool tcp_skb_can_collapse_to(const struct sk_buff *skb)
{
	return likely(!TCP_SKB_CB(skb)->eor);
}

struct tcp_sack_block_wire {
	__be32 start_seq;
	__be32 end_seq;
};

struct tcp_sack_block {
	u32 start_seq;
	u32 end_seq;
};

/**
 * struct tcp_options_received - what the peer's options said
 * @ts_recent_stamp: when @ts_recent was noted, seconds; 0: never
 * @ts_recent: the timestamp to echo
 * @rcv_tsval: of this segment
 * @rcv_tsecr: and the echo in it
 * @saw_tstamp: this segment had a timestamp
 * @tstamp_ok: timestamps were agreed on
 * @dsack: a D-SACK is to be sent
 * @wscale_ok: window scaling was agreed on
 * @sack_ok: SACK was: TCP_SACK_SEEN, TCP_DSACK_SEEN
 * @snd_wscale: window scale of the peer
 * @rcv_wscale: window scale of ours
 * @saw_unknown: an option that we don't know
 * @num_sacks: blocks to be sent
 * @user_mss: TCP_MAXSEG
 * @mss_clamp: most that the peer, and @user_mss, allow
 */
struct tcp_options_received {
	int ts_recent_stamp;
	u32 ts_recent;
	u32 rcv_tsval;
	u32 rcv_tsecr;
	u16 saw_tstamp : 1;
	u16 tstamp_ok : 1;
	u16 dsack : 1;
	u16 wscale_ok : 1;
	u16 sack_ok : 3;
	u16 snd_wscale : 4;
	u16 rcv_wscale : 4;
	u8 saw_unknown : 1;
	u8 unused : 7;
	u8 num_sacks;
	u16 user_mss;
	u16 mss_clamp;
};

#define TCP_SACK_SEEN (1 << 0)
#define TCP_DSACK_SEEN (1 << 2)

/**
 * struct tcp_fastopen_cookie - of RFC 7413
 * @val: the cookie
 * @len: bytes, -1: none; 0: asked for
 * @exp: in the experimental option
 */
#define TCP_FASTOPEN_COOKIE_MIN 4
#define TCP_FASTOPEN_COOKIE_MAX 16
#define TCP_FASTOPEN_COOKIE_SIZE 8
struct tcp_fastopen_cookie {
	u8 val[TCP_FASTOPEN_COOKIE_MAX];
	s8 len;
	bool exp;
};

struct tcp_fastopen_request;
struct tcp_md5sig_info;

/**
 * struct tcp_sacks - SACK blocks (RFC 2018) of a connection that has had a loss
 * @recv_sack_cache: those that came last
 * @selective_acks: to be sent
 * @duplicate_sack: D-SACK to be sent (RFC 2883)
 * @nothing_lost: of these numbers nothing waits to be sent again; empty when it isn't known. See
 *	tcp_xmit_retransmit_queue()
 */
struct tcp_sacks {
	struct tcp_sack_block recv_sack_cache[TCP_NUM_SACKS];
	struct tcp_sack_block selective_acks[TCP_NUM_SACKS];
	struct tcp_sack_block duplicate_sack[1];
	struct tcp_sack_block nothing_lost;
};

/**
 * struct tcp_rack - RACK, RFC 8985
 * @mstamp: when the segment was sent that was delivered last, microseconds
 * @rtt_us: its round-trip time
 * @end_seq: its end
 * @last_delivered: tcp_sock.delivered when the reordering window was adapted last
 * @reo_wnd_steps: size of the reordering window in quarters of the shortest round trip
 * @reo_wnd_persist: recoveries for which it stays
 * @dsack_seen: a D-SACK came since it was adapted last
 * @advanced: @mstamp has moved on
 */
struct tcp_rack {
	u64 mstamp;
	u32 rtt_us;
	u32 end_seq;
	u32 last_delivered;
	u8 reo_wnd_steps;
	u8 reo_wnd_persist : 5;
	u8 dsack_seen : 1;
	u8 advanced : 1;
};
#define TCP_RACK_RECOVERY_THRESH 16

/* Kathleen Nichols' windowed minimum: the best of the last while in three samples. */
struct minmax_sample {
	u32 t;
	u32 v;
};
struct minmax {
	struct minmax_sample s[3];
};

static inline u32 minmax_get(const struct minmax *m)
{
	return m->s[0].v;
}

/* What tcp_sock.chrono_type counts. */
enum tcp_chrono {
	TCP_CHRONO_UNSPEC,
	TCP_CHRONO_BUSY,
	TCP_CHRONO_RWND_LIMITED,
	TCP_CHRONO_SNDBUF_LIMITED,
	__TCP_CHRONO_MAX,
};

/* tcp_sock.tsq_flags: what waits for tcp_tsq_handler(). */
#define TSQ_THROTTLED BIT(0) /* too much is queued below */
#define TSQ_QUEUED BIT(1)    /* the work is scheduled */

/**
 * struct tcp_sock - a TCP connection, or one that listens
 *
 * Names are Linux's. Sequence numbers are in host order. Packets are segments of the current MSS:
 * buffers count for as many as they are cut into. Times are in microseconds of the host's clock
 * unless the name says otherwise.
 *
 * @inet_conn: the rest; must be first
 *
 * Receiving (RFC 9293 section 3.3.1)
 * @rcv_nxt: next sequence number expected
 * @copied_seq: next one for the program
 * @rcv_wup: rcv_nxt when the window was offered last
 * @rcv_wnd: window offered last
 * @rcv_tstamp: when a segment came last, jiffies
 * @window_clamp: largest window to offer
 * @rcv_ssthresh: what the window may grow to just now
 * @scaling_ratio: part of a buffer that is data, in 1/256
 * @out_of_order_queue: by sequence number
 * @ooo_last_skb: the last one in it
 * @sacks: made when the first block comes or is to be sent, see tcp_sacks_make()
 * @rcv_rtt_est: round trip as seen by the receiver (@rtt_us times 8, @seq, @time)
 * @rcvq_space: what the program reads per round trip (@space bytes)
 * @rcv_rtt_last_tsecr: echo that @rcv_rtt_est was computed from last
 * @compressed_ack: acknowledgments held back
 * @compressed_ack_rcv_nxt: what they had said
 * @dup_ack_counter: duplicates that are sent before any is held back
 * @rcv_ooopack: segments out of order
 * @bytes_received: acknowledged ones
 * @segs_in: segments
 * @data_segs_in: those with data
 * @dsack_dups: D-SACK blocks received
 * @delivered_ce: segments delivered with congestion experienced
 * @ecn_flags: TCP_ECN_*
 * @urg_data: TCP_URG_*, and the byte
 * @urg_seq: where it is
 * @repair: reserved for TCP_REPAIR
 *
 * Sending
 * @snd_una: first sequence number not acknowledged
 * @snd_nxt: next to be sent
 * @snd_sml: end of the last small segment (Nagle)
 * @snd_wl1: sequence number of the segment that the window is from
 * @snd_wnd: window of the peer
 * @max_window: largest ever
 * @write_seq: end of what the program gave
 * @pushed_seq: end of what was marked with PSH
 * @snd_up: urgent pointer
 * @mss_cache: segment size for the path as it is
 * @advmss: that we announced
 * @tcp_header_len: header with the options of every segment
 * @gso_segs: most segments in a buffer
 * @nonagle: TCP_NAGLE_*
 * @thin_lto: TCP_THIN_LINEAR_TIMEOUTS
 * @notsent_lowat: TCP_NOTSENT_LOWAT
 * @bytes_sent: retransmissions included
 * @bytes_acked: acknowledged ones
 * @bytes_retrans: sent again
 * @segs_out: segments
 * @data_segs_out: those with data
 * @lsndtime: when data was sent last, jiffies
 * @highest_sack: buffer behind the highest SACKed one
 * @retransmit_skb_hint: where retransmission goes on
 * @tsorted_sent_queue: sent data in the order of sending
 * @tcp_wstamp_ns: earliest departure of the next segment, nanoseconds
 * @tcp_clock_cache: clock of @tcp_mstamp, nanoseconds
 * @tcp_mstamp: now, as of the last tcp_mstamp_refresh()
 * @tsq_flags: TSQ_*
 *
 * Round trip (RFC 6298)
 * @srtt_us: smoothed, times 8
 * @mdev_us: mean deviation, times 4
 * @mdev_max_us: the largest in this round
 * @rttvar_us: smoothed
 * @rtt_seq: end of this round
 * @rtt_min: least of the last minutes
 *
 * Congestion
 * @packets_out: segments sent and not acknowledged
 * @retrans_out: those sent again
 * @sacked_out: those that SACK acknowledged
 * @lost_out: those believed lost
 * @max_packets_out: most of @packets_out in this round
 * @cwnd_usage_seq: end of the round
 * @snd_cwnd: congestion window, segments
 * @snd_cwnd_cnt: parts of the next one
 * @snd_cwnd_clamp: most of it
 * @snd_cwnd_used: what was used of it while idle
 * @snd_cwnd_stamp: when it was checked last, jiffies
 * @snd_ssthresh: slow start ends here
 * @prior_cwnd: before it was reduced
 * @prior_ssthresh: and the threshold
 * @prr_delivered: segments delivered in this recovery (RFC 6937)
 * @prr_out: segments sent in it
 * @is_cwnd_limited: the window was what held it back
 * @delivered: segments delivered, ever
 * @lost: segments marked lost, ever
 * @app_limited: a sample before this of @delivered is limited by the program; 0: none
 * @first_tx_mstamp: start of the send phase of the rate sample
 * @delivered_mstamp: when @delivered changed last
 * @rate_delivered: last rate sample: segments
 * @rate_interval_us: and in which time
 * @rate_app_limited: whether it was limited by the program
 *
 * Recovery
 * @rack: RACK
 * @reordering: how far segments may be out of order before that means loss
 * @reord_seen: how often that was seen
 * @high_seq: snd_nxt when recovery began
 * @tlp_high_seq: snd_nxt when a tail loss probe was sent
 * @tlp_retrans: it was a retransmission
 * @undo_marker: snd_una when recovery began; 0: nothing to undo
 * @undo_retrans: retransmissions that may turn out to be spurious, -1: none
 * @retrans_stamp: when the first retransmission of this recovery was sent, milliseconds
 * @total_retrans: segments sent again, ever
 * @frto: F-RTO, RFC 5682, looks whether a timeout was spurious
 * @is_sack_reneg: the peer took a SACK back
 * @save_syn: TCP_SAVE_SYN
 * @saved_syn: what was saved
 *
 * Time-outs and life
 * @keepalive_time: TCP_KEEPIDLE, seconds, 0: the host's
 * @keepalive_intvl: TCP_KEEPINTVL
 * @keepalive_probes: TCP_KEEPCNT
 * @linger2: TCP_LINGER2, seconds, 0: the host's, below 0: no FIN_WAIT2 without an owner
 * @last_oow_ack_time: when a segment beyond the window was answered last, low bits of jiffies
 * @challenge_timestamp: when @challenge_count began, jiffies
 * @challenge_count: challenge acknowledgments in this second (RFC 5961 section 10)
 * @syn_data: SYN with data (Fast Open)
 * @chrono_start: when @chrono_type began, milliseconds
 * @chrono_stat: milliseconds of each
 * @rx_opt: what the peer's options said
 * @recvmsg_inq: TCP_INQ
 * @syn_fastopen: the SYN asked for a cookie or had one; _exp: in the experimental option; _ch: again,
 *                because the first one was refused
 * @syn_data_acked: its data was taken
 * @fastopen_connect: TCP_FASTOPEN_CONNECT
 * @fastopen_no_cookie: TCP_FASTOPEN_NO_COOKIE
 * @fastopen_client_fail: why Fast Open did not work, for TCP_INFO
 * @fastopen_req: data that goes with the SYN
 * @fastopen_rsk: the request of a socket that Fast Open made, until its handshake is complete
 * @chrono_type: enum tcp_chrono
 * @total_rto: timeouts, and the recoveries and milliseconds that they took: for TCP_INFO
 * @rto_stamp: when the recovery under way began, milliseconds
 * @timeout_rehash: how often a timeout has changed sk_txhash
 * @tsoffset: of our timestamps
 * @mtu_probe: sequence numbers of the probe under way
 * @md5sig_info: keys of TCP_MD5SIG, or NULL
 */
struct tcp_sock {
	struct inet_connection_sock inet_conn;

	/* what each segment in either direction touches */
	u16 tcp_header_len;
	u16 gso_segs;
	u32 mss_cache;
	u32 rcv_nxt;
	u32 copied_seq;
	u32 rcv_wup;
	u32 snd_nxt;
	u32 snd_una;
	u32 snd_sml;
	u32 snd_wl1;
	u32 snd_wnd;
	u32 max_window;
	u32 rcv_wnd;
	u32 write_seq;
	u32 pushed_seq;
	u32 rcv_tstamp;
	u32 lsndtime;
	u32 window_clamp;
	u32 rcv_ssthresh;
	u32 packets_out;
	u32 retrans_out;
	u32 sacked_out;
	u32 lost_out;
	u32 snd_cwnd;
	u32 snd_ssthresh;
	u32 srtt_us;
	u32 mdev_us;
	u32 mdev_max_us;
	u32 rttvar_us;
	u32 rtt_seq;
	struct minmax rtt_min;
	u32 app_limited;
	u64 tcp_wstamp_ns;
	u64 tcp_clock_cache;
	u64 tcp_mstamp;
	struct list_head tsorted_sent_queue;
	struct tcp_options_received rx_opt;
	u16 advmss;
	u8 scaling_ratio;
	u8 keepalive_probes;
	u8 nonagle : 4;
	u8 thin_lto : 1;
	u8 recvmsg_inq : 1;
	u8 repair : 1;
	u8 frto : 1;
	u8 syn_data : 1;
	u8 syn_fastopen : 1;
	u8 syn_fastopen_exp : 1;
	u8 syn_fastopen_ch : 1;
	u8 syn_data_acked : 1;
	u8 save_syn : 2;
	u8 is_cwnd_limited : 1;
	u8 is_sack_reneg : 1;
	u8 tlp_retrans : 1;
	u8 fastopen_connect : 1;
	u8 fastopen_no_cookie : 1;
	u8 dup_ack_counter : 2;
	u8 rate_app_limited : 1;
	u8 chrono_type : 2;
	u8 fastopen_client_fail : 2;
	u8 ecn_flags : 4;
	u8 tsq_flags;
	u8 compressed_ack;
	u16 urg_data;
	u32 notsent_lowat;

	/* counters for the program */
	u64 bytes_received;
	u64 bytes_acked;
	u64 bytes_sent;
	u64 bytes_retrans;
	u32 segs_in;
	u32 data_segs_in;
	u32 segs_out;
	u32 data_segs_out;
	u32 dsack_dups;
	u32 rcv_ooopack;
	u32 total_retrans;
	u32 delivered;
	u32 delivered_ce;
	u32 lost;
	u16 total_rto;
	u16 total_rto_recoveries;
	u32 total_rto_time;
	u32 rto_stamp;
	u32 last_oow_ack_time;

	/* congestion and recovery */
	u64 first_tx_mstamp;
	u64 delivered_mstamp;
	u32 rate_delivered;
	u32 rate_interval_us;
	u32 max_packets_out;
	u32 cwnd_usage_seq;
	u32 snd_cwnd_cnt;
	u32 snd_cwnd_clamp;
	u32 snd_cwnd_used;
	u32 snd_cwnd_stamp;
	u32 prior_cwnd;
	u32 prior_ssthresh;
	u32 prr_delivered;
	u32 prr_out;
	struct tcp_rack rack;
	u32 reordering;
	u32 reord_seen;
	u32 high_seq;
	u32 tlp_high_seq;
	u32 undo_marker;
	int undo_retrans;
	u32 retrans_stamp;
	u32 tsoffset;
	struct sk_buff *highest_sack;
	struct sk_buff *retransmit_skb_hint;
	struct tcp_sacks *sacks;
	struct rb_root out_of_order_queue;
	struct sk_buff *ooo_last_skb;
	struct {
		u32 rtt_us;
		u32 seq;
		u64 time;
	} rcv_rtt_est;
	struct {
		u32 space;
		u32 seq;
		u64 time;
	} rcvq_space;
	u32 rcv_rtt_last_tsecr;
	u32 compressed_ack_rcv_nxt;

	/* rarely */
	u32 snd_up;
	u32 urg_seq;
	u16 keepalive_time;
	u16 keepalive_intvl;
	s16 linger2;
	u16 timeout_rehash;
	u32 challenge_timestamp;
	u32 challenge_count;
	u32 chrono_start;
	u32 chrono_stat[__TCP_CHRONO_MAX - 1];
	struct {
		u32 probe_seq_start;
		u32 probe_seq_end;
	} mtu_probe;
	struct tcp_md5sig_info *md5sig_info;
	struct tcp_fastopen_request *fastopen_req;
	struct request_sock *fastopen_rsk;
	struct saved_syn *saved_syn;
};

static inline struct tcp_sock *tcp_sk(const struct sock *sk)
{
	return (struct tcp_sock *)(void *)(uintptr_t)sk;
}

/* tcp_sock.ecn_flags, RFC 3168 */
#define TCP_ECN_OK 1	     /* agreed on */
#define TCP_ECN_QUEUE_CWR 2  /* the next new segment says CWR */
#define TCP_ECN_DEMAND_CWR 4 /* say ECE until the peer says CWR */
#define TCP_ECN_SEEN 8	     /* a packet with ECT came */

/* tcp_sock.urg_data */
#define TCP_URG_VALID 0x0100
#define TCP_URG_NOTYET 0x0200
#define TCP_URG_READ 0x0400

/* Segments that are out there: sent and neither arrived nor lost. */
static inline unsigned int tcp_left_out(const struct tcp_sock *tp)
{
	return tp->sacked_out + tp->lost_out;
}

static inline unsigned int tcp_packets_in_flight(const struct tcp_sock *tp)
{
	return tp->packets_out - tcp_left_out(tp) + tp->retrans_out;
}

static inline bool tcp_in_slow_start(const struct tcp_sock *tp)
{
	return tp->snd_cwnd < tp->snd_ssthresh;
}

static inline bool tcp_in_initial_slowstart(const struct tcp_sock *tp)
{
	return tp->snd_ssthresh >= TCP_INFINITE_SSTHRESH;
}

static inline bool tcp_in_cwnd_reduction(const struct sock *sk)
{
	return (BIT(2 /* TCP_CA_CWR */) | BIT(3 /* TCP_CA_Recovery */)) &
	       BIT(inet_csk(sk)->icsk_ca_state);
}

static inline u32 tcp_snd_cwnd(const struct tcp_sock *tp)
{
	return tp->snd_cwnd;
}

static inline void tcp_snd_cwnd_set(struct tcp_sock *tp, u32 val)
{
	WARN_ON_ONCE((int)val <= 0);
	tp->snd_cwnd = val;
}

static inline u32 tcp_min_rtt(const struct tcp_sock *tp)
{
	return minmax_get(&tp->rtt_min);
}

static inline u32 tcp_stamp_us_delta(u64 t1, u64 t0)
{
	s64 delta = (s64)(t1 - t0);

	return delta > 0 ? (u32)delta : 0;
}

/**
 * tcp_is_cwnd_limited() - was the congestion window what held the sender back?
 * @sk: the socket
 *
 * In slow start half of it is enough, so that it may double.
 */
static inline bool tcp_is_cwnd_limited(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (tp->is_cwnd_limited)
		return true;
	return tcp_in_slow_start(tp) && tcp_snd_cwnd(tp) < 2 * tp->max_packets_out;
}

SKIFF_API extern struct proto tcp_prot;

/* AF_INET's operations for streams. */
SKIFF_API extern const struct proto_ops inet_stream_ops;

/* Pages of all TCP sockets of the process, and the three limits of it: net.ipv4.tcp_mem. */
SKIFF_API extern atomic_long_t tcp_memory_allocated;
SKIFF_API extern long sysctl_tcp_mem[3];

/**
 * tcp_init() - make TCP part of every host that is created from now on
 *
 * Once per process, after ipv4_init(). Return: 0 or a negative errno.
 */
SKIFF_API int tcp_init(void);

/* Forget what connections have told of peers, as their Fast Open cookies. Stack lock. */
SKIFF_API void tcp_metrics_flush_all(struct net *net);

#ifdef __cplusplus
}
#endif

#include <skiff/tcp_cong.h>

#endif /* SKIFF_TCP_H */
