#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A trace that is not analyzed yet is shown at once and fills while it is; one that goes on, or whose database somebody replaces,
# is taken anew; and whatever ends the program, no process and no half database stays.
. "$(dirname "$0")/screens.sh"
plan_or_skip
PATH="$build:$PATH"
cd "$dir" || exit 1

files() { ls -d "$1"* | tr '\n' ' '; }
is() { # got want name
	if [ "$1" = "$2" ]; then ok "$3"; else not_ok "$3"; printf 'got  %s\nwant %s\n' "$1" "$2" | note; fi
}
gone() { ! kill -0 "$1" 2> /dev/null; }
# The program, with the id of its process in the file pid.
open_known() { # arguments
	rm -f "$dir/pid"
	open_window 100 30 "(echo \$BASHPID > pid; exec culprit tui $*) 2>&1; echo ended with \$?"
	until_true test -s "$dir/pid"
}
keeper() { pgrep -P "$(cat "$dir/pid")"; }   # takes the jobs
analyzer() { pgrep -P "$(keeper)"; }         # does one
# What waits for an analysis waits as long as that takes.
patiently() { "$@" || "$@" || "$@" || "$@"; }
finished() { # name
	if patiently until_true shows_not "analyzing"; then ok "$1"; else not_ok "$1"; screen | note; fi
}
# It goes no further while it is looked at.
hold() { held=$(analyzer); kill -STOP "$held"; }
go() { kill -CONT "$held"; }
part="% of the trace are analyzed, up to"

# On a busy machine it takes longer until there is as much.
for seconds in 5 10 20; do
	culprit record -o big.trace -- "$build/tests/bench/storm" 2 $seconds > /dev/null 2>&1 || { not_ok "recording"; finish; exit 1; }
	[ "$(stat -c %s big.trace)" -ge 25000000 ] && break
done
culprit analyze -o reference.db big.trace > /dev/null || not_ok "analyzing"
dump() { sqlite3 "$1" .dump | md5sum; }

# --- it fills ---
open_known big.trace
sees "1 Overview" "the views are there at once"
sees "analyzing: " "how far it is stands in the header"
sees "$part" "what is there so far is shown, and said to be no more"; hold
is "$(sqlite3 "$(ls -t big.trace.db.part-* | grep -v tmp | head -1)" "SELECT count(*) > 0 FROM total")" 1 "it is a database, for sqlite3 as well"
keys 2; sees "block_make" "the other views have it too"
[ "$(ps -o ni= -p "$(analyzer)")" -gt 0 ] && ok "at low priority" || not_ok "at low priority"; go
finished "and it ends"
keys 1; sees_not "$part" "all is there then"
keys q; sees "ended with 0"
is "$(files big.trace)" "big.trace big.trace.db " "nothing but the database stays"
is "$(dump big.trace.db)" "$(dump reference.db)" "which is the one that analyze makes"

# --- two: the one that is compared with is analyzed meanwhile as well ---
culprit record -o later.trace -- "$build/examples/temporary" > /dev/null 2>&1
rm big.trace.db
open_known big.trace later.trace
sees "temporary, pid" "what is shown is there while the earlier one is analyzed"
sees "A: analyzing: " "which stands in the header"; hold
keys BTab; sees "to compare with" "that there is nothing to compare with yet is said"; go
until_true shows "block_make" && ok "part of it is compared with" || { not_ok "part of it is compared with"; screen | note; }
sees "A: the first" "and said to be no more"
finished "and it ends"; sees_not "$part" "all of it is compared with then"
keys q; sees "ended with 0"
is "$(files big.trace)$(files later.trace)" "big.trace big.trace.db later.trace later.trace.db " "nothing but databases stays"
is "$(dump big.trace.db)" "$(dump reference.db)" "the one that analyze makes"
rm later.trace.db
open_known later.trace later.trace
sees "no change" "a trace with itself is analyzed once"
keys q; sees "ended with 0"
: > cut.trace
open_window 100 30 "culprit tui cut.trace later.trace; echo ended with \$?"
sees "ended with 1" "an earlier one that is no trace"; sees "cut.trace is empty" "is named"
rm -f later.trace* cut.trace*

