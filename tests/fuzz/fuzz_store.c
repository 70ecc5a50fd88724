/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: requests, lists, properties, transactions and watches on a store that answers anything.
 * Why:  a reply is xenstored's; what the guest makes of it must be an answer or an error, in
 *       bounded time, with nothing left behind.
 * How:  each input names some calls, and for each the type, id and payload of the replies. The
 *       lengths on the wire are kept true, as a stream out of step is given up for good, by
 *       design; fuzz_wire is about those.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "tests/unit/fake/held.h"
#include "tests/unit/fake/kernel.h"
#include "tests/unit/fake/store.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/time.h"
#include "xenbus/watch.h"
#include "xenbus/xenbus.h"

static struct fuzz_input input;
static struct held before;

static void mangle(struct fake_message *message)
{
	const uint8_t how = fuzz_u8(&input);

	if (how & 1)
		message->header.type = fuzz_u8(&input) % XS_TYPE_COUNT;
	if (how & 2)
		message->header.req_id += fuzz_u8(&input);
	if (how & 4) {
		message->len = fuzz_u8(&input);
		fuzz_take(&input, message->payload, message->len);
		message->header.len = (uint32_t)message->len;
	}
	if ((how & 0x30) == 0x30)
		message->copies = fuzz_u8(&input) % 3;
	if ((how & 0xc0) == 0xc0)
		message->delay_ns = fuzz_u8(&input) * 20 * TIME_MS;
}

static void changed(struct xenbus_watch *watch)
{
	char *value;

	if (xenbus_read(XENBUS_NO_TX, watch->path, &value, NULL) == 0)
		heap_free(value);
}

static int in_transaction(xenbus_tx_t tx, void *arg)
{
	return xenbus_write(tx, "test/t", "%s", (const char *)arg);
}

static void call(uint8_t which)
{
	static struct xenbus_watch watch = {.path = "test/a", .changed = changed};
	struct xenbus_property properties[] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
	char *value, **names;
	uint64_t number;

	switch (which % 7) {
	case 0:
		if (xenbus_read(XENBUS_NO_TX, "test/a", &value, NULL) == 0)
			heap_free(value);
		break;
	case 1:
		if (xenbus_list(XENBUS_NO_TX, "test", &names) >= 0)
			heap_free(names);
		break;
	case 2:
		(void)xenbus_write(XENBUS_NO_TX, "test/a", "%d", which);
		break;
	case 3:
		(void)xenbus_transact(in_transaction, "x");
		break;
	case 4:
		(void)xenbus_read_all("test", properties, 3);
		break;
	case 5:
		(void)xenbus_read_u64(XENBUS_NO_TX, "test", "b", &number);
		break;
	default:
		(void)xenbus_watch(&watch);
		fake_store_write("/local/domain/7/test/a", "%u", which);
		fake_kernel_run(TIME_MS);
		(void)xenbus_unwatch(&watch);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fake_console_start();
	fake_store_start();
	fake_store_allow("/local/domain/7/test");
	fake_store_write("/local/domain/7/test/a", "1");
	fake_kernel_start("lodger.log=error");
	fake_kernel_init();
	fake_kernel_run(TIME_S);
	xenbus_timeout_set(2 * TIME_S);
	call(6); /* starts the watches' thread */
	before = held_now();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *value;

	input = (struct fuzz_input){data, size};
	for (int calls = 0; fuzz_more(&input) && calls < 8; calls++) {
		fake_store_mangle = mangle;
		call(fuzz_u8(&input));
	}
	/* Late replies arrive; the transactions and watches that the fake still has are its own. */
	fake_store_mangle = NULL;
	fake_kernel_run(10 * TIME_S);
	fake_store_forget();
	fake_console_clear();
	if (xenbus_read(XENBUS_NO_TX, "name", &value, NULL) != 0 || strcmp(value, "guest") != 0)
		fake_violation("the store is not usable any more");
	heap_free(value);
	assert_held(before);
	return 0;
}
