# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# process.sh - long-running programs of a run directory: start, recognise, wait for, stop.
#
# RUN/pid/NAME holds "PID STARTTIME". A pid alone may belong to somebody else by the time we look; with
# its start time it is that very process or none, so we never end a process that is not ours.

# A run directory is made before anything is started in it. What lies in its folders (logs, mail,
# recordings) is for its owner; the directory itself may be passed through, by PostgreSQL's user.
run_dir_make() {
    [ -d "$run_dir/log" ] || (
        umask 077
        mkdir -p "$run_dir/pid" "$run_dir/log" "$run_dir/call"
        chmod 711 "$run_dir"
    )
    run_dir=$(cd "$run_dir" && pwd)
    [ -e "$run_dir/secrets" ] || secrets_make
    # shellcheck source=/dev/null # written by us
    . "$run_dir/secrets"
}

# Loopback is open to every user of the machine, so even a private database has real passwords.
secrets_make() {
    local name
    (
        umask 077
        for name in admin owner worker api; do
            echo "pg_${name}_password=$(random_hex 16)"
        done >"$run_dir/secrets.part"
        {
            echo "demo_account_sid=AC$(random_hex 16)"
            echo "demo_auth_token=$(random_hex 16)"
            echo "demo_password=$(random_hex 8)"
        } >>"$run_dir/secrets.part"
        mv "$run_dir/secrets.part" "$run_dir/secrets"
    )
}

random_hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

started_at() { # PID -> its start time in ticks since boot, nothing when there is no such process
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    # The name in parentheses may hold anything, so count from behind it.
    stat=${stat##*) }
    cut -d' ' -f20 <<<"$stat"
}

process_pid() { # NAME -> pid when it runs
    local pid born
    [ -e "$run_dir/pid/$1" ] || return 1
    read -r pid born <"$run_dir/pid/$1" || return 1
    [ -n "$born" ] && [ "$(started_at "$pid")" = "$born" ] || return 1
    echo "$pid"
}

process_runs() { process_pid "$1" >/dev/null; }

# Starts COMMAND in a session of its own (Ctrl-C is for us: we stop things in order), log in RUN/log.
process_start() { # NAME COMMAND...
    local name=$1 log=$run_dir/log/$1.log pid
    shift
    [ ! -e "$log" ] || mv "$log" "$log.1"
    setsid "$@" >"$log" 2>&1 </dev/null 9>&- &
    pid=$!
    echo "$pid $(started_at "$pid")" >"$run_dir/pid/$name"
}

# The exit status of an ended process that this very shell started; 1 for any other.
process_status() { # NAME
    local pid
    read -r pid _ <"$run_dir/pid/$1" || return 1
    wait "$pid" 2>/dev/null
}

# Polls COMMAND until it succeeds. Gives up when the process ends or the seconds are over.
process_wait() { # NAME SECONDS COMMAND...
    local name=$1 seconds=$2 deadline=$((EPOCHSECONDS + $2))
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ! process_runs "$name"; then
            process_complain "$name" "$name ended as it started"
            return 1
        fi
        if [ "$EPOCHSECONDS" -ge "$deadline" ]; then
            process_complain "$name" "$name was not ready within $seconds s"
            return 1
        fi
        sleep 0.1
    done
}

process_complain() { # NAME TEXT
    show_tail "$run_dir/log/$1.log" >&2
    say "error: $2; its log is $run_dir/log/$1.log" >&2
}

# Asks with SIGNAL, waits, then insists.
process_stop() { # NAME [SIGNAL [SECONDS]]
    local name=$1 deadline=$((EPOCHSECONDS + ${3:-20})) pid
    if pid=$(process_pid "$name"); then
        kill -s "${2:-TERM}" "$pid" 2>/dev/null || true
        while process_runs "$name" && [ "$EPOCHSECONDS" -lt "$deadline" ]; do
            sleep 0.05
        done
        if process_runs "$name"; then
            warn "$name did not stop within ${3:-20} s, killing it"
            kill -s KILL "$pid" 2>/dev/null || true
        fi
    fi
    rm -f "$run_dir/pid/$name"
}

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

ports_must_be_free() { # WHAT PORT...
    local what=$1 port
    shift
    for port in "$@"; do
        ! port_answers "$port" ||
            die "port $port, wanted for $what, is in use by another program;
         choose other ports with --port-base N (now $port_base)"
    done
}
