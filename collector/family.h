/* SPDX-License-Identifier: MIT
 *
 * The stacks of families (collector/lineage.h): they are freed once nobody lives who could use them.
 */
#ifndef COLLECTOR_FAMILY_H
#define COLLECTOR_FAMILY_H

struct roster;

/* Frees the stacks of families that have ended, once many stacks are known. Looks for slots newly claimed. */
void family_free_stacks(struct roster *r);

#endif
