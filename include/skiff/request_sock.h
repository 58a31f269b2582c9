/* SPDX-License-Identifier: BSD-2-Clause */
/* Small structures that stand for a connection before and after it has a socket. */
#ifndef SKIFF_REQUEST_SOCK_H
#define SKIFF_REQUEST_SOCK_H

#include <skiff/inet_connection_sock.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct saved_syn - the headers of a SYN (TCP_SAVE_SYN)
 * @mac_hdrlen: bytes of link-layer header
 * @network_hdrlen: bytes of IP header
 * @tcp_hdrlen: bytes of TCP header
 * @data: all three
 */
struct saved_syn {
	u32 mac_hdrlen;
	u32 network_hdrlen;
	u32 tcp_hdrlen;
	u8 data[];
};

/**
 * struct request_sock - a connection whose handshake is not complete, or that was not accepted yet
 * @__req_common: as a socket's, state TCP_NEW_SYN_RECV: it is in the same table
 * @dl_next: next in the accept queue
 * @queue_node: in request_sock_queue.requests
 * @rsk_listener: whose it is; a reference, NULL with SYN cookies
 * @mss: that the peer announced
 * @num_retrans: SYN-ACKs sent again
 * @syncookie: nothing was remembered
 * @num_timeout: timeouts of its timer
 * @ts_recent: the peer's timestamp
 * @rsk_timer: for the SYN-ACK
 * @sk: the socket that came of it
 * @saved_syn: TCP_SAVE_SYN, or NULL
 * @timeout: of the next SYN-ACK, jiffies
 * @snd_wscale: window scale that the peer announced
 * @rcv_wscale: window scale of ours
 * @tstamp_ok: the peer sent timestamps
 * @sack_ok: the peer permits SACK
 * @wscale_ok: the peer scales windows
 * @ecn_ok: the peer can do ECN
 * @acked: its handshake is complete, but nobody was there to accept it
 * @no_srccheck: any source will do
 * @tfo_listener: born by Fast Open: it has a socket and data already
 * @ir_iif: device that the SYN came from
 * @ir_mark: skb->mark of the SYN
 * @ireq_opt: IP options for the answers
 * @snt_synack: when the SYN-ACK was sent first, microseconds
 * @snt_tsval_first: timestamp in the first SYN-ACK
 * @txhash: sk_txhash of the socket to be
 * @rcv_isn: initial sequence number of the peer
 * @snt_isn: of ours
 * @ts_off: offset of our timestamps
 * @last_oow_ack_time: when a segment beyond the window was answered last
 * @rcv_nxt: the acknowledgment that is sent
 * @syn_tos: type of service of the SYN
 * @ir_id: identification of the first packet of the socket to be
 * @rsk_rcv_wnd: window to offer at first
 * @rsk_window_clamp: largest window
 */
struct request_sock {
	struct sock_common __req_common;
#define rsk_refcnt __req_common.skc_refcnt
#define rsk_hash __req_common.skc_hash
	struct request_sock *dl_next;
	struct list_head queue_node;
	struct sock *rsk_listener;
	u16 mss;
	u8 num_retrans;
	u8 syncookie : 1;
	u8 num_timeout : 7;
	u32 ts_recent;
	struct timer_list rsk_timer;
	struct sock *sk;
	struct saved_syn *saved_syn;
	unsigned long timeout;
	u16 snd_wscale : 4;
	u16 rcv_wscale : 4;
	u16 tstamp_ok : 1;
	u16 sack_ok : 1;
	u16 wscale_ok : 1;
	u16 ecn_ok : 1;
	u16 acked : 1;
	u16 no_srccheck : 1;
	u16 tfo_listener : 1;
	int ir_iif;
	u32 ir_mark;
	struct ip_options_rcu *ireq_opt;
	u64 snt_synack;
	u32 snt_tsval_first;
	u32 txhash;
	u32 rcv_isn;
	u32 snt_isn;
	u32 ts_off;
	u32 last_oow_ack_time;
	u32 rcv_nxt;
	u8 syn_tos;
	u16 ir_id;
	u32 rsk_rcv_wnd;
	u32 rsk_window_clamp;
};
#define ir_rmt_addr __req_common.skc_daddr
#define ir_loc_addr __req_common.skc_rcv_saddr
#define ir_rmt_port __req_common.skc_dport
#define ir_num __req_common.skc_num
#define ireq_family __req_common.skc_family
#define ireq_state __req_common.skc_state

static inline struct request_sock *inet_reqsk(const struct sock *sk)
{
	return (struct request_sock *)(void *)(uintptr_t)sk;
}

static inline struct sock *req_to_sk(struct request_sock *req)
{
	return (struct sock *)(void *)req;
}

/**
 * struct inet_timewait_sock - a connection that is over, but whose segments may still be about
 * @__tw_common: as a socket's, state TCP_TIME_WAIT: it is in the same table
 * @tw_substate: TCP_FIN_WAIT2 or TCP_TIME_WAIT
 * @tw_rcv_wscale: window scale of ours
 * @tw_tos: type of service of its answers
 * @tw_sport: own port, wire order
 * @tw_priority: skb->priority of its answers
 * @tw_mark: skb->mark of them
 * @tw_txhash: their hash
 * @tw_timer: when it ends
 * @tw_tb: the port that it holds
 * @tw_bind_node: among the sockets of that port
 * @tw_rcv_nxt: next sequence number expected
 * @tw_snd_nxt: next to be sent
 * @tw_rcv_wnd: window offered last
 * @tw_ts_offset: of our timestamps
 * @tw_last_oow_ack_time: when a segment beyond the window was answered last
 * @tw_ts_recent: the peer's timestamp
 * @tw_ts_recent_stamp: when that was, seconds; 0: no timestamps
 * @tw_entry_stamp: when it came into this state, milliseconds
 * @tw_md5_key: TCP_MD5SIG, or NULL
 */
struct inet_timewait_sock {
	struct sock_common __tw_common;
	volatile u8 tw_substate;
	u8 tw_rcv_wscale;
	u8 tw_tos;
	__be16 tw_sport;
	u32 tw_priority;
	u32 tw_mark;
	u32 tw_txhash;
	struct timer_list tw_timer;
	struct inet_bind_bucket *tw_tb;
	struct hlist_node tw_bind_node;
	u32 tw_rcv_nxt;
	u32 tw_snd_nxt;
	u32 tw_rcv_wnd;
	u32 tw_ts_offset;
	u32 tw_last_oow_ack_time;
	u32 tw_ts_recent;
	s64 tw_ts_recent_stamp;
	u32 tw_entry_stamp;
	struct tcp_md5sig_key *tw_md5_key;
};
#define tw_daddr __tw_common.skc_daddr
#define tw_rcv_saddr __tw_common.skc_rcv_saddr
#define tw_dport __tw_common.skc_dport
#define tw_num __tw_common.skc_num
#define tw_family __tw_common.skc_family
#define tw_state __tw_common.skc_state
#define tw_refcnt __tw_common.skc_refcnt
#define tw_hash __tw_common.skc_hash
#define tw_net __tw_common.skc_net
#define tw_bound_dev_if __tw_common.skc_bound_dev_if

static inline struct inet_timewait_sock *inet_twsk(const struct sock *sk)
{
	return (struct inet_timewait_sock *)(void *)(uintptr_t)sk;
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_REQUEST_SOCK_H */
