#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Programs that everyone knows: on a host against the kernel, both ways, and as ordinary users."""
from programs_nginx import *

# In the debugging build, sanitizers and all, bytes are dear.
BULK = 32 * MB
RELEASE = os.environ.get('SKIFF_RELEASE', SKIFF)
RELEASE_BULK = 1024 * MB


# ---------------------------------------------------------------------- nginx, curl, wrk

def curl_hash(client, *args):
    return client.digest('curl', '-s', '-S', '--fail', '--max-time', '300', *args)


def curl(server, client):
    nginx = Nginx(server)
    bulk = nginx.put('bulk', BULK)
    nginx.start()
    plain = 'http://%s:8080/' % server.address
    assert curl_hash(client, plain + 'small.txt') == nginx.small
    assert curl_hash(client, plain + 'bulk') == bulk
    out = client.run('curl', '-s', '-o', '/dev/null', '-w', '%{http_code} %{http_version}',
                     plain + 'nothing')
    assert out == '404 1.1', out
    # A connection that is used again, and one that is refused.
    out = client.run('curl', '-s', '-o', '/dev/null', '-o', '/dev/null', '-w', '%{num_connects} ',
                     plain + 'small.txt', plain + 'small.txt')
    assert out == '1 0 ', out
    client.run('curl', '-s', 'http://%s:9/' % server.address, status=7)
    nginx.stop()


