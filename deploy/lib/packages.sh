# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# packages.sh - the Debian packages that callmill needs; installs what is missing, as root only.

# To build the programs, as deploy/Dockerfile does: compilers, C libraries, what fetches the rest.
packages_to_build=(
    gcc g++ cmake ninja-build pkg-config ccache
    librdkafka-dev libpq-dev libavro-dev libmicrohttpd-dev libcurl4-openssl-dev libssl-dev
    libjansson-dev libsodium-dev libmpg123-dev libspeexdsp-dev
    python3 python3-pip python3-yaml ca-certificates
)
# To build and run on this machine: also the tests' libraries, PostgreSQL, Maven for Kafka, the demo's voices.
packages_to_run=(
    "${packages_to_build[@]}" libcmocka-dev libwslay-dev
    postgresql-15 maven flite ffmpeg curl jq procps
)
# What only the tests need on top.
packages_to_test=(
    git make clang-14 clang-tidy-14 clang-format-14 libclang-rt-14-dev
    python3-venv shellcheck wrk chromium fonts-liberation
)
# What deploy/fetch needs for its downloads and for libwhisper; for the Java programs Maven on top.
packages_to_fetch=(gcc g++ cmake ninja-build python3 python3-pip ca-certificates)
packages_to_fetch_java=(maven)

packages_missing() { # PACKAGE...
    comm -23 <(printf '%s\n' "$@" | sort -u) <(
        dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort -u
    )
}

packages_ensure() { # LABEL PACKAGE...
    local label=$1 missing=()
    shift
    command -v dpkg-query >/dev/null ||
        { warn "not a Debian system: taking it that these are here: $*"; return 0; }
    mapfile -t missing < <(packages_missing "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] ||
        die "these packages are missing: ${missing[*]}
         install them as root: apt-get install --no-install-recommends ${missing[*]}"
    packages_install "$label" "${missing[@]}"
}

apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)

packages_install() { # LABEL PACKAGE...
    local label=$1 log
    shift
    log=$(mktemp "${TMPDIR:-/tmp}/callmill-packages.XXXXXX")
    long_step "package lists" "$log" "${apt[@]}" update || exit 1
    without_default_cluster
    long_step "$label: $# packages from Debian" "$log" \
        "${apt[@]}" install -y --no-install-recommends "$@" || exit 1
    with_default_cluster_again
    rm -f "$log"
}

# Debian's package makes and starts a database cluster as it is installed. Nobody asked for one here:
# where PostgreSQL is new, it is told not to, for the time of the installation.
cluster_setting=/etc/postgresql-common/createcluster.d/callmill.conf
without_default_cluster() {
    [ ! -e /usr/share/postgresql-common ] || return 0
    mkdir -p "$(dirname "$cluster_setting")"
    echo "create_main_cluster = false" >"$cluster_setting"
}
with_default_cluster_again() {
    [ -e "$cluster_setting" ] || return 0
    rm -f "$cluster_setting"
    rmdir --ignore-fail-on-non-empty "$(dirname "$cluster_setting")"
}
