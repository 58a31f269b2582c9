/* SPDX-License-Identifier: BSD-2-Clause */
/* sk_buffs: the buffers that every layer uses, and the lists they are held on. */
#ifndef SKIFF_SKBUFF_H
#define SKIFF_SKBUFF_H

#include <string.h>

#include <skiff/atomic.h>
#include <skiff/checksum.h>
#include <skiff/dropreason.h>
#include <skiff/kernel.h>
#include <skiff/list.h>
#include <skiff/mm.h>
#include <skiff/rbtree.h>
#include <skiff/spinlock.h>

#ifdef __cplusplus
extern "C" {
#endif

struct net;
struct net_device;
struct sk_buff;
struct sk_buff_head;
struct skb_ext;
struct sock;
struct ubuf_info;

/*
 * Geometry
 *
 *      struct sk_buff                  the data block (one block of a region)
 *      +----------------+
 *      | head ----------+------------> +---------------------------------+
 *      | data ----------+---------.    | headroom: room for skb_push()   |
 *      | tail (offset) -+-------.  `-> +---------------------------------+
 *      | end (offset) --+-----.  \     | linear data: skb_headlen() bytes|
 *      | len, data_len  |      \  `--> +---------------------------------+
 *      +----------------+       \      | tailroom: room for skb_put()    |
 *                                `---> +---------------------------------+
 *                                      | struct skb_shared_info          |
 *                                      |   frags[] -> page fragments     |
 *                                      |   frag_list -> more sk_buffs    |
 *                                      +---------------------------------+
 *
 * len counts all of the packet, data_len the part that is not linear: in fragments and in the
 * sk_buffs of frag_list. tail and end are offsets from head, so that a new data block needs no
 * arithmetic on them. A clone has a control structure of its own and shares everything in the
 * data block, which is then read-only; dataref counts the sharers.
 */
typedef unsigned int sk_buff_data_t;

#define MAX_SKB_FRAGS 17
#define SKB_DATA_ALIGN(x) ALIGN(x, SMP_CACHE_BYTES)
#define SKB_WITH_OVERHEAD(x) ((x)-SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))
#define SKB_MAX_ORDER(x, order) SKB_WITH_OVERHEAD((PAGE_SIZE << (order)) - (x))
#define SKB_MAX_HEAD(x) SKB_MAX_ORDER((x), 0)
#define SKB_MAX_ALLOC SKB_MAX_ORDER(0, 2)
#define SKB_TRUESIZE(x)                                 \
	((x) + SKB_DATA_ALIGN(sizeof(struct sk_buff)) + \
	 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))

/*
 * Headroom that device allocations leave in front of a frame. NET_IP_ALIGN shifts an Ethernet
 * frame so that the IP header behind its 14 bytes starts at a multiple of 4.
 */
#define NET_SKB_PAD 64
#define NET_IP_ALIGN 2

/* Data offsets into a packet that are not set read as this. */
#define SKB_HEADER_UNSET ((__u16)~0U)

/**
 * struct skb_frag_t - a piece of a packet in a block of its own
 * @bv_page: the block; the sk_buff's data block holds one reference
 * @bv_len: bytes
 * @bv_offset: first byte inside the block
 *
 * Read and written by the skb_frag_*() functions.
 */
typedef struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
} skb_frag_t;

struct skb_shared_hwtstamps {
	ktime_t hwtstamp;
};

/* skb_shared_info.tx_flags: what the sender wants to know. */
enum {
	SKBTX_HW_TSTAMP = 1 << 0,
	SKBTX_SW_TSTAMP = 1 << 1,
	SKBTX_IN_PROGRESS = 1 << 2,
	SKBTX_HW_TSTAMP_USE_CYCLES = 1 << 3,
	SKBTX_WIFI_STATUS = 1 << 4,
	SKBTX_HW_TSTAMP_NETDEV = 1 << 5,
	SKBTX_SCHED_TSTAMP = 1 << 6,
};

#define SKBTX_ANY_SW_TSTAMP (SKBTX_SW_TSTAMP | SKBTX_SCHED_TSTAMP)
#define SKBTX_ANY_TSTAMP (SKBTX_HW_TSTAMP | SKBTX_HW_TSTAMP_USE_CYCLES | SKBTX_ANY_SW_TSTAMP)

