/* SPDX-License-Identifier: MIT
 *
 * The meta codec, driven by one table: the fields of every record in the order in which they are
 * written. A new kind is one line there; a new field goes to the end of its line, where readers
 * that do not know it skip it by the record's length.
 */
#include "trace/meta.h"
#include "trace/block.h"
#include "trace/varint.h"

#include <string.h>

#define META_TEXT_MAX 4096u
#define META_MAX_FIELDS 6

enum field_type { FIELD_NONE, FIELD_U32, FIELD_I32, FIELD_U64, FIELD_TEXT };

struct field {
	uint16_t type, offset;
};

#define U32(member) {FIELD_U32, offsetof(struct meta, member)}
#define I32(member) {FIELD_I32, offsetof(struct meta, member)}
#define U64(member) {FIELD_U64, offsetof(struct meta, member)}
#define TEXT(member) {FIELD_TEXT, offsetof(struct meta, member)}

static const struct field head_fields[META_MAX_FIELDS + 1] = {U64(tick), U32(process), U32(thread)};

static const struct field fields[][META_MAX_FIELDS + 1] = {
	[META_PROCESS] = {I32(u.process_start.pid), I32(u.process_start.ppid), U32(u.process_start.parent),
	                  TEXT(u.process_start.comm), TEXT(u.process_start.executable),
	                  TEXT(u.process_start.command_line)},
	[META_PROCESS_END] = {U32(u.process_end.how), I32(u.process_end.code)},
	[META_THREAD] = {I32(u.thread_start.tid), TEXT(u.thread_start.name)},
	[META_THREAD_NAME] = {TEXT(u.thread_start.name)},
	[META_THREAD_END] = {{FIELD_NONE, 0}},
	[META_MODULE] = {U32(u.module.epoch), U64(u.module.base), U64(u.module.size), TEXT(u.module.build_id),
	                 TEXT(u.module.path)},
	[META_UNLOAD] = {U32(u.module.epoch), U64(u.module.base)},
	[META_CLOCK] = {U64(u.clock.monotonic_ns), U64(u.clock.realtime_ns)},
	[META_SAMPLE] = {U64(u.sample.rss_bytes), U64(u.sample.minor_faults), U64(u.sample.major_faults)},
	[META_LOSS] = {U64(u.loss.dropped)},
	[META_CHECK] = {U64(u.check.checked), U64(u.check.differences), U64(u.check.slow_frames)},
	[META_NOTE] = {TEXT(u.note.text)},
	[META_RECORDING] = {TEXT(u.note.text)},
	[META_LIMIT] = {U64(u.limit.bytes), U32(u.limit.by)},
	[META_MARK] = {U32(u.mark.kind), TEXT(u.mark.text)},
	[META_SAMPLING] = {U64(u.sampling.bytes)},
	[META_LOCK_NAME] = {U64(u.lock_name.address), TEXT(u.lock_name.name)},
	[META_CODE] = {U32(u.code.epoch), U64(u.code.address), TEXT(u.code.name)},
};

#define META_KINDS (sizeof(fields) / sizeof(fields[0]))

static struct meta_text text_cut(const struct meta_text *text)
{
	return (struct meta_text){text->data, text->size < META_TEXT_MAX ? text->size : META_TEXT_MAX};
}

/* Most bytes that the fields can take. */
static size_t fields_room(const struct meta *m, const struct field *f)
{
	size_t room = 0;

	for (; f->type != FIELD_NONE; f++) {
		room += VARINT_MAX;
		if (f->type == FIELD_TEXT)
			room += text_cut((const void *)((const char *)m + f->offset)).size;
	}
	return room;
}

static unsigned char *field_put(unsigned char *out, const struct meta *m, const struct field *f)
{
	const void *member = (const char *)m + f->offset;
	struct meta_text text;

	switch (f->type) {
	case FIELD_U32:
		return varint_put(out, *(const uint32_t *)member);
	case FIELD_I32:
		return varint_put(out, zigzag_fold(*(const int32_t *)member));
	case FIELD_U64:
		return varint_put(out, *(const uint64_t *)member);
	default:
		text = text_cut(member);
		out = varint_put(out, text.size);
		if (text.size)
			memcpy(out, text.data, text.size);
		return out + text.size;
	}
}

static unsigned char *fields_put(unsigned char *out, const struct meta *m, const struct field *f)
{
	for (; f->type != FIELD_NONE; f++)
		out = field_put(out, m, f);
	return out;
}

long meta_encode(const struct meta *m, unsigned char *out, size_t cap)
{
	const size_t head = 2 * VARINT_MAX;
	unsigned char *body, *end, *at;

	if (cap < head + fields_room(m, head_fields) + fields_room(m, fields[m->kind]))
		return TRACE_FULL;
	body = out + head; /* the length comes first but is known last */
	end = fields_put(fields_put(body, m, head_fields), m, fields[m->kind]);
	at = varint_put(out, m->kind);
	at = varint_put(at, (uint64_t)(end - body));
	memmove(at, body, (size_t)(end - body));
	return at - out + (end - body);
}

static const unsigned char *text_get(const unsigned char *in, const unsigned char *end, struct meta_text *text)
{
	uint64_t size;

	in = varint_get(in, end, &size);
	if (!in || size > META_TEXT_MAX || size > (size_t)(end - in))
		return NULL;
	*text = (struct meta_text){(const char *)in, (size_t)size};
	return in + size;
}

static const unsigned char *field_get(const unsigned char *in, const unsigned char *end, struct meta *m,
                                      const struct field *f)
{
	void *member = (char *)m + f->offset;
	uint64_t value;
	int64_t number;

	if (f->type == FIELD_TEXT)
		return text_get(in, end, member);
	in = varint_get(in, end, &value);
	if (!in)
		return NULL;
	switch (f->type) {
	case FIELD_U32:
		*(uint32_t *)member = (uint32_t)value;
		return value <= UINT32_MAX ? in : NULL;
	case FIELD_I32:
		number = zigzag_unfold(value);
		*(int32_t *)member = (int32_t)number;
		return number >= INT32_MIN && number <= INT32_MAX ? in : NULL;
	default:
		*(uint64_t *)member = value;
		return in;
	}
}

static const unsigned char *fields_get(const unsigned char *in, const unsigned char *end, struct meta *m,
                                       const struct field *f)
{
	for (; in && f->type != FIELD_NONE; f++)
		in = field_get(in, end, m, f);
	return in;
}

int meta_decode(struct meta *m, const unsigned char **in, size_t *size)
{
	const unsigned char *at = *in, *end = *in + *size;
	uint64_t kind, length;

	memset(m, 0, sizeof(*m));
	at = varint_get(at, end, &kind);
	if (at)
		at = varint_get(at, end, &length);
	if (!at || kind == 0 || length > (size_t)(end - at))
		return TRACE_BAD;
	end = at + length;
	if (kind < META_KINDS) {
		m->kind = (enum meta_kind)kind;
		at = fields_get(at, end, m, head_fields);
		if (!fields_get(at, end, m, fields[kind]))
			return TRACE_BAD;
	}
	*size -= (size_t)(end - *in);
	*in = end;
	return TRACE_OK;
}
