#!/bin/sh
# SPDX-License-Identifier: MIT
#
# culprit on a real service: records redis-server under load, prints the reports, exports a flame graph's
# text. Leaves redis.trace, redis.trace.db and redis.folded in the current directory. Called by `make demo`.
set -eu

build=${1:-build}
culprit=$build/culprit
requests=${CULPRIT_DEMO_REQUESTS:-500000}
dir=$(mktemp -d)
recorder=

stop() {
	[ -z "$recorder" ] || kill "$recorder" 2>/dev/null || true
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' INT TERM HUP

say() { printf '\n\033[1m%s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9;]*m//g'; fi; }

# A port nobody listens on: 24000 and up.
port=24000
while redis-cli -p $port ping >/dev/null 2>&1; do port=$((port + 1)); done

rm -f redis.trace redis.trace.db redis.folded

say "1. record: culprit record -o redis.trace -- redis-server --port $port"
"$culprit" record -o redis.trace -- redis-server --port "$port" --bind 127.0.0.1 --save '' --dir "$dir" --logfile "$dir/log" &
recorder=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	redis-cli -p "$port" ping >/dev/null 2>&1 && break
	[ "$i" != 20 ] || { cat "$dir/log" >&2; echo "demo: redis-server did not start" >&2; exit 1; }
	sleep 0.2
done

say "2. load: redis-benchmark, $requests SET and LRANGE requests"
redis-benchmark -p "$port" -t set -P 16 -n "$requests" -r 20000 -d 64 --csv | tail -1
redis-benchmark -p "$port" -t lrange_100 -P 16 -n 20000 --csv | tail -1
redis-cli -p "$port" shutdown nosave >/dev/null 2>&1 || true
wait "$recorder" || true
recorder=

say "3. report: culprit report summary redis.trace"
"$culprit" report summary redis.trace

say "4. hot spots: culprit report hotspots redis.trace --limit=10"
"$culprit" report hotspots redis.trace --limit=10

say "5. flame graph: culprit export folded --cost=allocated_bytes redis.trace -o redis.folded"
"$culprit" export folded --cost=allocated_bytes redis.trace -o redis.folded
printf '%s stacks; the biggest:\n' "$(wc -l < redis.folded)"
awk '{ n = $NF; sub(/ [0-9]+$/, ""); print n "\t" $0 }' redis.folded | sort -rn | head -1 | cut -c1-200

cat <<END

Look around:    $culprit tui redis.trace
Flame graph:    flamegraph.pl --countname=bytes redis.folded > redis.svg
Ask yourself:   sqlite3 redis.trace.db 'select * from hotspots limit 10'
END