/* skb_shared_info.flags: fragments of foreign memory. */
enum {
	SKBFL_ZEROCOPY_ENABLE = BIT(0),
	SKBFL_SHARED_FRAG = BIT(1),
	SKBFL_PURE_ZEROCOPY = BIT(2),
	SKBFL_DONT_ORPHAN = BIT(3),
	SKBFL_MANAGED_FRAG_REFS = BIT(4),
};

#define SKBFL_ZEROCOPY_FRAG (SKBFL_ZEROCOPY_ENABLE | SKBFL_SHARED_FRAG)
#define SKBFL_ALL_ZEROCOPY \
	(SKBFL_ZEROCOPY_FRAG | SKBFL_PURE_ZEROCOPY | SKBFL_DONT_ORPHAN | SKBFL_MANAGED_FRAG_REFS)

/* skb_shared_info.gso_type: how a packet larger than the link is to be cut. */
enum {
	SKB_GSO_TCPV4 = 1 << 0,
	SKB_GSO_DODGY = 1 << 1, /* the header fields come from an untrusted source */
	SKB_GSO_TCP_ECN = 1 << 2,
	SKB_GSO_TCP_FIXEDID = 1 << 3,
	SKB_GSO_TCPV6 = 1 << 4,
	SKB_GSO_FCOE = 1 << 5,
	SKB_GSO_GRE = 1 << 6,
	SKB_GSO_GRE_CSUM = 1 << 7,
	SKB_GSO_IPXIP4 = 1 << 8,
	SKB_GSO_IPXIP6 = 1 << 9,
	SKB_GSO_UDP_TUNNEL = 1 << 10,
	SKB_GSO_UDP_TUNNEL_CSUM = 1 << 11,
	SKB_GSO_PARTIAL = 1 << 12,
	SKB_GSO_TUNNEL_REMCSUM = 1 << 13,
	SKB_GSO_SCTP = 1 << 14,
	SKB_GSO_ESP = 1 << 15,
	SKB_GSO_UDP = 1 << 16,
	SKB_GSO_UDP_L4 = 1 << 17,
	SKB_GSO_FRAGLIST = 1 << 18,
};

#define GSO_BY_FRAGS 0xFFFF

/*
 * dataref counts sharers of the data block in its lower half; the upper half counts those that
 * only refer to the payload and left the headers to another one (skb_header_release()).
 */
#define SKB_DATAREF_SHIFT 16
#define SKB_DATAREF_MASK ((1 << SKB_DATAREF_SHIFT) - 1)

/**
 * struct skb_shared_info - what all clones of a buffer share, at the end of its data block
 * @flags: SKBFL_*
 * @meta_len: bytes of metadata in front of the MAC header
 * @nr_frags: valid entries of @frags
 * @tx_flags: SKBTX_*
 * @gso_size: payload bytes per segment, 0 when the packet is not to be cut
 * @gso_segs: how many segments it will be, 0 when nobody counted
 * @gso_type: SKB_GSO_*
 * @tskey: identifies the packet in transmit timestamps
 * @dataref: sharers, see SKB_DATAREF_SHIFT
 * @xdp_frags_size: bytes in fragments, for programs at the device
 * @frag_list: sk_buffs whose data follows that of @frags
 * @hwtstamps: the device's timestamp
 * @destructor_arg: ubuf_info of foreign memory
 * @frags: page fragments
 */
struct skb_shared_info {
	__u8 flags;
	__u8 meta_len;
	__u8 nr_frags;
	__u8 tx_flags;
	unsigned short gso_size;
	unsigned short gso_segs;
	unsigned int gso_type;
	atomic_t dataref;
	struct sk_buff *frag_list;
	struct skb_shared_hwtstamps hwtstamps;
	__u32 tskey;
	unsigned int xdp_frags_size;
	void *destructor_arg;
	skb_frag_t frags[MAX_SKB_FRAGS];
};

/**
 * struct ubuf_info - memory of somebody else, lent to sk_buffs
 * @callback: told when the last buffer lets go; @zerocopy_success says that nothing was copied
 * @refcnt: buffers that refer to the memory
 * @flags: SKBFL_* for the sk_buffs
 */
