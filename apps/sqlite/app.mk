# SPDX-License-Identifier: BSD-2-Clause
sqlite_USES := fs libc
sqlite_LIBS := $(SQLITE)/lib/libsqlite3shell.a $(SQLITE)/lib/libsqlite3.a
sqlite_NEEDS := $(SQLITE_STAMP)
sqlite_CMDLINE := /data.db
