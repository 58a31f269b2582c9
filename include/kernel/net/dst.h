/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/dst.h> for kernel-style sources: dst_entry. */
#include <skiff/dst.h>
