#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The command as who is new to it meets it: captures of programs, what is left behind, and what it says."""
import json
import os
import pty
import shutil
import signal
import socket
import struct
import subprocess
import sys

from peer import *
from test_run import (LAUNCH, PYTHON, RUNTIME, call, children, command, env_of, for_users, hosts_of_run, read_until,
                      start)

PACKET, STATISTICS = 6, 5

# So many datagrams to nobody, each with its number.
SEND = 'import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n' \
       'for i in range(20): s.sendto(b"number %d." % i, ("192.0.2.1", 99))\n'


def blocks(path):
    """(type, content) of what a capture consists of; there is nothing but complete blocks."""
    data, at, found = open(path, 'rb').read(), 0, []
    while at < len(data):
        kind, size = struct.unpack_from('=II', data, at)
        assert size >= 12 and data[at + size - 4:at + size] == struct.pack('=I', size), (path, at)
        found.append((kind, data[at + 8:at + size - 4]))
        at += size
    return found


def assert_has_sent(path):
    sent = b''.join(content for kind, content in blocks(path) if kind == PACKET)
    assert all(b'number %d.' % i in sent for i in range(20)), (path, len(sent))


def capture_of(uid):
    path = RUNTIME[uid] + '/capture'
    if os.path.exists(path):
        os.unlink(path)
    return path


def test_root_pings_by_the_gateway():
    """Also where the system's ping sockets are for nobody (net.ipv4.ping_group_range), as in a new namespace."""
    tool('ping')
    sh('ip', 'addr', 'add', '198.51.100.9/32', 'dev', 'lo')
    status, out, err = call('run', '--', 'ping', '-c', '1', '-W', '5', '198.51.100.9', uid=os.getuid())
    sh('ip', 'addr', 'del', '198.51.100.9/32', 'dev', 'lo')
    assert status == 0 and ' 0% packet loss' in out, (status, out, err)


@for_users
def test_a_capture_is_complete_when_the_command_has_ended(uid):
    path = capture_of(uid)
    for _ in range(3):
        assert call('run', '--pcap', path, '--', PYTHON, '-c', SEND, uid=uid) == (0, '', '')
        found = open(path, 'rb').read()
        assert_has_sent(path)
        assert blocks(path)[-1][0] == STATISTICS
    wait_for(lambda: not hosts_of_run())
    assert open(path, 'rb').read() == found


@for_users
def test_a_connections_end_is_in_the_capture(uid):
    path = capture_of(uid)
    listener = socket.create_server(('127.0.0.1', 0))
    threading.Thread(target=lambda: listener.accept()[0].close()).start()
    code = 'import socket, sys\nsocket.create_connection(("10.0.2.2", int(sys.argv[1]))).recv(1)'
    assert call('run', '--allow', 'any', '-w', path, PYTHON, '-c', code, str(listener.getsockname()[1]), uid=uid)[0] == 0
    flags = [content[20 + 14 + 20 + 13] for kind, content in blocks(path)
             if kind == PACKET and content[20 + 12:20 + 14] == b'\x08\0']
    # From both sides.
    assert sum(f & 1 for f in flags) == 2, flags
    listener.close()


@for_users
def test_a_capture_goes_on_with_what_the_program_leaves(uid):
    path = capture_of(uid)
    later = RUNTIME[uid] + '/later'
    os.mkfifo(later)
    os.chmod(later, 0o666)
    code = SEND + 'import os\nif not os.fork():\n    for fd in 1, 2: os.close(fd)\n    open(%r).read()\n' \
                  '    s.sendto(b"later", ("192.0.2.1", 99))' % later
    assert call('run', '--pcap', path, '--', PYTHON, '-c', code, uid=uid)[0] == 0
    assert_has_sent(path)
    assert b'later' not in open(path, 'rb').read() and len(hosts_of_run()) == 1
    host, = hosts_of_run()
    wait_for(lambda: sleeps(host))
    open(later, 'w').close()
    wait_for(lambda: not hosts_of_run())
    assert_has_sent(path)
    assert b'later' in open(path, 'rb').read() and blocks(path)[-1][0] == STATISTICS
    os.unlink(later)


