/* SPDX-License-Identifier: MIT
 *
 * The writer: whole blocks or nothing, also when the disk is full.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collected_trace.h"
#include "collector/journal.h"
#include "collector/writer.h"

static char path[64];

static off_t size_of(const char *file)
{
	struct stat s;
	assert_int_equal(stat(file, &s), 0);
	return s.st_size;
}

static void start(struct writer *w)
{
	struct file_header header = { .version = TRACE_VERSION, .tick_shift = 9, .id = { 1, 2, 3 } };
	assert_int_equal(writer_open(w, path, 1), 0);
	assert_int_equal(writer_start(w, &header), 0);
}

static void what_is_written_reads_back(void **state)
{
	(void)state;
	struct writer w;
	static struct journal j;
	start(&w);
	j = (struct journal){ .writer = &w };
	journal_note(&j, 42, 3, "the answer is %d", 6 * 7);
	journal_flush(&j);
	journal_flush(&j);
	struct block_header end = { .kind = BLOCK_END };
	assert_int_equal(writer_block(&w, &end, "", 0), 0);
	assert_int_equal(w.size, size_of(path));
	writer_close(&w);

	struct collected *c = collected_read(path);
	assert_int_equal(c->header.tick_shift, 9);
	assert_int_equal(c->header.id[2], 3);
	assert_int_equal(c->block_count, 2);
	assert_true(c->ended);
	assert_int_equal(c->facts[0].kind, META_NOTE);
	assert_int_equal(c->facts[0].tick, 42);
	assert_int_equal(c->facts[0].process, 3);
	assert_true(collected_text_is(c->facts[0].u.note.text, "the answer is 42"));
	collected_free(c);
}

static void a_long_journal_takes_several_blocks(void **state)
{
	(void)state;
	struct writer w;
	static struct journal j;
	static char text[4096];
	start(&w);
	j = (struct journal){ .writer = &w };
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 100; i++) {
		struct meta m = { .kind = META_NOTE, .tick = (uint64_t)i };
		m.u.note.text = (struct meta_text){ text, sizeof(text) };
		journal_add(&j, &m);
	}
	journal_flush(&j);
	writer_close(&w);
	struct collected *c = collected_read(path);
	assert_int_equal(c->fact_count, 100);
	assert_int_equal(c->facts[99].tick, 99);
	assert_in_range(c->block_count, 5, 20);
	collected_free(c);
}

/* Bytes that zstd cannot make smaller. */
static void fill_randomly(unsigned char *out, size_t size)
{
	uint32_t x = 1;
	for (size_t i = 0; i < size; i++) {
		x = x * 1664525 + 1013904223;
		out[i] = (unsigned char)(x >> 24);
	}
}

static void a_full_disk_leaves_whole_blocks(void **state)
{
	(void)state;
	struct writer w;
	struct rlimit limit, small;
	unsigned char *payload = malloc(100000);
	struct block_header header = { .kind = 77, .count = 1 }; /* a kind that readers skip */
	fill_randomly(payload, 100000);
	start(&w);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	small = (struct rlimit){ 150000, limit.rlim_max };
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(writer_block(&w, &header, payload, 100000), 0);
	uint64_t whole = w.size;
	assert_int_equal(writer_block(&w, &header, payload, 100000), -EFBIG);
	assert_int_equal(size_of(path), whole);
	assert_int_equal(w.size, whole);
	assert_int_equal(w.failed, EFBIG);
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(writer_block(&w, &header, payload, 1), -EFBIG); /* it is over, even if there were room again */
	assert_int_equal(size_of(path), whole);
	writer_close(&w);
	assert_int_equal(w.failed, EFBIG);
	struct collected *c = collected_read(path);
	assert_int_equal(c->block_count, 1);
	collected_free(c);
	free(payload);
}

