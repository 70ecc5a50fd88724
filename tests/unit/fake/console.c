/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xenconsoled's end of the console ring: reads what the guest prints, types what a test says.
 */
#include "tests/unit/fake/fake.h"

#include <stdlib.h>
#include <string.h>

#include <xen/io/console.h>

static struct xencons_interface *ring;
static struct fake_channel *channel;
static bool reads = true;
static char *output;
static size_t output_len;

static bool step(void *self)
{
	XENCONS_RING_IDX cons = ring->out_cons,
			 prod = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);

	(void)self;
	fake_channel_take(channel);
	if (!reads || cons == prod)
		return false;
	if (prod - cons > sizeof(ring->out))
		fake_violation("console ring: %u bytes in %zu", prod - cons, sizeof(ring->out));
	output = realloc(output, output_len + (prod - cons) + 1);
	while (cons != prod)
		output[output_len++] = ring->out[MASK_XENCONS_IDX(cons++, ring->out)];
	output[output_len] = '\0';
	__atomic_store_n(&ring->out_cons, cons, __ATOMIC_RELEASE);
	fake_channel_notify(channel);
	return true;
}

void fake_console_start(void)
{
	if (ring)
		return;
	ring = fake_memory_reserve(1);
	channel = fake_channel_make(FAKE_DOM0);
	fake_other_add(step, NULL);
}

struct xencons_interface *fake_console_ring(void)
{
	return ring;
}

evtchn_port_t fake_console_port(void)
{
	return channel->guest_port;
}

void fake_console_reading(bool reading)
{
	reads = reading;
}

const char *fake_console_output(void)
{
	while (step(NULL))
		;
	return output ? output : "";
}

void fake_console_clear(void)
{
	(void)fake_console_output();
	output_len = 0;
	if (output)
		output[0] = '\0';
}

size_t fake_console_type(const char *text)
{
	XENCONS_RING_IDX prod = ring->in_prod;
	size_t typed = 0;

	for (; text[typed] && prod - ring->in_cons < sizeof(ring->in); typed++)
		ring->in[MASK_XENCONS_IDX(prod++, ring->in)] = text[typed];
	__atomic_store_n(&ring->in_prod, prod, __ATOMIC_RELEASE);
	fake_channel_notify(channel);
	return typed;
}

unsigned fake_console_lines_with(const char *word)
{
	unsigned lines = 0;
	const char *line = fake_console_output();

	while (*line) {
		const char *end = strchrnul(line, '\n');
		const char *found = strstr(line, word);

		lines += found && found < end;
		line = *end ? end + 1 : end;
	}
	return lines;
}
