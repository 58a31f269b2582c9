#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Packets that are nearly right, to the kernel and to a host: both give the same answers and live on.

scapy makes valid packets, of which one to five fields, bytes or lengths are changed; checksums are
mostly put right again, so that what is behind them is reached. SEED= has others made (0: by chance),
MUTATIONS= is how many there are, FIRST= leaves out those before it (the same packets come for the
same seed), COUNTERS=1 compares the counters after each of them, which takes its time.
"""
import logging
import random

from twins import *

logging.getLogger('scapy').setLevel(logging.ERROR)
try:
    from scapy.all import (ARP, ICMP, IP, UDP, Ether, IPOption_LSRR, IPOption_NOP, IPOption_RR,
                           IPOption_Router_Alert, IPOption_SSRR, IPOption_Timestamp, Packet,
                           Padding, Raw, raw)
    from scapy.contrib.igmp import IGMP
    from scapy.contrib.igmpv3 import IGMPv3, IGMPv3mq
except ImportError:
    IP = None

COUNT = int(os.environ.get('MUTATIONS', 2000))
SEED = int(os.environ.get('SEED', 1996)) or random.SystemRandom().randrange(1, 1 << 31)
FIRST = int(os.environ.get('FIRST', 0))

ADDRESSES = [HOST, KERNEL, '192.0.2.77', '192.0.2.255', '192.0.2.0', '255.255.255.255', '0.0.0.0',
             '127.0.0.1', '224.0.0.1', '224.0.0.5', '239.1.2.3', '240.0.0.1', '198.51.100.1', '10.0.0.1']
EDGES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 127, 128, 254, 255, 256, 32767, 32768, 65534, 65535,
         0x7fffffff, 0x80000000, 0xffffffff]


# RFC 1122 section 3.2.1.3 wants packets from there discarded. The kernel does so only with rp_filter.
BROADCAST = socket.inet_aton('192.0.2.255')


class Generator:
    """All of it follows from one seed."""

    def __init__(self, seed):
        self.rnd = random.Random(seed)

    def data(self, most=100):
        return self.rnd.randbytes(self.rnd.choice([0, 1, 7, 8, 9, 20, self.rnd.randrange(most)]))

    # Valid packets.

    def options(self):
        rnd = self.rnd
        stops = [rnd.choice([HOST, KERNEL, '192.0.2.77']) for _ in range(rnd.randrange(1, 5))]
        kinds = [
            lambda: IPOption_NOP(),
            lambda: IPOption_RR(routers=['0.0.0.0'] * len(stops), pointer=rnd.choice([4, 4, 8, 40])),
            lambda: IPOption_LSRR(routers=stops, pointer=4 * rnd.randrange(1, len(stops) + 2)),
            lambda: IPOption_SSRR(routers=stops, pointer=4 * rnd.randrange(1, len(stops) + 2)),
            lambda: IPOption_Router_Alert(),
            lambda: IPOption_Timestamp(flg=0, pointer=5, timestamp=0),
            lambda: raw(bytes([68, 12, 5, 1]) + bytes(8)),
            lambda: raw(bytes([68, 12, 5, 3]) + socket.inet_aton(rnd.choice(stops)) + bytes(4)),
            lambda: raw(bytes([68, 12, 13, rnd.choice([0xf0, 0xe0, 0x10, 0xf1, 0xf3, 0x03])]) + bytes(8)),
            lambda: raw(bytes([rnd.choice([130, 133, 134, 136, 25, 94, 0x9e, 205]), 4, 1, 2])),
            lambda: raw(bytes([7, 7, 4, 0, 0, 0, 0])),
        ]
        text = b''.join(bytes(o if isinstance(o, bytes) else raw(o)) for o in
                        [rnd.choice(kinds)() for _ in range(rnd.choice([1, 1, 1, 2, 3]))])[:40]
        return text + b'\0' * (-len(text) % 4)

    def ip(self, **fields):
        """With options as bytes that are cut into the header afterwards."""
        return Ether(dst=HOST_MAC, src=OUR_MAC) / IP(src=KERNEL, dst=HOST, id=self.rnd.randrange(65536),
                                                     **fields)

    def icmp(self):
        rnd = self.rnd
        kind = rnd.choice([8, 8, 8, 13, 13, 17, 15, 0, 14, 18, 10, 9, 42, 30, 255])
        body = self.data() if kind != 13 else rnd.randbytes(rnd.choice([0, 3, 4, 11, 12, 12, 12, 20]))
        head = bytes([kind, rnd.choice([0, 0, 0, 1, 255]), 0, 0]) + rnd.randbytes(4)
        return self.ip(proto=1) / Raw(head + body)

    def icmp_error(self):
        rnd = self.rnd
        quote = IP(src=rnd.choice(ADDRESSES), dst=rnd.choice(ADDRESSES), ttl=rnd.choice([0, 1, 63]))
        quote /= rnd.choice([UDP(sport=DISCARDING, dport=9999), ICMP(id=7), Raw(b'12345678')])
        rest = rnd.choice([b'\0' * 4, socket.inet_aton('192.0.2.77'), struct.pack('!HH', 0, rnd.choice(
            [0, 68, 576, 1400, 65535])), bytes([20, 0, 0, 0])])
        return self.ip(proto=1) / Raw(bytes([rnd.choice([3, 4, 5, 11, 12]), rnd.randrange(18), 0, 0]) +
                                      rest + raw(quote) + self.data(20))

    def udp(self):
        port = self.rnd.choice([DISCARDING, 9999, 9999, 0, 67, 65535])
        udp = UDP(sport=self.rnd.choice([2000, 2000, 0, 53]), dport=port)
        if self.rnd.random() < 0.1:
            udp.chksum = 0
        return self.ip() / udp / Raw(self.data(800))

    def igmp(self):
        group = self.rnd.choice(['0.0.0.0', '224.0.0.1', '239.1.2.3'])
        packet = Ether(dst='01:00:5e:00:00:01', src=OUR_MAC) / IP(
            src=KERNEL, dst=self.rnd.choice(['224.0.0.1', '239.1.2.3', HOST]), ttl=1)
        return packet / self.rnd.choice([
            IGMP(type=0x11, gaddr=group), IGMP(type=0x16, gaddr=group), IGMP(type=0x17, gaddr=group),
            IGMP(type=0x12, gaddr=group), IGMPv3(type=0x11) / IGMPv3mq(gaddr=group)])

    def other(self):
        return self.ip(proto=self.rnd.choice([0, 3, 41, 47, 50, 132, 200, 255])) / Raw(self.data())

    def arp(self):
        rnd = self.rnd
        sender = rnd.choice([KERNEL, KERNEL, '192.0.2.77', '0.0.0.0', HOST])
        return Ether(dst=rnd.choice(['ff:ff:ff:ff:ff:ff', HOST_MAC]), src=OUR_MAC) / ARP(
            op=rnd.choice([1, 1, 1, 2, 3, 8]), hwsrc=OUR_MAC, psrc=sender, hwdst='00:00:00:00:00:00',
            pdst=rnd.choice([HOST, HOST, HOST, KERNEL, sender, '192.0.2.255']))

    def fragments(self):
        """Two to four pieces of a packet, as frames of their own."""
        rnd = self.rnd
        whole = rnd.choice([self.icmp, self.udp, self.other])()
        payload = raw(whole[IP].payload) + rnd.randbytes(8 * rnd.randrange(2, 20))
        if whole[IP].proto == 1:
            whole[IP].remove_payload()
            payload = bytes([8, 0, 0, 0]) + payload[4:]
            payload = payload[:2] + struct.pack('!H', checksum(payload)) + payload[4:]
        cuts = sorted(rnd.sample(range(8, len(payload), 8), min(rnd.randrange(1, 4), len(payload) // 8 - 1)))
        proto, ident = whole[IP].proto, whole[IP].id
        pieces = []
        for start, end in zip([0] + cuts, cuts + [len(payload)]):
            pieces.append(Ether(dst=HOST_MAC, src=OUR_MAC) / IP(
                src=KERNEL, dst=HOST, id=ident, proto=proto, frag=start // 8,
                flags='MF' if end < len(payload) else 0) / Raw(payload[start:end]))
        if rnd.random() < 0.4:
            rnd.shuffle(pieces)
        if rnd.random() < 0.1:
            pieces.append(rnd.choice(pieces))
        return pieces

    # Changes.

    def change_field(self, packet):
        """Of a random layer, to an edge or to anything."""
        layers = [l for l in packet.layers() if l is not Padding]
        layer = packet.getlayer(self.rnd.choice(layers))
        field = self.rnd.choice(layer.fields_desc)
        if field.name in ('options', 'load', 'dst', 'src', 'psrc', 'pdst', 'gaddr', 'len', 'ihl') and \
                layer.__class__.__name__ not in ('IP', 'ARP', 'IGMP', 'UDP'):
            return
        if field.name in ('src', 'dst', 'psrc', 'pdst', 'gaddr'):
            value = self.rnd.choice(ADDRESSES)
        elif isinstance(getattr(layer, field.name), (int, type(None))) and field.name != 'options':
            bits = getattr(field, 'size', None) or int(field.sz * 8)
            value = self.rnd.choice(EDGES + [self.rnd.getrandbits(32)]) & ((1 << abs(bits)) - 1)
        else:
            return
        layer.setfieldval(field.name, value)

    def change_bytes(self, frame, start):
        frame = bytearray(frame)
        what = self.rnd.choice(['flip', 'set', 'edge', 'cut', 'grow', 'remove', 'swap'])
        if len(frame) <= start + 1:
            return bytes(frame)
        at = self.rnd.randrange(start, len(frame))
        if what == 'flip':
            frame[at] ^= 1 << self.rnd.randrange(8)
        elif what == 'set':
            frame[at] = self.rnd.randrange(256)
        elif what == 'edge':
            frame[at] = self.rnd.choice(EDGES) & 255
        elif what == 'cut':
            del frame[at:]
        elif what == 'grow':
            frame += self.rnd.randbytes(self.rnd.randrange(1, 60))
        elif what == 'remove':
            del frame[at:at + self.rnd.randrange(1, 5)]
        else:
            other = self.rnd.randrange(start, len(frame))
            frame[at], frame[other] = frame[other], frame[at]
        return bytes(frame)

    def insert_options(self, frame):
        options = self.options()
        if frame[14] & 15 != 5:
            return frame
        return (frame[:14] + bytes([frame[14] & 0xf0 | 5 + len(options) // 4]) + frame[15:16] +
                struct.pack('!H', (int.from_bytes(frame[16:18], 'big') + len(options)) & 0xffff) +
                frame[18:34] + options + frame[34:])

    def mend(self, frame):
        """Lengths and checksums, as the header has them now."""
        if frame[12:14] != b'\x08\0' or len(frame) < 34:
            return frame
        frame, head = bytearray(frame), (frame[14] & 15) * 4
        if self.rnd.random() < 0.9:
            frame[16:18] = struct.pack('!H', (len(frame) - 14) & 0xffff)
        end = min(len(frame), 14 + int.from_bytes(frame[16:18], 'big'))
        if head >= 20 and 14 + head <= len(frame):
            frame[24:26] = b'\0\0'
            frame[24:26] = struct.pack('!H', checksum(frame[14:14 + head]))
        fragment = frame[20] & 0x3f or frame[21]
        body = 14 + head
        if frame[23] in (1, 2) and not fragment and body + 4 <= end:
            frame[body + 2:body + 4] = b'\0\0'
            frame[body + 2:body + 4] = struct.pack('!H', checksum(bytes(frame[body:end])))
        if frame[23] == 17 and not fragment and body + 8 <= end and frame[body + 6:body + 8] != b'\0\0':
            frame[body + 6:body + 8] = b'\0\0'
            pseudo = frame[26:34] + struct.pack('!HH', 17, end - body)
            total = checksum(bytes(pseudo + frame[body:end])) or 0xffff
            frame[body + 6:body + 8] = struct.pack('!H', total)
        return bytes(frame)

    def step(self):
        """The frames of the next case."""
        rnd = self.rnd
        make = rnd.choice([self.icmp, self.icmp, self.icmp_error, self.udp, self.udp, self.igmp,
                           self.other, self.arp, self.fragments, self.fragments])
        packets = make()
        packets = packets if isinstance(packets, list) else [packets]
        changes = rnd.choice([0, 1, 1, 1, 2, 3, 4, 5])
        by_field = rnd.randrange(changes + 1)
        for _ in range(by_field):
            self.change_field(rnd.choice(packets))
        frames = [raw(p) for p in packets]
        if make != self.arp and rnd.random() < 0.35:
            frames = [self.insert_options(f) for f in frames]
        start = rnd.choice([14, 14, 14, 14, 14, 34, 0])
        for _ in range(changes - by_field):
            at = rnd.randrange(len(frames))
            frames[at] = self.change_bytes(frames[at], start)
        if rnd.random() < 0.85:
            frames = [self.mend(f) for f in frames]
        # What a wire carries; see BROADCAST.
        return [f[:1514] for f in frames if len(f) >= 14 and
                BROADCAST not in (f[26:30], f[12:14] == b'\x08\x06' and f[28:32])]


def is_ours(what):
    """Whether it is an answer, and not a question of the host's about a neighbour."""
    return not (isinstance(what, tuple) and what[0] == '0806' and what[1][12:16] == '0001')


