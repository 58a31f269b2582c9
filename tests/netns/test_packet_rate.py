#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The packet device at the kernel's full rate: every frame is received or counted as missed.

How fast is told and not judged. PACKETS= is how many datagrams of the longest run.
"""
import json

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
        self.before = self.kernel()
        return self

    def __exit__(self, *args):
        try:
            self.host.stop()
        finally:
            subprocess.run(['ip', 'link', 'del', 'k0'], stderr=subprocess.DEVNULL)

    @staticmethod
    def kernel():
        """What passed our end, as the kernel counts it."""
        stats = json.loads(sh('ip', '-s', '-j', 'link', 'show', 'k0'))[0]['stats64']
        return {'%s_%s' % (way, name): value for way in ('rx', 'tx')
                for name, value in stats[way].items()}

    def settled(self):
        """The host's counters, when no more frames come."""
        last = None
        while True:
            now = self.host.counters()
            if last == now:
                return now
            last = now
            time.sleep(0.1)


def flood(size, count, port=DISCARDING):
    return subprocess.Popen([FLOOD, HOST, str(port), str(size), str(count)], text=True,
                            stdout=subprocess.PIPE)


def ended(proc):
    said = proc.communicate(timeout=300)[0]
    assert proc.returncode == 0, said
    return said.strip()


def all_accounted(rate, count):
    c, kernel = rate.settled(), rate.kernel()
    assert not kernel['tx_errors'] and not kernel['tx_dropped'], kernel
    received, missed = c['dev:rx_packets'], c['dev:rx_missed']
    # Ours before and in between: questions for the neighbour, and their answers.
    assert received + missed + c['dev:rx_errors'] == kernel['tx_packets'], (c, kernel)
    assert kernel['tx_packets'] - rate.before['tx_packets'] >= count, (kernel, rate.before)
    # And what was received went somewhere.
    assert not any(unaccounted(c).values()), (unaccounted(c), c)
    return received, missed


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
        c, kernel = rate.settled(), rate.kernel()
        # What the host's device sent is what the kernel received.
        assert c['dev:tx_packets'] == kernel['rx_packets'], (c, kernel)
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
