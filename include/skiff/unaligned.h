/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers at addresses of any alignment, in the processor's byte order or in wire order. */
#ifndef SKIFF_UNALIGNED_H
#define SKIFF_UNALIGNED_H

#include <string.h>

#include <skiff/byteorder.h>
#include <skiff/kernel.h>

/* A packed struct tells the compiler that the member may lie anywhere; it emits one plain load. */
#define get_unaligned(ptr)                                                          \
	__extension__({                                                             \
		const struct {                                                      \
			__typeof__(*(ptr)) x;                                       \
		} __packed *__get_ptr = (__typeof__(__get_ptr))(const void *)(ptr); \
		__get_ptr->x;                                                       \
	})
#define put_unaligned(val, ptr)                                               \
	do {                                                                  \
		struct {                                                      \
			__typeof__(*(ptr)) x;                                 \
		} __packed *__put_ptr = (__typeof__(__put_ptr))(void *)(ptr); \
		__put_ptr->x = (val);                                         \
	} while (0)

static inline u16 get_unaligned_be16(const void *p)
{
	__be16 v;

	memcpy(&v, p, sizeof(v));
	return be16_to_cpu(v);
}

static inline u32 get_unaligned_be32(const void *p)
{
	__be32 v;

	memcpy(&v, p, sizeof(v));
	return be32_to_cpu(v);
}

static inline u64 get_unaligned_be64(const void *p)
{
	__be64 v;

	memcpy(&v, p, sizeof(v));
	return be64_to_cpu(v);
}

static inline void put_unaligned_be16(u16 val, void *p)
{
	__be16 v = cpu_to_be16(val);

	memcpy(p, &v, sizeof(v));
}

static inline void put_unaligned_be32(u32 val, void *p)
{
	__be32 v = cpu_to_be32(val);

	memcpy(p, &v, sizeof(v));
}

static inline void put_unaligned_be64(u64 val, void *p)
{
	__be64 v = cpu_to_be64(val);

	memcpy(p, &v, sizeof(v));
}

#endif /* SKIFF_UNALIGNED_H */
