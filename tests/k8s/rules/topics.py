"""Topics, who may read and write them, and who is scaled by them: all as the programs say."""
from manifests import dig, name_of
from rules import rule

TRIGGER = {"bootstrapServers", "consumerGroup", "topic", "lagThreshold", "activationLagThreshold", "offsetResetPolicy",
           "allowIdleConsumers", "scaleToZeroOnInvalidOffset", "excludePersistentLag", "limitToPartitionsWithLag",
           "ensureEvenDistributionOfPartitions", "partitionLimitation", "version", "sasl", "tls"}
DAY_MS = 24 * 60 * 60 * 1000


def prefix(world):
    return dig(world.manifests.get("ConfigMap", "callmill-servers"), "data", "TOPIC_PREFIX",
               default=world.code.programs["callmill topics"].settings["TOPIC_PREFIX"].default)


def setup_setting(world, name):
    program = world.code.programs["callmill topics"]
    for pod in world.manifests.pods:
        for one in pod.all_containers:
            if one.program == program.name and one.settings.get(name):
                return one.settings[name]
    return program.settings[name].default


def documented(world):
    """docs/architecture.md's first table: {service: (what it consumes, what it emits)}."""
    found = {}
    for row in world.tables.get("Architecture", [])[1:]:
        events = [{word for word in cell.split("`")[1::2] if word in world.code.events} for cell in row[1:3]]
        found[row[0]] = tuple(events)
    return found


@rule
def arrows(world):
    """The table of docs/architecture.md says what each program says of itself."""
    table = documented(world)
    for service, program in world.code.programs.items():
        if " " in service:
            continue
        if service not in table:
            yield "docs/architecture.md", f"does not say what {service} consumes and emits"
            continue
        consumes, emits = table[service]
        if service != "api-gateway" and consumes != set(program.consumes):
            yield "docs/architecture.md", f"{service} consumes {' '.join(program.consumes)}"
        if emits != set(program.emits):
            yield "docs/architecture.md", f"{service} emits {' '.join(program.emits)}"


@rule
def topics(world):
    """KafkaTopics are those that `callmill topics` would make, as it would make them."""
    have = {one["metadata"]["name"]: one for one in world.manifests.of("KafkaTopic")}
    if not world.manifests.of("Kafka"):
        return
    start = prefix(world)
    partitions = int(setup_setting(world, "TOPIC_PARTITIONS"))
    want = {start + event: partitions for event in world.code.events}
    want |= {f"{start}dead-letter.{service}": 1 for service in world.code.dead_letter_services}
    for name in sorted(set(want) - set(have)):
        yield f"KafkaTopic/{name}", "is missing"
    brokers = sum(pool["spec"]["replicas"] for pool in world.manifests.of("KafkaNodePool") if "broker" in pool["spec"]["roles"])
    for name, one in have.items():
        at, spec = name_of(one), one["spec"]
        if name not in want:
            yield at, "is no topic of callmill"
        elif spec.get("partitions") != want[name]:
            yield at, f"has {spec.get('partitions')} partitions, callmill topics would make {want[name]}"
        copies, in_sync = spec.get("replicas"), int(dig(spec, "config", "min.insync.replicas", default=1))
        if not copies or copies > brokers or in_sync > max(1, copies - 1):
            yield at, f"{copies} copies, {in_sync} of them in sync, on {brokers} brokers"
        days = int(setup_setting(world, "EVENT_RETENTION_DAYS"))
        if dig(spec, "config", "retention.ms") != days * DAY_MS or dig(spec, "config", "segment.ms") != DAY_MS:
            yield at, f"does not forget after {days} days (EVENT_RETENTION_DAYS), a day at a time"


def expected_acls(world, service):
    """{(kind, name, pattern): operations} of a service's user, from docs/architecture.md."""
    start, table = prefix(world), documented(world)
    consumes, emits = table.get(service, (set(), set()))
    reads = world.code.events if service == "api-gateway" else consumes
    writes = set(emits)
    if service in world.code.dead_letter_services:
        writes |= consumes | {"call.step-failed", f"dead-letter.{service}"}
    acls = {}
    for event in sorted(reads | writes):
        operations = ({"Read", "Describe"} if event in reads else set()) | ({"Write"} if event in writes else set())
        acls["topic", start + event, "literal"] = operations
    if service == "api-gateway":
        acls["group", f"{start}api-gateway.live.", "prefix"] = {"Read"}
    elif reads:
        acls["group", start + service, "literal"] = {"Read"}
    return acls


