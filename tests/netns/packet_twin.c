// SPDX-License-Identifier: BSD-2-Clause
/* One list of things to do with AF_PACKET sockets, done by the kernel or by skiff; what came of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <skiff/drivers.h>
#include <skiff/filter.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/socket.h>

#include <linux/sockios.h>
#include <linux/virtio_net.h>

/*
 *	packet-twin kernel A B		on the two ends of a veth pair, both up
 *	packet-twin skiff
 *
 * Each line says what was done and what came of it, in terms that are the same on both sides:
 * ends are called A and B. test_packet_socket.py compares the two outputs.
 */

#define PROTO 0x88b5 /* IEEE 802: for experiments */

struct side {
	int (*socket)(int type, int proto);
	int (*bind)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*getname)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*getpeer)(int fd, struct sockaddr *addr, socklen_t *len);
	ssize_t (*sendto)(int fd, const void *buf, size_t len, int flags,
			  const struct sockaddr *addr, socklen_t addrlen);
	ssize_t (*recvmsg)(int fd, struct msghdr *msg, int flags);
	int (*set)(int fd, int level, int name, const void *val, socklen_t len);
	int (*get)(int fd, int level, int name, void *val, socklen_t *len);
	int (*ioctl)(int fd, unsigned long request, ...);
	int (*close)(int fd);
	void (*settle)(void); /* whatever is under way arrives */
	void (*up)(int end, int on);
	int ifindex[2];
	const char *name[2];
};

static struct side *side;
static unsigned char mac[2][6];

/* The kernel. */

static int kernel_socket(int type, int proto)
{
	return socket(AF_PACKET, type, htons((unsigned short)proto));
}

static void kernel_settle(void)
{
	usleep(20000);
}

static void kernel_up(int end, int on)
{
	struct ifreq ifr = { .ifr_flags = 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strncpy(ifr.ifr_name, side->name[end], IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr))
		exit(3);
	ifr.ifr_flags = (short)(on ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP);
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		exit(3);
	close(fd);
}

static struct side kernel_side = {
	.socket = kernel_socket,
	.bind = bind,
	.getname = getsockname,
	.getpeer = getpeername,
	.sendto = sendto,
	.recvmsg = recvmsg,
	.set = setsockopt,
	.get = getsockopt,
	.ioctl = ioctl,
	.close = close,
	.settle = kernel_settle,
	.up = kernel_up,
};

/* skiff. */

static struct skiff_clock *twin_clock;
static struct net *net;
static struct net_device *dev[2];

static int skiff_packet_socket(int type, int proto)
{
	return skiff_socket(net, AF_PACKET, type, htons((unsigned short)proto));
}

static void skiff_settle(void)
{
	if (skiff_clock_run_until(twin_clock, skiff_clock_now(twin_clock) + NSEC_PER_MSEC))
		exit(3);
}

static void skiff_up(int end, int on)
{
	net_lock(net);
	if (on)
		dev_open(dev[end], NULL);
	else
		dev_close(dev[end]);
	net_unlock(net);
	skiff_settle();
}

static struct side skiff_side = {
	.socket = skiff_packet_socket,
	.bind = skiff_bind,
	.getname = skiff_getsockname,
	.getpeer = skiff_getpeername,
	.sendto = skiff_sendto,
	.recvmsg = skiff_recvmsg,
	.set = skiff_setsockopt,
	.get = skiff_getsockopt,
	.ioctl = skiff_ioctl,
	.close = skiff_close,
	.settle = skiff_settle,
	.up = skiff_up,
};

static void skiff_start(void)
{
	int end;

	if (skiff_init())
		exit(3);
	twin_clock = skiff_clock_virtual(NSEC_PER_SEC, 0);
	net = skiff_net_create(&(struct skiff_net_params){ .name = "twin", .clock = twin_clock });
	if (!net || veth_create(net, "veA", net, "veB", &dev[0], &dev[1]))
		exit(3);
	for (end = 0; end < 2; end++) {
		skiff_side.ifindex[end] = dev[end]->ifindex;
		skiff_side.name[end] = dev[end]->name;
		skiff_up(end, 1);
	}
}

