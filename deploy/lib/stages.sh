# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# stages.sh - the tests of several builds as one list for ctest.
#
# Each preset's build has a test list of its own, with the same names in each. We write one more list
# that holds them all as PRESET/NAME, so that there is one run, one summary and one exit status.

# The tests of one build that bear one of the labels (all when there is none), into stdout.
stage_list() { # PRESET LABEL...
    local preset=$1
    shift
    stage_write "$preset" "$*" ''
}

# The unit tests of another build: not those labelled `once`, which none of its compiled code is in.
stage_list_again() { # PRESET
    stage_write "$1" unit once
}

stage_write() { # PRESET LABELS NOT-THIS-LABEL
    ctest --test-dir "$root_dir/build/$1" --show-only=json-v1 |
        jq -r --arg stage "$1" --arg only "$2" --arg without "$3" -f "$deploy_dir/lib/stages.jq"
}

# What the tests of a list share, for ctest: they wait more than they compute, but each has services of its own.
stage_resources() {
    echo "{\"version\": {\"major\": 1, \"minor\": 0}, \"local\": [{\"servers\": [{\"id\": \"0\", \"slots\": $(($(nproc) * 2))}]}]}"
}

# Tests that need no build: the scripts.
stage_scripts() {
    local script scripts=()
    while IFS= read -r script; do
        scripts+=("[==[$script]==]")
    done < <(script_files)
    cat <<LIST
add_test([==[scripts/shellcheck]==] shellcheck -x -P SCRIPTDIR ${scripts[*]})
set_tests_properties([==[scripts/shellcheck]==] PROPERTIES LABELS static WORKING_DIRECTORY [==[$root_dir]==])
LIST
}

script_files() {
    grep -rlE '^#!/usr/bin/env bash|^# shellcheck shell=bash' "$root_dir/deploy" "$root_dir/k8s" "$root_dir/tests" "$root_dir/.ci"
}