def answers(twin, frames):
    """In words; and whom the host asked for."""
    what = [describe(f) for f in twin.ask(*frames)]
    return [w for w in what if is_ours(w)], {w[1][48:56] for w in what if not is_ours(w)}


def settled(before, after):
    return {k: after[k] - before[k] for k in after if after[k] != before[k]}


# Not InAddrErrors, where skiff counts sources that can't be; not ReasmFails, which the kernel counts
# of what is too long when its time is over; not IcmpInErrors, where skiff counts quotations without
# a header of IPv4; not answers by their type: the kernel takes them all for echo replies.
SAME_COUNTERS = ['IpInReceives', 'IpInUnknownProtos', 'IpInDelivers', 'IpReasmReqds',
                 'IpReasmOKs', 'IpExtInTruncatedPkts', 'IpExtInCsumErrors',
                 'IpExtInMcastPkts', 'IpExtInBcastPkts', 'IpOutRequests',
                 'IcmpInMsgs', 'IcmpInCsumErrors', 'IcmpInDestUnreachs',
                 'IcmpInTimeExcds', 'IcmpInParmProbs', 'IcmpInSrcQuenchs', 'IcmpInRedirects',
                 'IcmpInEchos', 'IcmpInEchoReps', 'IcmpInTimestamps', 'IcmpInTimestampReps',
                 'IcmpInAddrMasks', 'IcmpInAddrMaskReps', 'IcmpOutMsgs', 'IcmpOutErrors',
                 'IcmpOutDestUnreachs', 'IcmpOutParmProbs',
                 'UdpInDatagrams', 'UdpNoPorts', 'UdpInErrors', 'UdpInCsumErrors']


