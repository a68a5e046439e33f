/* SPDX-License-Identifier: MIT
 *
 * Reads .eh_frame just far enough to know what each entry covers: an FDE's first two fields, in the encoding its CIE
 * gives. Rules and call-frame programs are of no interest here.
 */
#include "analyzer/ingest/symbol_cfi.h"

#include <string.h>

enum { /* DW_EH_PE_: how a pointer is written; low four bits the form, next three what it is relative to */
	ENCODING_ABSOLUTE = 0x00,
	ENCODING_ULEB = 0x01,
	ENCODING_UDATA2 = 0x02,
	ENCODING_UDATA4 = 0x03,
	ENCODING_UDATA8 = 0x04,
	ENCODING_SLEB = 0x09,
	ENCODING_SDATA2 = 0x0a,
	ENCODING_SDATA4 = 0x0b,
	ENCODING_SDATA8 = 0x0c,
	ENCODING_FORM = 0x0f,
	ENCODING_RELATIVE = 0x70,
	ENCODING_PC = 0x10,
	ENCODING_INDIRECT = 0x80,
	ENCODING_OMIT = 0xff,
};

struct reader {
	const unsigned char *at, *end;
	const unsigned char *section; /* start of the section, loaded at address */
	uint64_t address;
	int bad; /* set once something was not there */
};

static uint64_t read_fixed(struct reader *r, size_t size)
{
	uint64_t value = 0;

	if ((size_t)(r->end - r->at) < size) {
		r->bad = 1;
		return 0;
	}
	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)r->at[i] << (8 * i);
	r->at += size;
	return value;
}

static uint64_t read_leb(struct reader *r, int is_signed)
{
	uint64_t value = 0, byte;

	unsigned int shift = 0;

	do {
		byte = read_fixed(r, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && !r->bad);
	if (is_signed && shift < 64 && byte & 0x40)
		value |= ~(uint64_t)0 << shift;
	return value;
}

static uint64_t read_form(struct reader *r, unsigned int form)
{
	switch (form) {
	case ENCODING_ABSOLUTE:
	case ENCODING_UDATA8:
	case ENCODING_SDATA8:
		return read_fixed(r, 8);
	case ENCODING_UDATA4:
		return read_fixed(r, 4);
	case ENCODING_SDATA4:
		return (uint64_t)(int64_t)(int32_t)read_fixed(r, 4);
	case ENCODING_UDATA2:
		return read_fixed(r, 2);
	case ENCODING_SDATA2:
		return (uint64_t)(int64_t)(int16_t)read_fixed(r, 2);
	case ENCODING_ULEB:
		return read_leb(r, 0);
	case ENCODING_SLEB:
		return read_leb(r, 1);
	default:
		r->bad = 1;
		return 0;
	}
}

/* The augmentation data of a CIE up to the encoding of its FDEs' addresses. */
static unsigned int augmentation_encoding(struct reader *r, const char *letters)
{
	for (; *letters && !r->bad; letters++) {
		unsigned int personality;

		switch (*letters) {
		case 'R':
			return (unsigned int)read_fixed(r, 1);
		case 'L':
			read_fixed(r, 1);
			break;
		case 'P':
			personality = (unsigned int)read_fixed(r, 1);
			read_form(r, personality & ENCODING_FORM);
			break;
		case 'S':
		case 'B':
			break;
		default:
			return ENCODING_OMIT;
		}
	}
	return ENCODING_ABSOLUTE;
}

/* How the FDEs of the CIE at `r` (after its id) write addresses; ENCODING_OMIT: not known. */
static unsigned int cie_encoding(struct reader *r)
{
	unsigned int version = (unsigned int)read_fixed(r, 1);
	const char *letters = (const char *)r->at;
	const unsigned char *zero = memchr(r->at, 0, (size_t)(r->end - r->at));

	if (r->bad || !zero || (version != 1 && version != 3))
		return ENCODING_OMIT;
	r->at = zero + 1;
	if (!letters[0])
		return ENCODING_ABSOLUTE;
	if (letters[0] != 'z')
		return ENCODING_OMIT;
	read_leb(r, 0); /* code alignment */
	read_leb(r, 1); /* data alignment */
	if (version == 1)
		read_fixed(r, 1); /* return address register */
	else
		read_leb(r, 0);
	read_leb(r, 0); /* length of the augmentation data */
	return augmentation_encoding(r, letters + 1);
}

static void fde_read(struct symbol_ranges *functions, struct reader *r, unsigned int encoding)
{
	uint64_t here = r->address + (uint64_t)(r->at - r->section);
	uint64_t low, size;

	if (encoding == ENCODING_OMIT || encoding & ENCODING_INDIRECT)
		return;
	low = read_form(r, encoding & ENCODING_FORM);
	size = read_form(r, encoding & ENCODING_FORM & 0x07);
	if ((encoding & ENCODING_RELATIVE) == ENCODING_PC)
		low += here;
	else if (encoding & ENCODING_RELATIVE)
		return;
	if (!r->bad && low && size <= UINT64_MAX - low)
		symbol_ranges_add(functions, low, low + size, 0, 0);
}

/* Moves r behind the length of the next entry and *entry onto its contents. 0: the section ends here. */
static int entry_next(struct reader *r, struct reader *entry)
{
	uint64_t length = read_fixed(r, 4);

	if (length == 0xffffffff)
		length = read_fixed(r, 8);
	if (r->bad || !length || length > (uint64_t)(r->end - r->at))
		return 0;
	*entry = *r;
	entry->end = r->at + length;
	r->at += length;
	return 1;
}

void symbol_cfi_read(struct symbol_ranges *functions, const unsigned char *data, size_t size, uint64_t address)
{
	struct reader r = {data, data + size, data, address, 0}, entry;
	const unsigned char *cie = NULL; /* the last one looked at: most FDEs share few */
	unsigned int encoding = ENCODING_OMIT;

	while (entry_next(&r, &entry)) {
		const unsigned char *field = entry.at;
		uint64_t distance = read_fixed(&entry, 4);

		if (entry.bad || !distance || distance > (uint64_t)(field - data))
			continue;
		if (field - distance != cie) {
			struct reader start = {field - distance, data + size, data, address, 0}, body;

			cie = start.at;
			encoding = entry_next(&start, &body) && !read_fixed(&body, 4) ? cie_encoding(&body) : ENCODING_OMIT;
		}
		fde_read(functions, &entry, encoding);
	}
	symbol_ranges_sort(functions);
}
