/* SPDX-License-Identifier: MIT
 *
 * Two holds on the shelf: on the entry that is shown, and on the one that is wanted, which are the same once
 * it was read.
 */
#include "tui/asked.h"

#include <string.h>

#include "tui/browser.h"
#include "tui/shelf.h"

static void drop(struct shelf *shelf, struct shelf_entry **entry)
{
	if (*entry)
		shelf_drop(shelf, *entry);
	*entry = NULL;
}

static int is_about(const struct shelf_entry *entry, const struct ask *ask)
{
	const struct ask *a = &entry->ask;

	return a->question == ask->question && a->id == ask->id && a->number == ask->number &&
	       !strcmp(a->name, ask->name ? ask->name : "") && !strcmp(a->text, ask->text ? ask->text : "");
}

/* What is wanted is there: it takes the place of what was shown. */
static int take(struct asked *asked, struct shelf *shelf)
{
	drop(shelf, &asked->shown);
	asked->shown = asked->wanted;
	asked->wanted = NULL;
	asked->answer = &asked->shown->answer;
	return 1;
}

static int fail(struct asked *asked, struct err *err)
{
	if (asked->failed)
		return 0;
	asked->failed = 1;
	drop(asked->shelf, &asked->shown);
	asked->answer = NULL;
	return err_set(err, ERR_FAILED, "%s", asked->wanted->failure);
}

int asked_for(struct asked *asked, struct browser *b, const struct ask *ask, struct err *err)
{
	struct shelf *shelf = browser_shelf(b);
	struct shelf_entry *entry = shelf_ask(shelf, ask);

	asked->shelf = shelf;
	if (entry == asked->shown) {
		shelf_drop(shelf, entry);
		drop(shelf, &asked->wanted);
		return 0;
	}
	if (entry != asked->wanted)
		asked->failed = 0;
	drop(shelf, &asked->wanted);
	asked->wanted = entry;
	if (asked->shown && !is_about(asked->shown, ask)) {
		drop(shelf, &asked->shown);
		asked->answer = NULL;
	}
	switch (shelf_look(shelf, entry)) {
	case SHELF_READY:
		return take(asked, shelf);
	case SHELF_FAILED:
		return fail(asked, err);
	default:
		return 0;
	}
}

int asked_waits(const struct asked *asked)
{
	return asked->wanted && !asked->failed;
}

const char *asked_failure(const struct asked *asked)
{
	return asked->wanted && asked->failed ? asked->wanted->failure : "";
}

const struct table *asked_table(const struct asked *asked)
{
	static const struct table none;

	return asked->answer ? &asked->answer->table : &none;
}

void asked_release(struct asked *asked)
{
	if (!asked->shelf)
		return;
	drop(asked->shelf, &asked->shown);
	drop(asked->shelf, &asked->wanted);
	*asked = (struct asked){ 0 };
}
