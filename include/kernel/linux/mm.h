/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/mm.h> for kernel-style sources: pages. */
#include <skiff/mm.h>
