# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154 # what is set in one piece is read in another
# jobs.sh - work that takes a while: shown as it goes on, several at a time, ended with the script.
#
# A script that sources this sets `trap jobs_end EXIT`; then an interrupt leaves nothing behind.

# Runs COMMAND with its output in LOG, says when it begins and ends, and every 15 s that it goes on.
# The command is a group of its own, so that an interrupted run can end all of it.
long_step() { # LABEL LOG COMMAND...
    local label=$1 log=$2 began=$EPOCHSECONDS
    shift 2
    mkdir -p "$(dirname "$log")"
    say "$label ..."
    setsid "$@" >"$log" 2>&1 </dev/null &
    local pid=$!
    group_began "$pid"
    if ! wait_with_heartbeat "$pid" "$label" "$log"; then
        group_ended "$pid"
        show_tail "$log" >&2
        say "error: $label failed; the whole log is $log" >&2
        return 1
    fi
    group_ended "$pid"
    say "$label: done in $((EPOCHSECONDS - began)) s"
}

wait_with_heartbeat() { # PID LABEL LOG
    local ticks=0
    while kill -0 "$1" 2>/dev/null; do
        sleep 0.2
        ticks=$((ticks + 1))
        if [ $((ticks % 75)) = 0 ]; then
            say "$2: still at it, $((ticks / 5)) s: $(tail -n 1 "$3" | tr -d '\r' | cut -c 1-100)"
        fi
    done
    wait "$1"
}

# Runs FUNCTION beside the rest; the job's id comes in `job`.
job_start() { # FUNCTION [ARGUMENT...]
    (
        trap jobs_end EXIT
        trap 'exit 143' TERM
        running_groups=() running_jobs=()
        "$@"
    ) &
    job=$!
    running_jobs+=("$job")
}

# True when all of them went well; waits for every one either way, so that all are heard.
jobs_wait() { # JOB...
    local each failed=0
    for each in "$@"; do
        wait "$each" || failed=1
    done
    running_jobs=()
    return $failed
}

running_groups=() running_jobs=()

group_began() { running_groups+=("$1"); }
group_ended() {
    local pid kept=()
    for pid in "${running_groups[@]}"; do
        [ "$pid" = "$1" ] || kept+=("$pid")
    done
    running_groups=("${kept[@]}")
}

jobs_end() {
    local pid
    for pid in "${running_groups[@]}"; do
        kill -TERM -- "-$pid" 2>/dev/null || true
    done
    for pid in "${running_jobs[@]}"; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    running_jobs=()
}
