/* SPDX-License-Identifier: BSD-2-Clause */
/* struct sock: the protocol side of a socket, and the memory that its packets tie up. */
#ifndef SKIFF_SOCK_H
#define SKIFF_SOCK_H

#include <time.h>

#include <linux/errqueue.h>
#include <netinet/in.h>

#include <skiff/dst.h>
#include <skiff/list.h>
#include <skiff/net_namespace.h>
#include <skiff/netdev_features.h>
#include <skiff/skbuff.h>
#include <skiff/spinlock.h>
#include <skiff/timer.h>
#include <skiff/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct proto;
struct sock_reuseport;
struct proto_ops;
struct sk_filter;
struct socket;

/*
 * Accounting
 *
 * Every buffer that waits for the program is charged to sk_rmem_alloc, every one that was sent and
 * not yet released to sk_wmem_alloc, both by truesize; the buffer's destructor uncharges. A full
 * receive queue (sk_rcvbuf) drops, a full send buffer (sk_sndbuf) refuses.
 *
 * Lifetime
 *
 * sk_refcnt counts who refers to the socket. Its last reference ends the socket, but the memory
 * stays until the last buffer that is charged to it is gone: sk_wmem_alloc starts at 1, which
 * stands for sk_refcnt, and sk_rmem_alloc is looked at last.
 *
 * Unless noted, functions are called under the stack lock of the socket's host. Destructors of
 * buffers run in whichever thread drops the buffer: they touch the counters only.
 */

/**
 * struct sock_common - what look-ups need: addresses, ports, device
 * @skc_node: in the protocol's hash table
 * @skc_refcnt: see above
 * @skc_daddr: peer, IPv4 (0: none)
 * @skc_rcv_saddr: own address, IPv4 (0: any)
 * @skc_dport: peer's port, wire order
 * @skc_num: own port, host order
 * @skc_family: AF_*
 * @skc_state: TCP_* state; protocols without states use 1 and 7 for connected and not
 * @skc_reuse: SO_REUSEADDR
 * @skc_reuseport: SO_REUSEPORT
 * @skc_ipv6only: IPV6_V6ONLY
 * @skc_bound_dev_if: the only device that it uses, 0 for all
 * @skc_hash: of the flow
 * @skc_incoming_cpu: SO_INCOMING_CPU, -1: not known; of a full socket
 * @skc_prot: its protocol
 * @skc_net: its host
 * @skc_cookie: identifies the socket for as long as the host lives
 */
struct sock_common {
	struct hlist_node skc_node;
	refcount_t skc_refcnt;
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_reuse : 4;
	unsigned char skc_reuseport : 1;
	unsigned char skc_ipv6only : 1;
	int skc_bound_dev_if;
	unsigned int skc_hash;
	int skc_incoming_cpu;
	struct proto *skc_prot;
	struct net *skc_net;
	__u64 skc_cookie;
};

/* sk_shutdown */
#define RCV_SHUTDOWN 1
#define SEND_SHUTDOWN 2
#define SHUTDOWN_MASK 3

/* sk_userlocks: sizes that the program chose and the protocol leaves alone. */
#define SOCK_SNDBUF_LOCK 1
#define SOCK_RCVBUF_LOCK 2
/* Address and port that the program chose and connect() leaves alone. */
#define SOCK_BINDADDR_LOCK 4
#define SOCK_BINDPORT_LOCK 8

/* Limits of SO_SNDBUF and SO_RCVBUF: two packets fit always. */
#define SOCK_MIN_SNDBUF (2 * SKB_TRUESIZE(2048))
#define SOCK_MIN_RCVBUF 2304

/* sk_pacing_status */
#define SK_PACING_NONE 0
#define SK_PACING_NEEDED 1 /* the protocol does it */
#define SK_PACING_FQ 2	   /* the device's queue does it */

