#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What `make demo` runs once culprit is built: a redis-server recorded while redis-benchmark drives it, and what culprit
# has to say. Leaves redis.trace, redis.trace.db and redis.folded in the current directory. Usage: demo.sh BUILD.
set -eu

culprit=${1-build}/culprit
directory=$(mktemp -d)
server=
cleanup() {
	[ -z "$server" ] || kill "$server" 2> /dev/null || true
	rm -rf "$directory"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
rm -f redis.trace redis.trace.db redis.folded

# A free port: the first of some at which nobody answers, and at which the server starts.
port=$((20000 + $$ % 20000))
while redis-cli -p $port ping > /dev/null 2>&1; do port=$((port + 1)); done

echo "--- culprit record -o redis.trace -- redis-server --port $port"
"$culprit" record -o redis.trace -- redis-server --port $port --bind 127.0.0.1 --save '' --appendonly no \
	--dir "$directory" > "$directory/log" &
server=$!
tries=0
until redis-cli -p $port ping > /dev/null 2>&1; do
	tries=$((tries + 1))
	if [ $tries -gt 100 ] || ! kill -0 $server 2> /dev/null; then
		echo "redis-server did not start:" >&2
		tail -5 "$directory/log" >&2
		exit 1
	fi
	sleep 0.1
done

echo "--- redis-benchmark: SET, LPUSH, HSET, ZADD, LRANGE"
redis-benchmark -p $port -q -P 8 -n 100000 -r 10000 -d 64 -t set,lpush,hset,zadd > "$directory/benchmark"
redis-benchmark -p $port -q -n 2000 -t lrange_300 >> "$directory/benchmark"
tr '\r' '\n' < "$directory/benchmark" | grep 'per second' | sed 's/^/    /'
redis-cli -p $port shutdown nosave > /dev/null 2>&1 || true
wait $server || true
server=

echo
echo "--- culprit report summary redis.trace"
"$culprit" report summary redis.trace
echo
echo "--- culprit report hotspots --limit=15 redis.trace"
"$culprit" report hotspots --limit=15 redis.trace
"$culprit" export folded --cost=allocated_bytes -o redis.folded redis.trace
echo
echo "Here now: redis.trace (the recording), redis.trace.db (an SQLite database), redis.folded (for flamegraph.pl,"
echo "inferno, speedscope). To browse it in the terminal:"
echo
echo "    $culprit tui redis.trace"
