/* SPDX-License-Identifier: BSD-2-Clause */
#include <time.h>

#include "apps/httpd/clock.h"

static int64_t turn;

int64_t clock_ms(void)
{
	return turn;
}

int64_t clock_read(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	turn = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	return turn;
}
