/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/fake/blkuser.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/fake/kernel.h"
#include "unikernel/core/time.h"
#include "xenbus/device.h"

#define DATA (64u << 10)

static _Alignas(4096) uint8_t wrote[DATA + 4096], got[DATA + 4096];

static void resized(void *context, uint64_t sectors)
{
	struct fake_blkuser *user = context;

	user->resized++;
	user->sectors = sectors;
}

static void link_changed(void *context, bool up)
{
	struct fake_blkuser *user = context;

	user->links_up += up;
	user->links_down += !up;
}

static void removed(void *context)
{
	struct fake_blkuser *user = context;

	if (user->busy > 0)
		fake_violation("a disk is removed with %u requests under way", user->busy);
	user->removed++;
}

void blkuser_open(struct fake_blkuser *user, unsigned index)
{
	user->bf = blkfront_open(index);
	if (!user->bf)
		fake_violation("there is no disk %u", index);
	user->client = (struct blkfront_client){
		.resized = resized, .link = link_changed, .removed = removed, .context = user};
	blkfront_set_client(user->bf, &user->client);
}

void blkuser_boot(struct fake_blkuser *user, size_t count, const char *command_line)
{
	fake_console_start();
	fake_store_start();
	fake_store_allow("/local/domain/7/error");
	for (unsigned i = 0; i < count; i++) {
		if (!user[i].bb)
			user[i].bb = fake_blkback_make(BLKUSER_NUMBER(i));
		fake_blkback_plug(user[i].bb);
		for (size_t at = 0; at < user[i].bb->disk_bytes; at++)
			user[i].bb->disk[at] = (uint8_t)(at * 7 + at / 512 + i);
		platter_settle(user[i].bb->platter);
	}
	fake_kernel_start(command_line);
	fake_kernel_init();
	if (xenbus_devices_ready(time_in(5 * TIME_S)) != 0)
		fake_violation("the disks do not connect");
	for (unsigned i = 0; i < count; i++)
		blkuser_open(&user[i], i);
	fake_kernel_run(TIME_MS);
}

/* --- requests --- */

static void done(struct blkfront_request *arg, int status)
{
	struct blkuser_request *request = arg->context;
	struct fake_blkuser *user = request->user;

	if (&request->request != arg || !request->busy)
		fake_violation("a request is done that was not under way");
	if (status > 0)
		fake_violation("a request is done with %d", status);
	request->busy = false;
	request->status = user->status = status;
	request->when = user->done++;
	user->errors += status != 0;
	user->busy--;
	if (user->on_done)
		user->on_done(request);
}

struct blkuser_request *blkuser_request(struct fake_blkuser *user)
{
	for (unsigned i = 0; i < BLKUSER_REQUESTS; i++) {
		struct blkuser_request *request = &user->request[i];

		if (request->busy)
			continue;
		memset(request, 0, sizeof(*request));
		request->user = user;
		request->request.done = done;
		request->request.context = request;
		return request;
	}
	fake_violation("too many requests for a test");
}

int blkuser_submit(struct blkuser_request *request)
{
	int error;

	/* It may be done before this returns. */
	request->busy = true;
	request->user->busy++;
	error = blkfront_submit(request->user->bf, &request->request);
	if (error != 0) {
		request->busy = false;
		request->user->busy--;
	}
	return error;
}

struct blkuser_request *blkuser_ask(struct fake_blkuser *user, enum blkfront_op op, uint64_t offset,
				    void *data, size_t len)
{
	struct blkuser_request *request = blkuser_request(user);
	int error;

	request->request.op = op;
	request->request.offset = offset;
	request->request.data = data;
	request->request.len = len;
	error = blkuser_submit(request);
	if (error != 0)
		fake_violation("a request is refused: %d", error);
	return request;
}

void blkuser_wait(struct fake_blkuser *user)
{
	fake_kernel_run(TIME_MS);
	for (int i = 0; i < 600 && user->busy > 0; i++)
		fake_kernel_run(TIME_S);
	if (user->busy > 0)
		fake_violation("%u requests are never done", user->busy);
}

size_t blkuser_do(struct fake_blkuser *user, enum blkfront_op op, uint64_t offset, void *data,
		  size_t len)
{
	const size_t before = user->bb->seen_count;
	const struct blkuser_request *request = blkuser_ask(user, op, offset, data, len);

	blkuser_wait(user);
	if (request->status != 0)
		fake_violation("a request is done with %d", request->status);
	return user->bb->seen_count - before;
}

struct blkfront_stats blkuser_stats(const struct fake_blkuser *user)
{
	struct blkfront_stats stats;

