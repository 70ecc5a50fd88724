/* SPDX-License-Identifier: BSD-2-Clause */
#include "blkfront/name.h"

#include "unikernel/core/format.h"

/* 0 is a, 25 is z, 26 is aa: like the columns of a table. */
static void disk_letters(char letters[8], unsigned int disk)
{
	char reversed[8];
	size_t count = 0;

	for (unsigned int rest = disk + 1; rest > 0; rest = (rest - 1) / 26)
		reversed[count++] = (char)('a' + (rest - 1) % 26);
	for (size_t i = 0; i < count; i++)
		letters[i] = reversed[count - 1 - i];
	letters[count] = '\0';
}

void vbd_name(char *name, size_t size, unsigned int number)
{
	const char *kind = "xvd";
	unsigned int minor = number & 0xff, shift = 4, first = 0;
	char letters[8];

	if (number >> 28 == 1) {
		minor = number & 0xfffffff;
		shift = 8;
	} else if (number >> 8 == 8) {
		kind = "sd";
	} else if (number >> 8 == 3 || number >> 8 == 22) {
		kind = "hd";
		shift = 6;
		first = number >> 8 == 22 ? 2 : 0;
	} else if (number >> 8 != 202) {
		format(name, size, "vbd-%u", number);
		return;
	}
	unsigned int partition = minor & ((1u << shift) - 1);

	disk_letters(letters, first + (minor >> shift));
	if (partition == 0)
		format(name, size, "%s%s", kind, letters);
	else
		format(name, size, "%s%s%u", kind, letters, partition);
}
