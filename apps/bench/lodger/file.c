/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache below files keeps a sixteenth of the memory, and less than a file of bench's is long. */
#include "apps/bench/platform.h"

const char *platform_files_forget(void)
{
	return NULL;
}
