#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Bad input to the command: each gets a message that names it, and its own exit status."""
import ctypes
import os
import socket
import stat
import subprocess
import time

from peer import *

USAGE, DEVICE, ADDRESS, RIGHTS, TAKEN, NO_TUN, SERVICE, CAPTURE = 2, 3, 4, 5, 6, 7, 8, 9

TAP = 'tap,name=sk0,addr=192.0.2.2/24'


def table(*rows):
    """Each row: exit status, what the message has to say, arguments."""
    for status, says, *args in rows:
        got, out, err = skiff(*args)
        for what in says if isinstance(says, list) else [says]:
            assert what in err, '%s: no %r in %r' % (args, what, err)
        assert got == status, '%s: exit status %d: %s' % (args, got, err)
        assert not out, out
        assert DEV not in [name for _, name in socket.if_nameindex()], args


def test_usage():
    table((USAGE, 'a command is missing'),
          (USAGE, ["'nope'", 'run, up, exec, list, down, demo'], 'nope'),
          (USAGE, '--nope', '--nope'),
          (USAGE, '--nope', 'up', '--nope'),
          (USAGE, '--nope', 'demo', '--nope'),
          (USAGE, "'x'", 'demo', 'x'),
          (USAGE, 'a name for the host is missing', 'up'),
          (USAGE, 'a name for the host is missing', 'up', '--dev', TAP),
          (USAGE, '3 servers', 'up', 'box', *['--dns', '192.0.2.53'] * 4),
          (USAGE, 'the name of a host is missing', 'down'),
          (USAGE, "'more'", 'down', 'box', 'more'),
          (USAGE, '--nope', 'list', '--nope'),
          (USAGE, ["'more'", "'box'"], 'up', 'box', 'more', '--dev', TAP),
          (USAGE, 'dev', 'up', 'box', '--dev'),
          (USAGE, ['--gateway 192.0.2.3', '--gateway 192.0.2.1', 'one is accepted'], 'up', 'box',
           '--dev', TAP, '-g', '192.0.2.1', '-g', '192.0.2.3'),
          (USAGE, ['--pcap b', '--pcap a', 'one is accepted'], 'up', 'box', '--dev', TAP,
           '-w', 'a', '-w', 'b'),
          (USAGE, '254 characters', 'up', 'box', '--dev', TAP, '-s', 'x' * 300),
          (USAGE, '32', 'up', 'box', *['--dev', 'dummy'] * 33))


def test_host_names():
    for name in ('', 'a/b', '../x', '.x', 'a b', 'n' * 64, 'ü'):
        table((USAGE, ["'%s'" % name, '1 to 63'], 'up', name, '--dev', TAP))


