# SPDX-License-Identifier: BSD-2-Clause
ext4_USES := fs

# The disk of this test; devices.dom0 finds it in dom0 as ext4.img.
$(BUILD)/tests/guest/ext4/ext4.img: tests/guest/ext4/image.sh
	@mkdir -p $(@D)
	$(Q)$< $@
