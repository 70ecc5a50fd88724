/* SPDX-License-Identifier: BSD-2-Clause */
/* See transactions.h. */
#include "tests/guest/database/transactions.h"

#include <stdio.h>
#include <string.h>

const char *const journals[4] = {"delete", "wal", "truncate", "persist"};

/* A row's digits, with so many zeroes before them that some rows have pages for themselves. */
#define PAYLOAD "printf('%0*d', 12 + n * 7919 % 9000, n)"

static bool run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool tables_make(sqlite3 *db)
{
	return run(db,
		   "BEGIN;"
		   "CREATE TABLE IF NOT EXISTS row(n INTEGER PRIMARY KEY, payload TEXT);"
		   "CREATE TABLE IF NOT EXISTS total(rows INTEGER, sum INTEGER);"
		   "CREATE TABLE IF NOT EXISTS spread(place INTEGER PRIMARY KEY, n INTEGER);"
		   "CREATE TABLE IF NOT EXISTS queue(n INTEGER, text TEXT);"
		   "CREATE INDEX IF NOT EXISTS queue_text ON queue(text);"
		   "INSERT INTO total SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM total);"
		   "WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 96)"
		   "  INSERT OR IGNORE INTO spread SELECT i, 0 FROM c;"
		   "COMMIT;");
}

/* The index of a write-ahead log that was left behind is on the heap too: nobody else may look. */
bool transactions_open(const char *path, const char *journal, sqlite3 **db)
{
	const bool log = strcmp(journal, "wal") == 0;
	char pragmas[200];
	snprintf(pragmas, sizeof(pragmas),
		 "PRAGMA locking_mode=exclusive; PRAGMA journal_mode=%s; PRAGMA synchronous=%s;",
		 journal, log ? "full" : "extra");
	return sqlite3_open(path, db) == SQLITE_OK && run(*db, pragmas) &&
	       (log ||
		run(*db, "PRAGMA locking_mode=normal; SELECT count(*) FROM sqlite_schema")) &&
	       tables_make(*db);
}

bool transaction_make(sqlite3 *db, long long n)
{
	char sql[600];
	snprintf(sql, sizeof(sql),
		 "BEGIN;"
		 "INSERT INTO row SELECT n, %s FROM (SELECT %lld AS n);"
		 "UPDATE total SET rows = rows + 1, sum = sum + %lld;"
		 "UPDATE spread SET n = %lld WHERE place = %lld %% 97;"
		 "INSERT INTO queue VALUES(%lld, hex(randomblob(200)));"
		 "DELETE FROM queue WHERE n <= %lld - 51;"
		 "COMMIT;",
		 PAYLOAD, n, n, n, n, n, n);
	return run(db, sql);
}

/* The first column of the first row is this number, or this text. */
static bool says(sqlite3 *db, const char *sql, long long number, const char *text)
{
	sqlite3_stmt *statement = NULL;
	bool so = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
		  sqlite3_step(statement) == SQLITE_ROW;
	if (so && text)
		so = strcmp((const char *)sqlite3_column_text(statement, 0), text) == 0;
	else if (so)
		so = sqlite3_column_int64(statement, 0) == number;
	sqlite3_finalize(statement);
	return so;
}

static long long rows_count(sqlite3 *db)
{
	sqlite3_stmt *statement = NULL;
	long long rows = -1;
	if (sqlite3_prepare_v2(db, "SELECT count(*) FROM row", -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		rows = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return rows;
}

const char *transactions_check(sqlite3 *db, long long *rows)
{
	if (!says(db, "PRAGMA integrity_check", 0, "ok"))
		return "integrity_check is not ok";
	const long long n = *rows = rows_count(db);
	if (n < 0)
		return "the rows cannot be read";
	if (!says(db, "SELECT ifnull(max(n), 0) FROM row", n, NULL))
		return "a row is missing";
	if (!says(db, "SELECT count(*) FROM row WHERE payload <> " PAYLOAD, 0, NULL))
		return "a payload is not its row's";
	if (!says(db, "SELECT rows FROM total", n, NULL) ||
	    !says(db, "SELECT sum FROM total", n * (n + 1) / 2, NULL) ||
	    !says(db, "SELECT max(n) FROM spread", n, NULL) ||
	    !says(db, "SELECT count(*) FROM queue", n < 51 ? n : 51, NULL))
		return "a transaction is there in part";
	return NULL;
}
