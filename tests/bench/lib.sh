# shellcheck shell=bash disable=SC2154 # what is set in one piece is read in another
# lib.sh - what the benchmarks share: the release build, and private servers for the time of one run.

servers() { "$deploy_dir/servers" "$1" --run-dir "$run_dir" --port-base "$port_base"; }

bench_begin() { # [--run-dir DIR] [--port-base N]
    run_dir=$root_dir/.run-bench
    port_base=18480
    while [ $# -gt 0 ]; do
        case $1 in
        --run-dir) run_dir=$2 && shift ;;
        --port-base) port_base=$2 && shift ;;
        *) show_help "$0" && exit 0 ;;
        esac
        shift
    done
    packages_ensure "what the benchmarks need" "${packages_to_run[@]}" "${packages_to_test[@]}"
    cache_make whisper
    cache_make python
    build_preset release >&2
    servers start >&2
    trap 'servers remove >&2' EXIT
}

bench_python() { # FILE
    local line
    while IFS= read -r line; do export "${line?}"; done < <(servers env)
    CALLMILL_BIN=$root_dir/build/release/bin PYTHONPATH=$python_home python3 "$root_dir/tests/bench/$1"
}
