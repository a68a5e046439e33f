/* SPDX-License-Identifier: MIT
 *
 * The unwinder. A frame is (pc, sp, bp); its rule gives the CFA, and through it the caller's. Two
 * frames with equal pc, sp and (where it matters) bp have the same callers as long as the slots
 * their callers were read from hold what they held: proved from the inside outwards, so that no
 * slot is read before the frame it belongs to is known to be alive.
 *
 * bp matters to a frame whose rule uses it, and to a frame that passes it on unsaved to one where it
 * matters (FRAME_NEEDS_BP); elsewhere it is a register like any other and may change.
 */
#include "preload/stack.h"

#include <errno.h>
#include <string.h>

#include "preload/intern.h"
#include "preload/slow.h"
#include "preload/sys.h"

#define FAR (8ull << 20) /* no step is longer than this */
#define WHOLE 512u       /* stacks up to this deep are never shown truncated */

/* Whether 16 bytes at `at`, outwards of sp on the same stack, can be read. The kernel reads the set before it rejects
 * the call's first argument; what was readable stays so while the stack above sp is in use. */
static int readable(struct stack *s, uint64_t sp, uint64_t at)
{
	if (at < sp || at - sp > FAR || at % 8)
		return 0;
	if (sp < s->probed_low || sp >= s->probed_high) {
		s->probed_low = sp & ~4095ull;
		s->probed_high = s->probed_low + 4096;
	}
	for (; at + 16 > s->probed_high; s->probed_high += 4096)
		if (SYS4(SYS_rt_sigprocmask, ~0, s->probed_high, 0, 8) != -EINVAL)
			return 0;
	return 1;
}

void stack_init(struct stack *s, struct segment *segment, struct stack_room *room)
{
	memset(s, 0, sizeof *s);
	s->segment = segment;
	s->frames = room->frames;
	s->fresh = room->fresh;
	s->proofs = room->proofs;
	s->proof_count = room->proof_count;
	for (unsigned i = 0; i < SEGMENT_MAX_FRAMES; i++) {
		s->frames[i] = &room->pool[i];
		s->fresh[i] = &room->pool[SEGMENT_MAX_FRAMES + i];
	}
}

void stack_forget(struct stack *s, uint32_t root, uint32_t generation)
{
	s->depth = s->truncated = s->next_root = 0;
	s->root = root;
	s->generation = generation;
	memset(s->rule_memo, 0, sizeof s->rule_memo);
}

static inline packed_rule find_rule(struct stack *s, uint64_t address)
{
	struct rule_memo *m = &s->rule_memo[(address ^ address >> 7) % MEMO_SIZE];
	if (m->address != address) {
		m->rule = rules_find(address, s->generation);
		m->address = address;
	}
	return m->rule;
}

static inline uint32_t find_node(struct stack *s, uint32_t parent, uint64_t address)
{
	struct node_memo *m = &s->node_memo[(address ^ address >> 7 ^ parent) % MEMO_SIZE];
	if (m->address != address || m->parent != parent) {
		m->node = intern_node(s->segment, parent, address);
		m->address = address;
		m->parent = parent;
	}
	return m->node;
}

static inline uint32_t function_bits(uint64_t start) { return (uint32_t)start << FRAME_BITS; }

/* A kernel signal frame at f->sp: every register of the interrupted function is in it. */
static void step_signal(struct frame *f, struct frame *next)
{
	f->cfa_slot = (uint64_t *)(f->sp + ARCH_SIGNAL_SP);
	f->ra_slot = (uint64_t *)(f->sp + ARCH_SIGNAL_PC);
	f->bp_slot = (uint64_t *)(f->sp + ARCH_SIGNAL_BP);
	f->cfa = *f->cfa_slot;
	next->function = FRAME_EXACT;
}

