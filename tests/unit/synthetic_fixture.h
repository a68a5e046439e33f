/* SPDX-License-Identifier: MIT
 *
 * The made-up recording of tests/data/synthetic.sql as an open store, and questions to it that do not
 * go through the code under test.
 */
#ifndef UNIT_SYNTHETIC_FIXTURE_H
#define UNIT_SYNTHETIC_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyzer/store/store.h"

static char synthetic_path[64];

/* The SQL, without its own transaction: store_create has one open. */
static char *synthetic_sql(void)
{
	FILE *in = fopen("tests/data/synthetic.sql", "r");
	char *text = calloc(1, 1 << 20), *at;

	assert_non_null(in);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, in) > 10000);
	fclose(in);
	at = strstr(text, "\nBEGIN;");
	assert_non_null(at);
	memset(at + 1, ' ', 6);
	at = strstr(text, "\nCOMMIT;");
	assert_non_null(at);
	memset(at + 1, ' ', 7);
	return text;
}

/* Opens a fresh copy for reading, changed by `more` (SQL) before it was published if that is not NULL. */
static inline struct store *synthetic_open(const char *more)
{
	struct err err = { 0 };
	char *sql = synthetic_sql();

	snprintf(synthetic_path, sizeof(synthetic_path), "/tmp/culprit-synthetic-%ld.db", (long)getpid());
	struct store *s = store_create(synthetic_path, &err);
	assert_non_null(s);
	if (store_execute(s, sql, &err) || (more && store_execute(s, more, &err)) || store_publish(s, &err))
		fail_msg("%s", err.text);
	store_close(s);
	free(sql);
	s = store_open(synthetic_path, &err);
	if (!s)
		fail_msg("%s", err.text);
	return s;
}

static inline void synthetic_close(struct store *s)
{
	store_close(s);
	unlink(synthetic_path);
}

/* The first value of a query. */
static inline int64_t synthetic_ask(struct store *s, const char *sql)
{
	struct err err = { 0 };
	struct statement *q = store_prepare(s, sql, &err);

	if (!q || statement_step(q, &err) != 1)
		fail_msg("%s: %s", sql, err.text);
	int64_t value = statement_number(q, 0);
	statement_finish(q);
	return value;
}

#endif
