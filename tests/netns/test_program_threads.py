#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Several threads of a program at one socket, and many of them beside others."""
from programs_places import *

PORT = 7400


def program():
    path = FILES + '/threads'
    if not os.path.exists(path):
        sh(tool(os.environ.get('CC', 'gcc')), '-pthread', '-o', path, HELPERS + '/programs_threads.c')
    return path


def case(name):
    def test():
        host = Host(services=None)
        with Balance(host):
            box_place().run(program(), name, PORT)
        host.stop()
    test.__name__ = 'test_' + name.replace('-', '_')
    return test


test_read_ask = case('read-ask')
test_poll_several = case('poll-several')
test_read_look = case('read-look')
test_again = case('again')
test_unused = case('unused')


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
