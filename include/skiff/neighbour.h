/* SPDX-License-Identifier: BSD-2-Clause */
/* Neighbours: who is reachable over a link, at which link-layer address, and how we know. */
#ifndef SKIFF_NEIGHBOUR_H
#define SKIFF_NEIGHBOUR_H

#include <linux/neighbour.h>

#include <skiff/list.h>
#include <skiff/net_namespace.h>
#include <skiff/netdevice.h>
#include <skiff/skbuff.h>
#include <skiff/timer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* States that have a timer running, that have a link-layer address, that need no confirmation. */
#define NUD_IN_TIMER (NUD_INCOMPLETE | NUD_REACHABLE | NUD_DELAY | NUD_PROBE)
#define NUD_VALID (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)
#define NUD_CONNECTED (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE)

/* neigh_update() flags */
#define NEIGH_UPDATE_F_OVERRIDE 0x00000001U	 /* take a new address even if one is known */
#define NEIGH_UPDATE_F_WEAK_OVERRIDE 0x00000002U /* doubt a known address instead of taking it */
#define NEIGH_UPDATE_F_OVERRIDE_ISROUTER 0x00000004U /* take NEIGH_UPDATE_F_ISROUTER over */
#define NEIGH_UPDATE_F_USE 0x10000000U		     /* ask for it now, whatever is known */
#define NEIGH_UPDATE_F_EXT_LEARNED 0x20000000U	     /* somebody else learned it: keeps it */
#define NEIGH_UPDATE_F_ISROUTER 0x40000000U	     /* it is a router */
#define NEIGH_UPDATE_F_ADMIN 0x80000000U	     /* the administrator says so */

#define NEIGH_KEY_MAX 16

struct neigh_table;
struct neigh_cache;
struct neigh_sysctl;
struct neighbour;

/* Settings of a table on a host; times in the units of the sysctl of the same name. */
enum {
	NEIGH_VAR_MCAST_PROBES,
	NEIGH_VAR_UCAST_PROBES,
	NEIGH_VAR_APP_PROBES,
	NEIGH_VAR_MCAST_REPROBES,
	NEIGH_VAR_RETRANS_TIME_MS,
	NEIGH_VAR_BASE_REACHABLE_TIME_MS,
	NEIGH_VAR_DELAY_PROBE_TIME, /* seconds */
	NEIGH_VAR_GC_STALETIME,	    /* seconds */
	NEIGH_VAR_QUEUE_LEN_BYTES,
	NEIGH_VAR_LOCKTIME_MS,
	NEIGH_VAR_PROXY_QLEN,
	NEIGH_VAR_PROXY_DELAY_MS,
	/* Of the table as a whole: */
	NEIGH_VAR_GC_INTERVAL, /* seconds */
	NEIGH_VAR_GC_THRESH1,
	NEIGH_VAR_GC_THRESH2,
	NEIGH_VAR_GC_THRESH3,
	NEIGH_VAR_MAX
};

/**
 * struct neigh_parms - how neighbours are found and kept
 * @data: settings, see NEIGH_VAR(); changed by neigh_var_set()
 * @set: bit per setting that was changed by itself and does not follow the default any more
 * @reachable_time: how long a confirmation lasts; random between half and one and a half of the
 *                  base, so that hosts do not fall into step (RFC 4861 section 6.3.2)
 * @dev: the device they are for, NULL for the host's defaults
 * @cache: the host's entries of the protocol
 * @list: the devices' in the cache
 * @refcnt: one for the device and one for each of its entries
 * @sysctl: what of it is seen under net.<family>.neigh
 */
struct neigh_parms {
	int data[NEIGH_VAR_MAX];
	unsigned long set;
	ktime_t reachable_time;
	struct net_device *dev;
	struct neigh_cache *cache;
	struct list_head list;
	refcount_t refcnt;
	struct neigh_sysctl *sysctl;
};

#define NEIGH_VAR(p, attr) ((p)->data[NEIGH_VAR_##attr])

/**
 * struct neigh_statistics - counters of a table on a host, by Linux's names
 */
