/* SPDX-License-Identifier: BSD-2-Clause */
/* AF_PACKET: sockets that see frames as devices receive and send them. */
#ifndef SKIFF_PACKET_H
#define SKIFF_PACKET_H

#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * packet_init() - offer sockets of AF_PACKET to every host
 *
 * Once per process, after skiff_device_init(), before the first host is created. Return: 0 or a
 * negative errno.
 */
SKIFF_API int packet_init(void);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_PACKET_H */
