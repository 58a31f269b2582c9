#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a program does in some order happens in that order, whoever answers the calls: the kernel or the host."""
from programs_places import *

PORT = 7300
ROUNDS = 100

# Closes what it has not read from, when it has written as much as the host's reads take without finding less.
LEAVES_UNREAD = '''
import socket, sys
for i in range(int(sys.argv[3])):
    s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    s.recv(1, socket.MSG_PEEK)
    s.setblocking(False)
    try:
        s.send(bytes(4096 + 3 * 65536))
    except BlockingIOError:
        pass
    s.close()
'''


def program():
    path = FILES + '/order'
    if not os.path.exists(path):
        sh(tool(os.environ.get('CC', 'gcc')), '-pthread', '-o', path, HELPERS + '/programs_order.c')
    return path


def case(name):
    def test():
        host = Host(services=None)
        with Balance(host):
            box_place().run(program(), name, PORT)
        host.stop()
    test.__name__ = 'test_' + name.replace('-', '_')
    return test


test_write_send = case('write-send')
test_write_connect = case('write-connect')
test_read_receive = case('read-receive')
test_read_several = case('read-several')
test_read_stamp = case('read-stamp')
test_read_error = case('read-error')
test_read_queued_error = case('read-queued-error')
test_close_bind_udp = case('close-bind-udp')
test_close_bind_tcp = case('close-bind-tcp')


def test_close_with_unread_resets():
    """Also while the host is still at what was written before (RFC 2525 section 2.17)."""
    host = Host(services=None)
    ends = []
    with Balance(host), socket.create_server((KERNEL, PORT)) as s:
        client = box_place().start(PYTHON, '-c', LEAVES_UNREAD, KERNEL, PORT, ROUNDS)
        for _ in range(ROUNDS):
            c, _ = s.accept()
            c.send(b'unread')
            try:
                while c.recv(1 << 16):
                    pass
                ends.append('end')
            except ConnectionResetError:
                ends.append('reset')
            c.close()
        client.finish()
    assert ends == ['reset'] * ROUNDS, ends
    host.stop()


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
