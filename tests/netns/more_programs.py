#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Further programs, in the three ways of test_programs.py, for `make check-programs`."""
import glob

from programs_nginx import *

PORT = 7200
BULK = 8 * MB

JAVA = '''
import java.io.*;
import java.net.*;
import java.util.Arrays;
import java.util.concurrent.*;

/* Streams that come back, each of a thread of its own at either end. */
public class Echo {
    static void serve(int port) throws Exception {
        ServerSocket server = new ServerSocket(port, 200);
        System.out.println("serving");
        while (true) {
            Socket s = server.accept();
            new Thread(() -> {
                try (s) {
                    s.getInputStream().transferTo(s.getOutputStream());
                } catch (IOException e) {
                    e.printStackTrace();
                }
            }).start();
        }
    }

    static boolean call(String address, int port, int i) throws Exception {
        byte[] data = new byte[100000];
        Arrays.fill(data, (byte) i);
        try (Socket s = new Socket(address, port)) {
            Thread sender = new Thread(() -> {
                try {
                    s.getOutputStream().write(data);
                    s.shutdownOutput();
                } catch (IOException e) {
                    e.printStackTrace();
                }
            });
            sender.start();
            boolean same = Arrays.equals(s.getInputStream().readAllBytes(), data);
            sender.join();
            return same;
        }
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("serve")) {
            serve(Integer.parseInt(args[1]));
            return;
        }
        ExecutorService pool = Executors.newFixedThreadPool(20);
        java.util.List<Future<Boolean>> all = new java.util.ArrayList<>();
        for (int i = 0; i < 50; i++) {
            final int n = i;
            all.add(pool.submit(() -> call(args[1], Integer.parseInt(args[2]), n)));
        }
        int good = 0;
        for (Future<Boolean> f : all)
            if (f.get())
                good++;
        System.out.println(good + " streams");
        pool.shutdown();
    }
}
'''

NODE = '''
const http = require("http"), net = require("net"), crypto = require("crypto");
const data = Buffer.alloc(3000000, "skiff").toString();
const [what, address, port] = process.argv.slice(2);
function get(i) {
    return new Promise((resolve, reject) => http.get({ host: address, port, path: "/" + i }, r => {
        const hash = crypto.createHash("sha256");
        r.on("data", d => hash.update(d));
        r.on("end", () => resolve(hash.digest("hex") + r.statusCode));
    }).on("error", reject));
}
if (what == "serve") {
    http.createServer((q, r) => { r.writeHead(200); r.end(data); })
        .listen(port, () => console.log("serving"));
} else {
    const right = crypto.createHash("sha256").update(data).digest("hex") + "200";
    Promise.all([...Array(20).keys()].map(get)).then(got =>
        console.log(got.filter(g => g == right).length + " answers"));
}
'''


def digest_of(path):
    with open(path, 'rb') as f:
        return hashlib.sha256(f.read()).hexdigest()


def public_file(folder, name, size):
    digest = make_file(folder + '/' + name, size)
    os.chmod(folder + '/' + name, 0o644)
    return digest


def file_server(server, folder, port=8000):
    program = server.start(PYTHON, '-u', '-m', 'http.server', str(port), cwd=folder)
    program.says('Serving HTTP')
    return program


# ---------------------------------------------------------------------- HTTP

def wget(server, client):
    folder = server.folder()
    digest = public_file(folder, 'data', BULK)
    file_server(server, folder)
    to = client.folder() + '/data'
    # wget goes on where it has stopped.
    client.run('wget', '-q', '-O', to, 'http://%s:8000/data' % server.address)
    assert digest_of(to) == digest
    client.run('wget', '-q', '-O', '/dev/null', 'http://%s:8000/nothing' % server.address, status=8)
    client.run('wget', '-q', '-t', '1', '-O', '/dev/null', 'http://%s:8001/' % server.address,
               status=4)


