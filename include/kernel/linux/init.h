/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/init.h> for kernel-style sources: __init and __exit. */
#include <skiff/module.h>
