#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every name of the sk_buff interface is in the library, or left out for a reason that is told."""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
import check  # noqa: E402

build = os.environ.get('SKIFF_RELEASE_BUILD')
sys.exit(subprocess.run([sys.executable, os.path.join(check.TOP, 'scripts', 'check-skb-api.py')] +
                        (['--build', build] if build else [])).returncode)
