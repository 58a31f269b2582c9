#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The image of a host's devices that its programs are shown: kept in step, listened to, and changed by root."""
import json
import os
import socket
import subprocess
import sys
import time

from peer import *
from test_run import PYTHON, call, command, env_of, for_users, start, wait_for_line

BOX = ('--dev', 'dummy,name=d0,mac=02:00:00:00:00:07,mtu=1400,addr=192.0.2.2/24',
       '--dev', 'dummy,name=d1', '--gateway', '192.0.2.1')

# Changes as programs make them that know nothing of rtnetlink.
CHANGE = '''
import fcntl, socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def sin(a): return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(a))
def dev(cmd, name, rest): fcntl.ioctl(s, cmd, struct.pack("16s24s", name.encode(), rest))
def address(name, a, mask):
    dev(0x8916, name, sin(a))
    dev(0x891c, name, sin(mask))
def mtu(name, n): dev(0x8922, name, struct.pack("=i", n))
def up(name, on=True): dev(0x8914, name, struct.pack("=h", 0x1043 if on else 0x1002))
def rename(name, to): dev(0x8923, name, to.encode())
def mac(name, m): dev(0x8924, name, struct.pack("=H6s", 1, bytes.fromhex(m)))
def route(dst, mask, gateway, metric=0, add=True):
    fcntl.ioctl(s, 0x890b if add else 0x890c, struct.pack("@Q16s16s16sHhQQhQQQH", 0, sin(dst), sin(gateway), sin(mask), 3, 0, 0, 0, metric, 0, 0, 0, 0))
'''