/* Bits of sk_flags. */
enum sock_flags {
	SOCK_DEAD, /* the program is gone: no callbacks */
	SOCK_DONE,
	SOCK_URGINLINE,
	SOCK_KEEPOPEN,
	SOCK_LINGER,
	SOCK_DESTROY,
	SOCK_BROADCAST,
	SOCK_TIMESTAMP,
	SOCK_ZAPPED,
	SOCK_USE_WRITE_QUEUE, /* sk_write_space() is the protocol's business */
	SOCK_DBG,
	SOCK_RCVTSTAMP,
	SOCK_RCVTSTAMPNS,
	SOCK_LOCALROUTE,
	SOCK_RXQ_OVFL,
	SOCK_ZEROCOPY,
	SOCK_WIFI_STATUS,
	SOCK_NOFCS,
	SOCK_SELECT_ERR_QUEUE,
	SOCK_RCU_FREE,
	SOCK_TXTIME,
	SOCK_FILTER_LOCKED, /* the program may not change the filter any more */
	SOCK_TSTAMP_NEW,
	SOCK_NOSPACE_WAIT, /* somebody waits for room in the send buffer */
	SOCK_RCVMARK,
	SOCK_TIMESTAMPING_RX_SOFTWARE,
	SOCK_RCVPRIORITY,
	SOCK_PREFER_BUSY_POLL,
};

/**
 * struct sock - the protocol side of a socket
 * @sk_receive_queue: packets for the program
 * @sk_error_queue: errors and timestamps for the program
 * @sk_write_queue: packets not yet sent
 * @sk_rmem_alloc: bytes of packets for the program
 * @sk_wmem_alloc: bytes of packets under way, plus 1 while sk_refcnt is not 0
 * @sk_omem_alloc: bytes of options
 * @sk_forward_alloc: bytes that the protocol granted and that are not used; any thread, atomically
 * @sk_host_mem: the account of its host, NULL when that has no limit
 * @sk_rcvbuf: limit of sk_rmem_alloc
 * @sk_sndbuf: limit of sk_wmem_alloc
 * @sk_rcvlowat: bytes that make it readable
 * @sk_drops: packets dropped because it was full
 * @sk_err: pending error, positive errno; told once
 * @sk_err_soft: an error that need not last
 * @sk_shutdown: *_SHUTDOWN
 * @sk_userlocks: SOCK_*BUF_LOCK
 * @sk_type: SOCK_STREAM, ...
 * @sk_protocol: IPPROTO_*
 * @sk_flags: bit per enum sock_flags
 * @sk_no_check_tx: send without checksum
 * @sk_no_check_rx: accept without checksum
 * @sk_kern_sock: belongs to the stack, not to a program
 * @sk_priority: of its packets
 * @sk_mark: of its packets
 * @sk_tsflags: SOF_TIMESTAMPING_*
 * @sk_tskey: counts packets or bytes for timestamps
 * @sk_zckey: counts calls with MSG_ZEROCOPY
 * @sk_clockid: SO_TXTIME: the clock of the times that packets are to leave at
 * @sk_txtime_flags: SOF_TXTIME_*
 * @sk_allocation: flags for allocations
 * @sk_ack_backlog: connections that wait to be accepted
 * @sk_max_ack_backlog: limit of them
 * @sk_rcvtimeo: nanoseconds that a read waits
 * @sk_sndtimeo: nanoseconds that a write waits
 * @sk_stamp: time of the packet read last
 * @sk_dst_cache: route of its packets
 * @sk_reuseport_cb: SO_REUSEPORT group that it is in
 * @sk_filter: chooses what it gets, NULL for all
 * @sk_lingertime: seconds that a close waits for what was not sent, with SOCK_LINGER
 * @sk_wmem_queued: bytes of a stream that were taken from the program and not acknowledged, by truesize
 * @tcp_rtx_queue: of these what was sent, by sequence number
 * @sk_pacing_rate: bytes per second that it sends at; all ones: no limit
 * @sk_max_pacing_rate: SO_MAX_PACING_RATE
 * @sk_pacing_status: SK_PACING_*
 * @sk_dst_pending_confirm: the next hop lives, which its neighbour entry is told by the next packet
 * @sk_pacing_shift: a stream queues up to sk_pacing_rate >> this below itself
 * @sk_gso_disabled: never more than one packet in a buffer
 * @sk_gso_type: SKB_GSO_* of its packets
 * @sk_gso_max_segs: most packets in a buffer that its route takes
 * @sk_gso_max_size: most bytes of payload in it
 * @sk_route_caps: features of the device that its route leads to
 * @sk_timer: for the protocol
 * @sk_txhash: random, chooses among paths and queues
 * @sk_txrehash: SO_TXREHASH: choose anew after a timeout
 * @sk_write_pending: calls that wait to send; any thread, atomically
 * @sk_peek_off: where the next peek begins, -1: always at the start
 * @sk_ll_usec: microseconds that a read polls the devices before it sleeps
 * @sk_callback_lock: guards @sk_socket against sk_write_space() in another thread
 * @sk_socket: file side, NULL when there is none
 * @sk_user_data: for the layer above
 * @sk_state_change: connected, closed, ...
 * @sk_data_ready: the receive queue got a packet
 * @sk_write_space: room in the send buffer; sock_def_write_space() is called by any thread that
 *                  frees a buffer, any other one later, under the stack lock, outside of all loops
 * @sk_space_work: calls it then; with SOCK_USE_WRITE_QUEUE it is for the protocol
 * @sk_error_report: sk_err or the error queue has something; as @sk_write_space when memory that was sent
 *                   with MSG_ZEROCOPY is the program's again
 * @sk_error_work: calls it then
 * @sk_destruct: the last reference is gone; any thread when buffers outlived it
 */
