/* SPDX-License-Identifier: MIT
 *
 * The places are tried in a fixed order: by build id in every debug directory, by path, by .gnu_debuglink, and last
 * the debug server, if there is one. Every candidate is opened and checked; the first that passes is it.
 */
#include "analyzer/ingest/debugfile.h"
#include "analyzer/base/memory.h"
#include "analyzer/ingest/symbol_server.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_DIR "/usr/lib/debug"

struct search {
	const struct debugfile_places *places;
	const struct debugfile_wanted *wanted;
	struct symbol_image *image;
};

int debugfile_crc(const char *path, uint32_t *crc)
{
	uint32_t table[256], sum = 0xffffffff;

	unsigned char data[16384];
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
	}
	while ((got = read(fd, data, sizeof(data))) > 0) {
		for (ssize_t i = 0; i < got; i++)
			sum = table[(sum ^ data[i]) & 0xff] ^ sum >> 8;
	}
	close(fd);
	*crc = ~sum;
	return got < 0 ? -1 : 0;
}

static int is_wanted(const struct debugfile_wanted *wanted, const struct symbol_image *image)
{
	uint32_t crc;

	if (wanted->build_id_size || image->build_id_size)
		return symbol_image_has_id(image, wanted->build_id, wanted->build_id_size);
	if (wanted->debuglink)
		return !debugfile_crc(image->path, &crc) && crc == wanted->debuglink_crc;
	return 1;
}

/* Whether the file of that name is there and the wanted one; then the image is open. */
__attribute__((format(printf, 2, 3))) static int try(const struct search *s, const char *format, ...)
{
	va_list arguments;
	char *path;
	int length, found;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	path = memory_zeroed((size_t)length + 1, 1);
	va_start(arguments, format);
	vsnprintf(path, (size_t)length + 1, format, arguments);
	va_end(arguments);
	found = !symbol_image_open(s->image, path);
	if (found && !is_wanted(s->wanted, s->image)) {
		symbol_image_close(s->image);
		found = 0;
	}
	free(path);
	return found;
}

static const char *sysroot(const struct search *s)
{
	return s->places->sysroot ? s->places->sysroot : "";
}

static int by_build_id(const struct search *s)
{
	char hex[2 * SYMBOL_BUILD_ID_MAX + 1];

	if (s->wanted->build_id_size < 2 || s->wanted->build_id_size > SYMBOL_BUILD_ID_MAX)
		return 0;
	for (size_t i = 0; i < s->wanted->build_id_size; i++)
		sprintf(hex + 2 * i, "%02x", s->wanted->build_id[i]);
	for (size_t i = 0; i < s->places->dir_count; i++) {
		if (try(s, "%s/.build-id/%.2s/%s.debug", s->places->dirs[i], hex, hex + 2))
			return 1;
	}
	return (s->places->sysroot && try(s, "%s" SYSTEM_DIR "/.build-id/%.2s/%s.debug", sysroot(s), hex, hex + 2)) ||
	       try(s, SYSTEM_DIR "/.build-id/%.2s/%s.debug", hex, hex + 2);
}

static int by_path(const struct search *s)
{
	const char *path = s->wanted->path, *slash = strrchr(path, '/');

	for (size_t i = 0; i < s->places->dir_count; i++) {
		const char *dir = s->places->dirs[i];

		if (try(s, "%s/%s.debug", dir, path) || try(s, "%s/%s.debug", dir, slash ? slash + 1 : path))
			return 1;
	}
	return 0;
}

static int by_debuglink(const struct search *s)
{
	const char *path = s->wanted->path, *slash = strrchr(path, '/'), *link = s->wanted->debuglink;
	int dir = slash ? (int)(slash - path) : 0;

	if (!link || strchr(link, '/'))
		return 0;
	if (!slash) {
		path = ".";
		dir = 1;
	}
	if (try(s, "%s%.*s/%s", sysroot(s), dir, path, link) || try(s, "%s%.*s/.debug/%s", sysroot(s), dir, path, link))
		return 1;
	for (size_t i = 0; i < s->places->dir_count; i++) {
		if (try(s, "%s/%.*s/%s", s->places->dirs[i], dir, path, link) || try(s, "%s/%s", s->places->dirs[i], link))
			return 1;
	}
	return try(s, "%s" SYSTEM_DIR "%.*s/%s", sysroot(s), dir, path, link);
}

static int by_server(const struct search *s)
{
	char *path = s->places->server && s->wanted->build_id_size
	                     ? symbol_server_fetch(s->places->server, SYMBOL_SERVER_DEBUG, s->wanted->build_id,
	                                           s->wanted->build_id_size)
	                     : NULL;
	int found = path && try(s, "%s", path);

	free(path);
	return found;
}

int debugfile_open(const struct debugfile_places *places, const struct debugfile_wanted *wanted,
                   struct symbol_image *image)
{
	const struct search s = {places, wanted, image};

	return by_build_id(&s) || by_path(&s) || by_debuglink(&s) || by_server(&s) ? 0 : -1;
}

int debugfile_open_alt(const struct debugfile_places *places, const char *referrer, const char *name,
                       const unsigned char *build_id, size_t size, struct symbol_image *image)
{
	const struct debugfile_wanted wanted = {.path = name, .build_id = build_id, .build_id_size = size};
	const struct search s = {places, &wanted, image};
	const char *slash = strrchr(referrer, '/');
	int dir = slash ? (int)(slash - referrer) + 1 : 0;

	if (by_build_id(&s))
		return 0;
	if (name[0] == '/' ? try(&s, "%s%s", sysroot(&s), name) : try(&s, "%.*s%s", dir, referrer, name))
		return 0;
	return by_server(&s) ? 0 : -1;
}
