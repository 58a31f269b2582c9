#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build/pgo: the release build, made by the profile of what benchmarks of skiff did. Everything is compiled
# twice: first so that it counts, then for what was counted.
#
#   scripts/pgo.sh [MESON OPTION...]
set -eu

dir=build/pgo
CC=${CC:-gcc}
case $("$CC" --version) in
*clang*)
	echo "pgo.sh: CC=$CC: gcc is accepted; profiles of clang are another thing" >&2
	exit 2
	;;
esac

# Quiet unless it fails.
run()
{
	"$@" >"$dir.log" 2>&1 && return
	cat "$dir.log" >&2
	echo "pgo.sh: $* failed" >&2
	exit 1
}

mkdir -p build
rm -rf "$dir"
run env CC="$CC" meson setup "$dir" -Doptimization=2 -Ddebug=true -Db_lto=true -Db_pgo=generate "$@"
programs="bench/bench-tcp bench/bench-tcp_loss bench/bench-udp bench/bench-gro"
# shellcheck disable=SC2086 # several programs
run ninja -C "$dir" $programs

# Program, case, how often: enough for each of them to count, and as little as that, because it is slow.
while read -r program which times; do
	run "$dir/bench/$program" "$which" "$times"
done <<LIST
bench-tcp 0 40
bench-tcp 1 30000
bench-tcp 2 10000
bench-tcp 3 150
bench-tcp 4 1000
bench-tcp 5 60
bench-tcp_loss 1 10
bench-udp 0 1500
bench-udp 1 500
bench-udp 2 10000
bench-udp 3 10000
bench-udp 4 1000
bench-udp 5 10000
bench-gro 1 500
bench-gro 3 500
LIST

# What none of them came by is compiled as if there were no profile. Other things are inlined then, which
# makes the compiler guess other warnings: those of the builds without count.
run meson configure "$dir" -Db_pgo=use -Dwerror=false \
	-Dc_args="-fprofile-partial-training -w"
# No program that counts is left behind.
# shellcheck disable=SC2086
run ninja -C "$dir" all $programs
