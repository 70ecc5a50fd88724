# SPDX-License-Identifier: BSD-2-Clause
httpd_USES := net fs libc
httpd_LIBS := $(LLHTTP)/lib/libllhttp.a
httpd_CFLAGS := -isystem $(LLHTTP)/include
httpd_NEEDS := $(LLHTTP_STAMP)
