/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: blkfront/ under a back end that writes into the rings what it never may.
 * Why:  the peers take the id of a response for a pointer and call what it points at. Here a lie must
 *       cost one connection, and not a byte of anybody's data.
 * How:  a table of lies, each told to one of two disks with requests of all kinds under way, on rings
 *       of every shape. The console and the store have one line about it, every request is done in
 *       the end, once and rightly, the guest holds what it held before, and the other disk has noticed
 *       nothing.
 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "tests/unit/fake/blkuser.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/time.h"

#define ASKED 48u
#define LONG  (100u << 10)

static struct fake_blkuser user[2];
static struct fake_blkback *bb;
static _Alignas(4096) uint8_t data[ASKED][LONG + 4096], was[1 << 20];
static struct blkuser_request *asked[ASKED];
static struct blkif_response old; /* one that was right once */

/* Reads and writes, short and long, at a page's start and not, each in a place of its own. */
static void ask(void)
{
	memcpy(was, bb->disk, sizeof(was));
	for (unsigned i = 0; i < ASKED; i++) {
		const enum blkfront_op op = i % 3 ? BLKFRONT_READ : BLKFRONT_WRITE;
		const size_t len = i % 16 == 5 ? LONG / 8 : 512 + i % 8 * 512;
		const size_t shift = i % 4 ? i * 100 % 4096 : 0;

		memset(data[i], op == BLKFRONT_WRITE ? (int)(i + 1) : 0xcc, sizeof(data[i]));
		asked[i] = blkuser_ask(user, op, (8 + i) * 16384, data[i] + shift, len);
	}
	fake_kernel_run(TIME_MS);
}

static void assert_answers(void)
{
	for (unsigned i = 0; i < ASKED; i++) {
		const struct blkfront_request *request = &asked[i]->request;

		assert_false(asked[i]->busy);
		assert_int_equal(asked[i]->status, 0);
		assert_memory_equal(bb->disk + request->offset, request->data, request->len);
		if (request->op == BLKFRONT_READ)
			assert_memory_equal(request->data, was + request->offset, request->len);
		/* Nothing beside the data of either. */
		assert_memory_equal(bb->disk + request->offset + request->len,
				    was + request->offset + request->len, 512);
		assert_int_equal(((uint8_t *)request->data)[request->len],
				 request->op == BLKFRONT_WRITE ? i + 1 : 0xcc);
	}
}

/* --- lies --- */

static struct blkif_response right(unsigned queue)
{
	for (size_t i = 0; i < bb->owed_count; i++)
		if (bb->owed[i].queue == queue)
			return (struct blkif_response){.id = bb->owed[i].id,
						       .operation = bb->owed[i].does,
						       .status = BLKIF_RSP_OKAY};
	fake_violation("the test wants a request on queue %u", queue);
}

static void producer_leaps(unsigned queue)
{
	bb->queue[queue].sring->rsp_prod += 1000;
}

static void producer_leaps_half_the_world(unsigned queue)
{
	bb->queue[queue].sring->rsp_prod += 0x80000000u;
}

static void producer_goes_back(unsigned queue)
{
	bb->queue[queue].sring->rsp_prod -= 1;
}

static void producer_passes_the_requests(unsigned queue)
{
	bb->queue[queue].sring->rsp_prod = bb->queue[queue].sring->req_prod + 1;
}

static void id_is(unsigned queue, uint64_t id)
{
	struct blkif_response response = right(queue);

	response.id = id;
	fake_blkback_respond(bb, queue, response);
}

static void id_of_all_ones(unsigned queue)
{
	id_is(queue, UINT64_MAX);
}

static void id_of_zero(unsigned queue)
{
	id_is(queue, 0);
}

/* The same slot, in another life of it. */
static void id_off_by_a_lap(unsigned queue)
{
	id_is(queue, right(queue).id + (32u << bb->wish.order));
}

static void id_high_bit_set(unsigned queue)
{
	id_is(queue, right(queue).id | (uint64_t)1 << 63);
}

static void id_like_a_pointer(unsigned queue)
{
	id_is(queue, (uintptr_t)&asked[0]->request);
}

static void id_answered_before(unsigned queue)
{
	/* Queues may have the same ids. */
	for (size_t i = 0; i < bb->owed_count; i++)
		if (bb->owed[i].queue == queue && bb->owed[i].id == old.id)
			old.id -= 32u << bb->wish.order;
	fake_blkback_respond(bb, queue, old);
}

static void id_twice(unsigned queue)
{
	const struct blkif_response response = right(queue);

	/* Rightly, and then claimed once more. */
	for (size_t i = 0; i < bb->owed_count; i++)
		if (bb->owed[i].queue == queue && bb->owed[i].id == response.id) {
			fake_blkback_answer(bb, i, BLKIF_RSP_OKAY);
			break;
		}
	fake_blkback_respond(bb, queue, response);
}

