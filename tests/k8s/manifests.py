"""The objects of one overlay as kustomize builds them, and how they hang together."""
import copy
import json
import pathlib
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")


def load_all(text):
    return [one for one in yaml.load_all(text, Loader=LOADER) if one]


def load(path):
    return yaml.load(pathlib.Path(path).read_text(), Loader=LOADER)


def dig(tree, *path, default=None):
    """tree[path[0]][path[1]]..., or `default` where one of them is missing."""
    for key in path:
        try:
            tree = tree[key]
        except (KeyError, IndexError, TypeError):
            return default
    return default if tree is None else tree


def name_of(thing):
    return f"{thing.get('kind')}/{dig(thing, 'metadata', 'name')}"


def matches(selector, labels):
    """A LabelSelector on labels; an empty one matches everything, none nothing."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for term in selector.get("matchExpressions") or []:
        value, operator = labels.get(term["key"]), term["operator"]
        if not {"In": value in term.get("values", []), "NotIn": value not in term.get("values", []),
                "Exists": value is not None, "DoesNotExist": value is None}[operator]:
            return False
    return True


class Container:
    """One container of a pod; `program` is what it runs and `settings` the variables that it gets."""

    def __init__(self, spec, pod):
        self.spec, self.pod, self.name = spec, pod, spec["name"]
        self.command = spec.get("command") or []
        self.program = " ".join(self.command[:2] if self.command[:1] == ["callmill"] else self.command[:1])

    @property
    def env(self):
        return {one["name"]: one for one in self.spec.get("env") or []}

    @property
    def ports(self):
        return {one["name"]: one["containerPort"] for one in self.spec.get("ports") or []}

    @property
    def config_maps(self):
        return [one["configMapRef"]["name"] for one in self.spec.get("envFrom") or [] if "configMapRef" in one]

    @property
    def settings(self):
        """Every variable with its text; what comes from a Secret stands as None."""
        found = {}
        for name in self.config_maps:
            found.update(dig(self.pod.manifests.get("ConfigMap", name), "data", default={}))
        found.update({name: one.get("value") for name, one in self.env.items()})
        return found

    @property
    def mounts(self):
        return {one["mountPath"]: one for one in self.spec.get("volumeMounts") or []}


class Pod:
    """The pods of one workload."""

    def __init__(self, owner, manifests):
        self.owner, self.manifests = owner, manifests
        self.name = owner["metadata"]["name"]
        self.template = owner["spec"]["template"]
        self.spec = self.template["spec"]
        self.labels = dig(self.template, "metadata", "labels", default={})
        self.app = self.labels.get("app.kubernetes.io/name", self.name)

    @property
    def containers(self):
        return [Container(one, self) for one in self.spec["containers"]]

    @property
    def all_containers(self):
        return [Container(one, self) for one in self.spec.get("initContainers") or []] + self.containers

    @property
    def main(self):
        return self.containers[0]

    @property
    def ports(self):
        return {name: port for one in self.containers for name, port in one.ports.items()}

    @property
    def volumes(self):
        return {one["name"]: one for one in self.spec.get("volumes") or []}

    @property
    def is_callmill(self):
        return self.labels.get("app.kubernetes.io/part-of") == "callmill"

    @property
    def is_service(self):
        return self.is_callmill and self.owner["kind"] == "Deployment"


class Manifests:
    def __init__(self, overlay, objects):
        self.overlay, self.objects = overlay, objects

    def of(self, *kinds):
        return [one for one in self.objects if one.get("kind") in kinds]

    def get(self, kind, name):
        return next((one for one in self.of(kind) if one["metadata"]["name"] == name), None)

    def find(self, name):
        kind, _, rest = name.partition("/")
        found = [one for one in self.of(kind) if one["metadata"]["name"].startswith(rest)]
        exact = [one for one in found if one["metadata"]["name"] == rest]
        return (exact or found or [None])[0]

    @property
    def pods(self):
        return [Pod(one, self) for one in self.of(*WORKLOADS)]

    @property
    def services(self):
        """callmill's own eight, and nothing beside them."""
        return [one for one in self.pods if one.is_service]

    @property
    def scalers(self):
        """What scales which Deployment: (object, Deployment's name, least, most)."""
        for one in self.of("ScaledObject"):
            spec = one["spec"]
            yield one, dig(spec, "scaleTargetRef", "name"), spec.get("minReplicaCount", 0), spec.get("maxReplicaCount", 100)
        for one in self.of("HorizontalPodAutoscaler"):
            spec = one["spec"]
            yield one, dig(spec, "scaleTargetRef", "name"), spec.get("minReplicas", 1), spec["maxReplicas"]

    def copy(self):
        return Manifests(self.overlay, copy.deepcopy(self.objects))


def build(kustomize, folder):
    """(objects, what kustomize said): None for the objects when it refused."""
    run = subprocess.run([kustomize, "build", folder], capture_output=True, text=True)
    if run.returncode:
        return None, run.stderr.strip()
    return load_all(run.stdout), run.stderr.strip()


def _place(at, part):
    """Of a list, the item of that number, or with that name (`name=...`)."""
    if not isinstance(at, list):
        return part
    if part.startswith("name="):
        return next(number for number, one in enumerate(at) if one["name"] == part[5:])
    return len(at) if part == "-" else int(part)


def patch(tree, operations):
    """JSON patch (RFC 6902) as far as the broken examples need it: add, replace, remove; list items by name too."""
    for one in operations:
        *way, last = [part.replace("~1", "/").replace("~0", "~") for part in one["path"].split("/")[1:]]
        at = tree
        for part in way:
            at = at[_place(at, part)]
        key = _place(at, last)
        if one["op"] == "remove":
            del at[key]
        elif isinstance(at, list) and one["op"] == "add":
            at.insert(key, json.loads(json.dumps(one["value"])))
        elif isinstance(at, dict) and one["op"] == "replace" and key not in at:
            raise KeyError(f"{one['path']}: nothing to replace")
        else:
            at[key] = json.loads(json.dumps(one["value"]))
