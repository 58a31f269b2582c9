#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Unpacks Debian's cmocka for another architecture where the cross builds look for it.
#
#   scripts/cross/cmocka.sh i686|s390x
#
# Into build/cross/, by apt-get with lists of its own: neither root nor a change to the machine's
# architectures is needed.
set -eu

case $1 in
i686) arch=i386 ;;
s390x) arch=s390x ;;
*)
	echo "cmocka.sh: unknown machine '$1': accepted are i686, s390x" >&2
	exit 2
	;;
esac

cd "$(dirname "$0")/../.."
dir=$PWD/build/cross/$1
[ -e "$dir/cmocka.pc" ] && exit 0

rm -rf "$dir"
mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/deb"

apt()
{
	timeout 60 apt-get -q -o Dir::State="$dir" -o Dir::Cache="$dir/cache" \
		-o APT::Architecture="$arch" -o APT::Architectures="$arch" \
		-o Acquire::Languages=none -o Acquire::Retries=0 -o APT::Sandbox::User=root "$@"
}

# An index of some other source may be missing: what counts is whether the packages come.
apt update >"$dir/log" 2>&1 || :
(cd "$dir/deb" && apt download libcmocka-dev libcmocka0) >>"$dir/log" 2>&1 || {
	tail -n 1 "$dir/log" >&2
	exit 1
}
for package in "$dir"/deb/*.deb; do
	dpkg-deb -x "$package" "$dir/root"
done
rm -rf "$dir/lists" "$dir/cache" "$dir/deb"
sed "s,/usr/,$dir/root/usr/,g" "$dir/root/usr/lib/$arch-linux-gnu/pkgconfig/cmocka.pc" \
	>"$dir/cmocka.pc"
