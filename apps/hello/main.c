/* SPDX-License-Identifier: BSD-2-Clause */
/* The smallest appliance: says hello, and what it was started with. */
#include <stdio.h>

int main(int argc, char **argv)
{
	printf("Hello from %s", argv[0]);
	for (int i = 1; i < argc; i++)
		printf("%s%s", i == 1 ? ", started with: " : " ", argv[i]);
	printf("\n");
	return 0;
}
