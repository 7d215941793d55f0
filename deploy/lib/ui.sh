# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# ui.sh - what a person sees: lines with the elapsed time, errors, help, the end of a log.

# Scripts call each other; all of them count from the first one's start.
export CALLMILL_T0=${CALLMILL_T0:-$EPOCHSECONDS}

say() { printf '[%4d s] %s\n' $((EPOCHSECONDS - CALLMILL_T0)) "$*"; }
warn() { say "warning: $*" >&2; }
die() {
    say "error: $*" >&2
    exit 1
}

# What stands behind an option, or the end.
wants() { # OPTION VALUE WHAT
    [ -n "$2" ] || die "$1 wants $3"
}

# A file's own leading comment is its help.
show_help() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$1"; }

show_tail() { # LOG [LINES]
    [ -s "$1" ] || return 0
    echo "--- the end of $1"
    tail -n "${2:-25}" "$1"
    echo "---"
}
