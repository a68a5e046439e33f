/* SPDX-License-Identifier: MIT
 *
 * A plugin with a lock of its own, for lock_odd.
 */
#include <pthread.h>

static pthread_mutex_t plugin_lock = PTHREAD_MUTEX_INITIALIZER;

void plugin_work(void);
void plugin_work(void)
{
	for (int i = 0; i < 25; i++) {
		pthread_mutex_lock(&plugin_lock);
		pthread_mutex_unlock(&plugin_lock);
	}
}
