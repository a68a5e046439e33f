#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Searching while typing, going on with n and N, giving up, and finding nothing.
. "$(dirname "$0")/screens.sh"
plan_or_skip

open_tui 80 24
sees "Largest at the peak"
keys 2; sees "Hot spots by bytes"
keys /; keys k e; golden search-typing
keys y; sees "▶  9.28 MiB" "what is typed is found at once, also where the name is shortened"
keys Enter; sees_not "/key" "Enter closes the prompt"
sees "▶  9.28 MiB" "and stays with the row"
keys n; sees '"key": from the top again' "n goes round"
keys g / r o w Enter; sees "▶  11.3 MiB" "a second search"
keys n; sees "▶  5.04 MiB" "n: the next row"
keys N; sees "▶  11.3 MiB" "N: the row before"
keys / N O W H E R E; golden search-nothing
keys BSpace BSpace BSpace BSpace BSpace BSpace BSpace N o d e; sees "▶  6.60 MiB" "typing on finds again"
keys Escape; sees "▶  11.3 MiB" "Escape goes back to where the search began"
keys / n o d e Enter; sees "▶  6.60 MiB" "small letters find large ones"
keys / N O D E Enter; sees '"NODE" is in no row' "large letters do not find small ones"
keys / BSpace; sees "Enter open" "Backspace in an empty prompt closes it"
keys 3; keys / b t r e e Enter; sees "▶3.71 MiB" "places are searched too"
keys 1; keys / p l u g Enter; sees "▶2.75 MiB" "in the overview's lists as well"
keys '?'; sees "Help: Overview"; keys / d r a w Enter; sees "▶             Ctrl-L" "and in help"
keys q q; sees "ended with 0" "q leaves"

finish
