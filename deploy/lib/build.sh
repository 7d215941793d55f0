# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# build.sh - configures and builds one of the presets of CMakePresets.json.

# Configures only when it was not yet: the build does it again by itself where a file has changed.
build_preset() { # PRESET [TARGET...]
    local preset=$1 build=$root_dir/build/$1 launcher=()
    shift
    [ ! -x "$(command -v ccache)" ] || launcher=(-D "CMAKE_C_COMPILER_LAUNCHER=ccache")
    if [ ! -e "$build/build.ninja" ]; then
        long_step "configure $preset" "$root_dir/build/log/$preset-configure.log" cmake -S "$root_dir" --preset "$preset" \
            -D "Whisper_ROOT=$whisper_home" "${launcher[@]}" || return 1
    fi
    long_step "build $preset" "$root_dir/build/log/$preset-build.log" cmake --build "$build" "${@/#/--target=}" || return 1
}
