/* SPDX-License-Identifier: MIT
 *
 * The line at the end of `culprit record`: what was recorded, and where it is; or why nothing was.
 */
#ifndef CLI_RECORD_RESULT_H
#define CLI_RECORD_RESULT_H

#include "collector/collector.h"

struct record_result {
	const char *command, *library, *output;
	long sample; /* bytes; 0: everything */
};

/* Says it on stderr, of a recording that has ended well. */
void record_result_say(const struct collector *c, const struct record_result *r);

#endif
