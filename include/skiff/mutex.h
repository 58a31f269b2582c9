/* SPDX-License-Identifier: BSD-2-Clause */
/* struct skiff_mutex: a lock that its waiters sleep on, as part of a structure. */
#ifndef SKIFF_MUTEX_H
#define SKIFF_MUTEX_H

/**
 * struct skiff_mutex - a lock that its waiters sleep on
 * @state: free, held, or waited for
 */
struct skiff_mutex {
	int state;
};

#endif /* SKIFF_MUTEX_H */
