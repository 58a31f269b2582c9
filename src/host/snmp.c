// SPDX-License-Identifier: BSD-2-Clause
/* The names of the counters, and the visits to all of them. */
#include <stdio.h>
#include <string.h>

#include "host/host.h"

/* In the order of /proc/net/snmp and /proc/net/netstat. */
static const struct snmp_name ip_names[] = {
	{ IPSTATS_MIB_INPKTS, "IpInReceives" },
	{ IPSTATS_MIB_INHDRERRORS, "IpInHdrErrors" },
	{ IPSTATS_MIB_INADDRERRORS, "IpInAddrErrors" },
	{ IPSTATS_MIB_OUTFORWDATAGRAMS, "IpForwDatagrams" },
	{ IPSTATS_MIB_INUNKNOWNPROTOS, "IpInUnknownProtos" },
	{ IPSTATS_MIB_INDISCARDS, "IpInDiscards" },
	{ IPSTATS_MIB_INDELIVERS, "IpInDelivers" },
	{ IPSTATS_MIB_OUTPKTS, "IpOutRequests" },
	{ IPSTATS_MIB_OUTDISCARDS, "IpOutDiscards" },
	{ IPSTATS_MIB_OUTNOROUTES, "IpOutNoRoutes" },
	{ IPSTATS_MIB_REASMTIMEOUT, "IpReasmTimeout" },
	{ IPSTATS_MIB_REASMREQDS, "IpReasmReqds" },
	{ IPSTATS_MIB_REASMOKS, "IpReasmOKs" },
	{ IPSTATS_MIB_REASMFAILS, "IpReasmFails" },
	{ IPSTATS_MIB_FRAGOKS, "IpFragOKs" },
	{ IPSTATS_MIB_FRAGFAILS, "IpFragFails" },
	{ IPSTATS_MIB_FRAGCREATES, "IpFragCreates" },
	{ IPSTATS_MIB_INNOROUTES, "IpExtInNoRoutes" },
	{ IPSTATS_MIB_INTRUNCATEDPKTS, "IpExtInTruncatedPkts" },
	{ IPSTATS_MIB_INMCASTPKTS, "IpExtInMcastPkts" },
	{ IPSTATS_MIB_OUTMCASTPKTS, "IpExtOutMcastPkts" },
	{ IPSTATS_MIB_INBCASTPKTS, "IpExtInBcastPkts" },
	{ IPSTATS_MIB_OUTBCASTPKTS, "IpExtOutBcastPkts" },
	{ IPSTATS_MIB_INOCTETS, "IpExtInOctets" },
	{ IPSTATS_MIB_OUTOCTETS, "IpExtOutOctets" },
	{ IPSTATS_MIB_INMCASTOCTETS, "IpExtInMcastOctets" },
	{ IPSTATS_MIB_OUTMCASTOCTETS, "IpExtOutMcastOctets" },
	{ IPSTATS_MIB_INBCASTOCTETS, "IpExtInBcastOctets" },
	{ IPSTATS_MIB_OUTBCASTOCTETS, "IpExtOutBcastOctets" },
	{ IPSTATS_MIB_CSUMERRORS, "IpExtInCsumErrors" },
	{ IPSTATS_MIB_NOECTPKTS, "IpExtInNoECTPkts" },
	{ IPSTATS_MIB_ECT1PKTS, "IpExtInECT1Pkts" },
	{ IPSTATS_MIB_ECT0PKTS, "IpExtInECT0Pkts" },
	{ IPSTATS_MIB_CEPKTS, "IpExtInCEPkts" },
	{ IPSTATS_MIB_REASM_OVERLAPS, "IpExtReasmOverlaps" },
};

static const struct snmp_name icmp_names[] = {
	{ ICMP_MIB_INMSGS, "IcmpInMsgs" },	     { ICMP_MIB_INERRORS, "IcmpInErrors" },
	{ ICMP_MIB_CSUMERRORS, "IcmpInCsumErrors" }, { ICMP_MIB_OUTMSGS, "IcmpOutMsgs" },
	{ ICMP_MIB_OUTERRORS, "IcmpOutErrors" },
};

/* The messages that MIB-II names one by one (RFC 1213 section 6.6), by type (RFC 792, 950). */
static const struct snmp_name icmp_types[] = {
	{ 3, "DestUnreachs" },	 { 11, "TimeExcds" }, { 12, "ParmProbs" },    { 4, "SrcQuenchs" },
	{ 5, "Redirects" },	 { 8, "Echos" },      { 0, "EchoReps" },      { 13, "Timestamps" },
	{ 14, "TimestampReps" }, { 17, "AddrMasks" }, { 18, "AddrMaskReps" },
};

static const struct snmp_name udp_names[] = {
	{ UDP_MIB_INDATAGRAMS, "UdpInDatagrams" },   { UDP_MIB_NOPORTS, "UdpNoPorts" },
	{ UDP_MIB_INERRORS, "UdpInErrors" },	     { UDP_MIB_OUTDATAGRAMS, "UdpOutDatagrams" },
	{ UDP_MIB_RCVBUFERRORS, "UdpRcvbufErrors" }, { UDP_MIB_SNDBUFERRORS, "UdpSndbufErrors" },
	{ UDP_MIB_CSUMERRORS, "UdpInCsumErrors" },   { UDP_MIB_IGNOREDMULTI, "UdpIgnoredMulti" },
	{ UDP_MIB_MEMERRORS, "UdpMemErrors" },
};

