/* SPDX-License-Identifier: BSD-2-Clause */
/* What the system says about interfaces and links: flags, addresses, hardware types, EtherTypes. */
#ifndef SKIFF_IF_H
#define SKIFF_IF_H

/*
 * The C library's headers come first: the kernel's leave out what those have defined, but not the
 * other way round, and a program may include either kind after ours.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <net/if.h>

/*
 * With include/kernel in front, these names lead to our own headers as well. Those build on
 * <skiff/netdevice.h>, which is only being read at this point.
 */
#define SKIFF_SYSTEM_HEADERS_ONLY
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#undef SKIFF_SYSTEM_HEADERS_ONLY

#endif /* SKIFF_IF_H */
