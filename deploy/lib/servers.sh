# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# servers.sh - PostgreSQL, Kafka and the schema registry of one run directory, together.

servers_ports() { # the scheme: services from the base on, servers from base + 10, health from base + 20
    pg_port=$((port_base + 10))
    kafka_port=$((port_base + 11))
    kafka_controller_port=$((port_base + 12))
    registry_port=$((port_base + 13))
    registry_admin_port=$((port_base + 14))
}

servers_must_have_ports() {
    process_runs postgres || ports_must_be_free PostgreSQL "$pg_port"
    process_runs kafka || ports_must_be_free Kafka "$kafka_port" "$kafka_controller_port"
    process_runs registry || ports_must_be_free "the schema registry" "$registry_port" "$registry_admin_port"
}

servers_start() {
    local began=$EPOCHSECONDS jobs=() server
    servers_must_have_ports
    say "PostgreSQL, Kafka, schema registry: starting ..."
    for server in postgres kafka registry; do
        job_start "${server}_start"
        jobs+=("$job")
    done
    jobs_wait "${jobs[@]}" || return 1
    echo "$port_base" >"$run_dir/port-base"
    say "PostgreSQL, Kafka, schema registry: ready in $((EPOCHSECONDS - began)) s"
}

servers_stop() {
    local jobs=() server
    for server in postgres kafka registry; do
        job_start "${server}_stop"
        jobs+=("$job")
    done
    jobs_wait "${jobs[@]}"
}

servers_env() {
    cat <<ENV
DATABASE_URL=$(postgres_url worker)
API_DATABASE_URL=$(postgres_url api)
MIGRATE_DATABASE_URL=$(postgres_url owner)
KAFKA_BROKERS=127.0.0.1:$kafka_port
SCHEMA_REGISTRY_URL=$(registry_url)
WHISPER_MODEL=$whisper_model
VAD_MODEL=$vad_model
ENV
}

servers_status() {
    local server
    for server in postgres kafka registry; do
        if process_runs "$server"; then
            echo "$server: running, pid $(process_pid "$server")"
        else
            echo "$server: stopped"
        fi
    done
}