struct ubuf_info {
	void (*callback)(struct sk_buff *skb, struct ubuf_info *uarg, bool zerocopy_success);
	refcount_t refcnt;
	__u8 flags;
};

/* sk_buff.ip_summed: who knows what about the transport checksum. */
#define CHECKSUM_NONE 0	       /* nothing: software has to look, or has computed it */
#define CHECKSUM_UNNECESSARY 1 /* somebody looked, csum_level + 1 checksums are right */
#define CHECKSUM_COMPLETE 2    /* csum is the sum over all from skb->data on */
#define CHECKSUM_PARTIAL 3     /* to be filled in: from csum_start on, stored at csum_offset */
#define SKB_MAX_CSUM_LEVEL 3

/* sk_buff.pkt_type, as in <linux/if_packet.h>. */
#ifndef PACKET_HOST
#define PACKET_HOST 0
#define PACKET_BROADCAST 1
#define PACKET_MULTICAST 2
#define PACKET_OTHERHOST 3
#define PACKET_OUTGOING 4
#define PACKET_LOOPBACK 5
#define PACKET_USER 6
#define PACKET_KERNEL 7
#endif

enum {
	SKB_FCLONE_UNAVAILABLE, /* skiff finds a clone as fast in its pools: always this */
	SKB_FCLONE_ORIG,
	SKB_FCLONE_CLONE,
};

/* __alloc_skb() flags */
#define SKB_ALLOC_FCLONE 0x01
#define SKB_ALLOC_RX 0x02
#define SKB_ALLOC_NAPI 0x04

/* sk_buff._skb_refdst: the dst_entry, and whether we hold no reference to it. */
#define SKB_DST_NOREF 1UL
#define SKB_DST_PTRMASK ~(SKB_DST_NOREF)

/**
 * struct sk_buff - one packet
 * @head: first byte of the data block
 * @data: first byte of the packet
 * @tail: end of the linear data, offset from @head
 * @end: end of the linear room, offset from @head; skb_shared_info follows
 * @truesize: memory it ties up, control structure included; what sockets are charged with
 * @users: references to this control structure
 * @size_class: pool that the data block comes from
 * @next: next in list; free for the owner while in no list
 * @prev: previous in list
 * @list: the same two as a list_head
 * @tcp_tsorted_anchor: and as TCP's own list
 * @rbnode: place in a tree
 * @dev: device that it arrived on or leaves by
 * @dev_scratch: the same word for layers that need no @dev
 * @sk: socket that is charged for it
 * @destructor: called when @sk is to be uncharged
 * @_skb_refdst: route, see skb_dst()
 * @_nfct: connection that it belongs to
 * @len: bytes of data in all
 * @data_len: bytes of it that are not linear
 * @cloned: the data block may be shared
 * @nohdr: only the payload is referred to, the headers may be changed by another holder
 * @fclone: SKB_FCLONE_*
 * @pp_recycle: pages go back to the driver's pool
 * @shinfo_touched: skb_shinfo() was looked at since allocation
 * @active_extensions: bit per valid extension
 * @head_kind: where @head comes from, enum skb_head_kind
 * @mac_len: bytes of link-layer header
 * @hdr_len: writable bytes of header of a clone
 * @queue_mapping: device queue
 * @protocol: ETH_P_*, from the link layer
 * @transport_header: offset from @head
 * @network_header: offset from @head
 * @mac_header: offset from @head
 * @pkt_type: PACKET_*
 * @free: 0 keeps the 1996 form of kfree_skb() from releasing it; 1 from the start
 * @ip_summed: CHECKSUM_*
 * @csum: see CHECKSUM_COMPLETE
 * @csum_start: see CHECKSUM_PARTIAL, offset from @head
 * @csum_offset: see CHECKSUM_PARTIAL, offset from @csum_start
 * @priority: packet queueing priority
 * @skb_iif: index of the device that it arrived on
 * @hash: of its flow
 * @mark: for routing rules and hooks
 * @napi_id: receive context
 * @vlan_proto: ETH_P_8021Q or ETH_P_8021AD of a tag held outside of the data
 * @vlan_tci: that tag
 * @inner_transport_header: of the packet inside a tunnel; likewise the other inner_*
 * @secmark: security mark
 * @lj_flags: state of the 1996 forms, see <skiff/lj1996.h>
 * @lj_list: the list that they put it on, valid as @lj_flags says
 * @tstamp: when it arrived, or when it is to leave
 * @skb_mstamp_ns: the same word: when TCP sent it, nanoseconds of the host's clock
 * @cb: for the layer that owns the packet; not kept across layers
 * @extensions: rarely needed fields
 *
 * Four cache lines. A freed buffer waits in a pool, paired with its data block; allocation then
 * resets the first lines only: the links and everything from @__slow_free to @cb are zero (the
 * header offsets of mac and transport: unset; @free: 1).
 */
