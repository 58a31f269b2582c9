// SPDX-License-Identifier: BSD-2-Clause
/* The catalogue of drop reasons as text. */
#include <skiff/dropreason.h>

const char *const drop_reasons[] = { [SKB_NOT_DROPPED_YET] = "NOT_DROPPED_YET",
#define NAME(name, text) [SKB_DROP_REASON_##name] = #name,
				     SKB_DROP_REASONS(NAME)
#undef NAME
};

static const char *const texts[] = { [SKB_NOT_DROPPED_YET] = "not dropped",
#define TEXT(name, text) [SKB_DROP_REASON_##name] = text,
				     SKB_DROP_REASONS(TEXT)
#undef TEXT
};

static bool known(enum skb_drop_reason reason)
{
	return (unsigned int)reason < SKB_DROP_REASON_MAX;
}

const char *skb_drop_reason_name(enum skb_drop_reason reason)
{
	return known(reason) ? drop_reasons[reason] : "UNKNOWN";
}

const char *skb_drop_reason_text(enum skb_drop_reason reason)
{
	return known(reason) ? texts[reason] : "unknown reason";
}
