/* SPDX-License-Identifier: BSD-2-Clause */
/* What the module of this folder offers to the test that starts it. */
#ifndef TESTS_KERNEL_COUNTER_MODULE_H
#define TESTS_KERNEL_COUNTER_MODULE_H

#include <linux/types.h>

int counter_add(u32 number);
u64 counter_sum(void);
u8 counter_byte(unsigned int index);
const char *counter_greeting(void);

#endif /* TESTS_KERNEL_COUNTER_MODULE_H */
