/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/net.h> for kernel-style sources: struct socket and its families. */
#include <skiff/net.h>
