# SPDX-License-Identifier: BSD-2-Clause
#
# Measurements: on the boxed Xen, beside what users would pick instead.

STOPWATCH := $(BUILD)/tests/bench/$(RELEASE)/stopwatch

$(STOPWATCH): tests/bench/stopwatch.c tests/bench/command.h tests/bench/bench.mk $(LODGE_LIBXEN_STAMP)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LODGE_CFLAGS) $(LODGE_LDFLAGS) -o $@ $< $(LODGE_LIBS)

# Counts of exits and hypercalls, by way of xentrace.
EXITS := $(BUILD)/tests/bench/$(RELEASE)/exits
EXITS_SOURCES := $(wildcard tests/bench/exits/*.c)

$(EXITS): $(EXITS_SOURCES) $(wildcard tests/bench/exits/*.h) tests/bench/bench.mk $(LODGE_LIBXEN_STAMP)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LODGE_CFLAGS) $(LODGE_LDFLAGS) -o $@ $(EXITS_SOURCES)

.PHONY: exits
exits: $(EXITS)

.PHONY: bench
bench: ## measures creation and start beside xl and Linux, counting instructions
	@$(INSTALL_MISSING) build run
	@$(MAKE) --no-print-directory bench-boot

.PHONY: bench-boot
bench-boot: all $(STOPWATCH)
	@LODGE=$(LODGE) STOPWATCH=$(STOPWATCH) tests/bench/boot $(RUNS)
