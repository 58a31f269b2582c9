// SPDX-License-Identifier: BSD-2-Clause
/* Capabilities, by the system calls themselves. */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "program/rights.h"

typedef struct __user_cap_data_struct cap_words[_LINUX_CAPABILITY_U32S_3];

static struct __user_cap_header_struct header(void)
{
	return (struct __user_cap_header_struct){ .version = _LINUX_CAPABILITY_VERSION_3 };
}

bool rights_have(unsigned int cap)
{
	struct __user_cap_header_struct h = header();
	cap_words words = { { 0 } };

	if (syscall(SYS_capget, &h, words))
		return false;
	return words[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

void rights_pass_on(unsigned int cap)
{
	struct __user_cap_header_struct h = header();
	cap_words words = { { 0 } };

	if (syscall(SYS_capget, &h, words) ||
	    !(words[CAP_TO_INDEX(cap)].permitted & CAP_TO_MASK(cap)))
		return;
	words[CAP_TO_INDEX(cap)].inheritable |= CAP_TO_MASK(cap);
	if (!syscall(SYS_capset, &h, words))
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
}

int rights_drop(u64 keep)
{
	struct __user_cap_header_struct h = header();
	cap_words words = { { 0 } };

	for (unsigned int cap = 0; cap < 64; cap++) {
		if (!(keep >> cap & 1) || !rights_have(cap))
			continue;
		words[CAP_TO_INDEX(cap)].effective |= CAP_TO_MASK(cap);
		words[CAP_TO_INDEX(cap)].permitted |= CAP_TO_MASK(cap);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return syscall(SYS_capset, &h, words) ? -errno : 0;
}
