/* SPDX-License-Identifier: MIT
 *
 * Errors as sentences. A function that can fail for a reason a person should read takes a
 * `struct err *` last, returns negative (or NULL), and has written what went wrong, with which
 * file or process, and what to do. Only cli/ and the TUI's status line print it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_kind {
	ERR_NONE = 0,
	ERR_USAGE = 2,  /* the words of the command were wrong: exit 2 */
	ERR_FAILED = 1, /* anything else: exit 1 */
	ERR_INTERRUPTED = 3, /* somebody asked for it to stop (store_interrupt): exit 1 */
};

struct err {
	enum err_kind kind;
	char text[1024]; /* one sentence, no newline */
};

/* Sets *e (ignored if NULL) and returns -1, so that `return err_set(...)` reads well. A message that
 * is already there stays: the innermost one knows best; err_prefix puts context before it. */
int err_set(struct err *e, enum err_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* err_set with ": strerror(errno)" appended. */
int err_errno(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
void err_prefix(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
