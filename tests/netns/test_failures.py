#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What goes wrong while a host runs: devices that go, disks that fill, signals."""
import os
import re
import resource
import signal
import socket
import subprocess
import time

from peer import *


def errors(host, what):
    return any(what in line for line in list(host.err))


def test_signals_end_a_host_well():
    for how in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        path = WORK + '/signal.pcapng'
        host = Host(pcap=path)
        with udp() as s:
            s.sendto(b'x', (HOST, ECHO))
            s.recv(10)
        report = host.stop(how)
        assert 'host box ends' in report and 'UdpInDatagrams 1' in report, report
        assert DEV not in [name for _, name in socket.if_nameindex()]
        assert_frames_are_right(path, 4)


def test_signal_under_traffic():
    host = Host(pcap=WORK + '/busy.pcapng')
    flood = subprocess.Popen(['ping', '-f', '-q', HOST], stdout=subprocess.DEVNULL)
    time.sleep(1)
    report = host.stop()
    flood.kill()
    flood.wait()
    assert counter(report, 'IcmpInEchos') > 100, report
    assert_frames_are_right(WORK + '/busy.pcapng', 200)


def remove_under_traffic(*args, **kwargs):
    host = Host(*args, **kwargs)
    flood = subprocess.Popen(['ping', '-f', '-q', HOST], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    sh('ip', 'link', 'del', DEV)
    wait_for(lambda: errors(host, 'sk0: the kernel\'s end of the TAP device is gone'))
    flood.kill()
    flood.wait()
    time.sleep(0.3)
    assert host.proc.poll() is None, 'the host ended with its device'
    report = host.stop()
    assert 'sk0 (down)' in report, report
    assert len([line for line in host.err if 'is gone' in line]) == 1, host.err
    return report


def test_device_that_disappears():
    assert counter(remove_under_traffic(), 'IcmpInEchos') > 10


def test_device_that_disappears_while_captured():
    path = WORK + '/gone.pcapng'
    remove_under_traffic(pcap=path)
    assert_frames_are_right(path, 10)


def test_device_that_disappears_costs_no_time():
    """The host sleeps afterwards."""
    host = Host()
    sh('ip', 'link', 'del', DEV)
    wait_for(lambda: errors(host, 'is gone'))
    before = sum(os.times()[2:4])
    ticks = [int(x) for x in open('/proc/%d/stat' % host.proc.pid).read().split()[13:15]]
    time.sleep(1)
    later = [int(x) for x in open('/proc/%d/stat' % host.proc.pid).read().split()[13:15]]
    assert sum(later) - sum(ticks) <= 5, (ticks, later, before)
    host.stop()


def test_full_disk_stops_the_capture_only():
    mount = WORK + '/small'
    small_disk(mount, 65536)
    try:
        host = Host(pcap=mount + '/x.pcapng')
        with udp() as s:
            for i in range(400):
                s.sendto(pattern(1000, i), (HOST, ECHO))
                assert s.recv(2048) == pattern(1000, i)
            wait_for(lambda: errors(host, 'No space left on device'))
            s.sendto(b'still there?', (HOST, ECHO))
            assert s.recv(100) == b'still there?'
        report = host.stop()
        assert 'stopped: No space left on device' in report, report
        assert len([line for line in host.err if 'No space' in line]) == 1, host.err
        # What is said of the file is what is in it.
        said = re.search(r'x.pcapng: (\d+) frames, (\d+) lost', report)
        found = tshark(mount + '/x.pcapng', '-T', 'fields', '-e', 'frame.number').split()
        assert int(said.group(1)) == len(found) > 0 and int(said.group(2)) > 700, report
    finally:
        sh('umount', mount)


def test_limit_for_files_stops_the_capture_only():
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (32768, old[1]))
    try:
        host = Host(pcap=WORK + '/limited.pcapng')
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    with udp() as s:
        for i in range(100):
            s.sendto(pattern(1000, i), (HOST, ECHO))
            assert s.recv(2048) == pattern(1000, i)
        wait_for(lambda: errors(host, 'File too large'))
        s.sendto(b'still there?', (HOST, ECHO))
        assert s.recv(100) == b'still there?'
    host.stop()


def test_reader_of_the_output_that_goes():
    """A closed pipe at the host's output does not end it."""
    host = Host()
    proc = subprocess.Popen([SKIFF, 'up', 'other', '--dev', 'tap,name=sk1'], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
    assert proc.stdout.readline() == 'host other is up\n'
    proc.stdout.close()
    proc.stderr.close()
    sh('ip', 'link', 'del', 'sk1')
    time.sleep(0.3)
    assert proc.poll() is None
    proc.terminate()
    assert proc.wait(20) == 0
    host.stop()


def test_kernel_end_goes_down_and_up():
    host = Host()
    for _ in range(3):
        sh('ip', 'link', 'set', DEV, 'down')
        sh('ip', 'link', 'set', DEV, 'up')
        with udp() as s:
            s.sendto(b'x', (HOST, ECHO))
            assert s.recv(10) == b'x'
    assert not host.err, host.err
    host.stop()


def test_garbage_on_the_wire():
    """Frames of every length and of no meaning, from the kernel's side."""
    host = Host()
    import random
    import socket
    rnd = random.Random(1996)
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.bind((DEV, 0))
    mac = bytes.fromhex(host.mac.replace(':', ''))
    for i in range(5000):
        kind = rnd.choice([b'\x08\x00', b'\x08\x06', b'\x86\xdd', b'\x81\x00', b'\x00\x20'])
        body = bytearray(rnd.randbytes(rnd.randrange(0, 200)))
        if kind == b'\x08\x00' and len(body) >= 20 and i % 2:
            body[:20] = udp_frame(KERNEL, 1, HOST, rnd.choice([7, 13, 9999]), bytes(
                len(body) - 20))[:20]
        s.send(mac + s.getsockname()[4] + kind + bytes(body))
    s.close()
    with udp() as s:
        s.sendto(b'alive', (HOST, ECHO))
        assert s.recv(10) == b'alive'
    report = host.stop()
    assert counter(report, 'IpInHdrErrors') > 100, report


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
