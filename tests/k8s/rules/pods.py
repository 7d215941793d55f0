"""What holds for every pod: Pod Security "restricted" and beyond, probes, the way of stopping, resources, spread."""
import re

from manifests import dig, matches, name_of
from rules import rule

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
WATCHDOG_MS = 5000  # common/service/service_main.c: so long after GRACE_MS the process ends by itself
UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def amount(text):
    number, unit = re.fullmatch(r"(\d+)([A-Za-z]*)", str(text)).groups()
    return int(number) * UNITS[unit]


def cores(text):
    return int(text[:-1]) / 1000 if str(text).endswith("m") else float(text)


@rule
def pod_security(world):
    """As the admission controller judges "restricted": it lets a Deployment pass and forbids its pods."""
    for space in world.manifests.of("Namespace"):
        if dig(space, "metadata", "labels", "pod-security.kubernetes.io/enforce") != "restricted":
            yield name_of(space), "does not enforce the Pod Security standard restricted"
    for pod in world.manifests.pods:
        at, spec = name_of(pod.owner), pod.spec
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(key):
                yield at, f"{key} is forbidden"
        for name, volume in pod.volumes.items():
            if not VOLUMES & set(volume):
                yield at, f"volume {name} is of a kind that is forbidden"
        for one in pod.all_containers:
            yield from _container_security(at, one, dig(spec, "securityContext", default={}))


def _container_security(at, one, of_pod):
    own = one.spec.get("securityContext") or {}
    both = {**of_pod, **own}
    where = f"container {one.name}"
    if own.get("allowPrivilegeEscalation") is not False:
        yield at, f"{where}: allowPrivilegeEscalation must be false"
    if own.get("privileged"):
        yield at, f"{where}: privileged is forbidden"
    if both.get("runAsNonRoot") is not True or both.get("runAsUser") == 0:
        yield at, f"{where}: must run as another user than root"
    if dig(both, "seccompProfile", "type") not in ("RuntimeDefault", "Localhost"):
        yield at, f"{where}: no seccomp profile"
    if "ALL" not in dig(own, "capabilities", "drop", default=[]):
        yield at, f"{where}: must drop ALL capabilities"
    if set(dig(own, "capabilities", "add", default=[])) - {"NET_BIND_SERVICE"}:
        yield at, f"{where}: adds a capability"
    if any("hostPort" in port for port in one.spec.get("ports") or []):
        yield at, f"{where}: hostPort is forbidden"


@rule
def pod_hardening(world):
    """Beyond "restricted": nothing can be written but what is meant to be, and no pod can talk to the API server."""
    accounts = {}
    for pod in world.manifests.pods:
        at, spec = name_of(pod.owner), pod.spec
        account = spec.get("serviceAccountName")
        if not account or account in accounts:
            yield at, f"shares the ServiceAccount {account or 'default'}"
        accounts[account] = at
        if spec.get("automountServiceAccountToken") is not False:
            yield at, "mounts a token of the API server"
        if spec.get("enableServiceLinks") is not False:
            yield at, "enableServiceLinks lets other Services become variables"
        for name, volume in pod.volumes.items():
            if "emptyDir" in volume and not dig(volume, "emptyDir", "sizeLimit"):
                yield at, f"emptyDir {name} has no bound"
            if "secret" in volume and (not dig(volume, "secret", "items") or volume["secret"].get("defaultMode") != 0o440):
                yield at, f"volume {name} shows more of its Secret, or to more, than it must"
        for one in pod.all_containers:
            if dig(one.spec, "securityContext", "readOnlyRootFilesystem") is not True:
                yield at, f"container {one.name}: its root file system can be written"


@rule
def resources(world):
    for pod in world.manifests.pods:
        for one in pod.all_containers:
            have = one.spec.get("resources") or {}
            want = [("requests", "cpu"), ("requests", "memory"), ("requests", "ephemeral-storage"), ("limits", "memory"),
                    ("limits", "ephemeral-storage")]
            missing = [" ".join(pair) for pair in want if not dig(have, *pair)]
            if missing:
                yield name_of(pod.owner), f"container {one.name}: no {', '.join(missing)}"
                continue
            bounded = sum(amount(dig(v, "emptyDir", "sizeLimit", default=0)) for v in pod.volumes.values())
            if bounded > amount(have["limits"]["ephemeral-storage"]):
                yield name_of(pod.owner), f"container {one.name}: its emptyDirs hold more than ephemeral-storage allows"


