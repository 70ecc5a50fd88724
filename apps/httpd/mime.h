/* SPDX-License-Identifier: BSD-2-Clause */
/* Media types by the ending of a name. */
#ifndef HTTPD_MIME_H
#define HTTPD_MIME_H

/* The Content-Type for a file of this name, application/octet-stream if nothing is known. */
const char *mime_type(const char *name);

#endif
