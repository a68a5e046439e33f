/* SPDX-License-Identifier: MIT
 *
 * Sites of which a sample tells too little for a rule of advice to speak of them.
 */
#ifndef REPORT_ADVICE_DOUBT_H
#define REPORT_ADVICE_DOUBT_H

#include "analyzer/report/advice_facts.h"

/* Claims, of sites whose sums are read, what is not known to a third by its standard error. 0 or -1. */
int advice_doubt(struct advice_facts *f, struct err *err);

#endif
