# SPDX-License-Identifier: BSD-2-Clause
#
# Guest tests: those that need Xen alone, and those that need a dom0 for its back ends. Every
# folder here is an image (unikernel.mk); which of them are booted, and how, the runners say. The same
# file is booted in every mode.

GUEST_TEST_IMAGES := $(filter $(BUILD)/tests/guest/%,$(IMAGES))

# What dom0 has for them: disks, and programs that run there whatever release it is of.
DOM0_PROGRAMS := $(BUILD)/tests/guest/traffic-peer $(BUILD)/tests/guest/secure-disk
GUEST_TEST_DISK := $(BUILD)/tests/guest/disk.img.gz
GUEST_TEST_E2FSCK := $(BUILD)/tests/guest/e2fsck.static
GUEST_TEST_FILES := $(BUILD)/tests/guest/ext4/ext4.img $(DOM0_PROGRAMS) $(GUEST_TEST_DISK) $(GUEST_TEST_E2FSCK) \
	$(BUILD)/apps/sqlite/sqlite

# An empty file system of 32 MiB with a journal, for the tests that write.
$(GUEST_TEST_DISK): tests/guest/guest.mk
	@mkdir -p $(@D)
	$(Q)rm -f $(@:.gz=) && mke2fs -qF -t ext4 $(@:.gz=) 32M >/dev/null && gzip -nf $(@:.gz=)

$(GUEST_TEST_E2FSCK): tests/guest/guest.mk unikernel/libraries/debian.sh
	@mkdir -p $(@D)
	$(Q)unikernel/libraries/debian.sh binary --into $@.package bookworm e2fsck-static
	$(Q)cp $@.package/sbin/e2fsck.static $@ && rm -r $@.package

.PHONY: test-guest
test-guest: $(GUEST_TEST_IMAGES) ## boots the kernel's tests under Xen alone
	$(Q)tests/guest/run

.PHONY: test-devices
test-devices: $(GUEST_TEST_IMAGES) $(LODGE) $(GUEST_TEST_FILES)
test-devices: ## boots the guest tests as domUs in the boxed host, in every mode (MODE=pv|pvh|hvm: in one)
	$(Q)tests/guest/devices $(if $(MODE),--mode $(MODE))

# The other side of the test "traffic", and a disk that Linux has not.
$(DOM0_PROGRAMS): $(BUILD)/tests/guest/%: tests/guest/%.c tests/guest/traffic/protocol.h tests/guest/guest.mk
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 $(WARNINGS) -I. $(XEN_CPPFLAGS) -static -o $@ $<

# A part of test-devices: the place to look when a byte goes wrong.
.PHONY: test-traffic
test-traffic: $(GUEST_TEST_IMAGES) $(LODGE) $(GUEST_TEST_FILES)
test-traffic: ## sends known bytes through every setting of the network (MODE=pv|pvh)
	$(Q)TIMEOUT=3000 tests/guest/devices --mode $(or $(MODE),pv) traffic traffic_mtu \
		traffic_carrier traffic_restart traffic_half_open traffic_hasty

MINUTES ?= 30

.PHONY: soak
soak: $(GUEST_TEST_IMAGES) $(LODGE) $(GUEST_TEST_FILES)
soak: ## MINUTES (30) of mixed traffic while the backend and a card come and go (MODE=pv|pvh)
	$(Q)MINUTES=$(MINUTES) TIMEOUT=$$((($(MINUTES) + 30) * 60)) \
		tests/guest/devices --mode $(or $(MODE),pv) traffic_soak

CUTS ?= 250

.PHONY: test-cut
test-cut: $(GUEST_TEST_IMAGES) $(LODGE) $(GUEST_TEST_FILES)
test-cut: ## destroys guests that write CUTS (250) times each, files and a database (MODE=pv|pvh)
	$(Q)CUTS=$(CUTS) TIMEOUT=$$(($(CUTS) * 10 + 300)) tests/guest/devices --mode $(or $(MODE),pv) cut database
