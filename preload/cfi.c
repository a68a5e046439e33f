/* SPDX-License-Identifier: MIT
 *
 * Reads .eh_frame. The module is found by _dl_find_object, which takes no lock (glibc >= 2.35); its
 * .eh_frame_hdr gives the FDE by binary search; the CIE's and the FDE's instructions are run up to
 * the address, keeping the rules of the CFA, the frame pointer and the return address. Everything
 * unusual ends in RULE_SLOW, where libunwind decides, so this file need only be right about what
 * it claims. The tables are those the process's own exceptions rely on; they are trusted.
 */
#include "preload/cfi.h"

#include <dlfcn.h>
#include <string.h>

#include "preload/arch.h"
#include "preload/epilogue.h"

enum { /* DW_EH_PE_* */
	PE_ABSPTR = 0x00, PE_ULEB = 0x01, PE_UDATA2 = 0x02, PE_UDATA4 = 0x03, PE_UDATA8 = 0x04,
	PE_SDATA2 = 0x0a, PE_SDATA4 = 0x0b, PE_SDATA8 = 0x0c, PE_SLEB = 0x09,
	PE_PCREL = 0x10, PE_DATAREL = 0x30, PE_INDIRECT = 0x80, PE_OMIT = 0xff,
};

struct cursor {
	const unsigned char *p, *end;
};

static uint64_t take(struct cursor *c, unsigned size) /* little endian, unaligned */
{
	uint64_t v = 0;
	if ((uint64_t)(c->end - c->p) < size) {
		c->p = c->end;
		return 0;
	}
	memcpy(&v, c->p, size);
	c->p += size;
	return v;
}

static uint64_t take_uleb(struct cursor *c)
{
	uint64_t v = 0;
	for (unsigned shift = 0; c->p < c->end; shift += 7) {
		unsigned char b = *c->p++;
		if (shift < 64)
			v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			break;
	}
	return v;
}

static int64_t take_sleb(struct cursor *c)
{
	int64_t v = 0;
	unsigned shift = 0;
	while (c->p < c->end) {
		unsigned char b = *c->p++;
		if (shift < 64)
			v |= (int64_t)((uint64_t)(b & 0x7f) << shift);
		shift += 7;
		if (!(b & 0x80)) {
			if ((b & 0x40) && shift < 64)
				v |= (int64_t)(~0ull << shift);
			break;
		}
	}
	return v;
}

/* A pointer in one of the encodings; `data` is what datarel is relative to. */
static uint64_t take_pointer(struct cursor *c, unsigned encoding, uint64_t data)
{
	uint64_t at = (uint64_t)c->p, v;
	switch (encoding & 0x0f) {
	case PE_ABSPTR: case PE_UDATA8: case PE_SDATA8: v = take(c, 8); break;
	case PE_UDATA2: v = take(c, 2); break;
	case PE_UDATA4: v = take(c, 4); break;
	case PE_SDATA2: v = (uint64_t)(int16_t)take(c, 2); break;
	case PE_SDATA4: v = (uint64_t)(int32_t)take(c, 4); break;
	case PE_ULEB: v = take_uleb(c); break;
	case PE_SLEB: v = (uint64_t)take_sleb(c); break;
	default: c->p = c->end; return 0;
	}
	if ((encoding & 0x70) == PE_PCREL)
		v += at;
	else if ((encoding & 0x70) == PE_DATAREL)
		v += data;
	if (encoding & PE_INDIRECT)
		memcpy(&v, (const void *)v, 8);
	return v;
}