def acls_of(user):
    found = {}
    for acl in dig(user, "spec", "authorization", "acls", default=[]):
        resource = acl["resource"]
        key = (resource["type"], resource.get("name"), resource.get("patternType", "literal"))
        found.setdefault(key, set()).update(acl["operations"])
    return found


@rule
def acls(world):
    """Each service's user may do what its arrows need, and nothing else."""
    kafka = next(iter(world.manifests.of("Kafka")), None)
    if not kafka:
        return
    if dig(kafka, "spec", "kafka", "authorization", "type") != "simple":
        yield name_of(kafka), "asks nobody for an ACL"
    for listener in dig(kafka, "spec", "kafka", "listeners", default=[]):
        if not listener.get("tls") or dig(listener, "authentication", "type") != "scram-sha-512":
            yield name_of(kafka), f"listener {listener.get('name')} lets in who has not logged in, or without TLS"
    start = prefix(world)
    want = {f"kafka-{pod.name}": expected_acls(world, pod.name) for pod in world.manifests.services}
    want["kafka-setup"] = {("topic", start, "prefix"): {"Create", "Describe"}}
    consumed = {event for program in world.code.programs.values() for event in program.consumes}
    want["kafka-keda"] = {("topic", start + event, "literal"): {"Describe"} for event in consumed}
    want["kafka-keda"] |= {("group", start + one, "literal"): {"Describe"} for one in world.code.dead_letter_services}
    have = {one["metadata"]["name"]: one for one in world.manifests.of("KafkaUser")}
    for name in sorted(set(want) | set(have)):
        if name not in have or name not in want:
            yield f"KafkaUser/{name}", "is missing" if name not in have else "is nobody's"
            continue
        mine = acls_of(have[name])
        for key in sorted(set(mine) | set(want[name])):
            if mine.get(key, set()) != want[name].get(key, set()):
                yield (f"KafkaUser/{name}", f"{key[0]} {key[1]}: {' '.join(sorted(mine.get(key, {'nothing'})))}, by its "
                       f"arrows {' '.join(sorted(want[name].get(key, {'nothing'})))}")
    for pod in world.manifests.pods:
        for one in pod.all_containers:
            login = one.settings.get("KAFKA_SASL_USERNAME")
            if login and login != f"kafka-{pod.app}":
                yield name_of(pod.owner), f"logs in to Kafka as {login}"


@rule
def scaling(world):
    """KEDA takes any text in a trigger: here it has to be a topic that the service consumes, and its own group."""
    start, most_useful = prefix(world), int(setup_setting(world, "TOPIC_PARTITIONS"))
    brokers = dig(world.manifests.get("ConfigMap", "callmill-servers"), "data", "KAFKA_BROKERS", default="")
    for one in world.manifests.of("ScaledObject"):
        at, service = name_of(one), dig(one, "spec", "scaleTargetRef", "name")
        program = world.code.programs.get(service)
        kafka = [trigger for trigger in one["spec"]["triggers"] if trigger.get("type") == "kafka"]
        if len(kafka) == len(one["spec"]["triggers"]) and one["spec"].get("maxReplicaCount", 100) > most_useful:
            yield at, f"up to {one['spec'].get('maxReplicaCount', 100)} pods for {most_useful} partitions"
        for trigger in kafka:
            said = trigger.get("metadata") or {}
            for key in sorted(set(said) - TRIGGER):
                yield at, f"KEDA knows no {key}"
            if any(not isinstance(value, str) for value in said.values()):
                yield at, "a trigger's values are texts"
            if said.get("topic") not in [start + event for event in getattr(program, "consumes", [])]:
                yield at, f"{service} does not consume {said.get('topic')}"
            if said.get("consumerGroup") != start + service:
                yield at, f"{service}'s group is {start}{service}, not {said.get('consumerGroup')}"
            if not str(said.get("lagThreshold", "")).isdigit() or int(said["lagThreshold"]) < 1:
                yield at, f"lagThreshold {said.get('lagThreshold')}"
            if said.get("offsetResetPolicy") != "earliest" or said.get("limitToPartitionsWithLag") != "true":
                yield at, "offsetResetPolicy must be earliest as the services', lag counts by partition"
            if said.get("bootstrapServers", "").replace(".callmill.svc", "") != brokers:
                yield at, f"asks {said.get('bootstrapServers')}, the services ask {brokers}"
            if not world.manifests.get("TriggerAuthentication", dig(trigger, "authenticationRef", "name", default="")):
                yield at, "its TriggerAuthentication is not there"
