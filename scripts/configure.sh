#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Configures a build directory once, and again only if what is asked for has changed.
#
#   scripts/configure.sh release|debug|tsan|i686|s390x|fuzz|lint [MESON OPTION...]
#
# DEBUG_INFO=1 in the environment: there are line tables only, for those who read reports and don't debug.
# That and, for debug and tsan, a linker that is made for speed save a third of their time.
set -eu

kind=$1
shift
dir=build/$kind
CC=${CC:-gcc}

info=${DEBUG_INFO:+-g$DEBUG_INFO}
linker=
[ "$(basename "$CC")" = gcc ] && command -v ld.gold >/dev/null && linker=-fuse-ld=gold

case $kind in
release)
	set -- -Doptimization=2 -Ddebug=true ${info:+"-Dc_args=$info"} "$@"
	# clang's own LTO needs a linker plugin that is seldom installed.
	case $("$CC" --version) in *clang*) ;; *) set -- -Db_lto=true "$@" ;; esac
	;;
debug)
	set -- -Doptimization=1 -Ddebug=true -Ddebug_checks=true -Db_lundef=false \
		-Db_sanitize=address,undefined "-Dc_args=-fno-sanitize-recover=all $info" \
		"-Dc_link_args=$linker" "$@"
	;;
tsan)
	set -- -Doptimization=1 -Ddebug=true -Ddebug_checks=true -Db_lundef=false \
		-Db_sanitize=thread "-Dc_args=$info" "-Dc_link_args=$linker" "$@"
	;;
i686 | s390x)
	# Another word size, another byte order; scripts/build-cross.sh has seen to the rest.
	CC=$kind-linux-gnu-gcc
	set -- --cross-file "scripts/cross/$kind.ini" "-Dpkg_config_path=$PWD/build/cross/$kind" \
		-Doptimization=1 -Ddebug=false -Ddebug_checks=true -Ddpdk=disabled "$@"
	;;
fuzz)
	CC=clang
	# -fsanitize=fuzzer-no-link counts the edges in the library, which the targets are about.
	set -- -Doptimization=1 -Ddebug=true -Ddebug_checks=true -Db_lundef=false \
		-Db_sanitize=address,undefined -Dfuzz=true -Dtests=disabled -Ddpdk=disabled \
		"-Dc_args=-fno-sanitize-recover=all -fsanitize=fuzzer-no-link" "$@"
	;;
lint)
	# Never built: clang-tidy wants the commands.
	CC=clang
	set -- -Ddebug_checks=true -Ddpdk=disabled "$@"
	;;
*)
	echo "configure.sh: unknown build '$kind': accepted are release, debug, tsan, i686, s390x, fuzz, lint" >&2
	exit 2
	;;
esac

wanted="$CC $(pkg-config --modversion cmocka libdpdk 2>/dev/null | tr '\n' ' ')$*"
[ -f "$dir/build.ninja" ] && [ "$(cat "$dir/.wanted" 2>/dev/null)" = "$wanted" ] && exit 0

mkdir -p build
log=$dir.configure.log
rm -rf "$dir"
if ! CC=$CC meson setup "$dir" "$@" >"$log" 2>&1; then
	cat "$log" >&2
	exit 1
fi
echo "$wanted" >"$dir/.wanted"
