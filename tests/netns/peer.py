# SPDX-License-Identifier: BSD-2-Clause
"""What the tests against the kernel share: hosts that run, the kernel's end, and counting."""
import atexit
import ctypes
import fcntl
import glob
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

SKIFF = os.environ.get('SKIFF', 'build/debug/skiff')
HOST, KERNEL, DEV = '192.0.2.2', '192.0.2.1', 'sk0'
ECHO, DISCARD, DAYTIME, CHARGEN = 7, 9, 13, 19
SERVICES = 'echo,discard,daytime,chargen'

# How long anything may take on a machine with other things to do. What it takes is not judged.
PATIENCE = 60.0


def kill_hosts(path):
    """Those in the background that a failed test has left, by the locks of their names."""
    for lock in map(open, glob.glob(path + '/**/skiff/*.lock', recursive=True)):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.kill(int(lock.read()), signal.SIGKILL)


def own_folder(prefix):
    """A folder that goes with this process, whatever becomes of its tests."""
    path, owner = tempfile.mkdtemp(prefix=prefix), os.getpid()

    def remove():
        # Children may come to an end in the same way.
        if os.getpid() == owner:
            kill_hosts(path)
            shutil.rmtree(path, ignore_errors=True)
    atexit.register(remove)
    return path


# Locks of hosts' names, captures and the like.
WORK = own_folder('skiff-test-')
os.environ['XDG_RUNTIME_DIR'] = WORK
os.chmod(WORK, 0o700)


class Skip(Exception):
    """Raised by a test that can't be run here; says why."""


def main(tests):
    """Runs the functions of @tests; the last line counts them."""
    passed = failed = skipped = 0
    for test in tests:
        try:
            test()
            passed += 1
            print('ok   ' + test.__name__)
        except Skip as e:
            skipped += 1
            print('SKIP %s: %s' % (test.__name__, e))
        except Exception:
            failed += 1
            print('FAIL %s\n%s' % (test.__name__, traceback.format_exc()))
        finally:
            Host.stop_all()
        sys.stdout.flush()
    print('%d passed, %d failed, %d skipped' % (passed, failed, skipped))
    sys.exit(1 if failed else 0)


def tool(name):
    if not shutil.which(name):
        raise Skip('%s is not installed' % name)
    return name


def sh(*cmd):
    """Runs a command that has to work; returns what it printed."""
    done = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, '%s: %d\n%s' % (' '.join(cmd), done.returncode, done.stdout)
    return done.stdout


def skiff(*args, env=None, before=None, timeout=PATIENCE, binary=SKIFF, cwd=None):
    """Runs the command to its end; returns (exit status, output, errors)."""
    done = subprocess.run([binary] + list(args), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=timeout, preexec_fn=before, cwd=cwd,
                          env=dict(os.environ, **(env or {})))
    assert_no_report(done.stderr)
    return done.returncode, done.stdout, done.stderr


def assert_no_report(errors):
    for what in ('Sanitizer', 'runtime error:', 'panic', 'leak'):
        assert what not in errors, errors


