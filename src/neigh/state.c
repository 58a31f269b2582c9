// SPDX-License-Identifier: BSD-2-Clause
/* The states of a neighbour, one handler per event, and one function that changes the state. */
#include <string.h>

#include <skiff/netevent.h>

#include "neigh/neigh.h"

/*
 * Theory of operation (the states are those of RFC 4861 section 7.3.2, used for ARP as well)
 *
 *	            packet            no answer to mcast_probes questions
 *	NONE/FAILED ------> INCOMPLETE ---------------------------------> FAILED
 *	                        | answer                                    ^
 *	                        v                                           |
 *	                    REACHABLE <------ answer or confirmation --.    | no answer to
 *	                        | reachable_time without confirmation  |    | ucast_probes
 *	                        v                                      |    | questions
 *	     heard of it ---> STALE --- packet ---> DELAY ----------> PROBE
 *	                                            delay_probe_time
 *
 * Only INCOMPLETE, REACHABLE, DELAY and PROBE have a timer; it holds a reference. Packets wait in
 * INCOMPLETE alone; each neighbour has a queue of its own, so that one that does not answer is in
 * nobody else's way.
 */

/* A first question repeated at once would only be noise. */
#define NEIGH_MIN_RETRANS ((ktime_t)10 * NSEC_PER_MSEC)

static ktime_t neigh_retrans(const struct neighbour *n)
{
	ktime_t t = neigh_msecs(NEIGH_VAR(n->parms, RETRANS_TIME_MS));

	return t > NEIGH_MIN_RETRANS ? t : NEIGH_MIN_RETRANS;
}

static ktime_t neigh_delay(const struct neighbour *n)
{
	return neigh_secs(NEIGH_VAR(n->parms, DELAY_PROBE_TIME));
}

void neigh_timer_start(struct neighbour *n, ktime_t when)
{
	if (!timer_pending(&n->timer))
		neigh_hold(n);
	mod_timer_ns(&n->timer, when);
}

void neigh_timer_stop(struct neighbour *n)
{
	if (del_timer(&n->timer))
		neigh_release(n);
}

static void neigh_notify(struct neighbour *n)
{
	call_netevent_notifiers(NETEVENT_NEIGH_UPDATE, n);
}

/* The one place where a state changes; what depends on it follows here. */
static void neigh_set_state(struct neighbour *n, u8 state)
{
	if (n->nud_state == state)
		return;
	n->nud_state = state;
	n->output = state & NUD_CONNECTED ? n->ops->connected_output : n->ops->output;
	/* Without an address there is nobody to ask alone: those questions count as asked. */
	if (state & (NUD_PROBE | NUD_INCOMPLETE))
		n->probes = state & NUD_PROBE ? 0 : NEIGH_VAR(n->parms, UCAST_PROBES);
	if (!(state & NUD_IN_TIMER))
		neigh_timer_stop(n);
}

/* A packet that no socket pays for is the host's while it waits. */
static void neigh_charge(const struct neighbour *n, const struct sk_buff *skb, long bytes)
{
	if (!skb->sk)
		net_mem_held(dev_net(n->dev), bytes);
}

static struct sk_buff *neigh_dequeue(struct neighbour *n)
{
	struct sk_buff *skb = __skb_dequeue(&n->arp_queue);

	if (!skb)
		return NULL;
	n->arp_queue_len_bytes -= skb->truesize;
	neigh_charge(n, skb, -(long)skb->truesize);
	return skb;
}

void neigh_purge_queue(struct neighbour *n, enum skb_drop_reason reason)
{
	struct sk_buff *skb;

	while ((skb = neigh_dequeue(n)) != NULL)
		kfree_skb_reason(skb, reason);
}

static int neigh_blackhole(struct neighbour *neigh, struct sk_buff *skb)
{
	(void)neigh;
	kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_DEAD);
	return -ENETDOWN;
}

/* Event: the entry leaves the table. Users that still hold it must not send through it. */
void neigh_forget(struct neighbour *n)
{
	neigh_timer_stop(n);
	neigh_purge_queue(n, SKB_DROP_REASON_NEIGH_DEAD);
	neigh_set_state(n, NUD_NONE);
	n->output = neigh_blackhole;
	neigh_notify(n);
}

