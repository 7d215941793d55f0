# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# services.sh - callmill's own services from a build's bin folder.

# In the order of their health ports, from base + 20 on.
services=(api-gateway call-ingest transcriber contact-enricher analyzer-runner todo-extractor reporter live-session)

services_ports() {
    api_port=$port_base
    ingest_port=$((port_base + 1))
    live_port=$((port_base + 2))
    callsim_port=$((port_base + 3))
}

service_admin_port() { # NAME
    local i
    for i in "${!services[@]}"; do
        [ "${services[i]}" != "$1" ] || echo $((port_base + 20 + i))
    done
}

services_must_have_ports() {
    local name
    for name in "${services[@]}"; do
        process_runs "$name" || ports_must_be_free "$name" "$(service_admin_port "$name")"
    done
    process_runs api-gateway || ports_must_be_free api-gateway "$api_port"
    process_runs call-ingest || ports_must_be_free call-ingest "$ingest_port"
    process_runs live-session || ports_must_be_free live-session "$live_port"
    process_runs callsim || ports_must_be_free "the Twilio stand-in" "$callsim_port"
}

# What every service gets. Where the user has set a variable, it stays; only the addresses of the
# private servers are always ours, since a stray DATABASE_URL must not turn a demo loose on real data.
services_environment() {
    export RECORDINGS_DIR=${RECORDINGS_DIR:-$run_dir/recordings}
    export MAIL_DIR=${MAIL_DIR:-$run_dir/mail}
    export WHISPER_MODEL=${WHISPER_MODEL:-$whisper_model}
    export VAD_MODEL=${VAD_MODEL:-$vad_model}
    export TWILIO_ACCOUNT_SID=${TWILIO_ACCOUNT_SID:-$demo_account_sid}
    export TWILIO_AUTH_TOKEN=${TWILIO_AUTH_TOKEN:-$demo_auth_token}
    export TWILIO_API_URL=${TWILIO_API_URL:-http://127.0.0.1:$callsim_port}
    export PUBLIC_URL=${PUBLIC_URL:-http://127.0.0.1:$ingest_port}
    export STREAM_URL=${STREAM_URL:-ws://127.0.0.1:$live_port/twilio/stream}
    export UI_URL=${UI_URL:-http://127.0.0.1:$api_port}
    export KAFKA_BROKERS=127.0.0.1:$kafka_port
    SCHEMA_REGISTRY_URL=$(registry_url)
    export SCHEMA_REGISTRY_URL
    (umask 077 && mkdir -p "$RECORDINGS_DIR" "$MAIL_DIR")
}

service_start() { # NAME
    local role=worker http=()
    case $1 in
    api-gateway)
        role=api
        http=(HTTP_ADDR="127.0.0.1:$api_port")
        ;;
    call-ingest) http=(HTTP_ADDR="127.0.0.1:$ingest_port") ;;
    live-session) http=(HTTP_ADDR="127.0.0.1:$live_port") ;;
    esac
    process_start "$1" env -u MIGRATE_DATABASE_URL DATABASE_URL="$(postgres_url $role)" "${http[@]}" \
        ADMIN_ADDR="127.0.0.1:$(service_admin_port "$1")" "$bin_dir/$1"
}

service_ready() { curl -fs --noproxy '*' -m 2 -o /dev/null "http://127.0.0.1:$(service_admin_port "$1")/readyz"; }

services_start() {
    local name began=$EPOCHSECONDS
    say "${#services[@]} services: starting ..."
    for name in "${services[@]}"; do
        process_runs "$name" || service_start "$name"
    done
    for name in "${services[@]}"; do
        process_wait "$name" 30 service_ready "$name" || return 1
    done
    say "${#services[@]} services: ready in $((EPOCHSECONDS - began)) s"
}

services_stop() {
    local name jobs=()
    for name in "${services[@]}" callsim; do
        job_start process_stop "$name" TERM 20
        jobs+=("$job")
    done
    jobs_wait "${jobs[@]}"
}

# callmill (the command) as the schema's owner; everything else it needs comes from the environment.
callmill() {
    DATABASE_URL=$(postgres_url worker) MIGRATE_DATABASE_URL=$(postgres_url owner) "$bin_dir/callmill" "$@"
}
