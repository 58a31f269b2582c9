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

test_write_send = case_on_box('order', 'write-send', PORT)
test_write_connect = case_on_box('order', 'write-connect', PORT)
test_read_receive = case_on_box('order', 'read-receive', PORT)
test_read_several = case_on_box('order', 'read-several', PORT)
test_read_stamp = case_on_box('order', 'read-stamp', PORT)
test_read_error = case_on_box('order', 'read-error', PORT)
test_read_queued_error = case_on_box('order', 'read-queued-error', PORT)
test_close_bind_udp = case_on_box('order', 'close-bind-udp', PORT)
test_close_bind_tcp = case_on_box('order', 'close-bind-tcp', PORT)


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
