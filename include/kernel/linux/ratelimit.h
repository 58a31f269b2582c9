/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/ratelimit.h> for kernel-style sources: ratelimit_state. */
#include <skiff/ratelimit.h>
