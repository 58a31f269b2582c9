/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the netem discipline share. */
#ifndef SKIFF_DEVICE_NETEM_H
#define SKIFF_DEVICE_NETEM_H

#include <skiff/netem.h>

/* Standard deviation of the tables, and how many steps they have. */
#define NETEM_TABLE_SCALE 8192
#define NETEM_TABLE_STEPS 1024

/* Values at equal steps of probability, the first at 0 and the last at 1. */
extern const s32 netem_normal[NETEM_TABLE_STEPS + 1];
extern const s32 netem_pareto[NETEM_TABLE_STEPS + 1];

/* netem_text.c: whether @p makes sense. Return: 0, or -EINVAL with a message. */
int netem_check(const struct netem_params *p, char *err, size_t err_size);

#endif /* SKIFF_DEVICE_NETEM_H */