class Watcher:
    """A program that goes on while the host changes, and tells what the kernel shows it."""

    def __init__(self, uid):
        code = 'import subprocess, sys\nfor line in sys.stdin:\n' \
               '    out = subprocess.run(line.split(), capture_output=True, text=True)\n' \
               '    print((out.stdout + out.stderr).replace("\\n", " "), flush=True)'
        self.program = start('exec', 'box', '--', PYTHON, '-c', code, uid=uid,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.uid = uid

    def ask(self, *words):
        self.program.stdin.write(' '.join(words) + '\n')
        self.program.stdin.flush()
        return self.program.stdout.readline()

    def state(self):
        """Devices, addresses and routes, without what tells of the kernel."""
        return state_of(self.ask('ip', '-j', 'addr'), self.ask('ip', '-j', 'route'))

    def close(self):
        self.program.stdin.close()
        assert self.program.wait(PATIENCE) == 0


def state_of(addr, route):
    devices = {}
    for d in json.loads(addr):
        flags = {'UP', 'NO-CARRIER', 'NOARP'} & set(d['flags'])
        devices[d['ifname']] = (d['ifindex'], d['mtu'], d['address'], tuple(sorted(flags)), tuple(
            sorted((a['local'], a['prefixlen'], a.get('broadcast')) for a in d['addr_info']
                   if a['family'] == 'inet')))
    routes = {(r['dst'], r.get('gateway'), r['dev'], r.get('metric'), r.get('prefsrc')) for r in
              json.loads(route or '[]')}
    return devices, routes


def fresh_state(uid):
    out = call('exec', 'box', '--', 'sh', '-c', 'ip -j addr; echo; ip -j route', uid=uid)[1]
    addr, route = out.split('\n\n')
    return state_of(addr, route)


def change(uid, code):
    """As root of the host."""
    status, out, err = call('exec', 'box', '--map-root', '--', PYTHON, '-c', CHANGE + code, uid=uid)
    assert status == 0, (code, err)


def with_box(test):
    @for_users
    def boxed(uid):
        status, out, err = call('up', 'box', '--detach', *BOX, uid=uid)
        assert status == 0, err
        try:
            test(uid)
        finally:
            assert call('down', 'box', uid=uid)[0] == 0
    boxed.__name__ = test.__name__
    return boxed


CHANGES = (
    ('mtu("d0", 1300)', lambda d, r: d['d0'][1] == 1300),
    ('mac("d0", "02000000aa07")', lambda d, r: d['d0'][2] == '02:00:00:00:aa:07'),
    ('address("d1", "198.51.100.7", "255.255.255.240")',
     lambda d, r: d['d1'][4] == (('198.51.100.7', 28, '198.51.100.15'),) and
     ('198.51.100.0/28', None, 'd1', None, '198.51.100.7') in r),
    ('dev(0x8919 + 1, "d1", sin("198.51.100.14"))',
     lambda d, r: d['d1'][4] == (('198.51.100.7', 28, '198.51.100.14'),)),
    ('route("203.0.113.0", "255.255.255.0", "192.0.2.9", 8)',
     lambda d, r: ('203.0.113.0/24', '192.0.2.9', 'd0', 7, None) in r),
    ('route("203.0.113.0", "255.255.255.0", "192.0.2.9", 8, add=False)',
     lambda d, r: not any(x[0] == '203.0.113.0/24' for x in r)),
    ('up("d0", False)',
     lambda d, r: 'UP' not in d['d0'][3] and not any(x[2] == 'd0' for x in r) and d['d0'][4]),
    ('up("d0")\nroute("0.0.0.0", "0.0.0.0", "192.0.2.3")',
     lambda d, r: ('192.0.2.0/24', None, 'd0', None, '192.0.2.2') in r and
     ('default', '192.0.2.3', 'd0', None, None) in r),
    # A new address instead of the old one, and the routes with it.
    ('address("d0", "192.0.2.77", "255.255.255.0")',
     lambda d, r: d['d0'][4] == (('192.0.2.77', 24, '192.0.2.255'),) and
     ('192.0.2.0/24', None, 'd0', None, '192.0.2.77') in r and not any(x[0] == 'default' for x in r)),
    # Many at once.
    ('for i in range(200): route("10.%d.0.0" % i, "255.255.0.0", "192.0.2.9", 1 + i % 3)\n'
     'for i in range(0, 200, 2): route("10.%d.0.0" % i, "255.255.0.0", "192.0.2.9", 1 + i % 3, add=False)',
     lambda d, r: sum(x[0].startswith('10.') for x in r) == 100),
    ('up("d1", False)\nrename("d1", "other")\nup("other")',
     lambda d, r: 'd1' not in d and 'UP' in d['other'][3] and
     ('198.51.100.0/28', None, 'other', None, '198.51.100.7') in r),
    ('address("d0", "0.0.0.0", "0.0.0.0") if False else dev(0x8916, "d0", sin("0.0.0.0"))',
     lambda d, r: d['d0'][4] == () and not any(x[2] == 'd0' for x in r)),
)


@with_box
def test_images_follow_their_host(uid):
    watchers = [Watcher(uid), Watcher(uid)]
    assert watchers[0].state() == fresh_state(uid)
    for code, expected in CHANGES:
        change(uid, code)
        for w in watchers:
            # The host answers first, and lets the image follow then.
            wait_for(lambda: expected(*w.state()))
        assert watchers[0].state() == watchers[1].state() == fresh_state(uid), code
    for w in watchers:
        w.close()


@with_box
def test_an_image_that_has_followed_is_deaf(uid):
    """What is shown to those who listen the kernel must not answer: nothing of it is its own."""
    w = Watcher(uid)
    change(uid, 'address("d1", "198.51.100.7", "255.255.255.240")\nroute("203.0.113.0", "255.255.255.0", "192.0.2.9")')
    wait_for(lambda: '198.51.100.7' in w.ask('ip', 'addr') and '203.0.113' in w.ask('ip', 'route'))
    local = w.ask('ip', 'route', 'show', 'table', 'local', 'type', 'local')
    assert '127.0.0.1' in local and '198.51' not in local and '192.0.2' not in local, local
    w.close()


@with_box
def test_who_is_not_root_changes_nothing(uid):
    if not uid:
        return
    for code in ('mtu("d0", 1300)', 'route("10.0.0.0", "255.0.0.0", "192.0.2.9")', 'up("d0", False)'):
        status, out, err = call('exec', 'box', '--', PYTHON, '-c', CHANGE + code, uid=uid)
        assert status == 1 and 'PermissionError' in err, (code, err)


@with_box
def test_bad_changes_are_refused(uid):
    for code, error in (('mtu("none", 1300)', 'No such device'), ('mtu("d0", 5)', 'Invalid argument'),
                        ('route("10.0.0.1", "255.0.0.0", "192.0.2.9")', 'Invalid argument'),
                        ('route("10.0.0.0", "255.0.0.0", "172.16.0.1")', 'unreachable'),
                        ('fcntl.ioctl(s, 0x8922, 4096)', 'Bad address')):
        status, out, err = call('exec', 'box', '--map-root', '--', PYTHON, '-c', CHANGE + code, uid=uid)
        assert status == 1 and error in err, (code, err)


# Datagrams to nobody, which are sent and not answered, and to ourselves, which are refused.
TALK = 'import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n' \
       'for i in range(3): s.sendto(b"x" * (10 + i), ("192.0.2.9", 1234))\n' \
       'for i in range(3): s.sendto(b"x" * (20 + i), ("127.0.0.1", 1234))\n'


def listen(uid, count, *args, then=''):
    """A tcpdump that has begun to listen, and ends after some frames; then something else may be asked."""
    dump = start('exec', 'box', '--', 'sh', '-c', 'tcpdump -n -U -l -c %d %s; %s' % (count, ' '.join(args), then),
                 uid=uid, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert wait_for_line(dump.stderr, 'listening on')
    return dump


def heard(dump):
    return dump.communicate(timeout=PATIENCE)[0].splitlines()


@with_box
def test_what_is_sent_is_shown_as_sent(uid):
    tool('tcpdump')
    sent = listen(uid, 3, '-i', 'd0', '-Q', 'out', 'udp', then='cat /proc/net/dev')
    received = listen(uid, 1, '-i', 'd0', '-Q', 'in')
    assert call('exec', 'box', '--', PYTHON, '-c', TALK, uid=uid)[0] == 0
    lines = heard(sent)
    assert [x.split('length ')[1] for x in lines[:3]] == ['10', '11', '12'], lines
    # They are counted where they belong: bytes and packets of both directions.
    counters, = [x.split()[1:] for x in lines if x.strip().startswith('d0:')]
    assert counters[1] == '0' and int(counters[9]) == 3, counters
    assert received.poll() is None
    call('exec', 'box', 'pkill', '-x', 'tcpdump', uid=uid)
    late = ''.join(heard(received))
    assert not late.strip(), late


@with_box
def test_all_devices_can_be_listened_to_at_once(uid):
    tool('tcpdump')
    dump = listen(uid, 6, '-i', 'any', 'udp', 'dst', 'port', '1234')
    assert call('exec', 'box', '--', PYTHON, '-c', TALK, uid=uid)[0] == 0
    lines = heard(dump)
    assert [x.split('length ')[1] for x in lines if ' d0 ' in x] == ['10', '11', '12'], lines
    assert [x.split('length ')[1] for x in lines if ' lo ' in x][:1] == ['20'], lines
    assert all(' Out ' in x for x in lines if ' d0 ' in x), lines


def test_packets_without_ethernet_are_shown():
    """A TUN device of the kernel's, with the kernel at its other end."""
    tool('tcpdump')
    status, out, err = call('up', 'box', '--detach', '--dev', 'tun,name=sktun,addr=192.0.2.2/24')
    if status:
        raise Skip(err)
    try:
        sh('ip', 'addr', 'add', '192.0.2.1/24', 'dev', 'sktun')
        sh('ip', 'link', 'set', 'sktun', 'up')
        # A reply, and before it the question: 84 bytes each, and neither by mistake twice.
        dump = start('exec', 'box', '--', 'tcpdump', '-n', '-U', '-l', '-c', '4', '-i', 'sktun', 'icmp',
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert wait_for_line(dump.stderr, 'listening on')
        sh('ping', '-c', '2', '-i', '0.2', '192.0.2.2')
        lines = heard(dump)
        assert ['echo ' + x.split('echo ')[1].split(',')[0] for x in lines] == \
            ['echo request', 'echo reply'] * 2, lines
    finally:
        assert call('down', 'box')[0] == 0


@for_users
def test_without_tun_there_is_loopback(uid):
    script = 'mount -t tmpfs none /dev/net && exec "$@"'
    cmd = ['unshare', '-m', 'sh', '-c', script, 'sh'] + command('run', '--', 'sh', '-c', 'ip -o addr', uid=uid)
    p = subprocess.run(cmd, env=env_of(uid), text=True, capture_output=True, timeout=PATIENCE)
    assert p.returncode == 0 and 'there is no /dev/net/tun' in p.stderr, p
    assert '127.0.0.1/8' in p.stdout and 'eth0' not in p.stdout, p


# Both ends of a connection over a cable, of which the other is the gateway.
BULK = 'import socket\ns = socket.create_connection(("10.0.2.2", %d))\ns.sendall(bytes(1000000))\n' \
       's.shutdown(socket.SHUT_WR)\nassert s.recv(10) == b""\n'


@for_users
def test_large_frames_are_shown_whole_and_in_order(uid):
    tool('tcpdump')
    listener = socket.create_server(('127.0.0.1', 0))
    port = listener.getsockname()[1]
    status, out, err = call('up', 'box', '--detach', '--mtu', '1500', '--allow', '127.0.0.1:%d' % port, uid=uid)
    assert status == 0, err
    try:
        dump = start('exec', 'box', '--', 'tcpdump', '-n', '-i', 'any', '--print', '-U', '-w', '/dev/null', '-tt', '-l',
                     '-B', '20000', 'tcp port %d' % port, uid=uid, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert wait_for_line(dump.stderr, 'listening on')
        client = start('exec', 'box', '--', PYTHON, '-c', BULK % port, uid=uid)
        c, _ = listener.accept()
        while c.recv(1000000):
            pass
        c.close()
        assert client.wait(PATIENCE) == 0
        time.sleep(0.2)
        call('exec', 'box', 'pkill', '-x', 'tcpdump', uid=uid)
        lines = heard(dump)
    finally:
        listener.close()
        assert call('down', 'box', uid=uid)[0] == 0
    times = [float(x.split()[0]) for x in lines]
    assert times == sorted(times)
    sizes = [int(x.split('length ')[1]) for x in lines if '> 10.0.2.2.' in x]
    assert sum(sizes) >= 1000000 and max(sizes) > 1500, (sum(sizes), max(sizes))
    assert all(x.split()[1:3] == ['eth0', 'Out' if '> 10.0.2.2.' in x else 'In'] for x in lines), lines
    # First what opens the connection, then the answer to it.
    assert 'Flags [S]' in lines[0] and 'Flags [S.]' in lines[1] and 'Flags [.]' in lines[2], lines[:3]


@with_box
def test_who_talks_to_a_link_gets_the_hosts_socket(uid):
    """A packet socket that seemed to be there to listen, and asks for one protocol, or sends."""
    code = 'import socket, sys\ns = socket.socket(socket.AF_PACKET, %s, 0)\n' \
           's.bind(("lo", 0x88b5))\n%s\nprint(s.recv(100)[-5:])'
    raw = call('exec', 'box', '--', PYTHON, '-c', code % (
        'socket.SOCK_RAW', 's.send(bytes(12) + b"\\x88\\xb5hello")'), uid=uid)
    assert raw[1] == "b'hello'\n", raw
    cooked = call('exec', 'box', '--', PYTHON, '-c', code % (
        'socket.SOCK_DGRAM', 's.sendto(b"hello", ("lo", 0x88b5, 0, 0, bytes(6)))'), uid=uid)
    assert cooked[1] == "b'hello'\n", cooked


DRIVER = '''
import fcntl, socket, struct, ctypes
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def ask(name, data):
    b = ctypes.create_string_buffer(data + b"guard", 4096)
    fcntl.ioctl(s, 0x8946, struct.pack("16sQ16x", name.encode(), ctypes.addressof(b)))
    return b.raw
text = lambda b: b.split(b"\\0")[0].decode()
info = ask("d0", struct.pack("I192x", 3))
print(text(info[4:]), text(info[196:]))
n, = struct.unpack_from("I", ask("d0", struct.pack("IIQI", 0x37, 0, 1 << 4, 0)), 16)
names = ask("d0", struct.pack("III", 0x1b, 4, 0))
print(n > 20, text(names[12:]), text(names[12 + 32 * n:]))
words = ask("d0", struct.pack("II32x", 0x3a, 2))
print(struct.unpack_from("I", words, 4)[0], text(words[40:]))
for cmd in (0x1, 0x2, 0x3b, 0x12345):
    try:
        ask("d0", struct.pack("I60x", cmd))
    except OSError as e:
        print(e.errno)
try:
    ask("none", struct.pack("I60x", 3))
except OSError as e:
    print(e.errno)
'''


@with_box
def test_drivers_answer_ethtool(uid):
    status, out, err = call('exec', 'box', '--', PYTHON, '-c', DRIVER, uid=uid)
    lines = out.splitlines()
    assert status == 0 and lines[0] == 'dummy guard', (out, err)
    # Nothing is written behind what the program has room for.
    assert lines[1].startswith('True tx-scatter-gather '), lines
    assert lines[2].endswith(' guard'), lines
    assert lines[3:] == ['95', '95', '95', '95', '19'], lines


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
