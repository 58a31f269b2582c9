# SPDX-License-Identifier: BSD-2-Clause
# The front door: each target sets up what is missing, configures and builds what it needs.
#
#   make demo            build, and show skiff talking to the Linux kernel
#   make check           every test on this machine; ends with N passed, N failed, N skipped
#   make check-programs  more programs than that on hosts: those that are installed of a long list
#   make check-cross     the unit tests on emulated machines: 32 bits, big-endian
#   make bench           benchmarks beside their peers, also in build/bench.json
#   make pgo             build/pgo: the release build by the profile of its benchmarks; faster by a quarter
#   make lint            formatting, clang-tidy, sparse, headers alone, layers
#   make format          clang-format over every source file
#   make symbols         write src/libskiff.map from the public headers
#   make fuzz SECONDS=60 each fuzz target that long
#   make soak SECONDS=60 simulated networks in which anything happens; SEED= names the first
#   make install PREFIX=/usr/local DESTDIR=
#                        this and bench take BUILD=pgo for build/pgo instead of build/release
#   make clean
#
# CC=clang chooses another compiler, WERROR=true turns warnings into errors.

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
PYTHON ?= $(if $(wildcard /usr/bin/python3),/usr/bin/python3,python3)
PREFIX ?= /usr/local
DESTDIR ?=
SECONDS ?= 60
BUILD ?= release
WERROR ?= false
export CC

$(if $(filter release pgo,$(BUILD)),,$(error BUILD=$(BUILD): release and pgo are accepted))
machines = i686 s390x
configure = scripts/configure.sh
ninja = ninja --quiet -C

.PHONY: all demo check check-programs bench pgo lint format symbols fuzz soak install clean help

# build/skiff is the command of the release build.
all: release

.PHONY: release debug tsan
release debug tsan:
	@$(configure) $@ -Dwerror=$(WERROR) $(MESON_OPTIONS)
	@[ -e build/$@/skiff ] || echo "building build/$@; the first time this takes some minutes"
	@$(ninja) build/$@ $(if $(filter tsan,$@),thread-tests)
	@if [ $@ = release ]; then ln -sfn release/skiff build/skiff; \
		ln -sfn release/libskiff_packetdrill.so build/libskiff_packetdrill.so; \
		echo "the command is build/skiff"; fi

# The unit tests for machines of another word size and byte order, where they can be built.
.PHONY: cross check-cross
cross:
	@MESON_OPTIONS="-Dwerror=$(WERROR) $(MESON_OPTIONS)" scripts/build-cross.sh $(machines)

check-cross:
	@scripts/setup.sh check
	@$(MAKE) --no-print-directory cross
	@$(PYTHON) scripts/run-tests.py --programs $(machines:%=build/%)

# The command alone, and how far it is: the rest of a release build takes much longer.
demo:
	@scripts/setup.sh demo
	@$(configure) release -Dwerror=$(WERROR) $(MESON_OPTIONS)
	@[ -e build/release/skiff ] || echo "building skiff; the first time this takes some minutes"
	@ninja $$([ -t 1 ] || echo --quiet) -C build/release skiff
	@ln -sfn release/skiff build/skiff
	@build/skiff demo

check:
	@scripts/setup.sh check
	@$(MAKE) --no-print-directory release debug tsan
	@$(ninja) build/debug bench-programs
	@$(PYTHON) scripts/run-tests.py build/debug build/tsan build/release

# The command alone, with sanitizers and without.
check-programs:
	@scripts/setup.sh programs
	@for build in debug release; do $(configure) $$build -Dwerror=$(WERROR) $(MESON_OPTIONS) && \
		$(ninja) build/$$build skiff || exit; done
	@$(PYTHON) scripts/run-tests.py --more build/debug build/release

bench:
	@scripts/setup.sh bench
	@[ $(BUILD) != release ] && [ -e build/$(BUILD)/build.ninja ] || $(MAKE) --no-print-directory $(BUILD)
	@$(ninja) build/$(BUILD) bench-programs
	@$(PYTHON) scripts/run-bench.py build/$(BUILD) build/bench.json

pgo:
	@echo "building build/pgo twice, which takes some minutes"
	@scripts/pgo.sh -Dwerror=$(WERROR) $(MESON_OPTIONS)
	@ln -sfn pgo/skiff build/skiff
	@echo "the command is build/skiff"

lint:
	@scripts/setup.sh check
	@$(PYTHON) scripts/lint.py

format:
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

symbols:
	@$(PYTHON) scripts/symbols.py --write

fuzz:
	@scripts/setup.sh check
	@$(configure) fuzz $(MESON_OPTIONS)
	@$(ninja) build/fuzz
	@$(PYTHON) scripts/run-fuzz.py build/fuzz $(SECONDS)

soak:
	@scripts/setup.sh check
	@$(configure) debug -Dwerror=$(WERROR) $(MESON_OPTIONS)
	@$(ninja) build/debug tests/sim/soak
	@$(if $(SEED),SEED=$(SEED)) build/debug/tests/sim/soak $(SECONDS)

install:
	@scripts/setup.sh demo
	@if [ $(BUILD) = release ]; then $(configure) release -Dwerror=$(WERROR) $(MESON_OPTIONS); \
	elif ! [ -e build/pgo/build.ninja ]; then $(MAKE) --no-print-directory pgo; fi
	@scripts/install.sh "$(abspath $(PREFIX))" "$(abspath $(DESTDIR))" "$(BUILD)"

clean:
	rm -rf build

help:
	@sed -n '4,19s/^# \{0,2\}//p' Makefile
