/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/mpls.h> for kernel-style sources: MPLS label stack entries. */
#include_next <linux/mpls.h>
#include <skiff/mpls.h>