def test_devices():
    def dev(status, says, text):
        return status, says, 'up', 'box', '--dev', text
    table(dev(DEVICE, 'KIND,key=value', ''),
          dev(DEVICE, 'KIND,key=value', 'tap,' + 'x' * 2000),
          dev(DEVICE, ['nope', 'tap'], 'nope'),
          dev(DEVICE, ['nope', 'tap'], 'nope,name=sk0'),
          dev(DEVICE, "'name'", 'tap,name'),
          dev(DEVICE, "''", 'tap,'),
          dev(DEVICE, ['color', 'mac, mtu', 'name, addr'], 'tap,color=blue'),
          dev(DEVICE, ['sixteen.letters.', '1 to 15'], 'tap,name=sixteen.letters.'),
          dev(DEVICE, '1 to 15', 'tap,name='),
          dev(DEVICE, '1 to 15', 'tap,name=a/b'),
          dev(DEVICE, ['1 to 15', "neither '.' nor '..'"], 'tap,name=..'),
          dev(DEVICE, 'name=all: reserved', 'tap,name=all'),
          dev(DEVICE, 'name=default: reserved', 'tap,name=default'),
          dev(DEVICE, 'name=b', 'tap,name=a,name=b'),
          dev(DEVICE, ['mac=1', '02:00:00:00:00:01, are accepted'], 'tap,mac=1'),
          dev(DEVICE, 'mac=zz:00:00:00:00:00', 'tap,mac=zz:00:00:00:00:00'),
          dev(DEVICE, ['mac=00:00:00:00:00:00', 'zero'], 'tap,mac=00:00:00:00:00:00'),
          dev(DEVICE, ['mac=01:02:03:04:05:06', 'multicast'], 'tap,mac=01:02:03:04:05:06'),
          dev(DEVICE, ['mtu=x', '68 to 65521'], 'tap,mtu=x'),
          dev(DEVICE, 'mtu=-1', 'tap,mtu=-1'),
          dev(DEVICE, ['mtu=67', '68 to'], 'tap,mtu=67'),
          dev(DEVICE, ['mtu=65522', '68 to 65521'], 'tap,mtu=65522'),
          dev(DEVICE, 'mtu=99999999999', 'tap,mtu=99999999999'),
          dev(DEVICE, ['vnet_hdr=maybe', 'on or off'], 'tap,vnet_hdr=maybe'),
          dev(DEVICE, ['napi=on', 'off or threaded'], 'tap,napi=on'),
          dev(DEVICE, ['sndbuf=4095', '4096 to 2147483647', '0 for no limit'], 'tap,sndbuf=4095'),
          dev(DEVICE, 'sndbuf=2147483648', 'tap,sndbuf=2147483648'),
          dev(DEVICE, 'sndbuf=-1', 'tap,sndbuf=-1'),
          dev(DEVICE, 'sndbuf=1x', 'tap,sndbuf=1x'),
          dev(DEVICE, ["'napi=off'", 'given twice'], 'tap,napi=threaded,napi=off'),
          dev(DEVICE, 'without napi=threaded', 'tap,sndbuf=65536'),
          dev(DEVICE, ['gso_ipv4_max_size=x', '65536 to 524288'], 'tap,gso_ipv4_max_size=x'),
          dev(DEVICE, '65536 to 524288', 'tap,gso_ipv4_max_size=65535'),
          dev(DEVICE, '65536 to 524288', 'tap,gso_ipv4_max_size=524289'))


def test_addresses():
    def addr(says, text):
        return ADDRESS, [text, says, 'accepted'], 'up', 'box', '--dev', 'tap,name=sk0,addr=' + text
    table(addr('', 'x'), addr('', '192.0.2'), addr('', '192.0.2.2'), addr('', '192.0.2.2/'),
          addr('0 to 32', '192.0.2.2/33'), addr('0 to 32', '192.0.2.2/-1'),
          addr('', '192.0.2.256/24'), addr('', '192.0.2.02/24'), addr('', '192.0.2.2.2/24'),
          addr('multicast', '224.0.0.1/24'), addr('broadcast', '192.0.2.255/24'),
          addr('network', '192.0.2.0/24'), addr('', '0.0.0.1/24'), addr('', '2001:db8::1/64'),
          addr('already', '192.0.2.2/24,addr=192.0.2.2/24'))


def test_gateways():
    def gateway(says, text):
        return ADDRESS, [text, says, 'accepted'], 'up', 'box', '--dev', TAP, '--gateway', text
    table(gateway('', 'x'), gateway('', '192.0.2'), gateway('subnet', '198.51.100.1'),
          gateway('own address', HOST), gateway('broadcast', '192.0.2.255'),
          gateway('network address', '192.0.2.0'), gateway('', '0.0.0.0'), gateway('', '192.0.2.1/24'))


def test_services():
    for text, bad in (('nope', 'nope'), ('echo,nope', 'nope'), ('', ''), ('echo,', ''),
                      ('ECHO', 'ECHO')):
        table((SERVICE, ["'%s'" % bad, 'echo, discard, daytime, chargen'],
               'up', 'box', '--dev', TAP, '--services', text))


def test_capture_that_cannot_be_written():
    for path in ('/nonexistent/x.pcapng', WORK, '/proc/x'):
        table((CAPTURE, path, 'up', 'box', '--dev', TAP, '--pcap', path))


