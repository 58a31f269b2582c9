/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two modules without a name share with the test that starts them. */
#ifndef TESTS_KERNEL_TWO_MODULES_H
#define TESTS_KERNEL_TWO_MODULES_H

enum { FIRST, SECOND, TWO_MODULES };

/* What the start of each returns. */
extern int two_modules_error[TWO_MODULES];

#endif /* TESTS_KERNEL_TWO_MODULES_H */