struct neigh_statistics {
	u64 allocs;
	u64 destroys;
	u64 hash_grows;
	u64 res_failed;
	u64 lookups;
	u64 hits;
	u64 periodic_gc_runs;
	u64 forced_gc_runs;
	u64 unres_discards;
	u64 table_fulls;
};

/**
 * struct neigh_ops - what a protocol does for its neighbours
 * @family: AF_*
 * @solicit: send one question; @skb is the packet that waits or NULL, and is not consumed
 * @error_report: the neighbour failed; consumes @skb, which waited for it
 * @output: sends a packet that may have to wait; consumes it
 * @connected_output: sends a packet while the address is confirmed; consumes it
 *
 * All run under the stack lock.
 */
struct neigh_ops {
	int family;
	void (*solicit)(struct neighbour *neigh, struct sk_buff *skb);
	void (*error_report)(struct neighbour *neigh, struct sk_buff *skb);
	int (*output)(struct neighbour *neigh, struct sk_buff *skb);
	int (*connected_output)(struct neighbour *neigh, struct sk_buff *skb);
};

/**
 * struct neighbour - one entry
 * @hash_node: in its bucket
 * @gc_list: from the least to the most recently updated; empty for entries that stay
 * @tbl: protocol
 * @cache: the host's entries of that protocol
 * @parms: settings
 * @dev: the link, held
 * @refcnt: the table, the running timer and every user hold one each
 * @timer: runs in NUD_IN_TIMER states
 * @confirmed: when it was last heard of in a way that proves it hears us
 * @updated: when state or address changed last
 * @used: when a packet was sent to it last
 * @probes: questions asked without an answer
 * @nud_state: NUD_*; written by one function, neigh_set_state()
 * @flags: NTF_*
 * @type: RTN_* kind of the address
 * @dead: no longer in the table
 * @arp_queue: packets that wait for the address
 * @arp_queue_len_bytes: their truesize
 * @ops: by the protocol
 * @output: ops->output or ops->connected_output
 * @hh: header for packets of the table's protocol, used in NUD_CONNECTED states
 * @ha: link-layer address, valid in NUD_VALID states
 * @primary_key: protocol address, tbl->key_len bytes
 */
struct neighbour {
	struct hlist_node hash_node;
	struct list_head gc_list;
	struct neigh_table *tbl;
	struct neigh_cache *cache;
	struct neigh_parms *parms;
	struct net_device *dev;
	refcount_t refcnt;
	struct timer_list timer;
	ktime_t confirmed;
	ktime_t updated;
	ktime_t used;
	int probes;
	u8 nud_state;
	u8 flags;
	u8 type;
	u8 dead;
	struct sk_buff_head arp_queue;
	unsigned int arp_queue_len_bytes;
	const struct neigh_ops *ops;
	int (*output)(struct neighbour *neigh, struct sk_buff *skb);
	struct hh_cache hh;
	unsigned char ha[ALIGN(MAX_ADDR_LEN, sizeof(unsigned long))] __aligned(8);
	u8 primary_key[NEIGH_KEY_MAX] __aligned(8);
};

/**
 * struct neigh_table - a protocol that has neighbours
 * @family: AF_*
 * @key_len: bytes of a protocol address, 4 to NEIGH_KEY_MAX
 * @protocol: ETH_P_* in wire order
 * @id: a name, "arp_cache"
 * @constructor: fill type, nud_state and ops of a new entry; an error refuses it
 * @proxy_redo: handle a packet that waited in the proxy queue again; consumes it. NULL: no queue
 * @parms: defaults of every host
 * @index: set by neigh_table_init()
 *
 * One for the process; each host has its own entries and settings.
 */
struct neigh_table {
	int family;
	unsigned int key_len;
	__be16 protocol;
	const char *id;
	int (*constructor)(struct neighbour *neigh);
	void (*proxy_redo)(struct sk_buff *skb);
	struct neigh_parms parms;
	int index;
};

enum {
	NEIGH_ARP_TABLE = 0,
	NEIGH_ND_TABLE = 1,
	NEIGH_NR_TABLES,
};

