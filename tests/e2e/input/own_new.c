/* SPDX-License-Identifier: MIT
 *
 * A plugin with operators of its own that count: NUMBER tells one from the other.
 */
#include <stdlib.h>

static int count;

void *_Znwm(size_t size)
{
	count += NUMBER;
	return malloc(size);
}

void _ZdlPv(void *p)
{
	count += 10 * NUMBER;
	free(p);
}

int use(void)
{
	void *p = _Znwm(NUMBER);
	_ZdlPv(p);
	return count;
}
