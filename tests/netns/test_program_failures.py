#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What goes wrong with programs on a host: loss, kills, crowds, and who doesn't listen."""
import concurrent.futures
import errno
import fcntl
import hashlib
import resource
import select
import termios

from programs_places import *

MB = 1 << 20
MISBEHAVE = HELPERS + '/programs_misbehave.py'
PORT = 7100
CROWD = int(os.environ.get('SKIFF_TEST_CROWD', '10000'))
SHORT = int(os.environ.get('SKIFF_TEST_SHORT', '1000'))
RST, FIN = 'reset', 'end'


def misbehave(place, *args):
    return place.start(PYTHON, MISBEHAVE, *args)


def listener(address=KERNEL, port=PORT):
    s = socket.create_server((address, port))
    s.settimeout(PATIENCE)
    return s


def read_all(s):
    """What comes, and how it ends."""
    s.settimeout(PATIENCE)
    data = bytearray()
    try:
        while part := s.recv(MB):
            data += part
    except ConnectionResetError:
        return data, RST
    return data, FIN


def memory(pid):
    """Bytes that are resident."""
    status = open('/proc/%d/status' % pid).read()
    return int(re.search(r'VmRSS:\s+(\d+) kB', status).group(1)) * 1024


# ---------------------------------------------------------------------- a bad network

def test_lost_packets():
    """What the host sends is late, and each fiftieth of it is lost; a program doesn't notice."""
    host, box = box_host(',delay=2ms,jitter=1ms,loss=2%,reorder=1%,duplicate=1%')
    block = os.urandom(4 * MB)
    with Balance(host):
        folder = box.folder()
        with open(folder + '/data', 'wb') as f:
            f.write(block)
        digest = hashlib.sha256(block).hexdigest()
        for server, client in ((box, KERNEL_PLACE), (KERNEL_PLACE, box)):
            program = server.start(PYTHON, '-u', '-m', 'http.server', '8000', cwd=folder)
            program.says('Serving')
            for _ in range(3):
                out = folder + '/out'
                client.run('curl', '-s', '-S', '-o', out, 'http://%s:8000/data' % server.address)
                assert hashlib.sha256(open(out, 'rb').read()).hexdigest() == digest
            program.stop()
        out = box.run('ping', '-q', '-c', '200', '-i', '0.005', '-W', '1', KERNEL)
        assert 100 < int(re.search(r'(\d+) received', out).group(1)) <= 200, out
    host.stop()


# ---------------------------------------------------------------------- programs that are killed

def killed_holding(place, unread):
    """How a killed program's connection ends for the peer, who has sent @unread bytes."""
    with listener(port=PORT) as s:
        program = misbehave(place, 'hold', KERNEL, PORT)
        c, _ = s.accept()
        program.says('ready')
        c.sendall(bytes(unread))
        # All of it is there: on the way to a program it would be unread by the host as well.
        wait_for(lambda: not struct.unpack('i', fcntl.ioctl(c, termios.TIOCOUTQ, bytes(4)))[0])
        assert program.stop(signal.SIGKILL) == -signal.SIGKILL
        data, how = read_all(c)
        assert not data
        c.close()
        return how


def test_killed_program_ends_its_connections_as_the_kernel_does():
    host, box = box_host()
    with Balance(host):
        for unread, how in ((0, FIN), (1, RST), (100000, RST)):
            assert killed_holding(KERNEL_PLACE, unread) == how, 'the kernel, %d' % unread
            assert killed_holding(box, unread) == how, unread
    host.stop()


def unread(s):
    return struct.unpack('i', fcntl.ioctl(s, termios.FIONREAD, bytes(4)))[0]


def stuck(s):
    """Until no more comes to @s, which is not read. Return: how much is there."""
    before = 0
    while not before or unread(s) > before:
        before = unread(s)
        time.sleep(1)
    return before


