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
test-devices: $(GUEST_TEST_IMAGES) $(BUILD)/tests/guest/ext4/ext4.img $(LODGE) $(BUILD)/tests/guest/traffic-peer
test-devices: ## boots the guest tests as domUs in the boxed host, in every mode (MODE=pv|pvh|hvm: in one)
	$(Q)tests/guest/devices $(if $(MODE),--mode $(MODE))

# The other side of the test "traffic", for dom0 of whatever release.
TRAFFIC_PEER := $(BUILD)/tests/guest/traffic-peer

$(TRAFFIC_PEER): tests/guest/traffic-peer.c tests/guest/traffic/protocol.h tests/guest/guest.mk
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 $(WARNINGS) -I. -static -o $@ $<

# A part of test-devices: the place to look when a byte goes wrong.
.PHONY: test-traffic
test-traffic: $(GUEST_TEST_IMAGES) $(BUILD)/tests/guest/ext4/ext4.img $(LODGE) $(TRAFFIC_PEER)
test-traffic: ## sends known bytes through every setting of the network (MODE=pv|pvh)
	$(Q)TIMEOUT=3000 tests/guest/devices --mode $(or $(MODE),pv) traffic traffic_mtu \
		traffic_carrier traffic_restart

MINUTES ?= 30

.PHONY: soak
soak: $(GUEST_TEST_IMAGES) $(BUILD)/tests/guest/ext4/ext4.img $(LODGE) $(BUILD)/tests/guest/traffic-peer
soak: ## MINUTES (30) of mixed traffic while the backend and a card come and go (MODE=pv|pvh)
	$(Q)MINUTES=$(MINUTES) TIMEOUT=$$((($(MINUTES) + 30) * 60)) \
		tests/guest/devices --mode $(or $(MODE),pv) traffic_soak
