/* SPDX-License-Identifier: MIT
 *
 * The registry of exporters.
 */
#include "analyzer/export/export.h"

#include <string.h>

#include "analyzer/export/exporter_list.h"

const struct exporter *const export_all[] = { &export_folded, NULL };

const struct exporter *export_find(const char *name)
{
	for (size_t i = 0; export_all[i]; i++)
		if (strcmp(export_all[i]->name, name) == 0)
			return export_all[i];
	return NULL;
}
