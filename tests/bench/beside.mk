# SPDX-License-Identifier: BSD-2-Clause
#
# Lodger's devices beside Linux's: the network (net/) and disks (blk/).

METER := $(BUILD)/tests/bench/$(RELEASE)/meter

$(METER): tests/bench/meter.c tests/bench/command.h apps/bench/meter.h \
		tests/bench/profile/mark.h tests/bench/beside.mk $(LODGE_LIBXEN_STAMP)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LODGE_CFLAGS) $(LODGE_LDFLAGS) -o $@ $< $(LODGE_LIBS)

# Loaded by QEMU, on this machine, for tests/bench/profile.
PROFILE_PLUGIN := $(BUILD)/tests/bench/plugin.so

$(PROFILE_PLUGIN): tests/bench/profile/plugin.c $(wildcard tests/bench/profile/*.h) tests/bench/beside.mk
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -g $(WARNINGS) -fPIC -shared -o $@ $<

.PHONY: beside-programs
beside-programs: all $(METER) $(EXITS) $(BENCH_LINUX) $(PROFILE_PLUGIN)

BESIDE = LODGE=$(LODGE) METER=$(METER) EXITS=$(EXITS) BENCH=$(BUILD)/apps/bench/bench \
	BENCH_LINUX=$(BENCH_LINUX) HTTPD=$(BUILD)/apps/httpd/httpd

# bench-KIND-run measures with what is installed; bench-KIND sees to that first.
bench-%-run: beside-programs
	@$(BESIDE) tests/bench/$*/$*

.PHONY: bench-net bench-blk
bench-net: ## measures the network beside Linux's, counting instructions
bench-blk: ## measures disks and files beside Linux's, counting instructions
bench-net bench-blk:
	@$(INSTALL_MISSING) build run bench
	@$(MAKE) --no-print-directory $@-run

.PHONY: test-bench
test-bench: ## tests what prints the measurements, on outputs made up for it
	@tests/bench/test
