/* SPDX-License-Identifier: MIT
 *
 * The name of a new trace.
 */
#ifndef CLI_TRACE_NAME_H
#define CLI_TRACE_NAME_H

#include <limits.h>

/* Writes the file name that `pattern` gives (NULL or "": culprit.%e.%p.trace): %p is pid, %e comm, %h the host's name, %% a
 * percent sign. Slashes and control characters in what is put in become underscores. Cut to fit. */
void trace_name(char out[PATH_MAX], const char *pattern, const char *comm, int pid);

#endif
