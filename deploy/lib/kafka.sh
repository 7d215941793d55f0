# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# kafka.sh - one Kafka node (KRaft: broker and controller in one) on loopback.

java=$java_home/bin/java

# Quick to start and small: these matter more here than the last bit of throughput.
java_flags=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError)

kafka_start() {
    process_runs kafka && return 0
    local data=$run_dir/kafka
    mkdir -p "$data"
    kafka_properties >"$data/server.properties"
    [ -e "$data/log/meta.properties" ] || kafka_format "$data" || return 1
    process_start kafka "$java" -Xms64m "-Xmx${CALLMILL_KAFKA_HEAP:-384m}" "${java_flags[@]}" \
        -Dorg.slf4j.simpleLogger.logFile=System.out -Dorg.slf4j.simpleLogger.showDateTime=true \
        -Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd\'T\'HH:mm:ss.SSS \
        -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
        -Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info \
        -cp "$kafka_home/libs/*" kafka.Kafka "$data/server.properties"
    process_wait kafka 60 grep -q 'Kafka Server started' "$run_dir/log/kafka.log"
}

kafka_properties() {
    cat <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$kafka_controller_port
listeners=PLAINTEXT://127.0.0.1:$kafka_port,CONTROLLER://127.0.0.1:$kafka_controller_port
advertised.listeners=PLAINTEXT://127.0.0.1:$kafka_port
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$run_dir/kafka/log
auto.create.topics.enable=false
num.partitions=6
group.initial.rebalance.delay.ms=0
PROPERTIES
    cat "$deploy_dir/kafka/small.properties"
}

kafka_format() { # DATA
    local log=$run_dir/log/kafka-format.log
    "$java" "${java_flags[@]}" -cp "$kafka_home/libs/*" kafka.tools.StorageTool format \
        --cluster-id "$(kafka_cluster_id)" --config "$1/server.properties" >"$log" 2>&1 ||
        { show_tail "$log" >&2; say "error: Kafka's storage could not be formatted, see $log" >&2; return 1; }
}

# 16 random bytes in Kafka's URL-safe base64, which may not begin with a dash.
kafka_cluster_id() { echo "c$(head -c 15 /dev/urandom | base64 | tr '+/' '-_' | cut -c 1-19)AA"; }

kafka_stop() { process_stop kafka TERM 30; }
