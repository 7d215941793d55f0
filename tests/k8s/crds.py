"""crds.py FOLDER: the custom resources of every overlay against CustomResourceDefinitions that lie in FOLDER as YAML.

An API server prunes what a schema does not name; here it is an error, as with strict validation.
"""
import os
import pathlib
import sys

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from manifests import ROOT, build, load_all, name_of  # noqa: E402
from rules.custom import BUILT_IN  # noqa: E402


def strict(schema):
    """The same schema with unknown fields refused, where it does not say that they are kept."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: strict(value) for key, value in schema.items()}
    if "properties" in schema and "additionalProperties" not in schema \
            and not schema.get("x-kubernetes-preserve-unknown-fields") and isinstance(schema["properties"], dict):
        out["additionalProperties"] = False
    if schema.get("x-kubernetes-int-or-string"):
        out.pop("type", None)
    return out


def schemas(folder):
    found = {}
    for path in sorted(pathlib.Path(folder).glob("*.y*ml")):
        for crd in load_all(path.read_text()):
            if crd.get("kind") != "CustomResourceDefinition":
                continue
            for version in crd["spec"]["versions"]:
                if not version.get("served"):
                    continue
                schema = strict(version["schema"]["openAPIV3Schema"])
                schema.get("properties", {})["metadata"] = {"type": "object"}
                schema["properties"] |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
                name = f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"]
                found[name] = jsonschema.Draft202012Validator(schema)
    return found


def main():
    known, bad, seen = schemas(sys.argv[1]), 0, 0
    kustomize = pathlib.Path(os.environ["CALLMILL_K8S_TOOLS"], "bin/kustomize")
    for overlay in sorted((ROOT / "k8s/overlays").iterdir()):
        objects, said = build(kustomize, overlay)
        if objects is None:
            print(f"{overlay.name}: kustomize: {said}")
            return 1
        for one in objects:
            if one["apiVersion"] in BUILT_IN:
                continue
            validator = known.get((one["apiVersion"], one["kind"]))
            errors = [f"no definition of {one['apiVersion']} {one['kind']}"] if not validator else [
                f"{'.'.join(str(part) for part in error.absolute_path)}: {error.message[:300]}"
                for error in validator.iter_errors(one)]
            seen, bad = seen + 1, bad + len(errors)
            for error in errors:
                print(f"{overlay.name}: {name_of(one)}: {error}")
    print(f"crds: {seen} custom resources, {len(known)} definitions, {bad} findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
