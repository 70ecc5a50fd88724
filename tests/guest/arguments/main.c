/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   the command line as the domain's configuration gives it: argv, options, environment.
 * Why:    it comes from outside; whatever it holds, the guest comes up and says what it ignored.
 * Method: prints what it got, one item a line, for the runner to compare (tests/guest/run).
 */
#include "tests/guest/verdict.h"
#include "unikernel/core/boot.h"

int main(int argc, char **argv)
{
	char **environment = boot_environ();

	for (int i = 0; i < argc; i++)
		say("argv[%d]=<%s>\n", i, argv[i]);
	for (int i = 0; environment[i]; i++)
		say("environ[%d]=<%s>\n", i, environment[i]);
	say("option test=<%s>\n", boot_option("test") ? boot_option("test") : "(none)");
	CHECK(argc >= 1 && !argv[argc]);
	return verdict("arguments");
}
