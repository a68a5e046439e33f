/* SPDX-License-Identifier: MIT
 *
 * What frames are merged by, as numbers: functions. In one recording each is its own label. Of two recordings functions
 * of one name share a label, whatever their addresses; where a recording has several of that name, those whose file has
 * the same base name do.
 */
#ifndef REPORT_FLAME_LABEL_H
#define REPORT_FLAME_LABEL_H

#include <stdint.h>

#include "analyzer/report/flame_side.h"

struct flame_label {
	uint32_t side, function; /* one that bears it; function 0: there is no such label */
};

struct flame_labels {
	uint32_t *of[2];           /* by side and function id: its label, from 1; 0: there is no such function */
	struct flame_label *names; /* by label */
	uint32_t last;             /* the largest label; of the first recording's functions it is an id of one of them */
};

/* Numbers the functions of `count` sides, 1 or 2. */
void flame_label_make(struct flame_labels *labels, const struct flame_side *sides, int count);
void flame_label_release(struct flame_labels *labels);

#endif