@for_users
def test_connections_that_linger_hold_no_capture_up(uid):
    path = capture_of(uid)
    listener = socket.create_server(('127.0.0.1', 0))
    code = SEND + 'import sys\nc = socket.create_connection(("10.0.2.2", int(sys.argv[1])))\nc.sendall(bytes(3000000))'
    for _ in range(2):
        # Nobody reads what the first one has sent when the second one writes the same file.
        assert call('run', '--allow', 'any', '-w', path, PYTHON, '-c', code, str(listener.getsockname()[1]),
                    uid=uid) == (0, '', '')
        assert_has_sent(path)
        assert blocks(path)[-1][0] == STATISTICS
    assert len(hosts_of_run()) == 2
    for _ in range(2):
        c, _ = listener.accept()
        got = 0
        while d := c.recv(1000000):
            got += len(d)
        # All of it arrives all the same.
        assert got == 3000000, got
        c.close()
    listener.close()
    wait_for(lambda: not hosts_of_run())


@for_users
def test_statuses_come_through_with_a_capture(uid):
    path = capture_of(uid)
    run = lambda *args: call('run', '-w', path, '--', *args, uid=uid)
    for status in (0, 1, 125, 255):
        assert run('sh', '-c', 'exit %d' % status)[0] == status
    for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGUSR1):
        status = run('sh', '-c', 'ulimit -c 0; kill -%d $$' % how)[0]
        assert status in (-how, 128 + how), status
    status, out, err = run('/no/such/program')
    assert status == 127 and '/no/such/program' in err, (status, err)
    status, out, err = call('run', '-w', '/no/such/folder/f', 'true', uid=uid)
    assert status == LAUNCH and '/no/such/folder/f' in err, (status, err)
    # What who starts it ignores and blocks is what the program ignores and blocks.
    show = [PYTHON, '-c', 'import signal as s\nprint([s.getsignal(n) for n in (1, 17)], s.pthread_sigmask(0, []))']
    wrapped = 'import os, signal as s, sys\nfor n in (1, 17): s.signal(n, s.SIG_IGN)\n' \
              's.pthread_sigmask(s.SIG_BLOCK, [10])\nos.execv(sys.argv[1], sys.argv[1:])'
    out = [subprocess.run([PYTHON, '-c', wrapped] + cmd, env=env_of(uid), capture_output=True, text=True).stdout
           for cmd in (show, ['/usr/bin/env', *command('run', '-w', path, *show, uid=uid)])]
    assert out[0] and out[0] == out[1], out


@for_users
def test_signals_pass_the_process_in_front(uid):
    path = capture_of(uid)
    code = 'import os, signal, time\nfor s in (1, 2, 3, 10, 15, 18, 20):\n' \
           '  signal.signal(s, lambda s, f: print(s, flush=True))\n' \
           'print(os.getpid(), flush=True)\nwhile True: time.sleep(1)'
    p = start('run', '-w', path, PYTHON, '-c', code, uid=uid, stdout=subprocess.PIPE)
    program = int(p.stdout.readline())
    assert program != p.pid
    for how in (1, 2, 3, 10, 15, 20, 18):
        p.send_signal(how)
        assert p.stdout.readline() == '%d\n' % how
    # A program that stops is a job that stops.
    os.kill(program, signal.SIGSTOP)
    assert os.WIFSTOPPED(os.waitpid(p.pid, os.WUNTRACED)[1])
    p.send_signal(signal.SIGCONT)
    assert p.stdout.readline() == '18\n'
    # It does not stay without the process that its user knows.
    p.kill()
    assert p.stdout.readline() == ''
    p.wait()
    wait_for(lambda: not hosts_of_run())
    assert blocks(path)[-1][0] == STATISTICS


@for_users
def test_a_terminal_works_with_a_capture(uid):
    path = capture_of(uid)
    code = 'import signal, sys\nsignal.signal(2, lambda s, f: print("caught", flush=True))\nprint("begin", flush=True)\n' \
           'print("end of " + sys.stdin.readline())'
    pid, fd = pty.fork()
    if not pid:
        os.execvpe(command(uid=uid)[0], command('run', '-w', path, '--', PYTHON, '-c', code, uid=uid), env_of(uid))
    read_until(fd, b'begin')
    # Once, and by the program alone.
    os.write(fd, b'\x03')
    read_until(fd, b'caught')
    os.write(fd, b'xyz\n')
    text = read_until(fd, b'end of xyz')
    assert b'caught' not in text, text
    os.waitpid(pid, 0)
    os.close(fd)


