#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Programs on hosts: run, up, exec, list and down, as root and as an ordinary user."""
import json
import os
import pty
import resource
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

from peer import *

LAUNCH, NO_EXEC, NOT_FOUND, TAKEN, NO_HOST = 125, 126, 127, 6, 10
ORDINARY = 65534
PYTHON = '/usr/bin/python3'
NET_ADMIN, NET_RAW = 1 << 12, 1 << 13

# Where hosts of these tests have their files, one for each user.
RUNTIME = {uid: own_folder('skiff-run-') for uid in (0, ORDINARY)}
for uid, path in RUNTIME.items():
    os.chown(path, uid if os.geteuid() == 0 else -1, -1)


def can_be_ordinary():
    """Whether there are user namespaces for someone without rights who can read the command."""
    probe = subprocess.run(user(ORDINARY) + ['unshare', '-U', '-n', SKIFF, '--version'],
                           capture_output=True)
    return os.geteuid() == 0 and probe.returncode == 0


def user(uid):
    return ['setpriv', '--reuid=%d' % uid, '--regid=%d' % uid, '--clear-groups'] if uid else []


def command(*args, uid=0):
    return user(uid) + [SKIFF] + list(args)


def log_of(uid):
    """What hosts in the background say, a sanitizer's reports included."""
    return RUNTIME[uid] + '/log'


def assert_quiet(uid):
    """All hosts that had to end have ended, and had nothing to say."""
    wait_for(lambda: not hosts_of_run())
    if os.path.exists(log_of(uid)):
        said = open(log_of(uid)).read()
        os.unlink(log_of(uid))
        assert not said, said


def env_of(uid):
    # Folders that not everybody may look into would be a reason of their own.
    return dict(os.environ, XDG_RUNTIME_DIR=RUNTIME[uid], SKIFF_LOG=log_of(uid), PATH='/usr/sbin:/usr/bin:/sbin:/bin')


def call(*args, uid=0, timeout=PATIENCE, **kwargs):
    """Runs the command; returns its exit status, output and errors."""
    p = subprocess.run(command(*args, uid=uid), env=env_of(uid), text=True, timeout=timeout,
                       stdin=subprocess.DEVNULL, capture_output=True, **kwargs)
    assert_no_report(p.stderr)
    return p.returncode, p.stdout, p.stderr


def start(*args, uid=0, **kwargs):
    return subprocess.Popen(command(*args, uid=uid), env=env_of(uid), text=True, **kwargs)


USERS = [0] + ([ORDINARY] if can_be_ordinary() else [])


def for_users(test):
    """The test once for each user."""
    def all_users():
        for uid in USERS:
            test(uid)
            assert_quiet(uid)
    all_users.__name__ = test.__name__
    return all_users


def test_there_is_an_ordinary_user():
    if len(USERS) == 1:
        raise Skip('no ordinary user with namespaces of its own can run the command')


# A connection over the host's own loopback.
TALK = '''
import socket, threading
s = socket.create_server(('127.0.0.1', 8000))
def serve():
    c, _ = s.accept()
    c.sendall(bytes(300000))
    c.close()
threading.Thread(target=serve).start()
c, n = socket.create_connection(('127.0.0.1', 8000)), 0
while d := c.recv(65536):
    n += len(d)
print(n)
'''


@for_users
def test_a_program_has_the_hosts_network(uid):
    status, out, err = call('run', '--', PYTHON, '-c', TALK, uid=uid)
    assert (status, out) == (0, '300000\n'), (status, out, err)
    # What talks there is not the kernel's loopback: another host does not see it.
    status, out, err = call('run', '--', PYTHON, '-c', TALK.replace('s = ', '#'), uid=uid)
    assert status == 1 and 'ConnectionRefusedError' in err, (status, err)


@for_users
def test_statuses_come_through(uid):
    for status in (0, 1, 3, 125, 255):
        assert call('run', 'sh', '-c', 'exit %d' % status, uid=uid)[0] == status
    for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGUSR1):
        status = call('run', '--', 'sh', '-c', 'ulimit -c 0; kill -%d $$' % how, uid=uid)[0]
        assert status in (-how, 128 + how), status


