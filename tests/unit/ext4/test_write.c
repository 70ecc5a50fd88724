/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing: unikernel/fs on the host, under ASan and UBSan, against a model and e2fsck.
 *
 *	test_write model IMAGE OPERATIONS [SEED [CACHE-BYTES]]
 *		random operations, each result the model's; now and then the file system is unmounted,
 *		e2fsck -fn must find nothing, and after the next mount all is as before
 *	test_write cut IMAGE CUTS [SEED [FIRST]]
 *		the same, until the power goes at a random moment; then e2fsck -p mends what it finds, or
 *		our own mount does, and what is there is what was acknowledged, or what came later
 *	test_write full IMAGE [SEED]
 *		writes until nothing fits, loses nothing, removes and writes again
 *	test_write many IMAGE NAMES
 *		so many files in one directory, found again, removed again
 *	test_write readonly IMAGE
 *		can be mounted, but not for writing
 *	test_write memory IMAGE ROUNDS [SEED]
 *		allocations fail at random: nothing crashes, and the image stays whole
 *	test_write failing IMAGE
 *		a place on the disk that cannot be written: who has it hears of it, once
 *	test_write replay IMAGE
 *		mounts it, unmounts it, and writes it back
 *	test_write hostile IMAGE ROUNDS [SEED]
 *		wrong bytes in the image, mounted and written to: nothing may crash, hang or leak
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/ext4/disk.h"
#include "tests/unit/ext4/workload.h"
#include "unikernel/fs/ext4.h"
#include "unikernel/libc/file.h"

static const char *image_path;
static uint8_t *image, *pristine;
static size_t image_bytes;

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s: %s\n", image_path, what);
	abort();
}

static void image_load(const char *path, uint8_t *to)
{
	FILE *in = fopen(path, "rb");
	must(in && fread(to, 1, image_bytes, in) == image_bytes, "cannot be read");
	fclose(in);
}

static void image_open(const char *path)
{
	struct stat st;
	image_path = path;
	must(stat(path, &st) == 0, "is not there");
	image_bytes = (size_t)st.st_size;
	image = malloc(image_bytes);
	pristine = malloc(image_bytes);
	image_load(path, pristine);
	memcpy(image, pristine, image_bytes);
}

/* --- e2fsck ----------------------------------------------------------------------------------- */

static char scratch[4096];