# --- whatever ends it ---
ends() { # name status how...
	local name=$1 status=$2 child pid
	shift 2
	rm -f big.trace.db
	open_known big.trace
	sees "$part" "$name: in the middle"
	pid=$(cat "$dir/pid")
	child=$(analyzer)
	"$@" "$pid"
	until_true shows_ended "$status" && ok "$name: the exit status" || not_ok "$name: the exit status"
	until_true gone "$child" && ok "$name: nobody analyzes any more" || not_ok "$name: $child is still there"
	until_true is_alone && ok "$name: nothing is left" || { not_ok "$name: nothing is left"; files big.trace | note; }
}
press_q() { keys q; }
is_part_only() { files big.trace | grep -qx 'big.trace big.trace.db.part-[0-9]*-[0-9]* '; }
is_alone() { [ "$(files big.trace)" = "big.trace " ]; }
shows_ended() { screen | tr -d '\n ' | grep -q "endedwith$1"; }
ends "q" 0 press_q
ends "SIGTERM" 143 kill
ends "SIGKILL" 137 kill -KILL

# A shell that lives on when Ctrl-C is for the program.
open_window 100 30 "trap : INT; (culprit tui big.trace); echo ended with \$?"
sees "$part"; keys C-c
sees "ended with 130" "Ctrl-C"
is "$(files big.trace)" "big.trace " "Ctrl-C: nothing is left"

# Both killed at once leave files, which the next one removes; not those of a process that lives.
echo > big.trace.db.part-$((2 ** 30))-65; echo > big.trace.db.tmp-$((2 ** 30)); echo > big.trace.db.part-$$-65
cp reference.db big.trace.db
open_known big.trace
sees "block_make" "an analyzed trace is shown"
keys q; sees "ended with 0"
is "$(files big.trace)" "big.trace big.trace.db big.trace.db.part-$$-65 " "what killed ones left is removed"
rm big.trace.db.part-$$-65

# --- an analysis that dies: of memory, say ---
rm big.trace.db
open_known big.trace
sees "$part"
kill -KILL "$(analyzer)"
sees "was ended by signal 9" "an analysis that is killed says so"
sees "block_make" "what is there stays"
until_true is_part_only && ok "and nothing else" || { not_ok "and nothing else"; files big.trace | note; }
sees "R tries again"; keys R; sees "analyzing: " "it can be asked for again"
finished "which takes its time"; sees_not "$part" "and then all is there"
keys q; sees "ended with 0"
is "$(dump big.trace.db)" "$(dump reference.db)" "as if nothing had happened"

# --- what is newer on the disk ---
culprit record -o small.trace -- "$build/examples/leak" > /dev/null 2>&1
culprit record -o other.trace -- "$build/examples/temporary" > /dev/null 2>&1
culprit analyze -o other.db other.trace > /dev/null
cp other.db shown.db
open_tui 100 30 shown.db
sees "temporary, pid"
cp reference.db new.db; mv new.db shown.db
sees "there is a newer one: R" "a database that was replaced is told"
sees "temporary, pid" "and not taken unasked"
keys R; sees "storm, pid" "R takes it"
head -c 10000 other.db > new.db; mv new.db shown.db
sees "there is a newer one: R"; keys R
sees "shown.db is a damaged database; analyze its trace again" "one that is damaged is refused"
sees "storm, pid" "what was there is shown on"
cp other.db new.db; sqlite3 new.db 'PRAGMA user_version = 99'; mv new.db shown.db
sees "R tries again"; keys R; sees "was made by a newer culprit" "so is one of another version"
rm shown.db; keys 2; sees "block_make" "one that is gone is read on"
keys q; sees "ended with 0"

open_tui 100 30 small.trace
sees "leak, pid" "a small trace"
cp other.trace new; mv new small.trace
sees "there is a newer one: R" "a trace of another recording is told"
keys R; sees "temporary, pid" "R analyzes it"
keys q; sees "ended with 0"
is "$(sqlite3 small.trace.db "SELECT command FROM process")" temporary "into its database"

