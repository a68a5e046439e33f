/* SPDX-License-Identifier: MIT
 *
 * Loads and unloads a library that allocates, again and again. The library is loader_plugin.so beside the program.
 *
 * culprit should say: plugin_work of loader_plugin.so 20 x 100 allocations, 20 of them leaked (one each turn), with names
 * even for those turns after which the library was gone.
 */
#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	char path[PATH_MAX], program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	long sum = 0;

	if (n <= 0)
		return 1;
	program[n] = 0;
	snprintf(path, sizeof(path), "%.4000s/loader_plugin.so", dirname(program));
	for (int turn = 0; turn < 20; turn++) {
		void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		int (*work)(int) = plugin ? (int (*)(int))dlsym(plugin, "plugin_work") : NULL;
		char *between;

		if (!work) {
			fprintf(stderr, "%s\n", dlerror());
			return 1;
		}
		sum += work(turn);
		between = strdup("between two turns");
		dlclose(plugin);
		free(between);
	}
	printf("%ld\n", sum);
	return 0;
}
