/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/snmp.h> for kernel-style sources: SNMP counters. */
#include <skiff/snmp.h>
