/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages that the kernel writes: /.lodger/stats and /.lodger/boot. */
#ifndef HTTPD_KERNEL_PAGE_H
#define HTTPD_KERNEL_PAGE_H

#include <stdbool.h>

#include "apps/httpd/response.h"

/* Answers if the path is that of such a page; false if it is not. */
bool kernel_page_answer(const char *path, struct response *response);

#endif
