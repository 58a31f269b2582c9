/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/checksum.h> for kernel-style sources: Internet checksums. */
#include <skiff/checksum.h>
