#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The packet device at the kernel's full rate: every frame is received or counted as missed.

How fast is told and not judged. PACKETS= is how many datagrams of the longest run.
"""
from twins import *

FLOOD = os.path.join(os.path.dirname(TOLD_HOST), 'flood')
PACKETS = int(os.environ.get('PACKETS', 1000000))


class Rate:
    """A host on k1, we on k0."""

    def __enter__(self):
        # As it comes out of the compiler for users; the other one counts the same, at a tenth.
        binary = os.path.join(os.environ.get('SKIFF_RELEASE_BUILD', ''), 'tests', 'told-host')
        sh('ip', 'link', 'add', 'k0', 'type', 'veth', 'peer', 'name', 'k1')
        with open('/proc/sys/net/ipv6/conf/k1/disable_ipv6', 'w') as f:
            f.write('1')
        sh('ip', 'link', 'set', 'k1', 'up')
        self.host = SkiffTwin(device='packet,if=k1', dev='k0',
                              binary=binary if os.path.exists(binary) else TOLD_HOST)
        self.host.sock.close()
        self.host.take_address()
        sh('ping', '-c', '1', '-W', '5', HOST)
        self.before = link_counters('k0')
        return self

    def __exit__(self, *args):
        try:
            self.host.stop()
        finally:
            subprocess.run(['ip', 'link', 'del', 'k0'], stderr=subprocess.DEVNULL)

    def settled(self):
        """The host's counters and the kernel's, when all frames on their way have come."""
        end = time.monotonic() + PATIENCE
        while True:
            host, kernel = self.host.counters(), link_counters('k0')
            there = sum(host['dev:rx_' + what]
                        for what in ('packets', 'missed', 'errors', 'dropped'))
            here = host['dev:tx_packets']
            if (there, here) == (kernel['tx_packets'], kernel['rx_packets']) and \
                    not any(unaccounted(host).values()):
                return host, kernel
            assert time.monotonic() < end, (unaccounted(host), host, kernel)


def flood(size, count, port=DISCARDING):
    return subprocess.Popen([FLOOD, HOST, str(port), str(size), str(count)], text=True,
                            stdout=subprocess.PIPE)


def ended(proc):
    said = proc.communicate(timeout=300)[0]
    assert proc.returncode == 0, said
    return said.strip()


def all_accounted(rate, count):
    """Each frame was received or counted as missed, and what was received went somewhere."""
    c, kernel = rate.settled()
    # Ours before and in between: questions for the neighbour, and their answers. What the kernel's
    # queue had no room for never got as far as the host's end.
    sent = kernel['tx_packets'] + kernel['tx_dropped'] - rate.before['tx_packets']
    assert sent >= count and not kernel['tx_errors'], (kernel, rate.before)
    return c['dev:rx_packets'], c['dev:rx_missed']


def unaccounted(c):
    taken = (c['IpInDelivers'] + c['IpInHdrErrors'] + c['IpInAddrErrors'] + c['IpInDiscards'] +
             c['IpInUnknownProtos'] + c['IpExtInTruncatedPkts'])
    udp = c['UdpInDatagrams'] + c['UdpInErrors'] + c['UdpNoPorts'] + c['IcmpInMsgs']
    return {'packets': c['IpInReceives'] - taken, 'datagrams': c['IpInDelivers'] - udp}


def one_way(size, count):
    with Rate() as rate:
        said = ended(flood(size, count))
        received, missed = all_accounted(rate, count)
        print('     %d bytes: %s; %d received, %d missed' % (size, said, received, missed))
        # It lives on.
        sh('ping', '-c', '1', '-W', '5', HOST)


def test_64_bytes():
    one_way(64, PACKETS)


def test_1500_bytes():
    one_way(1472, PACKETS // 4)


def test_both_ways():
    count = PACKETS // 4
    with Rate() as rate, udp(port=DISCARDING):
        proc = flood(64, count)
        said = rate.host.tell('udp', 'c', 5000, KERNEL, DISCARDING, 64, count)
        print('     64 bytes, both ways: %s; host %s' % (ended(proc), said[0]))
        all_accounted(rate, count)
        c, kernel = rate.settled()
        assert said[0] == 'sent %d errno 0' % count and c['UdpOutDatagrams'] == count, (c, said)
        # An interface that is too busy refuses one now and then.
        assert kernel['rx_packets'] + c['dev:tx_errors'] >= count, (c, kernel)


def test_a_ring_too_small_counts_what_it_misses():
    """Stopped, the host can't read: the ring runs over, and nothing is lost silently."""
    with Rate() as rate:
        os.kill(rate.host.proc.pid, signal.SIGSTOP)
        try:
            ended(flood(1472, 50000))
        finally:
            os.kill(rate.host.proc.pid, signal.SIGCONT)
        received, missed = all_accounted(rate, 50000)
        assert missed > 0, received


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
