// SPDX-License-Identifier: BSD-2-Clause
/* The text that describes a device, "tap,name=sk0,addr=192.0.2.2/24", taken apart. */
#include <stdio.h>
#include <string.h>

#include <skiff/driver.h>

#include "skiff/skiff_top.h"
#include "wire/addr.h"

static int devtext_addr(struct devtext *d, const char *value, char *err, size_t err_size)
{
	int ret;

	if (d->nr_addrs == DEVTEXT_ADDRS)
		return conf_error(err, err_size, -EINVAL, "addr=%s: at most %d addresses", value,
				  DEVTEXT_ADDRS);
	ret = conf_prefix(value, &d->addrs[d->nr_addrs], &d->prefixlens[d->nr_addrs], err,
			  err_size);
	if (!ret)
		d->nr_addrs++;
	return ret;
}

/* A '%' stands in one "%d", for the first number that is free. */
static bool devtext_pattern_ok(const char *name)
{
	const char *percent = strchr(name, '%');

	return !percent || (percent[1] == 'd' && !strchr(percent + 1, '%'));
}

static int devtext_name(struct devtext *d, char *value, char *err, size_t err_size)
{
	if (d->name)
		return conf_error(err, err_size, -EINVAL, "name=%s: the name is already %s", value,
				  d->name);
	if (!dev_valid_name(value))
		return conf_error(err, err_size, -EINVAL,
				  "name=%s: a device name has 1 to 15 characters, none of them "
				  "'/', ':' or blank, and is neither '.' nor '..'",
				  value);
	if (!devtext_pattern_ok(value))
		return conf_error(err, err_size, -EINVAL,
				  "name=%s: '%%' is accepted as one %%d only, for a number, as "
				  "sk%%d",
				  value);
	/* The kernel's settings for all devices and for new ones are in directories of these names. */
	if (!strcmp(value, "all") || !strcmp(value, "default"))
		return conf_error(err, err_size, -EINVAL,
				  "name=%s: reserved; any other name than all and default is "
				  "accepted",
				  value);
	d->name = value;
	return 0;
}

/* Whether @item, of which the key has @len characters, is that key's second one; peer-addr= may come several times. */
static bool devtext_again(const struct devtext *d, const char *item, size_t len)
{
	for (unsigned int i = 0; i < d->nr_options; i++)
		if (!strncmp(d->options[i], item, len + 1) && strncmp(item, "peer-", 5) != 0)
			return true;
	return false;
}

static int devtext_option(struct devtext *d, char *item, char *err, size_t err_size)
{
	char *eq;

	/* The one switch that is worth a short form. */
	if (!strcmp(item, "server"))
		item = d->server;
	eq = strchr(item, '=');
	if (!eq || eq == item)
		return conf_error(err, err_size, -EINVAL, "'%s' in '%s,...': expected key=value",
				  item, d->kind);
	if (!strncmp(item, "addr=", 5))
		return devtext_addr(d, eq + 1, err, err_size);
	if (!strncmp(item, "name=", 5))
		return devtext_name(d, eq + 1, err, err_size);
	if (d->nr_options == DEVTEXT_OPTIONS)
		return conf_error(err, err_size, -EINVAL, "'%s': at most %d options", item,
				  DEVTEXT_OPTIONS);
	if (devtext_again(d, item, (size_t)(eq - item)))
		return conf_error(err, err_size, -EINVAL, "'%s': given twice", item);
	d->options[d->nr_options++] = item;
	return 0;
}

/* Return: 0, or -EINVAL with a message. */
int devtext_parse(struct devtext *d, const char *text, char *err, size_t err_size)
{
	size_t len = text ? strlen(text) : 0;
	char *next, *item;
	size_t eq;
	int ret;

	memset(d, 0, sizeof(*d));
	if (!len || len >= DEVTEXT_MAX)
		return conf_error(err, err_size, -EINVAL,
				  "a device is described as KIND,key=value,... in 1 to %d "
				  "characters",
				  DEVTEXT_MAX - 1);
	memcpy(d->buf, text, len);
	next = d->buf;
	snprintf(d->server, sizeof(d->server), "server=on");
	d->kind = next;
	/* "fd=3" is the kind fd with this option. */
	eq = strcspn(next, ",=");
	if (next[eq] == '=') {
		memcpy(d->kind_buf, next, min_t(size_t, eq, sizeof(d->kind_buf) - 1));
		d->kind = d->kind_buf;
	} else {
		d->kind = strsep(&next, ",");
	}
	while ((item = strsep(&next, ",")) != NULL) {
		ret = devtext_option(d, item, err, err_size);
		if (ret)
			return ret;
	}
	return 0;
}
