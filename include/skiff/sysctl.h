/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings of a host as text, by Linux's names: tables of typed values. */
#ifndef SKIFF_SYSCTL_H
#define SKIFF_SYSCTL_H

#include <skiff/list.h>

#ifdef __cplusplus
extern "C" {
#endif

struct net;
struct ctl_table;

/**
 * typedef proc_handler - turn a setting into text, or text into a setting
 * @ctl: the setting
 * @write: 1 to change it, 0 to read it
 * @buffer: the text to parse, or room for the text
 * @lenp: in: bytes of @buffer; out: bytes used (when reading, a newline ends them)
 * @ppos: position; anything but 0 reads nothing
 *
 * Runs under the stack lock. A handler of one's own usually calls one of those below and then acts
 * on the change.
 *
 * Return: 0 or a negative errno, in which case nothing has changed.
 */
typedef int proc_handler(struct ctl_table *ctl, int write, void *buffer, size_t *lenp,
			 loff_t *ppos);

/**
 * struct ctl_table - one setting; a table of them ends with an entry without a name
 * @procname: last part of the name
 * @data: the value, or an array of values
 * @maxlen: bytes of @data; for strings, the room including the final zero
 * @mode: 0444 to be read, 0644 to be changed as well, 0200 to be written only
 * @proc_handler: what reads and writes
 * @extra1: points to the least value allowed, of the type of @data; NULL for the type's own
 * @extra2: points to the greatest value allowed
 */
struct ctl_table {
	const char *procname;
	void *data;
	int maxlen;
	mode_t mode;
	proc_handler *proc_handler;
	void *extra1;
	void *extra2;
};

struct ctl_table_header;

/**
 * register_net_sysctl() - add a table of settings to a host
 * @net: the host
 * @path: what comes before the names, "net/ipv4"
 * @table: ends with an empty entry; stays with the caller, who keeps it until it is unregistered
 *
 * Under the stack lock.
 *
 * Return: the registration, or NULL: no memory, a name that exists, an entry without a handler.
 * The log says which.
 */
SKIFF_API struct ctl_table_header *register_net_sysctl(struct net *net, const char *path,
						       struct ctl_table *table);

/**
 * unregister_net_sysctl_table() - take a table of settings away
 * @header: from register_net_sysctl(), or NULL
 *
 * Under the stack lock of its host.
 */
SKIFF_API void unregister_net_sysctl_table(struct ctl_table_header *header);

/* One or more int, within *extra1 and *extra2 in the second form. */
SKIFF_API proc_handler proc_dointvec;
SKIFF_API proc_handler proc_dointvec_minmax;
/* One or more unsigned int. */
SKIFF_API proc_handler proc_douintvec;
SKIFF_API proc_handler proc_douintvec_minmax;
/* One or more unsigned long. */
SKIFF_API proc_handler proc_doulongvec_minmax;
/* One or more u8; the bounds point to int. */
SKIFF_API proc_handler proc_dou8vec_minmax;
/* One or more bool, "0" or "1". */
SKIFF_API proc_handler proc_dobool;
/* One or more int kept in jiffies; the text is in seconds, or in milliseconds. */
SKIFF_API proc_handler proc_dointvec_jiffies;
SKIFF_API proc_handler proc_dointvec_ms_jiffies;
/* A string without newline. */
SKIFF_API proc_handler proc_dostring;

/* Bounds that many tables share. */
SKIFF_API extern const int sysctl_vals[];
#define SYSCTL_ZERO ((void *)(uintptr_t)&sysctl_vals[0])
#define SYSCTL_ONE ((void *)(uintptr_t)&sysctl_vals[1])
#define SYSCTL_TWO ((void *)(uintptr_t)&sysctl_vals[2])
#define SYSCTL_U8_MAX ((void *)(uintptr_t)&sysctl_vals[3])
#define SYSCTL_U16_MAX ((void *)(uintptr_t)&sysctl_vals[4])
#define SYSCTL_INT_MAX ((void *)(uintptr_t)&sysctl_vals[5])
#define SYSCTL_NEG_ONE ((void *)(uintptr_t)&sysctl_vals[6])

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SYSCTL_H */
