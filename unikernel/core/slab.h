/* SPDX-License-Identifier: BSD-2-Clause */
/* A slab is one page of objects of one size; what is known of it lies elsewhere. */
#ifndef LODGER_CORE_SLAB_H
#define LODGER_CORE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slab;

/* All slabs of one size. */
struct slab_class {
	uint16_t size;	      /* of an object: 16 … 2048, a multiple of 16 */
	struct slab *partial; /* those with a free object */
};

/* NULL without memory. */
void *slab_alloc(struct slab_class *class);

/*
 * slab: the owner of the page that p points into. How many bytes the object had; 0 if p is not one
 * in use there.
 */
size_t slab_free(struct slab *slab, void *p);
/* Its objects' size; 0 if p is not an object in use there. */
size_t slab_object_size(const struct slab *slab, const void *p);

/* Pages held, those for the description of slabs included. */
size_t slab_pages(void);

#endif
