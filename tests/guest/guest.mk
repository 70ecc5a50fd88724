# SPDX-License-Identifier: BSD-2-Clause
#
# Guest tests: those that need Xen alone, and those that need a dom0 for its back ends. Every
# folder here is an image (unikernel.mk); which of them are booted, and how, the runners say. The same
# file is booted in every mode.

GUEST_TEST_IMAGES := $(filter $(BUILD)/tests/guest/%,$(IMAGES))

.PHONY: test-guest
test-guest: $(GUEST_TEST_IMAGES) ## boots the kernel's tests under Xen alone
	$(Q)tests/guest/run

.PHONY: test-devices
test-devices: $(GUEST_TEST_IMAGES) $(BUILD)/tests/guest/ext4/ext4.img $(LODGE)
test-devices: ## boots the guest tests as domUs in the boxed host, in every mode (MODE=pv|pvh|hvm: in one)
	$(Q)tests/guest/devices $(if $(MODE),--mode $(MODE))
