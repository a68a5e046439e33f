/* SPDX-License-Identifier: MIT
 *
 * The exporters there are, each defined in the file of its name.
 */
#ifndef EXPORT_EXPORTER_LIST_H
#define EXPORT_EXPORTER_LIST_H

#include "analyzer/export/export.h"

extern const struct exporter export_folded;

#endif
