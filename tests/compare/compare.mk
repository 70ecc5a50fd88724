# SPDX-License-Identifier: BSD-2-Clause
#
# The comparison of modes: one image as PV, PVH and HVM, beside Linux.

OBSERVE := $(BUILD)/tests/compare/$(RELEASE)/observe

$(OBSERVE): tests/compare/observe.c tests/bench/command.h tests/compare/compare.mk $(LODGE_LIBXEN_STAMP)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LODGE_CFLAGS) $(LODGE_LDFLAGS) -o $@ $< $(LODGE_LIBS)

.PHONY: compare
compare: ## compares PV, PVH and HVM, beside Linux; writes report/
	@$(INSTALL_MISSING) build run compare $(if $(DOM0),dom0)
	@$(MAKE) --no-print-directory RELEASE=$(if $(DOM0),host,$(RELEASE)) compare-run

.PHONY: compare-run
compare-run: all $(OBSERVE) $(EXITS) $(BENCH_LINUX)
	@LODGE=$(LODGE) OBSERVE=$(OBSERVE) EXITS=$(EXITS) BENCH=$(BUILD)/apps/bench/bench \
		BENCH_LINUX=$(BENCH_LINUX) tests/compare/compare
	@tests/compare/report $(BUILD)/compare/raw report

.PHONY: test-compare
test-compare: ## tests the report of the comparison, on outputs made up for it
	@tests/compare/test
