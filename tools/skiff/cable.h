/* SPDX-License-Identifier: BSD-2-Clause */
/* A cable to a host that runs in another process: `--dev veth,peer=NAME,...'. */
#ifndef TOOLS_SKIFF_CABLE_H
#define TOOLS_SKIFF_CABLE_H

#include "skiff.h"

#define CABLE_TEXT_MAX 1024

/**
 * struct cable - this host's end
 * @text: the device, as skiff_dev_create() takes it
 * @fd: the connection that it names, to be closed when the device is there
 */
struct cable {
	char text[CABLE_TEXT_MAX + 16];
	int fd;
};

/* Whether that is what the text of a device is about. */
bool is_cable(const char *text);

/**
 * cable_lay() - give the other host its end
 * @text: of the device; what begins with "peer-" is about the other end
 * @cable: set to this host's end; without a device there the other one goes as well
 *
 * Return: a status, after its message.
 */
enum status cable_lay(const char *text, struct cable *cable);

#endif /* TOOLS_SKIFF_CABLE_H */
