/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the registry of settings and the handlers that parse them. */
#ifndef HOST_SYSCTL_H
#define HOST_SYSCTL_H

/*
 * What the handler that refused a value last would have accepted, in words. Kept per thread and
 * not returned, so that handlers which wrap others need not pass it on.
 */
extern __thread char sysctl_refusal[200];

#endif /* HOST_SYSCTL_H */
