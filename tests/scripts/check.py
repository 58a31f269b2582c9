# SPDX-License-Identifier: BSD-2-Clause
"""What the script checks share: named cases that are counted as the unit tests' cases are."""
import os
import sys

TOP = os.environ.get('SKIFF_SOURCE') or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Skip(Exception):
    """Raised by a case that can't run here; the text is the reason."""


def run_cases(cases):
    """Runs each function, prints its fate, then the counts; returns the exit status."""
    passed = failed = skipped = 0
    for case in cases:
        name = case.__name__
        try:
            case()
        except Skip as reason:
            skipped += 1
            print('SKIP %s: %s' % (name, reason))
        except Exception as e:  # any surprise is this case's failure, the others still run
            failed += 1
            print('FAIL %s: %s: %s' % (name, type(e).__name__, e))
        else:
            passed += 1
            print('ok   %s' % name)
        sys.stdout.flush()
    print('%d passed, %d failed, %d skipped' % (passed, failed, skipped))
    return 1 if failed else 0
