#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs what a build needs and the machine lacks; where it may not, prints the command to run.
#
#   scripts/setup.sh demo|check|programs|bench
#
# demo      compiler, meson, ninja, and the ping that talks to skiff
# check     the same, and everything that the tests and linters use
# programs  the same as demo, and the programs that `make check-programs` runs
# bench     the same as demo, and DPDK as the peer
#
# Exits 1 only if something is missing that the target can't do without. The rest is named, and
# the tests that want it are skipped by name.
set -u

set_name=${1:-demo}
case $set_name in
demo | check | programs | bench) ;;
*)
	echo "setup.sh: unknown set '$set_name': accepted are demo, check, programs, bench" >&2
	exit 2
	;;
esac

PYTHON=/usr/bin/python3
missing=
vital=

# want PACKAGE COMMAND... : PACKAGE is missing if COMMAND fails. must: it is vital as well.
want()
{
	package=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $package"
}

must()
{
	package=$1
	shift
	"$@" >/dev/null 2>&1 && return
	missing="$missing $package"
	vital="$vital $package"
}

has()
{
	command -v "$1"
}

compiler()
{
	command -v "${CC:-gcc}" && echo 'int main(void){return 0;}' |
		"${CC:-gcc}" -include stdio.h -x c -fsyntax-only -
}

module()
{
	$PYTHON -c "import importlib.util as u, sys; sys.exit(u.find_spec('$1') is None)"
}

# Of whatever kernel: modules are built against it, not loaded.
kernel_headers()
{
	set -- /lib/modules/*/build/include/config/auto.conf \
		/usr/src/linux-headers-*/include/config/auto.conf
	for conf; do
		[ -e "$conf" ] && return
	done
	return 1
}

postgres_is_there()
{
	set -- /usr/lib/postgresql/*/bin/postgres
	[ -e "$1" ] && has pgbench
}

# The runtime of clang's sanitizers is a package of its own in some releases and not in others.
clang_runtime()
{
	set -- "$(clang -print-resource-dir)"/lib/linux/libclang_rt.fuzzer-*.a
	[ -e "$1" ]
}

clang_runtime_package()
{
	version=$(clang -dumpversion 2>/dev/null || apt-cache depends clang 2>/dev/null |
		sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p')
	version=${version%%.*}
	if apt-cache show "libclang-rt-$version-dev" >/dev/null 2>&1; then
		echo "libclang-rt-$version-dev"
	else
		echo "libclang-common-$version-dev"
	fi
}

look()
{
	missing=
	vital=
	must gcc compiler
	case "$vital" in *gcc*) missing="$missing libc6-dev" vital="$vital libc6-dev" ;; esac
	must python3 test -x $PYTHON
	must meson has meson
	must ninja-build has ninja
	must pkg-config has pkg-config
	want iproute2 has ip
	want iputils-ping has ping
	if [ "$set_name" = check ]; then
		must libcmocka-dev pkg-config --exists cmocka
		want libpcap-dev pkg-config --exists libpcap
		want tshark has tshark
		want sparse has sparse
		want g++ has g++
		want clang has clang
		want clang-tidy has clang-tidy
		want clang-format has clang-format
		want libmnl-dev pkg-config --exists libmnl
		want socat has socat
		want python3-scapy module scapy
		want hping3 has hping3
		want "linux-headers-$(dpkg --print-architecture 2>/dev/null || echo generic)" \
			kernel_headers
		# For the unit tests on other machines (scripts/build-cross.sh).
		want gcc-i686-linux-gnu has i686-linux-gnu-gcc
		want libc6-dev-i386-cross test -e /usr/i686-linux-gnu/include/stdio.h
		want gcc-s390x-linux-gnu has s390x-linux-gnu-gcc
		want libc6-dev-s390x-cross test -e /usr/s390x-linux-gnu/include/stdio.h
		want qemu-user has qemu-s390x
		clang_runtime >/dev/null 2>&1 || missing="$missing $(clang_runtime_package)"
	fi
	# What tests/netns/test_programs.py runs.
	if [ "$set_name" = check ] || [ "$set_name" = programs ]; then
		want curl has curl
		want openssl has openssl
		want nginx has /usr/sbin/nginx
		want wrk has wrk
		want iperf3 has iperf3
		want redis-server has redis-server
		want redis-tools has redis-benchmark
		want golang-go has go
		want openssh-client has ssh
		want openssh-server has /usr/sbin/sshd
		want dnsmasq-base has /usr/sbin/dnsmasq
		want bind9-dnsutils has dig
	fi
	# And more_programs.py.
	if [ "$set_name" = programs ]; then
		want wget has wget
		want busybox has busybox
		want apache2-utils has ab
		want memcached has memcached
		want nodejs has node
		want default-jdk-headless has javac
		want rsync has rsync
		want git has git
		want postgresql postgres_is_there
		want socat has socat
		want ncat has ncat
		want nmap has nmap
		want chromium has chromium
	fi
	if [ "$set_name" = bench ]; then
		want libdpdk-dev pkg-config --exists libdpdk
	fi
	missing=${missing# }
	vital=${vital# }
}

look
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	echo "setup: this system has no apt-get. Missing here, by Debian's names: $missing" >&2
elif [ "$(id -u)" = 0 ]; then
	as_root=env
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
	as_root='sudo env'
fi

# Daemons are wanted as programs of the tests: none is started because its package is installed.
policy=/usr/sbin/policy-rc.d
start_nothing()
{
	[ -e $policy ] && return
	$as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
	trap '$as_root rm -f $policy' EXIT
}

if [ -n "${as_root:-}" ]; then
	echo "setup: installing $missing"
	start_nothing
	export DEBIAN_FRONTEND=noninteractive
	# Nothing that is in use may go for it: some cross compilers conflict with gcc-multilib.
	# shellcheck disable=SC2086
	$as_root DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
		--no-remove $missing >/dev/null 2>&1 || {
		# A fresh image has no package lists, an old one has stale ones.
		$as_root apt-get update -q >/dev/null 2>&1
		for package in $missing; do
			$as_root DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
				--no-install-recommends --no-remove "$package" >/dev/null 2>&1 ||
				echo "setup: apt-get could not install $package" >&2
		done
	}
	look
	[ -z "$missing" ] && exit 0
	echo "setup: still missing: $missing" >&2
elif command -v apt-get >/dev/null 2>&1; then
	echo "setup: missing here: $missing" >&2
	echo "setup: neither root nor passwordless sudo; to install it, run" >&2
	echo "    sudo apt-get install -y --no-install-recommends $missing" >&2
fi

if [ -n "$vital" ]; then
	echo "setup: can't go on without: $vital" >&2
	exit 1
fi
echo "setup: going on without it" >&2
