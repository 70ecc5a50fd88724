# SPDX-License-Identifier: BSD-2-Clause
#
# Third parties' libraries for the guest. Each NAME.sh builds one of them, once,
# into the cache outside the tree and links it to $(BUILD)/libraries/NAME;
# whoever includes its headers or links it depends (order-only) on
# $(BUILD)/libraries/NAME/stamp. If the cache is emptied the stamp is gone with
# it, and the library is built again.

LIBRARIES := $(BUILD)/libraries
NEWLIB := $(LIBRARIES)/newlib
NEWLIB_STAMP := $(NEWLIB)/stamp
E2FSPROGS := $(LIBRARIES)/e2fsprogs
E2FSPROGS_STAMP := $(E2FSPROGS)/stamp
LWIP := $(LIBRARIES)/lwip
LWIP_STAMP := $(LWIP)/stamp
LLHTTP := $(LIBRARIES)/llhttp
LLHTTP_STAMP := $(LLHTTP)/stamp
SQLITE := $(LIBRARIES)/sqlite
SQLITE_STAMP := $(SQLITE)/stamp

# Headers, in this order: the compiler's own (<stdatomic.h> needs them first),
# those that newlib lacks, newlib's. __DYNAMIC_REENT__ makes errno and its kin
# the thread's own; a hosted compiler's idea of the system would be a wrong one.
NEWLIB_CFLAGS = -nostdinc -isystem $(GUEST_CC_INCLUDE) -isystem unikernel/libc/include \
	-isystem $(NEWLIB)/include -D__DYNAMIC_REENT__ -U__linux__ -U__unix__
GUEST_CC_INCLUDE := $(shell $(CC) -print-file-name=include)

library-environment = CC='$(CC)' GUEST_CFLAGS_ARCH='$(GUEST_CFLAGS_ARCH)' \
	$(if $(LODGER_CACHE),LODGER_CACHE='$(LODGER_CACHE)')

$(LIBRARIES)/%/stamp: unikernel/libraries/%.sh unikernel/libraries/library.sh unikernel/unikernel.mk
	$(Q)$(library-environment) $< $(LIBRARIES)/$*
	$(Q)touch $@

$(NEWLIB_STAMP): unikernel/libraries/newlib/machine/_types.h
$(E2FSPROGS_STAMP): $(wildcard unikernel/libraries/e2fsprogs/*) | $(NEWLIB_STAMP)
# lwIP is compiled with our options and beside the types of our libc.
$(LWIP_STAMP): $(shell find unikernel/net/port unikernel/libc/include -name '*.h') | $(NEWLIB_STAMP)
$(LLHTTP_STAMP): | $(NEWLIB_STAMP)
$(SQLITE_STAMP): $(shell find unikernel/libc/include -name '*.h') | $(NEWLIB_STAMP)

# Archives have the stamp's word that they are there. Whoever includes a library's headers or links
# it depends on the archive, which library.sh makes new when another build takes the place of one.
$(foreach library,$(NEWLIB) $(E2FSPROGS) $(LWIP) $(LLHTTP) $(SQLITE),$(eval $(library)/lib/%: $(library)/stamp ;))