struct sk_buff {
	/* First, so that a list head can stand for a member of its ring. */
	__extension__ union {
		__extension__ struct {
			struct sk_buff *next;
			struct sk_buff *prev;
		};
		struct list_head list;
		/* TCP, sent data: in the order of sending */
		struct list_head tcp_tsorted_anchor;
	};

	/* set by allocation, constant while a freed buffer waits in a pool */
	unsigned char *head;
	unsigned char *data;
	sk_buff_data_t tail;
	sk_buff_data_t end;
	unsigned int truesize;
	refcount_t users;
	__u8 size_class;
	__u8 pool_reserved[3];

	/* any bit set here sends the last kfree_skb() the long way */
	__extension__ union {
		__extension__ struct {
			__u8 cloned;
			__u8 shinfo_touched;
			__u8 active_extensions;
			__u8 head_kind : 3;
			__u8 nohdr : 1;
			__u8 fclone : 2;
			__u8 pp_recycle : 1;
		};
		__u32 __slow_free;
	};
	void (*destructor)(struct sk_buff *skb);
	__extension__ union {
		__extension__ struct {
			unsigned long _skb_refdst;
			unsigned long _nfct;
			__extension__ union {
				struct net_device *dev;
				unsigned long dev_scratch;
			};
		};
		/* in a tree, where it has none of these: __skb_rb_clear() when it leaves */
		struct rb_node rbnode;
	};
	__extension__ union {
		struct sock *sk;
		int ip_defrag_offset;
	};
	unsigned int len;
	unsigned int data_len;
	__u16 mac_len;
	__u16 hdr_len;
	__u16 queue_mapping;
	__be16 protocol;
	__u16 transport_header;
	__u16 network_header;
	__u16 mac_header;

	__u8 pkt_type : 3;
	__u8 ignore_df : 1;
	__u8 ip_summed : 2;
	__u8 ooo_okay : 1;
	__u8 peeked : 1;

	__u8 head_frag : 1;
	__u8 pfmemalloc : 1;
	__u8 dst_pending_confirm : 1;
	__u8 mono_delivery_time : 1;
	__u8 tc_at_ingress : 1;
	__u8 tc_skip_classify : 1;
	__u8 remcsum_offload : 1;
	__u8 csum_complete_sw : 1;

	__u8 csum_level : 2;
	__u8 csum_valid : 1;
	__u8 csum_not_inet : 1;
	__u8 encapsulation : 1;
	__u8 encap_hdr_csum : 1;
	__u8 inner_protocol_type : 1;
	__u8 vlan_present : 1;

	__u8 l4_hash : 1;
	__u8 sw_hash : 1;
	__u8 wifi_acked_valid : 1;
	__u8 wifi_acked : 1;
	__u8 no_fcs : 1;
	__u8 redirected : 1;
	__u8 from_ingress : 1;
	__u8 nf_skip_egress : 1;

	__u8 ndisc_nodetype : 2;
	__u8 nf_trace : 1;
	__u8 slow_gro : 1;
	__u8 decrypted : 1;
	__u8 offload_fwd_mark : 1;
	__u8 offload_l3_fwd_mark : 1;
	__u8 scm_io_uring : 1;

	__u8 free;

