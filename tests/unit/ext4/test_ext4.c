/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unikernel/fs over an image on the host, under ASan and UBSan.
 *
 *	test_ext4 list IMAGE [CACHE-BYTES [CHUNK [SECTOR]]]   the tree, for test_ext4.sh to compare
 *	test_ext4 sums DIRECTORY         reads names on stdin; the lines of `list` for those files
 *	test_ext4 fail IMAGE [EVERY]     reads it with one bad byte on the disk, at many places
 *	test_ext4 mutate IMAGE ROUNDS [SEED]   reads it with wrong bytes in it, differently each time
 *
 * The last two know no right answer: they pass if nothing crashes, hangs or leaks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/ext4/disk.h"
#include "tests/unit/ext4/tree.h"

static uint8_t *image;
static size_t image_bytes;

static void image_load(const char *path)
{
	FILE *in = fopen(path, "rb");
	if (!in || fseek(in, 0, SEEK_END)) {
		perror(path);
		exit(2);
	}
	image_bytes = (size_t)ftell(in);
	rewind(in);
	image = malloc(image_bytes);
	if ((!image && image_bytes) || fread(image, 1, image_bytes, in) != image_bytes) {
		perror(path);
		exit(2);
	}
	fclose(in);
}

static size_t number(char **argv, int argc, int i, size_t otherwise)
{
	return i < argc ? strtoul(argv[i], NULL, 0) : otherwise;
}

static int list(int argc, char **argv)
{
	struct tree_counts counts;
	log_visible = true;
	struct blkfront *disk =
		disk_open(image, image_bytes, (unsigned int)number(argv, argc, 5, 512), 1);
	int error = tree_read(disk, number(argv, argc, 3, 1 << 20), number(argv, argc, 4, 32 << 10),
			      ~0u, stdout, &counts);
	fprintf(stderr, "%s: %u files, %llu bytes, %llu requests, at most %llu in flight%s%s\n",
		argv[2], counts.files, (unsigned long long)counts.bytes,
		(unsigned long long)disk_counts().requests,
		(unsigned long long)disk_counts().in_flight_most, error ? ": " : "",
		error ? strerror(-error) : "");
	return error || counts.errors;
}

/* The right answers, straight from the host's own files. */
static int sums(const char *directory)
{
	char name[4096];
	if (chdir(directory))
		return 2;
	while (fgets(name, sizeof(name), stdin)) {
		name[strcspn(name, "\n")] = '\0';
		image_load(name);
		printf("f /%s %zu %016llx\n", name, image_bytes,
		       (unsigned long long)hash_add(HASH_BASIS, (const char *)image, image_bytes));
		free(image);
		image = NULL;
	}
	return 0;
}

static int fail(int argc, char **argv)
{
	struct tree_counts counts;
	unsigned int noticed = 0, rounds = 0;
	const size_t every = number(argv, argc, 3, 16384);
	for (size_t at = 0; at < image_bytes; at += every, rounds++) {
		struct blkfront *disk = disk_open(image, image_bytes, 512, (uint32_t)rounds);
		disk_set_readonly();
		disk_fail_at(at);
		int error = tree_read(disk, 1 << 20, 40000, 10000, NULL, &counts);
		noticed += error || counts.errors;
	}
	fprintf(stderr, "%s: one bad place in %u: %u times noticed\n", argv[2], rounds, noticed);
	return noticed == 0; /* then nothing was tested */
}

/*
 * In the super block, or at a byte behind it that is neither zero nor part of a bitmap's padding: in
 * these images mostly metadata.
 */
static size_t somewhere(uint32_t random, bool super)
{
	if (super)
		return 1024 + random % 1024;
	size_t at = 2048 + random % (image_bytes - 2048);
	for (size_t steps = 0; steps < image_bytes; steps++) {
		if (at >= 2048 && image[at] != 0 && image[at] != 0xff)
			break;
		at = (at + 1) % image_bytes;
	}
	return at;
}

static uint32_t random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static int mutate(int argc, char **argv)
{
	static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff, 0xfe, 4, 8};
	const size_t rounds = number(argv, argc, 3, 1000);
	uint32_t state = (uint32_t)number(argv, argc, 4, 1);
	unsigned int mounted = 0, erring = 0;
	for (size_t round = 0; round < rounds; round++) {
		size_t at[8];
		uint8_t was[8];
		const bool super = random_next(&state) % 8 == 0;
		const unsigned int changes = 1 + random_next(&state) % (super ? 2 : 8);
		for (unsigned int i = 0; i < changes; i++) {
			const uint32_t random = random_next(&state);
			at[i] = somewhere(random_next(&state), super);
			was[i] = image[at[i]];
			image[at[i]] = random & 1 ? values[(random >> 1) % sizeof(values)]
						  : (uint8_t)(random >> 8);
		}
		struct tree_counts counts;
		alarm(20); /* a hang is a failure */
		struct blkfront *disk = disk_open(image, image_bytes, 512, state);
		disk_set_readonly();
		int error = tree_read(disk, 1 << 18, 40000, 2000, NULL, &counts);
		alarm(0);
		mounted += error == 0;
		erring += error == 0 && counts.errors;
		for (unsigned int i = changes; i-- > 0;)
			image[at[i]] = was[i];
	}
	fprintf(stderr, "%s: %zu wrong images: %u mounted, %u of them with errors inside\n",
		argv[2], rounds, mounted, erring);
	return erring == 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "sums") == 0)
		return sums(argv[2]);
	image_load(argv[2]);
	int status = 2;
	if (strcmp(argv[1], "list") == 0)
		status = list(argc, argv);
	else if (strcmp(argv[1], "fail") == 0)
		status = fail(argc, argv);
	else if (strcmp(argv[1], "mutate") == 0)
		status = mutate(argc, argv);
	free(image);
	return status;
}
