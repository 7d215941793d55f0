"""What one object says of another is true: names, selectors, ports, files."""
import os
import re
import subprocess

from manifests import dig, load_all, matches, name_of
from rules import rule

# What operators make: Secrets of these names and keys, without anybody writing them down.
CNPG_CA = ("callmill-db-ca", {"ca.crt", "ca.key"})
STRIMZI_CA = ("callmill-cluster-ca-cert", {"ca.crt", "ca.p12", "ca.password"})


@rule
def names(world):
    seen = set()
    for one in world.manifests.objects:
        key = (one["kind"], dig(one, "metadata", "namespace"), one["metadata"]["name"])
        if key in seen:
            yield name_of(one), "is there twice"
        seen.add(key)
        if one["kind"] != "Namespace" and key[1] != "callmill":
            yield name_of(one), f"is in namespace {key[1]}"
        if len(key[2]) > 63 or not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", key[2]):
            yield name_of(one), "has a name that Kubernetes refuses"


@rule
def selectors(world):
    pods = world.manifests.pods
    operators = [{"cnpg.io/cluster": one["metadata"]["name"]} for one in world.manifests.of("Cluster")]
    for pod in pods:
        if pod.owner["kind"] == "Deployment" and not matches(pod.owner["spec"]["selector"], pod.labels):
            yield name_of(pod.owner), "does not select its own pods"
        others = [one for one in pods if one.name != pod.name and one.owner["kind"] == "Deployment"
                  and matches(one.owner["spec"]["selector"], pod.labels)]
        if others:
            yield name_of(pod.owner), f"its pods are selected by {name_of(others[0].owner)} too"
    for one in world.manifests.of("Service"):
        found = [pod for pod in pods if matches({"matchLabels": one["spec"].get("selector")}, pod.labels)]
        if len(found) != 1:
            yield name_of(one), f"selects the pods of {len(found)} workloads"
    for one in world.manifests.of("NetworkPolicy"):
        labels = [pod.labels for pod in pods] + operators
        if not any(matches(one["spec"]["podSelector"], some) for some in labels):
            yield name_of(one), "selects no pods"
    for one in world.manifests.of("ServiceMonitor"):
        found = [s for s in world.manifests.of("Service") if matches(one["spec"]["selector"], s["metadata"].get("labels", {}))]
        if {s["metadata"]["name"] for s in found} < {pod.name for pod in world.manifests.services}:
            yield name_of(one), "does not select each service"
        for end in one["spec"]["endpoints"]:
            missing = [s for s in found if end.get("port") not in [port.get("name") for port in s["spec"]["ports"]]]
            if missing:
                yield name_of(one), f"{name_of(missing[0])} has no port {end.get('port')}"


@rule
def ports(world):
    """A port is said in four places (the program's variable, container, Service, default of the program): all the same."""
    for pod in world.manifests.services:
        at, one = name_of(pod.owner), pod.main
        for name, variable in (("http", "HTTP_ADDR"), ("admin", "ADMIN_ADDR")):
            address, port = one.settings.get(variable), one.ports.get(name)
            if (address or port) and address != f"0.0.0.0:{port}":
                yield at, f"{variable} is {address}, the container's port {name} is {port}"
            default = getattr(world.code.programs[one.program].settings.get(variable), "default", "")
            if port and default.rpartition(":")[2] not in ("", "unset", str(port)):
                yield at, f"port {name} is {port}, the program's own is {default}"
    by_selector = {pod.name: pod for pod in world.manifests.pods}
    for service in world.manifests.of("Service"):
        pod = by_selector.get(service["metadata"]["name"])
        for port in service["spec"]["ports"]:
            if pod and port.get("targetPort") not in pod.ports:
                yield name_of(service), f"targetPort {port.get('targetPort')} is no port's name of its pods"
    for policy in world.manifests.of("NetworkPolicy"):
        for entry in policy["spec"].get("ingress") or []:
            for port in entry.get("ports") or []:
                chosen = [pod for pod in world.manifests.pods if matches(policy["spec"]["podSelector"], pod.labels)]
                if isinstance(port.get("port"), str) and not any(port["port"] in pod.ports for pod in chosen):
                    yield name_of(policy), f"port {port['port']} is no port's name of the pods that it selects"


