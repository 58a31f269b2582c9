#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The demonstration, with a TAP device and without."""
import os
import re
import subprocess
import time
import xml.etree.ElementTree as ET

from peer import *

STEPS = 9


def demo(*args, **kwargs):
    """Runs it in a directory of its own; returns (directory, output)."""
    path = '%s/demo-%d' % (WORK, time.monotonic_ns())
    os.mkdir(path)
    start = time.monotonic()
    got, out, err = skiff('demo', '--output', path, *args, **kwargs)
    assert got == 0, out + err
    assert not err, err
    assert time.monotonic() - start < 10
    return path, out


def assert_complete(path, out, peer):
    assert len(re.findall(r'^=> ok: ', out, re.M)) == STEPS, out
    assert 'FAILED' not in out, out
    for move in ('alloc_skb', 'skb_reserve', 'skb_put', 'skb_push', 'skb_pull'):
        assert re.search(r'^%s\(\d+\): ' % move, out, re.M), out
    for line in (r'ARP who-has', r'ICMP echo request', r'ICMP echo reply', r'UDP 21 bytes',
                 r'ICMP port unreachable', r'UDP 103 bytes'):
        assert re.search(r'^ +\d+\.\d{3} ms  (sent|recv)  .*' + line, out, re.M), line + '\n' + out
    table = out[out.index('\nstep'):]
    assert len(re.findall(r'^.*\b(?:skiff|%s)\b.* \d+ +(?:\d+\.\d{3} ms|-)  ' % peer, table, re.M |
               re.I)) == STEPS, table
    assert 'capture: %s/demo.pcapng' % path in table and 'pictures: %s/demo-skb.svg' % path in table
    svg = ET.parse(path + '/demo-skb.svg').getroot()
    texts = [t.text for t in svg.iter('{http://www.w3.org/2000/svg}text')]
    assert len([t for t in texts if t and 'skb' in t]) == 7, texts
    assert_curves(path, out)
    assert_frames_are_right(path + '/demo.pcapng', 20)


def assert_curves(path, out):
    """Of the stream: in the terminal and in a picture."""
    assert re.search(r'=> ok: [\d.]+ MB each way at once, \d+ Mbit/s', out), out
    for name in ('throughput', 'RTT', 'cwnd'):
        assert re.search(r'^ +%s  [-_.~=+*#]{8,64}  at most [\d.]+ ' % name, out, re.M), out
    svg = ET.parse(path + '/demo-tcp.svg').getroot()
    lines = list(svg.iter('{http://www.w3.org/2000/svg}polyline'))
    assert len(lines) == 3 and all(len(line.get('points').split()) >= 8 for line in lines)


def test_with_the_kernel():
    path, out = demo()
    assert out.startswith('The Linux kernel (192.0.2.1) and a skiff host'), out
    assert "The system's ping command asks." in out, out
    assert_complete(path, out, 'kernel')


def test_without_a_ping_command():
    path, out = demo(env={'PATH': WORK})
    assert "the kernel's ICMP socket asks" in out, out
    assert_complete(path, out, 'kernel')


def test_without_tap():
    path, out = demo('--no-tap')
    assert out.startswith('No TAP device: as --no-tap says.'), out
    assert_complete(path, out, 'peer')


def simulated(out):
    """The lines of the step that is simulated."""
    return out[out.index('Simulated, seed '):].split('=> ')[0]


def test_the_bad_network():
    """Each packet's fate, the same ones with the same seed, and the table adds up."""
    _, first = demo('--no-tap')
    _, second = demo('--no-tap', '--seed', '1995')
    assert simulated(first) == simulated(second)
    # Which seed shows what changes with each random number that a host draws.
    runs = [simulated(demo('--no-tap', '--seed', str(seed))[1]) for seed in range(1, 13)]
    assert len(set(runs)) == len(runs)
    for fate in ('question .*: sent, lost by the wire', 'answer .*: sent, lost by the wire', ', try 2: ',
                 r'sent, duplicated, delivered after [\d.]+ and [\d.]+ ms', 'of virtual time'):
        assert re.search(fate, '\n'.join(runs)), fate
    for lines in runs:
        for side in ('questions', 'answers'):
            sent, lost, duplicated, delivered = map(int, re.search(
                r'^%s +(\d+) +(\d+) +(\d+) +(\d+)$' % side, lines, re.M).groups())
            assert sent + duplicated == lost + delivered, lines


def test_bad_seeds():
    for seed in ('', '0', '-1', '4294967296', '99999999999999999999', '1x', 'x'):
        got, out, err = skiff('demo', '--seed', seed)
        assert got == 2 and not out, out
        assert "--seed %s: 1 to 4294967295 is accepted" % seed in err, err


def test_where_no_tap_can_be_had():
    """Namespaces can be had here, the device can't: it says so and goes on without."""
    path = WORK + '/demo-no-tun'
    os.mkdir(path)
    hide = 'mount -t tmpfs none /dev/net && exec "$@"'
    out = sh('unshare', '-m', 'sh', '-c', hide, 'sh', SKIFF, 'demo', '--output', path)
    assert out.startswith('No TAP device: /dev/net/tun can\'t be had: No such file'), out
    assert_complete(path, out, 'peer')


def test_as_an_ordinary_user():
    if open('/proc/self/uid_map').read().split() != ['0', '0', '4294967295']:
        raise Skip('there is only one user in this namespace')
    binary = WORK + '/skiff-demo'
    sh('cp', SKIFF, binary)
    os.chmod(WORK, 0o711)
    path = WORK + '/demo-nobody'
    os.mkdir(path)
    os.chown(path, 65534, 65534)
    out = sh('setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', binary, 'demo',
             '--output', path)
    os.chmod(WORK, 0o700)
    assert_complete(path, out, 'kernel' if out.startswith('The Linux kernel') else 'peer')


def test_a_step_that_fails():
    """The pictures do not fit on the disk: that step is marked, and the exit status says it."""
    path = WORK + '/small'
    small_disk(path, 8192)
    try:
        got, out, err = skiff('demo', '--no-tap', '--output', path)
    finally:
        sh('umount', path)
    assert got == 1, out + err
    assert '=> FAILED: No space left on device' in out, out
    assert re.search(r'FAILED: No space left on device$', out[out.index('\nstep'):], re.M), out


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
