#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs library, headers, pkg-config file, manual and command of build/release or another build, and
# builds no more.
#
#   scripts/install.sh PREFIX [DESTDIR [BUILD]]
#
# The last line is for a shell: with it, compiler and loader find what was installed.
set -eu

cd "$(dirname "$0")/.."
prefix=$1
root=${2:-}
build=build/${3:-release}

# The prefix is written into the pkg-config file.
meson configure $build -Dprefix="$prefix"
[ -t 1 ] || [ -e $build/skiff ] || echo "building skiff; the first time this takes some minutes"
# shellcheck disable=SC2046
ninja $([ -t 1 ] || echo --quiet) -C $build skiff $(cd $build && ninja -t targets all |
	sed -n 's/^\(src\/libskiff\.\(a\|so[.0-9]*\)\): .*_LINKER.*/\1/p')
DESTDIR=$root meson install --quiet --no-rebuild -C $build

libdir=$(meson introspect $build --buildoptions | python3 -c 'import json, sys
print([o["value"] for o in json.load(sys.stdin) if o["name"] == "libdir"][0])')
lib=$root$prefix/$libdir
echo "installed below $root$prefix; to build and run programs with it:"
if [ -n "$root" ]; then
	echo "export PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=$lib/pkgconfig LD_LIBRARY_PATH=$lib"
else
	echo "export PKG_CONFIG_PATH=$lib/pkgconfig LD_LIBRARY_PATH=$lib"
fi
