/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/flow.h> for kernel-style sources: what a route is looked up by. */
#include <skiff/flowi.h>
