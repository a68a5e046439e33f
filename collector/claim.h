/* SPDX-License-Identifier: MIT
 *
 * Slots that were claimed by who did not live to publish them.
 */
#ifndef COLLECTOR_CLAIM_H
#define COLLECTOR_CLAIM_H

struct roster;

/* Gives them back. Looks for slots newly claimed. */
void claim_take_back(struct roster *r);

#endif
