/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/bitops.h> for kernel-style sources: bit operations. */
#include <skiff/bitops.h>
