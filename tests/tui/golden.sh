#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Writes the golden screens anew and shows what changed. Look at every difference before committing it: the screens
# are the specification of how the program looks.
#
#	make && tests/tui/golden.sh
cd "$(dirname "$0")/../.." || exit 1
CULPRIT_GOLDEN=write prove tests/tui/*.t || exit 1
git --no-pager diff --stat -- tests/tui/golden
git --no-pager diff -- tests/tui/golden