/**
 * neigh_init() - make neighbours part of every host that is created from now on
 *
 * Once per process, before the first host. Return: 0 or a negative errno.
 */
SKIFF_API int neigh_init(void);

/**
 * neigh_table_init() - register a protocol's table
 * @index: NEIGH_*_TABLE
 * @tbl: constant from now on
 *
 * Before the first host is created. An index out of range or in use is the caller's bug.
 */
SKIFF_API void neigh_table_init(int index, struct neigh_table *tbl);

/**
 * neigh_parms_of() - a host's default settings for a protocol's neighbours
 * @net: the host
 * @tbl: the protocol
 *
 * Stack lock. Return: the settings, which live as long as the host.
 */
SKIFF_API struct neigh_parms *neigh_parms_of(struct net *net, struct neigh_table *tbl);

/**
 * neigh_parms_alloc() - settings for the neighbours of one device
 * @dev: the device
 * @tbl: the protocol
 *
 * They start as the host's defaults and follow them until they are changed themselves. Stack lock.
 * Return: the settings, to be released when the device goes; NULL without memory.
 */
SKIFF_API struct neigh_parms *neigh_parms_alloc(struct net_device *dev, struct neigh_table *tbl);

/* The device goes; entries that still use them keep them. NULL is fine. Stack lock. */
SKIFF_API void neigh_parms_release(struct neigh_parms *parms);

static inline struct neigh_parms *neigh_parms_clone(struct neigh_parms *parms)
{
	refcount_inc(&parms->refcnt);
	return parms;
}

/* Give up a reference of neigh_parms_clone(). */
SKIFF_API void neigh_parms_put(struct neigh_parms *parms);

/* An entry's settings are @parms from now on, of which it takes a reference. For constructors. */
SKIFF_API void neigh_parms_use(struct neighbour *neigh, struct neigh_parms *parms);

/**
 * neigh_var_set() - change a setting
 * @parms: of a device, or the defaults, which the devices take over that have no value of their own
 * @var: NEIGH_VAR_*
 * @value: in the units of the sysctl
 *
 * Stack lock.
 */
SKIFF_API void neigh_var_set(struct neigh_parms *parms, int var, int value);

/**
 * neigh_sysctl_register() - show settings under net.<family>.neigh.<name>
 * @parms: of a device, or the host's defaults
 * @path: "net/ipv4/neigh"
 *
 * <name> is the device's, or "default", which has those of garbage collection as well. What was
 * shown before under another name goes. Stack lock. Return: 0, -ENOMEM, or -EEXIST.
 */
SKIFF_API int neigh_sysctl_register(struct neigh_parms *parms, const char *path);

/* The opposite, safe when nothing is shown. Stack lock. */
SKIFF_API void neigh_sysctl_unregister(struct neigh_parms *parms);

/* A host's counters of a protocol's neighbours. Stack lock. */
SKIFF_API const struct neigh_statistics *neigh_stats_of(struct net *net, struct neigh_table *tbl);

/* How many entries there are. Stack lock. */
SKIFF_API unsigned int neigh_entries_of(struct net *net, struct neigh_table *tbl);

/**
 * neigh_lookup() - find an entry
 * @tbl: the protocol
 * @pkey: tbl->key_len bytes of address
 * @dev: the link
 *
 * Stack lock. Return: the entry with a reference for the caller, or NULL.
 */
SKIFF_API struct neighbour *neigh_lookup(struct neigh_table *tbl, const void *pkey,
					 struct net_device *dev);

/* The same without a reference: valid until the stack lock is released or a table changes. */
SKIFF_API struct neighbour *__neigh_lookup_noref(struct neigh_table *tbl, const void *pkey,
						 struct net_device *dev);

/**
 * __neigh_create() - make an entry
 * @tbl: the protocol
 * @pkey: tbl->key_len bytes of address
 * @dev: the link
 * @want_ref: take a reference for the caller
 *
 * Stack lock. Return: the entry, the existing one if there is one; ERR_PTR(-ENOBUFS) when the
 * table is full (gc_thresh3) or memory ended, or the constructor's error.
 */
