/* SPDX-License-Identifier: BSD-2-Clause */
/* The seccomp filter that a program runs under: which of its calls a host answers. */
#ifndef PROGRAM_FILTER_H
#define PROGRAM_FILTER_H

#include <linux/filter.h>

#include <skiff/types.h>

/* Room for the filter of any architecture. Jumps of BPF reach 255 instructions. */
#define FILTER_MAX 200

/* The architecture that this process runs as, an AUDIT_ARCH_ constant; 0 for one without a filter. */
u32 filter_native_arch(void);

/**
 * filter_build() - write the filter
 * @insns: room for FILTER_MAX instructions
 * @arch: AUDIT_ARCH_X86_64 or AUDIT_ARCH_AARCH64
 *
 * Return: how many instructions it has, or -EOPNOTSUPP for another architecture.
 */
int filter_build(struct sock_filter *insns, u32 arch);

/* Whether this kernel has all that programs on a host need. Return: 0 or -EOPNOTSUPP. */
int filter_check_kernel(void);

/**
 * filter_install() - put the calling process under the filter, and all that it will start
 *
 * It has to have no_new_privs or CAP_SYS_ADMIN. From here on its socket calls wait for whoever reads the
 * listener.
 *
 * Return: the listener, closed on exec, for the caller to close; -EBUSY when somebody listens to the calls
 * of this process already, -EACCES without the rights, -EOPNOTSUPP, -ENOMEM.
 */
int filter_install(void);

/* Whether somebody listens to the calls of this process already, so that a filter of ours can't be heard. */
bool filter_is_taken(void);

#endif /* PROGRAM_FILTER_H */