struct sock {
	struct sock_common __sk_common;
#define sk_node __sk_common.skc_node
#define sk_refcnt __sk_common.skc_refcnt
#define sk_daddr __sk_common.skc_daddr
#define sk_rcv_saddr __sk_common.skc_rcv_saddr
#define sk_dport __sk_common.skc_dport
#define sk_num __sk_common.skc_num
#define sk_family __sk_common.skc_family
#define sk_state __sk_common.skc_state
#define sk_reuse __sk_common.skc_reuse
#define sk_reuseport __sk_common.skc_reuseport
#define sk_ipv6only __sk_common.skc_ipv6only
#define sk_bound_dev_if __sk_common.skc_bound_dev_if
#define sk_hash __sk_common.skc_hash
#define sk_incoming_cpu __sk_common.skc_incoming_cpu
#define sk_prot __sk_common.skc_prot
#define sk_net __sk_common.skc_net
#define sk_cookie __sk_common.skc_cookie
	struct sk_buff_head sk_receive_queue;
	struct sk_buff_head sk_error_queue;
	struct sk_buff_head sk_write_queue;
	atomic_t sk_rmem_alloc;
	refcount_t sk_wmem_alloc;
	struct net_mem *sk_host_mem;
	atomic_t sk_omem_alloc;
	int sk_forward_alloc;
	int sk_rcvbuf;
	int sk_sndbuf;
	int sk_rcvlowat;
	atomic_t sk_drops;
	int sk_err;
	int sk_err_soft;
	u8 sk_shutdown;
	u8 sk_no_check_tx : 1;
	u8 sk_no_check_rx : 1;
	u8 sk_kern_sock : 1;
	u8 sk_gso_disabled : 1;
	u8 sk_userlocks : 4;
	u16 sk_type;
	u16 sk_protocol;
	u8 sk_txrehash : 1;
	u8 sk_txtime_flags : 2;
	u8 sk_dst_pending_confirm : 1;
	u8 sk_pacing_status;
	unsigned long sk_flags;
	__u32 sk_priority;
	__u32 sk_mark;
	u32 sk_tsflags;
	atomic_t sk_tskey;
	u32 sk_zckey;
	u8 sk_clockid;
	u8 sk_pacing_shift;
	u16 sk_gso_max_segs;
	gfp_t sk_allocation;
	u32 sk_ack_backlog;
	u32 sk_max_ack_backlog;
	int sk_wmem_queued;
	s64 sk_rcvtimeo;
	s64 sk_sndtimeo;
	ktime_t sk_stamp __aligned(8); /* stored and loaded whole */
	struct dst_entry *sk_dst_cache;
	struct sock_reuseport *sk_reuseport_cb;
	struct sk_filter *sk_filter;
	struct rb_root tcp_rtx_queue;
	unsigned long sk_pacing_rate;
	unsigned long sk_max_pacing_rate;
	unsigned int sk_gso_max_size;
	int sk_gso_type;
	netdev_features_t sk_route_caps;
	struct timer_list sk_timer;
	u32 sk_txhash;
	int sk_peek_off;
	unsigned int sk_ll_usec;
	int sk_write_pending;
	unsigned int sk_lingertime;
	spinlock_t sk_callback_lock;
	struct socket *sk_socket;
	void *sk_user_data;
	void (*sk_state_change)(struct sock *sk);
	void (*sk_data_ready)(struct sock *sk);
	void (*sk_write_space)(struct sock *sk);
	struct net_work sk_space_work;
	struct net_work sk_error_work;
	void (*sk_error_report)(struct sock *sk);
	void (*sk_destruct)(struct sock *sk);
};

