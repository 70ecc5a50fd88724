/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a request gets: a file of the root folder, whole or in part, or the reason why not.
 *
 *	/.lodger/stats    what the kernel holds, as text (unikernel/core/stats.h)
 *	/.lodger/boot     the stages of this guest's start
 *	everything else   files; index.html for a folder
 */
#ifndef HTTPD_RESOURCE_H
#define HTTPD_RESOURCE_H

#include "apps/httpd/request.h"
#include "apps/httpd/response.h"

/* The folder that is served, "" for the root of the file system.  Kept, not copied. */
void resource_root_set(const char *root);

/* Answers a request that is whole; `response` is empty but for head_only and close. */
void resource_answer(const struct request *request, struct response *response);

/* Answers with a status and nothing else. */
void resource_refuse(struct response *response, int status);

#endif
