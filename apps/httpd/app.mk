# SPDX-License-Identifier: BSD-2-Clause
httpd_USES := net fs libc
httpd_LIBS := $(LLHTTP)/lib/libllhttp.a
httpd_CFLAGS := -isystem $(LLHTTP)/include
httpd_NEEDS := $(LLHTTP_STAMP)

.PHONY: test-httpd
test-httpd: httpd $$(LODGE) ## requests, right and wrong, and many at once, to httpd on the boxed Xen
	@LODGE=$(LODGE) tests/system/httpd
