/* SPDX-License-Identifier: MIT
 *
 * Code without unwind data that returns right after a call says itself how large its frame is: trampolines, which jump into
 * generated code and back and often keep no frame pointer, are told so.
 */
#ifndef PRELOAD_EPILOGUE_H
#define PRELOAD_EPILOGUE_H

#include "preload/cfi.h"

/* RULE_CODE if the code behind the call at `address` (a lookup address) tells; else RULE_POINTER. Any thread, any address. */
struct rule epilogue_rule(uint64_t address);

#endif