/* Event: nobody answered. What waits goes to the protocol, which tells the senders. */
static void neigh_invalidate(struct neighbour *n)
{
	struct sk_buff_head failed;
	struct sk_buff *skb;

	n->cache->stats.res_failed++;
	n->updated = neigh_now(n);
	/*
	 * Reports may lead to new packets for this very neighbour: those start over, and must not
	 * be taken for packets that failed.
	 */
	__skb_queue_head_init(&failed);
	while ((skb = neigh_dequeue(n)) != NULL)
		__skb_queue_tail(&failed, skb);
	while ((skb = __skb_dequeue(&failed)) != NULL)
		n->ops->error_report(n, skb);
}

static int neigh_max_probes(const struct neighbour *n)
{
	const struct neigh_parms *p = n->parms;

	return NEIGH_VAR(p, UCAST_PROBES) + NEIGH_VAR(p, APP_PROBES) +
	       (n->nud_state & NUD_PROBE ? NEIGH_VAR(p, MCAST_REPROBES) :
					   NEIGH_VAR(p, MCAST_PROBES));
}

/* Ask, on behalf of the packet that came last. */
static void neigh_probe(struct neighbour *n)
{
	struct sk_buff *skb = skb_peek_tail(&n->arp_queue);

	/* Asking may fail at once and purge the queue. */
	if (skb)
		skb_get(skb);
	n->ops->solicit(n, skb);
	n->probes++;
	consume_skb(skb);
}

/* Event: time in REACHABLE is over, unless it was confirmed meanwhile. Return: next time. */
static ktime_t neigh_timer_reachable(struct neighbour *n, ktime_t now)
{
	if (now < n->confirmed + n->parms->reachable_time)
		return n->confirmed + n->parms->reachable_time;
	n->updated = now;
	if (now < n->used + neigh_delay(n)) {
		neigh_set_state(n, NUD_DELAY);
		return now + neigh_delay(n);
	}
	neigh_set_state(n, NUD_STALE);
	neigh_notify(n);
	return 0;
}

/* Event: time in DELAY is over. Return: next time. */
static ktime_t neigh_timer_delay(struct neighbour *n, ktime_t now)
{
	n->updated = now;
	if (now < n->confirmed + neigh_delay(n)) {
		neigh_set_state(n, NUD_REACHABLE);
		neigh_notify(n);
		return n->confirmed + n->parms->reachable_time;
	}
	neigh_set_state(n, NUD_PROBE);
	neigh_notify(n);
	return now + neigh_retrans(n);
}

/* Event: a question was not answered in time. Return: next time. */
static ktime_t neigh_timer_unanswered(struct neighbour *n, ktime_t now)
{
	if (n->probes < neigh_max_probes(n))
		return now + neigh_retrans(n);
	neigh_set_state(n, NUD_FAILED);
	neigh_update_gc_list(n);
	neigh_notify(n);
	neigh_invalidate(n);
	return 0;
}

void neigh_timer_handler(struct timer_list *t)
{
	struct neighbour *n = from_timer(n, t, timer);
	ktime_t now = neigh_now(n), next = 0;

	if (n->nud_state & NUD_REACHABLE)
		next = neigh_timer_reachable(n, now);
	else if (n->nud_state & NUD_DELAY)
		next = neigh_timer_delay(n, now);
	else if (n->nud_state & (NUD_PROBE | NUD_INCOMPLETE))
		next = neigh_timer_unanswered(n, now);
	/* A failure report may have started the entry anew, timer included. */
	if (next && n->nud_state & NUD_IN_TIMER && !timer_pending(&n->timer)) {
		neigh_timer_start(n, next);
		if (n->nud_state & (NUD_PROBE | NUD_INCOMPLETE))
			neigh_probe(n);
	}
	/* The reference of the timer that has just fired. */
	neigh_release(n);
}

/* Put a packet behind the others that wait; the oldest make room. */
static void neigh_enqueue(struct neighbour *n, struct sk_buff *skb)
{
	unsigned int limit = (unsigned int)NEIGH_VAR(n->parms, QUEUE_LEN_BYTES);
	struct sk_buff *old;

	while (n->arp_queue_len_bytes + skb->truesize > limit) {
		old = neigh_dequeue(n);
		if (!old)
			break;
		n->cache->stats.unres_discards++;
		kfree_skb_reason(old, SKB_DROP_REASON_NEIGH_QUEUEFULL);
	}
	if (!skb->sk && net_mem_full(dev_net(n->dev))) {
		n->cache->stats.unres_discards++;
		kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_QUEUEFULL);
		return;
	}
	skb_dst_force(skb);
	__skb_queue_tail(&n->arp_queue, skb);
	n->arp_queue_len_bytes += skb->truesize;
	neigh_charge(n, skb, (long)skb->truesize);
}

