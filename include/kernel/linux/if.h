/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/if.h> for kernel-style sources: interface flags and ifreq. */
#include <net/if.h> /* before the kernel's, which leaves out what this defines */
#include_next <linux/if.h>
