/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/container_of.h> for kernel-style sources: container_of. */
#include <skiff/kernel.h>
