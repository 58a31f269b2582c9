/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/jhash.h> for kernel-style sources: jhash. */
#include <skiff/jhash.h>
