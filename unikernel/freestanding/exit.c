/* SPDX-License-Identifier: BSD-2-Clause */
/* exit() for an image without libc; linked instead of it (unikernel.mk). */
#include "unikernel/core/shutdown.h"

_Noreturn void exit(int status);

void exit(int status)
{
	kernel_exit(status);
}