@rule
def memory_for_events(world):
    """What a consumer fetches ahead and what it works on have bounds of their own, which must fit into the limit."""
    for pod in world.manifests.services:
        program = world.code.programs[pod.main.program]
        if not program.consumes:
            continue
        most = sum(int(pod.main.settings.get(name) or program.settings[name].default)
                   for name in ("KAFKA_BUFFER_BYTES", "INFLIGHT_MAX_BYTES"))
        limit = dig(pod.main.spec, "resources", "limits", "memory", default="0")
        if amount(limit) < most + 64 * 2**20:
            yield name_of(pod.owner), f"memory limit {limit} is less than its events may take and 64Mi"


@rule
def processors_for_speech(world):
    """By default libwhisper counts the node's cores, of which the pod has asked for a part."""
    for pod in world.manifests.services:
        settings = pod.main.settings
        if "SPEECH_JOBS" not in world.code.programs[pod.main.program].settings or settings.get("SPEECH_ENGINE") == "openai":
            continue
        jobs, asked = int(settings.get("SPEECH_JOBS") or 0), cores(dig(pod.main.spec, "resources", "requests", "cpu", default=0))
        if not 0 < jobs <= max(1, asked):
            yield name_of(pod.owner), f"SPEECH_JOBS={jobs} with {asked:g} processors asked for"


@rule
def probes(world):
    """Started, ready and alive are three questions. Only the second may ask about anything outside the process."""
    for pod in world.manifests.pods:
        if pod.owner["kind"] == "Job":
            continue
        at, one = name_of(pod.owner), pod.main
        found = {kind: one.spec.get(f"{kind}Probe") or {} for kind in ("startup", "readiness", "liveness")}
        paths = {kind: dig(probe, "httpGet", "path") for kind, probe in found.items()}
        patience = {kind: probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3) for kind, probe in found.items()}
        for kind, probe in found.items():
            if not paths[kind]:
                yield at, f"no {kind} probe over HTTP"
            elif dig(probe, "httpGet", "port") not in one.ports:
                yield at, f"{kind} probe: {probe['httpGet'].get('port')} is no port's name"
        if not all(paths.values()):
            continue
        if pod.is_callmill and paths != {"startup": "/healthz", "readiness": "/readyz", "liveness": "/healthz"}:
            yield at, f"probes ask {paths}: /readyz is for readiness, /healthz for the others"
        if paths["liveness"] == paths["readiness"]:
            yield at, "is ended when something that it depends on is away"
        if patience["liveness"] < 30 or patience["startup"] < 60 or patience["readiness"] > 30:
            yield at, f"patience of its probes in s: {patience}"


@rule
def stopping(world):
    """What is in flight gets its time: the kubelet's patience covers preStop, GRACE_MS and the watchdog behind it."""
    for pod in world.manifests.services:
        at, one = name_of(pod.owner), pod.main
        pause = dig(one.spec, "lifecycle", "preStop", "sleep", "seconds", default=0)
        default = world.code.programs[one.program].settings["GRACE_MS"].default
        grace = int(one.settings.get("GRACE_MS") or default)
        patience = pod.spec.get("terminationGracePeriodSeconds", 30)
        if patience * 1000 < pause * 1000 + grace + WATCHDOG_MS:
            yield at, f"is killed after {patience} s, preStop and GRACE_MS take {pause + grace / 1000:g} s"
        if "http" in one.ports and not 5 <= pause <= 30:
            yield at, "load balancers get no time to hear of its end (preStop sleep)"
        if dig(one.spec, "lifecycle", "preStop", "exec"):
            yield at, "preStop by a command needs a shell in the image"
        if one.program == "live-session" and grace < 3600_000:
            yield at, "calls that are held would be cut off: GRACE_MS of an hour"


@rule
def rollout(world):
    for pod in world.manifests.pods:
        if pod.owner["kind"] != "Deployment":
            continue
        at, spec = name_of(pod.owner), pod.owner["spec"]
        if str(dig(spec, "strategy", "rollingUpdate", "maxUnavailable")) != "0":
            yield at, "an old pod goes before a new one is ready"
        if not spec.get("progressDeadlineSeconds") or not spec.get("minReadySeconds"):
            yield at, "a rollout that gets stuck is not noticed (progressDeadlineSeconds, minReadySeconds)"
        spread = {one["topologyKey"]: one for one in pod.spec.get("topologySpreadConstraints") or []}
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname"):
            one = spread.get(key, {})
            if one.get("whenUnsatisfiable") != "ScheduleAnyway" or "pod-template-hash" not in one.get("matchLabelKeys", []):
                yield at, f"is not spread over {key}, softly and within one version"
            elif not matches(one.get("labelSelector"), pod.labels):
                yield at, f"spread over {key} counts other pods than its own"


