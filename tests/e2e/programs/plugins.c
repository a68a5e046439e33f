/* SPDX-License-Identifier: MIT
 *
 * A C program that loads and unloads plugins with an operator new of their own: each must get its own, also where another one
 * was before. The arguments are the plugins.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		void *plugin = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
		int (*use)(void);
		if (!plugin || !(*(void **)&use = dlsym(plugin, "use")))
			return fprintf(stderr, "%s\n", dlerror()), 1;
		printf("%d\n", use());
		if (i % 3)
			dlclose(plugin);
		mmap(NULL, 1 << 16, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); /* where the plugin was, or in the way of the next */
	}
	return 0;
}
