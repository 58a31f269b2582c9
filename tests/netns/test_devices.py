#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Devices at a stream socket: hosts joined by descriptors, paths and cables, and passt at the other end."""
import contextlib
import hashlib
import http.server
import re

from peer import *
from test_run import (LAUNCH, NO_HOST, PYTHON, RUNTIME, TAKEN, assert_quiet, call, for_users, hosts_of_run,
                      start)

BAD_DEVICE = 3
MB = 1 << 20

# Takes everything from one connection, and says what it was.
SERVE = '''
import hashlib, socket
s = socket.create_server(('0.0.0.0', 8000))
print('up', flush=True)
c, _ = s.accept()
h = hashlib.sha256()
while d := c.recv(65536):
    h.update(d)
c.sendall(h.hexdigest().encode())
c.close()
'''

# Sends so many bytes to an address, which may not be there yet; says whether they have arrived.
SEND = '''
import hashlib, os, socket, sys, time
for _ in range(100):
    try:
        s = socket.create_connection((sys.argv[1], 8000), 60)
        break
    except OSError:
        time.sleep(0.1)
h = hashlib.sha256()
for _ in range(int(sys.argv[2])):
    d = os.urandom(1 << 20)
    h.update(d)
    s.sendall(d)
s.shutdown(socket.SHUT_WR)
print(s.makefile().read() == h.hexdigest())
'''

SEND_FOR_EVER = '''
import socket, sys
s = socket.create_connection((sys.argv[1], 8000), 60)
for _ in range(50):
    s.sendall(bytes(100000))
print('under way', flush=True)
while True:
    s.sendall(bytes(100000))
'''


def transfer(uid, server, client, address, megabytes=20):
    """From a program on the host @client to one on the host @server."""
    p = start('exec', server, '--', PYTHON, '-c', SERVE, uid=uid, stdout=subprocess.PIPE)
    assert p.stdout.readline() == 'up\n'
    status, out, err = call('exec', client, '--', PYTHON, '-c', SEND, address, str(megabytes), uid=uid)
    assert (status, out) == (0, 'True\n'), (status, out, err)
    assert p.wait(PATIENCE) == 0


def up(uid, name, *devs, **kwargs):
    args = [arg for dev in devs for arg in ('--dev', dev)]
    status, _, err = call('up', name, '--detach', *(args or ['--no-gateway']), uid=uid, **kwargs)
    assert status == 0, err


def down(uid, *names):
    for name in names:
        status, _, err = call('down', name, uid=uid)
        assert status == 0, err


def devices(uid, name):
    """What `list` tells of the host's devices but loopback: addresses by name."""
    host, = [h for h in json.loads(call('list', '-j', uid=uid)[1]) if h['name'] == name]
    return {d['name']: d['addresses'] for d in host['devices'] if d['name'] != 'lo'}


def hear_of_the_end(uid, times):
    """The hosts at a pair say that the other end has gone, and nothing else; the last one may not."""
    path = RUNTIME[uid] + '/log'
    wait_for(lambda: not hosts_of_run())
    if os.path.exists(path):
        said = open(path).read().splitlines()
        assert len(said) <= times and all('fd0: the other end of the connection is gone' in s for s in said), said
        os.unlink(path)


def kill(uid, name):
    host, = [h for h in json.loads(call('list', '-j', uid=uid)[1]) if h['name'] == name]
    os.kill(host['pid'], signal.SIGKILL)


@for_users
def test_two_hosts_at_a_pair(uid):
    for option in '', ',vnet_hdr=on', ',mtu=9000', ',delay=1ms':
        ends = socket.socketpair()
        serve, send = [['run', '--dev', 'fd=%d,addr=192.0.2.%d/24%s' % (e.fileno(), i + 1, option), '--', PYTHON,
                        '-c'] for i, e in enumerate(ends)]
        p = start(*serve, SERVE, uid=uid, stdout=subprocess.PIPE, pass_fds=[ends[0].fileno()])
        assert p.stdout.readline() == 'up\n'
        status, out, err = call(*send, SEND, '192.0.2.1', '5', uid=uid, pass_fds=[ends[1].fileno()])
        assert (status, out) == (0, 'True\n'), (status, out, err)
        assert p.wait(PATIENCE) == 0
        for end in ends:
            end.close()
        hear_of_the_end(uid, 2)


@for_users
def test_the_descriptor_is_the_hosts_alone(uid):
    ours, theirs = socket.socketpair()
    p = start('run', '--dev', 'fd=%d,addr=192.0.2.1/24' % theirs.fileno(), '--', PYTHON, '-c',
              'import os, time\nprint(os.listdir("/proc/self/fd"), flush=True)\ntime.sleep(1000)', uid=uid,
              stdout=subprocess.PIPE, pass_fds=[theirs.fileno()])
    assert "'%d'" % theirs.fileno() not in p.stdout.readline()
    theirs.close()
    p.kill()
    p.wait()
    # The host goes, and with it the other end.
    ours.settimeout(PATIENCE)
    while ours.recv(65536):
        pass
    ours.close()


