# SPDX-License-Identifier: BSD-2-Clause
#
# What needs a Xen host: make run, make shell; and what the machine must have.
#
# The targets that a newcomer types first install what is missing and only then
# start make again, for the fragments ask the compiler things when they are read.

XENHOST := tests/xenhost/xenhost
INSTALL_MISSING := tests/xenhost/install.sh

.PHONY: deps
deps: ## installs what building, running and testing need and this machine lacks
	@$(INSTALL_MISSING) build run test compare $(if $(DOM0),dom0)

.PHONY: test
test: ## runs all tests; ends in "N passed, N failed"
	@$(INSTALL_MISSING) build run test compare $(if $(DOM0),dom0)
	@$(MAKE) --no-print-directory all
	@MAKE='$(MAKE)' tests/run $(SUITES)

SUITES ?= lint unit ext4 files sqlite fuzz compare bench guest box devices modes lodge net httpd

.PHONY: test-box
test-box: all ## tests the Xen host in a box itself
	$(Q)tests/system/box

# What httpd.cfg names, side by side: the image, the disk and the configuration.
DEMO := $(BUILD)/apps/httpd

all: $(DEMO)/www.img $(DEMO)/httpd.cfg

$(DEMO)/www.img: $(shell find apps/httpd/www)
	@mkdir -p $(@D)
	$(Q)rm -f $@.new
	$(Q)mke2fs -q -t ext4 -d apps/httpd/www $@.new 8M >/dev/null
	$(Q)mv $@.new $@

$(DEMO)/httpd.cfg: apps/httpd/httpd.cfg
	@mkdir -p $(@D)
	$(Q)cp $< $@

# A real dom0 runs its own Xen: lodge is then built with that one's libraries.
DOM0 = $(shell grep -s control_d /proc/xen/capabilities)

.PHONY: run
run: ## serves a web page from a guest on a boxed Xen (or the real one, in a dom0)
	@$(INSTALL_MISSING) build run $(if $(DOM0),dom0)
	@$(MAKE) --no-print-directory RELEASE=$(if $(DOM0),host,$(RELEASE)) all demo

.PHONY: demo
demo: all
	@tests/xenhost/demo $(DEMO) $(LODGE)

.PHONY: shell
shell: ## a shell in the boxed dom0, with lodge, xl and the images at hand
	@$(INSTALL_MISSING) build run
	@$(MAKE) --no-print-directory all
	@tests/xenhost/xenhost --linux --log $(BUILD)/xenhost/shell \
		--net auto:10.0.0.15:80 --add $(LODGE):/usr/bin/lodge \
		--add $(DEMO)/httpd:/root/ --add $(DEMO)/httpd.cfg:/root/ \
		--add $(DEMO)/www.img:/root/ --add $(BUILD)/apps/hello/hello:/root/ \
		--add apps/hello/hello.cfg:/root/ shell
