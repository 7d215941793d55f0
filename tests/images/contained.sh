# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# contained.sh - deploy/lib/services.sh with containers in the processes' place: what it calls to start, ask and stop
# a service, or the command line, runs one of the images.

volumes=callmill-images
container_prefix=callmill-images-

# As deploy/compose.yaml confines them. Podman leaves health checks to systemd's timers, which are not everywhere.
confined=(--no-healthcheck --read-only --read-only-tmpfs=false --tmpfs "/tmp:size=16m,mode=1777" --cap-drop ALL
    --security-opt no-new-privileges --pids-limit 256 --network host)

memory_of() { # SERVICE, as compose.yaml limits it
    python3 -c 'import sys, yaml; print(yaml.safe_load(open(sys.argv[1]))["services"].get(sys.argv[2], {}).get("mem_limit", 0))' \
        "$deploy_dir/compose.yaml" "$1"
}

# The settings come by name from this shell's environment, so that no secret stands in a command line.
contained_run() { # TARGET [PODMAN-OPTION...] [-- ARGUMENT...]
    local target=$1 options=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    [ $# = 0 ] || shift
    podman run --rm --interactive "${confined[@]}" --memory 256m "${options[@]}" "$(image_of "$target")" "$@"
}

callmill() {
    DATABASE_URL=$(postgres_url worker) MIGRATE_DATABASE_URL=$(postgres_url owner) contained_run callmill \
        --env DATABASE_URL --env MIGRATE_DATABASE_URL --env KAFKA_BROKERS --env SCHEMA_REGISTRY_URL -- "$@"
}

service_volumes() { # NAME
    case $1 in
    api-gateway | call-ingest) echo "--volume $volumes-recordings:/recordings" ;;
    transcriber) echo "--volume $volumes-recordings:/recordings --volume $volumes-models:/usr/local/share/callmill:ro" ;;
    live-session) echo "--volume $volumes-models:/usr/local/share/callmill:ro" ;;
    reporter) echo "--volume $volumes-mail:/mail" ;;
    esac
}

service_start() { # NAME
    local role=worker http='' name=$1 mounts variable options=()
    case $name in
    api-gateway) role=api http=127.0.0.1:$api_port ;;
    call-ingest) http=127.0.0.1:$ingest_port ;;
    live-session) http=127.0.0.1:$live_port ;;
    esac
    for variable in DATABASE_URL KAFKA_BROKERS SCHEMA_REGISTRY_URL TWILIO_ACCOUNT_SID TWILIO_AUTH_TOKEN TWILIO_API_URL \
        PUBLIC_URL STREAM_URL UI_URL ADMIN_ADDR; do
        options+=(--env "$variable")
    done
    [ -z "$http" ] || options+=(--env "HTTP_ADDR=$http")
    read -ra mounts <<<"$(service_volumes "$name")"
    podman rm --force --ignore "$container_prefix$name" >/dev/null
    process_start "$name" env DATABASE_URL="$(postgres_url $role)" ADMIN_ADDR="127.0.0.1:$(service_admin_port "$name")" \
        podman run --rm --name "$container_prefix$name" "${confined[@]}" --memory "$(memory_of "$name")" \
        "${options[@]}" "${mounts[@]}" "$(image_of "$name")"
}

# Each is asked to end and has to end well.
contained_stop() {
    local name pid
    for name in "${services[@]}"; do
        pid=$(process_pid "$name") || { complain "$name has ended before it was asked to"; continue; }
        kill -TERM "$pid"
    done
    for name in "${services[@]}"; do
        process_status "$name" || complain "$name did not end with 0 after SIGTERM; its log is $run_dir/log/$name.log"
    done
    say "${#services[@]} services: ended after SIGTERM"
}

contained_remove() {
    local name
    for name in "${services[@]}"; do podman rm --force --ignore "$container_prefix$name" >/dev/null 2>&1 || true; done
    podman volume rm --force "$volumes-recordings" "$volumes-models" "$volumes-mail" >/dev/null 2>&1 || true
}
