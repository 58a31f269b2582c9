// SPDX-License-Identifier: BSD-2-Clause
/* netem's slots: a link that is ours now and then only, as in a wireless cell or a cable network. */
#include <skiff/ktime.h>
#include <skiff/random.h>

#include "device/netem.h"

/*
 * A packet that has arrived leaves in the next slot; a slot that has come is open until its packets or
 * bytes are used up, and then, or when packets come later than it, another one is drawn.
 */

static bool has_slots(const struct netem_params *p)
{
	return p->slot_min || p->slot_max;
}

static void slot_draw(struct netem_slot *slot, const struct netem_params *p, ktime_t from)
{
	u64 span = p->slot_max > p->slot_min ? (u64)(p->slot_max - p->slot_min) : 0;

	/* In 1024ths, so that an hour fits. */
	ktime_t more = (ktime_t)(((span >> 10) * get_random_u32()) >> 22);

	slot->next = ktime_add_safe(from, p->slot_min + more);
	slot->packets_left = p->slot_packets ? p->slot_packets : INT64_MAX;
	slot->bytes_left = p->slot_bytes ? p->slot_bytes : INT64_MAX;
}

ktime_t netem_slot_open(struct netem_slot *slot, const struct netem_params *p, ktime_t when)
{
	if (likely(!has_slots(p)))
		return when;
	if (slot->next < when)
		slot_draw(slot, p, when);
	return max(slot->next, when);
}

void netem_slot_spend(struct netem_slot *slot, const struct netem_params *p, unsigned int bytes,
		      ktime_t now)
{
	if (likely(!has_slots(p)))
		return;
	slot->packets_left--;
	slot->bytes_left -= bytes;
	if (slot->packets_left <= 0 || slot->bytes_left <= 0)
		slot_draw(slot, p, now);
}
