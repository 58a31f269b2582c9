/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/timer.h> for kernel-style sources: timer_list. */
#include <skiff/timer.h>
