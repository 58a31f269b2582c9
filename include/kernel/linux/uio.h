/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/uio.h> for kernel-style sources: iov_iter. */
#include <skiff/uio.h>
