#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Programs on a host that have several threads, descriptors or processes for one socket."""
from programs_places import *

MISBEHAVE = HELPERS + '/programs_misbehave.py'
PORT = 7300


def echo_server(place):
    server = place.start(PYTHON, MISBEHAVE, 'echo', PORT)
    server.says('ready')
    return server


def written_early(place, address, count):
    """What another thread writes the moment it may arrives, and nothing else."""
    for how in ('told', 'tries'):
        out = place.run(compiled('pairs'), 'early', address, PORT, count, how)
        assert out == '0 of %d\n' % count, (how, out)


def test_written_while_connect_is_answered():
    """The connection is there at once."""
    host, box = box_host()
    with Balance(host):
        server = echo_server(box)
        written_early(box, '127.0.0.1', 300)
        server.stop()
    host.stop()


def test_written_when_the_connection_is_there():
    """It takes a while, in which there is no room."""
    host, box = box_host(',delay=1ms')
    with Balance(host):
        server = echo_server(KERNEL_PLACE)
        written_early(box, KERNEL, 300)
        server.stop()
    host.stop()


def test_begun_again():
    """A failed connection's end can't be used again: who knows the socket knows it with another one."""
    host, box = box_host(',delay=1ms')

    def begun(place, address):
        return place.run(PYTHON, HELPERS + '/programs_begin.py', address, PORT, PORT + 1)
    with Balance(host):
        servers = [echo_server(place) for place in (KERNEL_PLACE, box)]
        kernel = begun(KERNEL_PLACE, KERNEL)
        assert kernel.count('ECONNREFUSED') == 4 * 3, kernel
        # The answers take a while, or are there at once.
        assert begun(box, KERNEL) == kernel
        assert begun(box, '127.0.0.1') == kernel
        for server in servers:
            server.stop()
    host.stop()


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
