# SPDX-License-Identifier: BSD-2-Clause
#
# SQLite over unikernel/fs on this host, over a disk whose power is cut: see test_sqlite.c.
# SQLITE_CUTS: how many times.

SQLITE_CUTS ?= 100

SQLITE_OBJECTS := $(UNIT)/tests/unit/ext4/test_sqlite.o $(UNIT)/tests/unit/ext4/sqlite/calls.o \
	$(UNIT)/tests/guest/database/transactions.o

$(SQLITE_OBJECTS): UNIT_CFLAGS += -isystem $(SQLITE)/include -isystem $(E2FSPROGS)/include
$(SQLITE_OBJECTS): | $(SQLITE_STAMP) $(E2FSPROGS_STAMP)

# The guest's sources by the guest's options. It has been tested enough to do without a sanitizer.
$(UNIT)/sqlite3.o: unikernel/libraries/sqlite.sh | $(SQLITE_STAMP)
	@mkdir -p $(@D)
	$(TEST_SAY) "  CC (unit)  sqlite3"
	$(Q)$(UNIT_CC) -w -O1 -fno-pie $$(cat $(SQLITE)/src/options) -Dfsync=ext4_fsync \
		-Dfdatasync=ext4_fdatasync -c $(SQLITE)/src/sqlite3.c -o $@

$(UNIT)/ext4_sqlite: $(SQLITE_OBJECTS) $(UNIT)/sqlite3.o $(EXT4_SHARED_OBJECTS) $(UNIT)/libext2fs.a
	$(TEST_SAY) "  LD (unit)  $(@F)"
	$(Q)$(UNIT_CC) $(TEST_SANITIZERS) $(UNIT_CFLAGS) -no-pie -Wl,--gc-sections $^ -lm -o $@

.PHONY: test-sqlite
test-sqlite: $(UNIT)/ext4_sqlite ## cuts SQLite's power SQLITE_CUTS (100) times on the host
	@mkdir -p $(BUILD)/tests/sqlite
	@$(UNIT)/ext4_sqlite $(BUILD)/tests/sqlite $(SQLITE_CUTS)
