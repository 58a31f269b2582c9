/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/err.h> for kernel-style sources: ERR_PTR and its like. */
#include <skiff/kernel.h>
