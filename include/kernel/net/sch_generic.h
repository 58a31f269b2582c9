/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/sch_generic.h> for kernel-style sources: Qdisc. */
#include <skiff/sch_generic.h>
