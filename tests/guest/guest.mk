# SPDX-License-Identifier: BSD-2-Clause
#
# Guest tests under Xen without a dom0. Those of the other folders here need back ends and are run
# by the system tests.

GUEST_TESTS := memory time events grants console arguments crash

.PHONY: test-guest
test-guest: $(GUEST_TESTS:%=$(BUILD)/tests/guest/%/%) ## boots the kernel's tests under Xen alone
	$(Q)tests/guest/run
