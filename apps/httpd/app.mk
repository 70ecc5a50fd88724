# SPDX-License-Identifier: BSD-2-Clause
httpd_USES := net fs libc
httpd_LIBS := $(LLHTTP)/lib/libllhttp.a
httpd_CFLAGS := -isystem $(LLHTTP)/include
httpd_NEEDS := $(LLHTTP_STAMP)

.PHONY: test-httpd test-net
test-httpd: httpd $$(LODGE) ## requests, right and wrong, and many at once, to httpd on the boxed Xen
	@LODGE=$(LODGE) TYPE=pv tests/system/httpd
	@LODGE=$(LODGE) TYPE=pvh tests/system/httpd

test-net: httpd $$(LODGE) $$(DEMO)/www.img ## a guest's addresses: DHCP, fixed, SLAAC, two vifs
	@tests/xenhost/xenhost --quiet --release $(RELEASE) --timeout 1200 --add $(LODGE) \
		--add tests/system/lib.sh --add $(BUILD)/apps/httpd/httpd --add $(DEMO)/www.img \
		--add apps/httpd/www/index.html --add tests/system/net.sh \
		run tests/system/lodge.dom0 /root/net.sh