# --- a recording that goes on ---
events() { sqlite3 "$1" "SELECT sum(allocations) FROM process"; }
culprit record -o growing.trace -- perl -e 'while (1) { my @a = map { "x" x $_ } 1 .. 1000; select undef, undef, undef, 0.02 }' > /dev/null 2>&1 &
recorder=$!
until_true test -s growing.trace
sleep 1
open_tui 100 30 growing.trace
finished "a recording that goes on"; sees "perl, pid" "a recording that goes on is shown"
sees "is still being written" "and said to go on"
sees "there is a newer one: R" "that it is longer now is told"
first=$(events growing.trace.db)
grown() { [ -e growing.trace.db ] && [ "$(events growing.trace.db)" -gt "$first" ]; }
keys R; patiently until_true grown && ok "R has it analyzed again" || not_ok "R has it analyzed again"
keys q; sees "ended with 0"
first=$(events growing.trace.db)
open_tui 100 30 "--every=1 growing.trace"
sees "perl, pid" "what is known of it already is shown at once"
patiently until_true grown && ok "--every analyzes it of itself" || not_ok "--every analyzes it of itself"
first=$(events growing.trace.db)
patiently until_true grown && ok "and again" || not_ok "and again"
keys q; sees "ended with 0"
kill -INT $recorder; pkill -P $recorder; wait $recorder 2> /dev/null

# --- ... that forgets what is old, and begins anew in the same file ---
forever='while (1) { my @a = map { "x" x $_ } 1 .. 1000; select undef, undef, undef, 0.005 }'
culprit record -q --keep=1s -o ring.trace -- perl -e "$forever" > /dev/null 2>&1 &
recorder=$!
until_true test -s ring.trace
inode=$(stat -c %i ring.trace)
replaced() { [ "$(stat -c %i ring.trace)" != "$inode" ]; }
patiently until_true replaced && ok "a recording that keeps its last second" || not_ok "a recording that keeps its last second"
open_tui 100 30 "--every=1 ring.trace"
appears() { if patiently until_true shows "$1"; then ok "$2"; else not_ok "$2"; screen | note; fi; }
appears "are not kept" "is shown, and said to have forgotten"
for n in 1 2; do
	events=$(sqlite3 ring.trace.db "SELECT value FROM meta WHERE key = 'duration_ns'")
	longer() { [ "$(sqlite3 ring.trace.db "SELECT value FROM meta WHERE key = 'duration_ns'")" -gt "$events" ]; }
	patiently until_true longer && ok "it is taken anew as it goes on, $n" || not_ok "it is taken anew as it goes on, $n"
done
sees_not "R tries again" "without a failure"
kill -INT $recorder; pkill -P $recorder; wait $recorder 2> /dev/null
culprit record -q -o ring.trace -- "$build/examples/temporary" > /dev/null 2>&1
appears "temporary, pid" "another recording into the same file is taken"
keys q; sees "ended with 0"

# --- where nothing can be written ---
mkdir locked tmp; chmod 755 .; chmod 777 tmp; cp other.trace locked; chmod 644 locked/other.trace; chmod 555 locked
if [ "$(id -u)" = 0 ]; then as="setpriv --reuid=65534 --regid=65534 --clear-groups"; else as=; fi
open_window 120 30 "TMPDIR=tmp $as culprit tui locked/other.trace; echo ended with \$?"
sees "temporary, pid" "a trace in a directory that cannot be written is shown"
keys q; sees "ended with 0"
sees "other.trace.db cannot be written" "that it is not kept is said"
is "$(ls locked tmp)" "$(printf 'locked:\nother.trace\n\ntmp:')" "and nothing is"
out=$(TMPDIR=tmp $as culprit report summary --format=csv locked/other.trace 2> told | cut -d, -f2 | tail -1)
is "$out" temporary "a report on it is made"
is "$(wc -l < told) $(grep -c 'cannot be written.*Permission denied.*not kept' told)" "1 1" "and says so in a line"
is "$(ls locked tmp)" "$(printf 'locked:\nother.trace\n\ntmp:')" "nothing is kept of that either"

disk() { [ "$(id -u)" = 0 ] && mkdir disk && mount -t tmpfs -o size="$1" none disk; }
if disk $(($(stat -c %s big.trace) / 1024 + 500))k; then
	cp big.trace disk
	open_tui 100 30 disk/big.trace
	finished "beside a full disk it ends"
	sees "storm, pid" "the trace is shown all the same"
	keys q; sees "No space left on device): this analysis is not kept" "that it is not kept is said"
	sees "ended with 0"
	is "$(ls disk)" big.trace "and nothing stays"
	open_window 100 30 "TMPDIR=disk culprit tui disk/big.trace; echo ended with \$?"
	finished "where there is no room at all it ends"
	sees "no space left on the device" "a full disk is said"
	keys q; sees "culprit: cannot" "and said again after all"
	sees "ended with 1"
	is "$(ls disk)" big.trace "and nothing half-written stays"
	umount disk
fi
finish
