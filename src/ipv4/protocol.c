// SPDX-License-Identifier: BSD-2-Clause
/* The table of transport protocols. */
#include "ipv4/ipv4.h"

/* Filled before packets are received, as all tables that hosts share. */
static const struct net_protocol *inet_protos[MAX_INET_PROTOS];

int inet_add_protocol(const struct net_protocol *prot, unsigned char protocol)
{
	const struct net_protocol *none = NULL;

	return __atomic_compare_exchange_n(&inet_protos[protocol], &none, prot, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED) ?
		       0 :
		       -1;
}

int inet_del_protocol(const struct net_protocol *prot, unsigned char protocol)
{
	return __atomic_compare_exchange_n(&inet_protos[protocol], &prot, NULL, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED) ?
		       0 :
		       -1;
}

const struct net_protocol *inet_protocol(u8 protocol)
{
	return smp_load_acquire(&inet_protos[protocol]);
}