/* What is done, and how it is told. */

static void tell(const char *what, long ret)
{
	if (ret < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %ld\n", what, ret);
}

static char end_name(int ifindex)
{
	return ifindex == side->ifindex[0] ? 'A' : ifindex == side->ifindex[1] ? 'B' : '?';
}

static int open_on(int type, int proto, int end)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET,
				   .sll_protocol = htons((unsigned short)proto),
				   .sll_ifindex = side->ifindex[end] };
	int fd = side->socket(type, 0);

	if (fd < 0 || side->bind(fd, (struct sockaddr *)&sll, sizeof(sll))) {
		perror("packet-twin: socket on an end");
		exit(3);
	}
	return fd;
}

static size_t frame(unsigned char *f, int to, int from, size_t len)
{
	size_t i;

	memcpy(f, mac[to], 6);
	memcpy(f + 6, mac[from], 6);
	f[12] = PROTO >> 8;
	f[13] = PROTO & 0xff;
	for (i = 14; i < len; i++)
		f[i] = (unsigned char)i;
	return len;
}

static long send_frame(int fd, int to, int from, size_t len)
{
	static unsigned char f[70000];
	long ret = side->sendto(fd, f, frame(f, to, from, len), MSG_DONTWAIT, NULL, 0);

	side->settle();
	return ret;
}

static void tell_auxdata(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct tpacket_auxdata aux;

	if (!c || c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
		return;
	memcpy(&aux, CMSG_DATA(c), sizeof(aux));
	printf(" aux status %x len %u snap %u mac %u net %u vlan %x/%x", aux.tp_status, aux.tp_len,
	       aux.tp_snaplen, aux.tp_mac, aux.tp_net, aux.tp_vlan_tci, aux.tp_vlan_tpid);
}

static void receive(const char *what, int fd, size_t room, int flags)
{
	unsigned char buf[2048];
	struct sockaddr_ll from = { .sll_family = 0 };
	char control[200];
	struct iovec iov = { .iov_base = buf, .iov_len = room };
	struct msghdr msg = { .msg_name = &from,
			      .msg_namelen = sizeof(from),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	unsigned int sum = 0;
	ssize_t ret = side->recvmsg(fd, &msg, flags | MSG_DONTWAIT), i;

	if (ret < 0) {
		tell(what, ret);
		return;
	}
	for (i = 12; i < ret && i < (ssize_t)room; i++)
		sum = sum * 31 + buf[i];
	printf("%s: %zd flags %x name %u %u %04x %c %u %u %u %s sum %08x", what, ret,
	       (unsigned int)msg.msg_flags, msg.msg_namelen, from.sll_family,
	       ntohs(from.sll_protocol), end_name(from.sll_ifindex), from.sll_hatype,
	       from.sll_pkttype, from.sll_halen,
	       !memcmp(from.sll_addr, mac[0], 6) ? "A" :
	       !memcmp(from.sll_addr, mac[1], 6) ? "B" :
						   "?",
	       sum);
	tell_auxdata(&msg);
	printf("\n");
}

static void set_int(const char *what, int fd, int name, int val)
{
	tell(what, side->set(fd, SOL_PACKET, name, &val, sizeof(val)));
}

static void learn_addresses(void)
{
	int end;

	for (end = 0; end < 2; end++) {
		struct sockaddr_ll sll;
		socklen_t len = sizeof(sll);
		int fd = open_on(SOCK_RAW, PROTO, end);

		if (side->getname(fd, (struct sockaddr *)&sll, &len))
			exit(3);
		printf("name of %c: %u %u %04x %u %u\n", end_name(sll.sll_ifindex), len,
		       sll.sll_family, ntohs(sll.sll_protocol), sll.sll_hatype, sll.sll_halen);
		memcpy(mac[end], sll.sll_addr, 6);
		tell("getpeername", side->getpeer(fd, (struct sockaddr *)&sll, &len));
		side->close(fd);
	}
}

static void do_refusals(void)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET, .sll_ifindex = 12345 };
	unsigned char f[100] = { 0 };
	int fd, val = 1;

	tell("stream", side->socket(SOCK_STREAM, PROTO));
	tell("seqpacket", side->socket(SOCK_SEQPACKET, PROTO));
	fd = side->socket(SOCK_RAW, 0);
	tell("bind short", side->bind(fd, (struct sockaddr *)&sll, sizeof(sll) - 1));
	tell("bind nowhere", side->bind(fd, (struct sockaddr *)&sll, sizeof(sll)));
	tell("send unbound", side->sendto(fd, f, 60, MSG_DONTWAIT, NULL, 0));
	tell("send nowhere",
	     side->sendto(fd, f, 60, MSG_DONTWAIT, (struct sockaddr *)&sll, sizeof(sll)));
	tell("send short address",
	     side->sendto(fd, f, 60, MSG_DONTWAIT, (struct sockaddr *)&sll, 10));
	tell("wrong level", side->set(fd, SOL_IP, PACKET_AUXDATA, &val, sizeof(val)));
	tell("no such option", side->set(fd, SOL_PACKET, 1000, &val, sizeof(val)));
	tell("short option", side->set(fd, SOL_PACKET, PACKET_AUXDATA, &val, 2));
	set_int("fanout unbound", fd, PACKET_FANOUT, 7);
	sll.sll_family = AF_INET;
	tell("bind family", side->bind(fd, (struct sockaddr *)&sll, sizeof(sll)));
	receive("receive nothing", fd, 100, 0);
	receive("bad flags", fd, 100, MSG_OOB);
	receive("no errors", fd, 100, MSG_ERRQUEUE);
	side->close(fd);
}