def busybox(server, client):
    """httpd, which serves each connection by a child, wget and nc."""
    folder = server.folder()
    digest = public_file(folder, 'data', BULK)
    server.start('busybox', 'httpd', '-f', '-p', '8000', '-h', folder)
    server.wait_for_port(8000)
    to = client.folder() + '/data'
    client.run('busybox', 'wget', '-q', '-O', to, 'http://%s:8000/data' % server.address)
    assert digest_of(to) == digest
    with open(folder + '/data', 'rb') as f:
        sends = server.start('busybox', 'nc', '-l', '-p', str(PORT), stdin=f)
        to += '-by-nc'

        # It ends with its input: that of the one who receives stays open.
        silence, kept = os.pipe()

        def came():
            with open(to, 'wb') as out:
                return subprocess.run(client.prefix + ['busybox', 'nc', server.address, str(PORT)],
                                      stdin=silence, stdout=out, stderr=subprocess.DEVNULL,
                                      env=dict(os.environ, **client.env)).returncode == 0
        # It listens when it does; who comes before is refused.
        wait_for(came)
        assert sends.wait() == 0
        os.close(silence)
        os.close(kept)
    assert digest_of(to) == digest


def ab(server, client):
    nginx = Nginx(server).start()
    for args in ([], ['-k']):
        out = client.run('ab', '-q', '-n', '1000', '-c', '20', *args,
                         'http://%s:8080/small.txt' % server.address)
        for what, count in (('Complete requests', 1000), ('Failed requests', 0),
                            ('HTML transferred', 100 * 1000)):
            assert re.search(r'%s: +%d\b' % (what, count), out), out
        assert 'Non-2xx' not in out, out
    nginx.stop()
    assert len(nginx.requests()) == 2000


def node(server, client):
    script = FILES + '/echo.js'
    with open(script, 'w') as f:
        f.write(NODE)
    program = server.start('node', script, 'serve', server.address, '8000')
    program.says('serving')
    assert client.run('node', script, 'call', server.address, '8000') == '20 answers\n'


def java(server, client):
    folder = FILES + '/java'
    if not os.path.exists(folder):
        os.mkdir(folder)
        with open(folder + '/Echo.java', 'w') as f:
            f.write(JAVA)
        sh(tool('javac'), '-d', folder, folder + '/Echo.java')
    program = server.start('java', '-Xmx128m', '-cp', folder, 'Echo', 'serve', str(PORT))
    program.says('serving')
    out = client.run('java', '-Xmx128m', '-cp', folder, 'Echo', 'call', server.address, str(PORT))
    assert out == '50 streams\n', out


def chromium(server, client):
    names = ('chromium', 'chromium-browser', 'google-chrome')
    name = tool(next(filter(shutil.which, names), names[0]))
    nginx = Nginx(server)
    with open(nginx.folder + '/www/page.html', 'w') as f:
        f.write('<body><script>fetch("small.txt").then(r => r.arrayBuffer()).then(b => '
                'document.body.innerText = "length " + b.byteLength)</script></body>')
    nginx.start()
    # Its own namespaces and filters lie inside of the host's; root may not have them anywhere.
    sandbox = [] if client.user else ['--no-sandbox']
    out = client.run(name, '--headless', *sandbox, '--disable-gpu', '--virtual-time-budget=20000',
                     '--user-data-dir=' + client.folder(),
                     '--dump-dom',
                     'http://%s:8080/page.html' % server.address)
    assert 'length 100' in out, out
    nginx.stop()


# ---------------------------------------------------------------------- stores

def memcached(server, client):
    user = [] if server.user else ['-u', 'nobody']
    server.start('memcached', '-l', server.address, '-p', '11211', '-U', '11211', *user)
    server.wait_for_port(11211)
    out = client.run(PYTHON, '-c', '''
import socket
s = socket.create_connection(("%s", 11211))
f = s.makefile("rb")
for i in range(500):
    value = b"%%d" %% i * 200
    s.sendall(b"set k%%d 0 0 %%d\\r\\n%%s\\r\\n" %% (i, len(value), value))
stored = sum(f.readline() == b"STORED\\r\\n" for _ in range(500))
right = 0
for i in range(500):
    s.sendall(b"get k%%d\\r\\n" %% i)
    f.readline()
    right += f.readline() == b"%%d" %% i * 200 + b"\\r\\n"
    f.readline()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.settimeout(10)
u.connect(("%s", 11211))
u.send(b"\\0\\1\\0\\0\\0\\1\\0\\0get k7\\r\\n")
print(stored, right, u.recv(2000)[8:].split()[1].decode())
''' % (server.address, server.address))
    assert out == '500 500 k7\n', out


