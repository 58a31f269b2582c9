/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversions between the processor's byte order and fixed ones; constants stay constants. */
#ifndef SKIFF_BYTEORDER_H
#define SKIFF_BYTEORDER_H

#include <arpa/inet.h>

#include <skiff/types.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define __skiff_be16(x) __builtin_bswap16(x)
#define __skiff_be32(x) __builtin_bswap32(x)
#define __skiff_be64(x) __builtin_bswap64(x)
#define __skiff_le16(x) (x)
#define __skiff_le32(x) (x)
#define __skiff_le64(x) (x)
#else
#define __skiff_be16(x) (x)
#define __skiff_be32(x) (x)
#define __skiff_be64(x) (x)
#define __skiff_le16(x) __builtin_bswap16(x)
#define __skiff_le32(x) __builtin_bswap32(x)
#define __skiff_le64(x) __builtin_bswap64(x)
#endif

#define cpu_to_be16(x) ((__force __be16)(u16)__skiff_be16((u16)(x)))
#define cpu_to_be32(x) ((__force __be32)(u32)__skiff_be32((u32)(x)))
#define cpu_to_be64(x) ((__force __be64)(u64)__skiff_be64((u64)(x)))
#define be16_to_cpu(x) ((u16)__skiff_be16((__force u16)(__be16)(x)))
#define be32_to_cpu(x) ((u32)__skiff_be32((__force u32)(__be32)(x)))
#define be64_to_cpu(x) ((u64)__skiff_be64((__force u64)(__be64)(x)))

#define cpu_to_le16(x) ((__force __le16)(u16)__skiff_le16((u16)(x)))
#define cpu_to_le32(x) ((__force __le32)(u32)__skiff_le32((u32)(x)))
#define cpu_to_le64(x) ((__force __le64)(u64)__skiff_le64((u64)(x)))
#define le16_to_cpu(x) ((u16)__skiff_le16((__force u16)(__le16)(x)))
#define le32_to_cpu(x) ((u32)__skiff_le32((__force u32)(__le32)(x)))
#define le64_to_cpu(x) ((u64)__skiff_le64((__force u64)(__le64)(x)))

/* The C library's names, but with types that sparse can tell apart. */
#undef htons
#undef htonl
#undef ntohs
#undef ntohl
#define htons(x) cpu_to_be16(x)
#define htonl(x) cpu_to_be32(x)
#define ntohs(x) be16_to_cpu(x)
#define ntohl(x) be32_to_cpu(x)

static inline void be16_add_cpu(__be16 *var, u16 val)
{
	*var = cpu_to_be16((u16)(be16_to_cpu(*var) + val));
}

static inline void be32_add_cpu(__be32 *var, u32 val)
{
	*var = cpu_to_be32(be32_to_cpu(*var) + val);
}

#endif /* SKIFF_BYTEORDER_H */
