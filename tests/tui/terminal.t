#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The terminal itself: it is as before after leaving, whichever way; windows change their size; what cannot be
# shown on is refused in a sentence; colours and letters are those there are.
. "$(dirname "$0")/screens.sh"
plan_or_skip

flag() { tm display -p "#{$1}"; }
is_flag() { [ "$(flag "$1")" = "$2" ]; }
flag_is() { # flag value name
	if until_true is_flag "$1" "$2"; then ok "$3"; else not_ok "$3: $1 is $(flag "$1")"; fi
}
is() { # got want name
	if [ "$1" = "$2" ]; then ok "$3"; else not_ok "$3"; printf 'got  %s\nwant %s\n' "$1" "$2" | note; fi
}
exists() { [ -s "$1" ]; }

# The program in a shell that says before and after what the terminal is like. `exec` in between makes its id known.
open_guarded() {
	rm -f "$dir"/before "$dir"/after "$dir"/pid
	open_window 80 24 'trap : INT QUIT; echo earlier text; stty -g > before; (echo $BASHPID > pid; exec culprit tui synthetic.db); echo ended with $?; stty -g > after'
	sees "Largest at the peak"
	flag_is alternate_on 1 "it is on a screen of its own"
}

as_before() { # status name
	sees "ended with $1" "$2: the exit status"
	until_true exists "$dir/after"
	is "$(cat "$dir/after")" "$(cat "$dir/before")" "$2: the terminal's settings are as before"
	flag_is alternate_on 0 "$2: back on the first screen"
	flag_is cursor_flag 1 "$2: the cursor is seen"
	flag_is keypad_cursor_flag 0 "$2: the cursor keys are as before"
	flag_is mouse_any_flag 0 "$2: so is the mouse"
	sees "earlier text" "$2: what stood there does again"
	sees_not "Overview" "$2: and nothing else"
}

open_guarded; keys q; as_before 0 "q"
for signal in TERM HUP INT QUIT SEGV ABRT BUS; do
	open_guarded
	kill -$signal "$(cat "$dir/pid")"
	as_before $((128 + $(kill -l $signal))) "SIG$signal"
done
open_guarded; keys C-c; as_before 130 "Ctrl-C"

# A crash of the thread that reads, which is the one that is not called like its process.
open_guarded
reading=$(ls "/proc/$(cat "$dir/pid")/task" | grep -vx "$(cat "$dir/pid")" | head -1)
perl -e 'exit syscall(234, $ARGV[0] + 0, $ARGV[1] + 0, 11) != 0' "$(cat "$dir/pid")" "$reading" && ok "there is a thread that reads" || not_ok "there is a thread that reads"
as_before 139 "a crash of the thread that reads"

# Killed while the window changes its size and keys come.
for _ in 1 2 3; do
	open_guarded
	for size in 120x30 40x8 200x50 20x5 80x24; do
		keys Tab Down 2 Enter
		tm resize-window -x "${size%x*}" -y "${size#*x}"
	done
	kill -TERM "$(cat "$dir/pid")"
	as_before 143 "SIGTERM among keys and sizes"
done

# Stopped and continued.
open_window 80 24 'exec bash --norc --noprofile -i'
keys "PS1='ready: '; stty -g > before" Enter; sees "ready: "
keys "culprit tui synthetic.db" Enter; sees "Largest at the peak"
keys 2; sees "Hot spots by bytes allocated"
flag_is mouse_any_flag 1 "the mouse is its own"
keys C-z; sees "Stopped" "Ctrl-Z stops it"
flag_is alternate_on 0 "stopped: the first screen"
flag_is mouse_any_flag 0 "stopped: the mouse is the terminal's"
flag_is keypad_cursor_flag 0 "stopped: the cursor keys are as before"
flag_is cursor_flag 1 "stopped: the cursor is seen"
keys "stty -g > stopped; echo cooked" Enter; sees "cooked"
tm resize-window -x 200 -y 50
keys "fg" Enter; golden large-hotspots
flag_is mouse_any_flag 1 "continued: the mouse is its own again"
keys C-z; sees "Stopped"; keys "fg" Enter; golden large-hotspots
keys C-z; sees "Stopped"; keys "bg; echo in the background" Enter; sees "in the background"
flag_is alternate_on 0 "it does not draw from the background"
keys "fg" Enter; golden large-hotspots
pid=$(ps -o pid=,comm= -e | awk '$2 == "culprit"' | awk '{ print $1 }' | while read -r pid; do
	[ "$(readlink "/proc/$pid/cwd")" = "$(readlink -f "$dir")" ] && echo "$pid"; done)
kill -STOP "$pid"; sees "Stopped" "a signal that cannot be caught stops it"
keys "clear; fg" Enter; golden large-hotspots
tm resize-window -x 80 -y 24
golden small-hotspots
keys q; flag_is alternate_on 0 "it leaves"
keys "stty -g > after; echo finished" Enter; until_true exists "$dir/after"
is "$(cat "$dir/after")" "$(cat "$dir/before")" "after stopping and quitting the settings are as before"

