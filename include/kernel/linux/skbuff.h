/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/skbuff.h> for kernel-style sources: sk_buff. */
#include <skiff/skbuff.h>
