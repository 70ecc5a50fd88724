/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbered transactions on a database, each of which changes several tables, and whether a database
 * consists of whole ones.
 *
 *	row     n, payload      one of each transaction, its payload a function of n
 *	total   rows, sum       how many there are, and the sum of their numbers
 *	spread  place, n        the last transaction for each n % 97: pages all over the file
 *	queue   n, text         the last 51, with an index: pages that come and go
 */
#ifndef LODGER_TESTS_GUEST_DATABASE_TRANSACTIONS_H
#define LODGER_TESTS_GUEST_DATABASE_TRANSACTIONS_H

#include <stdbool.h>

#include <sqlite3.h>

/* One of SQLite's journal modes; "wal" comes with the locking mode that keeps its index in memory. */
extern const char *const journals[4];

/* Opens the database, rolls back what was cut off, and makes the tables that are missing: NULL, and
 * sqlite3_errmsg() says why.  The handle is to be closed either way. */
bool transactions_open(const char *path, const char *journal, sqlite3 **db);

bool transaction_make(sqlite3 *db, long long n);

/* What is wrong, or NULL; *rows: how many transactions there are. */
const char *transactions_check(sqlite3 *db, long long *rows);

#endif