/**
 * struct proto - a protocol's side of its sockets
 * @name: as in /proc/net/protocols
 * @obj_size: bytes of the protocol's structure, whose first member is the struct sock; 0: no more
 * @init: a socket was made. Return: 0 or -errno, and it is not made
 * @destroy: its last reference is gone
 * @close: the program closed it
 * @hash: enter it into the tables
 * @unhash: take it out
 * @get_port: bind to a port, 0 chooses one. Return: 0 or -errno
 * @connect: the peer's address is known from now on. Return: 0, -EINPROGRESS or -errno
 * @disconnect: it is not any more (AF_UNSPEC). Return: 0 or -errno
 * @shutdown: the program shut down one direction or both: *_SHUTDOWN; may be NULL
 * @keepalive: SO_KEEPALIVE is about to be switched on or off; may be NULL
 * @set_tskey: SOF_TIMESTAMPING_OPT_ID: set sk_tskey to where bytes are counted from, the first that is not
 *             acknowledged or (@unsent) not written; NULL: packets are counted, from 0
 * @bind: to an address, where that differs from what the family does; may be NULL
 * @ioctl: of its own; *@karg is what the program gave and gets back. Return: 0 or -errno
 * @setsockopt: options of its own level
 * @getsockopt: the same
 * @sendmsg: as proto_ops.sendmsg, which calls it, for the lock as well
 * @recvmsg: as proto_ops.recvmsg
 * @send_skb: as proto_ops.send_skb, with the lock; may be NULL
 * @memory_allocated: pages that all sockets of the protocol hold; NULL: not limited
 * @sysctl_mem: three limits of it in pages: no pressure, pressure, no more
 * @memory_pressure: not 0 from when the second is exceeded until the first is not any more
 * @enter_memory_pressure: sets it, by any thread, also when it is set
 * @leave_memory_pressure: clears it, in the same way
 */
struct proto {
	char name[32];
	unsigned int obj_size;
	int (*init)(struct sock *sk);
	void (*destroy)(struct sock *sk);
	void (*close)(struct sock *sk, long timeout);
	int (*hash)(struct sock *sk);
	void (*unhash)(struct sock *sk);
	int (*get_port)(struct sock *sk, unsigned short snum);
	int (*connect)(struct sock *sk, struct sockaddr *uaddr, int addr_len);
	int (*disconnect)(struct sock *sk, int flags);
	void (*shutdown)(struct sock *sk, int how);
	void (*keepalive)(struct sock *sk, int val);
	int (*set_tskey)(struct sock *sk, bool unsent);
	int (*bind)(struct sock *sk, struct sockaddr *addr, int addr_len);
	int (*ioctl)(struct sock *sk, int cmd, int *karg);
	int (*setsockopt)(struct sock *sk, int level, int optname, const void *optval,
			  unsigned int optlen);
	int (*getsockopt)(struct sock *sk, int level, int optname, void *optval, int *optlen);
	int (*sendmsg)(struct sock *sk, struct skiff_msghdr *msg, size_t len);
	int (*recvmsg)(struct sock *sk, struct skiff_msghdr *msg, size_t len, int flags,
		       int *addr_len);
	int (*send_skb)(struct sock *sk, struct skiff_msghdr *msg, struct sk_buff *skb);
	atomic_long_t *memory_allocated;
	long *sysctl_mem;
	unsigned long *memory_pressure;
	void (*enter_memory_pressure)(struct sock *sk);
	void (*leave_memory_pressure)(struct sock *sk);
};

