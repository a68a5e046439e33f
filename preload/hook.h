/* SPDX-License-Identifier: MIT
 *
 * What every hook file needs. A hook is exported under the name it stands in for, keeps a frame pointer
 * (that is where the unwinder starts), lets exceptions through, and is named in exports.map.
 */
#ifndef PRELOAD_HOOK_H
#define PRELOAD_HOOK_H

#include <stddef.h>

#include "preload/real.h"
#include "preload/recorder.h"

#define HOOK __attribute__((visibility("default"), noinline))

#endif