/* Start asking for the address. Return: whether a question is to be sent. */
static bool neigh_start(struct neighbour *n)
{
	if (!(NEIGH_VAR(n->parms, MCAST_PROBES) + NEIGH_VAR(n->parms, APP_PROBES))) {
		neigh_set_state(n, NUD_FAILED);
		n->updated = neigh_now(n);
		return false;
	}
	neigh_set_state(n, NUD_INCOMPLETE);
	n->updated = neigh_now(n);
	neigh_update_gc_list(n);
	neigh_timer_start(n, n->updated + neigh_retrans(n));
	return true;
}

static int neigh_await(struct neighbour *neigh, struct sk_buff *skb)
{
	bool probe = false;

	if (neigh->dead) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_DEAD);
		return 1;
	}
	if (neigh->nud_state & NUD_STALE) {
		neigh_set_state(neigh, NUD_DELAY);
		neigh->updated = neigh_now(neigh);
		neigh_timer_start(neigh, neigh->updated + neigh_delay(neigh));
		return 0;
	}
	if (!(neigh->nud_state & NUD_INCOMPLETE)) {
		probe = neigh_start(neigh);
		if (!probe) {
			kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_FAILED);
			return 1;
		}
	}
	if (skb)
		neigh_enqueue(neigh, skb);
	if (probe)
		neigh_probe(neigh);
	return 1;
}

/* Event: a packet for a neighbour whose address is not known, or not known well. */
int __neigh_event_send(struct neighbour *neigh, struct sk_buff *skb)
{
	int waits;

	/* Packets that make room, and questions, may lead to the entry's removal. */
	neigh_hold(neigh);
	waits = neigh_await(neigh, skb);
	neigh_release(neigh);
	return waits;
}

void neigh_confirm_now(struct neighbour *neigh)
{
	neigh->confirmed = neigh_now(neigh);
}

/* The address became known: what waited may go. */
static void neigh_send_queue(struct neighbour *n)
{
	struct sk_buff *skb;

	/* Sending may come back here and change the state again. */
	while (n->nud_state & NUD_VALID && (skb = neigh_dequeue(n)) != NULL)
		n->output(n, skb);
}

/* Event: the neighbour is not reachable at an address any more, says somebody. */
static void neigh_update_lost(struct neighbour *n, u8 state)
{
	bool asked = n->nud_state & (NUD_INCOMPLETE | NUD_PROBE) && state & NUD_FAILED;
	bool known = n->nud_state & NUD_VALID;

	neigh_timer_stop(n);
	neigh_set_state(n, state);
	n->updated = neigh_now(n);
	neigh_update_gc_list(n);
	if (asked || known)
		neigh_notify(n);
	if (asked)
		neigh_invalidate(n);
}

/*
 * What is known against what was learned: decide on the new state and whether to take @lladdr.
 * Return: false when the entry stays as it is.
 */
static bool neigh_reconcile(const struct neighbour *n, const u8 *lladdr, u8 *state, u32 flags,
			    bool *take)
{
	bool same = !lladdr || !memcmp(lladdr, n->ha, n->dev->addr_len);

	*take = lladdr && (!same || !(n->nud_state & NUD_VALID));
	if (!(n->nud_state & NUD_VALID))
		return true;
	if (!same && !(flags & NEIGH_UPDATE_F_OVERRIDE)) {
		if (!(flags & NEIGH_UPDATE_F_WEAK_OVERRIDE) || !(n->nud_state & NUD_CONNECTED))
			return false;
		*state = NUD_STALE;
		*take = false;
	} else if (same && *state == NUD_STALE && !(flags & NEIGH_UPDATE_F_ADMIN)) {
		/* Mere sight of it does not make a confirmed entry less so. */
		*state = n->nud_state;
	}
	return true;
}