/* The FDE that may cover `address`, from the binary search table at `hdr`. NULL: there is none, or no table. */
static const unsigned char *find_fde(const unsigned char *hdr, uint64_t address)
{
	struct cursor c = {hdr + 4, hdr + 4 + 32};
	if (hdr[0] != 1 || hdr[2] == PE_OMIT || hdr[3] != (PE_DATAREL | PE_SDATA4))
		return 0;
	take_pointer(&c, hdr[1], (uint64_t)hdr);
	uint64_t count = take_pointer(&c, hdr[2], (uint64_t)hdr);
	const int32_t *table = (const int32_t *)c.p; /* pairs: start of the function, FDE; relative to hdr */
	int64_t wanted = (int64_t)(address - (uint64_t)hdr);
	uint64_t low = 0, high = count;
	while (low < high) {
		uint64_t middle = (low + high) / 2;
		if (table[middle * 2] <= wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? hdr + table[(low - 1) * 2 + 1] : 0;
}

/* What the augmentation and head of a CIE say. */
struct cie {
	struct cursor code;
	uint64_t code_align;
	int64_t data_align;
	unsigned pointer_encoding;
	int augmented, known;
};

static struct cie read_cie(const unsigned char *p)
{
	struct cie cie = {.pointer_encoding = PE_ABSPTR, .known = 1};
	uint32_t length;
	memcpy(&length, p, 4);
	struct cursor c = {p + 8, p + 4 + length};
	unsigned version = (unsigned)take(&c, 1);
	const char *augmentation = (const char *)c.p;
	c.p += strlen(augmentation) + 1;
	if (version == 4)
		c.p += 2;
	cie.code_align = take_uleb(&c);
	cie.data_align = take_sleb(&c);
	uint64_t ra = version == 1 ? take(&c, 1) : take_uleb(&c);
	if (length == 0xffffffff || ra != ARCH_RA || (version != 1 && version != 3 && version != 4))
		cie.known = 0;
	if (*augmentation == 'z') {
		cie.augmented = 1;
		uint64_t size = take_uleb(&c);
		const unsigned char *after = c.p + size;
		for (const char *a = augmentation + 1; *a; a++) {
			if (*a == 'R')
				cie.pointer_encoding = (unsigned)take(&c, 1);
			else if (*a == 'P')
				take_pointer(&c, (unsigned)take(&c, 1) & ~(unsigned)PE_INDIRECT, 0);
			else if (*a == 'L')
				take(&c, 1);
			else if (*a != 'S' && *a != 'B')
				break;
		}
		c.p = after;
	} else if (*augmentation) {
		cie.known = 0;
	}
	cie.code = c;
	return cie;
}

/* The unwind state at an address: how to find the CFA, the saved bp and the return address. */
enum where { SAME, AT_CFA, AT_BP, UNDEFINED, ELSEWHERE };
struct row {
	enum { CFA_REGISTER, CFA_BP_DEREF, CFA_SIGNAL, CFA_ELSEWHERE } cfa;
	uint64_t reg;
	int64_t offset;
	struct { enum where where; int64_t offset; } bp, ra;
};

/* DW_OP_breg6 n [DW_OP_deref] and DW_OP_breg7 160 DW_OP_deref are what compilers and the signal
 * trampoline write; anything else is for libunwind. */
static void cfa_expression(struct row *row, struct cursor c)
{
	row->cfa = CFA_ELSEWHERE;
	unsigned op = (unsigned)take(&c, 1);
	int64_t n = take_sleb(&c);
	if (c.p + 1 != c.end || *c.p != 0x06 /* DW_OP_deref */)
		return;
	if (op == 0x70 + ARCH_BP) {
		row->cfa = CFA_BP_DEREF;
		row->offset = n;
	} else if (op == 0x70 + ARCH_SP && n == ARCH_SIGNAL_SP) {
		row->cfa = CFA_SIGNAL;
	}
}

static void set_rule(struct row *row, uint64_t reg, enum where where, int64_t offset)
{
	if (reg == ARCH_BP) {
		row->bp.where = where;
		row->bp.offset = offset;
	} else if (reg == ARCH_RA) {
		row->ra.where = where;
		row->ra.offset = offset;
	}
}

static void register_expression(struct row *row, uint64_t reg, struct cursor c)
{
	unsigned op = (unsigned)take(&c, 1);
	int64_t n = take_sleb(&c);
	if (op == 0x70 + ARCH_BP && c.p == c.end)
		set_rule(row, reg, AT_BP, n);
	else
		set_rule(row, reg, ELSEWHERE, 0);
}

static struct cursor take_block(struct cursor *c)
{
	uint64_t size = take_uleb(c);
	if (size > (uint64_t)(c->end - c->p))
		size = (uint64_t)(c->end - c->p);
	struct cursor block = {c->p, c->p + size};
	c->p += size;
	return block;
}

#define CFI_STATES 8

/* One run over CIE and FDE instructions. */
struct machine {
	struct row row, initial, saved[CFI_STATES];
	unsigned depth;
	uint64_t location, address;
	const struct cie *cie;
	int ok; /* 0: met something this file does not know */
};

static void extended(struct machine *m, struct cursor *c, unsigned op)
{
	struct row *row = &m->row;
	uint64_t reg;
	switch (op) {
	case 0x00: break; /* nop */
	case 0x01: m->location = take_pointer(c, m->cie->pointer_encoding, 0); break;
	case 0x02: m->location += take(c, 1) * m->cie->code_align; break;
	case 0x03: m->location += take(c, 2) * m->cie->code_align; break;
	case 0x04: m->location += take(c, 4) * m->cie->code_align; break;
	case 0x05: reg = take_uleb(c); set_rule(row, reg, AT_CFA, (int64_t)take_uleb(c) * m->cie->data_align); break;
	case 0x06: /* restore_extended */
		reg = take_uleb(c);
		if (reg == ARCH_BP) row->bp = m->initial.bp;
		if (reg == ARCH_RA) row->ra = m->initial.ra;
		break;
	case 0x07: set_rule(row, take_uleb(c), UNDEFINED, 0); break;
	case 0x08: set_rule(row, take_uleb(c), SAME, 0); break;
	case 0x09: reg = take_uleb(c); take_uleb(c); set_rule(row, reg, ELSEWHERE, 0); break; /* in a register */
	case 0x0a: /* remember_state */
		if (m->depth == CFI_STATES)
			m->ok = 0;
		else
			m->saved[m->depth++] = *row;
		break;
	case 0x0b: /* restore_state */
		if (!m->depth)
			m->ok = 0;
		else
			*row = m->saved[--m->depth];
		break;
	case 0x0c: row->cfa = CFA_REGISTER; row->reg = take_uleb(c); row->offset = (int64_t)take_uleb(c); break;
	case 0x0d: row->cfa = CFA_REGISTER; row->reg = take_uleb(c); break;
	case 0x0e: row->offset = (int64_t)take_uleb(c); break;
	case 0x0f: cfa_expression(row, take_block(c)); break;
	case 0x10: reg = take_uleb(c); register_expression(row, reg, take_block(c)); break;
	case 0x11: reg = take_uleb(c); set_rule(row, reg, AT_CFA, take_sleb(c) * m->cie->data_align); break;
	case 0x12: row->cfa = CFA_REGISTER; row->reg = take_uleb(c); row->offset = take_sleb(c) * m->cie->data_align; break;
	case 0x13: row->offset = take_sleb(c) * m->cie->data_align; break;
	case 0x14: case 0x15: reg = take_uleb(c); take_sleb(c); set_rule(row, reg, ELSEWHERE, 0); break; /* val_offset */
	case 0x16: reg = take_uleb(c); take_block(c); set_rule(row, reg, ELSEWHERE, 0); break; /* val_expression */
	case 0x2e: take_uleb(c); break; /* GNU_args_size */
	default: m->ok = 0;
	}
}

static void run(struct machine *m, struct cursor c)
{
	while (m->ok && c.p < c.end) {
		unsigned op = *c.p++;
		unsigned low = op & 0x3f;
		switch (op >> 6) {
		case 1: m->location += low * m->cie->code_align; break;
		case 2: set_rule(&m->row, low, AT_CFA, (int64_t)take_uleb(&c) * m->cie->data_align); break;
		case 3:
			if (low == ARCH_BP) m->row.bp = m->initial.bp;
			if (low == ARCH_RA) m->row.ra = m->initial.ra;
			break;
		default: extended(m, &c, low);
		}
		if (m->location > m->address)
			return;
	}
}

/* Offsets must fit the packed form of rules.c, and slots be aligned. */
static int fits(int64_t offset, int64_t limit)
{
	return offset % 8 == 0 && offset < limit && offset > -limit;
}

static struct rule simplify(const struct row *row, uint64_t start)
{
	struct rule rule = {.kind = RULE_SLOW, .start = start};
	if (row->ra.where == UNDEFINED) {
		rule.kind = RULE_END;
		return rule;
	}
	if (row->cfa == CFA_SIGNAL) {
		rule.kind = RULE_SIGNAL;
		return rule;
	}
	if (row->ra.where != AT_CFA || row->ra.offset != -8 || !fits(row->offset, 1 << 23) || !fits(row->bp.offset, 1 << 15))
		return rule;
	if (row->bp.where != SAME && row->bp.where != AT_CFA && row->bp.where != AT_BP)
		return rule;
	rule.bp = row->bp.where == SAME ? BP_SAME : row->bp.where == AT_CFA ? BP_AT_CFA : BP_AT_BP;
	rule.bp_offset = (int32_t)row->bp.offset;
	rule.cfa_offset = (int32_t)row->offset;
	if (row->cfa == CFA_REGISTER && row->reg == ARCH_SP)
		rule.kind = RULE_SP;
	else if (row->cfa == CFA_REGISTER && row->reg == ARCH_BP)
		rule.kind = RULE_BP;
	else if (row->cfa == CFA_BP_DEREF)
		rule.kind = RULE_BP_DEREF;
	return rule;
}

struct rule cfi_rule(uint64_t address)
{
	struct dl_find_object object;
	if (_dl_find_object((void *)address, &object) != 0 || !object.dlfo_eh_frame)
		return epilogue_rule(address);
	const unsigned char *fde = find_fde(object.dlfo_eh_frame, address);
	if (!fde)
		return epilogue_rule(address);
	uint32_t length, cie_delta;
	memcpy(&length, fde, 4);
	memcpy(&cie_delta, fde + 4, 4);
	if (length == 0 || length == 0xffffffff || cie_delta == 0)
		return epilogue_rule(address);
	struct cie cie = read_cie(fde + 4 - cie_delta);
	struct cursor c = {fde + 8, fde + 4 + length};
	uint64_t start = take_pointer(&c, cie.pointer_encoding, 0);
	uint64_t size = take_pointer(&c, cie.pointer_encoding & 0x0f, 0);
	if (address < start || address >= start + size)
		return epilogue_rule(address);
	struct rule slow = {.kind = RULE_SLOW, .start = start};
	if (!cie.known)
		return slow;
	if (cie.augmented)
		take_block(&c);
	struct machine m = {.row = {.cfa = CFA_ELSEWHERE}, .location = start, .address = address, .cie = &cie, .ok = 1};
	run(&m, cie.code);
	m.initial = m.row;
	run(&m, c);
	return m.ok ? simplify(&m.row, start) : slow;
}