# Sizes.
open_tui 80 24
sees "Largest at the peak"; keys 2; golden small-hotspots
tm resize-window -x 200 -y 50; golden large-hotspots
tm resize-window -x 80 -y 24; golden small-hotspots
tm resize-window -x 39 -y 24; sees "culprit needs 40x8" "too narrow a window is told"
tm resize-window -x 80 -y 7; sees "culprit needs 40x8" "too low a window is told"
keys 3; sees "make the window larger" "keys do no harm there"
tm resize-window -x 40 -y 8; sees "Leaks by" "the smallest window"
for view in 1 2 3 4 5 6 7 8 9 0; do keys $view Enter '?' q BSpace : Escape; done
for i in $(seq 30); do tm resize-window -x $((1 + i * 37 % 200)) -y $((1 + i * 11 % 60)); keys Tab Down; done
keys 2 g; tm resize-window -x 80 -y 24; golden small-hotspots
tm resize-window -x 1 -y 1; tm resize-window -x 300 -y 100; sees "Lock order" "from the smallest to a huge one"
keys q; sees "ended with 0"

# The terminal lent to an editor, which is stopped and interrupted, and the window made larger meanwhile.
cp synthetic.db edited.db 2> /dev/null || cp "$dir/synthetic.db" "$dir/edited.db"
sqlite3 "$dir/edited.db" "UPDATE file SET path = '$dir/network.c' WHERE path LIKE '%/network.c'"
seq -f 'line %g' 300 > "$dir/network.c"
cat > "$dir/editor" << 'EDITOR'
#!/bin/bash
trap 'echo it was interrupted' INT
echo "the editor has $1 of $(wc -l < "$2") lines"
while read -r line; do case $line in finished) exit 0 ;; fail) exit 3 ;; die) kill -9 $$ ;; esac; done
EDITOR
chmod +x "$dir/editor"
open_window 80 24 'exec bash --norc --noprofile -i'
keys "PS1='ready: '; stty -g > before; export EDITOR=$dir/editor" Enter; sees "ready: "
keys "clear; culprit tui edited.db" Enter; sees "Largest at the peak"
keys 2; sees "Hot spots by bytes allocated"; sees "1 stack to"
edit() { keys e; sees "the editor has +" "$1: the editor is there"; }
edit "first"
sees "the editor has +201 of 300 lines" "with the line of the row"
flag_is alternate_on 0 "the editor has the first screen"
flag_is mouse_any_flag 0 "and the mouse"
keys C-c; sees "it was interrupted" "Ctrl-C is the editor's"
tm resize-window -x 200 -y 50
keys C-z; sees "Stopped" "Ctrl-Z stops both"
keys "fg" Enter
keys "finished" Enter; sees "1-21 of 21 sites" "in a window of another size"
flag_is mouse_any_flag 1 "and the mouse is back"
tm resize-window -x 80 -y 24; sees "1-14 of 21"
edit "second"; keys "fail" Enter; sees "ended with exit status 3" "an editor that fails is told"
keys Down Up; edit "third"; keys "die" Enter; sees "was ended by signal 9" "one that is killed, too"
keys Down Up; sees_not "signal 9"
edit "fourth"; kill -HUP "$(pgrep -f 'culprit tui edited[.]db' | head -1)"; sees "Hangup" "ended while the editor has the terminal"

# No terminal.
export TERM=tmux-256color PATH="$build:$PATH"
cd "$dir" || exit 1
refused() { # words name command...
	local words=$1 name=$2 out status
	shift 2
	out=$("$@" 2>&1 > /dev/null); status=$?
	if [ $status = 1 ] && [[ $out == "culprit: "*"$words"* ]] && [ "$(echo "$out" | wc -l)" = 1 ]; then
		ok "$name"
	else
		not_ok "$name"; echo "status $status: $out" | note
	fi
}
on_terminal() { script -qec "$1" /dev/null < /dev/null 2>&1; }
told() { # words name command
	local out
	out=$(on_terminal "$3; echo status \$?")
	if [[ $out == *"$1"* ]] && [[ $out == *"status 1"* ]]; then ok "$2"; else not_ok "$2"; echo "$out" | note; fi
}
refused "standard input is none" "no terminal for input" culprit tui synthetic.db < /dev/null
told "standard output is none" "no terminal for output" "culprit tui synthetic.db > out"
told "TERM is not set" "no TERM" "env -u TERM culprit tui synthetic.db"
told 'does not know the terminal type "nonesuch"' "an unknown TERM" "TERM=nonesuch culprit tui synthetic.db"
told 'type "dumb" (TERM) cannot place text' "a dumb TERM" "TERM=dumb culprit tui synthetic.db"
refused "standard input is none" "not even for a file that is none" culprit tui nosuch.db < /dev/null
told "culprit: " "no such file" "culprit tui nosuch.db"
out=$(culprit tui 2>&1); is "$?" 2 "no file: a usage error"
out=$(culprit tui a b c 2>&1); is "$?" 2 "three files: a usage error"

