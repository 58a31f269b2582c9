/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/filter.h> for kernel-style sources: instructions of classic BPF, and filters of sockets. */
#include_next <linux/filter.h>
#ifndef SKIFF_SYSTEM_HEADERS_ONLY /* see <skiff/filter.h> */
#include <skiff/filter.h>
#endif