/**
 * struct sock_limits - a host's settings for its sockets, net.core.* of the same names
 * @rmem_default: sk_rcvbuf of a new socket, bytes
 * @wmem_default: sk_sndbuf of a new socket, bytes
 * @rmem_max: the most that SO_RCVBUF asks for, bytes, before it is doubled
 * @wmem_max: the most that SO_SNDBUF asks for
 * @optmem_max: bytes of options, filters and control messages that one socket may hold
 * @somaxconn: longest backlog of listen()
 * @busy_read: sk_ll_usec of a new socket
 */
struct sock_limits {
	int rmem_default;
	int wmem_default;
	int rmem_max;
	int wmem_max;
	int optmem_max;
	int somaxconn;
	int busy_read;
};

/* The host's; Linux's defaults for a @net of NULL or without the settings. Stack lock to change. */
SKIFF_API struct sock_limits *sock_limits(const struct net *net);

/* Give every host the settings. Any thread that holds no stack lock. Return: as pernet's. */
SKIFF_API int skiff_sock_init(void);

/* sk_stamp of a socket that has received nothing. */
#define SK_DEFAULT_STAMP (-1LL)

/**
 * sk_alloc() - make a socket
 * @net: its host
 * @family: AF_*
 * @priority: allocation flags
 * @prot: its protocol
 * @kern: belongs to the stack, not to a program
 *
 * All zero but for that; sock_init_data() follows. The caller owns the only reference.
 * Return: NULL without memory.
 */
SKIFF_API struct sock *sk_alloc(struct net *net, int family, gfp_t priority, struct proto *prot,
				int kern);

/**
 * sock_init_data() - give a socket its queues, limits and callbacks
 * @sock: file side, which gets to know @sk; or NULL
 * @sk: from sk_alloc()
 *
 * The callbacks tell the file side, when there is one at that moment.
 */
SKIFF_API void sock_init_data(struct socket *sock, struct sock *sk);

/**
 * sk_clone() - make a socket like another one, for a connection that it took
 * @sk: the other one, of the same protocol
 * @priority: allocation flags
 *
 * Options and limits are the other's, filter and interest in times of arrival included; queues,
 * accounts, error, file side and callbacks' memory are its own and empty. What the protocol keeps
 * is copied as it is: the caller sets what must not be shared. Stack lock.
 *
 * Return: the socket with one reference for the caller, or NULL without memory.
 */
SKIFF_API struct sock *sk_clone(const struct sock *sk, gfp_t priority);

/**
 * sk_free() - the last reference to a socket is gone
 * @sk: the socket
 *
 * Its queues are emptied, then sk_destruct() and proto.destroy() are called, and the memory is
 * released; all of that when the last sent buffer charged to it is gone, in that buffer's thread.
 * Memory to which received buffers are still charged waits for them. sock_put() calls this.
 */
SKIFF_API void sk_free(struct sock *sk);

/* Any thread. */
static inline void sock_hold(struct sock *sk)
{
	refcount_inc(&sk->sk_refcnt);
}

static inline void sock_put(struct sock *sk)
{
	if (refcount_dec_and_test(&sk->sk_refcnt))
		sk_free(sk);
}

static inline struct net *sock_net(const struct sock *sk)
{
	return sk->sk_net;
}

static inline void sock_net_set(struct sock *sk, struct net *net)
{
	sk->sk_net = net;
}

/* Other threads change sk_flags and sk_forward_alloc, too; where there is none, plain stores do. */
static inline void sock_set_flag(struct sock *sk, enum sock_flags flag)
{
	if (skiff_single_threaded())
		sk->sk_flags |= 1UL << flag;
	else
		__atomic_fetch_or(&sk->sk_flags, 1UL << flag, __ATOMIC_RELAXED);
}

static inline void sock_reset_flag(struct sock *sk, enum sock_flags flag)
{
	if (skiff_single_threaded())
		sk->sk_flags &= ~(1UL << flag);
	else
		__atomic_fetch_and(&sk->sk_flags, ~(1UL << flag), __ATOMIC_RELAXED);
}