def curl_http2(server, client):
    nginx = Nginx(server)
    bulk = nginx.put('bulk', BULK // 4)
    nginx.start()
    os.chmod(nginx.folder + '/cert.pem', 0o644)
    tls = ['--http2', '--cacert', nginx.folder + '/cert.pem', '--resolve',
           'skiff.test:8443:' + server.address]
    assert curl_hash(client, *tls, 'https://skiff.test:8443/bulk') == bulk
    out = client.run('curl', '-s', '-o', '/dev/null', '-w', '%{http_code} %{http_version}', *tls,
                     'https://skiff.test:8443/small.txt')
    assert out == '200 2', out
    client.run('curl', '-s', '--cacert', '/dev/null', *tls[3:], 'https://skiff.test:8443/',
               status=77)
    nginx.stop()


def test_curl_of_a_gigabyte():
    """On the release build, both ways over a TAP."""
    if RELEASE == SKIFF:
        raise Skip('no release build is named by SKIFF_RELEASE')
    if shutil.disk_usage(FILES).free < 2 * RELEASE_BULK:
        raise Skip('no room for a gigabyte in %s' % FILES)
    for serves in (True, False):
        host = BinaryHost(RELEASE, 'fast')
        box = box_place('fast', RELEASE)
        server, client = (box, KERNEL_PLACE) if serves else (KERNEL_PLACE, box)
        nginx = Nginx(server)
        bulk = nginx.put('bulk', RELEASE_BULK)
        nginx.start()
        assert curl_hash(client, 'http://%s:8080/bulk' % server.address) == bulk
        nginx.stop()
        host.stop()
        shutil.rmtree(nginx.folder)


def wrk_counts(out):
    """How many requests wrk has counted, all of which were answered well, and its errors."""
    assert 'Non-2xx' not in out, out
    errors = re.search(r'connect (\d+), read (\d+), write (\d+), timeout (\d+)', out)
    return (int(re.search(r'(\d+) requests in', out).group(1)),
            [int(n) for n in errors.groups()] if errors else [0] * 4)


def wrk(server, client):
    nginx = Nginx(server).start()
    out = client.run('wrk', '-t', '2', '-c', '32', '-d', '2', '--timeout', '30',
                     'http://%s:8080/small.txt' % server.address)
    count, errors = wrk_counts(out)
    assert count > 100 and errors == [0] * 4, out
    nginx.stop()
    served = len(nginx.requests())
    # Of each connection one answer may still have been under way.
    assert count <= served <= count + 32, (count, served)


def nginx_reload(server, client):
    """Workers change under load: nobody is refused, and no answer is missing but at their ends."""
    nginx = Nginx(server).start()
    reloads, connections = 3, 16
    load = client.start('wrk', '-t', '1', '-c', str(connections), '-d', '4', '--timeout', '30',
                        'http://%s:8080/small.txt' % server.address)
    wait_for(lambda: len(nginx.requests()) > 50)
    for i in range(reloads):
        os.kill(nginx.program.pid, signal.SIGHUP)
        wait_for(lambda: nginx.workers('start') == 2 * (i + 2))
        wait_for(lambda: nginx.workers('end') == 2 * (i + 1))
    count, errors = wrk_counts(load.finish())
    assert errors[0] == errors[3] == 0, errors
    # A keep-alive connection of a worker that goes is ended, also on the kernel; wrk counts it.
    assert errors[1] + errors[2] <= reloads * connections, errors
    assert count <= len(nginx.requests()), (count, len(nginx.requests()))
    assert curl_hash(client, 'http://%s:8080/small.txt' % server.address) == nginx.small
    nginx.stop()


# ---------------------------------------------------------------------- iperf3

def iperf3_run(program, client, server, *args):
    # It closes its listener after each test, and makes another one.
    begun = len(re.findall('Accepted connection', program.text()))
    wait_for(lambda: len(re.findall('Server listening', program.text())) > begun)
    result = json.loads(client.run('iperf3', '-c', server.address, '-J', *args))
    assert 'error' not in result, result['error']
    return result['end']


def iperf3(server, client):
    program = server.start('iperf3', '-s', '--forceflush')
    bulk = 16 * MB
    # What is under way when the sender says that it is done is not counted: small buffers, of four streams.
    four = ['-P', '4', '-w', '128K']
    for args in ([], ['-R'], four, [*four, '-R']):
        end = iperf3_run(program, client, server, '-n', str(bulk), *args)
        sent, received = end['sum_sent']['bytes'], end['sum_received']['bytes']
        assert sent >= bulk, (args, sent)
        assert bulk // 2 <= received <= sent, (args, sent, received)
        assert len(end['streams']) == (4 if args[:1] == ['-P'] else 1)
    end = iperf3_run(program, client, server, '-t', '1', '--bidir')
    for way in ('sum_received', 'sum_received_bidir_reverse'):
        assert end[way]['bytes'] > MB // 4, (way, end[way])
    for args in ([], ['-R']):
        end = iperf3_run(program, client, server, '-u', '-b', '2M', '-l', '1000', '-k', '300', *args)
        assert end['sum']['packets'] >= 100, end['sum']
        assert end['sum']['lost_packets'] < end['sum']['packets'] // 2, end['sum']
    assert len(re.findall('Accepted connection', program.text())) == 7, program.text()
    # It is told of the signal, and says so.
    program.stop()


# ---------------------------------------------------------------------- redis

def redis(server, client):
    program = server.start('redis-server', '--port', '6379', '--save', '', '--bind', '0.0.0.0',
                           '--protected-mode', 'no', cwd=server.folder())
    program.says('Ready to accept connections')

    def cli(*args):
        return client.run('redis-cli', '-h', server.address, *args).strip()
    # Long enough that it comes in many pieces.
    value = '0123456789' * 20000
    assert cli('set', 'long', value[:100000]) == 'OK'
    assert cli('append', 'long', value[100000:]) == str(len(value))
    assert cli('get', 'long') == value
    cli('config', 'resetstat')
    client.run('redis-benchmark', '-h', server.address, '-q', '-n', '2000', '-c', '20',
               '-t', 'set,incr')
    client.run('redis-benchmark', '-h', server.address, '-q', '-n', '20000', '-c', '20', '-P', '16',
               '-r', '500', '-t', 'get')
    calls = dict(re.findall(r'cmdstat_(\w+):calls=(\d+)', cli('info', 'commandstats')))
    assert calls['set'] == calls['incr'] == '2000' and calls['get'] == '20000', calls
    assert cli('get', 'counter:__rand_int__') == '2000'
    assert re.search(r'connected_clients:1\b', cli('info', 'clients'))
    client.run('redis-cli', '-h', server.address, 'shutdown', 'nosave')
    assert program.wait() == 0


# ---------------------------------------------------------------------- python

def python(server, client):
    """http.server and urllib."""
    folder = server.folder()
    digest = make_file(folder + '/bulk', BULK // 4)
    program = server.start(PYTHON, '-u', '-m', 'http.server', '8000', cwd=folder)
    program.says('Serving HTTP')
    out = client.run(PYTHON, '-c', '''
import hashlib, urllib.request, urllib.error
url = "http://%s:8000/"
print(hashlib.sha256(urllib.request.urlopen(url + "bulk", timeout=120).read()).hexdigest())
try:
    urllib.request.urlopen(url + "nothing")
except urllib.error.HTTPError as e:
    print(e.code)
try:
    urllib.request.urlopen(url.replace("8000", "8001"))
except urllib.error.URLError as e:
    print(type(e.reason).__name__)
''' % server.address)
    assert out.split() == [digest, '404', 'ConnectionRefusedError'], out
    assert '"GET /bulk HTTP/1.1" 200' in program.text()
    program.stop()


def asyncio(server, client):
    helper = HELPERS + '/programs_asyncio.py'
    program = server.start(PYTHON, '-u', helper, 'serve', '7001')
    program.says('serving')
    out = client.run(PYTHON, helper, 'call', server.address, '7001', '100')
    assert out == '100 streams of 100000 bytes, 100 datagrams\n', out
    assert program.stop(signal.SIGINT) == 0, program.text()


# ---------------------------------------------------------------------- a static program

def go_program():
    """Built once; static, so that nothing could stand between it and its system calls."""
    path = FILES + '/echo'
    if not os.path.exists(path):
        tool('go')
        env = dict(os.environ, CGO_ENABLED='0', GOPROXY='off', GO111MODULE='off',
                   GOCACHE=os.environ.get('GOCACHE', FILES + '/go-cache'), HOME=FILES)
        done = subprocess.run(['go', 'build', '-o', path, HELPERS + '/echo.go'], env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout
        os.chmod(path, 0o755)
    return path


def go(server, client):
    path = go_program()
    program = server.start(path, 'serve', '7000')
    program.says('serving')
    out = client.run(path, 'call', server.address, '7000', '50')
    assert out == '50 streams of 200000 bytes, 50 datagrams\n', out
    assert program.stop() == 0, program.text()


# ---------------------------------------------------------------------- ssh

def sshd(server, client):
    """A session with data both ways and an exit status, a copy of a file, and a forwarded port."""
    tool('ssh')
    try:
        user = pwd.getpwuid(server.user or os.geteuid())
    except KeyError:
        raise Skip('ssh: user %d has no name here' % server.user)
    folder = server.folder()
    for key in ('host', 'user'):
        sh(tool('ssh-keygen'), '-q', '-t', 'ed25519', '-N', '', '-f', '%s/%s' % (folder, key))
        server.own('%s/%s' % (folder, key))
    with open(folder + '/sshd_config', 'w') as f:
        f.write('Port 2222\nListenAddress %s\nHostKey %s/host\nPidFile none\nUsePAM no\n'
                'AuthorizedKeysFile %s/user.pub\nStrictModes no\nPasswordAuthentication no\n'
                'Subsystem sftp internal-sftp\n' % (server.address, folder, folder))
    command = ['/usr/sbin/sshd', '-D', '-e', '-f', folder + '/sshd_config']
    if not server.user:
        if not may_change_user():
            raise Skip('sshd: it can not change its user here')
        # It wants an empty folder of root's there.
        command = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none /run && '
                   'mkdir -m 755 /run/sshd && exec "$@"', 'sh'] + command
    program = server.start(*command)
    program.says('Server listening')
    options = ['-i', folder + '/user', '-F', '/dev/null', '-o', 'BatchMode=yes',
               '-o', 'StrictHostKeyChecking=no', '-o', 'LogLevel=ERROR',
               '-o', 'UserKnownHostsFile=' + folder + '/known']
    ssh = ['ssh', '-p', '2222'] + options + ['%s@%s' % (user.pw_name, server.address)]
    digest = make_file(folder + '/data', BULK // 8)
    os.chmod(folder + '/data', 0o644)
    with open(folder + '/data', 'rb') as f:
        assert client.run(*ssh, 'sha256sum', stdin=f).split()[0] == digest
    client.run(*ssh, 'exit 7', status=7)
    client.run('scp', '-P', '2222', *options, '%s:%s/data' % (ssh[-1], folder), folder + '/copy')
    with open(folder + '/copy', 'rb') as f:
        assert hashlib.sha256(f.read()).hexdigest() == digest
    program.stop()


# ---------------------------------------------------------------------- names, ping

def dnsmasq(server, client):
    program = server.start('dnsmasq', '--no-daemon', '--conf-file=/dev/null', '--no-resolv',
                           '--no-hosts',
                           # The interfaces that it would look for by netlink are the kernel's.
                           '--bind-interfaces', '--listen-address=' + server.address,
                           '--port=5353', '--user=', '--pid-file=', '--log-queries',
                           '--address=/host.test/192.0.2.77',
                           *['--host-record=h%d.test,198.51.100.%d' % (i, i) for i in range(1, 51)])
    program.says('started')
    ask = ['dig', '@' + server.address, '-p', '5353', '+short', '+tries=5', '+timeout=10']
    assert client.run(*ask, 'a.host.test') == '192.0.2.77\n'
    assert client.run(*ask, '+tcp', 'host.test') == '192.0.2.77\n'
    assert client.run(*ask, '-x', '198.51.100.7') == 'h7.test.\n'
    names = client.folder() + '/names'
    with open(names, 'w') as f:
        f.write(''.join('h%d.test\n' % i for i in range(1, 51)))
    os.chmod(names, 0o644)
    out = client.run(*ask, '-f', names).split()
    assert out == ['198.51.100.%d' % i for i in range(1, 51)], out
    out = client.run('dig', '@' + server.address, '-p', '5353', 'nothing.example')
    assert 'status: REFUSED' in out or 'status: NXDOMAIN' in out, out
    assert program.stop() == 0, program.text()


def ping(server, client):
    for args in ([], ['-s', '5000'], ['-n', '-R']):
        out = client.run('ping', '-c', '4', '-i', '0.2', '-w', '60', *args, server.address)
        assert '4 packets transmitted, 4 received, 0% packet loss' in out, out


if __name__ == '__main__':
    wanted = sys.argv[1:]
    cases = [curl, curl_http2, wrk, nginx_reload, iperf3, redis, python, asyncio, go, sshd, dnsmasq,
             ping]
    tests = [way for case in cases for way in serving_calling_ordinary(case)]
    tests.append(test_curl_of_a_gigabyte)
    run_programs([t for t in tests if not wanted or any(w in t.__name__ for w in wanted)])
