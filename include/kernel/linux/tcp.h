/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/tcp.h> for kernel-style sources: TCP header, tcp_hdr and tcp_sock. */
#include_next <linux/tcp.h>
#ifndef SKIFF_SYSTEM_HEADERS_ONLY /* see <skiff/tcp.h> */
#include <skiff/tcp.h>
#endif
