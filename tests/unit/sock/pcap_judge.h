/* SPDX-License-Identifier: BSD-2-Clause */
/* libpcap as a judge of filters; its headers and the system's do not go together in one file. */
#ifndef TESTS_SOCK_PCAP_JUDGE_H
#define TESTS_SOCK_PCAP_JUDGE_H

#include <stdint.h>

struct sock_filter;

/* What libpcap's machine says. */
unsigned int judge_run(const struct sock_filter *insns, const uint8_t *pkt, unsigned int len);

/* An expression for Ethernet. Return: instructions, 0 when it is none. */
unsigned int judge_compile(const char *text, struct sock_filter *insns, unsigned int max);

#endif /* TESTS_SOCK_PCAP_JUDGE_H */
