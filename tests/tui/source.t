#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The lines of source files with their costs, queries and their rows, sizes and lifetimes: golden screens, and what the keys do.
. "$(dirname "$0")/screens.sh"
plan_or_skip

# A source file as it may have been: row.c, of which the recording knows lines 22, 25 and 51.
mkdir -p "$dir/src/tableserver"
{
	printf '/* Rows of a table. \303\251\303\250, \346\274\242\345\255\227. */\n#include "row.h"\n\n'
	for n in $(seq 4 18); do echo "int row_$n(struct row *row);"; done
	printf '\nstatic void *row_block(size_t size)\n{\n\treturn memset(malloc(size), 0, size); /* every byte */\n}\n\n'
	printf 'struct row *row_new(size_t size) { return row_block(sizeof(struct row) + size); }\n'
	for n in $(seq 26 49); do echo "/* line $n */"; done
	printf 'struct row *row_copy(const struct row *from) {\n\tstruct row *row = malloc(from->size);\n'
} > "$dir/src/tableserver/row.c"
touch -d @1600000000 "$dir/src/tableserver/row.c"

open_with_sources() { # columns rows
	open_window "$1" "$2" "culprit tui --source=src synthetic.db; echo ended with \$?"
	sees "Largest at the peak" "the program is there"
}

walk() { # columns rows prefix
	open_with_sources "$1" "$2"
	keys : s o u r c e Enter; golden "$3-source-files"
	keys m; golden "$3-source-files-calls"
	keys BTab Tab m m m m m; golden "$3-source-files"
	keys / r o w . c Enter; sees "▶  16.3 MiB"
	keys Enter; golden "$3-source"
	keys ]; golden "$3-source-next"
	keys ] ; golden "$3-source-last"
	keys ] '[' '[' m; golden "$3-source-calls"
	keys Enter; sees "called by" "$3: Enter opens the callers of the function there"
	keys BSpace; golden "$3-source-calls"
	keys BSpace 3 Down s; golden "$3-source-none"
	keys BSpace z; golden "$3-sizes-of-site"
	keys BSpace : s i z Enter; golden "$3-sizes"
	keys m; golden "$3-sizes-bytes"
	keys 3 S; golden "$3-sql"
	keys Enter; sees "rows" "$3: the query runs"; golden "$3-sql-rows"
	keys Down Right Right Right Enter; golden "$3-sql-cell"
	keys Enter i C-u; tm send-keys -l 'SELECT nowhere FROM process'; keys Enter; golden "$3-sql-wrong"
	keys C-u; tm send-keys -l "SELECT 'é漢' AS e, 1.5 AS f, NULL AS n, pid FROM process ORDER BY id"; keys Enter; golden "$3-sql-own"
	keys i Up Up; golden "$3-sql-earlier"
	keys Escape q; sees "ended with 0" "$3: q leaves"
}

walk 80 24 small
walk 200 50 large

open_with_sources 80 24
touch "$dir/src/tableserver/row.c"
keys 2 / r o w _ n e w Enter s; sees "row.c was changed after the recording began" "a file that was changed is said to be"
keys / b l o c k Enter; sees "▶"
keys n; sees "row_block" "search goes through the text"
keys BSpace : s q l Enter C-u; tm send-keys -l "DELETE FROM total"; keys Enter; sees "a query may only read" "nothing is written"
keys C-u; tm send-keys -l "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"; keys Enter; sees "reading"
keys 3; sees "Leaks by bytes leaked" "a query that never ends is broken off"
keys Down; sees "▶3.50 MiB" "and other views are read"
keys q; sees "ended with 0" "and left"

TERMINAL=vt100 open_window 80 24 "LC_ALL=C culprit tui synthetic.db; echo ended with \$?"
sees "Largest at the peak"
keys : s i z Enter; golden ascii-sizes

finish