# An empty recording.
sqlite3 empty.db < "$top/analyzer/store/schema.sql"
sqlite3 empty.db "INSERT INTO meta VALUES ('schema_version', 1), ('trace_id', '00'), ('trace_bytes', 0), ('complete', 1), ('duration_ns', 0)"
open_tui 80 24 empty.db
sees "no process" "an empty recording opens"
keys Enter Right Right Down G u m o O / x Enter n
keys 2; sees "Nothing was allocated in this recording." "no hot spots"
keys Enter Down G g / x Enter n N o O m
keys 3; sees "no leaks" "no leaks"
keys 4; sees "No block is known to have been freed before" "no temporaries"
keys '?'; sees "Help: Temporary"
keys q q; sees "ended with 0"

# A recording that lacks something says so.
cp synthetic.db lossy.db
sqlite3 lossy.db "UPDATE process SET lost_events = 1234567 WHERE id = 1; UPDATE meta SET value = 0 WHERE key = 'complete'"
open_tui 120 24 lossy.db
sees "1.23 M lost" "losses are in the line of facts"
sees "1234567 events were lost" "and in words in the overview"
sees "the trace does not end in order" "and that the trace was cut"
keys q; sees "ended with 0"

# A trace is analyzed first.
if culprit record -o ls.trace -- ls / > /dev/null 2>&1; then
	open_tui 80 24 ls.trace
	sees "Largest at the peak" "a trace is analyzed and shown"
	sees "ls.trace" "under its own name"
	keys q; sees "ended with 0"
	[ -s ls.trace.db ] && ok "its database is kept" || not_ok "its database is kept"
else
	not_ok "recording ls"
fi

# Letters and colours.
LC_ALL=C open_window 80 24 "LC_ALL=C culprit tui synthetic.db"
sees "Largest at the peak"; keys 2; golden ascii-hotspots
keys 1; golden ascii-overview
if screen | LC_ALL=C grep -q '[^ -~]'; then not_ok "ASCII only"; else ok "ASCII only"; fi

# Colours: what is drawn where is in the golden screens, in the sequences that tmux makes of its cells.
coloured() { # TERM environment name
	TERMINAL=$1 open_window 80 24 "$2 culprit tui synthetic.db"
	sees "Largest at the peak" "TERM=$1 $2"
	golden "$3-overview" coloured_screen
	keys 2; golden "$3-hotspots" coloured_screen
	keys / r o w Enter; golden "$3-search" coloured_screen
}
coloured tmux-256color "" colours-256
coloured screen "" colours-8
coloured tmux-256color "NO_COLOR=1" colours-none

colours_are() { # TERM before-the-command pattern want(none|some) name
	local lines
	TERMINAL=$1 open_window 80 24 "$2 culprit tui synthetic.db"
	sees "Largest at the peak" "TERM=$1 $2"
	lines=$(tm capture-pane -p -e | grep -c "$(printf '\033')\[$3")
	case $4-$lines in
	none-0 | some-[1-9]*) ok "$5" ;;
	*) not_ok "$5: in $lines lines" ;;
	esac
}
colours_are tmux-256color "" "[0-9;]*38;5;" some "256 colours"
colours_are screen "" "[0-9;]*36m" some "8 colours"
infocmp -x screen | sed 's/^screen|/sixteen|/; s/colors#[0-9x]*/colors#16/' > sixteen.ti && tic -x -o "$dir/terminfo" sixteen.ti
colours_are sixteen "TERMINFO='$dir/terminfo'" "[0-9;]*3[0-7]m" some "16 colours"
colours_are sixteen "TERMINFO='$dir/terminfo'" "[0-9;]*38;5;" none "and no others"
colours_are vt100 "" "[0-9;]*[349][0-8][;m]" none "no colours in the terminal"
colours_are xterm-mono "" "[0-9;]*[349][0-8][;m]" none "nor in this one"
colours_are tmux-256color "NO_COLOR=1" "[0-9;]*[349][0-8][;m]" none "no colours wanted"
colours_are tmux-256color "NO_COLOR=" "[0-9;]*38;5;" some "an empty NO_COLOR says nothing"

# In screen(1), which is a terminal of its own.
if command -v screen > /dev/null; then
	mkdir -m 700 "$dir/sockets"
	open_window 80 24 "export SCREENDIR='$dir/sockets'; command screen -c /dev/null culprit tui synthetic.db; echo ended with \$?"
	sees "Largest at the peak" "screen: it is shown"
	keys 2; golden small-hotspots
	tm resize-window -x 200 -y 50; golden large-hotspots
	tm resize-window -x 80 -y 24; golden small-hotspots
	click 6 2; sees "Largest at the peak" "screen: the mouse"
	keys q; sees "screen is terminating"
else
	ok "screen # SKIP screen is not there"
fi

finish