static void neigh_take(struct neighbour *n, const u8 *lladdr, u8 state)
{
	memcpy(n->ha, lladdr, n->dev->addr_len);
	neigh_update_hh(n);
	if (!(state & NUD_CONNECTED))
		n->confirmed =
			neigh_now(n) - 2 * neigh_msecs(NEIGH_VAR(n->parms, BASE_REACHABLE_TIME_MS));
}

static void neigh_enter(struct neighbour *n, u8 state)
{
	ktime_t now = neigh_now(n);

	neigh_timer_stop(n);
	neigh_set_state(n, state);
	if (state & NUD_REACHABLE)
		neigh_timer_start(n, now + n->parms->reachable_time);
	else if (state & NUD_IN_TIMER)
		neigh_timer_start(n, now);
}

/* Take over what was learned, @state being NUD_VALID. */
static void neigh_learn(struct neighbour *n, const u8 *lladdr, u8 state, u32 flags)
{
	u8 old = n->nud_state;
	bool take;

	if (state & NUD_CONNECTED)
		n->confirmed = neigh_now(n);
	if (!neigh_reconcile(n, lladdr, &state, flags, &take))
		return;
	if (flags & NEIGH_UPDATE_F_OVERRIDE_ISROUTER)
		n->flags = (u8)((n->flags & ~NTF_ROUTER) |
				(flags & NEIGH_UPDATE_F_ISROUTER ? NTF_ROUTER : 0));
	if (take)
		neigh_take(n, lladdr, state);
	if (take || state != old)
		n->updated = neigh_now(n);
	if (state != old)
		neigh_enter(n, state);
	neigh_update_gc_list(n);
	if (take || state != old)
		neigh_notify(n);
	if (!(old & NUD_VALID))
		neigh_send_queue(n);
}

/* Event: it is to be asked, though nothing was learned. */
static void neigh_update_use(struct neighbour *n)
{
	neigh_set_state(n, n->nud_state & (u8)~NUD_PERMANENT);
	neigh_update_gc_list(n);
	neigh_notify(n);
	neigh_event_send(n, NULL);
}

/* Who looks after an entry is the administrator's to say. */
static void neigh_update_flags(struct neighbour *n, u32 flags)
{
	if (!(flags & NEIGH_UPDATE_F_ADMIN))
		return;
	n->flags = (u8)((n->flags & ~NTF_EXT_LEARNED) |
			(flags & NEIGH_UPDATE_F_EXT_LEARNED ? NTF_EXT_LEARNED : 0));
	neigh_update_gc_list(n);
}

/* Event: something was learned about the neighbour. */
int neigh_update(struct neighbour *neigh, const u8 *lladdr, u8 state, u32 flags, u32 nlmsg_pid)
{
	u8 old = neigh->nud_state;

	(void)nlmsg_pid;
	ASSERT_NET_LOCKED(neigh->cache->net);
	if (neigh->dead)
		return -EINVAL;
	if (!(flags & NEIGH_UPDATE_F_ADMIN) && old & (NUD_NOARP | NUD_PERMANENT))
		return -EPERM;
	neigh_update_flags(neigh, flags);
	if (flags & NEIGH_UPDATE_F_USE) {
		neigh_hold(neigh);
		neigh_update_use(neigh);
		neigh_release(neigh);
		return 0;
	}
	if (state & NUD_VALID && !lladdr && !(old & NUD_VALID) && neigh->dev->addr_len)
		return -EINVAL;
	/* Sending or dropping what waited may lead to the entry's removal. */
	neigh_hold(neigh);
	if (state & NUD_VALID)
		neigh_learn(neigh, lladdr, state, flags);
	else
		neigh_update_lost(neigh, state);
	neigh_release(neigh);
	return 0;
}

const char *neigh_state_name(u8 state)
{
	switch (state) {
	case NUD_NONE:
		return "NONE";
	case NUD_INCOMPLETE:
		return "INCOMPLETE";
	case NUD_REACHABLE:
		return "REACHABLE";
	case NUD_STALE:
		return "STALE";
	case NUD_DELAY:
		return "DELAY";
	case NUD_PROBE:
		return "PROBE";
	case NUD_FAILED:
		return "FAILED";
	case NUD_NOARP:
		return "NOARP";
	case NUD_PERMANENT:
		return "PERMANENT";
	default:
		return "UNKNOWN";
	}
}
