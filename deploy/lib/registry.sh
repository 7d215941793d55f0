# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# registry.sh - Apicurio, a schema registry with Confluent's REST API, on loopback.
#
# It keeps its schemas in a file, so that the ids in events that are already in Kafka stay true.

registry_start() {
    process_runs registry && return 0
    mkdir -p "$run_dir/registry"
    # The management port needs a host of its own: by default it listens on every address.
    process_start registry env QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT="$registry_port" \
        QUARKUS_MANAGEMENT_HOST=127.0.0.1 QUARKUS_MANAGEMENT_PORT="$registry_admin_port" \
        APICURIO_STORAGE_KIND=sql APICURIO_DATASOURCE_URL="jdbc:h2:file:$run_dir/registry/schemas" \
        "$java" -Xms64m -Xmx256m "${java_flags[@]}" -jar "$registry_home/quarkus-run.jar"
    process_wait registry 60 curl -fs --noproxy '*' -m 2 "$(registry_url)/subjects"
}

registry_stop() { process_stop registry TERM 20; }

registry_url() { echo "http://127.0.0.1:$registry_port/apis/ccompat/v7"; }
