/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "toolstack/nodes_write.h"

/* The first error of a batch of writes; the last reply is that of the commit. */
struct commit {
	unsigned last;
	int error;
	int committed;
};

static void note_commit(void *context, unsigned index, int error, const char *payload, size_t size)
{
	struct commit *commit = context;

	(void)payload;
	(void)size;
	if (index == commit->last)
		commit->committed = error;
	else if (error && error != -ENOENT && !commit->error) /* nothing to remove */
		commit->error = error;
}

int nodes_commit(struct xenstore *xenstore, uint32_t transaction, struct xenstore_batch *batch,
		 const struct nodes *nodes)
{
	struct commit commit = {0};
	int error;

	for (size_t i = 0; i < nodes->count; i++) {
		const struct node *node = &nodes->list[i];

		xenstore_batch_write(batch, transaction, node->path, node->value);
		if (node->perms)
			xenstore_batch_set_perms(batch, transaction, node->path, node->perms);
	}
	commit.last = batch->count;
	xenstore_batch_end(batch, transaction);
	error = xenstore_batch_run(xenstore, batch, note_commit, &commit);
	if (!error)
		error = commit.error ? commit.error : commit.committed;
	return error;
}
