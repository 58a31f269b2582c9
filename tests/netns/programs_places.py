# SPDX-License-Identifier: BSD-2-Clause
"""Where programs run in the tests: on a host, on the kernel beside it, as an ordinary user."""
import hashlib

from peer import *

ORDINARY = 1000
CHANGED_USER = ['setpriv', '--reuid=%d' % ORDINARY, '--regid=%d' % ORDINARY, '--clear-groups']
PYTHON = '/usr/bin/python3'
os.environ['PATH'] += ':/usr/sbin:/sbin'
HELPERS = os.path.dirname(os.path.abspath(__file__))

# Files of programs. They may be of another user, to whom WORK is closed.
FILES = own_folder('skiff-programs-')
os.chmod(FILES, 0o755)

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def goes_with_us():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def may_change_user():
    return subprocess.run(CHANGED_USER + ['true'], stderr=subprocess.DEVNULL).returncode == 0


class Program:
    """One that runs in the background, and what it says."""
    running = []

    def __init__(self, cmd, cwd=None, stdin=None, env=None):
        self.cmd = cmd
        self.out = tempfile.NamedTemporaryFile(dir=WORK)
        self.proc = subprocess.Popen(cmd, stdin=stdin or subprocess.DEVNULL, stdout=self.out,
                                     stderr=subprocess.STDOUT, cwd=cwd, preexec_fn=goes_with_us,
                                     env=dict(os.environ, **(env or {})))
        self.pid = self.proc.pid
        Program.running.append(self)

    def text(self):
        with open(self.out.name, errors='replace') as f:
            return f.read()

    def says(self, pattern):
        """Waits until it has said it. Return: the match."""
        def said():
            assert re.search(pattern, self.text()) or self.proc.poll() is None, \
                '%s: ended with %s\n%s' % (self.cmd, self.proc.returncode, self.text())
            return re.search(pattern, self.text())
        wait_for(said)
        return said()

    def wait(self, seconds=PATIENCE * 3):
        status = self.proc.wait(seconds)
        Program.running.remove(self)
        return status

    def stop(self, how=signal.SIGTERM):
        self.proc.send_signal(how)
        return self.wait()

    def finish(self):
        """Its output, when it ends as it should."""
        status = self.wait()
        assert status == 0, '%s: %d\n%s' % (self.cmd, status, self.text())
        return self.text()

    @staticmethod
    def stop_all():
        for program in list(Program.running):
            program.proc.terminate()
            try:
                program.proc.wait(5)
            except subprocess.TimeoutExpired:
                program.proc.kill()
                program.proc.wait()
            Program.running.remove(program)


class Place:
    """The kernel of this namespace, or with @prefix a host: runs programs there."""

    def __init__(self, address, prefix=(), env=None, user=None):
        self.address, self.prefix, self.env = address, list(prefix), env or {}
        self.user = user

    def start(self, *cmd, **kwargs):
        tool(cmd[0])
        return Program(self.prefix + [str(c) for c in cmd], env=self.env, **kwargs)

    def run(self, *cmd, status=0, stdin=None, cwd=None, timeout=PATIENCE * 4):
        """Runs a program to its end; returns what it printed."""
        tool(cmd[0])
        done = subprocess.run(self.prefix + [str(c) for c in cmd], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, cwd=cwd, timeout=timeout,
                              stdin=stdin or subprocess.DEVNULL, env=dict(os.environ, **self.env))
        assert done.returncode == status, '%s: %d\n%s\n%s' % (
            ' '.join(done.args), done.returncode, done.stdout, done.stderr)
        return done.stdout

    def digest(self, *cmd):
        """SHA-256 of what a program prints, which may be much and need not be text."""
        tool(cmd[0])
        digest = hashlib.sha256()
        with open(WORK + '/errors', 'w+') as errors:
            proc = subprocess.Popen(self.prefix + [str(c) for c in cmd], stdout=subprocess.PIPE,
                                    stderr=errors, stdin=subprocess.DEVNULL,
                                    env=dict(os.environ, **self.env))
            while data := proc.stdout.read(1 << 20):
                digest.update(data)
            status = proc.wait()
            errors.seek(0)
            assert status == 0, '%s: %d\n%s' % (' '.join(proc.args), status, errors.read())
        return digest.hexdigest()

    def wait_for_port(self, port):
        """Until somebody listens there, as seen from this place."""
        look = ('import socket, sys, time\n'
                'for _ in range(600):\n'
                '    try:\n'
                '        sys.exit(socket.create_connection(("%s", %d), 10).close())\n'
                '    except ConnectionRefusedError:\n'
                '        time.sleep(0.1)\n'
                'sys.exit("nobody listens")\n' % (self.address, port))
        self.run(PYTHON, '-c', look)

    def folder(self):
        """A new one, which programs of this place may write to."""
        path = tempfile.mkdtemp(dir=FILES)
        os.chmod(path, 0o755)
        if self.user:
            os.chown(path, self.user, self.user)
        return path

    def own(self, path, mode=0o600):
        """Makes a file one of the user's of this place."""
        os.chmod(path, mode)
        if self.user:
            os.chown(path, self.user, self.user)
        return path