/* The image through e2fsck with these options: its exit status; it may change the image. */
static int e2fsck(const char *options)
{
	char command[8400];
	static const uint8_t zeroes[65536];
	FILE *out = fopen(scratch, "wb");
	must(out && ftruncate(fileno(out), (off_t)image_bytes) == 0, "no room for a copy");
	/* Most of it is holes. */
	for (size_t at = 0; at < image_bytes; at += sizeof(zeroes)) {
		const size_t n =
			image_bytes - at < sizeof(zeroes) ? image_bytes - at : sizeof(zeroes);
		if (memcmp(image + at, zeroes, n) != 0)
			must(fseek(out, (long)at, SEEK_SET) == 0 &&
				     fwrite(image + at, 1, n, out) == n,
			     "no room for a copy");
	}
	must(fclose(out) == 0, "no room for a copy");
	snprintf(command, sizeof(command), "e2fsck %s '%s' >'%s.log' 2>&1", options, scratch,
		 scratch);
	int status = system(command);
	if (!strchr(options, 'n'))
		image_load(scratch, image);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

static void log_show(void)
{
	char command[8300];
	snprintf(command, sizeof(command), "cat '%s.log' >&2", scratch);
	if (system(command))
		fprintf(stderr, "no log\n");
}

static void must_be_clean(const char *when)
{
	if (e2fsck("-fn") == 0)
		return;
	log_show();
	must(false, when);
}

/* --- mounting --------------------------------------------------------------------------------- */

static struct cache *cache;
static unsigned int sector_bytes = 512;

static int mount(uint32_t seed, size_t cache_bytes)
{
	cache = cache_create(disk_open(image, image_bytes, sector_bytes, seed), cache_bytes);
	int error = ext4_mount(cache, "xvda");
	if (error)
		cache_destroy(cache);
	return error;
}

static void unmount(void)
{
	ext4_unmount();
	cache_destroy(cache);
}

static size_t number(char **argv, int argc, int i, size_t otherwise)
{
	return i < argc ? strtoul(argv[i], NULL, 0) : otherwise;
}

/* --- against the model ------------------------------------------------------------------------ */

static int test_model(size_t operations, uint32_t seed, size_t cache_bytes)
{
	struct workload w;
	uint64_t requests = 0;
	unsigned int mounts = 0;
	workload_begin(&w, seed, image_bytes / 300);
	log_visible = true;
	must(mount(seed, cache_bytes) == 0 && ext4.writable, "is not mounted");
	unmount();
	must(memcmp(image, pristine, image_bytes) == 0, "was written without a reason");
	while (w.operations < operations) {
		must(mount(seed + mounts, cache_bytes) == 0 && ext4.writable, "is not mounted");
		workload_check(&w);
		for (unsigned int i = 0; i < 300; i++)
			must(workload_step(&w), "a step failed");
		workload_check(&w);
		workload_close(&w);
		unmount();
		requests += disk_counts().requests;
		must_be_clean("e2fsck -fn found something after an unmount");
		mounts++;
	}
	fprintf(stderr, "%s: %llu operations, %u mounts, %llu requests, %llu times synced\n",
		image_path, (unsigned long long)w.operations, mounts, (unsigned long long)requests,
		(unsigned long long)w.syncs);
	workload_end(&w);
	return 0;
}

/* --- cuts ------------------------------------------------------------------------------------- */

static uint8_t *crashed;

static void cut_check(struct workload *w, unsigned int cut, bool with_e2fsck)
{
	memcpy(image, crashed, image_bytes);
	if (with_e2fsck) {
		int status = e2fsck("-p");
		if (status > 1)
			log_show();
		must(status <= 1, "e2fsck -p cannot mend it");
		must_be_clean("e2fsck -fn found something after e2fsck -p");
	} else if (cut % 2) {
		/* The power goes again while we replay. */
		cache = cache_create(disk_open(image, image_bytes, sector_bytes, cut), 1 << 20);
		disk_cut_after(cut / 2 % 12);
		if (ext4_mount(cache, "xvda") == 0)
			ext4_unmount();
		cache_destroy(cache);
		disk_restore();
	}
	must(mount(cut, 1 << 20) == 0, "cannot be mounted after a cut");
	if (!workload_check_crashed(w)) {
		fprintf(stderr, "cut %u, mended by %s\n", cut,
			with_e2fsck ? "e2fsck" : "our replay");
		must(false, "is not as it may be after a cut");
	}
	unmount();
	if (!with_e2fsck)
		must_be_clean("e2fsck -fn found something after our own replay");
}

static void cut_once(unsigned int cut, uint32_t seed, uint64_t *operations)
{
	struct workload w;
	workload_begin(&w, seed, image_bytes / 300);
	memcpy(image, pristine, image_bytes);
	must(mount(seed, cut % 3 ? 1 << 20 : 1 << 18) == 0 && ext4.writable, "is not mounted");
	disk_settle();
	disk_cut_after(workload_random(&w, workload_random(&w, 4) ? 300 : 40));
	while (workload_step(&w))
		;
	*operations += w.operations;
	/* Nothing that happens now reaches the disk. */
	workload_close(&w);
	unmount();
	disk_restore();
	memcpy(crashed, image, image_bytes);
	cut_check(&w, cut, true);
	cut_check(&w, cut, false);
	workload_end(&w);
}

static int test_cut(unsigned int first, size_t cuts, uint32_t seed)
{
	uint64_t operations = 0;
	crashed = malloc(image_bytes);
	for (unsigned int cut = first; cut < first + cuts; cut++)
		cut_once(cut, seed + cut, &operations);
	fprintf(stderr, "%s: %zu cuts after %llu operations: nothing acknowledged is missing\n",
		image_path, cuts, (unsigned long long)operations);
	free(crashed);
	return 0;
}

/* --- a full disk ------------------------------------------------------------------------------ */

static uint8_t block[50000];

static void block_fill(unsigned int file, size_t at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		block[i] = (uint8_t)((at + i) * 31 + file * 7 + ((at + i) >> 8));
}

/* How much of it could be written. */
static size_t file_fill(unsigned int number_of, size_t most)
{
	char path[32];
	struct file *f;
	sprintf(path, "/full%u", number_of);
	int error = ext4_tree.open(path, O_RDWR | O_CREAT, 0600, &f);
	if (error) {
		must(error == -ENOSPC, "creating failed for another reason");
		return 0;
	}
	size_t done = 0;
	while (done < most) {
		const size_t len = 1 + (done * 7 + number_of * 1237) % sizeof(block);
		block_fill(number_of, done, len);
		ssize_t n = f->ops->pwrite(f, block, len, (off_t)done);
		must(n > 0 || n == -ENOSPC, "writing failed for another reason");
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	must(f->ops->sync(f, false) == 0, "fsync failed on a full disk");
	must(file_put(f) == 0, "close failed on a full disk");
	return done;
}

static void file_verify(unsigned int number_of, size_t len)
{
	static uint8_t is[sizeof(block)];
	char path[32];
	struct file *f;
	sprintf(path, "/full%u", number_of);
	must(ext4_tree.open(path, O_RDONLY, 0, &f) == 0, "a file of the full disk is missing");
	for (size_t at = 0; at < len; at += sizeof(block)) {
		const size_t n = len - at < sizeof(block) ? len - at : sizeof(block);
		block_fill(number_of, at, n);
		must(f->ops->pread(f, is, n, (off_t)at) == (ssize_t)n && !memcmp(is, block, n),
		     "a file of the full disk has other contents");
	}
	file_put(f);
}

#define FULL_FILES 4000u

static int test_full(uint32_t seed)
{
	static size_t len[FULL_FILES];
	size_t total = 0, before;
	log_visible = true;
	must(mount(seed, 1 << 20) == 0 && ext4.writable, "is not mounted");
	for (unsigned int round = 0; round < 3; round++) {
		unsigned int failures = 0;
		before = total;
		for (unsigned int i = 0; i < FULL_FILES && failures < 40; i++) {
			if (len[i])
				continue;
			len[i] = file_fill(i, 1 + (i * 65537u + seed) % 300000);
			total += len[i];
			failures += len[i] == 0;
		}
		must(total - before > image_bytes / 8, "it was full too soon");
		must(ext4_tree.mkdir("/onemore", 0700) != 0 || ext4_tree.rmdir("/onemore") == 0,
		     "a directory on a full disk");
		unmount();
		must_be_clean("e2fsck -fn found something on a full disk");
		must(mount(seed + round, 1 << 20) == 0 && ext4.writable, "is not mounted");
		for (unsigned int i = 0; i < FULL_FILES; i++) {
			char path[32];
			sprintf(path, "/full%u", i);
			if (len[i])
				file_verify(i, len[i]);
			if (len[i] && i % 3 != round)
				continue;
			int error = ext4_tree.unlink(path);
			must(error == 0 || error == -ENOENT, "cannot unlink on a full disk");
			total -= len[i];
			len[i] = 0;
		}
	}
	unmount();
	must_be_clean("e2fsck -fn found something in the end");
	fprintf(stderr, "%s: filled three times, %zu bytes of %zu left\n", image_path, total,
		image_bytes);
	return 0;
}

/* --- many names ------------------------------------------------------------------------------- */

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void many_path(char *path, unsigned int i)
{
	sprintf(path, "/many/a file with number %u", i * 2654435761u);
}

static int test_many(unsigned int names)
{
	char path[64];
	struct file *f;
	struct stat st;
	log_visible = true;
	must(mount(1, 1 << 20) == 0 && ext4.writable, "is not mounted");
	must(ext4_tree.mkdir("/many", 0755) == 0, "mkdir");
	double begin = seconds();
	for (unsigned int i = 0; i < names; i++) {
		many_path(path, i);
		must(ext4_tree.open(path, O_WRONLY | O_CREAT | O_EXCL, 0644, &f) == 0, "create");
		must(file_put(f) == 0, "close");
	}
	double made = seconds() - begin;
	unmount();
	must_be_clean("e2fsck -fn found something after many names");
	must(mount(2, 1 << 20) == 0 && ext4.writable, "is not mounted");
	for (unsigned int i = 0; i < names; i++) {
		many_path(path, i);
		must(ext4_tree.stat(path, &st, true) == 0, "a name is missing");
	}
	struct dirent entry;
	unsigned int seen = 0;
	must(ext4_tree.open("/many", O_RDONLY | O_DIRECTORY, 0, &f) == 0, "open");
	while (f->ops->readdir(f, &entry) > 0)
		seen++;
	file_put(f);
	must(seen == names + 2, "readdir gave another number of names");
	begin = seconds();
	for (unsigned int i = 0; i < names; i += 1 + i % 2) {
		many_path(path, i);
		must(ext4_tree.unlink(path) == 0, "unlink");
	}
	double removed = seconds() - begin;
	unmount();
	must_be_clean("e2fsck -fn found something after many names were removed");
	fprintf(stderr, "%s: %u names made in %.2f s, most removed in %.2f s\n", image_path, names,
		made, removed);
	return 0;
}

/* --- no writing ------------------------------------------------------------------------------- */

static int test_readonly(void)
{
	struct file *f;
	log_visible = true;
	must(mount(1, 1 << 20) == 0, "is not mounted");
	must(!ext4.writable, "is mounted for writing");
	must(ext4_tree.mkdir("/d", 0755) == -EROFS, "mkdir");
	must(ext4_tree.open("/f", O_WRONLY | O_CREAT, 0644, &f) == -EROFS, "create");
	must(ext4_tree.rmdir("/lost+found") == -EROFS, "rmdir");
	must(ext4_tree.rename("/lost+found", "/found") == -EROFS, "rename");
	must(ext4_tree.chmod("/lost+found", 0) == -EROFS, "chmod");
	must(ext4_tree.sync() == 0, "sync");
	unmount();
	must(memcmp(image, pristine, image_bytes) == 0, "was written");
	return 0;
}

/* --- hostile images --------------------------------------------------------------------------- */

static void write_blindly(struct workload *w)
{
	char path[64], other[64];
	struct file *f;
	static uint8_t bytes[70000];
	for (unsigned int i = 0; i < 40 && ext4.writable; i++) {
		sprintf(path, workload_random(w, 2) ? "/empty/f%u" : "/f%u", workload_random(w, 4));
		sprintf(other, workload_random(w, 2) ? "/deep/f%u" : "/many/f%u",
			workload_random(w, 4));
		switch (workload_random(w, 10)) {
		case 0:
			ext4_tree.unlink(workload_random(w, 2) ? "/large" : "/sparse");
			break;
		case 1:
			ext4_tree.rename(path, other);
			break;
		case 2:
			ext4_tree.mkdir(other, 0755);
			break;
		case 3:
			ext4_tree.rmdir(other);
			break;
		case 4:
			ext4_tree.truncate("/sparse", workload_random(w, 700000));
			break;
		case 5:
			ext4_tree.symlink(
				"/deep/er/../../large-and-long-enough-to-need-a-block-of-its-own",
				path);
			break;
		case 6:
			ext4_tree.rename("/deep", "/empty/deep");
			break;
		case 7:
			ext4_tree.unlink("/empty/3");
			break;
		default:
			if (ext4_tree.open(workload_random(w, 2) ? path : "/large",
					   O_RDWR | O_CREAT, 0644, &f))
				break;
			f->ops->pwrite(f, bytes, 1 + workload_random(w, sizeof(bytes)),
				       workload_random(w, 900000));
			f->ops->sync(f, false);
			file_put(f);
			break;
		}
	}
}

static int test_hostile(size_t rounds, uint32_t seed)
{
	static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff, 0xfe, 4, 8};
	struct workload w;
	unsigned int mounted = 0, writable = 0, failed = 0;
	workload_begin(&w, seed, 1);
	for (size_t round = 0; round < rounds; round++) {
		memcpy(image, pristine, image_bytes);
		const bool super = workload_random(&w, 8) == 0;
		for (unsigned int i = 1 + workload_random(&w, super ? 2 : 8); i > 0; i--) {
			size_t at =
				super ? 1024 + workload_random(&w, 1024)
				      : 2048 + workload_random(&w, (uint32_t)image_bytes - 2048);
			while (!super && image[at] == 0 && workload_random(&w, 1 << 20))
				at = at + 1 < image_bytes ? at + 1 : 2048;
			image[at] = workload_random(&w, 2) ? values[workload_random(&w, 8)]
							   : (uint8_t)workload_random(&w, 256);
		}
		alarm(20);
		if (mount((uint32_t)round, 1 << 18) == 0) {
			mounted++;
			writable += ext4.writable;
			const bool was = ext4.writable;
			write_blindly(&w);
			failed += was && !ext4.writable;
			unmount();
		}
		alarm(0);
	}
	fprintf(stderr, "%s: %zu wrong images: %u mounted, %u for writing, of which %u gave up\n",
		image_path, rounds, mounted, writable, failed);
	workload_end(&w);
	return writable == 0;
}

static int test_memory(size_t rounds, uint32_t seed)
{
	struct workload w;
	unsigned int failed = 0;
	workload_begin(&w, seed, 1);
	for (size_t round = 0; round < rounds; round++) {
		memcpy(image, pristine, image_bytes);
		must(mount((uint32_t)round, 1 << 18) == 0 && ext4.writable, "is not mounted");
		heap_fail_one_in = 3 + workload_random(&w, 60);
		for (unsigned int i = 0; i < 3; i++)
			write_blindly(&w);
		heap_fail_one_in = 0;
		const bool gave_up = !ext4.writable;
		failed += gave_up;
		unmount();
		if (gave_up)
			must(e2fsck("-p") <= 1, "e2fsck -p cannot mend it");
		must_be_clean("e2fsck -fn found something after memory was short");
	}
	fprintf(stderr, "%s: %zu times short of memory: %u times it gave up\n", image_path, rounds,
		failed);
	workload_end(&w);
	return 0;
}

static unsigned int test_failing_at(size_t at)
{
	static uint8_t blocks[163840];
	unsigned int heard = 0;
	log_visible = true;
	must(mount(1, 1 << 20) == 0 && ext4.writable, "is not mounted");
	disk_fail_at(at);
	bool full = false;
	for (unsigned int i = 0; i < 100 && !heard && !full; i++) {
		char path[32];
		struct file *f;
		sprintf(path, "/file%u", i);
		must(ext4_tree.open(path, O_RDWR | O_CREAT, 0600, &f) == 0, "create");
		for (unsigned int n = 0; n < 10 && !heard && !full; n++) {
			/* Whole blocks are written later; longer ones, and parts of blocks, now. */
			const size_t len = i % 3 == 0 ? 40960 : i % 3 == 1 ? 163840 : 10000;
			ssize_t done = f->ops->write(f, blocks, len);
			/* What came before may be less; and nothing may lie at that place. */
			must(done > 0 || done == -EIO || done == -ENOSPC, "write");
			heard += done == -EIO;
			full |= done == -ENOSPC;
		}
		int error = f->ops->sync(f, false);
		must(error == 0 || error == -EIO, "fsync failed for another reason");
		heard += error == -EIO;
		must(f->ops->sync(f, false) == 0, "an error is told twice");
		must(file_put(f) == 0, "an error is told twice, by close");
	}
	must(ext4.writable, "one bad place and nothing is written any more");
	must(full || (ext4_tree.mkdir("/after", 0700) == 0 && ext4_tree.sync() == 0),
	     "it does not go on");
	unmount();
	must_be_clean("e2fsck -fn found something after an error of the disk");
	return heard;
}

static int test_failing(void)
{
	unsigned int heard = 0;
	for (unsigned int i = 0; i < 20; i++) {
		memcpy(image, pristine, image_bytes);
		heard += test_failing_at(image_bytes / 8 * 5 + i * 37 * 512);
	}
	must(heard > 10, "nobody was told of the errors");
	fprintf(stderr, "%s: 20 bad places, of which %u were met\n", image_path, heard);
	return 0;
}

static int test_replay(void)
{
	log_visible = true;
	must(mount(1, 1 << 20) == 0, "is not mounted");
	unmount();
	FILE *out = fopen(image_path, "wb");
	must(out && fwrite(image, 1, image_bytes, out) == image_bytes, "cannot be written back");
	fclose(out);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	image_open(argv[2]);
	snprintf(scratch, sizeof(scratch), "%s.scratch", image_path);
	int status = 2;
	const char *what = argv[1];
	const uint32_t seed = (uint32_t)number(argv, argc, 4, 1);
	if (getenv("SECTOR"))
		sector_bytes = (unsigned int)atoi(getenv("SECTOR"));
	log_visible = getenv("LOG") != NULL;
	if (strcmp(what, "model") == 0)
		status = test_model(number(argv, argc, 3, 1000), seed,
				    number(argv, argc, 5, 1 << 20));
	else if (strcmp(what, "cut") == 0)
		status = test_cut((unsigned int)number(argv, argc, 5, 0),
				  number(argv, argc, 3, 100), seed);
	else if (strcmp(what, "full") == 0)
		status = test_full((uint32_t)number(argv, argc, 3, 1));
	else if (strcmp(what, "many") == 0)
		status = test_many((unsigned int)number(argv, argc, 3, 10000));
	else if (strcmp(what, "memory") == 0)
		status = test_memory(number(argv, argc, 3, 100), seed);
	else if (strcmp(what, "failing") == 0)
		status = test_failing();
	else if (strcmp(what, "replay") == 0)
		status = test_replay();
	else if (strcmp(what, "readonly") == 0)
		status = test_readonly();
	else if (strcmp(what, "hostile") == 0)
		status = test_hostile(number(argv, argc, 3, 100), seed);
	remove(scratch);
	free(image);
	free(pristine);
	return status;
}
