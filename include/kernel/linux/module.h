/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/module.h> for kernel-style sources: module_init and MODULE_ macros. */
#include_next <linux/module.h>
#include <skiff/module.h>
