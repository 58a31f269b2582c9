/* SPDX-License-Identifier: BSD-2-Clause */
/* Integer types by their kernel names, wire-order types for sparse, gfp_t and ktime_t. */
#ifndef SKIFF_TYPES_H
#define SKIFF_TYPES_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __GLIBC__
typedef __loff_t loff_t; /* which <sys/types.h> hides from -std=c11 */
#endif

#include <linux/types.h> /* __be16, __wsum, ... with sparse's __bitwise */

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

/* Nanoseconds; an instant of a host's clock or a span. */
typedef s64 ktime_t;

typedef u64 netdev_features_t;

#ifdef __CHECKER__
#define __force __attribute__((force))
#define __bitwise __attribute__((bitwise))
#else
#ifndef __force
#define __force
#endif
#ifndef __bitwise
#define __bitwise
#endif
#endif

/*
 * What an allocation may do. GFP_ATOMIC never waits; GFP_KERNEL may be used where the caller
 * could wait, although inside the stack nothing does: both fail with NULL when memory ends.
 */
typedef unsigned int gfp_t;

#define __GFP_HIGH 0x01u
#define __GFP_ZERO 0x02u
#define __GFP_NOWARN 0x04u
#define __GFP_COMP 0x08u
#define __GFP_NORETRY 0x10u
#define __GFP_MEMALLOC 0x20u
#define __GFP_NOMEMALLOC 0x40u
#define __GFP_DIRECT_RECLAIM 0x80u
#define GFP_ATOMIC __GFP_HIGH
#define GFP_NOWAIT 0u
#define GFP_KERNEL __GFP_DIRECT_RECLAIM

#define NUMA_NO_NODE (-1)

#endif /* SKIFF_TYPES_H */
