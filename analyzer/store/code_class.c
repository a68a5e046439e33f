/* SPDX-License-Identifier: MIT
 *
 * Modules of the runtime, told by the names of their files.
 */
#include "analyzer/store/code_class.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

int code_class_find(const char *name)
{
	static const char *const names[] = { [CODE_OWN] = "own", [CODE_LIBRARY] = "library", [CODE_RUNTIME] = "runtime" };

	for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++)
		if (strcasecmp(names[i], name) == 0)
			return i;
	return -1;
}

int code_class_is_runtime(const char *module)
{
	static const char *const files[] = { "libc.so", "libc-", "ld-linux", "ld-2", "ld.so", "libpthread", "libdl.so", "libdl-",
		                             "libstdc++", "libc++.so", "libgcc_s", "librt.so", "libm.so" };
	const char *slash = module ? strrchr(module, '/') : NULL;

	for (size_t i = 0; module && i < sizeof(files) / sizeof(files[0]); i++)
		if (strncmp(slash ? slash + 1 : module, files[i], strlen(files[i])) == 0)
			return 1;
	return 0;
}
