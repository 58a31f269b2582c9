/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/protocol.h> for kernel-style sources: inet protocol registration. */
#include <skiff/protocol.h>
