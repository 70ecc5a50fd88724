# SPDX-License-Identifier: BSD-2-Clause
#
# Tests of lodge on the boxed Xen, with a guest of their own.

TINY := $(BUILD)/tests/system/tiny
TINY_SOURCES := $(wildcard tests/system/tiny/*.c)

$(TINY): $(TINY_SOURCES)
# One that cannot start as PVH.
$(TINY)-pv: $(filter-out %/start_pvh.c,$(TINY_SOURCES))

$(TINY) $(TINY)-pv: tests/system/tiny/tiny.h tests/system/tiny/tiny.lds $(LODGE_LIBXEN_STAMP)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
		-Wmissing-prototypes -Werror -ffreestanding -mno-red-zone -mgeneral-regs-only \
		-fno-pic -fno-pie -fcf-protection=none -fno-stack-protector \
		-fno-asynchronous-unwind-tables $(LODGE_SYSROOT) \
		-D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__ -nostdlib -static \
		-Wl,-T,tests/system/tiny/tiny.lds,--build-id=none,-z,noexecstack,--no-warn-rwx-segments \
		-o $@ $(filter %.c,$^)

LODGE_TESTS ?= $(sort $(wildcard tests/system/lodge-*.sh))

.PHONY: test-lodge
test-lodge: $(LODGE) $(TINY) $(TINY)-pv ## runs the tests of lodge in the boxed dom0
	$(Q)tests/xenhost/xenhost --quiet --release $(RELEASE) --timeout 1500 \
		--add $(LODGE) --add $(TINY) --add $(TINY)-pv --add tests/system/lib.sh \
		$(foreach test,$(LODGE_TESTS),--add $(test)) run tests/system/lodge.dom0

.PHONY: test-modes
test-modes: all ## serves one page from one image as PV, PVH and HVM at once
	$(Q)LODGE=$(LODGE) tests/system/modes