@for_users
def test_what_can_not_run_is_told_as_env_does(uid):
    for args, status in ((['/no/such/program'], NOT_FOUND), (['no-such-program'], NOT_FOUND),
                         (['/etc/passwd'], NO_EXEC), (['/tmp'], NO_EXEC)):
        got, out, err = call('run', '--', *args, uid=uid)
        assert got == status and args[0] in err and not out, (args, got, err)
        assert subprocess.run(['env'] + args, capture_output=True, env=env_of(0)).returncode == status


@for_users
def test_bad_input_is_125(uid):
    for args, says in ((['run'], 'a program is missing'), (['run', '--nope', 'true'], '--nope'),
                       (['run', '--dev', 'nope', 'true'], 'no such kind of device'),
                       (['run', '--dev', 'dummy,addr=x', 'true'], 'addr'),
                       (['run', '--gateway', '192.0.2.1', 'true'], "--gateway '192.0.2.1'"),
                       (['run', '--gateway', 'x', 'true'], "--gateway 'x'"),
                       (['run', '--addr', 'x', 'true'], '--addr'),
                       (['run', '--addr', '192.0.2.2/31', 'true'], "'31'"),
                       (['run', '--mtu', '67', 'true'], '68 to 65520'),
                       (['run', '--mtu', '1500x', 'true'], '68 to 65520'),
                       (['run', '-p', '0', 'true'], '--publish'),
                       (['run', '--allow', 'x', 'true'], '--allow'),
                       (['run', '--deny', '1.2.3.4/33', 'true'], '--deny'),
                       (['run', '--no-gateway', '-p', '80', 'true'], '--no-gateway'),
                       (['run', '--dev', 'dummy', '--mtu', '80', 'true'], '--dev'),
                       (['run', '--no-gateway', '-g', '10.0.2.2', 'true'], '--no-gateway'),
                       (['exec'], 'the name of a host is missing'),
                       (['exec', 'box'], 'a program is missing'),
                       (['exec', 'a/b', 'true'], "'a/b'"),
                       (['exec', 'nobody', 'true'], "no host 'nobody' is running")):
        status, out, err = call(*args, uid=uid)
        assert status == LAUNCH and says in err and not out, (args, status, err)


@for_users
def test_there_is_no_way_around(uid):
    status, out, err = call('run', '--no-gateway', '--', PYTHON, '-c', '''
import errno, socket
def refusal(family, kind, proto=0):
    try:
        socket.socket(family, kind, proto)
    except OSError as e:
        return errno.errorcode[e.errno]
print(refusal(40, 1), refusal(38, 5), refusal(44, 3), refusal(0, 1), refusal(1, 1))
print(open('/proc/net/dev').read().count(':'), open('/proc/net/route').read().count('\\n'))
''', uid=uid)
    assert status == 0, err
    assert out == 'EAFNOSUPPORT EAFNOSUPPORT EAFNOSUPPORT EAFNOSUPPORT None\n1 1\n', out


@for_users
def test_a_host_in_a_host_is_refused(uid):
    for inner in (['run', 'true'], ['run', '--', SKIFF, 'run', 'true']):
        status, out, err = call('run', '--', SKIFF, *inner, uid=uid)
        assert status == LAUNCH and 'answered by somebody already' in err, (status, err)


@for_users
def test_nothing_of_ours_is_open_in_a_program(uid):
    out = call('run', 'ls', '/proc/self/fd', uid=uid)[1]
    assert out.split() == ['0', '1', '2', '3'], out
    # What the user passes on is there.
    r, w = os.pipe()
    assert call('run', 'sh', '-c', 'echo x >&%d' % w, uid=uid, pass_fds=[w])[0] == 0
    os.close(w)
    # And the host does not keep the pipe open.
    assert os.read(r, 10) == b'x\n' and os.read(r, 10) == b''
    os.close(r)


@for_users
def test_who_a_program_is(uid):
    assert call('run', 'id', '-u', uid=uid)[1] == '%d\n' % uid
    assert call('run', '--map-root', 'id', '-u', uid=uid)[1] == '0\n'
    rights = call('run', 'grep', 'CapEff', '/proc/self/status', uid=uid)[1]
    # An ordinary user may listen to the host's devices, if there are some; nobody may change them.
    rights = int(rights.split()[1], 16)
    assert rights & ~NET_RAW == 0 if uid else rights and not rights & NET_ADMIN, hex(rights)


