/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/in.h> for kernel-style sources: IPv4 addresses and protocol numbers. */
#include <netinet/in.h> /* before the kernel's, which leaves out what this defines */
#include_next <linux/in.h>