static void do_traffic(void)
{
	int a = open_on(SOCK_RAW, PROTO, 0), b = open_on(SOCK_RAW, PROTO, 1);
	int cooked = open_on(SOCK_DGRAM, PROTO, 1), all = side->socket(SOCK_RAW, PROTO), val;

	tell("send", send_frame(a, 1, 0, 100));
	tell("inq", side->ioctl(b, SIOCINQ, &val) ? -1 : val);
	receive("peek cut", b, 20, MSG_PEEK);
	receive("peek real length", b, 20, MSG_PEEK | MSG_TRUNC);
	receive("raw", b, 2000, 0);
	receive("empty", b, 2000, 0);
	/* Not before: what the kernel says of the length is wrong once a packet was peeked at. */
	set_int("auxdata", b, PACKET_AUXDATA, 1);
	receive("cooked", cooked, 2000, 0);
	receive("all ends", all, 2000, 0);
	receive("all ends again", all, 2000, 0);
	receive("own", a, 2000, 0);
	tell("send to other", send_frame(a, 0, 0, 60));
	receive("for other", b, 2000, 0);
	tell("short", send_frame(a, 1, 0, 13));
	tell("header alone", send_frame(a, 1, 0, 14));
	tell("nothing", send_frame(a, 1, 0, 0));
	tell("longest", send_frame(a, 1, 0, 1514));
	tell("longer", send_frame(a, 1, 0, 1515));
	tell("far too long", send_frame(a, 1, 0, 60000));
	tell("drain", side->close(all));
	receive("header alone", b, 2000, 0);
	receive("longest", b, 2000, 0);
	side->close(a);
	side->close(b);
	side->close(cooked);
}

