// SPDX-License-Identifier: BSD-2-Clause
/* One of two modules without a name in one program; both call their functions alike. */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>

#include "two_modules.h"

static int __init start(void)
{
	pr_info("first starts\n");
	return two_modules_error[FIRST];
}

static void __exit end(void)
{
	pr_info("first ends\n");
}

module_init(start);
module_exit(end);

MODULE_LICENSE("Dual BSD/GPL");
