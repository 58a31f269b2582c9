// SPDX-License-Identifier: BSD-2-Clause
/* Real symbols for what the headers inline: for other languages, debuggers and dlsym(). */
/*
 * C and C++ callers get the inline functions and never these. The headers are read here with the
 * names out of the way, so that each symbol is its inline twin and can't differ from it. Callers
 * through these symbols have no compiler that looks at their headers, so a missing buffer is
 * told by name. scripts/symbols.py reads the list below for the symbol map.
 */
#define alloc_skb alloc_skb__inlined
#define dev_alloc_skb dev_alloc_skb__inlined
#define kfree_skb kfree_skb__inlined
#define kfree_skb_list kfree_skb_list__inlined
#define netdev_alloc_skb netdev_alloc_skb__inlined
#define netdev_alloc_skb_ip_align netdev_alloc_skb_ip_align__inlined
#define pskb_copy pskb_copy__inlined
#define pskb_may_pull pskb_may_pull__inlined
#define pskb_pull pskb_pull__inlined
#define pskb_trim pskb_trim__inlined
#define skb_cloned skb_cloned__inlined
#define skb_cow skb_cow__inlined
#define skb_get skb_get__inlined
#define skb_headlen skb_headlen__inlined
#define skb_headroom skb_headroom__inlined
#define skb_linearize skb_linearize__inlined
#define skb_mac_header skb_mac_header__inlined
#define skb_network_header skb_network_header__inlined
#define skb_peek skb_peek__inlined
#define skb_peek_tail skb_peek_tail__inlined
#define skb_pull skb_pull__inlined
#define skb_push skb_push__inlined
#define skb_put skb_put__inlined
#define skb_queue_empty skb_queue_empty__inlined
#define skb_queue_head_init skb_queue_head_init__inlined
#define skb_queue_len skb_queue_len__inlined
#define skb_reserve skb_reserve__inlined
#define skb_reset_mac_header skb_reset_mac_header__inlined
#define skb_reset_network_header skb_reset_network_header__inlined
#define skb_reset_transport_header skb_reset_transport_header__inlined
#define skb_share_check skb_share_check__inlined
#define skb_shared skb_shared__inlined
#define skb_tailroom skb_tailroom__inlined
#define skb_transport_header skb_transport_header__inlined
#define skb_trim skb_trim__inlined
#define skb_unshare skb_unshare__inlined

#include <skiff/skbuff.h>

#include "skb/alloc.h"

#undef alloc_skb
#undef dev_alloc_skb
#undef kfree_skb
#undef kfree_skb_list
#undef netdev_alloc_skb
#undef netdev_alloc_skb_ip_align
#undef pskb_copy
#undef pskb_may_pull
#undef pskb_pull
#undef pskb_trim
#undef skb_cloned
#undef skb_cow
#undef skb_get
#undef skb_headlen
#undef skb_headroom
#undef skb_linearize
#undef skb_mac_header
#undef skb_network_header
#undef skb_peek
#undef skb_peek_tail
#undef skb_pull
#undef skb_push
#undef skb_put
#undef skb_queue_empty
#undef skb_queue_head_init
#undef skb_queue_len
#undef skb_reserve
#undef skb_reset_mac_header
#undef skb_reset_network_header
#undef skb_reset_transport_header
#undef skb_share_check
#undef skb_shared
#undef skb_tailroom
#undef skb_transport_header
#undef skb_trim
#undef skb_unshare

/* The type's leading part, the name, the parameters, the arguments. */
#define EXPORT(type, name, params, args)     \
	SKIFF_API type name params;          \
	type name params                     \
	{                                    \
		return name##__inlined args; \
	}

#define EXPORT_VOID(type, name, params, args) \
	SKIFF_API type name params;           \
	type name params                      \
	{                                     \
		name##__inlined args;         \
	}

/* The same for those that need a buffer, their first parameter. */
#define need_skb(skb)                                                                  \
	do {                                                                           \
		if (unlikely(!(skb)))                                                  \
			skb_missing_panic(skb, __func__, __builtin_return_address(0)); \
	} while (0)

#define EXPORT_SKB(type, name, params, args) \
	SKIFF_API type name params;          \
	type name params                     \
	{                                    \
		need_skb(skb);               \
		return name##__inlined args; \
	}

