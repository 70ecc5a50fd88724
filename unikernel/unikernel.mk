# SPDX-License-Identifier: BSD-2-Clause
#
# How guest code is compiled, and how a program is linked with the kernel into
# one image.
#
# A program lives in apps/NAME or tests/guest/NAME: all *.c of the folder, and
# an app.mk where the defaults do not do:
#
#	NAME_USES := net fs     parts to link (see below); what they need comes along.
#	                        Default: libc xenbus. `freestanding` is for no libc.
#	NAME_CFLAGS, NAME_LIBS, NAME_NEEDS
#	                        more flags; more archives; stamps to wait for
#	NAME_FOLDERS            more folders of sources
#	NAME_TARGET             what to tell make for the image alone; default: NAME
#	NAME_CMDLINE            the command line that `make iso` puts on its CD
#
# It becomes
#
#	$(BUILD)/apps/NAME/NAME         the image, stripped: what one deploys
#	$(BUILD)/apps/NAME/NAME.debug   the same with symbols and DWARF, for gdb
#	$(BUILD)/apps/NAME/NAME.map     the linker's map
#
# (tests: $(BUILD)/tests/guest/NAME/NAME). `make images` builds them all.

# --- flags ---------------------------------------------------------------

# Code generation, for everything in an image, libraries included.
#   -mno-red-zone           a PV exception is delivered on the running stack
#   -mcmodel=small          linked below 2 GiB, at va == pseudo-physical address
#   -mstack-protector-guard=global   one guard variable: no thread pointer needed
#   -fno-omit-frame-pointer backtraces
#   -fstack-clash-protection  a large frame touches every page on its way down,
#                           so that it cannot step over the guard page
GUEST_CFLAGS_ARCH := -std=gnu11 -O2 -g -m64 -march=x86-64 -mtune=generic \
	-mno-red-zone -mcmodel=small -fno-pic -fno-pie -fcf-protection=none \
	-fstack-protector-strong -mstack-protector-guard=global -fstack-clash-protection \
	-fno-omit-frame-pointer -fno-asynchronous-unwind-tables -fno-unwind-tables \
	-ffunction-sections -fdata-sections

# Xen's public headers are those of libxen-dev, newest interface.
XEN_CPPFLAGS := -isystem $(BUILD)/include '-D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__'

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror

# Our own code. NEWLIB_CFLAGS: unikernel/libraries/libraries.mk.
GUEST_CFLAGS = $(GUEST_CFLAGS_ARCH) $(WARNINGS) -Wframe-larger-than=2048 -I. $(XEN_CPPFLAGS) \
	$(NEWLIB_CFLAGS) -ffile-prefix-map=$(CURDIR)=.

# --- parts ---------------------------------------------------------------

# A part is some folders. The kernel is an archive of which an image takes what
# it calls; of other parts an image that uses them links every object, for what
# registers itself (core/init.h) is called by nobody. Functions that are not
# reached are dropped either way (--gc-sections).
PARTS := freestanding libc xenbus netfront blkfront net fs

PART_kernel_FOLDERS       := hypercall unikernel/arch/x86 unikernel/arch/x86/pv \
	unikernel/arch/x86/hvm unikernel/core
PART_freestanding_FOLDERS := unikernel/freestanding
PART_libc_FOLDERS         := unikernel/libc
PART_xenbus_FOLDERS       := xenbus
PART_netfront_FOLDERS     := netfront
PART_blkfront_FOLDERS     := blkfront
PART_net_FOLDERS          := unikernel/net
PART_fs_FOLDERS           := unikernel/fs

PART_netfront_USES := xenbus
PART_blkfront_USES := xenbus
PART_net_USES      := libc netfront
PART_fs_USES       := libc blkfront

PART_libc_LIBS  = $(NEWLIB)/lib/libc.a $(NEWLIB)/lib/libm.a
PART_net_CFLAGS = -isystem unikernel/net/include -isystem $(LWIP)/include
PART_net_LIBS   = $(LWIP)/lib/liblwip.a
PART_net_NEEDS  = $(LWIP_STAMP)
PART_fs_CFLAGS  = -isystem $(E2FSPROGS)/include
PART_fs_LIBS    = $(E2FSPROGS)/lib/libext2fs.a
PART_fs_NEEDS   = $(E2FSPROGS_STAMP)

# The parts themselves and all that they use.
uses = $(sort $(foreach part,$(1),$(part) $(call uses,$(PART_$(part)_USES))))