static inline void sock_valbool_flag(struct sock *sk, enum sock_flags flag, int valbool)
{
	if (valbool)
		sock_set_flag(sk, flag);
	else
		sock_reset_flag(sk, flag);
}

static inline bool sock_flag(const struct sock *sk, enum sock_flags flag)
{
	return READ_ONCE(sk->sk_flags) >> flag & 1;
}

static inline void sk_set_socket(struct sock *sk, struct socket *sock)
{
	sk->sk_socket = sock;
}

/* Cut the socket off from the program. No callback reaches the file side afterwards. */
static inline void sock_orphan(struct sock *sk)
{
	spin_lock(&sk->sk_callback_lock);
	sock_set_flag(sk, SOCK_DEAD);
	sk_set_socket(sk, NULL);
	spin_unlock(&sk->sk_callback_lock);
}

/* Give a socket that the family made, as one that was accepted, its file side. */
SKIFF_API void sock_graft(struct sock *sk, struct socket *parent);

/* Forget the route; the next packet asks for one. */
static inline void sk_dst_reset(struct sock *sk)
{
	sk->sk_dst_pending_confirm = 0;
	dst_release(sk->sk_dst_cache);
	sk->sk_dst_cache = NULL;
}

/* Remember a route; the reference to @dst becomes the socket's. */
static inline void sk_dst_set(struct sock *sk, struct dst_entry *dst)
{
	sk->sk_dst_pending_confirm = 0;
	dst_release(sk->sk_dst_cache);
	sk->sk_dst_cache = dst;
}

/* The peer has made progress by the remembered route: its next hop lives. Stack lock. */
static inline void sk_dst_confirm(struct sock *sk)
{
	sk->sk_dst_pending_confirm = 1;
}

/* The remembered route, with a reference for the caller, or NULL when there is none that is good. */
static inline struct dst_entry *sk_dst_check(struct sock *sk, u32 cookie)
{
	struct dst_entry *dst = sk->sk_dst_cache;

	if (!dst)
		return NULL;
	if (!dst_check(dst, cookie)) {
		sk_dst_reset(sk);
		return NULL;
	}
	dst_hold(dst);
	return dst;
}
/* The socket's number for SO_COOKIE, never 0; given on the first call. */
SKIFF_API u64 sock_gen_cookie(struct sock *sk);

/* What the two below count is in the account of the host as well, if it has a limit. Any thread. */
static inline void sk_host_charge(struct sock *sk, int bytes)
{
	if (unlikely(sk->sk_host_mem))
		atomic_long_add(bytes, &sk->sk_host_mem->used);
}

/* Whether a host has used up its memory: its sockets neither send nor receive until it is less. */
static inline bool sk_host_full(const struct sock *sk)
{
	return unlikely(sk->sk_host_mem) &&
	       atomic_long_read(&sk->sk_host_mem->used) >= (long)sk->sk_host_mem->limit;
}

/* A buffer that is charged for sending has grown. */
static inline void sk_wmem_grown(struct sock *sk, int bytes)
{
	refcount_add(bytes, &sk->sk_wmem_alloc);
	sk_host_charge(sk, bytes);
}

/* Bytes under way, without the one that stands for the references. */
static inline int sk_wmem_alloc_get(const struct sock *sk)
{
	return (int)refcount_read(&sk->sk_wmem_alloc) - 1;
}

static inline int sk_rmem_alloc_get(const struct sock *sk)
{
	return atomic_read(&sk->sk_rmem_alloc);
}

static inline bool sk_has_allocations(const struct sock *sk)
{
	return sk_wmem_alloc_get(sk) || sk_rmem_alloc_get(sk);
}

/* Whether a program should be told that it can write: half of the send buffer is free. */
static inline bool sock_writeable(const struct sock *sk)
{
	return (int)refcount_read(&sk->sk_wmem_alloc) < (READ_ONCE(sk->sk_sndbuf) >> 1);
}

/* Room in the send buffer in bytes. */
static inline int sock_wspace(const struct sock *sk)
{
	int room = READ_ONCE(sk->sk_sndbuf) - (int)refcount_read(&sk->sk_wmem_alloc);

	return (sk->sk_shutdown & SEND_SHUTDOWN) || room < 0 ? 0 : room;
}

