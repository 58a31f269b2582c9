/* SPDX-License-Identifier: BSD-2-Clause */
/* Reassembly queues that both IP families share: fragments of one packet until it is whole. */
#ifndef SKIFF_IP_INET_FRAG_H
#define SKIFF_IP_INET_FRAG_H

#include <skiff/net_namespace.h>
#include <skiff/siphash.h>
#include <skiff/skbuff.h>

/*
 * A queue has a bit for every 8 bytes of payload that arrived, the unit in which offsets count (RFC
 * 791 section 3.1). Whether a fragment is new, a duplicate or an overlap is thus known from the bits
 * of its range alone, whatever the number of fragments and the order in which they come; they are
 * put in order once, when all bits are there.
 *
 * Memory is bounded for all queues of a host together: beyond high_thresh those that were touched
 * longest ago go, until low_thresh is reached.
 */

#define INETFRAGS_HASHSZ 1024
#define INET_FRAG_UNITS 8192 /* of 8 bytes: what 16 bits of length can say */

/* inet_frag_queue.flags */
#define INET_FRAG_FIRST_IN BIT(0)
#define INET_FRAG_LAST_IN BIT(1)
#define INET_FRAG_COMPLETE BIT(2) /* not in the table any more */

/**
 * struct inet_frag_cb - what a queue notes in skb->cb of a fragment
 * @header: of the network protocol
 * @offset: first byte of its payload in the packet's
 * @hlen: bytes of header in front of the payload
 */
struct inet_frag_cb {
	char header[24] __aligned(8);
	u32 offset;
	u32 hlen;
};
#define INET_FRAG_CB(skb) ((struct inet_frag_cb *)(void *)((skb)->cb))

struct inet_frag_queue;

/**
 * struct fqdir - a host's queues of one family
 * @net: the host
 * @high_thresh: bytes from which on queues are given up
 * @low_thresh: down to so many
 * @timeout: nanoseconds that a packet may take to become whole
 * @mem: bytes of all fragments and queues
 * @qsize: bytes of a queue
 * @keylen: bytes of the key, which follows the struct inet_frag_queue in a queue
 * @key: of the hash
 * @expired: time is up for a queue, which is out of the table; freed afterwards
 * @dropped: a queue is given up for lack of room
 * @lru: all queues, the one touched longest ago first
 * @nr: how many
 * @hash: queues by key
 */
struct fqdir {
	struct net *net;
	long high_thresh;
	long low_thresh;
	ktime_t timeout;
	long mem;
	unsigned int qsize;
	unsigned int keylen;
	siphash_key_t key;
	void (*expired)(struct inet_frag_queue *q);
	void (*dropped)(struct inet_frag_queue *q);
	struct list_head lru;
	unsigned int nr;
	struct hlist_head hash[INETFRAGS_HASHSZ];
};

/**
 * struct inet_frag_queue - fragments of one packet; the family's part, key first, follows
 * @node: in the table
 * @lru: in fqdir.lru
 * @timer: gives up
 * @fqdir: where it belongs
 * @fragments: linked by next, the one that came last first
 * @first: that with offset 0, or NULL
 * @nr: how many
 * @mem: bytes accounted
 * @len: end of the payload as far as known
 * @meat: bytes that are there
 * @flags: INET_FRAG_*
 * @units: bit per 8 bytes that are there
 */
struct inet_frag_queue {
	struct hlist_node node;
	struct list_head lru;
	struct timer_list timer;
	struct fqdir *fqdir;
	struct sk_buff *fragments;
	struct sk_buff *first;
	unsigned int nr;
	long mem;
	u32 len;
	u32 meat;
	u8 flags;
	u64 units[INET_FRAG_UNITS / 64];
};

enum inet_frag_result {
	IPFRAG_OK,
	IPFRAG_DUP,	/* all of it is there already */
	IPFRAG_OVERLAP, /* some of it is */
	IPFRAG_CORRUPT, /* contradicts what is known of the packet's end */
};

/**
 * fqdir_init() - prepare a host's queues
 * @f: with net, qsize, keylen, expired and dropped filled in; the rest zero but for the limits
 *
 * Stack lock, as for all of these.
 */
void fqdir_init(struct fqdir *f);

/* Give up all queues, silently. */
void fqdir_exit(struct fqdir *f);

/**
 * inet_frag_find() - the queue of a packet, made when there is none
 * @f: the host's
 * @key: keylen bytes
 * @fresh: set when it was made
 *
 * Makes room first. Return: the queue; NULL without memory, or when no fragment may be kept.
 */
struct inet_frag_queue *inet_frag_find(struct fqdir *f, const void *key, bool *fresh);

/**
 * inet_frag_queue_insert() - put a fragment into its queue
 * @q: the queue
 * @skb: the fragment, INET_FRAG_CB() filled in; belongs to the queue with IPFRAG_OK only
 * @end: end of its payload in the packet, at most 65,535
 * @last: it is the last one
 *
 * A fragment that is not the last one has a multiple of 8 bytes of payload.
 */
enum inet_frag_result inet_frag_queue_insert(struct inet_frag_queue *q, struct sk_buff *skb,
					     u32 end, bool last);

static inline bool inet_frag_whole(const struct inet_frag_queue *q)
{
	return q->flags == (INET_FRAG_FIRST_IN | INET_FRAG_LAST_IN) && q->meat == q->len;
}

/**
 * inet_frag_join() - make one buffer of a queue that is whole
 * @q: the queue, which is empty afterwards
 *
 * Return: the first fragment with the payload of the others behind its own; NULL without memory,
 * and the fragments are gone.
 */
struct sk_buff *inet_frag_join(struct inet_frag_queue *q);

/* Forget the fragments, but stay. */
void inet_frag_reinit(struct inet_frag_queue *q);

/* Out of the table; the timer stops. */
void inet_frag_kill(struct inet_frag_queue *q);

/* Release a queue that was killed, and its fragments. */
void inet_frag_destroy(struct inet_frag_queue *q);

/* RFC 3168 section 5.3: the ECN field of a packet by those of its fragments, 0xff: drop it. */
#define IPFRAG_ECN_NOT_ECT 0x01
#define IPFRAG_ECN_ECT_1 0x02
#define IPFRAG_ECN_ECT_0 0x04
#define IPFRAG_ECN_CE 0x08
extern const u8 ip_frag_ecn_table[16];

#endif /* SKIFF_IP_INET_FRAG_H */
