# SPDX-License-Identifier: MIT
#
# For tests of the terminal UI: a terminal of a given size (tmux, on a socket of its own), keys sent to it, and what
# is then on its screen. Nothing waits for a fixed time: every question is asked again until the answer is right or
# ten seconds have passed. Sourced by the tests, which end with `finish`.
#
# CULPRIT_GOLDEN=write has the golden screens written rather than compared; see golden.sh.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${CULPRIT_BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
dir=$(mktemp -d)
socket=culprit-test-$$
windows=0
count=0

# The program sees this locale and no setting of whoever runs the tests.
export LC_ALL=C.UTF-8 TMUX_TMPDIR="$dir" # its socket goes with the directory
unset NO_COLOR LINES COLUMNS ESCDELAY TMUX

plan_or_skip() {
	for tool in tmux sqlite3; do
		command -v $tool > /dev/null || { echo "1..0 # SKIP $tool is not there"; exit 0; }
	done
	sqlite3 "$dir/synthetic.db" < "$top/analyzer/store/schema.sql" && sqlite3 "$dir/synthetic.db" < "$top/tests/data/synthetic.sql" || exit 1
	trap leave EXIT
}

leave() {
	tm kill-server 2> /dev/null
	rm -rf "$dir"
}

tm() { tmux -u -L "$socket-$windows" -f /dev/null "$@"; }

ok() { count=$((count + 1)); echo "ok $count - $1"; }
not_ok() { count=$((count + 1)); echo "not ok $count - $1"; }
note() { sed 's/^/# /'; }
finish() { echo "1..$count"; }

# A window of COLUMNS x ROWS in which a shell runs COMMAND in the directory of the databases.
open_window() { # columns rows command
	# A server of its own: one that is still ending would refuse us.
	tm kill-server 2> /dev/null
	windows=$((windows + 1))
	tm new-session -d -x "$1" -y "$2" "cd '$dir'; PATH='$build:/usr/bin:/bin'; unset TMUX; export TERM=${TERMINAL:-tmux-256color}; $3; exec sleep 1000" \; \
		set -g status off \; set -g remain-on-exit on
}

# The program on a database, after which the shell says how it ended.
open_tui() { # columns rows [database]
	open_window "$1" "$2" "culprit tui ${3:-synthetic.db}; echo ended with \$?"
}

keys() { tm send-keys "$@"; }
screen() { tm capture-pane -p; }

# Asks until the command is true, ten seconds at the most.
until_true() {
	for _ in $(seq 200); do
		"$@" && return 0
		sleep 0.05
	done
	return 1
}

shows() { screen | grep -qF -- "$1"; }
shows_not() { ! shows "$1"; }

# ok when the text appears (or, with "not", is gone).
sees() { # text [name]
	if until_true shows "$1"; then ok "${2:-shows $1}"; else not_ok "${2:-shows $1}"; screen | note; fi
}

sees_not() { # text [name]
	if until_true shows_not "$1"; then ok "${2:-no longer shows $1}"; else not_ok "${2:-no longer shows $1}"; screen | note; fi
}

# The same with its colours and attributes, as the sequences that make them.
coloured_screen() { tm capture-pane -p -e; }

is_golden() { ${2:-screen} | cmp -s - "$here/golden/$1.txt"; }

# The same picture three times in a row: for writing golden screens only.
settle() {
	local before="" again=0
	for _ in $(seq 100); do
		local now
		now=$(coloured_screen)
		if [ "$now" = "$before" ]; then again=$((again + 1)); else again=0; fi
		[ $again -ge 4 ] && return
		before=$now
		sleep 0.1
	done
}

# ok when the whole screen is as in golden/NAME.txt; `how` says as what it is looked at.
golden() { # name [how]
	local how=${2:-screen}
	if [ "${CULPRIT_GOLDEN:-}" = write ]; then
		settle
		$how > "$here/golden/$1.txt"
	fi
	if until_true is_golden "$1" "$how"; then
		ok "screen $1"
	else
		not_ok "screen $1"
		diff -u "$here/golden/$1.txt" <($how) | sed 's/\x1b/^[/g' | note
	fi
}

# What a terminal sends for the mouse at a column and row, from 1 on: a click of the left button, or any other report.
click() { report "0;$1;$2M"; report "0;$1;$2m"; }
report() { tm send-keys -l "$(printf '\033[<%s' "$1")"; }
