#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Programs on a host whose calls are interrupted by signals, at any moment."""
import threading

from programs_places import *

PORT = 7200


def program():
    path = FILES + '/signals'
    if not os.path.exists(path):
        sh(tool(os.environ.get('CC', 'gcc')), '-o', path, HELPERS + '/programs_signals.c')
    return path


def box_host(dev=''):
    return Host(services=None, dev=dev), box_place()


def test_interrupted_connect_goes_on():
    """The answer comes after a signal has ended the wait for it: poll() tells when, as on Linux."""
    host, box = box_host(',delay=1s')
    with Balance(host), socket.create_server((KERNEL, PORT)) as s:
        def answer():
            c, _ = s.accept()
            c.send(c.recv(1))
            c.close()
        thread = threading.Thread(target=answer)
        thread.start()
        assert box.run(program(), 'connect', KERNEL, PORT).split('\n') == [
            'connect: EINTR', 'at once: 0', 'waits: 1', 'events: 0x4', 'error: 0', 'send: 1', 'recv: 1', '']
        thread.join()
    host.stop()


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