@for_users
def test_what_a_program_closes_is_closed_with_a_capture(uid):
    code = 'import os, sys\nos.close(1)\nos.close(int(sys.argv[1]))\nsys.stdin.readline()'
    r, w = os.pipe()
    p = start('run', '-w', capture_of(uid), PYTHON, '-c', code, str(w), uid=uid, stdin=subprocess.PIPE,
              stdout=subprocess.PIPE, pass_fds=[w])
    os.close(w)
    assert p.stdout.read() == '' and os.read(r, 1) == b''
    p.communicate('\n')
    assert p.returncode == 0
    os.close(r)


# A program that goes, and one that it leaves.
LEAVE = 'import os, sys\nif os.fork(): os._exit(0)\nos.execlp("sleep", "sleep", "1000")'


def box_list(uid):
    return json.loads(call('list', '-j', uid=uid)[1])[0]['programs']


@for_users
def test_who_is_left_on_a_host_is_told(uid):
    assert call('up', 'box', '--detach', uid=uid)[0] == 0
    quiet = dict(uid=uid, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stays = start('exec', 'box', 'sleep', '1000', **quiet)
    try:
        wait_for(lambda: box_list(uid))
        assert start('exec', 'box', '--', PYTHON, '-c', LEAVE, **quiet).wait(PATIENCE) == 0
        other, left = box_list(uid)
        # Not who started it, which has gone.
        wait_for(lambda: open('/proc/%d/comm' % left['pid']).read() == 'sleep\n')
        assert other['pid'] == stays.pid and left['pid'] != stays.pid, (left, other)
    finally:
        status, out, err = call('down', 'box', uid=uid)
        stays.kill()
        stays.wait()
    os.kill(left['pid'], signal.SIGTERM)
    assert (status, out) == (0, ''), (status, out)
    assert err == "skiff: host 'box' had 2 programs, which go on without a network: %d sleep, %d python3\n" % (
        stays.pid, left['pid']), err
    # Nothing is said where nobody is left.
    assert call('up', 'box', '--detach', uid=uid)[0] == 0
    assert call('exec', 'box', 'true', uid=uid)[0] == 0
    wait_for(lambda: not box_list(uid))
    assert call('down', 'box', uid=uid) == (0, '', '')


@for_users
def test_a_conflict_names_both(uid):
    for args, *says in (
            (('-p', '8080:80', '-p', '8080:81'), "'8080:81'", "'8080:80'", 'both name port 8080 of the system'),
            (('-p', '8080', '-p', '127.0.0.1:8080:9'), "'127.0.0.1:8080:9'", "'8080'", 'both name port 8080'),
            (('-p', '127.0.0.1:53/udp', '-p', '53/udp'), "'53/udp'", "'127.0.0.1:53/udp'", 'both name port 53'),
            (('--addr', '10.0.2.2/24'), "--addr '10.0.2.2/24'", "the gateway's", '--gateway'),
            (('--gateway', '10.0.2.15'), "--gateway '10.0.2.15'", "--addr '10.0.2.15/24'"),
            (('--addr', '10.1.0.1/8', '--gateway', '10.1.0.1'), "--gateway '10.1.0.1'", "--addr '10.1.0.1/8'"),
            (('--addr', '10.0.2.3/24'), "--addr '10.0.2.3/24'", "the name server's"),
            (('--allow', '10.0.2.2:80'), "--allow '10.0.2.2:80'", "the gateway", '127.0.0.1'),
            (('--gateway', '10.0.2.3'), "--gateway '10.0.2.3'", "--addr '10.0.2.15/24'", "the name server's"),
            (('--gateway', '10.0.2.255'), "--gateway '10.0.2.255'", "a host's IPv4 address"),
            (('--gateway', '10.0.2.0'), "--gateway '10.0.2.0'", "a host's IPv4 address"),
            (('--addr', '10.0.2.1/30'), "--addr '10.0.2.1/30'", "prefix length '30'", '8 to 29'),
            (('--addr', '10.0.2.1/0'), "--addr", '10.0.2.1/0'),
            (('--dns', '192.0.2.53', '--dns', '0.0.0.0'), "--dns '0.0.0.0'", 'of one host'),
            (('--dns', '0.0.0.1'), "--dns '0.0.0.1'", 'of one host'),
            (('--dns', '224.0.0.1'), "--dns '224.0.0.1'", 'of one host'),
            (('--dns', '255.255.255.255'), "--dns '255.255.255.255'", 'of one host'),
            (('--dns', '10.0.2.255'), "--dns '10.0.2.255'", 'of one host'),
            (('--dev', 'dummy,addr=192.0.2.1/25', '--dns', '192.0.2.127'), "--dns '192.0.2.127'", 'of one host')):
        status, out, err = call('run', *args, 'true', uid=uid)
        assert status == LAUNCH and not out and all(s in err for s in says), (args, status, err)
        assert err.count('\n') == 1 and 'listens there already' not in err, err
    # Of `up`, whose statuses tell what it is: something is given twice, or an address is a bad one.
    assert call('up', 'box', '-p', '8080', '-p', '8080', uid=uid)[0] == 2
    assert call('up', 'box', '--addr', '10.0.2.2/24', uid=uid)[0] == 4
    # What looks like it and is none.
    with socket.socket() as a, socket.socket() as b:
        a.bind(('127.0.0.1', 0))
        b.bind(('127.0.0.1', 0))
        tcp, other = a.getsockname()[1], b.getsockname()[1]
    args = ['-p', '127.0.0.1:%d:80' % tcp, '-p', '127.0.0.2:%d:80' % tcp, '-p', '%d:80/udp' % tcp, '-p', '%d:80' % other]
    assert call('run', *args, '--addr', '10.0.2.2/24', '--gateway', '10.0.2.1', '--dns', '127.0.0.1', '--dns',
                '192.0.2.255', 'true', uid=uid) == (0, '', '')


@for_users
def test_who_is_on_a_host_already_is_told_nothing_else(uid):
    assert call('up', 'box', '--detach', uid=uid)[0] == 0
    try:
        for inner in (['exec', 'box', 'true'], ['run', 'true'], ['run', '--map-root', 'true']):
            status, out, err = call('exec', 'box', '--', SKIFF, *inner, uid=uid)
            assert status == LAUNCH and not out, (inner, status, out)
            assert err.count('\n') == 1 and 'answered by somebody already' in err, err
    finally:
        assert call('down', 'box', uid=uid)[0] == 0


@for_users
def test_a_runtime_directory_that_can_not_be_used_is_told(uid):
    usual = '/tmp/skiff-%d' % uid
    was_there = os.path.exists(usual)
    closed = RUNTIME[uid] + '/closed'
    os.mkdir(closed)
    os.mkdir(closed + '/skiff')
    for path in closed, closed + '/skiff':
        os.chown(path, uid if os.geteuid() == 0 else -1, -1)
    os.chmod(closed + '/skiff', 0o755)
    run = lambda xdg, *args: subprocess.run(command(*args, uid=uid), env=dict(env_of(uid), XDG_RUNTIME_DIR=xdg),
                                            capture_output=True, text=True, timeout=PATIENCE)
    for xdg, why in (('/no/such/folder', 'No such file'), ('run', 'an absolute path is accepted'),
                     ('/' + 'x' * 300, 'a shorter path is accepted'), (closed, "this user's with mode 0700")):
        p = run(xdg, 'list', '-j')
        assert p.returncode == 0 and isinstance(json.loads(p.stdout), list), p
        assert p.stderr.count('\n') == 1 and "XDG_RUNTIME_DIR '%s' can't be used" % xdg in p.stderr, p.stderr
        assert why in p.stderr and '/skiff' in p.stderr.rsplit(' in ', 1)[1], p.stderr
    # One host, and one message, although the directory is opened for its name and for its peer's.
    p = run('/no/such/folder', 'up', 'box', '--detach', '--dev', 'veth,peer=nobody')
    assert p.returncode != 0 and p.stderr.count('XDG_RUNTIME_DIR') == 1, p.stderr
    # Without it the places are the usual ones, and nothing is to be told.
    p = run('', 'list', '-j')
    assert (p.returncode, p.stderr) == (0, ''), p
    # A program's own host needs no directory.
    assert run('/no/such/folder', 'run', 'true').stderr == ''
    shutil.rmtree(closed)
    if not was_there and os.path.exists(usual):
        os.rmdir(usual)


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_') and (not sys.argv[1:] or k in sys.argv[1:])])
