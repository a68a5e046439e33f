/* SPDX-License-Identifier: MIT
 *
 * A database is known by where it lies and by its file (device, inode, length, time), a trace by its id and length. What is shown is
 * outdated when its trace is another or longer, or when another file bears its name. A temporary database that is replaced is
 * there a little longer, so that a reader who was told of it just before still finds it.
 */
#include "cli/database_supply.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/base/memory.h"
#include "cli/analysis.h"
#include "cli/database_place.h"

#define LOOK_NS 500000000u      /* between looks at the disk */
#define LINGER_NS 10000000000u  /* of a temporary database that was replaced */
#define LEAST_PAUSE 2u     /* times as long as the last analysis took: a recording that goes on is not analyzed all the time */

struct origin { /* a trace */
	char id[33];
	uint64_t bytes;
};

struct offer {
	char path[PATH_MAX];
	int temporary;
	struct stat file;     /* when it was offered */
	struct origin origin; /* of a whole one that was made from a trace */
};

struct database_supply {
	struct supply supply;
	const char *path; /* as the user gave it */
	int is_trace;
	const struct database_options *options;
	struct database_place place;
	struct analysis *analysis; /* NULL: it is a database */
	struct offer offer, before; /* path "": none */
	unsigned serial;
	int partial, outdated, refused;
	uint64_t every_ns, looked_ns, offered_ns, began_ns, ended_ns; /* the last two of an analysis */
	char progress[64], failure[sizeof(((struct err *)0)->text)];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* --- offers ---------------------------------------------------------------------------------- */

static void offer_remove(struct offer *o)
{
	if (o->path[0] && o->temporary)
		unlink(o->path);
	o->path[0] = 0;
}

static void offer(struct database_supply *s, const char *path, int temporary, const struct origin *origin)
{
	offer_remove(&s->before);
	s->before = s->offer;
	s->offer = (struct offer){ .temporary = temporary };
	snprintf(s->offer.path, sizeof(s->offer.path), "%s", path);
	if (origin)
		s->offer.origin = *origin;
	if (stat(path, &s->offer.file))
		s->offer.file = (struct stat){ 0 };
	s->serial++;
	s->offered_ns = now_ns();
	s->partial = 0;
	s->outdated = 0;
	s->failure[0] = 0;
}

static int same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* 1 if the file that was offered is not the one that now has its name. */
static int is_replaced(const struct offer *o)
{
	struct stat now;

	return !stat(o->path, &now) && !same_file(&now, &o->file);
}

static int same_origin(const struct origin *a, const struct origin *b)
{
	return strcmp(a->id, b->id) == 0 && a->bytes == b->bytes;
}

/* --- a trace --------------------------------------------------------------------------------- */

static void analyze(struct database_supply *s, uint64_t parts_from)
{
	analysis_run(s->analysis, parts_from);
	s->began_ns = now_ns();
	s->outdated = 0;
	s->failure[0] = 0;
	snprintf(s->progress, sizeof(s->progress), "analyzing");
}

/* Offers TRACE.db if it is this trace's, at least as it was. 1 if it is as it is now, -1 if it is as it was, 0: neither. */
static int offer_kept(struct database_supply *s, const struct origin *trace)
{
	struct origin kept;

	if (database_identify(s->place.final, kept.id, &kept.bytes) || strcmp(kept.id, trace->id))
		return 0;
	offer(s, s->place.final, 0, &kept);
	return same_origin(&kept, trace) ? 1 : -1;
}

/* What is there of it is shown meanwhile; a part of the trace is only shown when it is more than that. */
static int begin_trace(struct database_supply *s, const struct origin *trace, struct err *err)
{
	int kept;

	database_place_find(&s->place, s->path);
	s->analysis = analysis_start(s->path, &s->place, s->options, err);
	if (!s->analysis)
		return -1;
	s->supply.fd = analysis_fd(s->analysis);
	kept = database_options_given(s->options) ? 0 : offer_kept(s, trace);
	if (kept > 0)
		return 0;
	if (s->place.refused)
		database_place_tell(&s->place);
	analyze(s, kept ? s->offer.origin.bytes : 0);
	return 0;
}

/* The analysis is done. What it made is of the trace as it was when it began. */
static void take_whole(struct database_supply *s, const char *path)
{
	struct origin origin;

	s->ended_ns = now_ns();
	if (database_identify(path, origin.id, &origin.bytes))
		snprintf(s->failure, sizeof(s->failure), "%s was removed or replaced as soon as it was made", path);
	else
		offer(s, path, s->place.refused != 0, &origin);
}

static void take_news(struct database_supply *s)
{
	enum analysis_news news;
	const char *text;

	while ((news = analysis_step(s->analysis, &text)) != ANALYSIS_NOTHING) {
		switch (news) {
		case ANALYSIS_PROGRESS:
			snprintf(s->progress, sizeof(s->progress), "analyzing: %s", text);
			break;
		case ANALYSIS_PART:
			offer(s, text, 1, NULL);
			s->partial = 1;
			break;
		case ANALYSIS_DONE:
			take_whole(s, text);
			break;
		default:
			s->ended_ns = now_ns();
			snprintf(s->failure, sizeof(s->failure), "%s", text);
			break;
		}
	}
	s->supply.fd = analysis_fd(s->analysis);
	if (!analysis_busy(s->analysis))
		s->progress[0] = 0;
}

/* A recording that goes on is longer every second, so its length is enough to go by; a new one may be as long as the old. */
static int trace_is_newer(const struct database_supply *s)
{
	struct stat now;
	struct origin trace;

	if (stat(s->path, &now))
		return 0;
	if ((uint64_t)now.st_size != s->offer.origin.bytes)
		return 1;
	return !ingest_identify(s->path, trace.id, &trace.bytes, NULL) && !same_origin(&trace, &s->offer.origin);
}

/* Somebody else may have analyzed it by now; with options of ours theirs will not do. */
static int take_others(struct database_supply *s, const struct origin *trace)
{
	struct origin kept;

	if (database_options_given(s->options) || database_identify(s->place.final, kept.id, &kept.bytes) || !same_origin(&kept, trace))
		return 0;
	if (!s->offer.path[0] || s->offer.temporary || is_replaced(&s->offer))
		offer(s, s->place.final, 0, &kept);
	return 1;
}

static void renew_trace(struct database_supply *s)
{
	struct origin trace;
	struct err err = { 0 };

	if (analysis_busy(s->analysis))
		return;
	if (ingest_identify(s->path, trace.id, &trace.bytes, &err))
		snprintf(s->failure, sizeof(s->failure), "%s", err.text);
	else if (!take_others(s, &trace) && (!s->offer.path[0] || !same_origin(&trace, &s->offer.origin)))
		analyze(s, UINT64_MAX);
}

/* --- a database ------------------------------------------------------------------------------ */

static int take_database(struct database_supply *s, struct err *err)
{
	struct store *store = store_open(s->path, err);

	if (!store)
		return -1;
	store_close(store);
	offer(s, s->path, 0, NULL);
	return 0;
}

static void renew_database(struct database_supply *s)
{
	struct err err = { 0 };

	if (is_replaced(&s->offer) && take_database(s, &err))
		snprintf(s->failure, sizeof(s->failure), "%s", err.text);
}

/* --- the supply ------------------------------------------------------------------------------ */

static void supply_renew(struct supply *supply)
{
	struct database_supply *s = (struct database_supply *)supply;

	s->failure[0] = 0;
	if (s->is_trace)
		renew_trace(s);
	else
		renew_database(s);
	s->looked_ns = 0;
}

static void look_at_disk(struct database_supply *s)
{
	uint64_t now = now_ns();

	if (now - s->looked_ns < LOOK_NS)
		return;
	s->looked_ns = now;
	if (now - s->offered_ns > LINGER_NS)
		offer_remove(&s->before);
	if (s->is_trace && analysis_busy(s->analysis))
		return;
	s->outdated = !s->offer.path[0] || (!s->offer.temporary && is_replaced(&s->offer)) || (s->is_trace && trace_is_newer(s));
	if (s->outdated && s->every_ns && now - s->ended_ns > s->every_ns && now - s->ended_ns > LEAST_PAUSE * (s->ended_ns - s->began_ns))
		supply_renew(&s->supply);
}

static void supply_look(struct supply *supply, struct supply_state *state)
{
	struct database_supply *s = (struct database_supply *)supply;

	if (s->is_trace)
		take_news(s);
	look_at_disk(s);
	*state = (struct supply_state){
		.path = s->offer.path[0] ? s->offer.path : NULL,
		.serial = s->serial,
		.partial = s->partial,
		.outdated = s->outdated,
		.progress = s->progress,
		.failure = s->failure,
	};
}

struct database_supply *database_supply_open(const char *path, const struct database_options *o, long every, struct err *err)
{
	static const struct supply_ops ops = { supply_look, supply_renew };
	struct database_supply *s = memory_zeroed(1, sizeof(*s));
	struct origin trace;
	int failed;

	s->supply = (struct supply){ .ops = &ops, .fd = -1 };
	s->path = path;
	s->options = o;
	s->every_ns = (uint64_t)every * 1000000000u;
	s->is_trace = !store_is_database(path);
	if (s->is_trace)
		failed = ingest_identify(path, trace.id, &trace.bytes, err) || begin_trace(s, &trace, err);
	else
		failed = take_database(s, err);
	if (!failed)
		return s;
	database_supply_close(s);
	return NULL;
}

struct supply *database_supply_supply(struct database_supply *s)
{
	return &s->supply;
}

void database_supply_close(struct database_supply *s)
{
	if (!s)
		return;
	if (s->analysis)
		take_news(s);
	analysis_stop(s->analysis);
	offer_remove(&s->before);
	offer_remove(&s->offer);
	database_place_release(&s->place);
	free(s);
}
