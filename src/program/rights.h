/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities of the calling process. */
#ifndef PROGRAM_RIGHTS_H
#define PROGRAM_RIGHTS_H

#include <skiff/kernel.h>

/* Whether the calling thread may use capability @cap, a CAP_ constant, now. */
bool rights_have(unsigned int cap);

/* Let programs that are executed have @cap as well, if the calling thread may use it. */
void rights_pass_on(unsigned int cap);

/**
 * rights_drop() - give up all capabilities, for good
 * @keep: those that stay, if the caller has them: a bit for each CAP_ constant
 *
 * For the calling thread and those it starts later; no program that it might start gets them back.
 * Return: 0 or a negative errno.
 */
int rights_drop(u64 keep);

#endif /* PROGRAM_RIGHTS_H */
