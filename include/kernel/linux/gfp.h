/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/gfp.h> for kernel-style sources: gfp_t, and pages. */
#include <skiff/mm.h>
