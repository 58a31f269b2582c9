/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/notifier.h> for kernel-style sources: notifier chains. */
#include <skiff/notifier.h>
