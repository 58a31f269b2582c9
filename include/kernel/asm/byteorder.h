/* SPDX-License-Identifier: BSD-2-Clause */
/* <asm/byteorder.h> for kernel-style sources: htons, cpu_to_be16 and their like. */
#include_next <asm/byteorder.h>
#include <skiff/byteorder.h>
