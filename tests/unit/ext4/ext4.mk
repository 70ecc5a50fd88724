# SPDX-License-Identifier: BSD-2-Clause
#
# unikernel/fs and libext2fs on this host, under ASan and UBSan, over images that mke2fs makes:
# see test_ext4.sh for reading and test_write.sh for writing. EXT4_ROUNDS: how many wrong images of
# each kind are read, EXT4_CUTS: how many times the power is cut on each of seven, EXT4_OPERATIONS:
# how many are compared with a model on each of six.

EXT4_ROUNDS ?= 150
EXT4_CUTS ?= 72
EXT4_OPERATIONS ?= 1500

EXT4_SHARED := $(sort $(filter-out unikernel/fs/root.c,$(wildcard unikernel/fs/*.c)) \
	unikernel/libc/file.c $(filter-out tests/unit/ext4/test_%.c,$(wildcard tests/unit/ext4/*.c)))
EXT4_TESTS := ext4 write
EXT4_SHARED_OBJECTS := $(EXT4_SHARED:%.c=$(UNIT)/%.o)
EXT4_OBJECTS := $(EXT4_SHARED_OBJECTS) $(EXT4_TESTS:%=$(UNIT)/tests/unit/ext4/test_%.o)

$(EXT4_OBJECTS): UNIT_CFLAGS += -isystem $(E2FSPROGS)/include
$(EXT4_OBJECTS): | $(E2FSPROGS_STAMP)

# The same sources as the guest's library; unused functions are dropped, as there.
$(UNIT)/libext2fs.a: unikernel/libraries/e2fsprogs.sh | $(E2FSPROGS_STAMP)
	@mkdir -p $(@D)/libext2fs
	$(TEST_SAY) "  CC (unit)  libext2fs"
	$(Q)set -e; for source in $(E2FSPROGS)/src/*.c; do \
		$(UNIT_CC) -w -O1 -g -fno-pie -fsanitize=address -ffunction-sections -I$(E2FSPROGS)/src \
			-I$(E2FSPROGS)/include -I$(E2FSPROGS)/include/ext2fs -c $$source \
			-o $(@D)/libext2fs/$$(basename $$source .c).o; \
	done
	$(Q)rm -f $@ && ar rcs $@ $(@D)/libext2fs/*.o

$(UNIT)/ext4 $(UNIT)/ext4_write: $(EXT4_SHARED_OBJECTS) $(UNIT)/libext2fs.a
$(UNIT)/ext4: $(UNIT)/tests/unit/ext4/test_ext4.o
$(UNIT)/ext4_write: $(UNIT)/tests/unit/ext4/test_write.o
$(UNIT)/ext4 $(UNIT)/ext4_write:
	$(TEST_SAY) "  LD (unit)  $(@F)"
	$(Q)$(UNIT_CC) $(TEST_SANITIZERS) $(UNIT_CFLAGS) -no-pie -Wl,--gc-sections $(filter %.o,$^) $(filter %.a,$^) -o $@

.PHONY: test-ext4
test-ext4: $(UNIT)/ext4 $(UNIT)/ext4_write ## reads and writes good, failing and lying disk images on the host
	@tests/unit/ext4/test_ext4.sh $(UNIT)/ext4 $(BUILD)/tests/ext4 $(EXT4_ROUNDS)
	@tests/unit/ext4/test_write.sh $(UNIT)/ext4_write $(BUILD)/tests/ext4-write $(EXT4_CUTS) $(EXT4_OPERATIONS)