def unaccounted(c, sent):
    """Frames that a host received and neither delivered nor dropped, by its counters."""
    taken = (c['IpInDelivers'] + c['IpReasmReqds'] - c['IpReasmOKs'] + c['IpInHdrErrors'] +
             c['IpInAddrErrors'] + c['IpInUnknownProtos'] + c['IpInDiscards'] +
             c['IpExtInTruncatedPkts'])
    return {'frames': sent - c['dev:rx_packets'] - c['dev:rx_errors'] - c['dev:rx_missed'],
            'packets': c['IpInReceives'] - taken}


def by_chance(ours, theirs):
    """Whether nothing but identifiers differs: one that is not meant to be 0 is so once in 65,536 times."""
    return len(ours) == len(theirs) and all(
        o == t or (isinstance(o, dict) and isinstance(t, dict) and dict(o, id=None) == dict(t, id=None))
        for o, t in zip(ours, theirs))


def compare(count, first=0, seed=SEED, settings=SETTINGS):
    if not IP:
        raise Skip('python3-scapy is not installed')
    print('SEED=%d, %d mutations%s' % (seed, count, ', from %d on' % first if first else ''))
    generator, bad = Generator(seed), []
    with Twins(settings=settings) as (kernel, skiff):
        hardly = {}
        before = [t.counters() for t in (kernel, skiff)]
        asked = [set(), set()]
        for i in range(count):
            frames = generator.step()
            if i < first:
                continue
            for _ in range(2):
                theirs, a = answers(kernel, frames)
                ours, b = answers(skiff, frames)
                asked[0] |= a
                asked[1] |= b
                if ours == theirs or not by_chance(ours, theirs):
                    break
            if ours != theirs:
                bad.append('%d: %s\n   %s' % (i, ' '.join(f.hex() for f in frames), '\n   '.join(
                    differences(o, t) for o, t in zip(ours + [None] * 9, theirs + [None] * 9)
                    if o != t)))
            if os.environ.get('COUNTERS'):
                now = [t.counters() for t in (kernel, skiff)]
                apart = {c: now[1][c] - before[1][c] - now[0][c] + before[0][c] for c in
                         SAME_COUNTERS}
                for c in SAME_COUNTERS:
                    if apart[c] != hardly.get(c, 0):
                        print('%d: %s of skiff by %d: %s' % (i, c, apart[c] - hardly.get(c, 0),
                                                            ' '.join(f.hex() for f in frames)))
                hardly = apart
        # Each host gives up waiting for a neighbour in its own time, some three seconds, and says so.
        for _ in range(10):
            after = [t.counters() for t in (kernel, skiff)]
            k, s = [collections.Counter(settled(b, a)) for b, a in zip(before, after)]
            if all(s[c] == k[c] for c in SAME_COUNTERS):
                break
            time.sleep(0.4)
        sent = skiff.sent
        s_all = after[1]
    assert not bad, 'SEED=%d: %d of %d\n%s' % (seed, len(bad), count, '\n'.join(bad[:40]))
    left = unaccounted(s_all, sent)
    assert not any(left.values()), 'SEED=%d: unaccounted: %s of %s' % (seed, left, s_all)
    counters = ['%s: skiff %d, kernel %d' % (c, s[c], k[c]) for c in SAME_COUNTERS if s[c] != k[c]]
    assert not counters, 'SEED=%d: %s' % (seed, '; '.join(counters))
    assert asked[0] == asked[1], 'SEED=%d: asked for %s and %s' % (seed, asked[1], asked[0])


def test_mutations():
    compare(COUNT, FIRST)


def test_mutations_of_a_host_that_follows_source_routes():
    compare(COUNT // 4, FIRST, settings=dict(SETTINGS, **{'net.ipv4.conf.all.accept_source_route': 1}))


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
