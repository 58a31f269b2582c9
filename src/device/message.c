// SPDX-License-Identifier: BSD-2-Clause
/* Messages that begin with the name of a device. */
#include <stdarg.h>
#include <stdio.h>

#include <skiff/netdev_printk.h>

/* As long as printk() writes: what is cut here would have been cut there. */
#define TEXT_MAX 1024

/* printk() wants the level in its format. */
static void say(int level, const char *name, const char *state, const char *text)
{
	static const char *const formats[] = {
		KERN_EMERG "%s%s: %s", KERN_ALERT "%s%s: %s",	KERN_CRIT "%s%s: %s",
		KERN_ERR "%s%s: %s",   KERN_WARNING "%s%s: %s", KERN_NOTICE "%s%s: %s",
		KERN_INFO "%s%s: %s",  KERN_DEBUG "%s%s: %s",
	};

	printk(formats[level], name, state, text);
}

void netdev_printk(const char *level, const struct net_device *dev, const char *format, ...)
{
	bool known = level[0] == KERN_SOH[0] && level[1] >= '0' && level[1] <= '7';
	char text[TEXT_MAX];
	va_list args;

	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	va_end(args);
	say(known ? level[1] - '0' : LOGLEVEL_WARNING, dev ? netdev_name(dev) : "(NULL net_device)",
	    dev ? netdev_reg_state(dev) : "", text);
}