def test_services_are_joined():
    host = Host('-s', 'discard,echo', '-s', 'daytime', services='echo,echo')
    wait_for(lambda: any('services' in line for line in host.out))
    assert '  services echo,discard,daytime\n' in host.out, host.out
    host.stop()


def test_capture_to_what_is_no_file():
    table((CAPTURE, '--pcap -: standard output', 'up', 'box', '--dev', TAP, '--pcap', '-'))
    got, _, err = skiff('up', 'box', '--dev', TAP, '--pcap', '/dev/full')
    assert got == CAPTURE and err.count('\n') == 1 and '--pcap /dev/full: No space' in err, err


def test_capture_that_another_host_writes():
    path = WORK + '/shared.pcapng'
    host = Host(pcap=path)
    before = os.path.getsize(path)
    got, _, err = skiff('up', 'other', '--dev', 'tap,name=sk1', '--pcap', path)
    assert got == CAPTURE and '--pcap %s: another' % path in err, err
    assert os.path.getsize(path) >= before > 0
    host.stop()
    Host(pcap=path).stop()


def test_output_that_cannot_be_written():
    for args in (['--help'], ['--version'], ['up', '--help']):
        with open('/dev/full', 'w') as full:
            done = subprocess.run([SKIFF] + args, stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1 and 'standard output' in done.stderr, done


def up_and_down(redirect, says):
    """Runs a host whose output goes there; returns (exit status, what it said afterwards)."""
    proc = subprocess.Popen(['sh', '-c', 'exec "$@" ' + redirect, 'sh', SKIFF, 'up', 'box', '--dev',
                             TAP], stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: DEV in [name for _, name in socket.if_nameindex()])
        if says:
            assert says in proc.stderr.readline()
        time.sleep(0.3)
        assert proc.poll() is None, 'it ended'
        proc.terminate()
        _, err = proc.communicate(timeout=20)
    finally:
        proc.kill()
    return proc.returncode, err


def test_report_that_cannot_be_written():
    """It is told when it happens, and the host goes on. A closed one is as good as /dev/null."""
    assert up_and_down('>/dev/full', "standard output can't be written: No space") == (1, '')
    assert up_and_down('>&-', None) == (0, '')


def test_taken_names():
    host = Host()
    got, _, err = skiff('up', 'box', '--dev', 'tap,name=sk1,addr=198.51.100.1/24')
    assert got == TAKEN and "'box'" in err and str(host.proc.pid) in err, err
    got, _, err = skiff('up', 'other', '--dev', TAP)
    assert got == TAKEN and 'sk0' in err, err
    got, _, err = skiff('up', 'other', '--dev', 'tap,name=lo')
    assert got == TAKEN and 'lo' in err, err
    got, _, err = skiff('up', 'other', '--dev', 'dummy,name=x', '--dev', 'dummy,name=x')
    assert got == TAKEN and 'name=x' in err, err
    host.stop()
    Host().stop()


def test_name_of_a_host_that_died_is_free():
    host = Host()
    host.proc.kill()
    host.proc.wait()
    Host.running.remove(host)
    for r in host.readers:
        r.join()
    assert os.path.exists(WORK + '/skiff/box.lock')
    Host().stop()
    assert not os.path.exists(WORK + '/skiff/box.lock')


def test_lock_files_are_private():
    host = Host()
    assert stat.S_IMODE(os.stat(WORK + '/skiff').st_mode) == 0o700
    assert stat.S_IMODE(os.stat(WORK + '/skiff/box.lock').st_mode) == 0o600
    host.stop()
    # A directory that others can write is not used.
    os.chmod(WORK + '/skiff', 0o777)
    host = Host()
    assert not os.path.exists(WORK + '/skiff/box.lock')
    host.stop()
    os.chmod(WORK + '/skiff', 0o700)


def drop_net_admin():
    """In the child: no program that it runs gets CAP_NET_ADMIN."""
    assert ctypes.CDLL(None).prctl(24, 12, 0, 0, 0) == 0


def test_missing_rights():
    got, _, err = skiff('up', 'box', '--dev', TAP, before=drop_net_admin)
    assert got == RIGHTS and 'CAP_NET_ADMIN' in err and 'sk0' in err, err


def tun_with_mode(mode):
    """A /dev/net/tun with these rights, which this process and its children see."""
    own_mounts()
    sh('mount', '-t', 'tmpfs', '-o', 'mode=755', 'none', '/dev/net')
    os.mknod('/dev/net/tun', stat.S_IFCHR, os.makedev(10, 200))
    os.chmod('/dev/net/tun', mode)


def test_ordinary_user():
    """Without a TAP of its own refused, with one that root made for it accepted."""
    if open('/proc/self/uid_map').read().split() != ['0', '0', '4294967295']:
        raise Skip('there is only one user in this namespace')
    binary = WORK + '/skiff-copy'
    sh('cp', SKIFF, binary)
    os.chmod(WORK, 0o711)

    def nobody():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)

    env = {'XDG_RUNTIME_DIR': own_folder('skiff-run-')}
    os.chown(env['XDG_RUNTIME_DIR'], 65534, 65534)
    args = ('up', 'box', '--dev', TAP)
    # The device file itself is for root alone on some systems, and for everybody on most.
    for mode, says in ((0o600, 'may not open it'), (0o666, 'CAP_NET_ADMIN')):
        tun_with_mode(mode)
        got, _, err = skiff(*args, binary=binary, before=nobody, env=env, cwd='/')
        assert got == RIGHTS and says in err, err
    sh('ip', 'tuntap', 'add', 'dev', DEV, 'mode', 'tap', 'user', '65534')
    proc = subprocess.Popen((binary,) + args, preexec_fn=nobody, env=dict(os.environ, **env),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd='/')
    line = proc.stdout.readline()
    proc.terminate()
    _, err = proc.communicate(timeout=20)
    sh('ip', 'link', 'del', DEV)
    os.chmod(WORK, 0o700)
    assert line == 'host box is up\n' and proc.returncode == 0, err
    assert_no_report(err)


