/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   SQLite's transactions, when their guest is cut off at any moment.
 * Why:    a database is what asks the most of a file system: it writes in place, and counts on its
 *         journal being on the disk before.
 * Method: transaction after transaction, for ever; "done N" on the console follows the commit of the
 *         Nth.  dom0 destroys the domain somewhere in between and starts it again with done=N of the
 *         last line that it saw. SQLite rolls back what was not committed, and must find its database
 *         in order, with every transaction in it that was committed, and each of them whole. With
 *         `check` that is all.  journal=MODE is SQLite's own.
 */
#include <stdio.h>
#include <string.h>

#include "tests/guest/database/transactions.h"
#include "tests/guest/verdict.h"

int main(int argc, char **argv)
{
	char journal[16] = "delete";
	long long done = 0, rows = 0;
	bool only = false;
	sqlite3 *db = NULL;
	for (int i = 1; i < argc; i++) {
		sscanf(argv[i], "done=%lld", &done);
		sscanf(argv[i], "journal=%15s", journal);
		only = only || strcmp(argv[i], "check") == 0;
	}
	if (!transactions_open("/data.db", journal, &db))
		return verdict_error("database", sqlite3_errmsg(db));
	const char *wrong = transactions_check(db, &rows);
	say("found %lld, told %lld, journal %s: %s\n", rows, done, journal, wrong ? wrong : "well");
	CHECK(!wrong);
	CHECK(rows >= done);
	for (long long n = rows + 1; !failures && !only; n++) {
		if (!CHECK(transaction_make(db, n)))
			say("%s\n", sqlite3_errmsg(db));
		else
			say("done %lld\n", n);
	}
	CHECK(sqlite3_close(db) == SQLITE_OK);
	return verdict("database");
}