@for_users
def test_a_host_in_the_background_has_its_descriptor(uid):
    ends = socket.socketpair()
    for name, end in zip('ab', ends):
        up(uid, name, 'fd=%d,addr=192.0.2.%d/24' % (end.fileno(), 'ab'.index(name) + 1),
           pass_fds=[end.fileno()])
        end.close()
    transfer(uid, 'a', 'b', '192.0.2.1')
    down(uid, 'a')
    # What is left says so, and stays.
    wait_for(lambda: os.path.exists(RUNTIME[uid] + '/log'))
    hear_of_the_end(uid, 1)
    assert devices(uid, 'b') == {'fd0': ['192.0.2.2/24']}
    down(uid, 'b')


@for_users
def test_clients_and_a_server_at_a_path(uid):
    path = RUNTIME[uid] + '/cable'
    server, client = 'socket=%s,server,addr=192.0.2.1/24' % path, 'socket=%s,addr=192.0.2.2/24' % path
    up(uid, 'server', server)
    assert stat_mode(path) == 0o600
    up(uid, 'client', client)
    transfer(uid, 'server', 'client', '192.0.2.1')
    # The next one has its turn.
    up(uid, 'next', client)
    down(uid, 'client')
    transfer(uid, 'next', 'server', '192.0.2.2')
    # A server that is killed leaves its path, and the client comes again to the one that takes it over.
    kill(uid, 'server')
    wait_for(lambda: 'server' not in call('list', uid=uid)[1])
    assert os.path.exists(path)
    up(uid, 'server', server)
    transfer(uid, 'server', 'next', '192.0.2.1')
    # Somebody is there already.
    status, _, err = call('up', 'other', '--dev', server, uid=uid)
    assert status == TAKEN and 'somebody listens there' in err, (status, err)
    down(uid, 'server')
    assert not os.path.exists(path)
    down(uid, 'next')


def stat_mode(path):
    return os.stat(path).st_mode & 0o777


@for_users
def test_what_is_no_connection_is_refused(uid):
    path = RUNTIME[uid] + '/nobody'
    datagrams = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    fd = datagrams[0].fileno()
    for dev, why in (('fd=%d' % fd, 'fd=%d: not a stream socket' % fd), ('fd=900', 'fd=900: not open'),
                     ('fd=x', 'fd=x: the number of an open descriptor'), ('fd=0', 'fd=0: not a socket'),
                     ('socket=' + path, 'nobody listens there'),
                     ('socket=/dev/null,server', 'not a socket'), ('socket=/proc/x,server', 'No such file'),
                     ('socket=' + 'x' * 108, 'up to 107 characters'),
                     ('socket=%s,server,reconnect=1' % path, 'is for clients'),
                     ('socket=%s,reconnect=-1' % path, '0 to 3600 seconds'),
                     ('fd=%d,server' % fd, 'no such option')):
        for command in (['up', 'box', '--detach'], ['run']):
            status, _, err = call(*command, '--dev', dev, *(['true'] if command == ['run'] else []), uid=uid,
                                  pass_fds=[fd])
            assert status == LAUNCH if command == ['run'] else status in (BAD_DEVICE, TAKEN), (dev, status, err)
            assert why in err, (dev, err)
    assert not os.path.exists(path)


@for_users
def test_cables_between_hosts(uid):
    up(uid, 'a')
    up(uid, 'b', 'veth,peer=a,addr=192.0.2.2/24,peer-addr=192.0.2.1/24,peer-name=left,name=right')
    assert devices(uid, 'a') == {'left': ['192.0.2.1/24']} and devices(uid, 'b') == {'right': ['192.0.2.2/24']}
    transfer(uid, 'a', 'b', '192.0.2.1', 100)
    transfer(uid, 'b', 'a', '192.0.2.2', 100)
    # Another one, and a host on it that is a program's own.
    status, out, err = call('run', '--dev', 'veth,peer=a,addr=198.51.100.2/24,peer-addr=198.51.100.1/24,peer-mtu=1400',
                            '--', 'ping', '-c', '1', '198.51.100.1', uid=uid)
    assert status == 0, (out, err)
    # The end of a host is that of its cables, whoever ends first.
    wait_for(lambda: list(devices(uid, 'a')) == ['left'])
    down(uid, 'b')
    wait_for(lambda: not devices(uid, 'a'))
    up(uid, 'b', 'veth,peer=a', 'veth,peer=a')
    assert list(devices(uid, 'a')) == list(devices(uid, 'b')) == ['veth0', 'veth1']
    down(uid, 'a')
    wait_for(lambda: not devices(uid, 'b'))
    down(uid, 'b')


