/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/fib_notifier.h> for kernel-style sources: who hears of routes. */
#include <skiff/fib_notifier.h>