static const struct snmp_name tcp_names[] = {
	{ TCP_MIB_RTOALGORITHM, "TcpRtoAlgorithm" },
	{ TCP_MIB_RTOMIN, "TcpRtoMin" },
	{ TCP_MIB_RTOMAX, "TcpRtoMax" },
	{ TCP_MIB_MAXCONN, "TcpMaxConn" },
	{ TCP_MIB_ACTIVEOPENS, "TcpActiveOpens" },
	{ TCP_MIB_PASSIVEOPENS, "TcpPassiveOpens" },
	{ TCP_MIB_ATTEMPTFAILS, "TcpAttemptFails" },
	{ TCP_MIB_ESTABRESETS, "TcpEstabResets" },
	{ TCP_MIB_CURRESTAB, "TcpCurrEstab" },
	{ TCP_MIB_INSEGS, "TcpInSegs" },
	{ TCP_MIB_OUTSEGS, "TcpOutSegs" },
	{ TCP_MIB_RETRANSSEGS, "TcpRetransSegs" },
	{ TCP_MIB_INERRS, "TcpInErrs" },
	{ TCP_MIB_OUTRSTS, "TcpOutRsts" },
	{ TCP_MIB_CSUMERRORS, "TcpInCsumErrors" },
};

struct visit {
	int (*fn)(const char *name, u64 value, void *arg);
	void *arg;
};

static int visit_table(const struct visit *v, const u64 *mib, const struct snmp_name *names,
		       size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int end = v->fn(names[i].name, mib[names[i].field], v->arg);

		if (end)
			return end;
	}
	return 0;
}

static int visit_icmp_types(const struct visit *v, const u64 *msgs, const char *direction)
{
	char name[40];

	for (size_t i = 0; i < ARRAY_SIZE(icmp_types); i++) {
		int end;

		snprintf(name, sizeof(name), "Icmp%s%s", direction, icmp_types[i].name);
		end = v->fn(name, msgs[icmp_types[i].field], v->arg);
		if (end)
			return end;
	}
	return 0;
}

/* As in /proc/net/snmp, only types that occurred. */
static int visit_icmp_msgs(const struct visit *v, const u64 *msgs, const char *direction)
{
	char name[40];

	for (unsigned int type = 0; type < 256; type++) {
		int end;

		if (!msgs[type])
			continue;
		snprintf(name, sizeof(name), "IcmpMsg%sType%u", direction, type);
		end = v->fn(name, msgs[type], v->arg);
		if (end)
			return end;
	}
	return 0;
}

static int visit_icmp(const struct visit *v, const struct netns_mib *mib)
{
	const u64 *in = mib->icmpmsg;
	const u64 *out = mib->icmpmsg + 256;
	int end = visit_table(v, mib->icmp, icmp_names, ARRAY_SIZE(icmp_names));

	if (!end)
		end = visit_icmp_types(v, in, "In");
	if (!end)
		end = visit_icmp_types(v, out, "Out");
	if (!end)
		end = visit_icmp_msgs(v, in, "In");
	if (!end)
		end = visit_icmp_msgs(v, out, "Out");
	return end;
}

int skiff_snmp_foreach(struct net *net, int (*fn)(const char *name, u64 value, void *arg),
		       void *arg)
{
	const struct visit v = { fn, arg };
	int end;

	if (!fn)
		return -EINVAL;
	if (net_enter(net) != 0)
		return -EOWNERDEAD;
	end = visit_table(&v, net->mib.ip, ip_names, ARRAY_SIZE(ip_names));
	if (!end)
		end = visit_icmp(&v, &net->mib);
	if (!end)
		end = visit_table(&v, net->mib.tcp, tcp_names, ARRAY_SIZE(tcp_names));
	if (!end)
		end = visit_table(&v, net->mib.udp, udp_names, ARRAY_SIZE(udp_names));
	if (!end)
		end = visit_table(&v, net->mib.linux_mib, tcpext_names, tcpext_names_nr);
	net_unlock(net);
	return end;
}

struct wanted {
	const char *name;
	u64 value;
};

static int compare(const char *name, u64 value, void *arg)
{
	struct wanted *wanted = (struct wanted *)arg;

	if (strcmp(name, wanted->name) != 0)
		return 0;
	wanted->value = value;
	return 1;
}

/* Whether @name is @prefix and a number from 0 to 255. */
static bool names_type(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);
	unsigned int type = 0;

	if (strncmp(name, prefix, len) != 0 || !name[len])
		return false;
	for (name += len; *name >= '0' && *name <= '9' && type <= 255; name++)
		type = 10 * type + (unsigned int)(*name - '0');
	return !*name && type <= 255;
}

int skiff_snmp_get(struct net *net, const char *name, u64 *value)
{
	struct wanted wanted = { name, 0 };
	int found;

	if (!name || !value)
		return -EINVAL;
	found = skiff_snmp_foreach(net, compare, &wanted);

	/* A type of message that never came is not visited, but it is a counter all the same. */
	if (found == 0 && !names_type(name, "IcmpMsgInType") && !names_type(name, "IcmpMsgOutType"))
		return -ENOENT;
	if (found < 0)
		return found;
	*value = wanted.value;
	return 0;
}

int skiff_drops_foreach(struct net *net, int (*fn)(const char *reason, u64 count, void *arg),
			void *arg)
{
	int end = 0;

	if (!fn)
		return -EINVAL;
	if (net_enter(net) != 0)
		return -EOWNERDEAD;
	for (int reason = 0; reason < SKB_DROP_REASON_MAX && !end; reason++) {
		u64 count = READ_ONCE(net->drops[reason]);

		if (count)
			end = fn(skb_drop_reason_name((enum skb_drop_reason)reason), count, arg);
	}
	net_unlock(net);
	return end;
}