static void id_twice_at_once(unsigned queue)
{
	const struct blkif_response response = right(queue);

	bb->keep = true; /* its pages are its own business */
	id_twice(queue);
	fake_blkback_respond(bb, queue, response);
	bb->keep = false;
}

static void operation_is(unsigned queue, uint8_t operation)
{
	struct blkif_response response = right(queue);

	response.operation = response.operation == operation ? BLKIF_OP_READ : operation;
	fake_blkback_respond(bb, queue, response);
}

static void operation_the_opposite(unsigned queue)
{
	operation_is(queue, BLKIF_OP_WRITE);
}

static void operation_another(unsigned queue)
{
	operation_is(queue, BLKIF_OP_DISCARD);
}

static void operation_unknown(unsigned queue)
{
	operation_is(queue, 0xff);
}

struct attack {
	const char *name;
	void (*run)(unsigned queue);
};

#define ATTACK(name)        \
	{                   \
#name, name \
	}

static const struct attack lies[] = {
	ATTACK(producer_leaps),
	ATTACK(producer_leaps_half_the_world),
	ATTACK(producer_goes_back),
	ATTACK(producer_passes_the_requests),
	ATTACK(id_of_all_ones),
	ATTACK(id_of_zero),
	ATTACK(id_off_by_a_lap),
	ATTACK(id_high_bit_set),
	ATTACK(id_like_a_pointer),
	ATTACK(id_answered_before),
	ATTACK(id_twice),
	ATTACK(id_twice_at_once),
	ATTACK(operation_the_opposite),
	ATTACK(operation_another),
	ATTACK(operation_unknown),
};

static const char *const shapes[][2] = {
	{"copied", BLKUSER_COPIED},
	{"lent", BLKUSER_LENT},
	{"persistent", BLKUSER_PERSISTENT},
	{"queues", BLKUSER_QUEUES},
};

struct lesson {
	const struct attack *attack;
	const char *command_line;
};

static const struct lesson *now;

static void remember(struct blkif_response *response)
{
	old = *response;
}

static void tell(unsigned queue)
{
	const unsigned connects = bb->backend.connects;
	const uint64_t violations = blkuser_stats(user).violations;
	const size_t downs = user[0].links_down;
	const char *error;

	bb->mangle = remember;
	assert_disk_works(user);
	bb->mangle = NULL;
	bb->hold = true;
	ask();
	fake_console_clear();
	now->attack->run(queue);
	fake_blkback_notify(bb);
	fake_kernel_run(TIME_US);
	assert_int_equal(blkuser_stats(user).violations, violations + 1);
	assert_int_equal(user[0].links_down, downs + 1);
	fake_kernel_run(TIME_MS);
	assert_int_equal(fake_console_lines_with("error"), 1);
	assert_int_equal(fake_console_lines_with("device/vbd/51712"), 1);
	/* An index is not believed for so much as one slot. */
	if (strstr(now->attack->name, "producer"))
		assert_int_equal(fake_console_lines_with("impossible index"), 1);
	error = fake_store_read("/local/domain/7/error/device/vbd/51712/error");
	assert_true(error && strlen(error) > 5);
	bb->hold = false;
	fake_blkback_let_go(bb);
	assert_disk_reconnects(user);
	assert_answers();
	assert_int_equal(bb->backend.connects, connects + 1);
	/* The other has noticed nothing. */
	assert_int_equal(user[1].links_down, 1);
	assert_int_equal(blkuser_stats(&user[1]).violations, 0);
	assert_disk_works(&user[1]);
	fake_store_remove("/local/domain/7/error/device/vbd/51712/error");
}

static void lie(void **state)
{
	struct held before;

	now = *state;
	blkuser_boot(user, 2, now->command_line);
	bb = user[0].bb;
	(void)blkuser_settle(&user[1]);
	before = blkuser_settle(&user[0]);
	for (unsigned queue = 0; queue < bb->wish.queues; queue++)
		tell(queue);
	assert_disk_settles(user, before);
	assert_int_equal(user[0].errors + user[1].errors, 0);
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[ARRAY_SIZE(lies) * ARRAY_SIZE(shapes)];
	static char names[ARRAY_SIZE(tests)][64];
	static struct lesson lessons[ARRAY_SIZE(tests)];

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		const char *const *shape = shapes[i % ARRAY_SIZE(shapes)];
		const struct attack *attack = &lies[i / ARRAY_SIZE(shapes)];

		snprintf(names[i], sizeof(names[i]), "%s/%s", attack->name, shape[0]);
		lessons[i] = (struct lesson){attack, shape[1]};
		tests[i] = (struct CMUnitTest){names[i], lie, NULL, NULL, &lessons[i]};
	}
	return unit_main(argc, argv, tests, ARRAY_SIZE(tests));
}