/* No unwind data: believe the frame pointer chain if it is one. */
static int step_pointer(struct stack *s, struct frame *f)
{
	f->function |= FRAME_GUESSED | FRAME_NEEDS_BP;
	s->guessed = 1;
	if (!readable(s, f->sp, f->bp))
		return 0;
	f->cfa = f->bp + 16;
	f->ra_slot = (uint64_t *)(f->bp + 8);
	f->bp_slot = (uint64_t *)f->bp;
	return 1;
}

static int step_slow(struct stack *s, const uint64_t *hook_frame, struct frame *f, struct frame *next)
{
	struct slow_place place;
	f->function |= FRAME_NEEDS_BP;
	s->slow_frames++;
	if (!slow_step(hook_frame, f->sp, f->pc, &place))
		return 0;
	/* what the step depended on is not known: never believed from the cache */
	static uint64_t never[1];
	f->ra_slot = never;
	f->bp_slot = NULL;
	f->cfa = place.sp;
	next->pc = place.pc;
	next->sp = place.sp;
	next->bp = place.bp;
	next->function = place.exact ? FRAME_EXACT : 0;
	return 1;
}

/* The CFA and slots of f by its rule. 0: it cannot be. */
static inline __attribute__((always_inline)) int apply(struct stack *s, struct frame *f, packed_rule rule)
{
	enum rule_kind kind = rule_kind(rule);
	if (__builtin_expect(kind == RULE_SP, 1)) {
		f->cfa = f->sp + (uint64_t)rule_cfa_offset(rule);
	} else {
		f->function |= FRAME_NEEDS_BP;
		f->cfa = f->bp + (uint64_t)rule_cfa_offset(rule);
		if (kind == RULE_BP_DEREF) {
			if (f->cfa - f->sp > FAR || (s->guessed && !readable(s, f->sp, f->cfa)))
				return 0;
			f->cfa_slot = (uint64_t *)f->cfa;
			f->cfa = *f->cfa_slot;
		}
	}
	if (__builtin_expect(f->cfa - f->sp - 8 > FAR || f->cfa % 8, 0))
		return 0;
	if (__builtin_expect(s->guessed, 0) && !readable(s, f->sp, f->cfa - 8))
		return 0;
	f->ra_slot = (uint64_t *)(f->cfa - 8);
	enum rule_bp bp = rule_bp(rule);
	uint64_t saved = f->cfa + (uint64_t)rule_bp_offset(rule);
	if (__builtin_expect(bp == BP_AT_BP, 0)) {
		f->function |= FRAME_NEEDS_BP;
		saved = f->bp + (uint64_t)rule_bp_offset(rule);
	}
	f->bp_slot = (uint64_t *)(bp == BP_SAME ? 0 : saved); /* no branch: functions differ in it from frame to frame */
	return 1;
}

/* No unwind data, but the code told. */
static __attribute__((noinline)) int step_code(struct stack *s, struct frame *f, packed_rule rule)
{
	f->function |= FRAME_GUESSED;
	s->guessed = 1;
	return apply(s, f, rule_of_kind(rule, RULE_SP));
}

/* From f (pc, sp, bp, exactness set) to its caller. 0: f is the outermost. */
static inline __attribute__((always_inline)) int step(struct stack *s, const uint64_t *hook_frame, struct frame *f,
                                                      struct frame *next)
{
	uint64_t lookup = frame_lookup(f);
	packed_rule rule = find_rule(s, lookup);
	enum rule_kind kind = rule_kind(rule);
	int going = 1;
	f->function |= function_bits(lookup - rule_delta(rule));
	f->cfa = 0;
	f->ra_slot = f->bp_slot = f->cfa_slot = NULL;
	next->function = 0;
	if (__builtin_expect(kind <= RULE_BP_DEREF, 1))
		going = apply(s, f, rule);
	else if (kind == RULE_SIGNAL)
		step_signal(f, next);
	else if (kind == RULE_POINTER)
		going = step_pointer(s, f);
	else if (kind == RULE_CODE)
		going = step_code(s, f, rule);
	else if (kind == RULE_SLOW)
		return step_slow(s, hook_frame, f, next);
	else
		going = 0;
	if (!going) {
		f->ra_slot = NULL;
		return 0;
	}
	next->pc = *f->ra_slot;
	next->bp = *(f->bp_slot ? f->bp_slot : &f->bp);
	next->sp = f->cfa;
	if (next->pc - 4096 >= (1ull << 47) - 4096) { /* no address of a program's: the end, or a wrong guess */
		f->ra_slot = NULL;
		return 0;
	}
	return 1;
}