def test_killed_program_has_sent_what_it_wrote():
    host, box = box_host()
    with Balance(host), listener() as s:
        program = misbehave(box, 'pour', KERNEL, PORT)
        c, _ = s.accept()
        program.says('ready')
        there = stuck(c)
        assert program.stop(signal.SIGKILL) == -signal.SIGKILL
        data, how = read_all(c)
        # More than had come: the pair was full, and so was the host.
        assert how == FIN and len(data) > there, (how, len(data), there)
        assert data == (bytes(range(256)) * (len(data) // 256 + 1))[:len(data)]
        c.close()
    host.stop()


def test_killed_program_that_listens():
    """Nobody listens then, who was not accepted is reset, and accept() that waits is forgotten."""
    host, box = box_host()
    with Balance(host):
        for waits in (True, False):
            program = misbehave(box, 'listen', PORT)
            program.says('ready')
            conns = []
            if not waits:
                conns = [socket.create_connection((HOST, PORT), PATIENCE) for _ in range(5)]
                program.says('ready\nready')
            assert program.stop(signal.SIGKILL) == -signal.SIGKILL
            ends = [read_all(c)[1] for c in conns]
            assert ends == [FIN] * len(ends[:1]) + [RST] * len(ends[1:]), ends

            def refused():
                try:
                    socket.create_connection((HOST, PORT), PATIENCE).close()
                except ConnectionRefusedError:
                    return True
                return False
            wait_for(refused)
            for c in conns:
                c.close()
    host.stop()


def test_killed_host():
    """Calls fail, connections are over, and the name is free."""
    host, box = box_host()
    with listener() as s:
        program = misbehave(box, 'orphaned', KERNEL, PORT)
        c, _ = s.accept()
        program.says('ready')
        assert json.loads(skiff('list', '-j')[1])[0]['programs'][0]['pid'] == program.pid
        Host.running.remove(host)
        host.proc.kill()
        host.proc.wait()
        # A kernel's socket whose other end is gone without a word: the end of the stream.
        assert program.finish().split('\n')[1:-1] == [
            'read 0', 'write EPIPE', 'socket ENOSYS', 'option ENOSYS', 'accept ENOSYS']
        c.close()
    assert json.loads(skiff('list', '-j')[1]) == []
    status, _, err = skiff('exec', 'box', '--', 'true')
    assert status == 125 and "no host 'box'" in err, (status, err)
    host, box = box_host()
    assert box.run('echo', 'again') == 'again\n'
    host.stop()


# ---------------------------------------------------------------------- many of them

def enough_descriptors():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < CROWD + 100:
        raise Skip('%d descriptors are allowed here, %d are wanted' % (hard, CROWD + 100))


def test_ten_thousand_descriptors():
    """In one program; the host was started where few are allowed, as they are in a shell."""
    enough_descriptors()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    host, box = box_host()
    with Balance(host):
        server = misbehave(KERNEL_PLACE, 'echo', PORT)
        server.says('ready')
        program = misbehave(box, 'crowd', KERNEL, PORT, CROWD)
        assert program.finish() == '%d answered\n' % CROWD
        server.stop()
        # And as many that it has accepted.
        server = misbehave(box, 'echo', PORT)
        server.says('ready')
        program = misbehave(KERNEL_PLACE, 'crowd', HOST, PORT, CROWD)
        assert program.finish() == '%d answered\n' % CROWD
        # Programs keep the limits that they were started with.
        assert box.run('sh', '-c', 'ulimit -S -n') == '1024\n'
        server.stop()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    host.stop()


def test_more_sockets_than_a_host_may_have():
    """Where a host may have few descriptors, programs are told; what is there goes on."""
    few = ['sh', '-c', 'ulimit -n 400 && exec "$@"', 'sh']
    host, box = BinaryHost(SKIFF, 'box', few), box_place()
    with Balance(host):
        server = misbehave(KERNEL_PLACE, 'echo', PORT)
        server.says('ready')
        first = misbehave(box, 'greedy', KERNEL, PORT)
        first.says('ready')
        got, why = re.search(r'(\d+) connections, then (\w+)', first.text()).groups()
        assert int(got) > 100 and why in ('ENFILE', 'ENOBUFS'), first.text()
        # Datagram sockets are refused at once, and another program has as little luck.
        out = box.run(PYTHON, MISBEHAVE, 'greedy', KERNEL, str(PORT), stdin=subprocess.DEVNULL)
        assert '0 connections, then' in out, out
        first.proc.send_signal(signal.SIGUSR1)
        assert first.finish().endswith('%s answered\n' % got), first.text()
        box.run(compiled('short'), 'talk', KERNEL, PORT)
        server.stop()
    host.stop()


def test_strangers_where_pairs_are_made():
    """They are turned away, and keep nobody waiting."""
    host, box = box_host()
    with Balance(host):
        own = {os.readlink('/proc/%d/fd/%s' % (host.proc.pid, fd))
               for fd in os.listdir('/proc/%d/fd' % host.proc.pid)}
        names = [line.split()[7] for line in open('/proc/net/unix')
                 if 'socket:[%s]' % line.split()[6] in own and line.split()[7:] and
                 line.split()[7].startswith('@')]
        assert len(names) == 1, names
        strangers = []
        for _ in range(300):
            s = socket.socket(socket.AF_UNIX)
            s.setblocking(False)
            s.connect_ex('\0' + names[0][1:])
            strangers.append(s)
        server = misbehave(KERNEL_PLACE, 'echo', PORT)
        server.says('ready')
        box.run(compiled('short'), 'talk', KERNEL, PORT, timeout=PATIENCE)
        for s in strangers:
            s.close()
        server.stop()
    host.stop()


def test_fork_storm():
    host, box = box_host()
    with Balance(host):
        server = misbehave(KERNEL_PLACE, 'echo', PORT)
        server.says('ready')
        storms = [misbehave(box, 'storm', KERNEL, PORT, 5, 50) for _ in range(2)]
        for program in storms:
            assert program.finish() == '250 children\n'
        server.stop()
    host.stop()


def test_short_programs_leave_nothing():
    """A thousand on one host, one after the other in each of four rows."""
    # Freed memory is not kept: it would be what grows.
    os.environ['ASAN_OPTIONS'] = os.environ.get('ASAN_OPTIONS', '') + ':quarantine_size_mb=1'
    host, _ = box_host()
    pid, path = host.proc.pid, compiled('short')
    # The host has its sanitizers; who only starts programs does without where it can.
    box = box_place(binary=os.environ.get('SKIFF_RELEASE', SKIFF))
    server = misbehave(KERNEL_PLACE, 'echo', PORT)
    server.says('ready')

    def some(count):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for job in [pool.submit(box.run, path, 'talk', KERNEL, PORT) for _ in range(count)]:
                job.result()
    some(1)
    before = descriptors(pid)
    some(SHORT // 4)
    wait_for(lambda: descriptors(pid) <= before)
    bytes_before = memory(pid)
    some(SHORT - SHORT // 4)
    wait_for(lambda: descriptors(pid) <= before)
    # A few KB that a program left would be megabytes by now.
    assert memory(pid) - bytes_before < 4 * MB, (bytes_before, memory(pid))
    assert json.loads(skiff('list', '-j')[1])[0]['programs'] == []
    server.stop()
    host.stop()


# ---------------------------------------------------------------------- programs that don't listen

def fill(s):
    """Sends until nothing has gone for a while. Return: how much."""
    s.settimeout(3)
    sent = 0
    try:
        while True:
            sent += s.send(bytes(65536))
    except socket.timeout:
        return sent


def test_program_that_ignores_its_events():
    """Neither read nor polled: the peer is stopped, memory is bounded, and others are served."""
    host, box = box_host()
    with Balance(host):
        deaf = misbehave(box, 'deaf', PORT)
        wait_for(lambda: listens(HOST, PORT))
        deaf.says('ready')
        before = memory(host.proc.pid)
        with udp() as u:
            for _ in range(20000):
                u.sendto(bytes(1000), (HOST, PORT))
        # More than it will ever accept, and more than its queue takes.
        conns = [socket.create_connection((HOST, PORT), PATIENCE)]
        sent = fill(conns[0])
        assert sent < 32 * MB, sent
        assert memory(host.proc.pid) - before < 64 * MB, (before, memory(host.proc.pid))
        path = compiled('short')
        server = misbehave(KERNEL_PLACE, 'echo', PORT)
        server.says('ready')
        box.run(path, 'talk', KERNEL, PORT)
        server.stop()
        deaf.stop(signal.SIGKILL)
        assert read_all(conns[0])[1] == RST
        for c in conns:
            c.close()
    report = host.stop()
    assert counter(report, 'UdpRcvbufErrors') > 0, report


def listens(address, port):
    try:
        socket.create_connection((address, port), PATIENCE).close()
    except ConnectionRefusedError:
        return False
    return True


def test_small_writes_are_stopped():
    """A peer that doesn't read stops a program that writes bytes, and gets all of them at last."""
    host, box = box_host()
    with Balance(host), listener() as s:
        program = misbehave(box, 'dribble', KERNEL, PORT)
        c, _ = s.accept()
        program.says('ready')
        sent = int(re.search(r'sent (\d+)', program.text()).group(1))
        assert 1000 < sent < 64 * MB, sent
        data, how = read_all(c)
        assert how == FIN and data == b'x' * sent + b'y' * 1000, (how, len(data), sent)
        assert program.wait() == 0
        c.close()
    host.stop()


def test_connections_that_come_while_nobody_accepts():
    """More than the backlog: those behind it wait, as with the kernel; all are served at last."""
    host, box = box_host()
    with Balance(host):
        server = misbehave(box, 'echo', PORT)
        server.says('ready')
        server.proc.send_signal(signal.SIGSTOP)
        conns = []
        for i in range(300):
            s = socket.socket()
            s.settimeout(PATIENCE)
            s.setblocking(False)
            s.connect_ex((HOST, PORT))
            conns.append(s)
        time.sleep(0.5)
        server.proc.send_signal(signal.SIGCONT)
        for i, s in enumerate(conns):
            s.settimeout(PATIENCE)
            wait_for(lambda s=s: select.select([], [s], [], PATIENCE)[1])
            s.sendall(b'%04d' % i)
        for i, s in enumerate(conns):
            assert s.recv(10) == b'%04d' % i
            s.close()
        server.stop()
    host.stop()


def test_a_thread_that_waits_among_many():
    """More threads than a host remembers make calls meanwhile."""
    host, box = box_host()
    with Balance(host):
        out = misbehave(box, 'forgotten', KERNEL, 1, 600).finish()
        assert out == 'EINPROGRESS\n', out
    host.stop()


def test_files_that_wait_for_the_host():
    """Where a file system needs the host to answer, the host does not wait for it."""
    host, box = box_host()
    with Balance(host):
        out = box.run(PYTHON, HELPERS + '/programs_files.py', 'calls').split('\n')
        if out[0] == 'none':
            raise Skip('there is no FUSE here')
        assert out == ['ok ENOTSOCK ENOTSOCK'] * 3 + [''], out
    host.stop()


# ---------------------------------------------------------------------- no way around

def refused_calls(which):
    path = compiled('short')
    # Here it only has to run; a kernel without 32-bit programs kills it.
    if subprocess.run([path, 'calls', which], stdout=subprocess.DEVNULL).returncode:
        raise Skip('this kernel has no %s calls' % which)
    host = OrdinaryHost()
    out = dict(line.rsplit(' ', 1) for line in host.place.run(path, 'calls', which).splitlines())
    assert len(out) >= 3 and set(out.values()) == {str(-errno.ENOSYS)}, out
    host.stop()


POINTERS = """
import errno, fcntl, socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wild = b'lo'.ljust(16, b'\\0') + b'A' * 104

def says(call, *args):
    try:
        call(*args)
        return 'ok'
    except OSError as e:
        return errno.errorcode[e.errno]

# SIOCETHTOOL, SIOCADDRT, SIOCSIFADDR, SIOCGIFFLAGS
print([says(fcntl.ioctl, s, request, wild) for request in (0x8946, 0x890b, 0x8916, 0x8913)])
# SO_ATTACH_FILTER: too long, from nowhere, not a filter at all
for value in struct.pack('HxxxxxxQ', 65535, 0x41414141), struct.pack('HxxxxxxQ', 1, 0x41414141), b'A' * 100:
    print(says(s.setsockopt, socket.SOL_SOCKET, 26, value))
"""


def test_sockets_begin_again():
    """After connections, refusals and as listeners, as the kernel has it."""
    host, box = box_host()
    with Balance(host):
        assert box.run(PYTHON, HELPERS + '/programs_again.py') == \
            KERNEL_PLACE.run(PYTHON, HELPERS + '/programs_again.py')
    host.stop()


def test_pointers_in_arguments():
    """They are the program's own: the host follows none of them, and lives."""
    host, box = box_host()
    as_linux = KERNEL_PLACE.run(PYTHON, '-c', POINTERS)
    for _ in range(2):
        assert box.run(PYTHON, '-c', POINTERS) == as_linux
    host.stop()


def test_32_bit_calls_are_refused():
    refused_calls('i386')


def test_io_uring_and_x32_calls_are_refused():
    refused_calls('native')


def test_host_in_a_host_is_refused():
    host = OrdinaryHost()
    for words in (['exec', 'lonely'], ['run']):
        binary = host.place.prefix[-4]
        done = subprocess.run(host.place.prefix + [binary] + words + ['--', 'true'], text=True,
                              capture_output=True, env=dict(os.environ, **host.place.env))
        assert done.returncode == 125 and 'answered by somebody already' in done.stderr, done
    host.stop()


if __name__ == '__main__':
    wanted = sys.argv[1:]
    run_programs([v for k, v in list(globals().items()) if k.startswith('test_') and
                  (not wanted or any(w in k for w in wanted))])
