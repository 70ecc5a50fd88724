# SPDX-License-Identifier: BSD-2-Clause
#
# bench is built twice from the same sources: with Lodger (lodger/), as every app is, and as a
# program of Linux (linux/), static, so that it runs wherever it is copied to.
bench_USES := net fs libc
bench_FOLDERS := apps/bench/lodger
bench_TARGET := bench-image

BENCH_LINUX := $(BUILD)/tests/bench/linux/bench
BENCH_LINUX_OBJECTS = $(patsubst %.c,$(BUILD)/tests/bench/linux/%.o,\
	$(wildcard apps/bench/*.c apps/bench/linux/*.c))

$(BUILD)/tests/bench/linux/%.o: %.c apps/bench/app.mk
	@mkdir -p $(@D)
	@$(if $(V),:,echo "  CC      $< (Linux)")
	$(Q)$(CC) -std=gnu11 -O2 -g -D_GNU_SOURCE -I. $(WARNINGS) -MMD -MP -c $< -o $@

$(BENCH_LINUX): $$(BENCH_LINUX_OBJECTS)
	$(Q)$(CC) -static -pthread -o $@ $^

-include $(BENCH_LINUX_OBJECTS:.o=.d)

.PHONY: bench-linux
bench-linux: $(BENCH_LINUX)