/* How far outwards from frames[at] the cached way is proved: 0 if to the end, else the innermost frame whose
 * own step has changed. One proof after the other, from the inside: a slot is read only when all
 * before it have shown that the frame it lies in is alive. */
static inline uint32_t prove(const struct stack *s, uint32_t at)
{
	const struct proof *first = s->proofs, *p = first + s->proof_count[at];
	while (p-- > first)
		if (__builtin_expect(*p->slot != p->value, 0)) {
			while (at > 0 && s->proof_count[at - 1] > (uint32_t)(p - first))
				at--;
			return at;
		}
	return 0;
}

/* Writes the proofs of frames[i]'s step outwards. */
static inline void write_proofs(struct stack *s, uint32_t i)
{
	if (i == 0) {
		s->proof_count[0] = 0;
		return;
	}
	const struct frame *f = s->frames[i], *outer = s->frames[i - 1];
	uint32_t n = s->proof_count[i - 1];
	if (__builtin_expect(f->cfa_slot != NULL, 0))
		s->proofs[n++] = (struct proof){f->cfa_slot, f->cfa};
	s->proofs[n] = (struct proof){f->bp_slot, outer->bp};
	n += (f->bp_slot != NULL) & (outer->function / FRAME_NEEDS_BP & 1); /* stays only if it matters */
	s->proofs[n++] = (struct proof){f->ra_slot, outer->pc};
	s->proof_count[i] = n;
}

/* Field by field: a frame is copied right after its fields were stored, and a wider load would have to wait for them. */
static inline void copy_frame(struct frame *to, const struct frame *from)
{
	to->pc = from->pc;
	to->sp = from->sp;
	to->bp = from->bp;
	to->cfa = from->cfa;
	to->ra_slot = from->ra_slot;
	to->bp_slot = from->bp_slot;
	to->cfa_slot = from->cfa_slot;
	to->function = from->function;
}

/* Frames `from` down to `to` are still where they were, but a caller of `to` is not who it was: they are taken over,
 * with bp as it is now, to be hung under the new callers. The last one is left in fresh[n], to be stepped. */
static uint32_t take_over(struct stack *s, uint32_t n, uint32_t from, uint32_t to)
{
	uint64_t bp = s->fresh[n]->bp;
	for (uint32_t i = from;; i--) {
		struct frame *f = s->fresh[n];
		copy_frame(f, s->frames[i]);
		f->bp = bp;
		if (i == to || n + 2 >= SEGMENT_MAX_FRAMES)
			break;
		if (f->bp_slot)
			bp = *f->bp_slot;
		n++;
	}
	s->fresh[n]->function &= FRAME_EXACT;
	return n;
}

/* How many outer activations the new frames share with the old ones at the same depths. */
static uint32_t shared_activations(const struct stack *s, uint32_t common, uint32_t n)
{
	uint32_t shared = common;
	while (shared < s->depth && shared - common < n) {
		const struct frame *old = s->frames[shared], *new = s->fresh[n - 1 - (shared - common)];
		if (old->cfa != new->cfa || (old->function ^ new->function) >> FRAME_BITS)
			break;
		shared++;
		if (old->pc != new->pc)
			break;
	}
	return shared;
}

