# SPDX-License-Identifier: BSD-2-Clause
#
# The guest test "files", and what of unikernel/libc it calls, on this host under ASan and UBSan, over
# unikernel/fs and the fake disk.

# The guest's calls have other names here than the host's, in our sources and in the host's headers.
FILES_CALLS := open creat close read write pread pwrite readv writev preadv pwritev lseek fstat stat lstat \
	isatty dup dup2 fcntl ioctl fsync fdatasync sync truncate ftruncate posix_fallocate posix_fadvise \
	unlink rmdir rename link symlink remove mkdir umask chdir getcwd realpath access readlink statvfs \
	fstatvfs chmod fchmod chown fchown lchown utime utimes lutimes futimes futimens utimensat flock \
	opendir fdopendir readdir telldir seekdir rewinddir dirfd closedir scandir alphasort pathconf \
	fpathconf sysconf getpagesize getdtablesize
FILES_LIBC := attributes descriptor directory file_times flock io limits names open path readonly realpath \
	scandir size stat sync
FILES_CPPFLAGS := $(foreach call,$(FILES_CALLS),-D$(call)=guest_$(call)) -Dmain=files_main \
	-D_READ_WRITE_RETURN_TYPE=ssize_t -Ddirectory=__dirstream

FILES := $(UNIT)/files
FILES_OBJECTS := $(FILES_LIBC:%=$(FILES)/unikernel/libc/%.o) $(FILES)/tests/guest/files/main.o

# Without warnings: these are for the guest's headers, by which they are compiled elsewhere.
$(FILES_OBJECTS): $(FILES)/%.o: %.c tests/unit/ext4/files.mk
	@mkdir -p $(@D)
	$(TEST_SAY) "  CC (unit)  $<"
	$(Q)$(UNIT_CC) -w $(TEST_CFLAGS) $(UNIT_CFLAGS) $(TEST_CPPFLAGS) $(FILES_CPPFLAGS) -c $< -o $@

$(UNIT)/tests/unit/ext4/files/host.o: UNIT_CFLAGS += -isystem $(E2FSPROGS)/include
$(UNIT)/tests/unit/ext4/files/host.o: | $(E2FSPROGS_STAMP)

$(UNIT)/ext4_files: $(FILES_OBJECTS) $(UNIT)/tests/unit/ext4/files/host.o $(EXT4_SHARED_OBJECTS) \
		$(UNIT)/libext2fs.a
	$(TEST_SAY) "  LD (unit)  $(@F)"
	$(Q)$(UNIT_CC) $(TEST_SANITIZERS) $(UNIT_CFLAGS) -no-pie -Wl,--gc-sections $^ -o $@

.PHONY: test-files
test-files: $(UNIT)/ext4_files $$(GUEST_TEST_DISK) ## calls all of POSIX's files on the host
	@gunzip -c $(GUEST_TEST_DISK) >$(UNIT)/files.img
	@if ASAN_OPTIONS=detect_leaks=1 $(UNIT)/ext4_files $(UNIT)/files.img calls >$(UNIT)/files.log 2>&1 && \
		e2fsck -fn $(UNIT)/files.img >>$(UNIT)/files.log 2>&1; then \
		echo "ok files: $$(sed -n 's/^lodger-test: SUCCESS files: //p' $(UNIT)/files.log)"; \
	else cat $(UNIT)/files.log; echo "FAIL files: above"; exit 1; fi
	@rm -f $(UNIT)/files.img
