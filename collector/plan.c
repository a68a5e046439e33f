/* SPDX-License-Identifier: MIT
 *
 * Turning on and off. The switch is one word of the segment that every hook looks at; the marks are the collector's.
 */
#include "collector/plan.h"

#include <errno.h>
#include <string.h>

#include "collector/collector.h"

static void tell(struct collector *c, enum meta_mark kind, const char *text)
{
	struct meta m = { .kind = META_MARK, .tick = clock_stamp() >> c->clock.tick_shift };
	m.u.mark.kind = kind;
	m.u.mark.text = (struct meta_text){ text, strlen(text) };
	journal_add(&c->journal, &m);
}

static int is_on(const struct collector *c) { return atomic_load(&c->share->segment->state) == SEGMENT_RUNNING; }

void plan_start(struct collector *c)
{
	c->turned_ns = c->rate_ns = c->started_ns;
	if (is_on(c))
		c->first_on_ns = c->started_ns;
	else
		tell(c, MARK_PAUSED, "");
}

void collector_turn(struct collector *c, int on)
{
	struct segment *s = c->share->segment;
	if (c->stopped || is_on(c) == on)
		return;
	c->turned_ns = clock_now_ns();
	c->plan.delay_ns = 0; /* whoever turns it by hand has waited long enough */
	if (!on)
		segment_turn(s, SEGMENT_PAUSED);
	tell(c, on ? MARK_RESUMED : MARK_PAUSED, "");
	if (on)
		segment_turn(s, SEGMENT_RUNNING);
	if (on && !c->first_on_ns)
		c->first_on_ns = c->turned_ns;
}

void collector_mark(struct collector *c, const char *name) { tell(c, MARK_NAMED, name); }

void plan_tell_end(struct collector *c, const char *why) { tell(c, MARK_ENDED, why); }

void collector_end(struct collector *c, const char *why)
{
	if (c->stopped || c->over)
		return;
	c->over = why;
	segment_turn(c->share->segment, SEGMENT_OFF);
	plan_tell_end(c, why);
}

void plan_keep(struct collector *c, const struct file_header *header)
{
	const struct collector_plan *p = &c->plan;
	c->keep.from = -1;
	if (!p->keep_ns && !p->keep_bytes)
		return;
	c->keep.span_ticks = (uint64_t)((double)p->keep_ns * (double)c->clock.stamp_hz / 1e9) >> c->clock.tick_shift;
	c->keep.bytes = p->keep_ns ? 0 : p->keep_bytes;
	int error = keep_open(&c->keep, &c->writer, c->path, header);
	if (error)
		journal_note(&c->journal, clock_stamp() >> c->clock.tick_shift, 0, "everything is kept, not the last of it alone: %s",
		             error == -EINVAL ? "the trace is not a regular file" : strerror(-error));
}

static void tell_kept(struct collector *c)
{
	if (c->keep.failed && !c->keep_failed)
		journal_note(&c->journal, clock_stamp() >> c->clock.tick_shift, 0,
		             "more is kept than was asked for: the trace could not be written anew: %s", strerror(c->keep.failed));
	c->keep_failed |= c->keep.failed != 0;
}

int plan_follow(struct collector *c)
{
	const struct collector_plan *p = &c->plan;
	uint64_t now = c->drain.now_ns;
	if (c->over)
		return 0;
	if (p->delay_ns && now - c->started_ns >= p->delay_ns)
		collector_turn(c, 1);
	if (p->duration_ns && c->first_on_ns && now >= c->first_on_ns + p->duration_ns)
		collector_end(c, "its time was over");
	else if (p->max_size && c->writer.size >= p->max_size)
		collector_end(c, "it had reached its size limit");
	int more = keep_follow(&c->keep, clock_stamp() >> c->clock.tick_shift);
	tell_kept(c);
	return more;
}
