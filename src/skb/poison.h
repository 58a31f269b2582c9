/* SPDX-License-Identifier: BSD-2-Clause */
/* Free memory of the pools is poisoned by hand in sanitizer builds, which can't see pool frees. */
#ifndef SKB_POISON_H
#define SKB_POISON_H

#if defined(__SANITIZE_ADDRESS__)
#define SKB_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SKB_ASAN 1
#endif
#endif

#ifdef SKB_ASAN
#include <sanitizer/asan_interface.h>
#define skb_poison(addr, size) ASAN_POISON_MEMORY_REGION(addr, size)
#define skb_unpoison(addr, size) ASAN_UNPOISON_MEMORY_REGION(addr, size)
#define SKB_NO_ASAN __attribute__((no_sanitize_address))
#else
#define skb_poison(addr, size) ((void)0)
#define skb_unpoison(addr, size) ((void)0)
#define SKB_NO_ASAN
#endif

#endif /* SKB_POISON_H */
