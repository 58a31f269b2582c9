/* SPDX-License-Identifier: BSD-2-Clause */
/* <asm/checksum.h> for kernel-style sources: Internet checksums. */
#include <skiff/checksum.h>
