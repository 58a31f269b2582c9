/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the netem discipline share. */
#ifndef SKIFF_DEVICE_NETEM_H
#define SKIFF_DEVICE_NETEM_H

#include <skiff/ktime.h>
#include <skiff/netem.h>

/* Standard deviation of the tables, and how many steps they have. */
#define NETEM_TABLE_SCALE 8192
#define NETEM_TABLE_STEPS 1024

/* Values at equal steps of probability, the first at 0 and the last at 1. */
extern const s32 netem_normal[NETEM_TABLE_STEPS + 1];
extern const s32 netem_pareto[NETEM_TABLE_STEPS + 1];

/**
 * struct netem_slot - when the link is ours
 * @next: from when on
 * @packets_left: how many packets may leave then
 * @bytes_left: and how many bytes
 */
struct netem_slot {
	ktime_t next;
	s64 packets_left;
	s64 bytes_left;
};

/* netem_slot.c: when a packet may leave that has arrived at @when; and that one has left. */
ktime_t netem_slot_open(struct netem_slot *slot, const struct netem_params *p, ktime_t when);
void netem_slot_spend(struct netem_slot *slot, const struct netem_params *p, unsigned int bytes,
		      ktime_t now);

/* netem_text.c: whether @p makes sense. Return: 0, or -EINVAL with a message. */
int netem_check(const struct netem_params *p, char *err, size_t err_size);

#endif /* SKIFF_DEVICE_NETEM_H */
