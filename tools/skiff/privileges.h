/* SPDX-License-Identifier: BSD-2-Clause */
/* Letting go of rights that are not needed any more. */
#ifndef TOOLS_SKIFF_PRIVILEGES_H
#define TOOLS_SKIFF_PRIVILEGES_H

/**
 * drop_privileges() - give up all capabilities, for good
 *
 * For the calling thread and those it starts later. Return: 0 or a negative errno.
 */
int drop_privileges(void);

#endif /* TOOLS_SKIFF_PRIVILEGES_H */
