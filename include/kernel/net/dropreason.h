/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/dropreason.h> for kernel-style sources: drop reasons. */
#include <skiff/dropreason.h>
