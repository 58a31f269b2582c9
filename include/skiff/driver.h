/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of drivers: devices created by the name of their kind and options as text. */
#ifndef SKIFF_DRIVER_H
#define SKIFF_DRIVER_H

#include <skiff/list.h>
#include <skiff/netdevice.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct skiff_driver - a kind of device that users can create
 * @kind: "dummy"
 * @options: the driver's own options for help texts, "" when there are none
 * @config_size: bytes that @option fills in, zeroed before, at most SKIFF_DRIVER_CONFIG_MAX
 * @option: take the option @key with @value into @config. Return: 0; -ENOENT when there is no
 *          such option; -EINVAL, and @err says what is accepted. NULL: no options of its own
 * @create: make a device named @name, not registered, its host @net set, needs_free_netdev as the
 *          driver wants it to be freed. Called without the stack lock. Return: 0; a negative
 *          errno, and @err says why
 * @list: the table's
 */
struct skiff_driver {
	const char *kind;
	const char *options;
	size_t config_size;
	int (*option)(void *config, const char *key, const char *value, char *err, size_t err_size);
	int (*create)(struct net *net, const char *name, const void *config,
		      struct net_device **dev, char *err, size_t err_size);
	struct list_head list;
};

#define SKIFF_DRIVER_CONFIG_MAX 1024

/**
 * skiff_driver_register() - add a driver to the table
 * @drv: the driver, which stays valid
 *
 * Before the first device is created. Return: 0, -EEXIST when the kind is taken, -EALREADY when
 * it is this very driver's, -EINVAL.
 */
SKIFF_API int skiff_driver_register(struct skiff_driver *drv);

/* Find a driver. Any thread. Return: NULL when there is none. */
SKIFF_API const struct skiff_driver *skiff_driver_find(const char *kind);

/* The driver after @drv, the first one for NULL; NULL at the end. Any thread. */
SKIFF_API const struct skiff_driver *skiff_driver_next(const struct skiff_driver *drv);

/**
 * skiff_driver_create() - create a device and register it
 * @net: its host
 * @kind: the driver
 * @name: the device's name, a pattern with %d, or NULL for the kind and a number
 * @options: @nr texts "key=value" that are the driver's, or mac= (its address), mtu=, qdisc= (as dev_set_qdisc(),
 *           its limit behind a colon) or those of netem_keys() of any
 * @nr: how many
 * @dev: the device, down; good while it is registered and the stack lock is held
 * @err: a message for the user that names the value and what is accepted; empty after success
 * @err_size: bytes there
 *
 * Without mac=, an Ethernet device that brings no address gets a locally administered one of the
 * host's chance. Any thread, without the stack lock.
 *
 * Return: 0; -ENOENT for an unknown kind or option; -EINVAL for a value; -EEXIST, -ENFILE, -ENOSPC
 * as register_netdevice(); -EPERM, -EBUSY, -ENODEV and others from the driver.
 */
SKIFF_API int skiff_driver_create(struct net *net, const char *kind, const char *name,
				  const char *const *options, size_t nr, struct net_device **dev,
				  char *err, size_t err_size);

/* snprintf() to @err, for drivers. Return: @code. */
SKIFF_API int skiff_driver_error(char *err, size_t err_size, int code, const char *fmt, ...)
	__printf(4, 5);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_DRIVER_H */
