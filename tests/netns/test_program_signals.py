#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Programs on a host whose calls are interrupted by signals, at any moment."""
import threading

from programs_places import *

PORT = 7200


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
        assert box.run(compiled('signals'), 'connect', KERNEL, PORT).split('\n') == [
            'connect: EINTR', 'at once: 0', 'waits: 1', 'events: 0x4', 'error: 0', 'send: 1', 'recv: 1', '']
        thread.join()
    host.stop()


def test_timed_wait_is_interrupted():
    """A call of a socket with SO_RCVTIMEO is not restarted, whatever the handler's SA_RESTART says (signal(7))."""
    host, box = box_host()
    with Balance(host):
        assert KERNEL_PLACE.run(compiled('signals'), 'timed', PORT) == 'recv: EINTR\n'
        assert box.run(compiled('signals'), 'timed', PORT) == 'recv: EINTR\n'
    host.stop()


def test_what_was_sent_is_not_sent_again():
    """A stream has each byte once, whoever makes a call again that a signal has interrupted half-way."""
    host, box = box_host()
    with Balance(host):
        for who in 'restarted', 'again':
            assert box.run(compiled('interrupted'), who).split() == ['right'] * 4, who
    host.stop()


def test_what_was_received_is_received_again():
    """A datagram stays the next one when its receiver is interrupted before it has it."""
    host, box = box_host()
    with Balance(host):
        for call in 'recvfrom', 'recvmsg':
            out = box.run(PYTHON, HELPERS + '/programs_files.py', 'interrupted', call).split()
            if out == ['none']:
                raise Skip('there is no FUSE here')
            assert out == ['one', 'two'], out
    host.stop()


def test_a_name_is_given_once():
    """Who is interrupted when it is given, and gives it again, is told what became of it the first time; as of an error."""
    host, box = box_host()
    with Balance(host):
        for how in 'restarted', 'again':
            out = box.run(PYTHON, HELPERS + '/programs_files.py', 'named', how).split()
            if out == ['none']:
                raise Skip('there is no FUSE here')
            assert out == ['ok', 'ok', 'EINPROGRESS', 'ECONNREFUSED'], out
    host.stop()


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