@rule
def replicas(world):
    """A Deployment that something scales has no number of its own: each apply would set it back."""
    scaled = {}
    for thing, target, least, most in world.manifests.scalers:
        if target in scaled:
            yield name_of(thing), f"{target} is scaled by {scaled[target]} too"
        scaled[target] = name_of(thing)
        if not world.manifests.get("Deployment", target):
            yield name_of(thing), f"scales Deployment/{target}, which is not there"
        if not 0 < least <= most:
            yield name_of(thing), f"from {least} to {most} pods"
    for one in world.manifests.of("Deployment"):
        has, is_scaled = "replicas" in one["spec"], one["metadata"]["name"] in scaled
        if has and is_scaled:
            yield name_of(one), f"has replicas beside {scaled[one['metadata']['name']]}"
        if not has and not is_scaled:
            yield name_of(one), "has neither replicas nor something that scales it"


@rule
def disruption(world):
    budgets = world.manifests.of("PodDisruptionBudget")
    for one in budgets:
        spec = one["spec"]
        if "minAvailable" in spec or str(spec.get("maxUnavailable")) in ("0", "None", "0%"):
            yield name_of(one), "can keep a node from being drained: want maxUnavailable above 0, no minAvailable"
        if spec.get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
            yield name_of(one), "pods that are not ready keep a node from being drained"
    for pod in world.manifests.pods:
        count = sum(matches(one["spec"].get("selector"), pod.labels) for one in budgets)
        if pod.owner["kind"] == "Deployment" and count != 1:
            yield name_of(pod.owner), f"has {count} PodDisruptionBudgets"


@rule
def images(world):
    own = set()
    for pod in world.manifests.pods:
        for one in pod.all_containers:
            image = one.spec["image"]
            tag = image.rpartition("/")[2].partition(":")[2]
            if "@sha256:" not in image and tag in ("", "latest"):
                yield name_of(pod.owner), f"image {image} may be another one tomorrow"
            if pod.is_callmill:
                own.add(image)
    if len(own) != 1:
        yield "images", f"callmill's pods run different ones: {', '.join(sorted(own))}"
        return
    image, version = own.pop(), world.code.version
    if "@sha256:" not in image and image.rpartition(":")[2] != version:
        yield "images", f"{image}, the sources are {version}"
    for job in world.manifests.of("Job"):
        if job["metadata"]["name"] != f"setup-{version.replace('.', '-')}":
            yield name_of(job), f"a Job cannot be changed: version {version} needs one called setup-{version.replace('.', '-')}"


@rule
def setup_job(world):
    """Refers to nothing whose name follows its content: such a change would be one of the Job, and refused."""
    jobs = [pod for pod in world.manifests.pods if pod.owner["kind"] == "Job"]
    if [one.program for pod in jobs for one in pod.all_containers] != ["callmill migrate", "callmill topics"]:
        yield "Job/setup", "does not run callmill migrate, then callmill topics"
    for pod in jobs:
        for one in pod.all_containers:
            for name in one.config_maps:
                if re.search(r"-[a-z0-9]{10}$", name):
                    yield name_of(pod.owner), f"refers to ConfigMap {name}, whose name changes with its content"
        if "activeDeadlineSeconds" not in pod.owner["spec"]:
            yield name_of(pod.owner), "may hang for ever (activeDeadlineSeconds)"


@rule
def connections(world):
    """All pods at their most, and one rollout beside them, find a connection to PostgreSQL."""
    cluster = next(iter(world.manifests.of("Cluster")), None)
    if not cluster:
        return
    most_of = {target: most for _, target, _, most in world.manifests.scalers}
    total = 0
    for pod in world.manifests.services:
        settings, program = pod.main.settings, world.code.programs[pod.main.program]

        def number(name, fallback=0):
            return int(settings.get(name) or getattr(program.settings.get(name), "default", fallback))
        each = number("DATABASE_POOL") + number("API_LOOPS") * number("API_CONNECTIONS") + 2  # the relay's, the listener's
        total += each * (most_of.get(pod.name, pod.owner["spec"].get("replicas", 1)) + 1)
    have = int(dig(cluster, "spec", "postgresql", "parameters", "max_connections", default=100)) - 20  # its own
    if total > have:
        yield name_of(cluster), f"max_connections leaves {have}, the services may open {total}"