def test_root_may_become_somebody_else():
    if open('/proc/self/uid_map').read().split() != ['0', '0', '4294967295']:
        raise Skip('there is one user only')
    out = call('run', 'setpriv', '--reuid=33', '--regid=33', '--clear-groups', PYTHON, '-c',
               'import os; print(os.getuid())' + TALK)[1]
    assert out == '33\n300000\n', out


@for_users
def test_programs_that_are_closed_are_served(uid):
    closed = 'import ctypes; assert ctypes.CDLL(None).prctl(4, 0, 0, 0, 0) == 0' + TALK
    status, out, err = call('run', PYTHON, '-c', closed, uid=uid)
    assert (status, out) == (0, '300000\n'), (status, err)


@for_users
def test_children_are_served_when_the_program_is_gone(uid):
    path = RUNTIME[uid] + '/out'
    child = 'import os, time\nif os.fork(): os._exit(4)\ntime.sleep(0.3)' + \
            TALK.replace('print(n)', 'open(%r, "w").write(str(n))' % path)
    assert call('run', PYTHON, '-c', child, uid=uid)[0] == 4
    wait_for(lambda: os.path.exists(path) and open(path).read() == '300000')
    os.unlink(path)


def hosts_of_run():
    """Processes of the hosts that `run` has started here: other tests have theirs at the same time."""
    ours = ['XDG_RUNTIME_DIR=%s\0' % path for path in RUNTIME.values()]
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            line = open('/proc/%s/cmdline' % pid).read().split('\0')
            state = open('/proc/%s/stat' % pid).read().rsplit(')', 1)[1].split()[0]
            env = open('/proc/%s/environ' % pid, errors='replace').read()
        except PermissionError:
            env = ours[0]
        except OSError:
            continue
        if line[:2] == [SKIFF, 'run'] and state != 'Z' and any(o in env for o in ours):
            found.append(int(pid))
    return found


# Sockets that were of nobody else, and are not any more; and some with nothing to do.
IDLE = '''
import socket, sys, time
listener = socket.create_server(('127.0.0.1', 8000))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.connect(('127.0.0.1', 9))
c = socket.create_connection(('127.0.0.1', 8000))
s, _ = listener.accept()
c.sendall(b'x')
s.recv(1)
time.sleep(0.3)
print('idle', flush=True)
sys.stdin.readline()
udp.close()
listener.close()
print('closed', flush=True)
sys.stdin.readline()
'''