static void do_filter(void)
{
	struct sock_filter cut[] = { BPF_STMT(BPF_RET | BPF_K, 40) };
	struct sock_filter type[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned int)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OTHERHOST, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 60000),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter bad[] = { BPF_STMT(BPF_LD | BPF_MEM, 3), BPF_STMT(BPF_RET | BPF_A, 0) };
	struct sock_fprog fprog = { .len = 1, .filter = cut };
	int a = open_on(SOCK_RAW, PROTO, 0), b = open_on(SOCK_RAW, PROTO, 1), val = 1;
	struct sock_filter back[4];
	socklen_t len;

	set_int("auxdata", b, PACKET_AUXDATA, 1);
	tell("attach", side->set(b, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)));
	tell("send", send_frame(a, 1, 0, 100));
	receive("cut", b, 2000, 0);
	fprog = (struct sock_fprog){ .len = 4, .filter = type };
	tell("attach", side->set(b, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)));
	tell("send", send_frame(a, 1, 0, 100));
	tell("send", send_frame(a, 0, 0, 90));
	receive("chosen", b, 2000, 0);
	receive("not chosen", b, 2000, 0);
	len = 0;
	tell("get size", side->get(b, SOL_SOCKET, SO_GET_FILTER, NULL, &len) ? -1 : (long)len);
	len = 3;
	tell("get less", side->get(b, SOL_SOCKET, SO_GET_FILTER, back, &len));
	len = 4;
	tell("get", side->get(b, SOL_SOCKET, SO_GET_FILTER, back, &len) ? -1 : (long)len);
	tell("same", memcmp(back, type, sizeof(type)) != 0);
	fprog = (struct sock_fprog){ .len = 2, .filter = bad };
	tell("attach bad", side->set(b, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)));
	tell("attach short", side->set(b, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, 8));
	fprog.len = 0;
	tell("attach none", side->set(b, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)));
	tell("lock", side->set(b, SOL_SOCKET, SO_LOCK_FILTER, &val, sizeof(val)));
	tell("detach locked", side->set(b, SOL_SOCKET, SO_DETACH_FILTER, &val, sizeof(val)));
	val = 0;
	tell("unlock", side->set(b, SOL_SOCKET, SO_LOCK_FILTER, &val, sizeof(val)));
	tell("detach", side->set(a, SOL_SOCKET, SO_DETACH_FILTER, &val, sizeof(val)));
	side->close(a);
	side->close(b);
}

static void do_options(void)
{
	struct packet_mreq mreq = { .mr_ifindex = side->ifindex[0], .mr_type = PACKET_MR_PROMISC };
	struct fanout_args args = { .id = 9, .type_flags = PACKET_FANOUT_LB, .max_num_members = 1 };
	int a = open_on(SOCK_RAW, PROTO, 0), b = open_on(SOCK_RAW, PROTO, 0);
	struct tpacket_stats st;
	socklen_t len = sizeof(st);

	set_int("ignore outgoing", a, 23, 2);
	set_int("bypass", a, PACKET_QDISC_BYPASS, 1);
	tell("send past the queue", send_frame(a, 1, 0, 60));
	receive("seen outgoing", b, 2000, 0);
	tell("promisc", side->set(a, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)));
	tell("drop", side->set(a, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &mreq, sizeof(mreq)));
	tell("drop again", side->set(a, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &mreq, sizeof(mreq)));
	mreq.mr_type = PACKET_MR_MULTICAST;
	tell("no address", side->set(a, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)));
	mreq.mr_alen = 7;
	tell("long address", side->set(a, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)));
	tell("cut", side->set(a, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, 10));
	tell("fanout", side->set(a, SOL_PACKET, PACKET_FANOUT, &args, sizeof(args)));
	tell("fanout again", side->set(a, SOL_PACKET, PACKET_FANOUT, &args, sizeof(args)));
	tell("fanout full", side->set(b, SOL_PACKET, PACKET_FANOUT, &args, sizeof(args)));
	args.type_flags = PACKET_FANOUT_HASH;
	tell("fanout other", side->set(b, SOL_PACKET, PACKET_FANOUT, &args, sizeof(args)));
	args.type_flags = 99;
	tell("fanout type", side->set(b, SOL_PACKET, PACKET_FANOUT, &args, sizeof(args)));
	tell("statistics", side->get(b, SOL_PACKET, PACKET_STATISTICS, &st, &len));
	printf("packets %u drops %u\n", st.tp_packets, st.tp_drops);
	tell("rollover", side->get(b, SOL_PACKET, PACKET_ROLLOVER_STATS, &st, &len));
	side->close(a);
	side->close(b);
}

