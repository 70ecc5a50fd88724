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
	@$(INSTALL_MISSING) build run test

.PHONY: test
test: ## runs all tests; ends in "N passed, N failed"
	@$(INSTALL_MISSING) build run test
	@$(MAKE) --no-print-directory all
	@MAKE='$(MAKE)' tests/run $(SUITES)

SUITES ?= lint unit fuzz guest system