KERNEL_PLACE = Place(KERNEL)


class StartedHost(Host):
    """A host of our own command line."""

    def __init__(self, cmd, name, env=None):
        # pylint: disable=super-init-not-called
        self.out, self.err = [], []
        self.proc = subprocess.Popen(cmd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                     env=dict(os.environ, **(env or {})))
        Host.running.append(self)
        self.readers = [threading.Thread(target=lambda f, to: to.extend(f), args=a)
                        for a in ((self.proc.stdout, self.out), (self.proc.stderr, self.err))]
        for r in self.readers:
            r.start()
        wait_for(lambda: self.out or self.proc.poll() is not None)
        assert self.out and self.out[0] == 'host %s is up\n' % name, self.err


class BinaryHost(StartedHost):
    """Of another build, on the TAP."""

    def __init__(self, binary, name, wrapper=()):
        super().__init__(list(wrapper) + [binary, 'up', name, '--dev', 'tap,name=%s,addr=%s/24' %
                         (DEV, HOST)], name)
        sh('ip', 'addr', 'add', KERNEL + '/24', 'dev', DEV)
        sh('ip', 'link', 'set', DEV, 'up')


class OrdinaryHost(StartedHost):
    """With loopback alone, which takes no rights: of an ordinary user, unless we are one."""

    def __init__(self, name='lonely', binary=SKIFF):
        become, env, user = [], {}, None
        if may_change_user():
            become, user = CHANGED_USER, ORDINARY
            home = tempfile.mkdtemp(dir=FILES)
            os.chown(home, user, user)
            env = {'XDG_RUNTIME_DIR': home, 'HOME': home}
            if subprocess.run(become + ['test', '-x', os.path.abspath(binary)]).returncode:
                raise Skip('ordinary users may not run %s' % binary)
        super().__init__(become + [binary, 'up', name], name, env)
        self.place = Place('127.0.0.1', become + [binary, 'exec', name, '--'], env, user)


def box_place(name='box', binary=SKIFF):
    """Of peer.Host with that name."""
    return Place(HOST, [binary, 'exec', name, '--'])


def compiled(name):
    """The program of programs_NAME.c."""
    path = '%s/%s' % (FILES, name)
    if not os.path.exists(path):
        sh(tool(os.environ.get('CC', 'gcc')), '-pthread', '-o', path, '%s/programs_%s.c' % (HELPERS, name))
    return path


def box_host(dev=''):
    return Host(services=None, dev=dev), box_place()


def case_on_box(program, name, *args):
    """A test: the case @name of a compiled program ends well on a host, and leaves nothing there."""
    def test():
        host, box = box_host()
        with Balance(host):
            box.run(compiled(program), name, *args)
        host.stop()
    test.__name__ = 'test_' + name.replace('-', '_')
    return test


def descriptors(pid, kind=''):
    """How many a process has, of a kind: 'socket:', 'anon_inode:'."""
    count = 0
    for fd in os.listdir('/proc/%d/fd' % pid):
        try:
            count += os.readlink('/proc/%d/fd/%s' % (pid, fd)).startswith(kind)
        except OSError:
            pass
    return count


class Balance:
    """A host has as many sockets of the kernel's afterwards as before, every pair is gone, and it sleeps."""

    def __init__(self, host):
        self.pid = host.proc.pid

    def __enter__(self):
        self.before = descriptors(self.pid, 'socket:')

    def __exit__(self, kind, *rest):
        if kind is None:
            wait_for(lambda: descriptors(self.pid, 'socket:') <= self.before)
            wait_for(lambda: sleeps(self.pid))


def serving_calling_ordinary(case):
    """The ways of a @case(server, client): the server on a host, the client there, both there."""
    def with_box(server, client):
        host = Host(services=None)
        box = box_place()
        with Balance(host):
            case(box if server else KERNEL_PLACE, box if client else KERNEL_PLACE)
            Program.stop_all()
        host.stop()

    def serving():
        with_box(True, False)

    def calling():
        with_box(False, True)

    def ordinary():
        host = OrdinaryHost()
        with Balance(host):
            case(host.place, host.place)
            Program.stop_all()
        host.stop()

    ways = [serving, calling, ordinary]
    for way in ways:
        way.__name__ = 'test_%s_%s' % (case.__name__, way.__name__)
    return ways


def run_programs(tests):
    """peer.main(), which ends what is left of programs as well."""
    def ending(test):
        def whole():
            try:
                test()
            finally:
                Program.stop_all()
        whole.__name__ = test.__name__
        return whole

    main([ending(t) for t in tests])
