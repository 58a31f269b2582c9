/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/netevent.h> for kernel-style sources: events of neighbours. */
#include <skiff/netevent.h>
