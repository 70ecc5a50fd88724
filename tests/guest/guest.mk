# SPDX-License-Identifier: BSD-2-Clause
#
# Guest tests: those that need Xen alone, and those that need a dom0 for its back ends.

guest_images = $(foreach name,$(1),$(BUILD)/tests/guest/$(name)/$(name))

GUEST_TESTS := memory time events grants console posix arguments crash sockets

.PHONY: test-guest
test-guest: $(call guest_images,$(GUEST_TESTS)) ## boots the kernel's tests under Xen alone
	$(Q)tests/guest/run

DEVICE_TESTS := time events memory echo xenbus net blk ext4 stdin

.PHONY: test-devices
test-devices: $(call guest_images,$(DEVICE_TESTS)) $(BUILD)/tests/guest/ext4/ext4.img $(LODGE)
test-devices: ## boots the tests of xenbus, disks, network and files in the boxed host
	$(Q)tests/guest/devices