	__extension__ union {
		__wsum csum;
		__extension__ struct {
			__u16 csum_start;
			__u16 csum_offset;
		};
	};
	__u32 priority;
	int skb_iif;
	__u32 hash;
	__extension__ union {
		__u32 mark;
		__u32 reserved_tailroom;
	};
	__extension__ union {
		unsigned int napi_id;
		unsigned int sender_cpu;
	};
	__extension__ union {
		__u32 vlan_all;
		__extension__ struct {
			__be16 vlan_proto;
			__u16 vlan_tci;
		};
	};
	__extension__ union {
		__be16 inner_protocol;
		__u8 inner_ipproto;
	};
	__u16 inner_transport_header;
	__u16 inner_network_header;
	__u16 inner_mac_header;
	__u32 secmark;
	__u8 lj_flags;
	__extension__ union {
		ktime_t tstamp;
		u64 skb_mstamp_ns;
	};
	char cb[48] __aligned(8);

	struct skb_ext *extensions;

	/*
	 * Written by the ownership-tracking build only: return addresses, and the host while the
	 * buffer lives.
	 */
	const void *alloc_site;
	const void *last_site;
	__extension__ union {
		const void *owner;
		const void *free_site;
		struct sk_buff_head *lj_list;
	};
};

/* sk_buff.head_kind */
enum skb_head_kind {
	SKB_HEAD_POOL,	  /* a block of our pools, its page structure counts it */
	SKB_HEAD_PAGE,	  /* inside a block of some region: page_frag_free() */
	SKB_HEAD_FOREIGN, /* kmalloc()ed by the driver */
	SKB_HEAD_HUGE,	  /* larger than every pool, mapped for this buffer alone */
	SKB_HEAD_NONE,	  /* no data block */
};

/**
 * struct sk_buff_head - a list of sk_buffs
 * @next: first
 * @prev: last
 * @qlen: how many
 * @lock: taken by the functions without underscores
 *
 * The head is a member of the ring: an empty list points to itself. may_alias because the links of
 * head and members are reached through one another.
 */
struct sk_buff_list {
	struct sk_buff *next;
	struct sk_buff *prev;
} __attribute__((__may_alias__));

struct sk_buff_head {
	__extension__ union {
		__extension__ struct {
			struct sk_buff *next;
			struct sk_buff *prev;
		};
		struct sk_buff_list list;
	};
	__u32 qlen;
	spinlock_t lock;
};

static inline unsigned char *skb_end_pointer(const struct sk_buff *skb)
{
	return skb->head + skb->end;
}

static inline unsigned int skb_end_offset(const struct sk_buff *skb)
{
	return skb->end;
}

static inline void skb_set_end_offset(struct sk_buff *skb, unsigned int offset)
{
	skb->end = offset;
}

/* For reading where most buffers were never asked: does not mark the buffer. */
static inline struct skb_shared_info *__skb_shinfo(const struct sk_buff *skb)
{
	return (struct skb_shared_info *)(void *)skb_end_pointer(skb);
}

/**
 * skb_shinfo() - the part of a buffer that clones share
 * @skb: the buffer
 *
 * Marks the buffer, so that freeing it looks at the shared part again; a buffer that was never
 * asked goes back to its pool without touching that cache line. Any thread that holds a
 * reference; writing takes the only one.
 */
static inline struct skb_shared_info *skb_shinfo(const struct sk_buff *skb)
{
	__atomic_store_n(&((struct sk_buff *)(uintptr_t)skb)->shinfo_touched, 1, __ATOMIC_RELAXED);
	return __skb_shinfo(skb);
}

/* Allocation and release: src/skb/alloc.c */

/**
 * __alloc_skb() - allocate a buffer
 * @size: bytes of room for data, 0 to SKB_MAX_SIZE
 * @gfp: GFP_ATOMIC or GFP_KERNEL
 * @flags: SKB_ALLOC_*
 * @node: memory node, or NUMA_NO_NODE
 *
 * The buffer has no headroom, no data, and at least @size bytes of tailroom. The caller owns the
 * only reference. Any thread. Return: NULL when memory ended or @size is too large.
 */
SKIFF_API struct sk_buff *__alloc_skb(unsigned int size, gfp_t gfp, int flags, int node);

/* The largest @size that __alloc_skb() serves. */
#define SKB_MAX_SIZE (4U << 20)