static void do_vnet_hdr(void)
{
	struct virtio_net_hdr hdr = { .flags = 0 };
	unsigned char f[sizeof(hdr) + 100];
	int val, got;
	socklen_t len;
	int a = open_on(SOCK_RAW, PROTO, 0), b = open_on(SOCK_RAW, PROTO, 1);
	int cooked = open_on(SOCK_DGRAM, PROTO, 1);

	set_int("vnet cooked", cooked, PACKET_VNET_HDR, 1);
	for (val = 0; val < 14; val++)
		set_int("vnet size cooked", cooked, 24, val);
	for (val = 0; val < 14; val++) {
		set_int("vnet size", b, 24, val);
		len = sizeof(got);
		tell("vnet size is", side->get(b, SOL_PACKET, 24, &got, &len) ? -1 : got);
		tell("vnet is", side->get(b, SOL_PACKET, PACKET_VNET_HDR, &got, &len) ? -1 : got);
	}
	set_int("vnet size", b, 24, 0);
	set_int("vnet", a, PACKET_VNET_HDR, 1);
	memcpy(f, &hdr, sizeof(hdr));
	frame(f + sizeof(hdr), 1, 0, 100);
	tell("send", side->sendto(a, f, sizeof(f), MSG_DONTWAIT, NULL, 0));
	tell("send less", side->sendto(a, f, 9, MSG_DONTWAIT, NULL, 0));
	hdr.hdr_len = 101;
	memcpy(f, &hdr, sizeof(hdr));
	tell("send bad", side->sendto(a, f, sizeof(f), MSG_DONTWAIT, NULL, 0));
	side->settle();
	receive("without", b, 2000, 0);
	set_int("vnet", b, PACKET_VNET_HDR, 1);
	tell("send none", send_frame(a, 1, 0, 5));
	receive("no room", b, 5, 0);
	/* The longer header. */
	set_int("vnet size", a, 24, 12);
	memset(f, 0, 12);
	tell("send less", side->sendto(a, f, 11, MSG_DONTWAIT, NULL, 0));
	frame(f + 12, 1, 0, 90);
	tell("send", side->sendto(a, f, 102, MSG_DONTWAIT, NULL, 0));
	side->settle();
	receive("short", b, 12, MSG_TRUNC);
	set_int("vnet size", b, 24, 12);
	tell("send", side->sendto(a, f, 102, MSG_DONTWAIT, NULL, 0));
	side->settle();
	receive("long, no room", b, 11, 0);
	tell("send", side->sendto(a, f, 102, MSG_DONTWAIT, NULL, 0));
	side->settle();
	receive("long", b, 12, MSG_TRUNC);
	side->close(a);
	side->close(b);
	side->close(cooked);
}