SKIFF_API struct neighbour *__neigh_create(struct neigh_table *tbl, const void *pkey,
					   struct net_device *dev, bool want_ref);

static inline struct neighbour *neigh_create(struct neigh_table *tbl, const void *pkey,
					     struct net_device *dev)
{
	return __neigh_create(tbl, pkey, dev, true);
}

/* The last reference is gone. Called by neigh_release() only. */
SKIFF_API void neigh_destroy(struct neighbour *neigh);

static inline void neigh_hold(struct neighbour *neigh)
{
	refcount_inc(&neigh->refcnt);
}

static inline void neigh_release(struct neighbour *neigh)
{
	if (refcount_dec_and_test(&neigh->refcnt))
		neigh_destroy(neigh);
}

/**
 * neigh_update() - tell an entry what was learned about it
 * @neigh: the entry
 * @lladdr: its link-layer address, dev->addr_len bytes, or NULL when nothing is known about it
 * @state: NUD_* that follows from it
 * @flags: NEIGH_UPDATE_F_*
 * @nlmsg_pid: who asked for it, 0 for the stack itself
 *
 * Packets that waited are sent. Stack lock. Return: 0; -EPERM when a permanent entry is to be
 * changed by somebody else than the administrator; -EINVAL without an address where one is
 * needed or for an entry that is no longer in the table.
 */
SKIFF_API int neigh_update(struct neighbour *neigh, const u8 *lladdr, u8 state, u32 flags,
			   u32 nlmsg_pid);

/* Ask programs for the address, as app_solicit says (NETEVENT_NEIGH_SOLICIT). Stack lock. */
SKIFF_API void neigh_app_ns(struct neighbour *neigh);

/* The slow half of neigh_event_send(). */
SKIFF_API int __neigh_event_send(struct neighbour *neigh, struct sk_buff *skb);

/* Now on the clock of the entry's host. */
SKIFF_API ktime_t neigh_now(const struct neighbour *neigh);

/**
 * neigh_event_send() - a packet is about to be sent to a neighbour
 * @neigh: the entry
 * @skb: the packet or NULL
 *
 * Stack lock. Return: 0 when the address may be used, and @skb is still the caller's; 1 when
 * @skb waits for it or was dropped.
 */
static inline int neigh_event_send(struct neighbour *neigh, struct sk_buff *skb)
{
	neigh->used = neigh_now(neigh);
	if (neigh->nud_state & (NUD_CONNECTED | NUD_DELAY | NUD_PROBE))
		return 0;
	return __neigh_event_send(neigh, skb);
}

/* An upper layer has heard from the neighbour in answer to what we sent. Stack lock. */
SKIFF_API void neigh_confirm_now(struct neighbour *neigh);

/* neigh_ops.output for links with addresses; consume @skb. Return: 0 or a negative errno. */
SKIFF_API int neigh_resolve_output(struct neighbour *neigh, struct sk_buff *skb);
SKIFF_API int neigh_connected_output(struct neighbour *neigh, struct sk_buff *skb);
/* For links without header. */
SKIFF_API int neigh_direct_output(struct neighbour *neigh, struct sk_buff *skb);

/* Put the header that was made before in front of a packet: at least HH_DATA_MOD bytes of room. */
static inline int neigh_hh_output(const struct hh_cache *hh, struct sk_buff *skb)
{
	memcpy(skb->data - HH_DATA_MOD, hh->hh_data, HH_DATA_MOD);
	__skb_push(skb, hh->hh_len);
	return dev_queue_xmit(skb);
}

/* Whether there is such a header, and room for it. */
static inline bool neigh_hh_fits(const struct neighbour *n, const struct sk_buff *skb)
{
	return n->hh.hh_len && skb_headroom(skb) >= HH_DATA_MOD && n->hh.hh_len <= HH_DATA_MOD;
}

/**
 * neigh_output() - send a packet to a neighbour
 * @n: the entry
 * @skb: the packet, data at the network header, protocol and dev set; consumed
 *
 * Stack lock. Return: 0 also when the packet waits, or a negative errno.
 */
