// SPDX-License-Identifier: BSD-2-Clause
/* What the shell of a script reads: counters, as nstat prints them, and sockets, as /proc/net/tcp. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include <skiff/socket.h>

#include "adapter.h"

static FILE *open_beside(const struct pd *pd, const char *dir_end, const char *suffix)
{
	char path[PATH_MAX + 32];
	int len = (int)strlen(pd->ctl_path);

	if (pd->ctl < 0)
		return NULL;
	/* In the same directory, or with the same beginning. */
	if (dir_end)
		while (len && pd->ctl_path[len - 1] != '/')
			len--;
	snprintf(path, sizeof(path), "%.*s%s%s", len, pd->ctl_path, dir_end ? dir_end : "", suffix);
	return fopen(path, "we");
}

static int print_counter(const char *name, u64 value, void *arg)
{
	if (value)
		fprintf((FILE *)arg, "%-32s%-16llu0.0\n", name, (unsigned long long)value);
	return 0;
}

void pd_report_counters(struct pd *pd)
{
	FILE *f = open_beside(pd, NULL, ".nstat");

	if (!f)
		return;
	skiff_snmp_foreach(pd->net, print_counter, f);
	fclose(f);
}

/* Address and port in hexadecimal, as they lie in memory. */
static void print_name(FILE *f, const struct sockaddr_storage *name)
{
	const struct sockaddr_in *sin = (const struct sockaddr_in *)(const void *)name;
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)(const void *)name;

	if (name->ss_family != AF_INET6) {
		fprintf(f, " %08X:%04X", sin->sin_addr.s_addr, __builtin_bswap16(sin->sin_port));
		return;
	}
	fputc(' ', f);
	for (int i = 0; i < 4; i++) {
		u32 word;

		memcpy(&word, sin6->sin6_addr.s6_addr + 4 * i, sizeof(word));
		fprintf(f, "%08X", word);
	}
	fprintf(f, ":%04X", __builtin_bswap16(sin6->sin6_port));
}

static void print_socket(FILE *f, int nr, int fd)
{
	struct sockaddr_storage own = { 0 }, peer = { 0 };
	socklen_t own_len = sizeof(own), peer_len = sizeof(peer), info_len;
	struct tcp_info info = { 0 };

	info_len = sizeof(info);
	if (skiff_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_len) ||
	    skiff_getsockname(fd, (struct sockaddr *)&own, &own_len))
		return;
	if (skiff_getpeername(fd, (struct sockaddr *)&peer, &peer_len))
		peer.ss_family = own.ss_family;
	fprintf(f, "%4d:", nr);
	print_name(f, &own);
	print_name(f, &peer);
	fprintf(f, " %02X \n", info.tcpi_state);
}

void pd_report_sockets(struct pd *pd)
{
	FILE *f = open_beside(pd, "proc/net/", "tcp");

	if (!f)
		return;
	fprintf(f, "  sl  local_address rem_address   st\n");
	for (int i = 0; i < PD_FILES; i++)
		if (pd->files[i].used)
			print_socket(f, i, pd->files[i].fd);
	fclose(f);
}
