# SPDX-License-Identifier: BSD-2-Clause
#
# Lodger: a minimal Xen guest kernel and its toolstack.
#
# make help     what there is to do
# make V=1 …    shows the commands; BUILD=DIR builds elsewhere
#
# Each part says in its own fragment how it is built; this file only joins them.

# Where things are built, and the Debian release whose Xen is used.
BUILD ?= build
RELEASE ?= bookworm
export BUILD RELEASE

Q := $(if $(V),,@)
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

.PHONY: all
all: ## builds the appliances and lodge

# These install by themselves what is missing. For others it is said before the fragments below, which
# ask the compiler things when they are read, fail for want of it.
INSTALLING := run test shell bench bench-net bench-blk compare deps clean help
ifeq ($(MAKELEVEL),0)
ifneq ($(filter-out $(INSTALLING),$(or $(MAKECMDGOALS),all)),)
LACKING := $(shell tests/xenhost/install.sh --check build \
	$(if $(filter test-% soak fuzz% unit coverage,$(MAKECMDGOALS)),run test))
$(if $(LACKING),$(warning This machine lacks packages: $(LACKING)- `make deps' installs them))
endif
endif

-include unikernel/libraries/libraries.mk
-include unikernel/unikernel.mk
-include unikernel/iso.mk
-include toolstack/toolstack.mk
-include tests/xenhost/xenhost.mk
-include tests/tests.mk
-include tests/unit/ext4/ext4.mk
-include tests/unit/ext4/sqlite.mk
-include tests/unit/ext4/files.mk
-include tests/guest/guest.mk
-include tests/bench/bench.mk
-include tests/bench/beside.mk
-include tests/compare/compare.mk
-include tests/system/lodge.mk

.PHONY: clean
clean: ## removes what was built here; downloads and built libraries stay cached
	rm -rf $(BUILD)

.PHONY: help
help: ## lists the targets
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | sort | \
		awk -F '|' '{ printf "  make %-14s %s\n", $$1, $$2 }'
