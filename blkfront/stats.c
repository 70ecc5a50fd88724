/* SPDX-License-Identifier: BSD-2-Clause */
/* What has happened to each disk, for the statistics page. */
#include "blkfront/device.h"
#include "unikernel/core/format.h"
#include "unikernel/core/stats.h"

static const struct {
	const char *name;
	size_t at;
} counters[] = {
#define COUNTER(name)                                        \
	{                                                    \
#name, offsetof(struct blkfront_stats, name) \
	}
	COUNTER(reads),	      COUNTER(read_bytes),  COUNTER(writes),  COUNTER(write_bytes),
	COUNTER(flushes),     COUNTER(discards),    COUNTER(merged),  COUNTER(split),
	COUNTER(indirect),    COUNTER(lent),	    COUNTER(bounced), COUNTER(persistent),
	COUNTER(errors),      COUNTER(queued),	    COUNTER(slow),    COUNTER(retried),
	COUNTER(resized),     COUNTER(violations),  COUNTER(events),  COUNTER(notifies),
	COUNTER(connections), COUNTER(grants_kept),
#undef COUNTER
};

static int disk_stats(char *buf, size_t size)
{
	struct blkfront *bf;
	size_t used = 0;

	for (unsigned int i = 0; (bf = blkfront_at(i)) != NULL; i++) {
		struct blkfront_stats stats;

		blkfront_stats(bf, &stats);
		for (size_t c = 0; c < sizeof(counters) / sizeof(counters[0]); c++) {
			const char *field = (const char *)&stats + counters[c].at;

			used += (size_t)format(used < size ? buf + used : NULL,
					       used < size ? size - used : 0, "%s_%s %llu\n",
					       bf->info.name, counters[c].name,
					       *(const unsigned long long *)(const void *)field);
		}
	}
	return (int)used;
}
STATS(disk_stats);
