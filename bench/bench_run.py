#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What programs get from `skiff run`, next to slirp4netns, pasta and the kernel itself.

    bench/bench_run.py [--only TEXT] [--rounds N] [--seconds N] BUILD

Servers are on a "system" that is a network namespace made for this, and clients reach it through
each of the ways in turn. All ends of the kernel use cubic. Results are printed as
scripts/run-bench.py wants them; a peer or tool that is not installed is named. The exit status is
1 if skiff could not do one of the cases, and 77 without namespaces.
"""
import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
IN_NETNS = os.path.join(HERE, '..', 'scripts', 'in-netns.sh')
MARK = 'SKIFF_BENCH_IN_NETNS'
PATIENCE = 60
IPERF, REDIS, HTTP = 5201, 6379, 8080
IDLE = 1000
CLIENTS = 50
NOBODY = 65534
PAYLOAD = 'x' * 100

# The system as its veth, its TAP and what is behind a gateway know it.
SYSTEM, NEIGHBOUR = '198.51.100.1', '198.51.100.2'
TAP_SYSTEM, TAP_HOST = '192.0.2.1', '192.0.2.2'
BEHIND_GATEWAY = '10.0.2.2'

# A namespace may not set its default where cubic is not the machine's, but a route may ask for it.
CUBIC = '''
for table in local main; do
	ip -4 route show table $table | grep -v ^broadcast | sed 's/ linkdown//' |
	while read -r route; do ip route change table $table $route congctl cubic; done
done
'''

NGINX = '''
daemon off;
worker_processes 1;
pid %(dir)s/nginx.pid;
error_log %(dir)s/nginx.log crit;
events { worker_connections 4096; }
http {
	access_log off;
	client_body_temp_path %(dir)s/body;
	proxy_temp_path %(dir)s/proxy;
	fastcgi_temp_path %(dir)s/fastcgi;
	uwsgi_temp_path %(dir)s/uwsgi;
	scgi_temp_path %(dir)s/scgi;
	keepalive_requests 1000000000;
	server {
		listen %(port)d backlog=4096;
		location / { return 200 "%(payload)s"; }
	}
}
'''


class Failure(Exception):
    """A measurement that did not come to an end, with the reason."""


def say(*words):
    print(*words)
    sys.stdout.flush()


def run(argv, **kwargs):
    """A command that has to succeed."""
    done = subprocess.run(argv, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=PATIENCE, check=False, **kwargs)
    if done.returncode:
        raise Failure('%s: %s' % (argv[0], last_line(done.stdout)))
    return done.stdout


def shell(script):
    return run(['sh', '-ec', script])


def last_line(text):
    lines = [l for l in text.splitlines() if l.strip()]
    return lines[-1].strip() if lines else 'no reason given'


def until(wanted, what):
    end = time.monotonic() + PATIENCE
    while not wanted():
        if time.monotonic() > end:
            raise Failure(what)
        time.sleep(0.01)


class Processes:
    """What this has started, in sessions of their own, which end with it."""

    def __init__(self):
        self.all = []

    def start(self, argv, **kwargs):
        proc = subprocess.Popen(argv, text=True, start_new_session=True,
                                **{'stdin': subprocess.DEVNULL, 'stdout': subprocess.DEVNULL,
                                   'stderr': subprocess.DEVNULL, **kwargs})
        self.all.append(proc)
        return proc

    def end(self, proc):
        """Asks, and then does not. What was on the pipes is lost."""
        for sig in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(proc.pid, sig)
            try:
                proc.wait(2)
                break
            except subprocess.TimeoutExpired:
                pass
        for pipe in (proc.stdin, proc.stdout, proc.stderr):
            if pipe:
                pipe.close()
        self.all.remove(proc)

    def end_all(self):
        for proc in reversed(list(self.all)):
            self.end(proc)

    def output(self, argv):
        """What a client prints, within the time that it may take."""
        proc = self.start(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = proc.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure('no end after %d seconds' % PATIENCE) from None
        finally:
            self.end(proc)
        if proc.returncode:
            raise Failure('status %d: %s' % (proc.returncode, last_line(err or out)))
        return out

    def sleeper(self, *unshare):
        """A process that holds a network namespace."""
        proc = self.start(['unshare', *unshare, 'sleep', 'infinity'])

        def sleeps():
            with open('/proc/%d/comm' % proc.pid, encoding='ascii') as f:
                return f.read() == 'sleep\n'
        until(lambda: proc.poll() is not None or sleeps(), 'unshare does not')
        if proc.poll() is not None:
            raise Failure('unshare %s fails' % ' '.join(unshare))
        return proc


class Way:
    """How a program comes to the system: what stands before its own words, and the address."""

    def __init__(self, label, name, prefix, addr, relay=None):
        self.label, self.name = label, name
        self.prefix, self.addr = prefix, addr
        # Whose memory grows with connections: a command's name, or its process.
        self.relay = relay
        # Its bytes before the first connection: what has grown once does not shrink.
        self.empty = None

    def command(self, argv):
        return self.prefix + argv

    def relays(self, client):
        """Processes. A host leaves the tree of whoever starts it, but not its words."""
        if isinstance(self.relay, subprocess.Popen):
            return [self.relay.pid]
        return [p for p in os.listdir('/proc') if p.isdigit() and
                text_of(p, 'comm').startswith(self.relay) and client in text_of(p, 'cmdline')]


def text_of(pid, name):
    """A file of a process, which may have gone."""
    with contextlib.suppress(OSError):
        with open('/proc/%s/%s' % (pid, name), encoding='utf-8') as f:
            return f.read()
    return ''


def resident(pids):
    """Bytes."""
    total = 0
    for pid in pids:
        total += int(re.search(r'^VmRSS:\s+(\d+) kB', text_of(pid, 'status'),
                               re.M).group(1)) * 1024
    return total


# The ways


def make_system(procs):
    """Addresses of this namespace, and a neighbour over veth that is the kernel as a client."""
    away = procs.sleeper('-n')
    there = ['nsenter', '-n', '-t', str(away.pid)]
    shell('''
ip link set lo up
ip link add sys0 type veth peer name far0 netns %d
ip addr add %s/24 dev sys0
ip link set sys0 up
''' % (away.pid, SYSTEM))
    run(there + ['sh', '-ec', '''
ip link set lo up
ip addr add %s/24 dev far0
ip link set far0 up
''' % NEIGHBOUR])
    # pasta takes the interface that leads out of the system.
    shell('ip route add default via %s' % NEIGHBOUR)
    shell('''
ip tuntap add sk0 mode tap
ip addr add %s/24 dev sk0
ip link set sk0 up
''' % TAP_SYSTEM)
    shell(CUBIC)
    run(there + ['sh', '-ec', CUBIC])
    return Way('kernel over veth', 'veth', there, SYSTEM)


def slirp4netns(procs, mtu):
    holder = procs.sleeper('-r', '-n')
    ready, tell = os.pipe()
    relay = procs.start(['slirp4netns', '--configure', '--mtu=%d' % mtu, '--ready-fd=%d' % tell,
                         str(holder.pid), 'tap0'], pass_fds=[tell])
    os.close(tell)
    with os.fdopen(ready) as f:
        if f.read(1) != '1':
            raise Failure('slirp4netns does not come up')
    enter = ['nsenter', '-U', '--preserve-credentials', '-n', '-t', str(holder.pid)]
    run(enter + ['sh', '-ec', CUBIC])
    small = mtu == 1500
    return Way('slirp4netns' + (' at MTU 1500' if small else ''),
               'slirp4netns' + ('-1500' if small else ''), enter, BEHIND_GATEWAY, relay)


def pasta(procs):
    del procs
    # Root is refused the user namespace that pasta wants, so it is nobody where there is one.
    nobody = ['setpriv', '--reuid=%d' % NOBODY, '--regid=%d' % NOBODY, '--clear-groups']
    words = ['pasta', '-q', '--config-net', '--', 'sh', '-c', CUBIC + 'exec "$@"', 'sh']
    reason = None
    for prefix in (nobody + words, words):
        try:
            run(prefix + ['true'])
            return Way('pasta', 'pasta', prefix, NEIGHBOUR, 'pas')
        except Failure as e:
            reason = e
    raise reason


class Bench:
    """The cases, each of which measures one way once."""

    def __init__(self, args, procs, tmp):
        self.procs, self.tmp = procs, tmp
        self.only, self.rounds, self.seconds = args.only, args.rounds, args.seconds
        self.skiff = os.path.abspath(os.path.join(args.build, 'skiff'))
        self.client = os.path.join(tmp, 'run-client')
        self.status = 0
        # Somebody else than the owner of the build may have to run it.
        shutil.copy(os.path.join(args.build, 'bench', 'run-client'), self.client)
        os.chmod(self.client, 0o755)
        os.environ['XDG_RUNTIME_DIR'] = tmp

    def ways(self):
        """The ways of skiff, each with its peers."""
        veth = make_system(self.procs)
        gateway = Way('skiff', 'gateway', [self.skiff, 'run', '--allow=127.0.0.1', '--'],
                      BEHIND_GATEWAY, 'skiff')
        device = 'tap,name=sk0,addr=%s/24' % TAP_HOST
        tap = Way('skiff', 'tap', [self.skiff, 'run', '--dev=' + device, '--'], TAP_SYSTEM)
        peers = []
        for tool, make in (('slirp4netns', lambda p: slirp4netns(p, 65520)),
                           ('slirp4netns', lambda p: slirp4netns(p, 1500)), ('pasta', pasta)):
            try:
                if not shutil.which(tool):
                    raise Failure('not installed')
                peers.append(make(self.procs))
            except Failure as e:
                say('run/%s: skipped: %s' % (tool, e))
        return [(gateway, peers), (tap, [veth])]

    # Servers

    def listens(self, port):
        until(lambda: run(['ss', '-Hltn', 'sport = :%d' % port]).strip(),
              'nothing listens on port %d' % port)

    def start_servers(self):
        echo = self.procs.start([self.client, 'serve'], stdout=subprocess.PIPE)
        if echo.stdout.readline() != 'up\n':
            raise Failure('run-client does not serve')
        if shutil.which('redis-server'):
            self.procs.start(['redis-server', '--port', str(REDIS), '--save', '', '--appendonly',
                              'no', '--protected-mode', 'no', '--dir', self.tmp])
            self.listens(REDIS)
        if shutil.which('nginx'):
            conf = os.path.join(self.tmp, 'nginx.conf')
            with open(conf, 'w', encoding='ascii') as f:
                f.write(NGINX % {'dir': self.tmp, 'port': HTTP, 'payload': PAYLOAD})
            self.procs.start(['nginx', '-p', self.tmp, '-c', conf])
            self.listens(HTTP)

    # Cases

    def output(self, way, *argv):
        return self.procs.output(way.command(list(argv)))

    def iperf(self, way, *options):
        """Gbit/s that have arrived. The server is a new one: an old one may still be busy."""
        server = self.procs.start(['iperf3', '-s', '-1', '-p', str(IPERF)])
        try:
            self.listens(IPERF)
            out = self.output(way, 'iperf3', '-J', '-c', way.addr, '-p', str(IPERF),
                              '-t', str(self.seconds), *options)
        finally:
            self.procs.end(server)
        return json.loads(out)['end']['sum_received']['bits_per_second'] / 1e9

    def redis(self, way, times, *options):
        # There is no option for seconds, so the rate decides: a short run tells it.
        rate = 0
        for count in (times // 10, times):
            count = max(count, min(int(rate * self.seconds), times * 20))
            out = self.output(way, 'redis-benchmark', '-h', way.addr, '-p', str(REDIS), '-t', 'get',
                              '-c', str(CLIENTS), '-n', str(count), '--csv', *options)
            rate = float(re.search(r'^"GET","([\d.]+)"', out, re.M).group(1))
        return rate

    def wrk(self, way, *options):
        out = self.output(way, 'wrk', '-t', '1', '-c', str(CLIENTS), '-d', '%ds' % self.seconds,
                          *options, 'http://%s:%d/' % (way.addr, HTTP))
        bad = re.search(r'Non-2xx.*|Socket errors.*', out)
        if bad and 'connect 0, read 0, write 0' not in bad.group(0):
            raise Failure(bad.group(0))
        return float(re.search(r'^Requests/sec:\s+([\d.]+)', out, re.M).group(1))

    def own(self, way, *words):
        return float(self.output(way, self.client, *words))

    def held(self, way, count):
        """Bytes resident in what relays, with so many idle connections."""
        proc = self.procs.start(way.command([self.client, 'hold', way.addr, str(count)]),
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        try:
            if proc.stdout.readline() != 'held\n':
                raise Failure(last_line(proc.communicate(timeout=PATIENCE)[1]))
            pids = way.relays(self.client)
            if not pids:
                raise Failure('no process of %s found' % way.label)
            return resident(pids)
        except subprocess.TimeoutExpired:
            raise Failure('neither connections nor an end') from None
        finally:
            self.procs.end(proc)

    def idle(self, way):
        if way.empty is None:
            way.empty = self.held(way, 0)
        return (self.held(way, IDLE) - way.empty) / IDLE

    def cases(self):
        """Name, unit, whether more is better, the tools, how, and whether it is for gateways only."""
        seconds = str(self.seconds)
        close = ('-H', 'Connection: close')
        flood = ('-u', '-b', '0', '-l', '1400')
        return [
            # The first, while what relays has carried nothing yet.
            ('idle-connection', 'bytes', False, [], self.idle, True),
            ('send', 'Gbit/s', True, ['iperf3'], self.iperf, False),
            ('receive', 'Gbit/s', True, ['iperf3'], lambda w: self.iperf(w, '-R'), False),
            ('udp-send', 'Gbit/s', True, ['iperf3'], lambda w: self.iperf(w, *flood), False),
            ('udp-receive', 'Gbit/s', True, ['iperf3'], lambda w: self.iperf(w, '-R', *flood), False),
            ('redis', 'requests/s', True, ['redis-server', 'redis-benchmark'],
             lambda w: self.redis(w, 20000), False),
            ('redis-p16', 'requests/s', True, ['redis-server', 'redis-benchmark'],
             lambda w: self.redis(w, 100000, '-P', '16'), False),
            ('nginx', 'requests/s', True, ['nginx', 'wrk'], self.wrk, False),
            ('nginx-close', 'requests/s', True, ['nginx', 'wrk'],
             lambda w: self.wrk(w, *close), False),
            ('connect-rate', 'conns/s', True, [],
             lambda w: self.own(w, 'connect', w.addr, seconds), False),
            ('rtt', 'us', False, [], lambda w: self.own(w, 'rtt', w.addr, seconds), False),
        ]

    # Results

    def measure(self, ways, how, name):
        """Each way's median; those that fail are told, and are not there. Ours is the first one."""
        values = {way: [] for way in ways}
        for _ in range(self.rounds):
            for way in list(values):
                try:
                    values[way].append(how(way))
                except (Failure, ValueError, KeyError, AttributeError, OSError) as e:
                    say('run/%s: %s fails: %s' % (name, way.label, e))
                    self.status |= way.label == 'skiff'
                    del values[way]
            if ways[0] not in values:
                break
        return {way: statistics.median(v) for way, v in values.items()}

    def report(self, name, unit, more, value, peer=None, other=None):
        ratio = None
        if value > 0 and other and other > 0:
            ratio = value / other if more else other / value
        say(json.dumps({'name': 'run/' + name, 'value': value, 'unit': unit,
                        'better': 'higher' if more else 'lower', 'peer': peer,
                        'peer_value': other, 'ratio': ratio}))

    def compare(self, ours, peers, case):
        name, unit, more, tools, how, _ = case
        missing = [t for t in tools if not shutil.which(t)]
        if missing:
            say('run/%s-%s: skipped: %s is not installed' % (ours.name, name, missing[0]))
            return
        medians = self.measure([ours] + peers, how, name)
        if ours not in medians:
            return
        rivals = [p for p in peers if p in medians]
        for p in rivals:
            self.report('%s-%s' % (p.name, name), unit, more, medians[ours], p.label, medians[p])
        if not rivals:
            self.report('%s-%s' % (ours.name, name), unit, more, medians[ours])

    def call(self, ours):
        """A call that skiff answers itself, next to the kernel's."""
        native = Way('native', 'native', [], '')
        medians = self.measure([ours, native], lambda w: self.own(w, 'call', str(self.seconds)),
                               'getsockname')
        if ours in medians and native in medians:
            self.report('native-getsockname', 'ns', False, medians[ours], 'kernel',
                        medians[native])

    def all(self):
        rivalries = self.ways()
        self.start_servers()
        for case in self.cases():
            if self.only in case[0]:
                for ours, peers in rivalries:
                    if peers is rivalries[0][1] or not case[5]:
                        self.compare(ours, peers, case)
        if self.only in 'getsockname':
            self.call(rivalries[0][0])


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--only', default='')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--seconds', type=int, default=1)
    parser.add_argument('build')
    args = parser.parse_args()
    for program in ('skiff', os.path.join('bench', 'run-client')):
        if not os.access(os.path.join(args.build, program), os.X_OK):
            parser.error('%s is not built in %s' % (program, args.build))
    if not os.environ.get(MARK):
        os.environ[MARK] = '1'
        os.execv(IN_NETNS, [IN_NETNS, sys.executable, os.path.abspath(__file__)] + sys.argv[1:])
    # Nothing that was started may outlive this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    procs = Processes()
    with tempfile.TemporaryDirectory(prefix='skiff-bench-') as tmp:
        os.chmod(tmp, 0o755)
        bench = Bench(args, procs, tmp)
        try:
            bench.all()
        except Failure as e:
            say('run: %s' % e)
            bench.status = 1
        finally:
            procs.end_all()
    return bench.status


if __name__ == '__main__':
    sys.exit(main())