static __always_inline struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp)
{
	return __alloc_skb(size, gfp, 0, NUMA_NO_NODE);
}

static __always_inline struct sk_buff *alloc_skb_fclone(unsigned int size, gfp_t gfp)
{
	return __alloc_skb(size, gfp, SKB_ALLOC_FCLONE, NUMA_NO_NODE);
}

/**
 * build_skb() - put a control structure around a driver's own memory
 * @data: start of the memory
 * @frag_size: bytes of it, room for skb_shared_info included, when it is (part of) a block of a
 *             region, whose reference the buffer takes over; 0 when it came from kmalloc()
 *
 * Any thread. Return: the buffer with all room as tailroom; NULL without memory or when
 * @frag_size is too small, and @data still belongs to the caller.
 */
SKIFF_API struct sk_buff *build_skb(void *data, unsigned int frag_size);
SKIFF_API struct sk_buff *napi_build_skb(void *data, unsigned int frag_size);
/* The same with a control structure that the caller has, as from alloc_skb_head(). */
SKIFF_API struct sk_buff *build_skb_around(struct sk_buff *skb, void *data, unsigned int frag_size);

/**
 * kfree_skb_reason() - drop a packet
 * @skb: the buffer, or NULL; the caller's reference is gone afterwards
 * @reason: counted and traced
 *
 * With the last reference the owning socket is uncharged, route, extensions and data block are
 * released. Any thread.
 */
SKIFF_API void kfree_skb_reason(struct sk_buff *skb, enum skb_drop_reason reason);

/**
 * consume_skb() - release a packet that reached its normal end
 * @skb: the buffer, or NULL; the caller's reference is gone afterwards
 *
 * Any thread.
 */
SKIFF_API void consume_skb(struct sk_buff *skb);

/* Release whose last reference is known to be the caller's. Any thread. */
SKIFF_API void __kfree_skb(struct sk_buff *skb);

/* Drop a chain of buffers linked by next. Any thread. */
SKIFF_API void kfree_skb_list_reason(struct sk_buff *segs, enum skb_drop_reason reason);

/**
 * kfree_skb_partial() - release a buffer whose data block may live on in another one
 * @skb: the buffer, with the only reference
 * @head_stolen: its data block belongs to somebody else by now
 */
SKIFF_API void kfree_skb_partial(struct sk_buff *skb, bool head_stolen);

/* Release on a receive or transmit path with @budget left; 0 means outside of it. */
SKIFF_API void napi_consume_skb(struct sk_buff *skb, int budget);

static __always_inline void kfree_skb(struct sk_buff *skb)
{
	kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
}

static __always_inline void kfree_skb_list(struct sk_buff *segs)
{
	kfree_skb_list_reason(segs, SKB_DROP_REASON_NOT_SPECIFIED);
}

/**
 * skb_get() - take another reference to a buffer
 * @skb: the buffer; both holders must treat control structure and data as read-only
 *
 * Any thread. Return: @skb.
 */
static inline struct sk_buff *skb_get(struct sk_buff *skb)
{
	refcount_inc(&skb->users);
	return skb;
}

/**
 * skb_unref() - drop a reference and tell whether it was the last
 * @skb: the buffer, or NULL
 *
 * Any thread. Return: true when the caller now has to __kfree_skb() it.
 */
static inline bool skb_unref(struct sk_buff *skb)
{
	if (unlikely(!skb))
		return false;
	if (likely(smp_load_acquire(&skb->users.refs.counter) == 1))
		return true;
	return refcount_dec_and_test(&skb->users);
}

static inline int skb_shared(const struct sk_buff *skb)
{
	return refcount_read(&skb->users) != 1;
}

/* Whether the data block has other sharers. */
static inline int skb_cloned(const struct sk_buff *skb)
{
	return skb->cloned &&
	       (atomic_read_acquire(&__skb_shinfo(skb)->dataref) & SKB_DATAREF_MASK) != 1;
}

/**
 * skb_orphan() - let go of the socket that is charged for a buffer
 * @skb: the buffer, with the only reference
 */
static inline void skb_orphan(struct sk_buff *skb)
{
	if (skb->destructor) {
		skb->destructor(skb);
		skb->destructor = NULL;
		skb->sk = NULL;
	} else {
		BUG_ON(skb->sk != NULL);
	}
}