/* The pending error as -errno; it is told once. */
static inline int sock_error(struct sock *sk)
{
	return likely(!READ_ONCE(sk->sk_err)) ?
		       0 :
		       -__atomic_exchange_n(&sk->sk_err, 0, __ATOMIC_RELAXED);
}

static inline void sk_error_report(struct sock *sk)
{
	sk->sk_error_report(sk);
}

static inline void sk_drops_add(struct sock *sk, int n)
{
	atomic_add(n, &sk->sk_drops);
}

struct ctl_table;

/**
 * proc_sock_mem() - proc_handler of a protocol's memory limits, proto.sysctl_mem
 * @ctl: whose data are the three of them, pages, the same ones for all hosts of the process
 * @write: as for proc_handler; and the others
 * @buffer: text
 * @lenp: bytes of it
 * @ppos: position
 *
 * Stack lock. Return: 0, -EINVAL for limits that do not rise.
 */
SKIFF_API int proc_sock_mem(struct ctl_table *ctl, int write, void *buffer, size_t *lenp,
			    loff_t *ppos);

/* Memory that the protocol grants, in pages: sk_forward_alloc is what is granted and not used. */

/* Ask for at least @size bytes more. Return: false when the protocol's limit is reached. */
SKIFF_API bool __sk_mem_schedule(struct sock *sk, int size);
/* sk_mem_reclaim() when there are some. */
SKIFF_API void __sk_mem_reclaim(struct sock *sk);

static inline bool sk_has_account(const struct sock *sk)
{
	return sk->sk_prot && sk->sk_prot->memory_allocated;
}

/* Give back whole pages that are not used. */
static inline void sk_mem_reclaim(struct sock *sk)
{
	if (READ_ONCE(sk->sk_forward_alloc) >= (int)PAGE_SIZE && sk_has_account(sk))
		__sk_mem_reclaim(sk);
}

static inline bool sk_wmem_schedule(struct sock *sk, int size)
{
	return !sk_has_account(sk) || size <= READ_ONCE(sk->sk_forward_alloc) ||
	       __sk_mem_schedule(sk, size);
}

static inline bool sk_rmem_schedule(struct sock *sk, struct sk_buff *skb, int size)
{
	(void)skb;
	return sk_wmem_schedule(sk, size);
}

static inline void sk_mem_charge(struct sock *sk, int size)
{
	if (sk_has_account(sk))
		(void)__skiff_fetch_add(&sk->sk_forward_alloc, -size, __ATOMIC_RELAXED);
}

/* Whoever drops the buffer gives its memory back. Any thread. */
static inline void sk_mem_uncharge(struct sock *sk, int size)
{
	if (!sk_has_account(sk))
		return;
	(void)__skiff_fetch_add(&sk->sk_forward_alloc, size, __ATOMIC_RELAXED);
	sk_mem_reclaim(sk);
}

/* Destructors: uncharge skb->sk. Any thread. */
SKIFF_API void sock_wfree(struct sk_buff *skb);
SKIFF_API void sock_rfree(struct sk_buff *skb);
SKIFF_API void sock_efree(struct sk_buff *skb);

/**
 * skb_set_owner_w() - charge a buffer that is sent
 * @skb: the buffer, with the only reference
 * @sk: the socket
 *
 * Whoever was charged before is uncharged. No limit is looked at: sock_alloc_send_skb() does.
 */
SKIFF_API void skb_set_owner_w(struct sk_buff *skb, struct sock *sk);

/* Charge a buffer that waits for the program; the caller has looked at the limits. */
SKIFF_API void skb_set_owner_r(struct sk_buff *skb, struct sock *sk);

/* A buffer with a reference to @sk that is not charged. False when @sk was about to go. */
SKIFF_API bool skb_set_owner_sk_safe(struct sk_buff *skb, struct sock *sk);

