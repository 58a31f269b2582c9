/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/neighbour.h> for kernel-style sources: neighbours. */
#include <skiff/neighbour.h>
