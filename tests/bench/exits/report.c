/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

/* How often what happened in one piece. A few dozen at most: looked up one by one. */
struct count {
	uint8_t kind;
	uint32_t code;
	uint64_t times;
};

struct counts {
	struct count *count;
	size_t used, capacity;
};

static int count_add(struct counts *counts, const struct event *event)
{
	struct count *count;

	for (size_t i = 0; i < counts->used; i++) {
		count = &counts->count[i];
		if (count->kind == event->kind && count->code == event->code) {
			count->times++;
			return 0;
		}
	}
	if (counts->used == counts->capacity) {
		const size_t capacity = counts->capacity ? counts->capacity * 2 : 32;

		count = realloc(counts->count, capacity * sizeof(*count));
		if (!count)
			return -1;
		counts->count = count;
		counts->capacity = capacity;
	}
	counts->count[counts->used++] =
		(struct count){.kind = event->kind, .code = event->code, .times = 1};
	return 0;
}

/* Takes an event back. */
static void count_remove(struct counts *counts, const struct event *event)
{
	for (size_t i = 0; i < counts->used; i++)
		if (counts->count[i].kind == event->kind && counts->count[i].code == event->code)
			counts->count[i].times--;
}

static int count_order(const void *left, const void *right)
{
	const struct count *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->code < b->code ? -1 : a->code > b->code;
}

/* Prints a line and empties the counts. */
static void counts_print(struct counts *counts, uint16_t domid, const char *piece, FILE *out)
{
	int kind = -1;
	char text[32];

	if (counts->used)
		qsort(counts->count, counts->used, sizeof(*counts->count), count_order);
	fprintf(out, "{\"domain\":%u,\"piece\":%s", (unsigned int)domid, piece);
	for (size_t i = 0; i < counts->used; i++) {
		const struct count *count = &counts->count[i];

		if (!count->times)
			continue;
		if (count->kind != kind)
			fprintf(out, "%s,\"%s\":{", kind < 0 ? "" : "}", kind_name[count->kind]);
		else
			fputc(',', out);
		kind = count->kind;
		fprintf(out, "\"%s\":%llu",
			event_name((enum event_kind)count->kind, count->code, text, sizeof(text)),
			(unsigned long long)count->times);
	}
	fprintf(out, "%s}\n", kind < 0 ? "" : "}");
	counts->used = 0;
}

/* The events of one domain, from event to end. */
static int domain_report(const struct event *event, const struct event *end, FILE *out)
{
	const uint16_t domid = event->domid;
	struct counts piece = {0}, rest = {0}, *now = &rest;
	const struct event *exit = NULL;
	unsigned int pieces = 0;
	bool booted = false;
	char name[16];
	int ret = 0;

	for (; event < end && !ret; event++) {
		if (event->kind != EVENT_HYPERCALL ||
		    (event->code != MARK_BEGIN && event->code != MARK_END)) {
			ret = count_add(now, event);
			exit = event->kind == EVENT_EXIT ? event : exit;
			continue;
		}
		if (exit)
			count_remove(now, exit);
		exit = NULL;
		if (!booted)
			counts_print(&rest, domid, "\"boot\"", out);
		booted = true;
		/* A mark that does not fit, as a second beginning, ends the piece as well. */
		if (now == &piece) {
			snprintf(name, sizeof(name), "%u", pieces++);
			counts_print(&piece, domid, name, out);
		}
		now = event->code == MARK_BEGIN ? &piece : &rest;
	}
	if (now == &piece) {
		snprintf(name, sizeof(name), "%u", pieces);
		counts_print(&piece, domid, name, out);
	}
	counts_print(&rest, domid, booted ? "\"rest\"" : "\"boot\"", out);
	free(piece.count);
	free(rest.count);
	return ret;
}

int report(const struct trace *trace, uint32_t domid, FILE *out)
{
	const struct event *event = trace->event, *end = event + trace->events, *next;

	for (; event < end; event = next) {
		for (next = event; next < end && next->domid == event->domid;)
			next++;
		if (domid != DOMID_UNKNOWN && domid != event->domid)
			continue;
		if (domain_report(event, next, out))
			return -1;
	}
	if (fflush(out))
		return -1;
	return 0;
}
