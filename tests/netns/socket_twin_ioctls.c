// SPDX-License-Identifier: BSD-2-Clause
/* Requests about devices and addresses: each number on each kind of name, addresses and their labels. */
#include <net/if.h>

#include <linux/sockios.h>

#include "socket_twin.h"

struct request {
	const char *name;
	unsigned long number;
};

#define REQ(name)           \
	{                   \
#name, name \
	}

/* Only whether it works: what is answered is the machine's. */
static const struct request requests[] = {
	REQ(SIOCGIFNAME),
	REQ(SIOCSIFLINK),
	REQ(SIOCGIFFLAGS),
	REQ(SIOCGIFADDR),
	REQ(SIOCSIFADDR),
	REQ(SIOCGIFDSTADDR),
	REQ(SIOCSIFDSTADDR),
	REQ(SIOCGIFBRDADDR),
	REQ(SIOCSIFBRDADDR),
	REQ(SIOCGIFNETMASK),
	REQ(SIOCSIFNETMASK),
	REQ(SIOCGIFMETRIC),
	REQ(SIOCSIFMETRIC),
	REQ(SIOCGIFMEM),
	REQ(SIOCSIFMEM),
	REQ(SIOCGIFMTU),
	REQ(SIOCSIFMTU),
	REQ(SIOCSIFHWADDR),
	REQ(SIOCGIFENCAP),
	REQ(SIOCSIFENCAP),
	REQ(SIOCGIFHWADDR),
	REQ(SIOCGIFSLAVE),
	REQ(SIOCSIFSLAVE),
	REQ(SIOCGIFINDEX),
	REQ(SIOCSIFPFLAGS),
	REQ(SIOCGIFPFLAGS),
	REQ(SIOCDIFADDR),
	REQ(SIOCSIFHWBROADCAST),
	REQ(SIOCGIFCOUNT),
	REQ(SIOCGIFTXQLEN),
	REQ(SIOCGMIIPHY),
	REQ(SIOCGMIIREG),
	REQ(SIOCSMIIREG),
	REQ(SIOCGARP),
	REQ(SIOCSARP),
	REQ(SIOCDARP),
	REQ(SIOCGRARP),
	REQ(SIOCSRARP),
	REQ(SIOCDRARP),
	REQ(SIOCGIFMAP),
	REQ(SIOCSIFMAP),
	REQ(SIOCADDDLCI),
	REQ(SIOCDELDLCI),
	REQ(SIOCDEVPRIVATE + 1),
	REQ(SIOCPROTOPRIVATE),
	REQ(SIOCRTMSG),
	REQ(SIOCADDRT),
	REQ(SIOCDELRT),
	{ "no such request", 0x89ff },
};

static void each_request(int fd, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		/* Some take structures that are longer. */
		union {
			struct ifreq ifr;
			char room[256];
		} arg = { .room = { 0 } };
		int ret;

		strcpy(arg.ifr.ifr_name, name);
		ret = side->ioctl(fd, requests[i].number, &arg);
		fprintf(out, "%s %s: %s\n", name, requests[i].name,
			ret < 0 ? strerrorname_np(errno) : "0");
	}
}

static void set_queue_length(int fd, int len)
{
	struct ifreq ifr = { .ifr_qlen = len };

	strcpy(ifr.ifr_name, "twA");
	tell("queue length", side->ioctl(fd, SIOCSIFTXQLEN, &ifr));
	ifr.ifr_qlen = -7;
	tell("queue length", side->ioctl(fd, SIOCGIFTXQLEN, &ifr) ? -1 : ifr.ifr_qlen);
}

static void tell_address(int fd, const char *name, unsigned long request, unsigned int match)
{
	struct sockaddr_in *sin;
	struct ifreq ifr;
	char text[INET_ADDRSTRLEN];

	memset(&ifr, 0, sizeof(ifr));
	sin = (struct sockaddr_in *)(void *)&ifr.ifr_addr;
	if (match)
		*sin = (struct sockaddr_in){ .sin_family = AF_INET,
					     .sin_addr.s_addr = htonl(match) };
	strcpy(ifr.ifr_name, name);
	if (side->ioctl(fd, request, &ifr))
		fprintf(out, " %s", strerrorname_np(errno));
	else
		fprintf(out, " %u %s", sin->sin_family,
			inet_ntop(AF_INET, &sin->sin_addr, text, sizeof(text)));
}

static void tell_all(int fd, const char *name, unsigned int match)
{
	static const unsigned long asked[] = { SIOCGIFADDR, SIOCGIFBRDADDR, SIOCGIFDSTADDR,
					       SIOCGIFNETMASK };
	size_t i;

	fprintf(out, "  %s has", name);
	for (i = 0; i < 4; i++)
		tell_address(fd, name, asked[i], match);
	fprintf(out, "\n");
}

static void set_address(int fd, const char *what, const char *name, unsigned long request,
			unsigned int addr)
{
	struct sockaddr_in *sin;
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	sin = (struct sockaddr_in *)(void *)&ifr.ifr_addr;
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(addr);
	strcpy(ifr.ifr_name, name);
	fprintf(out, "%s of %s: ", what, name);
	tell("", side->ioctl(fd, request, &ifr));
	tell_all(fd, name, 0);
}