def postgresql(server, client):
    """A server of many processes, which share a listener, as an ordinary user; and pgbench."""
    there = (sorted(glob.glob('/usr/lib/postgresql/*/bin')) or ['/usr/bin'])[-1]
    tool(there + '/postgres')
    tool('pgbench')
    become, home = [], server.folder()
    if not server.user:
        if not may_change_user():
            raise Skip('postgres does not run as root')
        become = CHANGED_USER
        os.chown(home, ORDINARY, ORDINARY)
    try:
        pwd.getpwuid(ORDINARY)
    except KeyError:
        raise Skip('postgres: user %d has no name here' % ORDINARY)
    data = home + '/data'
    sh(*CHANGED_USER if may_change_user() else [], there + '/initdb', '-D', data, '-A', 'trust',
       '-U', 'bench', '--no-sync', '--locale=C', '-E', 'UTF8')
    with open(data + '/pg_hba.conf', 'a') as f:
        f.write('host all all 0.0.0.0/0 trust\n')
    program = server.start(*become, there + '/postgres', '-D', data, '-h', server.address,
                           '-k', '', '-F')
    program.says('database system is ready to accept connections')
    to = ['-h', server.address, '-U', 'bench']
    client.run('pgbench', *to, '-i', '-q', '-s', '1', 'postgres')
    out = client.run('pgbench', *to, '-n', '-c', '8', '-j', '2', '-t', '50', 'postgres')
    assert 'actually processed: 400/400' in out and 'failed transactions: 0' in out, out
    # Each transaction by a connection of its own.
    out = client.run('pgbench', *to, '-n', '-S', '-C', '-c', '4', '-t', '20', 'postgres')
    assert 'actually processed: 80/80' in out, out
    out = client.run('psql', *to, '-At', '-c', 'select count(*) from pgbench_history', 'postgres')
    assert out == '400\n', out
    assert program.stop(signal.SIGINT) == 0, program.text()


# ---------------------------------------------------------------------- copies

def rsync(server, client):
    folder = server.folder()
    os.mkdir(folder + '/tree')
    for i in range(50):
        public_file(folder + '/tree', 'file%d' % i, i * i * 100)
    with open(folder + '/rsyncd.conf', 'w') as f:
        f.write('use chroot = no\nlog file = /dev/stdout\n%s[tree]\npath = %s/tree\n' % (
            '' if server.user else 'uid = root\ngid = root\n', folder))
    server.start('rsync', '--daemon', '--no-detach', '--port=8730',
                 '--config', folder + '/rsyncd.conf')
    server.wait_for_port(8730)
    to = client.folder()
    url = 'rsync://%s:8730/tree/' % server.address
    client.run('rsync', '-r', url, to + '/copy')
    sh('diff', '-r', folder + '/tree', to + '/copy')
    # Of one that has changed in the middle, a part.
    with open(folder + '/tree/file49', 'r+b') as f:
        f.seek(100000)
        f.write(b'changed')
    out = client.run('rsync', '-r', '-c', '-v', url, to + '/copy')
    assert 'file49' in out and 'file48' not in out, out
    sh('diff', '-r', folder + '/tree', to + '/copy')


def git(server, client):
    """A clone over HTTP."""
    folder = server.folder()
    quiet = ['git', '-c', 'user.name=n', '-c', 'user.email=e@skiff.test',
             '-c', 'safe.directory=*', '-C', folder + '/work']
    sh(tool('git'), 'init', '-q', folder + '/work')
    for i in range(5):
        make_file(folder + '/work/file%d' % i, 300000)
        sh(*quiet, 'add', '.')
        sh(*quiet, 'commit', '-q', '-m', 'commit %d' % i)
    head = sh(*quiet, 'rev-parse', 'HEAD')
    sh(*quiet, 'clone', '-q', '--bare', folder + '/work', folder + '/bare.git')
    sh('git', '-c', 'safe.directory=*', '-C', folder + '/bare.git', 'update-server-info')
    sh('chmod', '-R', 'a+rX', folder)
    file_server(server, folder)
    to = client.folder() + '/clone'
    client.run('git', 'clone', '-q', 'http://%s:8000/bare.git' % server.address, to)
    assert client.run('git', '-c', 'safe.directory=*', '-C', to, 'rev-parse', 'HEAD') == head
    client.run('git', '-C', to, '-c', 'safe.directory=*', 'fsck', '--full')