	blkfront_stats(user->bf, &stats);
	return stats;
}

struct blkfront_info blkuser_info(const struct fake_blkuser *user)
{
	struct blkfront_info info;

	blkfront_info(user->bf, &info);
	return info;
}

/* --- what must hold --- */

static void one_works(struct fake_blkuser *user, uint64_t offset, size_t shift, size_t len)
{
	const uint8_t *disk = user->bb->disk + offset;
	const bool readonly = blkuser_info(user).readonly;
	static uint8_t salt;
	int error;

	salt++;
	for (size_t i = 0; i < len; i++)
		wrote[shift + i] = (uint8_t)(i * 3 + i / 512 + salt);
	memset(got, 0xcc, sizeof(got));
	error = readonly ? 0 : blkfront_write(user->bf, offset, wrote + shift, len);
	if (error == 0)
		error = blkfront_read(user->bf, offset, got + shift, len);
	if (error != 0)
		fake_violation("%zu bytes at %llu: %d", len, (unsigned long long)offset, error);
	if ((!readonly && memcmp(disk, wrote + shift, len) != 0) ||
	    memcmp(disk, got + shift, len) != 0)
		fake_violation("%zu bytes at %llu became others", len, (unsigned long long)offset);
	/* Not a byte beside. */
	if ((shift > 0 && got[shift - 1] != 0xcc) || got[shift + len] != 0xcc)
		fake_violation("a read wrote more than it was to");
}

void assert_disk_works(struct fake_blkuser *user)
{
	const uint64_t bytes = user->bb->offer.sectors * PLATTER_SECTOR;

	if (bytes < DATA || user->bb->disk_bytes < DATA)
		return;
	one_works(user, 777, 5, 5000);
	one_works(user, 8192, 0, 8192);
	one_works(user, 4096, 512, DATA - 4096);
}

void assert_no_flush(struct fake_blkuser *user)
{
	static uint8_t sector[512];
	struct blkuser_request *request = blkuser_request(user);

	request->request.op = BLKFRONT_WRITE;
	request->request.fua = true;
	request->request.data = sector;
	request->request.len = sizeof(sector);
	if (blkuser_info(user).flush || blkuser_info(user).fua ||
	    blkuser_submit(request) != -EOPNOTSUPP)
		fake_violation("a disk that cannot flush takes a write with FUA, or says it would");
}

void assert_disk_reconnects(struct fake_blkuser *user)
{
	for (int i = 0; i < 90 && !(blkuser_info(user).connected &&
				    fake_backend_connected(&user->bb->backend));
	     i++)
		fake_kernel_run(TIME_S);
	if (!blkuser_info(user).connected)
		fake_violation("it does not connect: states %d and %d",
			       fake_front_state(&user->bb->backend), user->bb->backend.state);
	blkuser_wait(user);
	assert_disk_works(user);
}

struct held blkuser_held(const struct fake_blkuser *user)
{
	const size_t kept = (size_t)blkuser_stats(user).grants_kept;
	struct held held = held_now();

	held.grants -= kept;
	held.pages -= kept;
	return held;
}

struct held blkuser_settle(struct fake_blkuser *user)
{
	static _Alignas(4096) uint8_t many[600 * 4096 + 512];
	struct fake_blkback *bb = user->bb;
	const bool stopped = bb->stopped;

	/* Full rings, of pages that must be copied, until it has all that it ever will. */
	bb->stopped = true;
	for (unsigned i = 0; i < 600; i++)
		(void)blkuser_ask(user, BLKFRONT_READ, i % 100 * 8192, many + i * 4096 + 256, 4096);
	/* And of pages that are not, until the grant table is as long as it ever gets. */
	for (unsigned i = 0; i < 50; i++)
		(void)blkuser_ask(user, BLKFRONT_READ, i % 2 * 4096, many, 600 << 10);
	fake_kernel_run(TIME_MS);
	bb->stopped = stopped;
	fake_blkback_notify(bb);
	blkuser_wait(user);
	fake_backend_restart(&bb->backend);
	fake_kernel_run(TIME_MS);
	assert_disk_reconnects(user);
	return blkuser_held(user);
}

struct held blkuser_boot_settled(struct fake_blkuser *user, const char *command_line)
{
	struct held before;

	blkuser_boot(user, 1, command_line);
	before = blkuser_settle(user);
	user->bb->seen_count = 0;
	user->done = 0;
	return before;
}

void assert_disk_settles(struct fake_blkuser *user, struct held before)
{
	fake_backend_restart(&user->bb->backend);
	fake_kernel_run(TIME_MS);
	assert_disk_reconnects(user);
	assert_same_held(before, blkuser_held(user));
}
