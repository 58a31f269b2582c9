/* SPDX-License-Identifier: BSD-2-Clause */
/* <asm/unaligned.h> for kernel-style sources: unaligned access. */
#include <skiff/unaligned.h>