@for_users
def test_a_killed_hosts_cables_are_gone(uid):
    for killed, left in ('a', 'b'), ('b', 'a'):
        up(uid, 'a')
        up(uid, 'b', 'veth,peer=a,addr=192.0.2.2/24,peer-addr=192.0.2.1/24')
        server = start('exec', left, '--', PYTHON, '-c', SERVE, uid=uid, stdout=subprocess.PIPE)
        assert server.stdout.readline() == 'up\n'
        address = '192.0.2.%d' % ('ab'.index(left) + 1)
        client = start('exec', killed, '--', PYTHON, '-c', SEND_FOR_EVER, address, uid=uid,
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert client.stdout.readline() == 'under way\n'
        kill(uid, killed)
        wait_for(lambda: not devices(uid, left))
        client.wait(PATIENCE)
        server.kill()
        server.wait()
        down(uid, left)


@for_users
def test_cables_that_can_not_be(uid):
    up(uid, 'a', 'dummy,name=d0')
    for dev, expected, why in (('veth', BAD_DEVICE, 'peer= is missing'),
                               ('veth,peer=nobody', NO_HOST, "no host 'nobody' is running"),
                               ('veth,peer=a,peer-name=d0', BAD_DEVICE, "host 'a': name=d0: taken"),
                               ('veth,peer=a,peer-addr=1.2.3', BAD_DEVICE, "host 'a': address '1.2.3'"),
                               ('veth,peer=a,peer-colour=red', BAD_DEVICE, "host 'a': colour: veth devices"),
                               ('veth,peer=a,peer-mtu=' + '0' * 250, BAD_DEVICE, 'too much about the other end'),
                               ('veth,peer=a,colour=red', BAD_DEVICE, 'colour: veth devices have no such option'),
                               ('veth,peer=b', NO_HOST, "no host 'b' is running")):
        status, _, err = call('up', 'b', '--detach', '--dev', dev, uid=uid)
        assert status == expected and why in err, (dev, status, err)
    # Nothing of it is left at the other host.
    wait_for(lambda: list(devices(uid, 'a')) == ['d0'])
    down(uid, 'a')


def test_a_cable_carries_iperf3():
    tool('iperf3')
    up(0, 'a')
    up(0, 'b', 'veth,peer=a,addr=192.0.2.2/24,peer-addr=192.0.2.1/24')
    server = start('exec', 'a', '--', 'iperf3', '-s', '-1', '--forceflush', stdout=subprocess.PIPE)
    wait_for(lambda: server.stdout.readline().startswith('Server listening'))
    status, out, err = call('exec', 'b', '--', 'iperf3', '-J', '-n', '200M', '-c', '192.0.2.1')
    assert status == 0, (out, err)
    assert json.loads(out)['end']['sum_received']['bytes'] > 100 * MB
    server.stdout.read()
    assert server.wait(PATIENCE) == 0
    down(0, 'a', 'b')
    assert_quiet(0)


class Files(http.server.BaseHTTPRequestHandler):
    """Answers with what the server has."""

    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Length', str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *args):
        pass


def ends_by_itself():
    """
    Where passt had to repeat data, that of 2023 acknowledges a FIN by a segment from before its own one, which is
    none (RFC 9293, 3.10.7.4): the host repeats the FIN for as long as Linux does, and is ended here.
    """
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if not hosts_of_run():
            return True
        time.sleep(0.01)
    for host in hosts_of_run():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(host, signal.SIGTERM)
    return False


def fetch_by_passt(path, mtu, server):
    """Return: whether the host has ended by itself."""
    passt = subprocess.Popen(['passt', '-f', '-s', path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: os.path.exists(path) or passt.poll() is not None)
        if passt.poll() is not None:
            raise Skip('passt does not run here')
        # Its address for the guest is that of the system, and the router's leads to the system's loopback.
        status, out, err = call('run', '--dev', 'socket=%s,addr=198.51.100.2/24,mtu=%d' % (path, mtu), '--gateway',
                                '198.51.100.1', '--', 'sh', '-c',
                                'curl -sf http://198.51.100.1:%d/ | sha256sum' % server.server_port)
        assert status == 0, err
        assert out.split()[0] == hashlib.sha256(server.content).hexdigest(), out
        ended = ends_by_itself()
    finally:
        passt.kill()
        passt.wait()
    assert_quiet(0)
    return ended


def test_passt_is_the_other_end():
    """A program reaches a server on the system by passt, which knows nothing of us."""
    tool('passt')
    tool('curl')
    directory = own_folder('skiff-passt-')
    os.chmod(directory, 0o777)
    for command in ('link add outside type veth peer name nowhere', 'addr add 198.51.100.2/24 dev outside',
                    'link set outside up', 'link set nowhere up', 'route add default via 198.51.100.1'):
        subprocess.run(['ip'] + command.split(), check=True)
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Files)
    server.content = os.urandom(30 * MB)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for mtu in 1500, 65520:
            assert any(fetch_by_passt('%s/%d-%d' % (directory, mtu, i), mtu, server) for i in range(5))
    finally:
        server.shutdown()
        subprocess.run(['ip', 'link', 'del', 'outside'], check=True)


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_') and (not sys.argv[1:] or k in sys.argv[1:])])
