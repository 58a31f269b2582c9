#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds the unit tests for machines of another word size or byte order.
#
#   scripts/build-cross.sh MACHINE...
#
# MACHINE is a file of scripts/cross/ without .ini, and its build directory is build/MACHINE. Where
# the machine can't be built for, build/MACHINE/missing says what is missing; that is no failure.
set -eu

cd "$(dirname "$0")/.."

# The first thing that can't be had for machine $1, or nothing.
missing()
{
	ini=scripts/cross/$1.ini
	compiler=$(sed -n "s/^c = '\(.*\)'/\1/p" "$ini")
	emulator=$(sed -n "s/^exe_wrapper = \['\([^']*\)'.*/\1/p" "$ini")
	for tool in "$compiler" "$emulator"; do
		command -v "$tool" >/dev/null || {
			echo "no $tool"
			return
		}
	done
	[ -e "/usr/${compiler%-gcc}/include/stdio.h" ] || {
		echo "no C library for $compiler"
		return
	}
	scripts/cross/cmocka.sh "$1" || echo "no cmocka of that architecture"
}

for machine; do
	lack=$(missing "$machine")
	rm -f "build/$machine/missing"
	if [ -n "$lack" ]; then
		mkdir -p "build/$machine"
		echo "$lack" >"build/$machine/missing"
		continue
	fi
	# shellcheck disable=SC2086
	scripts/configure.sh "$machine" ${MESON_OPTIONS:-}
	ninja --quiet -C "build/$machine" unit-tests
done
