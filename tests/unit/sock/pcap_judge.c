// SPDX-License-Identifier: BSD-2-Clause
/* libpcap's compiler and machine for filters. */
#include <string.h>

#include <pcap/pcap.h>

#include "pcap_judge.h"

/* Both are { u16 code; u8 jt, jf; u32 k }. */

unsigned int judge_run(const struct sock_filter *insns, const uint8_t *pkt, unsigned int len)
{
	return bpf_filter((const struct bpf_insn *)(const void *)insns, pkt, len, len);
}

unsigned int judge_compile(const char *text, struct sock_filter *insns, unsigned int max)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);
	struct bpf_program p;
	unsigned int len = 0;

	if (!pcap)
		return 0;
	if (!pcap_compile(pcap, &p, text, 1, PCAP_NETMASK_UNKNOWN)) {
		if (p.bf_len <= max) {
			len = p.bf_len;
			memcpy((void *)insns, p.bf_insns, len * sizeof(*p.bf_insns));
		}
		pcap_freecode(&p);
	}
	pcap_close(pcap);
	return len;
}
