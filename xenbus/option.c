/* SPDX-License-Identifier: BSD-2-Clause */
#include "xenbus/option.h"

#include <errno.h>
#include <string.h>

#include "unikernel/core/boot.h"
#include "unikernel/core/format.h"
#include "unikernel/core/log.h"
#include "xenbus/wire.h"

#define INDEXES (sizeof(((struct device_indexes *)0)->used) * 8)

int device_index_take(struct device_indexes *indexes, unsigned int *index)
{
	for (unsigned int i = 0; i < INDEXES; i++) {
		uint64_t bit = 1ull << i % 64;

		if (indexes->used[i / 64] & bit)
			continue;
		indexes->used[i / 64] |= bit;
		*index = i;
		return 0;
	}
	return -ENOSPC;
}

void device_index_free(struct device_indexes *indexes, unsigned int index)
{
	indexes->used[index / 64] &= ~(1ull << index % 64);
}

static const char *option_of(const char *option, unsigned int index)
{
	char full[32];

	format(full, sizeof(full), index > 0 ? "%s%u" : "%s", option, index);
	return boot_option(full);
}

static bool *switch_find(const struct device_switch switches[], size_t count, void *features,
			 const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(switches[i].name) == len && !memcmp(switches[i].name, name, len))
			return (bool *)((char *)features + switches[i].at);
	return NULL;
}

void device_option_switches(const char *option, unsigned int index,
			    const struct device_switch switches[], size_t count, void *features,
			    bool value)
{
	const char *list = option_of(option, index);

	while (list != NULL && *list != '\0') {
		const char *comma = strchr(list, ',');
		size_t len = comma != NULL ? (size_t)(comma - list) : strlen(list);
		bool *feature = switch_find(switches, count, features, list, len);

		if (feature != NULL)
			*feature = value;
		else if (len > 0)
			log_error("lodger.%s: %.*s is no feature", option, (int)len, list);
		list += len + (list[len] == ',');
	}
}

unsigned int device_option_number(const char *option, unsigned int index, unsigned int usual,
				  unsigned int max)
{
	const char *text = option_of(option, index);
	uint64_t value;

	if (text == NULL)
		return usual;
	if (wire_number(text, &value) && value >= 1 && value <= max)
		return (unsigned int)value;
	log_error("lodger.%s=%s is not 1 to %u", option, text, max);
	return usual;
}

unsigned int device_queues(uint64_t offered, unsigned int wanted)
{
	if (offered >= wanted)
		return wanted;
	return offered > 0 ? (unsigned int)offered : 1;
}