/* SOCK_PACKET: devices by name. */
static void do_spkt(void)
{
	struct sockaddr_pkt pkt = { .spkt_protocol = htons(PROTO) };
	unsigned char f[100], buf[200];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct msghdr msg = { .msg_name = &pkt, .msg_iov = &iov, .msg_iovlen = 1 };
	struct sockaddr sa = { .sa_family = AF_PACKET };
	int a = side->socket(SOCK_PACKET, PROTO), b = open_on(SOCK_RAW, PROTO, 1), val = 1;
	socklen_t len = sizeof(sa);

	tell("old, open", a < 0 ? -1 : 0);
	tell("old, option", side->set(a, SOL_PACKET, PACKET_AUXDATA, &val, sizeof(val)));
	tell("old, get", side->get(a, SOL_PACKET, PACKET_AUXDATA, &val, &len));
	tell("old, send nowhere", side->sendto(a, f, 60, MSG_DONTWAIT, NULL, 0));
	strcpy((char *)pkt.spkt_device, "none");
	frame(f, 1, 0, sizeof(f));
	tell("old, send to none",
	     side->sendto(a, f, 60, MSG_DONTWAIT, (struct sockaddr *)&pkt, sizeof(pkt)));
	strcpy((char *)pkt.spkt_device, side->name[0]);
	tell("old, short", side->sendto(a, f, 60, MSG_DONTWAIT, (struct sockaddr *)&pkt, 15));
	tell("old, no protocol", side->sendto(a, f, 60, MSG_DONTWAIT, (struct sockaddr *)&pkt, 16));
	tell("old, send",
	     side->sendto(a, f, 60, MSG_DONTWAIT, (struct sockaddr *)&pkt, sizeof(pkt)));
	tell("old, too short",
	     side->sendto(a, f, 13, MSG_DONTWAIT, (struct sockaddr *)&pkt, sizeof(pkt)));
	side->settle();
	receive("new", b, 2000, 0);
	receive("new", b, 2000, 0);
	msg.msg_namelen = sizeof(pkt);
	memset(&pkt, 0, sizeof(pkt));
	tell("old, receives", side->recvmsg(a, &msg, MSG_DONTWAIT));
	printf("old, name %u %u %04x %d\n", msg.msg_namelen, pkt.spkt_family,
	       ntohs(pkt.spkt_protocol), !strcmp((char *)pkt.spkt_device, side->name[1]));
	tell("old, bind long", side->bind(a, (struct sockaddr *)&pkt, sizeof(pkt)));
	tell("old, bind to none", side->bind(a, &sa, sizeof(sa)));
	strcpy(sa.sa_data, side->name[1]);
	tell("old, bind", side->bind(a, &sa, sizeof(sa)));
	memset(&sa, 1, sizeof(sa));
	tell("old, name", side->getname(a, &sa, &len));
	printf("old, name %u %u %d\n", len, sa.sa_family, !strcmp(sa.sa_data, side->name[1]));
	tell("old, peer", side->getpeer(a, &sa, &len));
	side->close(a);
	side->close(b);
}

static void do_down(void)
{
	int a = open_on(SOCK_RAW, PROTO, 0), late;

	side->up(0, 0);
	side->settle();
	tell("send down", send_frame(a, 1, 0, 60));
	receive("told once", a, 2000, 0);
	receive("told before", a, 2000, 0);
	late = open_on(SOCK_RAW, PROTO, 0);
	receive("bound down", late, 2000, 0);
	side->up(0, 1);
	side->settle();
	tell("send up", send_frame(a, 1, 0, 60));
	receive("seen again", late, 2000, 0);
	side->close(a);
	side->close(late);
}

int main(int argc, char **argv)
{
	int end;

	if (argc == 4 && !strcmp(argv[1], "kernel")) {
		side = &kernel_side;
		for (end = 0; end < 2; end++) {
			side->name[end] = argv[2 + end];
			side->ifindex[end] = (int)if_nametoindex(argv[2 + end]);
		}
	} else if (argc == 2 && !strcmp(argv[1], "skiff")) {
		side = &skiff_side;
		skiff_start();
	} else {
		fprintf(stderr, "usage: packet-twin kernel A B | packet-twin skiff\n");
		return 2;
	}
	learn_addresses();
	do_refusals();
	do_traffic();
	do_filter();
	do_options();
	do_vnet_hdr();
	do_spkt();
	do_down();
	if (side == &skiff_side) {
		skiff_net_destroy(net);
		skiff_clock_put(twin_clock);
	}
	return 0;
}
