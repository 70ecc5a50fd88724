/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "apps/httpd/kernel_page.h"
#include "apps/httpd/resource.h"
#include "unikernel/core/boot.h"
#include "unikernel/core/stats.h"

#define PAGE_TEXT_MAX 8192

bool kernel_page_answer(const char *path, struct response *response)
{
	bool stats = strcmp(path, "/.lodger/stats") == 0;
	char *text;

	if (!stats && strcmp(path, "/.lodger/boot") != 0)
		return false;
	text = malloc(PAGE_TEXT_MAX);
	if (!text) {
		resource_refuse(response, 503);
		return true;
	}
	text[0] = '\0';
	if (stats)
		stats_format(text, PAGE_TEXT_MAX);
	else
		boot_stages_format(text, PAGE_TEXT_MAX);
	response_begin(response, 200);
	response_field(response, "Cache-Control: no-store");
	response_text_body(response, "text/plain; charset=utf-8", text, strlen(text));
	return true;
}
