"""What others' tools say: kubernetes-validate (strict, the oldest and the newest version) and kube-score."""
import json
import subprocess

import kubernetes_validate
import yaml

from manifests import ROOT, load, name_of
from rules import rule
from rules.custom import BUILT_IN

VERSIONS = ("1.30", "1.37")


def exceptions():
    return load(ROOT / "tests/k8s/exceptions.yaml")


@rule
def kubernetes_validate_strict(world):
    """A wrong type or an unknown field, which the API server refuses; custom resources are rules/custom.py's."""
    for version in VERSIONS:
        for one in world.manifests.objects:
            if one["apiVersion"] not in BUILT_IN:
                continue
            try:
                kubernetes_validate.validate(one, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                yield name_of(one), f"Kubernetes {version}: {'.'.join(str(part) for part in error.path)}: {error.message}"


@rule
def kube_score(world):
    built_in = [one for one in world.manifests.objects if one["apiVersion"] in BUILT_IN]
    run = subprocess.run([world.tools.kube_score, "score", "--output-format", "json", "--kubernetes-version", "v1.30", "-"],
                         input=yaml.dump_all(built_in), capture_output=True, text=True)
    for thing in json.loads(run.stdout or "[]"):
        at = f"{thing['type_meta']['kind']}/{thing['object_meta']['name']}"
        for one in thing["checks"]:
            if one["skipped"] or one["grade"] >= 10:
                continue
            for comment in one["comments"] or [{"path": "", "summary": one["check"]["name"]}]:
                yield at, f"{one['check']['id']}: {comment['path']} {comment['summary']}".replace(":  ", ": ")
