/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   SQLite's transactions over unikernel/fs, over a disk that loses its power.
 * Why:    a commit that was acknowledged is a promise; SQLite keeps it if the file system keeps what
 *         fsync() promises.
 * Method: the guest's sources of SQLite and of the file system, on the fake disk, which loses what was
 *         not flushed, in any mixture. Cut after cut on the same disk: every other time e2fsck -p of
 *         the host mends it first, otherwise our own mount does. Then SQLite must find its database in
 *         order and every transaction in it that it had acknowledged. Disks have sectors of 512 bytes
 *         and of 4096 in turn, and every third time the power goes while our mount or SQLite recovers.
 *
 *	test_sqlite FOLDER CUTS [SEED]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/guest/database/transactions.h"
#include "tests/unit/ext4/disk.h"
#include "tests/unit/ext4/sqlite/calls.h"
#include "unikernel/fs/ext4.h"

#define IMAGE_BYTES ((size_t)24 << 20)
#define CACHE_BYTES ((size_t)512 << 10)
#define ROUNDS	    25u /* of one database */

static char path[4096];
static uint8_t *image;
static uint32_t state;
static unsigned int sector; /* bytes */

static uint32_t random_below(uint32_t limit)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 8) % limit;
}

static void must(bool condition, const char *what, unsigned int cut)
{
	if (condition)
		return;
	printf("FAIL sqlite: cut %u: %s\n", cut, what);
	exit(1);
}

/* The image through a command in whose words %s is its path: the exit status. */
static int through(const char *words)
{
	char command[8400];
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(image, 1, IMAGE_BYTES, file) != IMAGE_BYTES || fclose(file))
		return 127;
	snprintf(command, sizeof(command), words, path);
	int status = system(command);
	file = fopen(path, "rb");
	if (!file || fread(image, 1, IMAGE_BYTES, file) != IMAGE_BYTES || fclose(file))
		return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

/* The database, until the power goes: false if it did not go before there were so many. */
static bool transactions_run(const char *journal, long long *done, long long most, unsigned int cut)
{
	sqlite3 *db = NULL;
	long long rows = 0;
	const char *wrong = NULL;
	if (!transactions_open("/data.db", journal, &db)) {
		if (!disk_is_cut())
			printf("%s (%d)\n", sqlite3_errmsg(db), sqlite3_extended_errcode(db));
		must(disk_is_cut(), "the database cannot be opened", cut);
	} else {
		wrong = transactions_check(db, &rows);
		must(!wrong || disk_is_cut(), wrong, cut);
		must(wrong || rows >= *done, "a committed transaction is missing", cut);
		while (!wrong && rows < most && transaction_make(db, rows + 1))
			*done = ++rows;
	}
	sqlite3_close(db);
	return disk_is_cut();
}

/* From one mount to the loss of power; not lost: to an orderly end. */
static void round_run(unsigned int cut, long long *done, bool last)
{
	struct cache *cache =
		cache_create(disk_open(image, IMAGE_BYTES, sector, state), CACHE_BYTES);
	const bool early = !last && cut % 3 == 2;
	if (early)
		disk_cut_after(random_below(30));
	int error = ext4_mount(cache, "xvda");
	must(error == 0 || disk_is_cut(), "cannot be mounted", cut);
	must(error || ext4.writable || disk_is_cut(), "is mounted read-only", cut);
	if (!last && !early) {
		disk_settle();
		disk_cut_after(random_below(random_below(2) ? 60 : 600));
	}
	if (!error) {
		const bool lost =
			transactions_run(journals[cut % 4], done, last ? *done : *done + 400, cut);
		must(last || lost, "the power did not go", cut);
		ext4_unmount();
	}
	cache_destroy(cache);
	disk_restore();
}

int main(int argc, char **argv)
{
	const unsigned int cuts = argc > 2 ? (unsigned int)atoi(argv[2]) : 100;
	long long done = 0, total = 0;
	state = argc > 3 ? (uint32_t)atoi(argv[3]) : 1;
	image = calloc(1, IMAGE_BYTES);
	snprintf(path, sizeof(path), "%s/disk.img", argv[1]);
	log_visible = getenv("VERBOSE") != NULL;
	sqlite_calls_set();
	for (unsigned int cut = 0; cut < cuts; cut++) {
		if (cut % ROUNDS == 0) {
			total += done;
			done = 0;
			sector = cut / ROUNDS % 2 ? 4096 : 512;
			memset(image, 0, IMAGE_BYTES);
			must(through(sector == 512 ? "mke2fs -qF -t ext4 -b 1024 '%s'"
						   : "mke2fs -qF -t ext4 -b 4096 '%s'") == 0,
			     "mke2fs failed", cut);
		}
		round_run(cut, &done, false);
		if (cut % 2) {
			must(through("e2fsck -p '%s' >/dev/null") <= 1, "e2fsck cannot mend it",
			     cut);
			must(through("e2fsck -fn '%s' >/dev/null 2>&1") == 0,
			     "e2fsck finds something in what it has mended", cut);
		}
	}
	round_run(cuts, &done, true);
	must(through("e2fsck -fn '%s' >/dev/null 2>&1") == 0,
	     "e2fsck finds something after an unmount", cuts);
	remove(path);
	printf("ok sqlite: %u power cuts, %lld transactions acknowledged, none missing\n", cuts,
	       total + done);
	return 0;
}