#define EXPORT_SKB_VOID(type, name, params, args) \
	SKIFF_API type name params;               \
	type name params                          \
	{                                         \
		need_skb(skb);                    \
		name##__inlined args;             \
	}

EXPORT(struct sk_buff *, alloc_skb, (unsigned int size, gfp_t gfp), (size, gfp))
EXPORT(struct sk_buff *, dev_alloc_skb, (unsigned int length), (length))
EXPORT(struct sk_buff *, netdev_alloc_skb, (struct net_device * dev, unsigned int length),
       (dev, length))
EXPORT(struct sk_buff *, netdev_alloc_skb_ip_align, (struct net_device * dev, unsigned int length),
       (dev, length))
EXPORT_VOID(void, kfree_skb, (struct sk_buff * skb), (skb))
EXPORT_VOID(void, kfree_skb_list, (struct sk_buff * segs), (segs))

EXPORT_SKB_VOID(void, skb_reserve, (struct sk_buff * skb, int len), (skb, len))
EXPORT_SKB(void *, skb_put, (struct sk_buff * skb, unsigned int len), (skb, len))
EXPORT_SKB(void *, skb_push, (struct sk_buff * skb, unsigned int len), (skb, len))
EXPORT_SKB(void *, skb_pull, (struct sk_buff * skb, unsigned int len), (skb, len))
EXPORT_SKB(void *, pskb_pull, (struct sk_buff * skb, unsigned int len), (skb, len))
EXPORT_SKB(bool, pskb_may_pull, (struct sk_buff * skb, unsigned int len), (skb, len))
EXPORT_SKB_VOID(void, skb_trim, (struct sk_buff * skb, unsigned int len), (skb, len))
EXPORT_SKB(int, pskb_trim, (struct sk_buff * skb, unsigned int len), (skb, len))
EXPORT_SKB(int, skb_linearize, (struct sk_buff * skb), (skb))
EXPORT_SKB(unsigned int, skb_headroom, (const struct sk_buff *skb), (skb))
EXPORT_SKB(int, skb_tailroom, (const struct sk_buff *skb), (skb))
EXPORT_SKB(unsigned int, skb_headlen, (const struct sk_buff *skb), (skb))

EXPORT_SKB(struct sk_buff *, skb_get, (struct sk_buff * skb), (skb))
EXPORT_SKB(int, skb_shared, (const struct sk_buff *skb), (skb))
EXPORT_SKB(int, skb_cloned, (const struct sk_buff *skb), (skb))
EXPORT_SKB(int, skb_cow, (struct sk_buff * skb, unsigned int headroom), (skb, headroom))
EXPORT_SKB(struct sk_buff *, skb_share_check, (struct sk_buff * skb, gfp_t pri), (skb, pri))
EXPORT_SKB(struct sk_buff *, skb_unshare, (struct sk_buff * skb, gfp_t pri), (skb, pri))
EXPORT_SKB(struct sk_buff *, pskb_copy, (struct sk_buff * skb, gfp_t gfp), (skb, gfp))

EXPORT_SKB(unsigned char *, skb_mac_header, (const struct sk_buff *skb), (skb))
EXPORT_SKB(unsigned char *, skb_network_header, (const struct sk_buff *skb), (skb))
EXPORT_SKB(unsigned char *, skb_transport_header, (const struct sk_buff *skb), (skb))
EXPORT_SKB_VOID(void, skb_reset_mac_header, (struct sk_buff * skb), (skb))
EXPORT_SKB_VOID(void, skb_reset_network_header, (struct sk_buff * skb), (skb))
EXPORT_SKB_VOID(void, skb_reset_transport_header, (struct sk_buff * skb), (skb))

EXPORT_VOID(void, skb_queue_head_init, (struct sk_buff_head * list), (list))
EXPORT(u32, skb_queue_len, (const struct sk_buff_head *list), (list))
EXPORT(int, skb_queue_empty, (const struct sk_buff_head *list), (list))
EXPORT(struct sk_buff *, skb_peek, (const struct sk_buff_head *list), (list))
EXPORT(struct sk_buff *, skb_peek_tail, (const struct sk_buff_head *list), (list))
