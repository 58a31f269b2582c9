/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this folder need of each other. */
#ifndef SKIFF_SKIFF_TOP_H
#define SKIFF_SKIFF_TOP_H

#include <skiff/inetdevice.h>
#include <skiff/netconf.h>

/* Addresses that one device text may have. */
#define DEVTEXT_ADDRS 16
#define DEVTEXT_OPTIONS 32
#define DEVTEXT_MAX 1024
#define DEVTEXT_KIND 32

/**
 * struct devtext - a device text taken apart
 * @buf: the text, cut into strings
 * @kind_buf: the kind, if the text begins with an option of that name
 * @server: what the word stands for
 * @kind: driver
 * @name: of the device, or NULL
 * @addrs: addresses
 * @prefixlens: their prefix lengths
 * @nr_addrs: how many
 * @options: "key=value" for the driver
 * @nr_options: how many
 */
struct devtext {
	char buf[DEVTEXT_MAX];
	char kind_buf[DEVTEXT_KIND];
	char server[sizeof("server=on")];
	char *kind;
	char *name;
	__be32 addrs[DEVTEXT_ADDRS];
	unsigned int prefixlens[DEVTEXT_ADDRS];
	unsigned int nr_addrs;
	const char *options[DEVTEXT_OPTIONS];
	unsigned int nr_options;
};

int devtext_parse(struct devtext *d, const char *text, char *err, size_t err_size);

/* snprintf() to @err, which may be NULL if @err_size is 0. Return: @code. */
int conf_error(char *err, size_t err_size, int code, const char *fmt, ...) __printf(4, 5);

/* Success so far. */
void conf_no_error(char *err, size_t err_size);

/* Under the stack lock. Return: the device, or NULL with a message. */
struct net_device *conf_dev(struct net *net, const char *name, char *err, size_t err_size);

/* Read "A.B.C.D". Return: 0 or -EINVAL with a message. */
int conf_ip(const char *text, __be32 *addr, char *err, size_t err_size);

/* Read "A.B.C.D/LEN". Return: 0 or -EINVAL with a message. */
int conf_prefix(const char *text, __be32 *addr, unsigned int *len, char *err, size_t err_size);

#endif /* SKIFF_SKIFF_TOP_H */