static void set_flags(int fd, const char *name, short flags)
{
	struct ifreq ifr = { .ifr_flags = flags };

	strcpy(ifr.ifr_name, name);
	fprintf(out, "flags of %s %x", name, (unsigned int)flags);
	tell("", side->ioctl(fd, SIOCSIFFLAGS, &ifr));
	tell_all(fd, name, 0);
}

static void do_addresses(int fd)
{
	tell_all(fd, "twA", 0);
	tell_all(fd, "twA", OWN);
	tell_all(fd, "twA", FAR);
	set_address(fd, "broadcast", "twA", SIOCSIFBRDADDR, OWN_BCAST);
	set_address(fd, "broadcast", "twA", SIOCSIFBRDADDR, OWN & ~255u);
	set_address(fd, "broadcast", "twA", SIOCSIFBRDADDR, FAR);
	set_address(fd, "broadcast", "twA", SIOCSIFBRDADDR, GROUP);
	set_address(fd, "broadcast", "twA", SIOCSIFBRDADDR, 0);
	set_address(fd, "other end", "twA", SIOCSIFDSTADDR, SILENT);
	set_address(fd, "other end", "twA", SIOCSIFDSTADDR, GROUP);
	set_address(fd, "other end", "twA", SIOCSIFDSTADDR, FAR);
	set_address(fd, "other end", "twA", SIOCSIFDSTADDR, OWN);
	set_address(fd, "mask", "twA", SIOCSIFNETMASK, 0xffff0000);
	set_address(fd, "mask", "twA", SIOCSIFNETMASK, 0xffff00ff);
	set_address(fd, "broadcast", "twA", SIOCSIFBRDADDR, 0xc000ffff);
	set_address(fd, "mask", "twA", SIOCSIFNETMASK, 0xffffff00);
	set_address(fd, "other end", "twA", SIOCSIFDSTADDR, SILENT);
	set_address(fd, "mask", "twA", SIOCSIFNETMASK, 0xfffffff0);
	set_address(fd, "mask", "twA", SIOCSIFNETMASK, 0xfffffffe);
	set_address(fd, "mask", "twA", SIOCSIFNETMASK, 0xffffff00);
	set_address(fd, "address", "twA", SIOCSIFADDR, GROUP);
	set_address(fd, "address", "twA", SIOCSIFADDR, OWN);
	set_address(fd, "address", "twA", SIOCSIFADDR, 0x0a000101);
	set_address(fd, "address", "twA", SIOCSIFADDR, 0);
	set_address(fd, "mask", "twA", SIOCSIFNETMASK, 0xffffff00);
	set_address(fd, "address", "twA", SIOCSIFADDR, OWN);
}

static void do_labels(int fd)
{
	struct ifreq all[8];
	struct ifconf ifc = { .ifc_len = sizeof(all), .ifc_req = all };
	size_t i;

	set_address(fd, "broadcast", "twA:1", SIOCSIFBRDADDR, FAR);
	set_address(fd, "mask", "twA:1", SIOCSIFNETMASK, 0xffffff00);
	set_address(fd, "address", "twA:1", SIOCSIFADDR, 0x0a010101);
	set_address(fd, "mask", "twA:1", SIOCSIFNETMASK, 0xffffff00);
	set_address(fd, "broadcast", "twA:1", SIOCSIFBRDADDR, 0x0a010109);
	set_address(fd, "address", "twA:2", SIOCSIFADDR, 0x0b010101);
	set_address(fd, "address", "twA:", SIOCSIFADDR, 0xac100101);
	set_address(fd, "address", "twA:long_labels", SIOCSIFADDR, 0xac110101);
	set_address(fd, "address", "twA:1", SIOCSIFADDR, 0x0c010101);
	tell_all(fd, "twA", 0);
	tell_all(fd, "twA", 0x0c010101);
	tell_all(fd, "twA:1", OWN);
	tell("list", side->ioctl(fd, SIOCGIFCONF, &ifc) ? -1 : ifc.ifc_len);
	for (i = 0; i < (size_t)ifc.ifc_len / sizeof(all[0]); i++)
		fprintf(out, "  %s\n", all[i].ifr_name);
	ifc.ifc_len = sizeof(all[0]) * 2 + 7;
	tell("list with less room", side->ioctl(fd, SIOCGIFCONF, &ifc) ? -1 : ifc.ifc_len);
	ifc.ifc_req = NULL;
	tell("list for its length", side->ioctl(fd, SIOCGIFCONF, &ifc) ? -1 : ifc.ifc_len);
	set_flags(fd, "twA:1", IFF_UP);
	set_flags(fd, "twA:1", 0);
	set_flags(fd, "twA:1", 0);
	set_flags(fd, "none:1", 0);
	set_address(fd, "address", "twA:2", SIOCSIFADDR, 0);
	set_address(fd, "address", "twA:", SIOCSIFADDR, 0);
	set_address(fd, "address", "twA:long_labels", SIOCSIFADDR, 0);
	tell_all(fd, "twA", 0);
}

void do_ioctls(void)
{
	int fd = must_open(AF_INET, SOCK_DGRAM, 0);

	each_request(fd, "twA");
	each_request(fd, "none");
	each_request(fd, "twA:1");
	each_request(fd, "");
	set_queue_length(fd, 0);
	set_queue_length(fd, 5);
	set_queue_length(fd, -1);
	set_queue_length(fd, 1000);
	do_addresses(fd);
	do_labels(fd);
	side->close(fd);
}
