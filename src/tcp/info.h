/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP_INFO. */
#ifndef SKIFF_TCP_INFO_INTERNAL_H
#define SKIFF_TCP_INFO_INTERNAL_H

struct sock;
struct skiff_tcp_info;

/* Stack lock. */
void tcp_get_info(struct sock *sk, struct skiff_tcp_info *info);

#endif /* SKIFF_TCP_INFO_INTERNAL_H */
