/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/siphash.h> for kernel-style sources: SipHash. */
#include <skiff/siphash.h>