/* Hangs the fresh frames under the first `common` cached ones. */
static void hang(struct stack *s, uint32_t common, uint32_t n, int truncated)
{
	uint32_t node = common ? s->frames[common - 1]->node : s->root;
	uint32_t needs = common ? s->frames[common - 1]->function & FRAME_NEEDS_BP : 0;
	if (truncated)
		node = intern_node(s->segment, s->root, NODE_TRUNCATED);
	s->depth = common; /* a signal handler may leave us for good at any instruction: what counts is always whole */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < n; i++) {
		struct frame *f = s->fresh[n - 1 - i];
		s->fresh[n - 1 - i] = s->frames[common + i];
		s->frames[common + i] = f;
		f->function |= f->bp_slot ? 0 : needs;
		needs = f->function & FRAME_NEEDS_BP;
		node = find_node(s, node, frame_lookup(f));
		f->node = node;
		write_proofs(s, common + i);
	}
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	s->depth = common + n;
}

/* Whether frame f is the cached frame c, with the same way outwards if the proofs hold. */
static inline int same_place(const struct frame *c, const struct frame *f)
{
	return c->sp == f->sp && c->pc == f->pc && !((c->function ^ f->function) & FRAME_EXACT) &&
	       (!(c->function & FRAME_NEEDS_BP) || c->bp == f->bp);
}

static inline void start(struct stack *s, const uint64_t *hook_frame)
{
	struct frame *first = s->fresh[0];
	first->pc = hook_frame[1];
	first->sp = (uint64_t)(hook_frame + 2);
	first->bp = hook_frame[0];
	first->function = 0;
	s->guessed = 0;
}

/* Unwinds outwards into fresh[], until a cached frame is met whose way is proved, or the outermost. The number of fresh
 * frames; *common: of cached ones that still hold. */
static inline __attribute__((always_inline)) uint32_t unwind(struct stack *s, const uint64_t *hook_frame, uint32_t *common,
                                                             int *truncated)
{
	struct frame **frames = s->frames;
	uint32_t n = 0, at = s->depth; /* frames[at - 1] is the next cached frame to compare with */
	for (;;) {
		struct frame *f = s->fresh[n];
		while (at && frames[at - 1]->sp < f->sp)
			at--;
		if (at && s->truncated && at + n < WHOLE)
			at = 0;
		if (at && same_place(frames[at - 1], f)) {
			uint32_t changed = prove(s, at - 1);
			if (!changed) {
				*common = at;
				return n;
			}
			n = take_over(s, n, at - 1, changed);
			f = s->fresh[n];
			at = changed;
		}
		n++;
		if (!step(s, hook_frame, f, s->fresh[n]))
			return n;
		if (n + 1 >= SEGMENT_MAX_FRAMES) {
			f->ra_slot = NULL;
			*truncated = 1;
			return n;
		}
	}
}

/* Once more, as addresses have another meaning since the walk began; if they change again, the next event shows it. */
static __attribute__((cold, noinline)) uint32_t start_over(struct stack *s, const uint64_t *hook_frame, uint32_t *common, int *truncated)
{
	stack_forget(s, s->next_root, s->next_generation);
	start(s, hook_frame);
	*common = 0;
	*truncated = 0;
	return unwind(s, hook_frame, common, truncated);
}

struct stack_result stack_take(struct stack *s, const uint64_t *hook_frame)
{
	uint32_t common = 0;
	int truncated = 0;
	start(s, hook_frame);
	uint32_t n = unwind(s, hook_frame, &common, &truncated);
	if (n == 0) {
		s->depth = common;
		return (struct stack_result){s->frames[common - 1]->node, (uint16_t)common};
	}
	if (__builtin_expect(s->next_root, 0))
		n = start_over(s, hook_frame, &common, &truncated);
	uint32_t shared = shared_activations(s, common, n);
	if (__builtin_expect(common + n > SEGMENT_MAX_FRAMES, 0)) { /* keep an inner half, so that this is rare */
		while (n < SEGMENT_MAX_FRAMES / 2 && common)
			copy_frame(s->fresh[n++], s->frames[--common]);
		common = shared = 0;
		truncated = 1;
	}
	if (!common)
		s->truncated = (uint32_t)truncated;
	hang(s, common, n, truncated);
	return (struct stack_result){s->frames[s->depth - 1]->node, (uint16_t)(shared < 0xffff ? shared : 0xffff)};
}
