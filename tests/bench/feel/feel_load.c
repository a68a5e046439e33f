/* SPDX-License-Identifier: MIT
 *
 * A few loads are very large and most small, as in programs that run. What is live at a process's peak needs its course first.
 */
#include "feel_load.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

static void choose_parts(struct feel_load *load, const struct feel_process *p, uint64_t chance)
{
	uint32_t freed = load->blocks - load->live, first = freed, span = p->last - p->first;
	unsigned begin = p->first + (unsigned)(chance % (span + 1)), later = begin + 1 + (unsigned)(chance >> 12) % 40;
	unsigned life = chance >> 20 & 1 ? 0 : (unsigned)(chance >> 24) % 100;

	if (later > p->last)
		later = p->last;
	if (later > begin && freed > 8)
		first = freed / 3;
	load->parts[0] = (struct feel_part){ (uint16_t)begin, (uint16_t)(begin + life > p->last ? p->last : begin + life), first };
	load->parts[1] = (struct feel_part){ (uint16_t)later, (uint16_t)(later + life > p->last ? p->last : later + life), freed - first };
	load->parts[2] = (struct feel_part){ (uint16_t)begin, 0, load->live };
	load->temporary = life || load->fate == FATE_THREAD ? 0 : (uint32_t)((uint64_t)first * ((chance >> 32) % 100) / 100);
}

static uint32_t ancestor(const struct feel_tree *t, uint32_t node, unsigned level)
{
	while (level-- && t->nodes[node].parent)
		node = t->nodes[node].parent;
	return node;
}

static void choose_fate(struct feel_load *load, const struct feel_tree *t, uint64_t chance)
{
	load->fate = chance % 16 < 5 ? FATE_LOCAL : chance % 16 < 14 ? FATE_CALLER : FATE_THREAD;
	load->owner = load->stack;
	load->freed_in = load->thread;
	if (load->fate == FATE_CALLER) {
		load->level = (uint8_t)(1 + (chance >> 8) % 4);
		load->owner = ancestor(t, load->stack, load->level);
		load->level = (uint8_t)(t->nodes[load->stack].depth - t->nodes[load->owner].depth);
	} else if (load->fate == FATE_THREAD) {
		load->owner = t->leaves[(chance >> 8) % t->leaf_count];
		load->freed_in = (uint8_t)((load->thread + FEEL_PROCESSES - 1) % FEEL_THREADS + 1);
	}
}

static struct feel_load load_make(const struct feel_loads *l, uint32_t stack, uint32_t thread, uint64_t chance)
{
	struct feel_load load = { .stack = stack, .site = feel_site_of(l->tree, stack), .thread = (uint8_t)thread };
	unsigned large = (unsigned)__builtin_ctzll(chance | 1ull << 20);

	load.process = (uint8_t)feel_process_of(thread);
	load.size = (uint32_t)(8 + (chance >> 32) % 56) << (chance >> 40 & 1 ? (chance >> 44) % 8 : 0);
	load.blocks = 1 + (uint32_t)(feel_mix(chance) % (20ull << large));
	load.live = chance >> 50 & 7 ? 0 : (load.blocks + 3) / 4;
	load.kind = (uint8_t)(chance >> 54 & 7 ? (chance >> 57) % 3 : 3);
	choose_fate(&load, l->tree, feel_mix(chance + 1));
	choose_parts(&load, &l->processes[load.process], feel_mix(chance + 2));
	return load;
}

/* A function runs in one thread, or two, or one of eight in all threads of a process; one of sixteen in all there are. */
static uint32_t choose_thread(const struct feel_tree *t, uint32_t stack, uint64_t chance)
{
	static const uint8_t threads_of[] = { 1, 1, 1, 2, 1, 2, 1, FEEL_THREADS / FEEL_PROCESSES };
	uint64_t own = feel_mix(feel_function_of(t, stack));

	if (own % 16 == 0)
		return 1 + (uint32_t)(chance >> 8) % FEEL_THREADS;
	return 1 + (uint32_t)(own >> 8) % FEEL_PROCESSES + FEEL_PROCESSES * ((uint32_t)(chance >> 8) % threads_of[own >> 4 & 7]);
}

static void course_add(struct feel_process *p, const struct feel_load *load)
{
	for (int i = 0; i < 3; i++) {
		const struct feel_part *part = &load->parts[i];

		p->course[part->slice].allocations += part->blocks;
		p->course[part->slice].bytes += (int64_t)part->blocks * load->size;
		p->course[part->slice].live_end += (int64_t)part->blocks * load->size;
		if (!part->end)
			continue;
		p->course[part->end].frees += part->blocks;
		p->course[part->end].live_end -= (int64_t)part->blocks * load->size;
	}
	p->allocations += load->blocks;
	p->bytes += (int64_t)load->blocks * load->size;
	p->frees += load->blocks - load->live;
	p->reallocations += load->kind == 3 ? load->blocks : 0;
	p->leaked += load->live;
	p->leaked_bytes += (int64_t)load->live * load->size;
	p->temporary += load->temporary;
}

static void course_finish(struct feel_process *p)
{
	p->peak = p->first;
	for (unsigned s = 1; s <= FEEL_SLICES; s++) {
		p->course[s].live_end += p->course[s - 1].live_end;
		if (p->course[s].live_end > p->peak_bytes) {
			p->peak_bytes = p->course[s].live_end;
			p->peak = (uint16_t)s;
		}
	}
}

void feel_loads_make(struct feel_loads *l, const struct feel_tree *tree)
{
	*l = (struct feel_loads){ .tree = tree, .at = memory_zeroed((size_t)tree->leaf_count * 2, sizeof(*l->at)) };
	for (unsigned p = 1; p <= FEEL_PROCESSES; p++) {
		l->processes[p].first = (uint16_t)(p == 1 ? 1 : p * 12);
		l->processes[p].last = (uint16_t)(p % 2 ? FEEL_SLICES : 120 + p * 20);
	}
	for (uint32_t k = 0; k < tree->leaf_count; k++) {
		uint64_t chance = feel_mix(tree->leaves[k] + 1000003ull);
		uint32_t thread = choose_thread(l->tree, tree->leaves[k], chance);

		l->at[l->count++] = load_make(l, tree->leaves[k], thread, chance);
		if (chance >> 60 == 0 && thread + FEEL_PROCESSES <= FEEL_THREADS) /* the same stack in two threads */
			l->at[l->count++] = load_make(l, tree->leaves[k], thread + FEEL_PROCESSES, feel_mix(chance));
	}
	for (uint32_t k = 0; k < l->count; k++)
		course_add(&l->processes[l->at[k].process], &l->at[k]);
	for (unsigned p = 1; p <= FEEL_PROCESSES; p++)
		course_finish(&l->processes[p]);
	for (uint32_t k = 0; k < l->count; k++) {
		struct feel_load *load = &l->at[k];
		unsigned peak = l->processes[load->process].peak;

		for (int i = 0; i < 3; i++)
			if (load->parts[i].slice <= peak && (!load->parts[i].end || load->parts[i].end > peak))
				load->at_peak += load->parts[i].blocks;
	}
}

void feel_loads_release(struct feel_loads *l)
{
	free(l->at);
	*l = (struct feel_loads){ 0 };
}
