/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/in6.h> for kernel-style sources: IPv6 addresses. */
#include <netinet/in.h> /* before the kernel's, which leaves out what this defines */
#include_next <linux/in6.h>