@for_users
def test_a_host_sleeps_when_its_programs_do(uid):
    p = start('run', PYTHON, '-c', IDLE, uid=uid, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for what in 'idle\n', 'closed\n':
        assert p.stdout.readline() == what
        wait_for(lambda: sleeps(hosts_of_run()[0]))
        p.stdin.write('\n')
        p.stdin.flush()
    assert p.wait(PATIENCE) == 0


REBIND = '''
import socket
for _ in range(2000):
    with socket.create_server(('0.0.0.0', 5000)):
        pass
'''


@for_users
def test_a_port_is_bound_again_at_once(uid):
    assert call('run', PYTHON, '-c', REBIND, uid=uid) == (0, '', '')


# What has a time of its own lies in the pair alone; 35 is SO_TIMESTAMPNS.
STAMPED = '''
import socket, time
s = socket.create_server(('127.0.0.1', 7001))
c = socket.create_connection(('127.0.0.1', 7001))
a, _ = s.accept()
c.setsockopt(socket.SOL_SOCKET, 35, 1)
for byte in b'abc':
    a.sendall(bytes([byte]))
    time.sleep(0.1)
c.settimeout(20)
got = b''
while len(got) < 3:
    got += c.recvmsg(10, 200)[0]
assert got == b'abc', got
'''


@for_users
def test_stamped_bytes_follow_each_other(uid):
    assert call('run', PYTHON, '-c', STAMPED, uid=uid) == (0, '', '')


# A few datagrams at a time, each read as soon as it is told of.
PROMPT = '''
import os, select, socket
a, b = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in 'ab')
b.bind(('127.0.0.1', 9000))
a.connect(('127.0.0.1', 9000))
for i in range(10000):
    for n in range(4):
        os.write(a.fileno(), b'%d' % n)
    for n in range(4):
        assert select.select([b], [], [], 20)[0], (i, n)
        assert os.read(b.fileno(), 9) == b'%d' % n, (i, n)
'''


@for_users
def test_each_datagram_is_told_of(uid):
    assert call('run', PYTHON, '-c', PROMPT, uid=uid) == (0, '', '')


def test_without_namespaces():
    if ORDINARY not in USERS:
        raise Skip('no ordinary user')
    # Someone who may have no namespace, and has no rights: of the last one that there was.
    alone = 'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all ' \
            '--inh-caps=-all --no-new-privs "$@"'
    cmd = user(ORDINARY) + ['unshare', '-U', '-r', 'sh', '-c', alone, 'sh', SKIFF, 'run',
                            '--no-gateway', '--dns', '192.0.2.53', '--', PYTHON, '-c', TALK]
    p = subprocess.run(cmd, env=env_of(ORDINARY), text=True, capture_output=True, timeout=PATIENCE)
    assert (p.returncode, p.stdout) == (0, '300000\n'), p
    assert 'runs without a network namespace' in p.stderr and 'max_user_namespaces' in p.stderr, p
    assert '/etc/resolv.conf is not replaced' in p.stderr, p


@for_users
def test_a_host_has_all_descriptors_that_it_may(uid):
    # More than a program may have without asking.
    code = 'import resource, socket\nresource.setrlimit(resource.RLIMIT_NOFILE, ' \
           '(3000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))\n' \
           's = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2000)]\nprint(len(s))'
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 8000:
        raise Skip('RLIMIT_NOFILE does not allow for it')
    status, out, err = call('run', PYTHON, '-c', code, uid=uid,
                            preexec_fn=lambda: resource.setrlimit(
                                resource.RLIMIT_NOFILE,
                                (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    assert (status, out) == (0, '2000\n'), (status, err)


@for_users
def test_the_host_is_gone_with_its_programs(uid):
    assert call('run', 'true', uid=uid)[0] == 0
    wait_for(lambda: not hosts_of_run())
    p = start('run', 'sleep', '1000', uid=uid)
    wait_for(lambda: 'sleep' in open('/proc/%d/comm' % p.pid).read())
    assert len(hosts_of_run()) == 1
    p.kill()
    p.wait()
    wait_for(lambda: not hosts_of_run())


@for_users
def test_a_program_outlives_its_host(uid):
    code = 'import socket, sys\ns = socket.create_server(("127.0.0.1", 1))\nprint("up", flush=True)\n' \
           'sys.stdin.readline()\ntry: socket.socket()\nexcept OSError as e: print(e.errno)'
    p = start('run', PYTHON, '-c', code, uid=uid, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert p.stdout.readline() == 'up\n'
    os.kill(hosts_of_run()[0], signal.SIGKILL)
    wait_for(lambda: not hosts_of_run())
    out = p.communicate('\n', timeout=PATIENCE)[0]
    # ENOSYS, as the kernel has it when nobody answers.
    assert (p.returncode, out) == (0, '38\n'), (p.returncode, out)


def read_until(fd, what):
    text = b''
    while what not in text:
        text += os.read(fd, 1000)
    return text


@for_users
def test_a_terminal_works(uid):
    pid, fd = pty.fork()
    if not pid:
        os.execvpe(command(uid=uid)[0], command('run', 'sh', '-ic', 'trap "echo caught" INT; '
                   'echo begin; sleep 1000; echo "end $?"', uid=uid), env_of(uid))
    read_until(fd, b'begin')
    wait_for(lambda: hosts_of_run())
    host = hosts_of_run()[0]
    # Once sleep(1) is there, not only its process, it is what a ^C ends; the host does not hear it.
    wait_for(lambda: 'sleep' in [name_of(child) for child in children(pid)])
    os.write(fd, b'\x03')
    text = read_until(fd, b'end 130')
    assert host not in (os.tcgetpgrp(fd), os.getsid(pid)), text
    os.waitpid(pid, 0)
    os.close(fd)


def name_of(pid):
    try:
        return open('/proc/%s/comm' % pid).read().strip()
    except OSError:
        return ''


def children(pid):
    try:
        return open('/proc/%d/task/%d/children' % (pid, pid)).read().split()
    except OSError:
        return []


@for_users
def test_signals_reach_the_program(uid):
    code = 'import signal, time\nfor s in (1, 2, 3, 10, 15, 18, 20):\n' \
           '  signal.signal(s, lambda s, f: print(s, flush=True))\n' \
           'print("up", flush=True)\nwhile True: time.sleep(1)'
    p = start('run', PYTHON, '-c', code, uid=uid, stdout=subprocess.PIPE)
    assert p.stdout.readline() == 'up\n'
    for how in (1, 2, 3, 10, 15, 20, 18):
        p.send_signal(how)
        assert p.stdout.readline() == '%d\n' % how
    p.send_signal(signal.SIGSTOP)
    assert os.WIFSTOPPED(os.waitpid(p.pid, os.WUNTRACED)[1])
    p.send_signal(signal.SIGCONT)
    assert p.stdout.readline() == '18\n'
    p.kill()
    p.wait()


@for_users
def test_hosts_that_are_up(uid):
    status, out, err = call('up', 'box', '--detach', '--dev', 'dummy,name=d0,addr=192.0.2.2/24',
                            uid=uid)
    assert status == 0 and out.startswith('host box is up\n'), (status, err)
    try:
        use_box(uid)
    finally:
        assert call('down', 'box', uid=uid)[0] == 0
    # It was waited for: the name is free, and nothing is left.
    assert os.listdir(RUNTIME[uid] + '/skiff') == []
    assert json.loads(call('list', '-j', uid=uid)[1]) == []
    status, out, err = call('down', 'box', uid=uid)
    assert status == NO_HOST and "no host 'box' is running" in err, (status, err)


def use_box(uid):
    path = RUNTIME[uid] + '/skiff/box.sock'
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    status, out, err = call('up', 'box', '--detach', uid=uid)
    assert status == TAKEN and "'box' is running already" in err, (status, err)

    # Two launches are on one host.
    code = 'import socket, time\ns = socket.create_server(("192.0.2.2", 8000))\n' \
           'print("up", flush=True)\nc, _ = s.accept()\nc.sendall(b"hello")\nc.close()\ntime.sleep(1000)'
    server = start('exec', 'box', PYTHON, '-c', code, uid=uid, stdout=subprocess.PIPE)
    assert server.stdout.readline() == 'up\n'
    status, out, err = call('exec', 'box', '--', PYTHON, '-c', 'import socket\nprint(socket.'
                            'create_connection(("192.0.2.2", 8000)).recv(10))', uid=uid)
    assert (status, out) == (0, "b'hello'\n"), (status, err)

    box, = json.loads(call('list', '-j', uid=uid)[1])
    assert box['name'] == 'box' and os.path.exists('/proc/%d' % box['pid'])
    assert {'name': 'd0', 'up': True, 'mtu': 1500, 'addresses': ['192.0.2.2/24']} in box['devices']
    assert [(p['pid'], p['name']) for p in box['programs']] == [(server.pid, 'python3')]
    rows = call('list', uid=uid)[1].splitlines()
    assert len(rows) == 2 and rows[1].split()[0] == 'box' and 'd0 192.0.2.2/24' in rows[1], rows

    server.kill()
    server.wait()
    wait_for(lambda: not json.loads(call('list', '-j', uid=uid)[1])[0]['programs'])


@for_users
def test_a_host_that_was_killed_is_not_there(uid):
    assert call('up', 'box', '--detach', uid=uid)[0] == 0
    box, = json.loads(call('list', '-j', uid=uid)[1])
    os.kill(box['pid'], signal.SIGKILL)
    wait_for(lambda: call('list', uid=uid)[1] == '')
    assert os.path.exists(RUNTIME[uid] + '/skiff/box.sock')
    status, out, err = call('exec', 'box', 'true', uid=uid)
    assert status == LAUNCH and 'no host' in err, (status, err)
    # Its name is free.
    assert call('up', 'box', '--detach', uid=uid)[0] == 0
    assert call('exec', 'box', 'true', uid=uid)[0] == 0
    assert call('down', 'box', uid=uid)[0] == 0


BOX = ('--dev', 'dummy,name=d0,mac=02:00:00:00:00:07,mtu=1400,addr=192.0.2.2/24,addr=198.51.100.7/28',
       '--dev', 'dummy,name=d1', '--gateway', '192.0.2.1', '--route', '203.0.113.0/24 via 192.0.2.9 metric 7')


@for_users
def test_the_kernel_shows_the_hosts_devices(uid):
    run = lambda *args: call('run', *BOX, '--', *args, uid=uid)
    status, out, err = run('ip', '-j', 'addr')
    assert status == 0 and not err, err
    lo, d0, d1 = json.loads(out)
    assert (d0['ifname'], d0['mtu'], d0['address']) == ('d0', 1400, '02:00:00:00:00:07'), d0
    assert [(a['local'], a['prefixlen'], a['broadcast']) for a in d0['addr_info']] == \
        [('192.0.2.2', 24, '192.0.2.255'), ('198.51.100.7', 28, '198.51.100.15')], d0
    assert 'UP' in d0['flags'] and d1['ifname'] == 'd1' and not d1['addr_info'], d1
    routes = {(r['dst'], r.get('gateway'), r['dev'], r.get('metric')) for r in
              json.loads(run('ip', '-j', 'route')[1])}
    assert routes == {('default', '192.0.2.1', 'd0', None), ('192.0.2.0/24', None, 'd0', None),
                      ('198.51.100.0/28', None, 'd0', None),
                      ('203.0.113.0/24', '192.0.2.9', 'd0', 7)}, routes
    assert run('ls', '/sys/class/net')[1].split() == ['d0', 'd1', 'lo']
    assert run('cat', '/sys/class/net/d0/mtu')[1] == '1400\n'
    # The numbers are the host's: what is bound to one goes there.
    out = run(PYTHON, '-c', 'import fcntl, socket, struct\ns = socket.socket(socket.AF_INET, 2)\n'
              'r = fcntl.ioctl(s, 0x8933, struct.pack("16si20x", b"d1", 0))\n'
              'print(struct.unpack_from("i", r, 16)[0] == socket.if_nametoindex("d1"))')[1]
    assert out == 'True\n', out


@for_users
def test_the_kernels_image_can_not_be_changed(uid):
    for args in ((), ('--map-root',)):
        status, out, err = call('run', *args, *BOX, '--', 'ip', 'addr', 'add', '192.0.2.3/24', 'dev',
                                'd0', uid=uid)
        assert status == 2 and 'not permitted' in err, (status, err)


def test_other_packet_sockets_are_the_hosts():
    # They send.
    code = 'import socket\ns = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88b5))\n' \
           's.bind(("lo", 0x88b5))\nd = bytes(12) + b"\\x88\\xb5hello"\ns.send(d)\nprint(s.recv(100) == d)'
    out = call('run', *BOX, PYTHON, '-c', code)[1]
    assert out == 'True\n', out


@for_users
def test_devices_can_be_listened_to(uid):
    tool('tcpdump')
    code = 'import socket, sys, time\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n' \
           'for i in range(3): s.sendto(b"x" * (10 + i), ("192.0.2.9", 1234))'
    assert call('up', 'box', '--detach', *BOX, uid=uid)[0] == 0
    try:
        dump = start('exec', 'box', 'tcpdump', '-n', '-U', '-l', '-c', '3', '-i', 'd0', 'udp', uid=uid,
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert wait_for_line(dump.stderr, 'listening on d0')
        assert call('exec', 'box', PYTHON, '-c', code, uid=uid)[0] == 0
        lines = dump.communicate(timeout=PATIENCE)[0].splitlines()
        assert len(lines) == 3, lines
        dump = start('exec', 'box', 'tcpdump', '-n', '-U', '-l', '-c', '2', '-i', 'lo', 'udp', uid=uid,
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert wait_for_line(dump.stderr, 'listening on lo')
        to_self = code.replace('192.0.2.9', '127.0.0.1').replace('range(3)', 'range(2)')
        assert call('exec', 'box', PYTHON, '-c', to_self, uid=uid)[0] == 0
        shown = dump.communicate(timeout=PATIENCE)[0].splitlines()
        # libpcap passes over what is sent; and nobody but the host answers.
        assert [line.split('length ')[1] for line in shown] == ['10', '11'], shown
        for i, line in enumerate(lines):
            assert '192.0.2.2.' in line and '> 192.0.2.9.1234: UDP, length %d' % (10 + i) in line, lines
    finally:
        assert call('down', 'box', uid=uid)[0] == 0


def wait_for_line(stream, what):
    return any(what in line for line in stream)


@for_users
def test_a_start_that_fails_is_told(uid):
    for args, status, says in ((['--dev', 'nope'], 3, 'no such kind'),
                               (['--services', 'nope'], 8, 'nope'),
                               (['--dev', 'dummy', '-w', '/no/such/file'], 9, '/no/such/file')):
        got, out, err = call('up', 'box', '--detach', *args, uid=uid)
        assert got == status and says in err and not out, (args, got, err)
    assert call('list', uid=uid)[1] == ''


@for_users
def test_hosts_of_other_users_are_closed(uid):
    if len(USERS) == 1 or uid == 0:
        return
    assert call('up', 'box', '--detach')[0] == 0
    path = RUNTIME[0] + '/skiff/box.sock'
    # Even where the directory is open, as it never is.
    for p in (RUNTIME[0], os.path.dirname(path)):
        os.chmod(p, 0o755)
    code = 'import socket, sys\ns = socket.socket(1, 5)\ntry: s.connect(%r)\n' \
           'except PermissionError: sys.exit(7)' % path
    assert subprocess.run(user(uid) + [PYTHON, '-c', code]).returncode == 7
    os.chmod(path, 0o666)
    code = 'import socket\ns = socket.socket(1, 5)\ns.connect(%r)\nprint(s.recv(100))' % path
    out = subprocess.run(user(uid) + [PYTHON, '-c', code], capture_output=True, text=True).stdout
    assert 'belongs to another user' in out, out
    os.chmod(os.path.dirname(path), 0o700)
    assert call('down', 'box')[0] == 0


def test_a_service_manager_hears_of_it():
    path = RUNTIME[0] + '/notify'
    for address, name in ((path, path), ('\0skiff-notify', '@skiff-notify')):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(address)
            s.settimeout(PATIENCE)
            p = subprocess.Popen(command('up', 'box'), stdout=subprocess.DEVNULL,
                                 env=dict(env_of(0), NOTIFY_SOCKET=name))
            assert s.recv(100) == b'READY=1'
            p.terminate()
            assert s.recv(100) == b'STOPPING=1'
            assert p.wait(PATIENCE) == 0
    os.unlink(path)


@for_users
def test_garbage_at_the_control_socket(uid):
    assert call('up', 'box', '--detach', uid=uid)[0] == 0
    path = RUNTIME[uid] + '/skiff/box.sock'
    held = []
    for i in range(100):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.settimeout(PATIENCE)
        s.connect(path)
        try:
            s.send(os.urandom(i * 100 + 1))
            if i % 2:
                s.recv(1000)
            else:
                s.close()
        except OSError:
            pass
        held.append(s)
    for s in held:
        s.close()
    assert call('exec', 'box', PYTHON, '-c', TALK, uid=uid)[1] == '300000\n'
    assert call('down', 'box', uid=uid)[0] == 0


@for_users
def test_many_short_programs_on_one_host(uid):
    assert call('up', 'box', '--detach', uid=uid)[0] == 0
    box, = json.loads(call('list', '-j', uid=uid)[1])
    count = lambda: len(os.listdir('/proc/%d/fd' % box['pid']))
    assert call('exec', 'box', 'true', uid=uid)[0] == 0
    before = count()
    for _ in range(50):
        assert call('exec', 'box', 'true', uid=uid)[0] == 0
    wait_for(lambda: count() <= before)
    assert call('down', 'box', uid=uid)[0] == 0


@for_users
def test_names_are_asked_of_other_servers(uid):
    before = open('/etc/resolv.conf').read() if os.path.exists('/etc/resolv.conf') else None
    if before is None:
        return
    out = call('run', '--dns', '192.0.2.53', '--dns', '192.0.2.54', 'cat', '/etc/resolv.conf',
               uid=uid)[1]
    assert out == 'nameserver 192.0.2.53\nnameserver 192.0.2.54\n', out
    assert open('/etc/resolv.conf').read() == before
    status, out, err = call('run', '--dns', 'x', 'true', uid=uid)
    assert status == LAUNCH and "--dns" in err and "'x'" in err, (status, err)


class Server:
    """Says hello to whoever connects to a port of the system's loopback, after what it was told."""
    def __init__(self, port=0):
        self.socket = socket.create_server(('127.0.0.1', port))
        self.port = self.socket.getsockname()[1]
        self.heard = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                c, _ = self.socket.accept()
            except OSError:
                return
            text = b''
            while d := c.recv(65536):
                text += d
            self.heard.append(len(text))
            c.sendall(b'hello')
            c.close()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


SAY = """
import socket, sys
try:
    c = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    c.sendall(bytes(int(sys.argv[3])))
    c.shutdown(socket.SHUT_WR)
    print(c.recv(10))
except OSError as e:
    print(type(e).__name__)
"""


@for_users
def test_the_gateway_is_there_by_default(uid):
    server = Server()
    port = str(server.port)
    out = call('run', '--allow', '127.0.0.1', '--', PYTHON, '-c', SAY, '10.0.2.2', port, '1000000',
               uid=uid)[1]
    assert (out, server.heard) == ("b'hello'\n", [1000000]), (out, server.heard)
    # The system's own loopback is closed unless it was opened; and there is a rule for a port.
    for rules in ((), ('--allow', '127.0.0.1:1'), ('--deny', 'any', '--allow', 'any')):
        out = call('run', *rules, '--', PYTHON, '-c', SAY, '10.0.2.2', port, '1', uid=uid)[1]
        assert out == 'ConnectionRefusedError\n', (rules, out)
    server.close()
    out = call('run', '--no-gateway', PYTHON, '-c', SAY, '10.0.2.2', port, '1', uid=uid)[1]
    assert out == 'OSError\n', out
    assert call('run', 'cat', '/etc/resolv.conf', uid=uid)[1] == 'nameserver 10.0.2.3\n'


@for_users
def test_the_cable_is_as_wanted(uid):
    server = Server()
    assert call('up', 'box', '--detach', '--addr', '192.0.2.77/25', '--gateway', '192.0.2.1',
                '--mtu', '1500', '--allow', 'any', uid=uid)[0] == 0
    box, = json.loads(call('list', '-j', uid=uid)[1])
    assert {'name': 'eth0', 'up': True, 'mtu': 1500, 'addresses': ['192.0.2.77/25']} in box['devices']
    assert call('exec', 'box', 'cat', '/etc/resolv.conf', uid=uid)[1] == 'nameserver 192.0.2.3\n'
    out = call('exec', 'box', PYTHON, '-c', SAY, '192.0.2.1', str(server.port), '1', uid=uid)[1]
    assert out == "b'hello'\n", out
    assert call('down', 'box', uid=uid)[0] == 0
    server.close()


@for_users
def test_what_a_program_has_sent_arrives_when_it_is_gone(uid):
    # The program ends at once; a reader who comes later gets all of it.
    listener = socket.create_server(('127.0.0.1', 0))
    port = str(listener.getsockname()[1])
    code = 'import socket, sys\nc = socket.create_connection(("10.0.2.2", int(sys.argv[1])))\n' \
           'c.sendall(bytes(3000000))'
    p = start('run', '--allow', 'any', PYTHON, '-c', code, port, uid=uid)
    c, _ = listener.accept()
    got = len(c.recv(1, socket.MSG_WAITALL))
    assert p.wait(PATIENCE) == 0
    while d := c.recv(1000000):
        got += len(d)
    assert got == 3000000, got
    c.close()
    listener.close()
    wait_for(lambda: not hosts_of_run())


@for_users
def test_what_an_ending_host_has_is_waited_for(uid):
    # The program is gone, but not all that it sent has arrived: its host has the port still.
    listener = socket.create_server(('127.0.0.1', 0))
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = '127.0.0.1:%d:80' % s.getsockname()[1]
    code = 'import socket, sys\nc = socket.create_connection(("10.0.2.2", int(sys.argv[1])))\n' \
           'c.sendall(bytes(3000000))'
    p = start('run', '--allow', 'any', '-p', port, PYTHON, '-c', code,
              str(listener.getsockname()[1]), uid=uid)
    c, _ = listener.accept()
    assert p.wait(PATIENCE) == 0
    p = start('run', '-p', port, 'true', uid=uid)
    time.sleep(0.3)
    while c.recv(1000000):
        pass
    c.close()
    assert p.wait(PATIENCE) == 0
    listener.close()


@for_users
def test_ports_are_published(uid):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    code = 'import socket\ns = socket.create_server(("", 8000))\nprint("up", flush=True)\n' \
           'c, _ = s.accept()\nc.sendall(b"hello")'
    p = start('run', '-p', '127.0.0.1:%d:8000' % port, PYTHON, '-c', code, uid=uid,
              stdout=subprocess.PIPE)
    assert p.stdout.readline() == 'up\n'
    # It is occupied now.
    status, out, err = call('run', '-p', '127.0.0.1:%d' % port, 'true', uid=uid)
    assert status == LAUNCH and str(port) in err, (status, err)
    assert socket.create_connection(('127.0.0.1', port)).recv(10) == b'hello'
    assert p.wait(PATIENCE) == 0


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
