# SPDX-License-Identifier: BSD-2-Clause
database_USES := fs
database_LIBS := $(SQLITE)/lib/libsqlite3.a
database_CFLAGS := -isystem $(SQLITE)/include
database_NEEDS := $(SQLITE_STAMP)
