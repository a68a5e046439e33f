/* SPDX-License-Identifier: MIT
 *
 * Which programs are wanted in a recording, by the name of the executable or the one they run under, which differ
 * for scripts and links: CULPRIT_ONLY and CULPRIT_SKIP, patterns with
 * colons between them. An image that is not wanted runs unrecorded; what it executes is asked anew.
 */
#ifndef PRELOAD_CHOICE_H
#define PRELOAD_CHOICE_H

/* 1: an image of this executable, which runs under this name, is to be recorded. Any thread; reads the environment. */
int choice_wanted(const char *executable, const char *comm);

/* 1: a name matches a pattern, `size` bytes long, in which * stands for any text and ? for any character. */
int choice_matches(const char *pattern, unsigned long size, const char *name);

#endif