def wait_for(what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, 'nothing within %g s' % seconds
        time.sleep(0.01)


def sleeps(pid):
    """Whether a process does nothing for a while."""
    for _ in range(10):
        if open('/proc/%d/stat' % pid).read().rsplit(')', 1)[1].split()[0] != 'S':
            return False
        time.sleep(0.02)
    return True


class Host:
    """A host of `skiff up` with a TAP, or @device, and the kernel's end of it."""
    running = []

    def __init__(self, *args, dev='', name='box', services=SERVICES, pcap=None, device=None,
                 kernel_side=True):
        device = device or 'tap,name=%s,addr=%s/24' % (DEV, HOST)
        cmd = [SKIFF, 'up', name, '--dev', device + dev]
        cmd += ['--services', services] if services else []
        cmd += ['--pcap', pcap] if pcap else []
        self.out, self.err = [], []
        self.proc = subprocess.Popen(cmd + list(args), stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, text=True)
        Host.running.append(self)
        self.readers = [threading.Thread(target=lambda f, to: to.extend(f), args=a)
                        for a in ((self.proc.stdout, self.out), (self.proc.stderr, self.err))]
        for r in self.readers:
            r.start()
        wait_for(lambda: self.out or self.proc.poll() is not None)
        assert self.out and self.out[0] == 'host %s is up\n' % name, self.err
        found = re.search(r'mac ([0-9a-f:]{17})', ''.join(self.out))
        self.mac = found.group(1) if found else None
        if not kernel_side:
            return
        # IPv6 of the kernel's would only be in the way of counting.
        try:
            with open('/proc/sys/net/ipv6/conf/%s/disable_ipv6' % DEV, 'w') as f:
                f.write('1')
        except OSError:
            pass
        sh('ip', 'addr', 'add', KERNEL + '/24', 'dev', DEV)
        sh('ip', 'link', 'set', DEV, 'up')

    def stop(self, how=signal.SIGTERM):
        """Ends the host, which has to end well; returns its output."""
        Host.running.remove(self)
        self.proc.send_signal(how)
        try:
            status = self.proc.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            raise
        for r in self.readers:
            r.join()
        errors = ''.join(self.err)
        assert_no_report(errors)
        assert status == 0, 'exit status %d\n%s' % (status, errors)
        return ''.join(self.out)

    @staticmethod
    def stop_all():
        for host in list(Host.running):
            Host.running.remove(host)
            host.proc.kill()
            host.proc.wait()
            for r in host.readers:
                r.join()


def counter(output, name):
    """A counter of a host's final report; those that are zero are left out there."""
    found = re.search(r'\b%s (\d+)' % name, output)
    return int(found.group(1)) if found else 0


def kernel_icmp(name):
    """What the kernel has counted of ICMP in this namespace."""
    names, values = [line.split() for line in open('/proc/net/snmp') if line.startswith('Icmp:')]
    return int(values[names.index(name)])


def link_counters(dev):
    """What passed the interface, as the kernel counts it: rx_packets and so on."""
    stats = json.loads(sh('ip', '-s', '-j', 'link', 'show', dev))[0]['stats64']
    return {'%s_%s' % (way, name): value for way in ('rx', 'tx')
            for name, value in stats[way].items()}


def flood_of_pings(count):
    """At least @count of them. Return: how many; the kernel has received an answer to each."""
    before = kernel_icmp('InEchoReps')
    # Without a deadline it goes away when the last answers take longer than those before; with one
    # it goes on asking until so many have come.
    out = sh(tool('ping'), '-f', '-q', '-c', str(count), '-w', '600', HOST)
    assert ' %d received' % count in out, out
    sent = int(re.search(r'(\d+) packets transmitted', out).group(1))
    wait_for(lambda: kernel_icmp('InEchoReps') - before == sent)
    return sent


def udp(timeout=PATIENCE, port=0):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(timeout)
    s.bind((KERNEL, port))
    return s


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pattern(size, seed):
    """Bytes that differ from those of any other size and seed."""
    return bytes((i * 7 + size * 13 + seed * 31 + (i >> 8)) & 255 for i in range(size))


def udp_frame(src, sport, dst, dport, data):
    """An IP packet with a datagram, for a raw socket: whatever source one likes."""
    ips = socket.inet_aton(src) + socket.inet_aton(dst)
    head = struct.pack('!HHHH', sport, dport, 8 + len(data), 0)
    total = checksum(ips + struct.pack('!HH', 17, 8 + len(data)) + head + data) or 0xffff
    head = head[:6] + struct.pack('!H', total)
    ip = struct.pack('!BBHHHBBH', 0x45, 0, 28 + len(data), 0, 0, 64, 17, 0) + ips
    return ip + head + data


def raw_ip():
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, DEV.encode())
    return s


def tshark(path, *args):
    return subprocess.run([tool('tshark'), '-r', path] + list(args), stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout


def assert_frames_are_right(path, least):
    """Wireshark finds nothing wrong with the frames of a capture, of which it has @least."""
    bad = ('ip.checksum.status==0||tcp.checksum.status==0||udp.checksum.status==0||'
           'icmp.checksum.status==0||_ws.malformed')
    found = tshark(path, '-o', 'ip.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE', '-Y', bad)
    assert not found, found[:2000]
    count = len(tshark(path, '-T', 'fields', '-e', 'frame.number').splitlines())
    assert count >= least, '%d frames instead of %d' % (count, least)


def own_mounts():
    """From here on, what is mounted is seen by this process and its children only."""
    if not getattr(own_mounts, 'done', False):
        assert ctypes.CDLL(None).unshare(0x00020000) == 0  # CLONE_NEWNS
        sh('mount', '--make-rprivate', '/')
        own_mounts.done = True


def small_disk(path, size):
    """A file system of @size bytes, which this process and its children see."""
    own_mounts()
    os.makedirs(path)
    sh('mount', '-t', 'tmpfs', '-o', 'size=%d' % size, 'none', path)
    # Or the folder could not be removed.
    atexit.register(subprocess.run, ['umount', '-l', path])


class KernelSide:
    """What the kernel receives from the device, as a pcap file of our own making."""

    def __init__(self, path, dev=DEV):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.bind((dev, 0))
        self.sock.settimeout(0.2)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.path, self.frames, self.done = path, [], False
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        while True:
            try:
                frame, where = self.sock.recvfrom(65536)
            except socket.timeout:
                # Not before all is read that waits.
                if self.done:
                    return
                continue
            if where[2] != socket.PACKET_OUTGOING:
                self.frames.append(frame)

    def stop(self):
        time.sleep(0.2)
        self.done = True
        self.thread.join()
        self.sock.close()
        with open(self.path, 'wb') as f:
            f.write(struct.pack('=IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for frame in self.frames:
                f.write(struct.pack('=IIII', 0, 0, len(frame), len(frame)) + frame)
        return self.frames