/* However full the disk, there is room for the end. */
static void the_reserve_is_for_the_end(void **state)
{
	(void)state;
	struct writer w;
	struct rlimit limit, small;
	struct stat s;
	unsigned char *payload = malloc(100000);
	struct block_header header = { .kind = 77, .count = 1 }, end = { .kind = BLOCK_END };
	fill_randomly(payload, 100000);
	getrlimit(RLIMIT_FSIZE, &limit);
	small = (struct rlimit){ 150000 + WRITER_RESERVE, limit.rlim_max };
	setrlimit(RLIMIT_FSIZE, &small);
	start(&w);
	writer_keep_reserve(&w);
	assert_int_equal(writer_take_reserve(&w), 0);
	assert_int_equal(writer_block(&w, &header, payload, 100000), 0);
	uint64_t whole = w.size;
	if (w.allocated) { /* the file system can */
		assert_int_equal(stat(path, &s), 0);
		assert_int_equal(s.st_size, whole);
		assert_true((uint64_t)s.st_blocks * 512 >= whole + WRITER_RESERVE);
		assert_int_equal(writer_block(&w, &header, payload, 100000), -EFBIG);
		assert_int_equal(writer_take_reserve(&w), 1);
		assert_int_equal(writer_take_reserve(&w), 0);
		assert_int_equal(writer_block(&w, &header, payload, 100000), 0);
		assert_int_equal(writer_block(&w, &end, "", 0), 0);
		writer_trim(&w);
		assert_int_equal(stat(path, &s), 0);
		assert_int_equal(s.st_size, w.size);
		assert_true((uint64_t)s.st_blocks * 512 < w.size + 8192);
	}
	writer_close(&w);
	setrlimit(RLIMIT_FSIZE, &limit);
	free(payload);
}

static void what_cannot_be_written_is_told_before(void **state)
{
	(void)state;
	struct writer w, other;
	assert_int_equal(writer_open(&w, "/nonexistent/x.trace", 1), -ENOENT);
	assert_int_equal(writer_open(&w, "/tmp", 1), -EISDIR);
	assert_int_equal(writer_open(&w, path, 1), 0);
	assert_int_equal(writer_open(&other, path, 1), -EWOULDBLOCK);
	writer_close(&w);
	assert_int_equal(writer_open(&other, path, 1), 0);
	writer_close(&other);
}

static void an_old_trace_is_replaced(void **state)
{
	(void)state;
	struct writer w;
	FILE *old = fopen(path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("an older and longer file\n", old);
	fclose(old);
	start(&w);
	assert_int_equal(size_of(path), FILE_HEADER_SIZE);
	writer_close(&w);
}

static void what_another_has_laid_is_not_written_to(void **state)
{
	(void)state;
	struct writer w;
	struct stat s;
	char other[80];
	snprintf(other, sizeof(other), "%s.other", path);
	unlink(other);
	umask(0);
	start(&w);
	writer_close(&w);
	assert_int_equal(stat(path, &s), 0);
	assert_int_equal(s.st_mode & 07777, 0600);
	assert_int_equal(link(path, other), 0);
	assert_int_equal(writer_open(&w, path, 1), -EMLINK);
	unlink(other);
	assert_int_equal(symlink(path, other), 0);
	assert_int_equal(writer_open(&w, other, 1), 0);
	writer_discard(&w, other); /* a link stays */
	writer_close(&w);
	assert_int_equal(lstat(other, &s), 0);
	if (geteuid() == 0) {
		start(&w);
		writer_close(&w);
		assert_int_equal(lchown(other, 65534, 65534), 0);
		assert_int_equal(writer_open(&w, other, 1), -ELOOP);
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_int_equal(writer_open(&w, path, 1), -EEXIST);
		assert_int_equal(size_of(path), FILE_HEADER_SIZE);
		assert_int_equal(unlink(path), 0);
	}
	unlink(other);
	start(&w);
	writer_discard(&w, path);
	writer_close(&w);
	assert_int_equal(lstat(path, &s), -1);
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

int main(void)
{
	snprintf(path, sizeof(path), "/tmp/test_collector_writer.%d.trace", getpid());
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_is_written_reads_back, teardown),
		cmocka_unit_test_teardown(a_long_journal_takes_several_blocks, teardown),
		cmocka_unit_test_teardown(a_full_disk_leaves_whole_blocks, teardown),
		cmocka_unit_test_teardown(the_reserve_is_for_the_end, teardown),
		cmocka_unit_test_teardown(what_cannot_be_written_is_told_before, teardown),
		cmocka_unit_test_teardown(an_old_trace_is_replaced, teardown),
		cmocka_unit_test_teardown(what_another_has_laid_is_not_written_to, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
