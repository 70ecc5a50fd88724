# SPDX-License-Identifier: BSD-2-Clause
#
# The network, beside Linux's.

METER := $(BUILD)/tests/bench/$(RELEASE)/meter

$(METER): tests/bench/net/meter.c tests/bench/command.h apps/bench/meter.h \
		tests/bench/profile/mark.h tests/bench/net/net.mk $(LODGE_LIBXEN_STAMP)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LODGE_CFLAGS) $(LODGE_LDFLAGS) -o $@ $< $(LODGE_LIBS)

.PHONY: bench-net
bench-net: ## measures the network beside Linux's, counting instructions
	@$(INSTALL_MISSING) build run bench
	@$(MAKE) --no-print-directory bench-net-run

# Loaded by QEMU, on this machine, for tests/bench/profile.
PROFILE_PLUGIN := $(BUILD)/tests/bench/plugin.so

$(PROFILE_PLUGIN): tests/bench/profile/plugin.c $(wildcard tests/bench/profile/*.h) tests/bench/net/net.mk
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -g $(WARNINGS) -fPIC -shared -o $@ $<

.PHONY: bench-net-programs
bench-net-programs: all $(METER) $(EXITS) $(BENCH_LINUX) $(PROFILE_PLUGIN)

.PHONY: bench-net-run
bench-net-run: bench-net-programs
	@LODGE=$(LODGE) METER=$(METER) EXITS=$(EXITS) BENCH=$(BUILD)/apps/bench/bench \
		BENCH_LINUX=$(BENCH_LINUX) HTTPD=$(BUILD)/apps/httpd/httpd tests/bench/net/net

.PHONY: test-bench
test-bench: ## tests what prints the measurements, on outputs made up for it
	@tests/bench/net/test