/**
 * sock_alloc_send_pskb() - a buffer for data to be sent, charged to the socket
 * @sk: the socket
 * @header_len: linear bytes
 * @data_len: bytes in fragments
 * @noblock: nothing here waits in either case: the socket call does, on -EAGAIN, unless this is set
 * @errcode: set on failure: -EAGAIN when the send buffer is full, -EPIPE after shutdown, the
 *           socket's pending error, -ENOBUFS without memory, -EMSGSIZE
 * @max_page_order: largest block for fragments
 *
 * Return: the buffer, len and data_len 0: the caller adds what it fills in; or NULL.
 */
SKIFF_API struct sk_buff *sock_alloc_send_pskb(struct sock *sk, unsigned long header_len,
					       unsigned long data_len, int noblock, int *errcode,
					       int max_page_order);

static inline struct sk_buff *sock_alloc_send_skb(struct sock *sk, unsigned long size, int noblock,
						  int *errcode)
{
	return sock_alloc_send_pskb(sk, size, 0, noblock, errcode, 0);
}

/* A buffer charged to the socket; NULL when the send buffer is full, unless @force. */
SKIFF_API struct sk_buff *sock_wmalloc(struct sock *sk, unsigned long size, int force,
				       gfp_t priority);

/**
 * sock_queue_rcv_skb_reason() - hand a packet to the program
 * @sk: the socket
 * @skb: the packet; belongs to the socket on success, to the caller otherwise
 * @reason: NULL, or set to why it was refused
 *
 * The socket's filter is asked first. Return: 0; -EPERM when that does not want it; -ENOMEM when the
 * receive buffer is full, -ENOBUFS when the protocol's memory limit is reached: these two are
 * counted in sk_drops.
 */
SKIFF_API int sock_queue_rcv_skb_reason(struct sock *sk, struct sk_buff *skb,
					enum skb_drop_reason *reason);
SKIFF_API int __sock_queue_rcv_skb(struct sock *sk, struct sk_buff *skb);

static inline int sock_queue_rcv_skb(struct sock *sk, struct sk_buff *skb)
{
	return sock_queue_rcv_skb_reason(sk, skb, NULL);
}

/* What a socket notes in the cb of a packet in its receive queue; the protocol has the rest. */
struct sock_skb_cb {
	u32 dropcount;
};
#define SOCK_SKB_CB_OFFSET (sizeof_field(struct sk_buff, cb) - sizeof(struct sock_skb_cb))
#define SOCK_SKB_CB(__skb) ((struct sock_skb_cb *)(void *)((__skb)->cb + SOCK_SKB_CB_OFFSET))

/* The error queue: errors and timestamps, as the program gets them with MSG_ERRQUEUE. */

/**
 * struct sock_exterr_skb - the cb of a packet in the error queue
 * @header: of the network protocol, which filled it in
 * @ee: what the program gets
 * @addr_offset: where in the packet the address stands that the error is about
 * @port: the port to go with it
 */
struct sock_exterr_skb {
	char header[24] __aligned(8);
	struct sock_extended_err ee;
	u16 addr_offset;
	__be16 port;
};
#define SKB_EXT_ERR(skb) ((struct sock_exterr_skb *)(void *)((skb)->cb))

/**
 * sock_queue_err_skb() - put a packet into the error queue
 * @sk: the socket
 * @skb: the packet, SKB_EXT_ERR() filled in; belongs to the socket on success
 *
 * Return: 0, -ENOMEM when the receive buffer is full.
 */
SKIFF_API int sock_queue_err_skb(struct sock *sk, struct sk_buff *skb);

/**
 * sock_dequeue_err_skb() - take the first packet from the error queue
 * @sk: the socket
 *
 * sk_err follows the ICMP error that is first then. Return: the packet, which belongs to the caller
 * and stays charged until it is dropped; NULL when there is none.
 */
SKIFF_API struct sk_buff *sock_dequeue_err_skb(struct sock *sk);

/* Release a packet that was received, and give back what is not used. */
static inline void skb_free_datagram_locked(struct sock *sk, struct sk_buff *skb)
{
	consume_skb(skb);
	sk_mem_reclaim(sk);
}

#ifdef __cplusplus
}
#endif

/* What programs ask of sockets: packets, control messages, options. */
#include <skiff/sock/datagram.h>
#include <skiff/sock/message.h>
#include <skiff/sock/options.h>

#endif /* SKIFF_SOCK_H */
