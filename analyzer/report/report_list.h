/* SPDX-License-Identifier: MIT
 *
 * The reports there are, each defined in the file of its name. A new one is a file, a line here and
 * a line in report_all.
 */
#ifndef REPORT_REPORT_LIST_H
#define REPORT_REPORT_LIST_H

#include "analyzer/report/report.h"

extern const struct report report_summary;
extern const struct report report_hotspots;
extern const struct report report_leaks;
extern const struct report report_temporary;
extern const struct report report_sizes;
extern const struct report report_lifetimes;
extern const struct report report_escapes;
extern const struct report report_owners;
extern const struct report report_wrappers;
extern const struct report report_callers;
extern const struct report report_functions;
extern const struct report report_lines;
extern const struct report report_locks;
extern const struct report report_waits;
extern const struct report report_holders;
extern const struct report report_blocked;
extern const struct report report_lock_order;
extern const struct report report_threads;
extern const struct report report_thread_sites;
extern const struct report report_growth;
extern const struct report report_slack;
extern const struct report report_advice;
extern const struct report report_modules;
extern const struct report report_kinds;
extern const struct report report_timeline;
extern const struct report report_marks;
extern const struct report report_mappings;
extern const struct report report_pools;

#endif