@rule
def references(world):
    """ConfigMaps, volumes, ServiceAccounts are there; a file that a variable names is mounted."""
    for pod in world.manifests.pods:
        at = name_of(pod.owner)
        if not world.manifests.get("ServiceAccount", pod.spec.get("serviceAccountName")):
            yield at, f"ServiceAccount {pod.spec.get('serviceAccountName')} is not there"
        for name, volume in pod.volumes.items():
            claim = dig(volume, "persistentVolumeClaim", "claimName")
            if claim and not world.manifests.get("PersistentVolumeClaim", claim):
                yield at, f"PersistentVolumeClaim {claim} is not there"
        for one in pod.all_containers:
            for name in one.config_maps:
                if not world.manifests.get("ConfigMap", name):
                    yield at, f"ConfigMap {name} is not there"
            for mount in one.mounts.values():
                if mount["name"] not in pod.volumes:
                    yield at, f"container {one.name} mounts {mount['name']}, which is no volume"
            for variable, text in one.settings.items():
                if variable.endswith(("_FILE", "_SSL_CA", "_DIR")) and not _is_there(pod, one, text or ""):
                    yield at, f"{variable}={text}: nothing is mounted there"
        unused = set(pod.volumes) - {m["name"] for one in pod.all_containers for m in one.mounts.values()}
        if unused:
            yield at, f"volumes that nobody mounts: {', '.join(sorted(unused))}"


def _is_there(pod, one, path):
    for mounted, mount in one.mounts.items():
        if path == mounted:
            return True
        if path.startswith(mounted + "/"):
            items = dig(pod.volumes.get(mount["name"], {}), "secret", "items")
            return items is None or path[len(mounted) + 1:] in [item["path"] for item in items]
    return False


def wanted_secrets(manifests):
    """{(Secret, key): who refers to it}."""
    found = {}
    for pod in manifests.pods:
        for volume in pod.volumes.values():
            for item in dig(volume, "secret", "items", default=[]):
                found[volume["secret"]["secretName"], item["key"]] = name_of(pod.owner)
        for one in pod.all_containers:
            for variable in one.env.values():
                ref = dig(variable, "valueFrom", "secretKeyRef")
                if ref:
                    found[ref["name"], ref["key"]] = name_of(pod.owner)
    for auth in manifests.of("TriggerAuthentication"):
        for ref in dig(auth, "spec", "secretTargetRef", default=[]):
            found[ref["name"], ref["key"]] = name_of(auth)
    for cluster in manifests.of("Cluster"):
        owner = dig(cluster, "spec", "bootstrap", "initdb", "secret", "name")
        roles = [dig(role, "passwordSecret", "name") for role in dig(cluster, "spec", "managed", "roles", default=[])]
        for name in filter(None, [owner, *roles]):
            found |= {(name, key): name_of(cluster) for key in ("username", "password")}
    for role in manifests.of("DatabaseRole"):
        found |= {(dig(role, "spec", "passwordSecret", "name"), key): name_of(role) for key in ("username", "password")}
    for store in manifests.of("ObjectStore"):
        for ref in dig(store, "spec", "configuration", "s3Credentials", default={}).values():
            found[ref["name"], ref["key"]] = name_of(store)
    return found


def made_by_operators(manifests):
    made = {}
    if manifests.of("Kafka"):
        made |= {one["metadata"]["name"]: {"password", "sasl.jaas.config"} for one in manifests.of("KafkaUser")}
        made |= dict([STRIMZI_CA])
    if manifests.of("Cluster"):
        made |= dict([CNPG_CA])
    return made


def listed_secrets(world):
    """k8s/README.md's list: {Secret: its keys}."""
    rows = re.findall(r"^\| `([a-z0-9<>-]+)` \| (`.*?`) \|", world.text("k8s/README.md"), re.M)
    return {name: set(re.findall(r"`([a-z0-9.-]+)`", keys)) for name, keys in rows}


@rule
def secrets(world):
    """Every key that is referred to is made by an operator or stands in README's list; out of a vault comes just that."""
    wanted, made, listed = wanted_secrets(world.manifests), made_by_operators(world.manifests), listed_secrets(world)
    external = {one["metadata"]["name"]: {row["secretKey"] for row in one["spec"]["data"]}
                for one in world.manifests.of("ExternalSecret")}
    for (name, key), who in sorted(wanted.items()):
        row = listed.get(name) or (listed.get("kafka-<user>") if name.startswith("kafka-") else None) or set()
        if key not in made.get(name, set()) and key not in row:
            yield who, f"Secret {name} key {key}: nobody makes it, and k8s/README.md does not list it"
        if external and key not in external.get(name, set()) | made.get(name, set()):
            yield who, f"Secret {name} key {key}: no ExternalSecret brings it"
    for name, keys in external.items():
        for key in sorted(keys - {key for secret, key in wanted if secret == name}):
            yield f"ExternalSecret/{name}", f"nobody refers to key {key}"
    for one in world.manifests.of("Secret"):
        yield name_of(one), "a Secret's data does not belong into the repository"