def test_no_dev_net_tun():
    hide = 'mount -t tmpfs none /dev/net && exec "$@"'
    done = subprocess.run(['unshare', '-m', 'sh', '-c', hide, 'sh', SKIFF, 'up', 'box', '--dev', TAP],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == NO_TUN and '/dev/net/tun' in done.stderr, done.stderr


def test_control_characters():
    """What the user's values would do to a terminal is shown instead, in whichever message."""
    for shown, *args in ((r'a\x1b[31mb', 'up', 'box', '--dev', 'tap,name=a\x1b[31mb,mtu=x'),
                         (r'a\nb', 'up', 'a\nb', '--dev', TAP), (r"\x07", '\a'),
                         (r'\x7f', 'up', 'box', '--dev', TAP, '--pcap', '/nonexistent/\x7f'),
                         (r'\xc2\x9b2J', 'up', 'box', '--dev', TAP, '--services', '\x9b2J'),
                         (r'--\x1b]0;x', '--\x1b]0;x'), (r'--\x1b]0;x', 'up', '--\x1b]0;x')):
        got, out, err = skiff(*args)
        assert got and shown in err and not out, err
        assert all(c == '\n' or (c >= ' ' and not '\x7f' <= c < '\xa0') for c in err), repr(err)


def test_demo_output_that_cannot_be_written():
    for path in ('/dev/null', SKIFF):
        table((CAPTURE, path + ': Not a directory', 'demo', '--output', path))
    table((CAPTURE, '/nonexistent', 'demo', '--output', '/nonexistent'))
    got, _, err = skiff('demo', '--no-tap', '--output', '/proc')
    assert got == CAPTURE and '/proc' in err and 'is accepted' in err, err


def test_help_and_version():
    for args, says in ((['--help'], 'Commands:'), (['up', '--help'], '--gateway'),
                       (['-h'], 'Commands:'), (['help'], 'Commands:'),
                       (['help', 'run'], '--map-root'),
                       (['demo', '--help'], '--no-tap'), (['--version'], 'skiff 0.'),
                       (['up', '--usage'], 'NAME')):
        got, out, err = skiff(*args)
        assert got == 0 and says in out and not err, out + err


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
