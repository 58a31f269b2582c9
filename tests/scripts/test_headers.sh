#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every public header compiles alone, in C and in C++.
exec /usr/bin/python3 "$(dirname "$0")/../../scripts/check-headers.py"
