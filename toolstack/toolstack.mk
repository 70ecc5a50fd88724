# SPDX-License-Identifier: BSD-2-Clause
#
# lodge, for the dom0 of $(RELEASE). Xen's toolstack interface changes from
# version to version, so lodge is built against the libxen of the release it
# will run on, unpacked beside the objects, with the C library that those were
# built against; RELEASE=host takes what is installed here, for a dom0 of one's
# own.
#
# Xen's libraries are linked statically, and so is the C library: a program that
# starts fourteen shared libraries spends more time on that than on the domain,
# and one that needs none runs in any dom0 of that Xen. They are LGPL; whoever
# wants others relinks with this makefile.

LODGE_BUILD := $(BUILD)/toolstack/$(RELEASE)
LODGE := $(LODGE_BUILD)/lodge
LODGE_SOURCES := $(sort $(wildcard toolstack/*.c))
LODGE_OBJECTS := $(LODGE_SOURCES:toolstack/%.c=$(LODGE_BUILD)/%.o)
LODGE_VERSION := $(or $(shell git describe --always --dirty 2>/dev/null),unknown)

ifneq ($(RELEASE),host)
LODGE_LIBXEN := $(LODGE_BUILD)/libxen
LODGE_LIBXEN_STAMP := $(LODGE_LIBXEN)/stamp
LODGE_SYSROOT := --sysroot=$(abspath $(LODGE_LIBXEN))
# gcc looks beside itself before it looks into the sysroot, unless told.
LODGE_LIBPATH := $(foreach option,-B -L,$(option)$(LODGE_LIBXEN)/usr/lib/x86_64-linux-gnu)
endif

LODGE_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wshadow -Wconversion \
	-Wstrict-prototypes -Wmissing-prototypes -Werror -fstack-protector-strong -D_FORTIFY_SOURCE=2 \
	-ffunction-sections -fdata-sections -I. $(LODGE_SYSROOT)

# libxenguest's image loaders register themselves from constructors that nothing
# refers to: it is linked whole.
LODGE_LDFLAGS := -static -Wl,--gc-sections $(LODGE_SYSROOT) $(LODGE_LIBPATH)
LODGE_LIBS := -lxlutil -Wl,--whole-archive -lxenguest -Wl,--no-whole-archive -lxenctrl \
	-lxendevicemodel -lxenforeignmemory -lxengnttab -lxenevtchn -lxencall -lxentoollog \
	-lxentoolcore -lz -llzma -lzstd

.PHONY: lodge
lodge: $(LODGE) ## builds lodge, the toolstack, for the dom0 of RELEASE

all: $(LODGE)

$(LODGE): $(LODGE_OBJECTS)
	$(Q)$(CC) $(LODGE_LDFLAGS) -o $@ $(LODGE_OBJECTS) $(LODGE_LIBS)

$(LODGE_BUILD)/%.o: toolstack/%.c toolstack/toolstack.mk $(LODGE_LIBXEN_STAMP)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LODGE_CFLAGS) -MMD -MP -c -o $@ $<

# The version changes with every commit: only the file that prints it follows.
$(LODGE_BUILD)/main.o: LODGE_CFLAGS += -DLODGE_VERSION='"$(LODGE_VERSION)"'

$(LODGE_LIBXEN_STAMP): unikernel/libraries/debian.sh toolstack/toolstack.mk
	$(Q)rm -rf $(LODGE_LIBXEN)
	@mkdir -p $(LODGE_LIBXEN)
	$(Q)unikernel/libraries/debian.sh binary --into $(LODGE_LIBXEN) $(RELEASE) \
		libxen-dev zlib1g-dev liblzma-dev libzstd-dev libc6-dev linux-libc-dev >/dev/null
	@touch $@

-include $(LODGE_OBJECTS:.o=.d)
