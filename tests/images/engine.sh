# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# engine.sh - buildah and podman with a store of their own, and the base image.

base_image=${BASE_IMAGE:-docker.io/library/debian:bookworm-slim}

# A machine without systemd, with mixed cgroups or with low limits needs other settings than the packages bring. Where
# somebody has chosen some, they stay.
engine_ready() {
    local tool
    for tool in buildah podman runc; do
        command -v "$tool" >/dev/null ||
            die "$tool is missing: apt-get install --no-install-recommends buildah podman runc"
    done
    if [ -z "${CONTAINERS_CONF:-}" ]; then
        export CONTAINERS_CONF=$run_dir/containers.conf
        engine_settings >"$CONTAINERS_CONF"
    fi
    if [ -z "${CONTAINERS_STORAGE_CONF:-}" ]; then
        export CONTAINERS_STORAGE_CONF=$run_dir/storage.conf
        mkdir -p "$CALLMILL_CACHE/images"
        printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' \
            "$CALLMILL_CACHE/images" "$run_dir/containers" >"$CONTAINERS_STORAGE_CONF"
    fi
    podman image exists "$base_image" || podman pull "$base_image" >"$run_dir/log/pull.log" 2>&1 || base_image_make
}

# Limits that this shell may set: podman's own are higher than a machine may allow.
engine_settings() {
    cat <<CONF
[containers]
default_ulimits = ["nofile=$(limit_of -Hn 65536)", "nproc=$(limit_of -Hu 32768)"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
CONF
}

limit_of() { # ULIMIT-OPTION MOST -> SOFT:HARD
    local hard
    hard=$(ulimit "$1")
    if [ "$hard" = unlimited ] || [ "$hard" -gt "$2" ]; then hard=$2; fi
    echo "$hard:$hard"
}

# The same suite and packages as Docker Hub's image, without documentation and apt's caches as there.
base_image_make() {
    local tar=$run_dir/base.tar path options=()
    command -v mmdebstrap >/dev/null ||
        die "$base_image can neither be pulled nor made: apt-get install --no-install-recommends mmdebstrap"
    for path in man info locale doc; do options+=("--dpkgopt=path-exclude=/usr/share/$path/*"); done
    options+=('--dpkgopt=path-include=/usr/share/doc/*/copyright' '--aptopt=Acquire::Languages "none"'
        '--aptopt=Acquire::GzipIndexes "true"' '--aptopt=Dir::Cache::pkgcache ""' '--aptopt=Dir::Cache::srcpkgcache ""')
    long_step "a stand-in for $base_image, of Debian's packages" "$run_dir/log/base.log" mmdebstrap --quiet \
        --variant=minbase "${options[@]}" bookworm "$tar" || exit 1 # its default: the suite, its updates, security
    podman import --quiet --change 'CMD=["bash"]' "$tar" "$base_image" >/dev/null
    rm -f "$tar"
}
