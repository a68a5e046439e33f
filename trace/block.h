/* SPDX-License-Identifier: MIT
 *
 * Waist 2: the trace file, as a sequence of blocks. FORMAT.md documents every byte; this is the
 * contract of the code that packs and unpacks them. No allocation, no I/O, no compression in
 * here: the collector compresses and writes, the analyzer reads and decompresses.
 *
 *   file   := file_header block*
 *   block  := block_header payload            payload: one zstd frame
 *
 * Every block stands alone. A file may end anywhere: what follows the last whole block was cut.
 */
#ifndef TRACE_BLOCK_H
#define TRACE_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#define TRACE_VERSION 1u
#define FILE_HEADER_SIZE 64u
#define BLOCK_HEADER_SIZE 48u
#define BLOCK_MAX_RAW (4u << 20)     /* bytes of a payload before compression */
#define BLOCK_MAX_PACKED (5u << 20)  /* and after */
#define BLOCK_MAX_EVENTS 32768u
#define BLOCK_MAX_AGE_NS 1000000000ull /* an event is in the file within a second */

enum block_kind {
	BLOCK_EVENTS = 1, /* events of one thread, in order: events.h */
	BLOCK_STACKS = 2, /* nodes of the stack tree: stacks.h */
	BLOCK_META = 3,   /* processes, threads, modules, clocks, samples, losses: meta.h */
	BLOCK_END = 4,    /* the recording ended in order; empty payload allowed; nothing follows */
};

/* Results of the decoding functions of trace/. */
enum trace_status {
	TRACE_OK = 0,
	TRACE_SHORT = -1,   /* more bytes are needed: the input is cut here */
	TRACE_BAD = -2,     /* the bytes cannot be: damaged, or no trace */
	TRACE_NEWER = -3,   /* a newer format version */
	TRACE_FULL = -4,    /* the output buffer is too small */
};

struct file_header {
	uint32_t version;
	uint32_t tick_shift;      /* ticks = rdtsc >> tick_shift */
	uint8_t id[16];           /* random; identifies the recording */
	uint64_t tick_hz_x1000;   /* ticks a second * 1000, as known at the start; clocks in META refine it */
	uint64_t start_realtime_ns;
	uint32_t flags;           /* enum segment_flag */
};

struct block_header {
	uint8_t kind;          /* enum block_kind; unknown kinds are skipped */
	uint32_t packed_size;  /* bytes of payload that follow */
	uint32_t raw_size;     /* bytes of payload when decompressed */
	uint32_t count;        /* events, nodes or records */
	uint32_t thread;       /* EVENTS: trace thread id; STACKS: id of the first node; else 0 */
	uint64_t first_tick;   /* EVENTS: stamp of the first and last event; else time of writing */
	uint64_t last_tick;
};

/* Write a header into out[*_HEADER_SIZE]. The block's checksum covers its header and `payload`. */
void file_header_encode(unsigned char *out, const struct file_header *h);
void block_header_encode(unsigned char *out, const struct block_header *h, const void *payload);

/* Read a header. TRACE_OK, TRACE_SHORT (size too small), TRACE_BAD, TRACE_NEWER. block_header_decode
 * checks the header alone (its own checksum and every limit above), block_payload_check the payload. */
int file_header_decode(struct file_header *h, const void *in, size_t size);
int block_header_decode(struct block_header *h, const void *in, size_t size);
int block_payload_check(const void *header_bytes, const struct block_header *h, const void *payload);

#endif