static inline int neigh_output(struct neighbour *n, struct sk_buff *skb)
{
	u8 state = n->nud_state;

	/* What neigh_resolve_output() comes to while the address is being confirmed. */
	if (likely(state & (NUD_CONNECTED | NUD_DELAY | NUD_PROBE)) && neigh_hh_fits(n, skb)) {
		if (!(state & NUD_CONNECTED))
			n->used = neigh_now(n);
		return neigh_hh_output(&n->hh, skb);
	}
	return n->output(n, skb);
}

/**
 * neigh_changeaddr() - the device's own address has changed: forget all its neighbours
 * @tbl: the protocol
 * @dev: the device
 */
SKIFF_API void neigh_changeaddr(struct neigh_table *tbl, struct net_device *dev);

/**
 * neigh_ifdown() - a device goes down: forget all its neighbours and drop what waits for them
 * @tbl: the protocol
 * @dev: the device
 */
SKIFF_API void neigh_ifdown(struct neigh_table *tbl, struct net_device *dev);

/* The link was lost: as neigh_ifdown(), but what is permanent stays. */
SKIFF_API void neigh_carrier_down(struct neigh_table *tbl, struct net_device *dev);

/*
 * Proxies: addresses that we answer for, though they are somewhere else.
 */

/**
 * struct pneigh_entry - an address that is answered for
 * @node: in its bucket
 * @dev: to questions from this link only, or NULL; not held, entries go when it goes down
 * @flags: NTF_*
 * @key: the address, tbl->key_len bytes
 */
struct pneigh_entry {
	struct hlist_node node;
	struct net_device *dev;
	u8 flags;
	u8 key[NEIGH_KEY_MAX];
};

/**
 * pneigh_lookup() - find or make an entry
 * @tbl: the protocol
 * @net: the host
 * @key: the address
 * @dev: the link that asks, or NULL: only entries for all links
 * @creat: make one for @dev when there is none
 *
 * Stack lock. Return: the entry, the table's; NULL when there is none or no memory for one.
 */
SKIFF_API struct pneigh_entry *pneigh_lookup(struct neigh_table *tbl, struct net *net,
					     const void *key, struct net_device *dev, int creat);

/* Remove the entry made for exactly @dev. Stack lock. Return: 0 or -ENOENT. */
SKIFF_API int pneigh_delete(struct neigh_table *tbl, struct net *net, const void *key,
			    struct net_device *dev);

/**
 * pneigh_enqueue() - answer later, at random within proxy_delay, so that the owner may be first
 * @tbl: the protocol, with proxy_redo
 * @p: settings of the device
 * @skb: the question; consumed. Dropped when there are PROXY_QLEN of them
 *
 * Stack lock.
 */
SKIFF_API void pneigh_enqueue(struct neigh_table *tbl, struct neigh_parms *p, struct sk_buff *skb);

/* Has this packet waited in the proxy queue? To be asked by proxy_redo's callees only. */
SKIFF_API bool pneigh_has_waited(const struct sk_buff *skb);

/* Mark a packet that arrives as one that has not. */
SKIFF_API void pneigh_new(struct sk_buff *skb);

/* Call @cb for all proxies of a host; it must not change them. Stack lock. */
SKIFF_API void pneigh_for_each(struct net *net, struct neigh_table *tbl,
			       void (*cb)(struct pneigh_entry *entry, void *arg), void *arg);

/* Take an entry out of the table; users keep their references. Return: whether it was in it. */
SKIFF_API bool neigh_remove_one(struct neighbour *neigh);

/* Call @cb for all entries of a host; it must not change the table. Stack lock. */
SKIFF_API void neigh_for_each(struct net *net, struct neigh_table *tbl,
			      void (*cb)(struct neighbour *neigh, void *arg), void *arg);

/* "REACHABLE" for NUD_REACHABLE, as the ip command writes it. Any thread. */
SKIFF_API const char *neigh_state_name(u8 state);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NEIGHBOUR_H */
