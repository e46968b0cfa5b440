# SPDX-License-Identifier: GPL-2.0
#
# The front door. `make help` tells what there is.
#
# Without KDIR everything happens in a build root of Debian's, for a stock Debian
# kernel; scripts/ fetches and prepares both, once. With KDIR the modules are
# built for that kernel, with the tools of this machine.
#
# What kbuild reads is the file Kbuild.

# x86_64 or arm64; without a word about it, that of this machine, and both for
# the tests.
ARCH ?=
# The Debian suite whose kernel is built for and booted.
SUITE ?= $(or $(IOMEM_SUITE),trixie)
export IOMEM_SUITE := $(SUITE)
# plain, rt, cloud or (arm64) 16k: which of the suite's kernels.
FLAVOUR ?= $(or $(IOMEM_FLAVOUR),plain)
export IOMEM_FLAVOUR := $(FLAVOUR)
unexport ARCH

host-arch := $(patsubst aarch64,arm64,$(shell uname -m))
arch := $(or $(ARCH),$(host-arch))

# stock, or debug: which kernel is tested on.
KERNEL ?= stock

# GNU make's own directory messages are noise around what the scripts say.
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := modules

ifdef KDIR

# Absolute, since kbuild works in its own folders.
kdir := $(or $(realpath $(KDIR)),$(KDIR))
release = $(shell cat $(kdir)/include/config/kernel.release 2>/dev/null)
kbuild = $(MAKE) -C $(kdir) M=$(CURDIR) MO=$(CURDIR)/build/$(release) \
	 KCFLAGS="$(strip $(KCFLAGS) -ffile-prefix-map=$(CURDIR)/build/$(release)=.)" \
	 $(if $(ARCH),ARCH=$(ARCH)) $(if $(RUSTC),RUSTC=$(RUSTC)) $(if $(BINDGEN),BINDGEN=$(BINDGEN))
export RUSTC BINDGEN
# Kbuild's own word for it, and the usual one.
installed = $(or $(INSTALL_MOD_PATH),$(DESTDIR))
# A distribution keeps its key to itself.
unsigned = $(if $(wildcard $(kdir)/certs/signing_key.*),,CONFIG_MODULE_SIG_ALL=)

modules:
	@scripts/check-kernel $(KDIR)
	@mkdir -p build/$(release)
	$(kbuild) IOMEM_SAMPLES=1 modules

# What is installed is what was built last: all but the samples. Beside the modules goes what a driver
# outside this tree is built with: see samples/out-of-tree.
install:
	@scripts/check-kernel $(KDIR)
	@mkdir -p build/$(release)
	$(kbuild) modules
	$(kbuild) INSTALL_MOD_PATH=$(installed) $(unsigned) modules_install
	install -D -p -m 644 -t $(installed)/lib/modules/$(release)/iomem \
		build/$(release)/rust/libiomem.rmeta build/$(release)/Module.symvers
	$(if $(installed),,depmod $(release))

rust-analyzer:
	@scripts/check-kernel $(KDIR)
	@mkdir -p build/$(release)
	$(kbuild) IOMEM_SAMPLES=1 modules rust-analyzer
	@scripts/rust-analyzer.py $(CURDIR) $(CURDIR)/build/$(release)

driver:
	@echo "with KDIR, use the driver's own Makefile, after 'make install': see samples/out-of-tree" >&2; exit 2

# Where the kernel was built apart from its source, a link leads there.
rustdoc: modules
	@scripts/rustdoc.py build/$(release) $(firstword $(wildcard $(kdir)/source) $(kdir)) build/rustdoc

else

modules:
	@scripts/build $(arch) modules samples

driver:
	@scripts/driver $(arch) "$(M)"

install:
	@echo "say for which kernel, e.g. make install KDIR=/lib/modules/\$$(uname -r)/build" >&2; exit 2

rust-analyzer:
	@scripts/build $(arch) rust-analyzer

rustdoc:
	@scripts/build $(arch) rustdoc

endif

htmldocs:
	@scripts/htmldocs build/htmldocs

demo:
	@scripts/demo $(arch)

test:
	@tests/run --kernel $(KERNEL) $(ARCH)

# T: the programs, PROGRAM or PROGRAM/TEST. KEEP=1 keeps the machine for the next call; STOP=1 ends it.
check:
ifdef STOP
	@tests/check --stop
else
	@tests/check --kernel $(KERNEL) $(if $(KEEP),--keep) $(arch) $(T)
endif

matrix:
	@tests/matrix

bench:
	@tests/bench/run $(arch)

vm:
	@scripts/build $(arch) modules samples
	@scripts/vm --arch $(arch) $$(find build/samples-$(arch) -type f -perm -u+x -printf '--add %p ')

lint:
	@scripts/lint $(arch)

clean:
	rm -rf build rust-project.json

help:
	@sed 1d scripts/help.txt

.PHONY: modules install driver rust-analyzer rustdoc htmldocs demo test check matrix bench vm lint clean help