/* Copies of buffers: src/skb/clone.c */

/**
 * skb_clone() - a second control structure for the same data
 * @skb: the buffer, not consumed
 * @gfp: allocation flags
 *
 * The data block is shared and read-only from now on; the clone belongs to no socket. Any
 * thread. Return: the clone with one reference, NULL without memory.
 */
SKIFF_API struct sk_buff *skb_clone(struct sk_buff *skb, gfp_t gfp);

/* Make @dst, whose data is released, a clone of @src. Return: @dst. */
SKIFF_API struct sk_buff *skb_morph(struct sk_buff *dst, struct sk_buff *src);

/* skb_clone() that stays charged to the same socket; for transmit timestamps. */
SKIFF_API struct sk_buff *skb_clone_sk(struct sk_buff *skb);

/**
 * skb_copy() - a private, linear copy of everything
 * @skb: the buffer, not consumed
 * @gfp: allocation flags
 *
 * Any thread. Return: the copy with the same headroom; NULL without memory.
 */
SKIFF_API struct sk_buff *skb_copy(const struct sk_buff *skb, gfp_t gfp);

/* skb_copy() with other head- and tailroom in bytes. @skb is not consumed. */
SKIFF_API struct sk_buff *skb_copy_expand(const struct sk_buff *skb, int newheadroom,
					  int newtailroom, gfp_t gfp);

/* Copy the headers with @headroom bytes in front, share the fragments. @skb is not consumed. */
SKIFF_API struct sk_buff *__pskb_copy_fclone(struct sk_buff *skb, int headroom, gfp_t gfp,
					     bool fclone);

/* Copy all metadata of @old to the copy @new_skb and shift its header offsets. */
SKIFF_API void skb_copy_header(struct sk_buff *new_skb, const struct sk_buff *old);
SKIFF_API void skb_headers_offset_update(struct sk_buff *skb, int off);

/**
 * pskb_expand_head() - give a buffer a new, private linear part
 * @skb: the buffer, with the only reference; pointers into it are invalid afterwards
 * @nhead: bytes of headroom to add, >= 0
 * @ntail: bytes of tailroom to add; negative gives room back, at most all tailroom
 * @gfp: allocation flags
 *
 * truesize follows the new size, except while a socket is charged with the old one.
 * Return: 0, or -ENOMEM and the buffer is as it was; -EINVAL when its data is shared and holds
 * foreign memory that skb_clone() would have copied. A negative @nhead, an @ntail that would cut
 * data off, or a shared buffer is the caller's bug and ends the process.
 */
SKIFF_API int pskb_expand_head(struct sk_buff *skb, int nhead, int ntail, gfp_t gfp);

/* A buffer with at least @headroom bytes in front: a clone or a copy. @skb is not consumed. */
SKIFF_API struct sk_buff *skb_realloc_headroom(struct sk_buff *skb, unsigned int headroom);

/* The same, but consumes @skb, on failure too (then NULL). May return @skb itself. */
SKIFF_API struct sk_buff *skb_expand_head(struct sk_buff *skb, unsigned int headroom);

/* Remember where an ownership-tracking build saw the buffer last; nothing otherwise. */
#ifdef SKIFF_SKB_TRACK
SKIFF_API void skb_track_at(struct sk_buff *skb, const void *site);
#define skb_track(skb) skb_track_at(skb, __builtin_return_address(0))
#else
#define skb_track(skb) ((void)0)
#endif

#ifdef __cplusplus
}
#endif

/* The rest of the interface, by subject. */
#include <skiff/skb/geometry.h>
#include <skiff/skb/headers.h>
#include <skiff/skb/queue.h>
#include <skiff/skb/rb.h>
#include <skiff/skb/alloc.h>
#include <skiff/skb/frags.h>
#include <skiff/skb/csum.h>
#include <skiff/skb/meta.h>
#include <skiff/skb/gso.h>
#include <skiff/skb/zerocopy.h>
#include <skiff/skb/pool.h>
#include <skiff/skb/draw.h>

#endif /* SKIFF_SKBUFF_H */