GUEST := $(BUILD)/guest
sources = $(wildcard $(addsuffix /*.[cS],$(1)))
objects = $(addsuffix .o,$(addprefix $(GUEST)/,$(basename $(call sources,$(1)))))

KERNEL_OBJECTS := $(call objects,$(PART_kernel_FOLDERS))
$(foreach part,$(PARTS),$(eval PART_$(part)_OBJECTS := $(call objects,$(PART_$(part)_FOLDERS))))

# --- compiling -----------------------------------------------------------

.SECONDEXPANSION:

$(BUILD)/include/xen:
	$(Q)mkdir -p $(@D) && ln -sfn /usr/include/xen $@

COMPILE_NEEDS := unikernel/unikernel.mk | $(BUILD)/include/xen $$(NEWLIB_STAMP) $$(OBJECT_NEEDS)

$(GUEST)/%.o: %.c $(COMPILE_NEEDS)
	@mkdir -p $(@D)
	@$(if $(V),:,echo "  CC      $<")
	$(Q)$(CC) $(GUEST_CFLAGS) $(OBJECT_CFLAGS) -MMD -MP -c $< -o $@

$(GUEST)/%.o: %.S $(COMPILE_NEEDS)
	@mkdir -p $(@D)
	@$(if $(V),:,echo "  AS      $<")
	$(Q)$(CC) -m64 -I. $(XEN_CPPFLAGS) -D__ASSEMBLY__ -MMD -MP -c $< -o $@

-include $(patsubst %.o,%.d,$(KERNEL_OBJECTS) $(foreach part,$(PARTS),$(PART_$(part)_OBJECTS)))

# What a memcpy does must not be recognised as a memcpy, and called.
$(GUEST)/unikernel/core/string.o: OBJECT_CFLAGS := -fno-builtin -fno-tree-loop-distribute-patterns

$(PART_net_OBJECTS): OBJECT_CFLAGS = $(PART_net_CFLAGS)
$(PART_net_OBJECTS): OBJECT_NEEDS = $(PART_net_NEEDS)
$(PART_net_OBJECTS): $(PART_net_LIBS)
$(PART_fs_OBJECTS): OBJECT_CFLAGS = $(PART_fs_CFLAGS)
$(PART_fs_OBJECTS): OBJECT_NEEDS = $(PART_fs_NEEDS)
$(PART_fs_OBJECTS): $(PART_fs_LIBS)

$(GUEST)/kernel.a: $(KERNEL_OBJECTS)
	$(Q)rm -f $@ && ar rcsD $@ $^

# --- linking -------------------------------------------------------------

LINK := ld -m elf_x86_64 -static -nostdlib --gc-sections --build-id=none \
	-z max-page-size=4096 -z noexecstack -T unikernel/arch/x86/image.lds

# Twice: the table of symbols is made from the first result and linked into the
# second. It lies behind the text, which therefore is the same in both; that is
# checked. The checks of unikernel/check.sh are made on every image.
define program
$(1)_USES ?= libc xenbus
$(1)_PARTS := $$(call uses,$$($(1)_USES))
$(1)_OBJECTS := $$(call objects,$(2) $$($(1)_FOLDERS))
$(1)_TARGET ?= $(1)
$(1)_OUT := $(BUILD)/$(2)/$(1)

$$($(1)_OBJECTS): OBJECT_CFLAGS = $$($(1)_CFLAGS) $$(foreach part,$$($(1)_PARTS),$$(PART_$$(part)_CFLAGS))
$$($(1)_OBJECTS): OBJECT_NEEDS = $$($(1)_NEEDS) $$(foreach part,$$($(1)_PARTS),$$(PART_$$(part)_NEEDS))
$$($(1)_OBJECTS): $$($(1)_LIBS) $$(foreach part,$$($(1)_PARTS),$$(PART_$$(part)_LIBS))
-include $$($(1)_OBJECTS:.o=.d)

$$($(1)_OUT): $$($(1)_OBJECTS) $$(foreach part,$$($(1)_PARTS),$$(PART_$$(part)_OBJECTS)) \
		$(GUEST)/kernel.a unikernel/arch/x86/image.lds unikernel/symbols.sh unikernel/check.sh \
		$(wildcard $(2)/app.mk) \
		$$($(1)_LIBS) $$(foreach part,$$($(1)_PARTS),$$(PART_$$(part)_LIBS)) \
		| $$$$($(1)_NEEDS) $$$$(foreach part,$$$$($(1)_PARTS),$$$$(PART_$$$$(part)_NEEDS))
	@mkdir -p $$(@D)
	@$$(if $(V),:,echo "  LINK    $$@")
	$(Q)unikernel/link.sh '$(CC)' $$@ '$(LINK)' $$(filter %.o,$$^) --start-group $(GUEST)/kernel.a \
		$$($(1)_LIBS) $$(foreach part,$$($(1)_PARTS),$$(PART_$$(part)_LIBS)) --end-group

IMAGES += $$($(1)_OUT)
.PHONY: $$($(1)_TARGET)
$$($(1)_TARGET): $$($(1)_OUT)
endef

PROGRAM_FOLDERS := $(patsubst %/,%,$(sort $(dir $(wildcard apps/*/*.c tests/guest/*/*.c))))
-include $(wildcard $(addsuffix /app.mk,$(PROGRAM_FOLDERS)))
$(foreach folder,$(PROGRAM_FOLDERS),$(eval $(call program,$(notdir $(folder)),$(folder))))

.PHONY: images
images: $(IMAGES) ## builds all appliances and guest tests

all: $(filter $(BUILD)/apps/%,$(IMAGES))
