# SPDX-License-Identifier: BSD-2-Clause
#
# The tests, by what they need: lint (nothing), unit and fuzz (this host), guest (Xen without dom0),
# system (Xen and dom0 in a box).

TEST_SAY := @$(if $(V),:,echo)

# Without what the host has of its own, and what only a guest's processor runs.
TEST_KERNEL_SOURCES := $(filter-out %/string.c %/shared_info.c %/traps.c,$(sort $(wildcard \
	hypercall/*.c unikernel/arch/x86/*.c unikernel/arch/x86/hvm/loader.c unikernel/core/*.c xenbus/*.c netfront/*.c blkfront/*.c)))
# What is pure above the kernel: no libc but the host's is asked for.
TEST_PURE_SOURCES := $(wildcard apps/bench/measure.c \
	apps/httpd/clock.c apps/httpd/date.c apps/httpd/kept_file.c apps/httpd/mime.c apps/httpd/path.c apps/httpd/range.c \
	unikernel/net/checksum.c unikernel/net/siphash.c)
TEST_FAKE_SOURCES := $(sort $(wildcard tests/unit/fake/*.c tests/unit/seam/arch/*.c))
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))

# The kernel's code as it ships, but for two things: the seam stands first on the include path, and
# the program lies low (-no-pie), as the guest's image does, so that static pages have frames.
TEST_CPPFLAGS := -D_GNU_SOURCE -D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__ \
	-Itests/unit/seam -I.
TEST_WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror -fmax-errors=5
TEST_SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=undefined
TEST_CFLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-pie $(TEST_SANITIZERS)
# The tables that the guest's link script collects (INIT, EXIT_HOOK, STATS), for the host's linker.
TEST_LDFLAGS := -no-pie -Wl,-T,tests/unit/seam/tables.ld \
	-Wl,--wrap=thread_create -Wl,--wrap=main \
	-Wl,--wrap=page_alloc -Wl,--wrap=pages_alloc -Wl,--wrap=run_free -Wl,--wrap=run_take \
	-Wl,--wrap=heap_alloc -Wl,--wrap=heap_zalloc

# --- unit tests: cmocka on the fake Xen, under ASan and UBSan ---

UNIT := $(BUILD)/unit
UNIT_CC ?= gcc

$(UNIT)/%.o: %.S
	@mkdir -p $(@D)
	$(Q)$(UNIT_CC) -c $< -o $@

$(UNIT)/%.o: %.c
	@mkdir -p $(@D)
	$(TEST_SAY) "  CC (unit)  $<"
	$(Q)$(UNIT_CC) $(TEST_CFLAGS) $(UNIT_CFLAGS) $(TEST_CPPFLAGS) $(TEST_WARNINGS) -MMD -MP -c $< -o $@

# An archive: a program gets what it uses, and of the tables what comes with that.
$(UNIT)/kernel.a: $(TEST_KERNEL_SOURCES:%.c=$(UNIT)/%.o) $(TEST_PURE_SOURCES:%.c=$(UNIT)/%.o)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(UNIT)/fake.a: $(TEST_FAKE_SOURCES:%.c=$(UNIT)/%.o) $(UNIT)/unikernel/arch/x86/switch.o \
		$(UNIT)/tests/unit/unit.o
	@rm -f $@
	$(Q)ar rcs $@ $^

# httpd's requests stand on llhttp, compiled here from the guest's own sources.
TEST_LLHTTP_OBJECTS := api.o http.o llhttp.o
LLHTTP_CPPFLAGS = -DLLHTTP_STRICT_MODE=1 -I$(LLHTTP)/include # as llhttp.sh compiles it

$(UNIT)/llhttp/%.o: | $(LLHTTP_STAMP)
	@mkdir -p $(@D)
	$(Q)$(UNIT_CC) -w $(TEST_CFLAGS) $(UNIT_CFLAGS) $(LLHTTP_CPPFLAGS) -c $(LLHTTP)/src/$*.c -o $@

$(UNIT)/apps/httpd/request.o $(UNIT)/tests/unit/test_request.o: TEST_CPPFLAGS += -isystem $(LLHTTP)/include
$(UNIT)/apps/httpd/request.o $(UNIT)/tests/unit/test_request.o: | $(LLHTTP_STAMP)
$(UNIT)/test_request: UNIT_LIBS := $(UNIT)/apps/httpd/request.o $(TEST_LLHTTP_OBJECTS:%=$(UNIT)/llhttp/%)
$(UNIT)/test_request: $(UNIT)/apps/httpd/request.o $(TEST_LLHTTP_OBJECTS:%=$(UNIT)/llhttp/%)

# What of lodge touches no host, without its messages, which a test catches.
TEST_LODGE_SOURCES := $(sort $(wildcard toolstack/config*.c toolstack/text.c toolstack/identity.c \
	toolstack/json.c toolstack/xenstore_wire.c))

$(UNIT)/toolstack.a: $(TEST_LODGE_SOURCES:%.c=$(UNIT)/%.o)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(UNIT)/test_toolstack: UNIT_LIBS := $(UNIT)/toolstack.a -lxlutil
$(UNIT)/test_toolstack: $(UNIT)/toolstack.a

$(UNIT_TESTS:%=$(UNIT)/%): $(UNIT)/%: $(UNIT)/tests/unit/%.o $(UNIT)/kernel.a $(UNIT)/fake.a \
		tests/unit/seam/tables.ld
	$(TEST_SAY) "  LD (unit)  $(@F)"
	$(Q)$(UNIT_CC) $(TEST_SANITIZERS) $(UNIT_CFLAGS) $(TEST_LDFLAGS) $< $(UNIT_LIBS) \
		-Wl,--start-group $(UNIT)/kernel.a $(UNIT)/fake.a -Wl,--end-group -lcmocka -o $@

.PHONY: unit
unit: $(UNIT_TESTS:%=$(UNIT)/%)

# All processors, unless make was told how many.
TEST_MAKE = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

.PHONY: test-unit
test-unit: ## runs the unit tests (fake Xen, ASan, UBSan)
	@+$(TEST_MAKE) unit
	@status=0; for test in $(UNIT_TESTS); do $(UNIT)/$$test || status=1; done; exit $$status

# --- fuzzing: libFuzzer with ASan and UBSan, on the same fake Xen ---

FUZZ := $(BUILD)/fuzz
FUZZ_CC ?= clang
# A short run is part of every test; the long one is for the night. Seconds for each target.
FUZZ_SECONDS ?= 4
FUZZ_LONG_SECONDS ?= 1800
# clang fences every global, those of the tables too (INIT, STATS), which then have holes.
FUZZ_COVERAGE := -fsanitize=fuzzer-no-link
FUZZ_FLAGS = $(FUZZ_COVERAGE) -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-mllvm -asan-globals=0 -fsanitize-address-use-after-return=never
# What the fake Xen does is of no interest, and what the core compares with what finds nothing, nor
# does it in netfront, whose inputs are lists of acts and not texts; all of it takes a third of the time.
$(BUILD)/fuzz/tests/unit/%.o: FUZZ_COVERAGE :=
FUZZ_COUNTERS := -fsanitize-coverage=inline-8bit-counters,pc-table
$(BUILD)/fuzz/unikernel/core/%.o: FUZZ_COVERAGE := $(FUZZ_COUNTERS)
$(BUILD)/fuzz/netfront/%.o $(BUILD)/fuzz/tests/fuzz/fuzz_netfront.o: FUZZ_COVERAGE := $(FUZZ_COUNTERS)

$(FUZZ)/%.o: %.S
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -c $< -o $@

$(FUZZ)/%.o: %.c
	@mkdir -p $(@D)
	$(TEST_SAY) "  CC (fuzz)  $<"
	$(Q)$(FUZZ_CC) -std=gnu11 -O2 -g -fno-omit-frame-pointer -fno-pie $(FUZZ_FLAGS) $(TEST_CPPFLAGS) \
		-Wall -Wextra -Wno-unused-command-line-argument -Werror -MMD -MP -c $< -o $@

$(FUZZ)/guest.a: $(TEST_KERNEL_SOURCES:%.c=$(FUZZ)/%.o) $(TEST_PURE_SOURCES:%.c=$(FUZZ)/%.o) \
		$(TEST_FAKE_SOURCES:%.c=$(FUZZ)/%.o) $(FUZZ)/unikernel/arch/x86/switch.o $(FUZZ)/tests/fuzz/fuzz.o
	@rm -f $@
	$(Q)ar rcs $@ $^

$(FUZZ)/toolstack.a: $(TEST_LODGE_SOURCES:%.c=$(FUZZ)/%.o)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(FUZZ)/llhttp/%.o: | $(LLHTTP_STAMP)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -w -O1 -g -fno-pie $(FUZZ_FLAGS) $(LLHTTP_CPPFLAGS) -c $(LLHTTP)/src/$*.c -o $@

$(FUZZ)/apps/httpd/request.o $(FUZZ)/tests/fuzz/fuzz_request.o: TEST_CPPFLAGS += -isystem $(LLHTTP)/include
$(FUZZ)/apps/httpd/request.o $(FUZZ)/tests/fuzz/fuzz_request.o: | $(LLHTTP_STAMP)
$(FUZZ)/fuzz_request: FUZZ_LIBS := $(FUZZ)/apps/httpd/request.o $(TEST_LLHTTP_OBJECTS:%=$(FUZZ)/llhttp/%)
$(FUZZ)/fuzz_request: $(FUZZ)/apps/httpd/request.o $(TEST_LLHTTP_OBJECTS:%=$(FUZZ)/llhttp/%)

$(FUZZ)/fuzz_config: FUZZ_LIBS := $(FUZZ)/toolstack.a -lxlutil
$(FUZZ)/fuzz_config: $(FUZZ)/toolstack.a

$(FUZZ_TARGETS:%=$(FUZZ)/%): $(FUZZ)/%: $(FUZZ)/tests/fuzz/%.o $(FUZZ)/guest.a tests/unit/seam/tables.ld
	$(TEST_SAY) "  LD (fuzz)  $(@F)"
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,address,undefined $(TEST_LDFLAGS) $< $(FUZZ_LIBS) \
		-Wl,--start-group $(FUZZ)/guest.a -Wl,--end-group -o $@

.PHONY: fuzz
fuzz: $(FUZZ_TARGETS:%=$(FUZZ)/%)

# By count, for those that an issue wants so many of; WORKERS=1: on one processor.
N ?= 10000000
NIGHTLY ?= fuzz_netfront fuzz_blkfront

.PHONY: test-fuzz fuzz-long fuzz-nightly
test-fuzz: ## fuzzes each target for some seconds
	@+$(TEST_MAKE) fuzz
	@tests/fuzz/run $(FUZZ) $(FUZZ_SECONDS) $(FUZZ_TARGETS)

fuzz-long: fuzz ## fuzzes each target for half an hour, keeping what it finds in BUILD
	@tests/fuzz/run $(FUZZ) $(FUZZ_LONG_SECONDS) $(FUZZ_TARGETS)

fuzz-nightly: fuzz ## fuzzes NIGHTLY (netfront, blkfront) until each was run N times (ten million), on WORKERS (all) processors
	@tests/fuzz/night $(FUZZ) $(N) $(NIGHTLY)

# --- lint: each is a script that says nothing when all is well ---

LINTS := layers headers lines twice modes text format warnings images

.PHONY: test-lint
test-lint: ## checks layers, headers, formatting, text, sizes
	@+$(TEST_MAKE) all
	@status=0; for lint in $(LINTS); do \
		if GUEST_CFLAGS='$(GUEST_CFLAGS) $(PART_net_CFLAGS) $(PART_fs_CFLAGS) $(httpd_CFLAGS)' BUILD='$(BUILD)' \
			tests/lint/$$lint; then echo "ok lint/$$lint"; \
		else echo "FAIL lint/$$lint: see above"; status=1; fi; \
	done; exit $$status

# --- coverage: what of the shipping sources the unit tests reach ---

COVERAGE := $(BUILD)/coverage

.PHONY: coverage
coverage: ## reports the lines that the unit tests reach
	@$(MAKE) --no-print-directory UNIT=$(COVERAGE) UNIT_CFLAGS=--coverage test-unit >$(BUILD)/coverage.log || \
		{ cat $(BUILD)/coverage.log; exit 1; }
	@mkdir -p $(COVERAGE)/html
	@gcovr --root . --object-directory $(COVERAGE) --exclude tests/ --exclude-throw-branches \
		--html-details $(COVERAGE)/html/index.html --txt - --print-summary \
		--filter hypercall/ --filter unikernel/ --filter xenbus/ --filter netfront/ \
		--filter blkfront/ --filter apps/ --filter toolstack/ $(COVERAGE)

-include $(shell find $(UNIT) $(FUZZ) -name '*.d' 2>/dev/null)
