# SPDX-License-Identifier: BSD-2-Clause
#
# How guest code is compiled, and how a program is linked with the kernel into
# one image.
#
# A program lives in apps/NAME (or tests/guest/NAME) with a fragment app.mk:
#
#	NAME_USES := net fs         parts to link, see below; what they need comes along
#	NAME_SOURCES := …           relative to its folder; default: all its *.c
#	NAME_LIBS := …              more archives; their stamps in NAME_NEEDS
#
# and becomes
#
#	$(BUILD)/apps/NAME/NAME         the image, stripped: what one deploys
#	$(BUILD)/apps/NAME/NAME.debug   the same with symbols and DWARF, for gdb
#	$(BUILD)/apps/NAME/NAME.map     the linker's map

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
