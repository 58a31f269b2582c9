#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Several threads of a program at one socket, and many of them beside others."""
from programs_places import *

PORT = 7400

test_read_ask = case_on_box('threads', 'read-ask', PORT)
test_poll_several = case_on_box('threads', 'poll-several', PORT)
test_read_look = case_on_box('threads', 'read-look', PORT)
test_again = case_on_box('threads', 'again', PORT)
test_unused = case_on_box('threads', 'unused', PORT)


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