@rule
def ways_in(world):
    """Hosts are what Twilio and browsers were told, every webhook gets to who serves it, and time-outs fit."""
    hosts, rules = {}, []
    for ingress in world.manifests.of("Ingress"):
        tls = {host for one in ingress["spec"].get("tls") or [] for host in one["hosts"]}
        for one in ingress["spec"]["rules"]:
            if one["host"] not in tls:
                yield name_of(ingress), f"{one['host']} without TLS"
            for path in one["http"]["paths"]:
                service = dig(path, "backend", "service", "name")
                hosts.setdefault(service, set()).add(one["host"])
                rules.append((path["path"], service, ingress))
                have = world.manifests.get("Service", service)
                if not have or dig(path, "backend", "service", "port", "name") not in [p["name"] for p in have["spec"]["ports"]]:
                    yield name_of(ingress), f"{path['path']} goes to {service}, which has no such port"
    for pod in world.manifests.services:
        for variable, service in (("PUBLIC_URL", "call-ingest"), ("STREAM_URL", "live-session"), ("UI_URL", "api-gateway")):
            url = pod.main.settings.get(variable) or ""
            if service == pod.name and {re.sub(r"^(https|wss)://|/.*", "", url)} != hosts.get(service):
                yield name_of(pod.owner), f"{variable}={url}, but its Ingress is for {sorted(hosts.get(service, []))}"
    for route in [*world.code.routes, "/twilio/stream", "/api/calls", "/"]:
        at = max((one for one in rules if route == one[0] or route.startswith(one[0].rstrip("/") + "/")),
                 key=lambda one: len(one[0]), default=(None, None, None))
        to = {"/twilio/stream": "live-session"}.get(route, "call-ingest" if route.startswith("/twilio") else "api-gateway")
        if at[1] != to:
            yield "Ingress", f"{route} goes to {at[1]}, {to} serves it"
    yield from _time_outs(world)


def _time_outs(world):
    def said(ingress, name):
        text = dig(ingress, "metadata", "annotations", f"nginx.ingress.kubernetes.io/{name}", default="0")
        return int(re.sub(r"\D", "", text) or 0) if name != "proxy-buffering" else text
    gateway = world.code.programs["api-gateway"].settings
    for ingress in world.manifests.of("Ingress"):
        at, service = name_of(ingress), dig(ingress, "spec", "rules", 0, "http", "paths", 0, "backend", "service", "name")
        wait = said(ingress, "proxy-read-timeout")
        if service == "call-ingest" and not 10 <= wait <= 15:
            yield at, f"waits {wait} s for call-ingest; Twilio waits 15 s"
        if service == "live-session" and wait < 14400:
            yield at, f"cuts a silent media stream off after {wait} s"
        if service == "api-gateway":
            if wait * 1000 <= int(gateway["LIVE_HEARTBEAT_MS"].default) or wait * 1000 < int(gateway["TEXT_TIMEOUT_MS"].default):
                yield at, f"waits {wait} s: less than a live page's heartbeat or a model's answer"
            if said(ingress, "proxy-buffering") != "off":
                yield at, "holds a live page's events back (proxy-buffering)"
            if said(ingress, "proxy-body-size") * 2**20 != int(gateway["IMPORT_MAX_BYTES"].default):
                yield at, "proxy-body-size is not IMPORT_MAX_BYTES"


SECRETS = "k8s/secrets"
GIVEN = {name: f"it's {name}" for name in (
    "TWILIO_AUTH_TOKEN", "SMTP_PASSWORD", "BACKUP_ACCESS_KEY_ID", "BACKUP_SECRET_ACCESS_KEY", "S3_ACCESS_KEY_ID",
    "S3_SECRET_ACCESS_KEY", "TEXT_API_KEY", "SPEECH_API_KEY", "REALTIME_API_KEY")}


@rule
def secrets_script(world):
    """k8s/secrets writes what README lists, and with it a cluster with its own servers has every key."""
    if not world.manifests.of("Cluster"):
        return
    run = subprocess.run(["bash", "-c", world.text(SECRETS)], env={"PATH": os.environ["PATH"], **GIVEN}, capture_output=True,
                         text=True)
    if run.returncode:
        yield SECRETS, run.stderr.strip()
        return
    have = {one["metadata"]["name"]: one["stringData"] for one in load_all(run.stdout)}
    listed, made = listed_secrets(world), made_by_operators(world.manifests)
    for name, data in have.items():
        for key in sorted(set(data) - listed.get(name, set())):
            yield f"Secret/{name}", f"k8s/README.md does not list key {key}"
    for (name, key), who in sorted(wanted_secrets(world.manifests).items()):
        if key not in have.get(name, {}) and key not in made.get(name, set()):
            yield who, f"{SECRETS} writes no key {key} of Secret {name}"
    passwords = [data["password"] for name, data in have.items() if name.startswith("database-")]
    if len(set(passwords)) != len(passwords) or min(map(len, passwords)) < 32:
        yield SECRETS, "passwords can be guessed"
    for role, cluster in (("owner", "callmill_owner"), ("worker", "callmill_worker"), ("api", "callmill_api")):
        data = have.get(f"database-{role}", {})
        if f"//{cluster}:{data.get('password')}@callmill-db-rw:5432/callmill?sslmode=verify-full" not in data.get("url", ""):
            yield f"Secret/database-{role}", "its URL is not its user's, or does not verify the server"