def apt_get(server, client):
    """A package from a mirror of one, without touching the system's lists."""
    folder, root = server.folder(), client.folder()
    os.makedirs(folder + '/pkg/DEBIAN')
    make_file(folder + '/pkg/data', 1000000)
    with open(folder + '/pkg/DEBIAN/control', 'w') as f:
        f.write('Package: skiff-test\nVersion: 1\nArchitecture: all\n'
                'Maintainer: nobody <n@skiff.test>\nDescription: nothing\n')
    deb = folder + '/skiff-test_1_all.deb'
    sh(tool('dpkg-deb'), '-Znone', '--root-owner-group', '--build', folder + '/pkg', deb)
    with open(folder + '/Packages', 'w') as f:
        f.write(open(folder + '/pkg/DEBIAN/control').read() +
                'Filename: ./skiff-test_1_all.deb\nSize: %d\nSHA256: %s\n' % (
                    os.path.getsize(deb), digest_of(deb)))
    file_server(server, folder)
    for name in ('lists/partial', 'cache/archives/partial', 'parts'):
        os.makedirs(root + '/' + name)
    with open(root + '/sources.list', 'w') as f:
        f.write('deb [trusted=yes] http://%s:8000 ./\n' % server.address)
    open(root + '/status', 'w').close()
    if client.user:
        sh('chown', '-R', '%d' % client.user, root)
    options = {'Dir::State': root, 'Dir::State::lists': root + '/lists',
               'Dir::Cache': root + '/cache', 'Dir::State::status': root + '/status',
               'Dir::Etc::sourcelist': root + '/sources.list',
               'Dir::Etc::sourceparts': root + '/parts', 'Dir::Etc::parts': root + '/parts',
               'APT::Sandbox::User': 'root', 'Acquire::http::Proxy': 'false'}
    apt = ['apt-get'] + ['-o%s=%s' % o for o in options.items()]
    client.run(*apt, 'update')
    client.run(*apt, 'download', 'skiff-test', cwd=root)
    assert digest_of(root + '/skiff-test_1_all.deb') == digest_of(deb)


# ---------------------------------------------------------------------- pipes

def socat(server, client):
    folder, to = server.folder(), client.folder() + '/data'
    digest = public_file(folder, 'data', BULK)
    program = server.start('socat', '-d', '-d', '-u', 'TCP-LISTEN:%d,reuseaddr,fork' % PORT,
                           'OPEN:%s/came,creat,append' % folder)
    program.says('listening on')
    client.run('socat', '-u', 'OPEN:%s/data' % folder, 'TCP:%s:%d' % (server.address, PORT))
    wait_for(lambda: os.path.exists(folder + '/came') and os.path.getsize(folder + '/came') == BULK)
    assert digest_of(folder + '/came') == digest
    # Datagrams to a child for each who sends some.
    # Nothing ends it but that nobody says anything.
    program = server.start('socat', '-d', '-d', '-T', '3', 'UDP-LISTEN:%d,fork' % (PORT + 1),
                           'EXEC:cat')
    program.says('listening on')
    with open(folder + '/few', 'wb') as f:
        f.write(b'a datagram')
    with open(folder + '/few', 'rb') as f:
        out = client.run('socat', '-t', '10', '-',
                         'UDP:%s:%d,shut-none' % (server.address, PORT + 1), stdin=f)
    assert out == 'a datagram', out


def ncat(server, client):
    """A program for each connection, in the clear and by TLS."""
    folder = server.folder()
    digest = public_file(folder, 'data', BULK)
    for port, tls in ((PORT, []), (PORT + 1, ['--ssl'])):
        server.start('ncat', *tls, '-l', port, '--keep-open', '--send-only', '--exec',
                     '/bin/cat %s/data' % folder)
        server.wait_for_port(port)
        for _ in range(2):
            assert client.digest('ncat', *tls, '--recv-only', server.address, port) == digest


def nmap(server, client):
    program = file_server(server, server.folder())
    out = client.run('nmap', '-sT', '-Pn', '-n', '-p', '7990-8010', '-oG', '-', server.address)
    assert '8000/open' in out and len(re.findall('/open/', out)) == 1, out
    program.stop()


if __name__ == '__main__':
    wanted = sys.argv[1:]
    cases = [wget, busybox, ab, node, java, chromium, memcached, postgresql, rsync, git, apt_get,
             socat, ncat, nmap]
    tests = [way for case in cases for way in serving_calling_ordinary(case)]
    run_programs([t for t in tests if not wanted or any(w in t.__name__ for w in wanted)])
