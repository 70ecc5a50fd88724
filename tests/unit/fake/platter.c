/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See platter.h. Each write has a number, and each sector on the platter that of the write it came
 * from: a write that was cached before never takes the place of a later one.
 */
#include "tests/unit/fake/platter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cached {
	uint64_t number, at;
	size_t len;
	uint8_t *data; /* NULL: zeros, of a discard */
};

struct platter {
	size_t bytes;
	uint8_t *now;	 /* with the cache */
	uint8_t *stable; /* without */
	uint64_t *from;	 /* of each stable sector: the write it came from */
	uint64_t last;	 /* number of the last write */
	struct cached *cached;
	size_t count, room;
};

struct platter *platter_make(size_t bytes)
{
	struct platter *platter = calloc(1, sizeof(*platter));

	platter->bytes = bytes;
	platter->now = calloc(1, bytes + 1);
	platter->stable = calloc(1, bytes + 1);
	platter->from = calloc(bytes / PLATTER_SECTOR + 1, sizeof(*platter->from));
	return platter;
}

static void cache_drop(struct platter *platter)
{
	while (platter->count > 0)
		free(platter->cached[--platter->count].data);
}

void platter_free(struct platter *platter)
{
	cache_drop(platter);
	free(platter->cached);
	free(platter->now);
	free(platter->stable);
	free(platter->from);
	free(platter);
}

uint8_t *platter_data(struct platter *platter)
{
	return platter->now;
}

void platter_settle(struct platter *platter)
{
	cache_drop(platter);
	memcpy(platter->stable, platter->now, platter->bytes);
}

/* What of so many bytes there are in memory. */
static size_t inside(const struct platter *platter, uint64_t at, uint64_t len)
{
	if (at % PLATTER_SECTOR || len % PLATTER_SECTOR) {
		fprintf(stderr, "platter: %llu bytes at %llu\n", (unsigned long long)len,
			(unsigned long long)at);
		abort();
	}
	if (at >= platter->bytes)
		return 0;
	return len < platter->bytes - at ? (size_t)len : (size_t)(platter->bytes - at);
}

void platter_read(const struct platter *platter, uint64_t at, void *to, size_t len)
{
	const size_t have = inside(platter, at, len);

	memset(to, 0, len);
	if (have > 0)
		memcpy(to, platter->now + at, have);
}

static void bytes_put(uint8_t *to, const uint8_t *data, size_t len)
{
	if (data)
		memcpy(to, data, len);
	else
		memset(to, 0, len);
}

/* One sector of a write reaches the platter. */
static void sector_settle(struct platter *platter, const struct cached *write, size_t offset)
{
	const uint64_t at = write->at + offset;

	if (platter->from[at / PLATTER_SECTOR] > write->number)
		return;
	platter->from[at / PLATTER_SECTOR] = write->number;
	bytes_put(platter->stable + at, write->data ? write->data + offset : NULL, PLATTER_SECTOR);
}

static void write_settle(struct platter *platter, const struct cached *write)
{
	for (size_t offset = 0; offset < write->len; offset += PLATTER_SECTOR)
		sector_settle(platter, write, offset);
}

static void cache_add(struct platter *platter, uint64_t at, const void *data, uint64_t len)
{
	const size_t have = inside(platter, at, len);
	struct cached *write;

	if (have == 0)
		return;
	if (platter->count == platter->room) {
		platter->room = platter->room ? 2 * platter->room : 64;
		platter->cached =
			realloc(platter->cached, platter->room * sizeof(*platter->cached));
	}
	write = &platter->cached[platter->count++];
	*write = (struct cached){.number = ++platter->last, .at = at, .len = have};
	if (data)
		write->data = memcpy(malloc(have), data, have);
	bytes_put(platter->now + at, data, have);
}

void platter_write(struct platter *platter, uint64_t at, const void *data, size_t len)
{
	cache_add(platter, at, data, len);
}

void platter_write_through(struct platter *platter, uint64_t at, const void *data, size_t len)
{
	const size_t count = platter->count;

	cache_add(platter, at, data, len);
	if (platter->count > count) {
		write_settle(platter, &platter->cached[--platter->count]);
		free(platter->cached[platter->count].data);
	}
}

void platter_discard(struct platter *platter, uint64_t at, uint64_t len)
{
	cache_add(platter, at, NULL, len);
}

uint64_t platter_mark(const struct platter *platter)
{
	return platter->last;
}

void platter_flush(struct platter *platter, uint64_t mark)
{
	size_t done = 0;

	while (done < platter->count && platter->cached[done].number <= mark) {
		write_settle(platter, &platter->cached[done]);
		free(platter->cached[done++].data);
	}
	platter->count -= done;
	if (done > 0)
		memmove(platter->cached, platter->cached + done,
			platter->count * sizeof(*platter->cached));
}

size_t platter_unflushed(const struct platter *platter)
{
	return platter->count;
}

static uint32_t draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

void platter_cut(struct platter *platter, uint32_t seed)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
	const uint32_t how = draw(&state) % 8; /* the odder ways more often */
	const size_t first = draw(&state) % (platter->count + 1);

	for (size_t i = 0; i < platter->count; i++) {
		const struct cached *write = &platter->cached[i];
		const bool whole = how == 1 || (how == 2 && i < first) ||
				   ((how == 3 || how == 4) && draw(&state) % 2);
		const bool torn = how > 4 || (how == 2 && i == first);

		for (size_t offset = 0; offset < write->len; offset += PLATTER_SECTOR)
			if (whole || (torn && draw(&state) % 2))
				sector_settle(platter, write, offset);
	}
	cache_drop(platter);
	memcpy(platter->now, platter->stable, platter->bytes);
}
