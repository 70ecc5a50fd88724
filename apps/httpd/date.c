/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Own arithmetic in place of gmtime() and strptime(): it needs neither locale nor time zone, both of
 * which would weigh more than the rest of this program's text.
 *
 * Days are counted in years that begin with March: then the leap day is the last of its year, and
 * the months before it have lengths that one linear formula yields (31 30 31 30 31 31 30 31 30 31).
 */
#include <errno.h>
#include <string.h>

#include "apps/httpd/date.h"

#define SECONDS_A_DAY 86400
#define DATE_LAST     INT64_C(253402300799) /* the end of the year 9999 */

static const char weekdays[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Days from 1970-01-01 to a date with month 1 to 12. */
static int64_t days_from_date(int64_t year, int month, int day)
{
	int64_t march_year = month > 2 ? year : year - 1;
	int march_month = month > 2 ? month - 3 : month + 9;

	return march_year * 365 + march_year / 4 - march_year / 100 + march_year / 400 +
	       (153 * march_month + 2) / 5 + day - 1 - 719468;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
	/* A first guess that may be a year late, corrected by asking the other direction. */
	int64_t y = 1970 + days / 365;
	int m = 12;

	while (days_from_date(y, 1, 1) > days)
		y--;
	while (days_from_date(y, m, 1) > days)
		m--;
	*year = (int)y;
	*month = m;
	*day = (int)(days - days_from_date(y, m, 1)) + 1;
}

static void digits_write(char *text, int count, int value)
{
	for (; count > 0; count--, value /= 10)
		text[count - 1] = (char)('0' + value % 10);
}

void date_format(int64_t seconds, char text[static DATE_SIZE])
{
	int64_t days;
	int rest, year, month, day;

	if (seconds < 0)
		seconds = 0;
	if (seconds > DATE_LAST)
		seconds = DATE_LAST;
	days = seconds / SECONDS_A_DAY;
	rest = (int)(seconds % SECONDS_A_DAY);
	date_from_days(days, &year, &month, &day);
	memcpy(text, "ddd, 00 mmm 0000 00:00:00 GMT", DATE_SIZE);
	/* 1970-01-01 was a Thursday. */
	memcpy(text, weekdays + (days + 4) % 7 * 3, 3);
	digits_write(text + 5, 2, day);
	memcpy(text + 8, months + (month - 1) * 3, 3);
	digits_write(text + 12, 4, year);
	digits_write(text + 17, 2, rest / 3600);
	digits_write(text + 20, 2, rest / 60 % 60);
	digits_write(text + 23, 2, rest % 60);
}

/* `count` decimal digits as a number, -1 if one of them is none. */
static int digits_read(const char *text, int count)
{
	int value = 0;

	for (; count > 0; count--, text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + (*text - '0');
	}
	return value;
}

int date_parse(const char *text, int64_t *seconds)
{
	char again[DATE_SIZE];
	int month, day, year, hour, minute, second;

	if (strlen(text) != DATE_SIZE - 1)
		return -EINVAL;
	for (month = 1; month <= 12; month++)
		if (memcmp(text + 8, months + (month - 1) * 3, 3) == 0)
			break;
	day = digits_read(text + 5, 2);
	year = digits_read(text + 12, 4);
	hour = digits_read(text + 17, 2);
	minute = digits_read(text + 20, 2);
	second = digits_read(text + 23, 2);
	if (month > 12 || day < 1 || day > 31 || year < 1970 || hour < 0 || hour > 23 ||
	    minute < 0 || minute > 59 || second < 0 || second > 59)
		return -EINVAL;
	*seconds = days_from_date(year, month, day) * SECONDS_A_DAY + hour * 3600 + minute * 60 +
		   second;
	/* Weekday, 31 April, punctuation: all right exactly if we would write it the same. */
	date_format(*seconds, again);
	return memcmp(text, again, DATE_SIZE) == 0 ? 0 : -EINVAL;
}
